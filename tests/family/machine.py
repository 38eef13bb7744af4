"""The state machine: two tenants of one server, calls in whatever order, and the model of each."""

import asyncio
import sys
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from family import checks, people, strangers, things
from family.alphabets import DOCUMENTS, MOBILES, USERS, VALUES, changed_persons, new_persons, operators, profiles
from family.world import DATE, LINE, MODULE, NUMBER, SELECT, Tenant, identities_of
from harness import ALL_SCOPES, App, Server
from rencai import clock
from rencai.contract.endpoints import ENDPOINTS
from rencai.main import database_opened
from rencai.operations import apps
from rencai.operations.apps import AppCreated, Credentials, NewApp
from rencai.storage.seam import Transaction
from stores import Store

MOST_TALENTS = 9
STEPS_TO_A_FULL_CHECK = 8
UNKNOWN = ("x", "007", strangers.NO_ID)

# The apps may see all there is: also the fields of replies that ask for a scope of their own.
SCOPES = (*ALL_SCOPES, *{scope for row in ENDPOINTS for scopes in row.field_scopes.values() for scope in scopes})


def new_tenants(database: Store, count: int) -> list[App]:
    """Tenants as the command makes them, beside the running server, without a process for each."""

    async def unit(tx: Transaction) -> list[AppCreated]:
        drawn = [Credentials.drawn() for _ in range(count)]
        new = [NewApp(credentials.app_id, "family", tuple(dict.fromkeys(SCOPES)), "off") for credentials in drawn]
        return [await apps.app_create(tx, app, keys, clock.now()) for app, keys in zip(new, drawn, strict=True)]

    async def make() -> list[AppCreated]:
        async with database_opened(database.url, may_make=False) as opened:
            return await opened.write(unit)

    return [App(made.tenant_key, made.app_id, made.app_secret) for made in asyncio.run(make())]


def _some_of(*calls: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(calls), min_size=1, max_size=6)


class Family(RuleBasedStateMachine):
    """Drives two tenants, new for each example, and holds them against their models."""

    server: ClassVar[Server]
    spare: ClassVar[list[App]] = []

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.steps = 0
        self.tenants = [self._new_tenant() for _ in range(2)]
        for number, tenant in enumerate(self.tenants):
            persons = data.draw(st.lists(new_persons, min_size=2, max_size=2), "persons")
            for person in persons:
                people.create(tenant, {"basic_info": person})
            things.create_pool(tenant, f"pool {number}")
            things.create_folder(tenant, f"folder {number}", USERS[number])
            things.create_tag(tenant, f"tag {number}", 1, 1)
            things.create_field(tenant, f"field {number}", LINE, "1")

    def _new_tenant(self) -> Tenant:
        if not self.spare:
            self.spare.extend(new_tenants(self.server.database, 40))
        return Tenant(self.server.client_of(self.spare.pop()))

    def teardown(self) -> None:
        for tenant in getattr(self, "tenants", ()):
            if sys.exc_info()[0] is None:  # else the step that failed would be hidden behind what came of it
                checks.everything(tenant)
            tenant.client.http.close()

    @invariant()
    def agrees(self) -> None:
        """What the step touched, and now and then all there is."""
        self.steps += 1
        for tenant in self.tenants:
            if self.steps % STEPS_TO_A_FULL_CHECK == 0:
                checks.everything(tenant, page_size=1 + self.steps // STEPS_TO_A_FULL_CHECK % 4)
            else:
                checks.touched(tenant)

    # What is drawn

    def _tenant(self, data: st.DataObject) -> tuple[Tenant, Tenant]:
        index = data.draw(st.integers(0, 1), "tenant")
        return self.tenants[index], self.tenants[1 - index]

    def _id(self, data: st.DataObject, ours: Any, theirs: Any, label: str) -> str:
        """An id of ours, or now and then one of the other tenant or of nothing."""
        # Not at an end of the numbers, which are drawn more often than the rest.
        is_ours = bool(ours) and data.draw(st.integers(0, 15), "strange if 9") != 9
        return data.draw(st.sampled_from(list(ours) if is_ours else [*theirs, *UNKNOWN]), label)

    def _ids(self, data: st.DataObject, ours: Any, theirs: Any, label: str, *, unique: bool = False) -> list[str]:
        count = data.draw(st.integers(1, 3), "count")
        found = [self._id(data, ours, theirs, label) for _ in range(count)]
        return list(dict.fromkeys(found)) if unique else found

    def _profile(self, data: st.DataObject, tenant: Tenant, other: Tenant, persons: Any, role: str) -> dict[str, Any]:
        """A body of combined_create or combined_update."""
        body = {"basic_info": dict(data.draw(persons, "person")), **data.draw(profiles, "profile")}
        operator = data.draw(operators, "operator")
        if "id" in operator:
            body |= {f"{role}_{name}": value for name, value in operator.items()}
        if data.draw(st.integers(0, 3), "folders") == 0:
            body["folder_id_list"] = self._ids(data, tenant.folders, other.folders, "folder")
            if data.draw(st.booleans(), "no folders"):
                body["folder_id_list"] = []
        if data.draw(st.integers(0, 2), "values") == 0:
            self._add_values(data, body, tenant, other)
        return body

    def _add_values(self, data: st.DataObject, body: dict[str, Any], tenant: Tenant, other: Tenant) -> None:
        by_module: dict[str, list[dict[str, str]]] = {}
        for object_id in self._ids(data, tenant.fields, other.fields, "field", unique=True):
            there = tenant.fields.get(object_id)
            value = {"object_id": object_id, "value": data.draw(st.sampled_from(VALUES), "value")}
            by_module.setdefault(there.parent_id if there is not None else "1", []).append(value)
        if "1" in by_module:
            body["basic_info"]["customized_data"] = by_module["1"]
        modules = [{"object_id": i, "children": [values]} for i, values in by_module.items() if i not in ("", "1")]
        if modules:
            body["customized_data"] = modules

    # People

    def _create(self, data: st.DataObject) -> None:
        tenant, other = self._tenant(data)
        if len(tenant.talents) < MOST_TALENTS:
            people.create(tenant, self._profile(data, tenant, other, new_persons, "creator"))

    def _create_a_twin(self, data: st.DataObject) -> None:
        """Somebody whose name, school and company somebody has, and now and then whose identities too."""
        tenant, other = self._tenant(data)
        if not tenant.talents or len(tenant.talents) >= MOST_TALENTS:
            return
        twin = tenant.talents[data.draw(st.sampled_from(list(tenant.talents)), "twin")]
        body = self._profile(data, tenant, other, new_persons, "creator")
        body["basic_info"]["name"] = twin.person["name"]
        for name in ("education_list", "career_list"):
            body[name] = twin.profile.get(name, []) or body.get(name, [])
        people.create(tenant, body)

    def _update(self, data: st.DataObject) -> None:
        tenant, other = self._tenant(data)
        who = self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        people.update(tenant, who, self._profile(data, tenant, other, changed_persons, "operator"))

    def _batch_create(self, data: st.DataObject) -> None:
        tenant, other = self._tenant(data)
        if len(tenant.talents) < MOST_TALENTS:
            count = data.draw(st.integers(1, 3), "count")
            people.batch_create(
                tenant, [self._profile(data, tenant, other, new_persons, "creator") for _ in range(count)]
            )

    def _delete(self, data: st.DataObject) -> None:
        tenant, other = self._tenant(data)
        people.delete(tenant, self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who"))

    def _search(self, data: st.DataObject) -> None:
        """Words out of what people of both tenants are found by, cut, and in other spellings."""
        tenant, _ = self._tenant(data)
        texts = [text for side in self.tenants for talent in side.talents.values() for text in _searchable(talent)]
        if not texts:
            return
        words = [
            self._cut(data, data.draw(st.sampled_from(texts), "text")) for _ in range(data.draw(st.integers(1, 2)))
        ]
        checks.listed(
            tenant,
            " ".join(words),
            data.draw(st.integers(1, 4), "sort by"),
            data.draw(st.integers(1, 4), "page size"),
        )

    def _cut(self, data: st.DataObject, text: str) -> str:
        start = data.draw(st.integers(0, len(text) - 1), "start")
        end = data.draw(st.integers(start + 1, len(text)), "end")
        is_whole = data.draw(st.booleans(), "whole")
        return text if is_whole else text[start:end].strip() or text

    def _find_by_identity(self, data: st.DataObject) -> None:
        tenant, _ = self._tenant(data)
        spellings = [spelling for spelling in MOBILES if not spelling[1]]
        emails = [identities_of(t.person).get("email", "") for side in self.tenants for t in side.talents.values()]
        checks.identities(
            tenant,
            data.draw(st.lists(st.sampled_from(spellings), max_size=3), "mobiles"),
            [email.upper() for email in data.draw(st.lists(st.sampled_from([*emails, "x"]), max_size=3), "emails")],
            data.draw(st.sampled_from([None, *DOCUMENTS]), "document"),
        )

    # Folders and tags

    def _create_folder(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(["A", "人才", " "]), "name")
        owner_id = data.draw(st.sampled_from(["", *USERS]), "owner id")
        tenant, _ = self._tenant(data)
        if len(tenant.folders) < 4:
            things.create_folder(tenant, name, owner_id)

    def _update_or_delete_folder(self, data: st.DataObject) -> None:
        deletes = data.draw(st.booleans(), "deletes")
        tenant, other = self._tenant(data)
        folder_id = self._id(data, tenant.folders, other.folders, "folder")
        if deletes:
            things.delete_folder(tenant, folder_id)
            return
        things.update_folder(tenant, folder_id, data.draw(st.sampled_from(["B", "文件夹"]), "name"))
        tenant.touched |= tenant.talents.keys()

    def _change_folder(self, data: st.DataObject) -> None:
        adds = data.draw(st.booleans(), "adds")
        tenant, other = self._tenant(data)
        folder_id = self._id(data, tenant.folders, other.folders, "folder")
        ids = self._ids(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        things.change_folder(tenant, folder_id, ids, adds=adds)

    def _create_tag(self, data: st.DataObject) -> None:
        kind = data.draw(st.integers(1, 2), "kind")
        active_status = data.draw(st.integers(1, 2), "active status")
        tenant, _ = self._tenant(data)
        if len(tenant.tags) < 5:
            things.create_tag(tenant, "tag", kind, active_status)

    def _switch_tag(self, data: st.DataObject) -> None:
        active_status = data.draw(st.integers(1, 2), "active status")
        tenant, other = self._tenant(data)
        things.switch_tag(tenant, self._id(data, tenant.tags, other.tags, "tag"), active_status)

    def _tag(self, data: st.DataObject) -> None:
        adds = data.draw(st.booleans(), "adds")
        tenant, other = self._tenant(data)
        who = self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        things.tag(tenant, who, self._ids(data, tenant.tags, other.tags, "tag", unique=True), adds=adds)

    # States and notes

    def _block(self, data: st.DataObject) -> None:
        option = data.draw(st.integers(1, 2), "option")
        reason = data.draw(st.sampled_from(["late", "迟到", ""]), "reason")
        tenant, other = self._tenant(data)
        people.block(tenant, self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who"), option, reason)

    def _onboard(self, data: st.DataObject) -> None:
        operation = data.draw(st.integers(1, 2), "operation")
        with_time = data.draw(st.integers(0, 4).map(bool), "with time")
        tenant, other = self._tenant(data)
        who = self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        people.onboard(tenant, who, operation, with_time=with_time)

    def _external_info(self, data: st.DataObject) -> None:
        method = data.draw(st.sampled_from(["POST", "PUT"]), "method")
        moment = data.draw(st.sampled_from(["1", "1577808000000"]), "moment")
        tenant, other = self._tenant(data)
        people.external_info(tenant, self._id(data, tenant.talents, other.talents, "who"), method, moment)

    def _create_note(self, data: st.DataObject) -> None:
        more = data.draw(
            st.fixed_dictionaries({}, optional={"privacy": st.integers(1, 2), "creator_id": st.sampled_from(USERS)}),
            "more",
        )
        offset = data.draw(st.integers(0, 3), "offset")
        tenant, other = self._tenant(data)
        mentions = [{"offset": offset, "user_id": "ou_bo"}] if data.draw(st.booleans(), "mentions") else []
        body = {"content": data.draw(st.sampled_from(["ok", "很好"]), "content"), "mention_entity_list": mentions}
        people.create_note(tenant, self._id(data, tenant.talents, other.talents, "who"), {**body, **more})

    def _update_or_delete_note(self, data: st.DataObject) -> None:
        deletes = data.draw(st.booleans(), "deletes")
        offset = data.draw(st.integers(0, 3), "offset")
        tenant, other = self._tenant(data)
        note_id = self._id(data, _notes(tenant), _notes(other), "note")
        if deletes:
            people.delete_note(tenant, note_id)
        else:
            mentions = [{"offset": offset, "user_id": "ou_bo"}]
            people.update_note(tenant, note_id, {"content": "new", "mention_entity_list": mentions})

    # Custom fields

    def _create_field(self, data: st.DataObject) -> None:
        object_type = data.draw(st.sampled_from([LINE, SELECT, DATE, NUMBER, MODULE]), "object type")
        tenant, other = self._tenant(data)
        parent_id = ""
        if object_type != MODULE:
            parent_id = self._id(data, ["1", *_modules(tenant)], ["", *_modules(other)], "parent")
        if len(tenant.fields) < 6:
            things.create_field(tenant, f"field {len(tenant.fields)}", object_type, parent_id)

    def _update_field(self, data: st.DataObject) -> None:
        is_on = data.draw(st.booleans(), "is on")
        options = data.draw(st.sampled_from([["a"], ["a", "b"]]), "options")
        tenant, other = self._tenant(data)
        object_id = self._id(data, tenant.fields, other.fields, "field")
        things.update_field(tenant, object_id, f"field {self.steps}", is_on=is_on, options=options)

    # Pools

    def _create_or_delete_pool(self, data: st.DataObject) -> None:
        deletes = data.draw(st.booleans(), "deletes")
        force = data.draw(st.booleans(), "force")
        tenant, other = self._tenant(data)
        if deletes:
            things.delete_pool(tenant, self._id(data, tenant.pools, other.pools, "pool"), force=force)
        elif len(tenant.pools) < 3:
            things.create_pool(tenant, f"pool {len(tenant.pools)}")

    def _batch_change(self, data: st.DataObject) -> None:
        option_type = data.draw(st.integers(1, 2), "option type")
        tenant, other = self._tenant(data)
        ids = self._ids(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        things.batch_change(tenant, self._id(data, tenant.pools, other.pools, "pool"), ids, option_type)

    def _move(self, data: st.DataObject) -> None:
        add_type = data.draw(st.integers(1, 2), "add type")
        tenant, other = self._tenant(data)
        who = self._id(data, tenant.talents, [*other.talents, *tenant.gone], "who")
        things.move(tenant, self._id(data, tenant.pools, other.pools, "pool"), who, add_type)

    # A step is a few calls of a kind: more rules would each be drawn too seldom for things to come to hang on people.

    @rule(data=st.data(), calls=_some_of("create", "create_a_twin", "update", "update", "batch_create", "delete"))
    def people(self, data: st.DataObject, calls: list[str]) -> None:
        self._call(data, calls)

    @rule(data=st.data(), calls=_some_of("batch_change", "move", "change_folder", "tag", "tag", "create_note"))
    def what_hangs_on_people(self, data: st.DataObject, calls: list[str]) -> None:
        self._call(data, calls)

    @rule(data=st.data(), calls=_some_of("block", "onboard", "external_info", "update_or_delete_note", "tag"))
    def what_becomes_of_people(self, data: st.DataObject, calls: list[str]) -> None:
        self._call(data, calls)

    @rule(
        data=st.data(),
        calls=_some_of(
            *("create_folder", "update_or_delete_folder", "create_tag", "switch_tag"),
            *("create_field", "update_field", "create_or_delete_pool"),
        ),
    )
    def what_there_is(self, data: st.DataObject, calls: list[str]) -> None:
        self._call(data, calls)

    @rule(data=st.data(), calls=_some_of("search", "search", "find_by_identity"))
    def look(self, data: st.DataObject, calls: list[str]) -> None:
        self._call(data, calls)

    def _call(self, data: st.DataObject, calls: list[str]) -> None:
        for call in calls:
            getattr(self, f"_{call}")(data)

    # Two tenants never see each other

    @rule(data=st.data(), endpoint=st.sampled_from(ENDPOINTS))
    def trespass(self, data: st.DataObject, endpoint: Any) -> None:
        intruder, owner = self._tenant(data)
        strangers.trespass_everywhere(endpoint, intruder, owner)
        checks.everything(owner)


def _searchable(talent: Any) -> list[str]:
    person = talent.person
    careers = talent.profile.get("career_list", [])
    texts = [
        person["name"],
        *talent.places("education_list", "school"),
        *talent.places("career_list", "company"),
        *[item["title"] for item in careers if "title" in item],
        *[value.partition(" ")[0] for value in identities_of(person).values()],
        *[person[name].strip() for name in ("mobile",) if name in person],
    ]
    return [word for text in texts for word in (text, *text.split())]


def _notes(tenant: Tenant) -> list[str]:
    return [note_id for talent in tenant.talents.values() for note_id in talent.notes]


def _modules(tenant: Tenant) -> list[str]:
    return [object_id for object_id, there in tenant.fields.items() if there.object_type == MODULE]
