"""The vendor's published Python client over every compatible call: what it decodes, and every error it can be told."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, NamedTuple

import msgspec
import pytest
from lark_oapi.api.hire import v1

from harness import App, Certificate, Client, Server, running_server
from official_sdk import COMPATIBLE, METHODS, Case, Speak, data_of, plain, refusal_of, speak_async, speak_sync
from rencai.contract import (
    errors,
    notes,
    operation_logs,
    talent_folders,
    talent_objects,
    talent_pools,
    talent_states,
    talent_tags,
    talents,
    tokens,
)
from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Nothing
from rencai.contract.errors import Error
from rencai.contract.fields import USER_IDS
from sdk_person import (
    EDUCATION,
    OPTIONS,
    SELF_EVALUATION,
    VALUES,
    Fields,
    absent,
    name_of,
    person,
    shown_v1,
    shown_v2,
    take_given_ids,
    without_custom_fields,
)
from stores import SqliteStore, Store

NOBODY = "6930815272790114325"

_marks = count(1)


def new_mark() -> str:
    """A number that stands in one person's e-mail, mobile, document and name only."""
    return str(next(_marks))


@pytest.fixture(scope="module")
def sdk_client(server: Server) -> Client:
    return server.client("sdk")


@pytest.fixture(scope="module", autouse=True)
def few_authorities(certificate: Certificate) -> Iterator[None]:
    """httpx reads the authorities for each of the SDK's async calls anew, also over http: most of what they cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate.authority))
        yield


@pytest.fixture(params=[speak_sync, speak_async], ids=["sync", "async"])
def speak(request: pytest.FixtureRequest) -> Speak:
    return request.param


@pytest.fixture
def case(server: Server, sdk_client: Client, speak: Speak) -> Case:
    return Case(server, sdk_client, speak)


class Apps:
    """Apps of the tenant, one for each set of scopes that is asked for."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: dict[tuple[str, ...], App] = {}

    def having(self, *scopes: str) -> App:
        if scopes not in self._made:
            self._made[scopes] = self._server.create_app("sdk", scopes=scopes)
        return self._made[scopes]


@pytest.fixture(scope="module")
def apps(server: Server) -> Apps:
    return Apps(server)


def native(client: Client, path: str, body: dict[str, Any]) -> Any:
    """Make something by a native call, and show it."""
    reply = client.call("POST", f"/rencai/v1/{path}", body)
    assert reply.code == 0, reply
    (made,) = reply.data.values()
    return made


def create_folder(client: Client, name: str = "folder", owner_id: str = "ou_owner") -> str:
    return native(client, "talent_folders", {"folder_name": name, "owner_id": owner_id})["folder_id"]


def create_tag(client: Client, name: str = "tag", **more: Any) -> str:
    return native(client, "talent_tags", {"name": {"en_us": name}, **more})["id"]


# Every call goes well, by the method that the SDK has for it


class World(NamedTuple):
    """Ids of what there is, for calls to name."""

    app: App
    talent: str
    pool: str
    folder: str
    tag: str
    inactive_tag: str
    worn_tag: str
    note: str


def make_world(client: Client) -> World:
    """Something of each kind."""
    (talent,) = client.create_talents(1)
    worn = create_tag(client, "worn")
    tagged = client.call("POST", f"/open-apis/hire/v1/talents/{talent}/tag", {"operation": 1, "tag_id_list": [worn]})
    assert tagged.code == 0
    note = client.call("POST", "/open-apis/hire/v1/notes", {"talent_id": talent, "content": "a note"})
    return World(
        app=client.app,
        talent=talent,
        pool=client.create_pool(),
        folder=create_folder(client),
        tag=create_tag(client),
        inactive_tag=create_tag(client, active_status=2),
        worn_tag=worn,
        note=note.data["note"]["id"],
    )


class Given(NamedTuple):
    """What a call is made with."""

    body: dict[str, Any] | None
    fields: dict[str, Any]


def given(body: dict[str, Any] | None = None, **fields: Any) -> Given:
    return Given(body, fields)


class Example(msgspec.Struct, frozen=True):
    """A call that goes well, and the `msg` of its reply."""

    row: Endpoint
    msg: str
    make: Callable[[World], Given]

    def call(self, case: Case, world: World, **more: Any) -> Any:
        """Make the call; `more` are the app, the token or the key it is made with."""
        made = self.make(world)
        return case.call(self.row, made.body, **more, **made.fields)


def _credentials(world: World, **other: str) -> Given:
    return given({"app_id": world.app.app_id, "app_secret": world.app.app_secret, **other})


BATCH_CHANGE = Example(
    talent_pools.TALENT_POOL_BATCH_CHANGE,
    "success",
    lambda w: given({"talent_id_list": [w.talent], "option_type": 1}, talent_pool_id=w.pool),
)

# In an order in which each of them can be made on the same world.
EXAMPLES: tuple[Example, ...] = (
    Example(tokens.TENANT_TOKEN_CREATE, "ok", _credentials),
    Example(tokens.APP_TOKEN_CREATE, "ok", _credentials),
    BATCH_CHANGE,
    Example(talent_pools.TALENT_POOL_LIST, "SUCCESS", lambda _: given()),
    Example(
        talent_pools.TALENT_POOL_MOVE_TALENT,
        "SUCCESS",
        lambda w: given({"talent_id": w.talent, "add_type": 1}, talent_pool_id=w.pool),
    ),
    Example(talents.TALENT_LIST, "ok", lambda _: given()),
    Example(talents.TALENT_GET, "ok", lambda w: given(talent_id=w.talent)),
    Example(talents.TALENT_GET_V2, "success", lambda w: given(talent_id=w.talent)),
    Example(talents.TALENT_COMBINED_CREATE, "ok", lambda _: given({"basic_info": {"name": "someone"}})),
    Example(talents.TALENT_COMBINED_UPDATE, "ok", lambda w: given({"talent_id": w.talent, "basic_info": {}})),
    Example(talents.TALENT_BATCH_GET_ID, "ok", lambda _: given({"email_list": ["nobody@example.com"]})),
    Example(
        talent_states.TALENT_ONBOARD_STATUS_UPDATE,
        "SUCCESS",
        lambda w: given({"operation": 1, "onboard_time": "1700000000000"}, talent_id=w.talent),
    ),
    Example(
        talent_states.TALENT_BLOCK_CHANGE,
        "SUCCESS",
        lambda w: given({"talent_id": w.talent, "option": 1, "reason": "why"}),
    ),
    Example(
        talent_states.TALENT_EXTERNAL_INFO_CREATE,
        "ok",
        lambda w: given({"external_create_time": "1700000000000"}, talent_id=w.talent),
    ),
    Example(
        talent_states.TALENT_EXTERNAL_INFO_UPDATE,
        "ok",
        lambda w: given({"external_create_time": "1700000000001"}, talent_id=w.talent),
    ),
    Example(talent_folders.TALENT_FOLDER_LIST, "success", lambda _: given()),
    Example(
        talent_folders.TALENT_ADD_TO_FOLDER,
        "ok",
        lambda w: given({"talent_id_list": [w.talent], "folder_id": w.folder}),
    ),
    Example(
        talent_folders.TALENT_REMOVE_TO_FOLDER,
        "ok",
        lambda w: given({"talent_id_list": [w.talent], "folder_id": w.folder}),
    ),
    Example(talent_tags.TALENT_TAG_LIST, "ok", lambda _: given()),
    Example(
        talent_tags.TALENT_TAG,
        "ok",
        lambda w: given({"operation": 1, "tag_id_list": [w.tag]}, talent_id=w.talent),
    ),
    Example(talent_objects.TALENT_OBJECT_QUERY, "ok", lambda _: given()),
    Example(notes.NOTE_CREATE, "success", lambda w: given({"talent_id": w.talent, "content": "another"})),
    Example(notes.NOTE_LIST, "success", lambda w: given(talent_id=w.talent)),
    Example(notes.NOTE_GET, "success", lambda w: given(note_id=w.note)),
    Example(notes.NOTE_UPDATE, "success", lambda w: given({"content": "changed"}, note_id=w.note)),
    Example(notes.NOTE_DELETE, "success", lambda w: given(note_id=w.note)),
    Example(
        operation_logs.TALENT_OPERATION_LOG_SEARCH,
        "ok",
        lambda w: given({"operator_id_list": [w.app.app_id], "operation_list": [1]}),
    ),
)


def test_the_sdk_has_a_method_for_every_call() -> None:
    assert [row.name for row in COMPATIBLE if row.name not in METHODS] == []
    for row in COMPATIBLE:
        request = METHODS[row.name].build(None, {})
        assert request.http_method.name == row.method
        assert request.uri.split("/") == [f":{p[1:-1]}" if p.startswith("{") else p for p in row.path.split("/")]


def test_every_call_goes_well(case: Case) -> None:
    world = make_world(case.client)
    assert {example.row.name for example in EXAMPLES} == {row.name for row in COMPATIBLE}
    for example in EXAMPLES:
        row = example.row
        response = example.call(case, world)
        assert (response.raw.status_code, response.code, response.msg) == (200, 0, example.msg), row.name
        if row.reply is Nothing:
            assert json.loads(response.raw.content)["data"] == {}
        elif not row.bare:
            data_of(response)


# Everything that is known of a person


def create_object(client: Client, object_type: int, parent_id: str = "") -> str:
    config = {"config": {"options": OPTIONS}} if object_type in (3, 4) else {}
    body = {"name": name_of(object_type), "setting": {"object_type": object_type, **config}, "parent_id": parent_id}
    return native(client, "talent_objects", body)["id"]


@pytest.fixture(scope="module")
def fields(sdk_client: Client) -> Fields:
    module = create_object(sdk_client, talent_objects.MODULE)
    return Fields(
        basic={kind: create_object(sdk_client, kind, "1") for kind in VALUES},
        module=module,
        children={kind: create_object(sdk_client, kind, module) for kind in VALUES},
        parts={part: create_object(sdk_client, 1, str(part)) for part in range(EDUCATION, SELF_EVALUATION + 1)},
    )


def create(case: Case, body: dict[str, Any], **more: Any) -> str:
    """A new talent's id."""
    return data_of(case.call(talents.TALENT_COMBINED_CREATE, body, **more)).talent_id


def update(case: Case, talent_id: str, body: dict[str, Any], **more: Any) -> Any:
    """An update; the SDK may leave `basic_info` empty but not out."""
    return case.call(talents.TALENT_COMBINED_UPDATE, {"talent_id": talent_id, "basic_info": {}, **body}, **more)


def get(case: Case, talent_id: str, **more: Any) -> Any:
    """A talent in the shape of v1, decoded."""
    return data_of(case.call(talents.TALENT_GET, talent_id=talent_id, **more)).talent


def get_v2(case: Case, talent_id: str, **more: Any) -> Any:
    """A talent in the shape of v2, decoded."""
    return data_of(case.call(talents.TALENT_GET_V2, talent_id=talent_id, **more))


def test_everything_that_the_sdk_can_send_of_a_person_comes_back(case: Case, fields: Fields) -> None:
    mark, folders = new_mark(), sorted([create_folder(case.client, "one"), create_folder(case.client, "two")], key=int)
    sent = person(mark, fields, folders)
    assert list(absent(v1.CombinedCreateTalentRequestBody, sent)) == []
    made = data_of(case.call(talents.TALENT_COMBINED_CREATE, sent, user_id_type="open_id"))
    assert plain(made) == {"talent_id": made.talent_id, "creator_id": "ou_creator", "creator_account_type": 1}

    shown = plain(get(case, made.talent_id))
    shown_in_list = next(item for item in listed(case, keyword=sent["basic_info"]["email"]) if item.id == shown["id"])
    assert plain(shown_in_list) == without_custom_fields(shown)

    ids = take_given_ids(shown)
    assert len(set(ids)) == 7
    assert "1" not in ids
    assert shown.pop("id") == made.talent_id
    modified = shown["basic_info"].pop("modify_time")
    assert shown == shown_v1(mark, fields)

    shown = plain(get_v2(case, made.talent_id))
    assert shown.pop("talent_id") == made.talent_id
    assert (shown["basic_info"].pop("create_time"), shown["basic_info"].pop("update_time")) == (modified, modified)
    refs = shown.pop("talent_folder_ref_list_v2")
    assert [(ref["folder_id"], ref["name"], ref["owner_id"]) for ref in refs] == [
        (folders[0], "one", "ou_owner"),
        (folders[1], "two", "ou_owner"),
    ]
    assert {ref["add_time"] for ref in refs} == {modified}
    assert shown == shown_v2(mark, fields)


def listed(case: Case, **query: Any) -> list[Any]:
    """The talents of the list's first page, decoded."""
    return data_of(case.call(talents.TALENT_LIST, **query)).items


def test_an_update_leaves_what_is_not_given_and_replaces_what_is(case: Case, fields: Fields) -> None:
    mark, old, new = new_mark(), create_folder(case.client), create_folder(case.client)
    sent = person(mark, fields, [old])
    who = create(case, sent)
    before = plain(get(case, who))

    empty = data_of(update(case, who, {"only_parse_resume_update_talent": False}))
    assert plain(empty) == {"talent_id": who, "operator_id": case.client.app.app_id, "operator_account_type": 3}
    same = plain(get(case, who))
    assert same["basic_info"].pop("modify_time") >= before["basic_info"].pop("modify_time")
    assert same == before

    changes = {
        "basic_info": {"name": f"林大满{mark}", "gender": 1},
        "education_list": [{"school": "elsewhere"}, {"school": "there"}],
        "career_list": [],
        "customized_data": [],
        "preferred_city_code_list": ["CT_9"],
        "folder_id_list": [new],
        "operator_id": "ou_operator",
        "operator_account_type": 1,
    }
    done = data_of(update(case, who, changes, user_id_type="union_id"))
    assert plain(done) == {"talent_id": who, "operator_id": "ou_operator", "operator_account_type": 1}
    after = get(case, who)
    assert [education.school for education in after.education_list] == ["elsewhere", "there"]
    assert (after.career_list, after.customized_data_list) == ([], [])
    assert [city.city_code for city in after.basic_info.preferred_city_list] == ["CT_9"]
    assert (after.top_degree, after.first_degree) == (None, 7)
    kept = {
        **before["basic_info"],
        "name": f"林大满{mark}",
        "gender": 1,
        "preferred_city_list": [{"city_code": "CT_9"}],
    }
    assert {**plain(after.basic_info), "modify_time": None} == {**kept, "modify_time": None}
    assert plain(after)["project_list"] == before["project_list"]
    assert [ref.folder_id for ref in get_v2(case, who).talent_folder_ref_list_v2] == [new]

    data_of(update(case, who, {"folder_id_list": []}))
    assert get_v2(case, who).talent_folder_ref_list_v2 == []


def test_every_field_of_an_update_is_taken(case: Case, fields: Fields) -> None:
    """All that the SDK's model has, on somebody of whom nothing but the name is known."""
    mark, who = new_mark(), create(case, {"basic_info": {"name": "nobody yet"}})
    sent = person(mark, fields, [create_folder(case.client)])
    for name in ("creator_id", "creator_account_type", "resume_source_id"):
        del sent[name]  # the model of the update has no such fields
    sent |= {"operator_id": "ou_operator", "operator_account_type": 1, "only_parse_resume_update_talent": False}
    assert list(absent(v1.CombinedUpdateTalentRequestBody, {"talent_id": who, **sent})) == []
    data_of(update(case, who, sent))
    shown, expected = plain(get(case, who)), shown_v1(mark, fields)
    take_given_ids(shown)
    del shown["id"], shown["basic_info"]["modify_time"], expected["basic_info"]["creator_id"]
    assert shown == expected | {"resume_source_list": [{"id": "6900000000000000001"}]}


# Found, and found again


def found(case: Case, body: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [plain(item) for item in data_of(case.call(talents.TALENT_BATCH_GET_ID, body, **more)).talent_list]


def test_people_are_found_by_every_kind_of_identity_at_once(case: Case, fields: Fields, apps: Apps) -> None:
    mark, other = new_mark(), new_mark()
    who, somebody = (create(case, person(number, fields, [])) for number in (mark, other))
    numbers = {"mobile_number_list": [f"138{mark:0>8}", f"138{other:0>8}"]}
    emails = {"email_list": [f"xiaoman-{mark}@example.com"]}
    cards = {"identification_type": 1, "identification_number_list": [f"CARD{mark}"]}
    mobile = {"mobile_code": "86", "mobile_number": f"138{mark:0>8}"}
    both = found(case, numbers)
    assert [item["talent_id"] for item in both] == sorted([who, somebody], key=int)
    assert both[0].keys() == {"talent_id", *mobile}
    everything = {
        "talent_id": who,
        **mobile,
        "email": f"xiaoman-{mark}@example.com",
        "identification_type": 1,
        "identification_number": f"CARD{mark}",
    }
    asked = {**numbers, "mobile_code": "86", **emails, **cards}
    assert found(case, asked) == [everything]
    assert found(case, {**asked, "email_list": [f"xiaoman-{other}@example.com"]}) == []
    assert found(case, {**numbers, "mobile_code": "1"}) == []
    with_status = apps.having("hire:talent:readonly", "hire:talent_onboard_status:readonly")
    assert found(case, asked, app=with_status) == [{**everything, "is_onboarded": False}]


def test_talents_are_listed_page_by_page_in_each_order(case: Case) -> None:
    word = f"kim{new_mark()}"
    people = [create(case, {"basic_info": {"name": f"{word} {number}"}}) for number in range(3)]
    data_of(update(case, people[0], {"basic_info": {"gender": 1}}))
    by_update, by_entry = [people[0], people[2], people[1]], people[::-1]
    for sort_by, order in ((1, by_update), (2, by_update), (3, by_update), (4, by_entry)):
        query: dict[str, Any] = {"keyword": f"Kim {word}", "page_size": 2, "sort_by": sort_by}
        page = data_of(case.call(talents.TALENT_LIST, **query))
        assert ([item.id for item in page.items], page.has_more) == (order[:2], True)
        rest = data_of(case.call(talents.TALENT_LIST, **query, page_token=page.page_token))
        assert ([item.id for item in rest.items], rest.has_more, rest.page_token) == (order[2:], False, None)
    moment = get(case, people[0]).basic_info.modify_time
    at_once = {"update_start_time": moment, "update_end_time": moment}
    assert [item.id for item in listed(case, keyword=word, **at_once)] == [people[0]]
    assert listed(case, keyword="nobody-is-called-so", query_option="ignore_empty_error") == []


def test_who_is_similar_is_named(case: Case) -> None:
    mark = new_mark()
    body = {"basic_info": {"name": f"同名{mark}"}, "education_list": [{"school": "同校"}]}
    one, other = create(case, body), create(case, body)
    similar = get_v2(case, one).similar_info_v2
    assert (similar.is_similar_talent, similar.similar_talent_id_list) == (True, [other])


# What is around a profile


def test_v2_shows_what_is_around_a_profile_by_the_scopes_for_it(case: Case, apps: Apps) -> None:
    world, before = make_world(case.client), now()
    app_id = case.client.app.app_id
    data_of(case.call(talent_folders.TALENT_ADD_TO_FOLDER, in_folder(world.folder, world.talent)))
    data_of(case.call(talent_states.TALENT_BLOCK_CHANGE, {"talent_id": world.talent, "option": 1, "reason": "why"}))
    case.client.add(world.pool, [world.talent])
    shown = get_v2(case, world.talent)
    (pool,), (folder,), (tag,), (note,) = (getattr(shown, name) for name in AROUND if name != "block_info")
    empty = {"zh_cn": "", "en_us": ""}
    assert shown.talent_pool_id_list == [world.pool]
    assert (pool.id, plain(pool.name), plain(pool.description)) == (world.pool, {**empty, "en_us": "pool"}, empty)
    assert (folder.folder_id, folder.name, folder.owner_id) == (world.folder, "folder", "ou_owner")
    assert (tag.id, plain(tag.name), plain(tag.description), tag.type) == (
        world.worn_tag,
        {**empty, "en_us": "worn"},
        empty,
        1,
    )
    assert (note.id, note.talent_id, note.content, note.privacy) == (world.note, world.talent, "a note", 2)
    assert note.creator_id == app_id
    assert (shown.block_info.creator_id, shown.block_info.reason) == (app_id, "why")
    for moment in (pool.add_time, folder.add_time, shown.block_info.blocked_time):
        assert before <= int(moment) <= now()

    expected = plain(shown)
    assert AROUND.keys() == {field for field in talents.TALENT_GET_V2.field_scopes if "[]" not in field}
    for scope in sorted(set(AROUND.values())):
        seen = {field: value for field, value in expected.items() if AROUND.get(field, scope) == scope}
        assert plain(get_v2(case, world.talent, app=apps.having("hire:talent", scope))) == seen


# The fields of v2 that ask for a scope, and the least that will do (contract §9).
AROUND = {
    "talent_pool_ref_list_v2": "hire:talent_folder:readonly",
    "talent_folder_ref_list_v2": "hire:talent_folder:readonly",
    "tag_list": "hire:talent_tag:readonly",
    "block_info": "hire:talent_blocklist:readonly",
    "note_list_v2": "hire:note:readonly",
}


def now() -> int:
    return int(time.time() * 1000)


def in_folder(folder: str, *people: str) -> dict[str, Any]:
    return {"talent_id_list": list(people), "folder_id": folder}


def test_folders_are_listed_and_who_was_in_them_is_told(case: Case) -> None:
    folder, other = create_folder(case.client, "inside"), create_folder(case.client, "after", "")
    in_it, beside_it = case.client.create_talents(2)
    added = data_of(case.call(talent_folders.TALENT_ADD_TO_FOLDER, in_folder(folder, in_it)))
    assert (added.talent_id_list, added.folder_id) == ([in_it], folder)
    taken_out = in_folder(folder, beside_it, in_it)
    for removed in ([in_it], []):
        left = data_of(case.call(talent_folders.TALENT_REMOVE_TO_FOLDER, taken_out))
        assert (left.talent_id_list, left.folder_id) == (removed, folder)
    shown = all_folders(case)
    assert [plain(item) for item in shown[-2:]] == [
        {"folder_id": folder, "folder_name": "inside", "owner_id": "ou_owner"},
        {"folder_id": other, "folder_name": "after"},
    ]


def all_folders(case: Case) -> list[Any]:
    shown: list[Any] = []
    query: dict[str, Any] = {"page_size": 2}
    while True:
        page = data_of(case.call(talent_folders.TALENT_FOLDER_LIST, **query))
        shown += page.items
        if not page.has_more:
            assert page.page_token is None
            return shown
        query["page_token"] = page.page_token


def test_tags_are_listed_newest_first_and_given_and_taken(case: Case) -> None:
    mark = new_mark()
    described = {"description": {"zh_cn": "说明", "en_us": "said"}}
    off = create_tag(case.client, f"tag{mark} off", active_status=2)
    manual, automatic = (
        create_tag(case.client, f"tag{mark}", **described),
        create_tag(case.client, f"tag{mark}", type=2),
    )

    def tags(**query: Any) -> Any:
        return data_of(case.call(talent_tags.TALENT_TAG_LIST, **query))

    page = tags(keyword=f"tag{mark}", page_size=1)
    assert ([item.id for item in page.items], page.has_more) == ([automatic], True)
    page = tags(keyword=f"tag{mark}", page_size=1, page_token=page.page_token)
    assert (page.has_more, page.page_token) == (False, None)
    name = {"zh_cn": "", "en_us": f"tag{mark}"}
    assert plain(page.items) == [{"id": manual, "name": name, **described, "type": 1, "active_status": 1}]
    assert [item.id for item in tags(keyword=f"tag{mark}", type=2).items] == [automatic]
    assert [item.id for item in tags(id_list=[manual, "404", off, automatic]).items] == [automatic, manual]

    (who,) = case.client.create_talents(1)
    for operation, worn in ((1, [manual, automatic]), (2, [])):
        body = {"operation": operation, "tag_id_list": [manual, automatic]}
        assert data_of(case.call(talent_tags.TALENT_TAG, body, talent_id=who)) is None
        assert sorted(tag.id for tag in get_v2(case, who).tag_list) == worn


def test_tags_that_are_switched_off_are_listed_if_asked_for(case: Case) -> None:
    on, off = create_tag(case.client), create_tag(case.client, active_status=2)
    for include_inactive, shown in ((True, [off, on]), (False, [on])):
        query: dict[str, Any] = {"id_list": [on, off], "include_inactive": include_inactive}
        assert [tag.id for tag in data_of(case.call(talent_tags.TALENT_TAG_LIST, **query)).items] == shown


def test_custom_fields_are_listed_by_their_modules(case: Case, fields: Fields) -> None:
    modules = {item.id: item for item in data_of(case.call(talent_objects.TALENT_OBJECT_QUERY)).items}
    basic, module = modules["1"], modules[fields.module]
    assert (basic.is_customized, module.is_customized) == (False, True)
    assert (plain(module.name), module.setting.object_type, module.active_status) == (name_of(11), 11, 1)
    for parent, objects in ((basic, fields.basic), (module, fields.children)):
        children = {child.id: child for child in parent.children_list}
        assert children.keys() == set(objects.values())
        for kind, object_id in objects.items():
            child = children[object_id]
            assert (plain(child.name), child.setting.object_type, child.parent_id) == (name_of(kind), kind, parent.id)
            assert (child.is_customized, child.is_required, child.active_status) == (True, False, 1)
            options = [{"key": option.key, "name": plain(option.name)} for option in child.setting.config.options]
            assert options == (OPTIONS if kind in (3, 4) else [])


def test_onboard_block_and_external_info(case: Case) -> None:
    (who,) = case.client.create_talents(1)
    for body, is_onboarded in (
        ({"operation": 1, "onboard_time": "1700000000000"}, True),
        ({"operation": 2, "overboard_time": "1800000000000"}, False),
    ):
        assert data_of(case.call(talent_states.TALENT_ONBOARD_STATUS_UPDATE, body, talent_id=who)) is None
        assert (get(case, who).is_onboarded, get_v2(case, who).is_onboarded) == (is_onboarded, is_onboarded)
    for change, reason in (({"option": 1, "reason": "why"}, "why"), ({"option": 2}, None)):
        data_of(case.call(talent_states.TALENT_BLOCK_CHANGE, {"talent_id": who, **change}))
        block = get_v2(case, who).block_info
        assert (block and block.reason) == reason
    for row in (talent_states.TALENT_EXTERNAL_INFO_CREATE, talent_states.TALENT_EXTERNAL_INFO_UPDATE):
        moment = str(now())
        info = data_of(case.call(row, {"external_create_time": moment}, talent_id=who)).external_info
        assert (info.talent_id, info.external_create_time) == (who, moment)


def test_a_note_is_written_changed_listed_and_deleted(case: Case) -> None:
    (who,) = case.client.create_talents(1)
    before = now()
    sent = {
        "talent_id": who,
        "application_id": "6900000000000000009",
        "creator_id": "ou_writer",
        "content": "@某人 hello",
        "privacy": 1,
        "notify_mentioned_user": True,
        "mention_entity_list": [{"offset": 0, "user_id": "ou_mentioned"}],
    }
    made = data_of(case.call(notes.NOTE_CREATE, sent, user_id_type="open_id")).note
    assert plain(made) == {
        "id": made.id,
        "talent_id": who,
        "application_id": "6900000000000000009",
        "is_private": True,
        "create_time": made.create_time,
        "modify_time": made.create_time,
        "creator_id": "ou_writer",
        "content": "@某人 hello",
    }
    assert type(made.create_time) is int
    assert before <= made.create_time <= now()
    patch = {"content": "changed", "operator_id": "ou_other", "notify_mentioned_user": False, "mention_entity_list": []}
    changed = data_of(case.call(notes.NOTE_UPDATE, patch, note_id=made.id)).note
    assert plain(changed) == {**plain(made), "content": "changed", "modify_time": changed.modify_time}
    assert (type(changed.modify_time), changed.modify_time >= made.modify_time) == (int, True)
    assert plain(data_of(case.call(notes.NOTE_GET, note_id=made.id)).note) == plain(changed)
    (in_v2,) = get_v2(case, who).note_list_v2
    assert plain(in_v2) == {
        "id": made.id,
        "talent_id": who,
        "application_id": "6900000000000000009",
        "create_time": str(made.create_time),
        "update_time": str(changed.modify_time),
        "creator_id": "ou_writer",
        "content": "changed",
        "privacy": 1,
    }
    newer = data_of(case.call(notes.NOTE_CREATE, {"talent_id": who, "content": "newer"})).note
    assert (newer.is_private, newer.creator_id, newer.application_id) == (False, case.client.app.app_id, None)
    page = data_of(case.call(notes.NOTE_LIST, talent_id=who, page_size=1))
    assert (plain(page.items), page.has_more) == ([plain(newer)], True)
    page = data_of(case.call(notes.NOTE_LIST, talent_id=who, page_size=1, page_token=page.page_token))
    assert (plain(page.items), page.has_more, page.page_token) == ([plain(changed)], False, None)
    for note in (made, newer):
        assert data_of(case.call(notes.NOTE_DELETE, note_id=note.id)) is None
    assert data_of(case.call(notes.NOTE_LIST, talent_id=who)).items == []


def test_every_operation_is_in_the_log(case: Case) -> None:
    mark, before = new_mark(), now()
    creator, operator, app = f"ou_creator{mark}", f"ou_operator{mark}", case.client.app.app_id
    who = create(case, {"basic_info": {"name": "someone"}, "creator_id": creator})
    data_of(update(case, who, {"operator_id": operator}))
    tag, pool = create_tag(case.client), case.client.create_pool()
    for operation in (1, 2):
        data_of(case.call(talent_tags.TALENT_TAG, {"operation": operation, "tag_id_list": [tag]}, talent_id=who))
        data_of(case.call(talent_states.TALENT_BLOCK_CHANGE, {"talent_id": who, "option": operation, "reason": "why"}))
        change = {"talent_id_list": [who], "option_type": operation}
        data_of(case.call(talent_pools.TALENT_POOL_BATCH_CHANGE, change, talent_pool_id=pool))

    def logs(operators: list[str], operations: list[int], **more: Any) -> Any:
        body = {"operator_id_list": operators, "operation_list": operations}
        return data_of(case.call(operation_logs.TALENT_OPERATION_LOG_SEARCH, body, **more))

    everyone, everything = [creator, operator, app], [1, 2, 11, 12, 20, 21, 990001, 990002]
    shown = logs(everyone, everything, page_size=8).items
    assert [log.operation_type for log in shown] == [990002, 21, 12, 990001, 20, 11, 2, 1]
    assert {log.talent_id for log in shown} == {who}
    by = [(log.operator.id, log.operator_type) for log in shown]
    assert by == [(app, 3)] * 6 + [(operator, 1), (creator, 1)]
    times = [int(log.operation_time) for log in shown]
    assert (times, times[-1] >= before) == (sorted(times, reverse=True), True)
    page = logs(everyone, everything, page_size=5)
    rest = logs(everyone, everything, page_size=3, page_token=page.page_token)
    assert plain([*page.items, *rest.items]) == plain(shown)
    last = logs(everyone[:2], everything)
    assert (plain(last.items), last.has_more, last.page_token) == (plain(shown[-2:]), False, None)
    assert [log.operation_type for log in logs(everyone, [990001, 20], page_size=2).items] == [990001, 20]
    job = {"operator_id_list": everyone, "operation_list": everything, "job_id_list": ["6900000000000000001"]}
    assert data_of(case.call(operation_logs.TALENT_OPERATION_LOG_SEARCH, job)).items == []


# User ids


class Owned(NamedTuple):
    """What `ou_user` did and owns."""

    talent: str
    folder: str
    note: str


def make_owned(case: Case) -> Owned:
    name = {"basic_info": {"name": f"owned{new_mark()}"}}
    who, folder = create(case, {**name, "creator_id": "ou_user"}), create_folder(case.client, owner_id="ou_user")
    data_of(case.call(talent_folders.TALENT_ADD_TO_FOLDER, in_folder(folder, who)))
    note = {"talent_id": who, "content": "a note", "creator_id": "ou_user"}
    return Owned(who, folder, data_of(case.call(notes.NOTE_CREATE, note)).note.id)


class WithUser(msgspec.Struct, frozen=True):
    """A call whose reply names a user, and where."""

    row: Endpoint
    make: Callable[[Owned], Given]
    user_of: Callable[[Any], str | None]


WITH_USER: tuple[WithUser, ...] = (
    WithUser(talents.TALENT_LIST, lambda _: given(sort_by=4), lambda data: data.items[0].basic_info.creator_id),
    WithUser(talents.TALENT_GET, lambda o: given(talent_id=o.talent), lambda data: data.talent.basic_info.creator_id),
    WithUser(talents.TALENT_GET_V2, lambda o: given(talent_id=o.talent), lambda data: data.note_list_v2[0].creator_id),
    WithUser(
        talents.TALENT_COMBINED_CREATE,
        lambda _: given({"basic_info": {"name": "someone"}, "creator_id": "ou_user"}),
        lambda data: data.creator_id,
    ),
    WithUser(
        talents.TALENT_COMBINED_UPDATE,
        lambda o: given({"talent_id": o.talent, "basic_info": {}, "operator_id": "ou_user"}),
        lambda data: data.operator_id,
    ),
    WithUser(talent_folders.TALENT_FOLDER_LIST, lambda _: given(page_size=100), lambda data: data.items[-1].owner_id),
    WithUser(
        notes.NOTE_CREATE,
        lambda o: given({"talent_id": o.talent, "content": "x", "creator_id": "ou_user"}),
        lambda data: data.note.creator_id,
    ),
    WithUser(notes.NOTE_LIST, lambda o: given(talent_id=o.talent), lambda data: data.items[0].creator_id),
    WithUser(notes.NOTE_GET, lambda o: given(note_id=o.note), lambda data: data.note.creator_id),
    WithUser(notes.NOTE_UPDATE, lambda o: given({"content": "y"}, note_id=o.note), lambda data: data.note.creator_id),
    WithUser(
        operation_logs.TALENT_OPERATION_LOG_SEARCH,
        lambda _: given({"operator_id_list": ["ou_user"], "operation_list": [1, 2]}),
        lambda data: data.items[0].operator.id,
    ),
)
_EVERY_SCOPE = tuple(sorted({scope for row in COMPATIBLE for scope in row.scopes}))


def test_every_row_that_names_a_user_is_looked_at() -> None:
    naming = {row.name for row in COMPATIBLE if USER_IDS in row.field_scopes.values()}
    assert {one.row.name for one in WITH_USER} == naming


def user_told(case: Case, one: WithUser, app: App, user_id_type: str) -> str | None:
    """The user's id that a reply carries, if it carries one."""
    body, query = one.make(make_owned(case))
    return one.user_of(data_of(case.call(one.row, body, app=app, user_id_type=user_id_type, **query)))


@pytest.mark.parametrize("one", WITH_USER, ids=lambda one: one.row.name)
def test_ids_of_the_kind_user_id_are_left_out_without_the_scope_for_them(case: Case, apps: Apps, one: WithUser) -> None:
    without = apps.having(*_EVERY_SCOPE)
    assert user_told(case, one, without, "user_id") is None
    assert user_told(case, one, without, "open_id") == user_told(case, one, without, "union_id") == "ou_user"


def test_ids_of_the_kind_user_id_are_told_with_the_scope_for_them(case: Case, apps: Apps) -> None:
    having = apps.having(*_EVERY_SCOPE, *USER_IDS)
    told = {one.row.name: user_told(case, one, having, "user_id") for one in WITH_USER}
    assert told == {one.row.name: "ou_user" for one in WITH_USER}


def test_v2_leaves_the_writers_of_notes_out_too(case: Case, apps: Apps) -> None:
    owned, without = make_owned(case), apps.having(*_EVERY_SCOPE)
    shown = get_v2(case, owned.talent, app=without, user_id_type="user_id")
    assert [note.creator_id for note in shown.note_list_v2] == [None]


def test_v2_leaves_the_owners_of_folders_out_too(case: Case, apps: Apps) -> None:
    owned, without = make_owned(case), apps.having(*_EVERY_SCOPE)
    shown = get_v2(case, owned.talent, app=without, user_id_type="user_id")
    assert [folder.owner_id for folder in shown.talent_folder_ref_list_v2] == [None]


# Every error that a call has of its own


class Refusal(msgspec.Struct, frozen=True):
    """A call that is refused: with which error of its row, and the HTTP status of the reply."""

    row: Endpoint
    error: Error
    make: Callable[[World], Given]
    status: int = 400
    msg: str = ""


def _refusals_of_tokens(row: Endpoint) -> Iterator[Refusal]:
    unknown = "cli_0123456789abcdef"
    yield Refusal(row, errors.INVALID_PARAM, lambda _: given({}), 200)
    yield Refusal(row, errors.INVALID_PARAM, lambda w: _credentials(w, app_id="cli_test"), 200)
    yield Refusal(row, errors.APP_UNKNOWN, lambda w: _credentials(w, app_id=unknown), 200)
    wrong = errors.APP_SECRET_INVALID.msg
    yield Refusal(row, errors.APP_UNKNOWN, lambda w: _credentials(w, app_secret="wrong"), 200, wrong)


def _refusals_of_folders(row: Endpoint) -> Iterator[Refusal]:
    yield Refusal(row, errors.TALENT_NOT_FOUND, lambda w: given(in_folder(w.folder, w.talent, NOBODY)))
    yield Refusal(row, errors.PARAMETER_ERROR, lambda w: given(in_folder(w.folder)))
    yield Refusal(row, errors.PARAMETER_ERROR, lambda w: given(in_folder(w.folder, *[w.talent] * 201)))
    yield Refusal(row, errors.PARAMETER_ERROR, lambda w: given(in_folder("404", w.talent)))


def _refusals_of_pool_changes(row: Endpoint, body: Callable[[str, int], dict[str, Any]]) -> Iterator[Refusal]:
    pool_gone, talent_gone = errors.TALENT_POOL_NOT_FOUND, errors.TALENT_NOT_FOUND
    yield Refusal(row, pool_gone, lambda w: given(body(w.talent, 1), talent_pool_id=NOBODY))
    yield Refusal(row, talent_gone, lambda w: given(body(NOBODY, 1), talent_pool_id=w.pool))
    yield Refusal(row, errors.PARAMETER_ERROR, lambda w: given(body(w.talent, 3), talent_pool_id=w.pool))


def _refusals_of_external_info(row: Endpoint) -> Iterator[Refusal]:
    # The world's talent has none: there is nothing to update, and for a create the time must be missing.
    body = {} if row.method == "POST" else {"external_create_time": "1700000000000"}
    yield Refusal(row, errors.PARAMETER_ERROR, lambda w: given(body, talent_id=w.talent))
    body_of_nobody = {"external_create_time": "1700000000000"}
    yield Refusal(row, errors.TALENT_NOT_FOUND, lambda _: given(body_of_nobody, talent_id=NOBODY))


def _tagging(operation: int, *tags: str) -> dict[str, Any]:
    return {"operation": operation, "tag_id_list": list(tags)}


_WRONG_KIND = "email"
TAG = talent_tags.TALENT_TAG
ONBOARD = talent_states.TALENT_ONBOARD_STATUS_UPDATE
BLOCK = talent_states.TALENT_BLOCK_CHANGE
TAKEN = {"name": "other", "email": "taken@example.com"}

REFUSALS: tuple[Refusal, ...] = (
    *_refusals_of_tokens(tokens.TENANT_TOKEN_CREATE),
    *_refusals_of_tokens(tokens.APP_TOKEN_CREATE),
    *_refusals_of_pool_changes(
        talent_pools.TALENT_POOL_BATCH_CHANGE, lambda who, number: {"talent_id_list": [who], "option_type": number}
    ),
    *_refusals_of_pool_changes(
        talent_pools.TALENT_POOL_MOVE_TALENT, lambda who, number: {"talent_id": who, "add_type": number}
    ),
    Refusal(talent_pools.TALENT_POOL_LIST, errors.PAGE_SIZE_ILLEGAL, lambda _: given(page_size=101)),
    Refusal(talent_pools.TALENT_POOL_LIST, errors.ID_LIST_TOO_LONG, lambda _: given(id_list=["1"] * 51)),
    Refusal(talent_pools.TALENT_POOL_LIST, errors.PARAMETER_ERROR, lambda _: given(page_token="bm90IG91cnM=")),
    Refusal(talents.TALENT_LIST, errors.TALENT_NOT_FOUND, lambda _: given(keyword="nobody-is-called-so")),
    Refusal(talents.TALENT_LIST, errors.PARAMETER_ERROR, lambda _: given(page_size=21)),
    Refusal(talents.TALENT_LIST, errors.PARAMETER_ERROR, lambda _: given(sort_by=5)),
    Refusal(talents.TALENT_LIST, errors.PARAMETER_ERROR, lambda _: given(keyword="one and other")),
    Refusal(talents.TALENT_LIST, errors.PARAMETER_ERROR, lambda _: given(page_token="bm90IG91cnM=")),
    Refusal(talents.TALENT_GET, errors.TALENT_NOT_FOUND, lambda _: given(talent_id=NOBODY), 404),
    Refusal(
        talents.TALENT_GET,
        errors.PARAMETER_ERROR,
        lambda w: given(talent_id=w.talent, user_id_type=_WRONG_KIND),
    ),
    Refusal(talents.TALENT_GET_V2, errors.TALENT_NOT_FOUND, lambda _: given(talent_id="../1"), 404),
    Refusal(
        talents.TALENT_GET_V2,
        errors.PARAMETER_ERROR,
        lambda w: given(talent_id=w.talent, user_id_type=_WRONG_KIND),
    ),
    Refusal(talents.TALENT_COMBINED_CREATE, errors.DUPLICATE_TALENT, lambda _: given({"basic_info": TAKEN})),
    Refusal(talents.TALENT_COMBINED_CREATE, errors.PARAMETER_ERROR, lambda _: given({})),
    Refusal(
        talents.TALENT_COMBINED_CREATE,
        errors.PARAMETER_ERROR,
        lambda _: given({"basic_info": {"name": "someone", "customized_data": [{"object_id": "404", "value": "x"}]}}),
    ),
    Refusal(
        talents.TALENT_COMBINED_UPDATE,
        errors.TALENT_NOT_FOUND,
        lambda _: given({"talent_id": NOBODY, "basic_info": {}}),
    ),
    Refusal(
        talents.TALENT_COMBINED_UPDATE,
        errors.TALENT_CONFLICT,
        lambda w: given({"talent_id": w.talent, "basic_info": TAKEN}),
    ),
    Refusal(
        talents.TALENT_COMBINED_UPDATE,
        errors.PARAMETER_ERROR,
        lambda w: given({"talent_id": w.talent, "basic_info": {}, "folder_id_list": ["404"]}),
    ),
    Refusal(talents.TALENT_BATCH_GET_ID, errors.MOBILE_INCORRECT, lambda _: given({"mobile_number_list": ["x"]})),
    Refusal(
        talents.TALENT_BATCH_GET_ID,
        errors.PARAMETER_ERROR,
        lambda _: given({"identification_number_list": ["1"]}),
    ),
    Refusal(
        ONBOARD,
        errors.TALENT_NOT_FOUND,
        lambda _: given({"operation": 1, "onboard_time": "1700000000000"}, talent_id=NOBODY),
    ),
    Refusal(ONBOARD, errors.PARAMETER_ERROR, lambda w: given({"operation": 1}, talent_id=w.talent)),
    Refusal(
        ONBOARD,
        errors.PARAMETER_ERROR,
        lambda w: given({"operation": 2, "overboard_time": "1700000000000"}, talent_id=w.talent),
    ),
    Refusal(BLOCK, errors.TALENT_NOT_FOUND, lambda _: given({"talent_id": NOBODY, "option": 2})),
    Refusal(BLOCK, errors.PARAMETER_ERROR, lambda w: given({"talent_id": w.talent, "option": 1})),
    *_refusals_of_external_info(talent_states.TALENT_EXTERNAL_INFO_CREATE),
    *_refusals_of_external_info(talent_states.TALENT_EXTERNAL_INFO_UPDATE),
    Refusal(talent_folders.TALENT_FOLDER_LIST, errors.PARAMETER_ERROR, lambda _: given(page_size=0)),
    *_refusals_of_folders(talent_folders.TALENT_ADD_TO_FOLDER),
    *_refusals_of_folders(talent_folders.TALENT_REMOVE_TO_FOLDER),
    Refusal(talent_tags.TALENT_TAG_LIST, errors.PARAMETER_ERROR, lambda _: given(type=3)),
    Refusal(TAG, errors.TALENT_NOT_FOUND, lambda w: given(_tagging(1, w.tag), talent_id=NOBODY)),
    Refusal(TAG, errors.TAG_WRONG, lambda w: given(_tagging(1, w.tag, "404"), talent_id=w.talent)),
    Refusal(TAG, errors.TAG_INACTIVE, lambda w: given(_tagging(1, w.tag, w.inactive_tag), talent_id=w.talent)),
    Refusal(TAG, errors.TAG_PRESENT, lambda w: given(_tagging(1, w.tag, w.worn_tag), talent_id=w.talent)),
    Refusal(TAG, errors.TAG_ABSENT, lambda w: given(_tagging(2, w.worn_tag, w.tag), talent_id=w.talent)),
    Refusal(TAG, errors.PARAMETER_ERROR, lambda w: given(_tagging(1), talent_id=w.talent)),
    Refusal(notes.NOTE_CREATE, errors.TALENT_NOT_FOUND, lambda _: given({"talent_id": NOBODY, "content": "x"})),
    Refusal(notes.NOTE_CREATE, errors.PARAMETER_ERROR, lambda w: given({"talent_id": w.talent, "content": ""})),
    Refusal(notes.NOTE_LIST, errors.TALENT_NOT_FOUND, lambda _: given(talent_id=NOBODY)),
    Refusal(notes.NOTE_LIST, errors.PARAMETER_ERROR, lambda _: given()),
    Refusal(notes.NOTE_GET, errors.NOTE_NOT_FOUND, lambda _: given(note_id="404"), 404),
    Refusal(notes.NOTE_GET, errors.PARAMETER_ERROR, lambda w: given(note_id=w.note, user_id_type=_WRONG_KIND)),
    Refusal(notes.NOTE_UPDATE, errors.NOTE_NOT_FOUND, lambda _: given({"content": "x"}, note_id="404")),
    Refusal(
        notes.NOTE_UPDATE,
        errors.PARAMETER_ERROR,
        lambda w: given({"content": "x", "mention_entity_list": [{"offset": 2, "user_id": "ou"}]}, note_id=w.note),
    ),
    Refusal(notes.NOTE_DELETE, errors.NOTE_NOT_FOUND, lambda _: given(note_id="404")),
    Refusal(
        operation_logs.TALENT_OPERATION_LOG_SEARCH,
        errors.PARAMETER_ERROR,
        lambda _: given({"operator_id_list": ["ou"]}),
    ),
)


@pytest.fixture(scope="module")
def world(sdk_client: Client) -> World:
    """For calls that are refused, and so change nothing in it."""
    sdk_client.call("POST", "/rencai/v1/talents/batch_create", {"talents": [{"basic_info": TAKEN}]})
    return make_world(sdk_client)


def has_a_shape(row: Endpoint) -> bool:
    """Whether something in a call could be of the wrong shape. Its path can't: each segment of it is a text."""
    return row.body_type is not None or row.query_type is not Nothing


def test_every_error_of_a_row_is_provoked() -> None:
    provoked = {(refusal.row.name, refusal.error.code, refusal.error.msg) for refusal in REFUSALS}
    declared = {
        (row.name, error.code, error.msg)
        for row in COMPATIBLE
        for error in (*row.errors, *row.field_errors.values(), *((row.shape_error,) if has_a_shape(row) else ()))
    }
    assert declared == provoked


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.row.name}-{refusal.error.code}")
def test_a_refusal(case: Case, world: World, refusal: Refusal) -> None:
    body, fields = refusal.make(world)
    response = case.call(refusal.row, body, **fields)
    status, code, msg = refusal_of(response)
    assert (status, code) == (refusal.status, refusal.error.code)
    assert msg.partition(": [")[0] == (refusal.msg or refusal.error.msg)
    if not refusal.row.bare:
        assert response.error["field_violations"]
        assert response.error["log_id"] == response.raw.headers.get(
            "X-Tt-Logid", response.raw.headers.get("x-tt-logid")
        )
        assert response.data is None if hasattr(response, "data") else refusal.row.reply is Nothing


# The errors that calls share


SCOPED = tuple(example for example in EXAMPLES if example.row.scopes)
# Each is provoked by the test that is named.
SHARED = {
    errors.TOKEN_MISSING: "test_tokens_that_are_none",
    errors.TOKEN_INVALID: "test_tokens_that_are_none",
    errors.USER_TOKEN_INVALID: "test_tokens_that_are_none",
    errors.TOKEN_FORM: "test_tokens_that_are_none",
    errors.SCOPE_MISSING: "test_the_scopes_that_would_do_are_named",
    errors.RATE_LIMITED: "test_a_limit_that_is_used_up",
    errors.KEY_REUSED: "test_a_key_that_was_used_for_another_thing",
    errors.KEY_IN_USE: "test_a_key_that_is_in_use",
    errors.OVERLOADED: "test_a_server_that_has_too_much_to_do",
    errors.SYSTEM_ERROR: "test_a_database_that_breaks",
}


def test_every_shared_error_is_provoked() -> None:
    own = {error for row in COMPATIBLE for error in (*row.errors, *row.field_errors.values(), row.shape_error)}
    shared = {error for row in COMPATIBLE for error in row.all_errors} - own
    assert shared == SHARED.keys()
    assert [test for test in SHARED.values() if test not in globals()] == []


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", 99991661),
        ("t-0123456789abcdef", 99991663),
        ("u-0123456789abcdef", 99991668),
        ("eyJhbGciOiJFUzI1NiJ9.e30.x", 99991668),
        ("x-0123456789abcdef", 99991671),
    ],
)
def test_tokens_that_are_none(case: Case, world: World, token: str, code: int) -> None:
    for example in SCOPED:
        response = example.call(case, world, token=token)
        assert refusal_of(response) == (400, code, errors.ERRORS[code].msg), example.row.name


def test_the_scopes_that_would_do_are_named(case: Case, world: World, apps: Apps) -> None:
    reader = apps.having("hire:talent_onboard_status:readonly")  # which opens a field, and no call
    for example in SCOPED:
        response, scopes = example.call(case, world, app=reader), example.row.scopes
        words = f"Access denied. One of the following scopes is required: [{', '.join(scopes)}]"
        assert refusal_of(response) == (400, 99991672, words)
        assert [violation["subject"] for violation in response.error["permission_violations"]] == list(scopes)


def test_a_limit_that_is_used_up(case: Case) -> None:
    """Of a hundredth of the documented limits the first call takes all: two in 2 seconds are one too many."""
    world = make_world(case.client)
    limited = case.server.create_app("sdk", limits="0.01")
    for example in SCOPED:
        first, second = (example.call(case, world, app=limited) for _ in range(2))
        assert first.success(), example.row.name
        assert refusal_of(second) == (429, 99991400, "request trigger frequency limit"), example.row.name
        assert int(second.raw.headers["x-ogw-ratelimit-reset"]) >= 1


KEYED = tuple(example for example in EXAMPLES if IDEMPOTENCY_KEY in example.row.request_headers)


def test_a_key_that_was_used_for_another_thing(case: Case) -> None:
    world, other = make_world(case.client), make_world(case.client)
    for example in KEYED:
        name = example.row.name
        first, again = (example.call(case, world, key=name) for _ in range(2))
        assert again.success(), name
        assert again.raw.content == first.raw.content, name
        body = example.make(other).body or {}
        reused = case.call(example.row, _another(body), key=name, **example.make(world).fields)
        assert refusal_of(reused) == (422, 1990005, "idempotency key reused"), name


def _another(body: dict[str, Any]) -> dict[str, Any]:
    """A body that is another for sure: the people of two worlds may be called the same."""
    return {**body, "basic_info": {"name": "somebody else"}} if "basic_info" in body else body


def test_a_key_that_is_in_use(sqlite_file: SqliteStore, speak: Speak) -> None:
    """The first of two calls waits for another program that writes, the second for the first: 5 seconds.

    On SQLite alone, which one other program can stop. Two servers with one key are tried in test_postgresql.py.
    """
    with running_server(sqlite_file) as server:
        case = Case(server, server.client(), speak)
        world = make_world(case.client)
        data_of(case.call(talent_pools.TALENT_POOL_LIST))  # the SDK has its token from here on
        with ThreadPoolExecutor(2 * len(KEYED)) as others, written_by_another(sqlite_file):
            firsts = [others.submit(example.call, case, world, key="k") for example in KEYED]
            wait_for_writes(case, len(KEYED))
            seconds = [others.submit(example.call, case, world, key="k") for example in KEYED]
            for example, second in zip(KEYED, seconds, strict=True):
                assert refusal_of(second.result()) == (409, 1990006, "idempotency key in use"), example.row.name
        assert all(first.result().success() for first in firsts)


def test_a_server_that_has_too_much_to_do(sqlite_file: SqliteStore, speak: Speak) -> None:
    """One write is all that may wait, and it waits for another program that writes; reading goes on.

    On SQLite alone: PostgreSQL has no writer that all wait for. What is full there is tried in test_postgresql.py.
    """
    with running_server(sqlite_file, "--queue-limit", "1") as server:
        case = Case(server, server.client(), speak)
        world = make_world(case.client)
        data_of(case.call(talent_pools.TALENT_POOL_LIST))  # the SDK has its token from here on
        with ThreadPoolExecutor(1) as other, written_by_another(sqlite_file):
            waiting = other.submit(BATCH_CHANGE.call, case, world)
            wait_for_writes(case, 1)
            for example in SCOPED:
                response = example.call(case, world)
                if example.row.access == "write":
                    assert refusal_of(response) == (503, 1990001, "server busy"), example.row.name
                else:
                    assert response.success(), example.row.name
        assert waiting.result().success()


@contextlib.contextmanager
def written_by_another(database: SqliteStore) -> Generator[None]:
    """Keep the lock that every writer of the file needs."""
    connection = sqlite3.connect(database.path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


def wait_for_writes(case: Case, count: int) -> None:
    deadline = time.monotonic() + 10
    while f"rencai_write_queue_depth {count}.0" not in case.client.http.get("/metrics").text:
        assert time.monotonic() < deadline


def test_a_database_that_breaks(database: Store, speak: Speak) -> None:
    """First what the calls are about is gone, then what says who may call."""
    with running_server(database) as server:
        case = Case(server, server.client(), speak)
        world = make_world(case.client)
        data_of(case.call(talent_pools.TALENT_POOL_LIST))  # the SDK has its token from here on
        who_may_call = {"tenants", "apps", "tokens"}
        database.drop([table for table in database.tables() if table not in who_may_call])
        for example in SCOPED:
            assert_system_error(case, world, example)
        database.drop(sorted(who_may_call))
        for example in EXAMPLES:
            assert_system_error(case, world, example)


def assert_system_error(case: Case, world: World, example: Example) -> None:
    """Nothing more is told than that. One call answers it with 200, by the vendor's page (contract §10)."""
    status = 200 if example.row is talents.TALENT_BATCH_GET_ID else 500
    assert refusal_of(example.call(case, world)) == (status, 1002001, "system error"), example.row.name
