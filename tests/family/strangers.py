"""Every place of every endpoint that can hold an id, filled with another tenant's: it must be as if there were none.

The places follow from the types of the rows. What a place takes is told by its name, and `unclassified` says which
names nobody has told about.
"""

import json
import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UnsetType

from family import checks, people
from family.alphabets import MOBILES
from family.world import MODULE, Tenant, document_of, identities_of
from harness import Reply
from rencai.contract.endpoint import Endpoint

Step = str | int
NO_ID = "2236000000000000001"  # of the form of ours, and nobody's
TEXT = "1577808000000"  # a text, a number and a moment, whatever is asked for

KINDS = {
    "talent_id": "talent",
    "talent_id_list": "talent",
    "talent_pool_id": "pool",
    "folder_id": "folder",
    "folder_id_list": "folder",
    "tag_id": "tag",
    "tag_id_list": "tag",
    "object_id": "field",
    "note_id": "note",
    "change_id": "change",
    "RunPath.run_id": "run",
    "app_id": "app",
    "operator_id_list": "operator",
    "page_token": "page_token",
    "email": "email",
    "email_list": "email",
    "mobile": "mobile",
    "mobile_number_list": "mobile",
    "identification_number": "identification",
    "identification_number_list": "identification",
    # Of one type only: the names alone do not tell.
    "CustomModule.object_id": "module",
    "TalentPoolListQuery.id_list": "pool",
    "TalentTagListQuery.id_list": "tag",
    "NewTalentPool.parent_id": "pool",
    "TalentPoolPatch.parent_id": "pool",
    "NewTalentObject.parent_id": "module",
    "TalentListQuery.keyword": "keyword",
    "MembershipChange.add": "talent",
    "MembershipChange.remove": "talent",
    "Evaluation.expression": "pool",
}
# Ids of things that are kept elsewhere and pass through as texts; each tenant says what it likes.
FREE = {
    "app_secret",
    "application_id",
    "attachment_id",
    "creator_id",
    "id",  # of an item of a list: one that is sent is not used
    "init_source_id",
    "job_id_list",
    "nationality_id",
    "operator_id",
    "owner_id",
    "resume_attachment_id",
    "resume_source_id",
    "run_id",  # a label
    "user_id",
    "TalentTagListQuery.keyword",  # finds a tenant's own tags by their names
}
# Two tenants may know the same person: what these name is held against the model by whoever drives the calls.
PERSONAL = {"email", "mobile", "identification", "keyword"}
_FIELDS_OF = {
    "email": ("email",),
    "mobile": ("mobile", "mobile_country_code"),
    "identification": ("identification", "identification_type", "identification_number"),
}
_ID_LIKE = re.compile(r"(^|_)(id|ids|id_list|token|secret|email|email_list|mobile|keyword)$|_number(_list)?$")

# Fields that are not required but without which a call would be refused before anything is looked up.
_GIVEN_TOO = {"en_us", "force", "onboard_time", "overboard_time", "reason", "value", "object_id"}


class Place(NamedTuple):
    """Where an id can stand: in the path, query or body, by which steps, and of what kind it is."""

    part: str
    steps: tuple[Step, ...]
    kind: str


class Belongings(NamedTuple):
    """A thing of each kind that a tenant has: what stands where an id is asked for, or `everywhere` it may."""

    ids: dict[str, str]
    everywhere: bool = False

    def of(self, kind: str) -> str:
        """The id of a thing of theirs, or of nothing."""
        return self.ids.get(kind, NO_ID)


def belongings(tenant: Tenant) -> Belongings:
    """What a tenant has."""
    fields = [(object_id, there.object_type == MODULE) for object_id, there in tenant.fields.items()]
    notes = [note_id for talent in tenant.talents.values() for note_id in talent.notes]
    found = {
        "talent": list(tenant.talents),
        "pool": list(tenant.pools),
        "folder": list(tenant.folders),
        "tag": list(tenant.tags),
        "field": [object_id for object_id, is_module in fields if not is_module],
        "module": [object_id for object_id, is_module in fields if is_module],
        "note": notes,
        "change": tenant.changes,
        "run": tenant.runs,
        "app": [tenant.app_id],
        "operator": [tenant.app_id],
    }
    return Belongings({kind: ids[-1] for kind, ids in found.items() if ids})


# Places


def places(endpoint: Endpoint) -> list[Place]:
    """Every place of an endpoint that can hold an id, an identity or a page token."""
    return [
        Place(part, steps, kind)
        for part, steps, owner, name in _leaves_of(endpoint)
        if (kind := KINDS.get(f"{owner}.{name}") or KINDS.get(name)) and f"{owner}.{name}" not in FREE
    ]


def unclassified(endpoint: Endpoint) -> list[str]:
    """Fields that look like ids, and that neither KINDS nor FREE tells about."""
    return [
        f"{owner}.{name}"
        for _, _, owner, name in _leaves_of(endpoint)
        if _ID_LIKE.search(name) and not {name, f"{owner}.{name}"} & (KINDS.keys() | FREE)
    ]


def _leaves_of(endpoint: Endpoint) -> Iterator[tuple[str, tuple[Step, ...], str, str]]:
    types = {"path": endpoint.path_type, "query": endpoint.query_type, "body": endpoint.body_type}
    for part, kind in types.items():
        if kind is not None:
            for steps, owner in _leaves(kind, (), ""):
                yield part, steps, owner, next(str(step) for step in reversed(steps) if isinstance(step, str))


def _leaves(hint: object, steps: tuple[Step, ...], owner: str) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The fields that hold texts, numbers and lists of them, with the name of the type that they are of."""
    kind = unwrapped(hint)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            yield from _leaves(field.type, (*steps, field.encode_name), kind.__name__)
    elif get_origin(kind) is list and not _is_plain(get_args(kind)[0]):
        yield from _leaves(get_args(kind)[0], (*steps, 0), owner)
    else:
        yield steps, owner


def unwrapped(hint: object) -> Any:
    """A hint without Annotated and UNSET; of several types the first."""
    if get_origin(hint) is Annotated:
        return unwrapped(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return unwrapped(next(arg for arg in get_args(hint) if arg is not UnsetType))
    return hint


def _is_plain(hint: object) -> bool:
    kind = unwrapped(hint)
    return kind in (str, int, bool) or get_origin(kind) is Literal


# Requests


def request(endpoint: Endpoint, ours: Belongings, place: Place | None, value: str) -> tuple[Endpoint, str, Any]:
    """A request in which one place holds a value: path with query, and body."""
    parts: dict[str, Any] = {}
    types = {"path": endpoint.path_type, "query": endpoint.query_type, "body": endpoint.body_type}
    for part, kind in types.items():
        steps = place.steps if place is not None and place.part == part else ()
        parts[part] = {} if kind is None else _built(kind, steps, value, ours)
    path = endpoint.path.format(**{name: quote(text, safe="") for name, text in parts["path"].items()})
    query = {name: str(v).lower() if isinstance(v, bool) else v for name, v in parts["query"].items()}
    body = parts["body"] if endpoint.body_type is not None else None
    return endpoint, f"{path}?{urlencode(query, doseq=True)}" if query else path, body


def _built(kind: type[msgspec.Struct], steps: tuple[Step, ...], value: str, ours: Belongings) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if steps and steps[0] == name:
            built[name] = _at(field.type, steps[1:], value, ours)
            continue
        id_kind = KINDS.get(f"{kind.__name__}.{name}") or KINDS.get(name)
        is_wanted = ours.everywhere and id_kind not in (None, "page_token", *PERSONAL)
        if field.required or name in _GIVEN_TOO or is_wanted:
            built[name] = _plain_value(field.type, TEXT if id_kind in (None, *PERSONAL) else ours.of(id_kind), ours)
    return built


def _at(hint: object, steps: tuple[Step, ...], value: str, ours: Belongings) -> Any:
    kind = unwrapped(hint)
    if not steps:
        return [value] if get_origin(kind) is list else value
    if steps[0] == 0:
        return [_at(get_args(kind)[0], steps[1:], value, ours)]
    return _built(kind, steps, value, ours)


def _plain_value(hint: object, text: str, ours: Belongings) -> Any:
    kind = unwrapped(hint)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _built(kind, (), "", ours)
    origin = get_origin(kind)
    if origin is Literal:
        return get_args(kind)[0]
    if origin is list:
        return [_plain_value(get_args(kind)[0], text, ours)]
    return {int: 1, bool: True}.get(kind, text)


# Trespassing


def trespass_everywhere(endpoint: Endpoint, intruder: Tenant, owner: Tenant) -> None:
    """Every place of an endpoint with a thing of another tenant, one after the other, and then all at once."""
    for place in places(endpoint):
        if place.kind in PERSONAL:
            _name_a_person(endpoint, place, intruder, owner)
        elif place.kind == "page_token":
            _turn_a_page(endpoint, place, intruder, owner)
        else:
            _name_a_thing(endpoint, place, intruder, owner)
    _name_things_all_over(endpoint, intruder, owner)


def _name_a_thing(endpoint: Endpoint, place: Place, intruder: Tenant, owner: Tenant) -> None:
    """Answered as with a thing that is not there; and where the call would write, refused."""
    theirs, ours = belongings(owner), belongings(intruder)
    foreign = _asked(intruder, owner, request(endpoint, ours, place, theirs.of(place.kind)))
    missing = _asked(intruder, owner, request(endpoint, ours, place, _none_such(place.kind)))
    assert foreign.status == missing.status
    if endpoint.bare:
        assert foreign.code == missing.code != 0  # which of id and secret is wrong is said, by the vendor's words
        return
    assert _comparable(foreign, theirs) == _comparable(missing, theirs), (endpoint.name, place)
    assert foreign.code != 0 or endpoint.access == "read", (endpoint.name, place)


def _name_things_all_over(endpoint: Endpoint, intruder: Tenant, owner: Tenant) -> None:
    """The same with every id that the call needs."""
    kinds = {place.kind for place in places(endpoint)} - PERSONAL - {"page_token"}
    if endpoint.bare or not kinds:
        return
    theirs = belongings(owner)
    foreign = _asked(intruder, owner, request(endpoint, theirs._replace(everywhere=True), None, ""))
    missing = _asked(intruder, owner, request(endpoint, Belongings({}, everywhere=True), None, ""))
    assert _comparable(foreign, theirs) == _comparable(missing, theirs), endpoint.name
    assert foreign.code != 0 or endpoint.access == "read", endpoint.name


def _turn_a_page(endpoint: Endpoint, place: Place, intruder: Tenant, owner: Tenant) -> None:
    """A page token of another tenant's list leads nowhere, as one that was never given out."""
    token = page_token_of(endpoint, owner)
    if token is None:
        return
    theirs = belongings(owner)
    spoiled = ("B" if token.startswith("A") else "A") + token[1:]
    for things in (belongings(intruder), theirs):
        foreign = _asked(intruder, owner, request(endpoint, things, place, token))
        missing = _asked(intruder, owner, request(endpoint, things, place, spoiled))
        assert foreign.code != 0
        assert _comparable(foreign, theirs) == _comparable(missing, theirs)


def page_token_of(endpoint: Endpoint, owner: Tenant) -> str | None:
    """A page token that the owner gets for the same list, if it has two pages."""
    _, path, body = request(endpoint, belongings(owner), None, "")
    join = "&" if "?" in path else "?"
    reply = owner.client.call(endpoint.method, f"{path}{join}page_size=1", body)
    return reply.data.get("page_token") if reply.code == 0 else None


def _name_a_person(endpoint: Endpoint, place: Place, intruder: Tenant, owner: Tenant) -> None:
    """Two tenants may know the same person: the call is held against the model of the one that makes it."""
    person = next((t.person for t in owner.talents.values() if place.kind in identities_of(t.person)), None)
    if place.kind == "keyword":
        for talent in list(owner.talents.values())[:2]:
            checks.listed(intruder, talent.person["name"], 1, 20)
        return
    if person is None:
        return
    given = {name: person[name] for name in _FIELDS_OF[place.kind] if name in person}
    if endpoint.name == "talent_combined_create":
        people.create(intruder, {"basic_info": {"name": "Eve", **given}})
    elif endpoint.name == "talent_batch_create":
        people.batch_create(intruder, [{"basic_info": {"name": "Eve", **given}}])
    elif endpoint.name == "talent_combined_update":
        people.update(intruder, belongings(intruder).of("talent"), {"basic_info": given})
    else:
        assert endpoint.name == "talent_batch_get_id"
        spellings = [spelling for spelling in MOBILES if not spelling[1]]
        if place.kind == "identification":
            checks.identities(intruder, [], [], document_of(person))
        else:
            checks.identities(intruder, spellings, [person["email"]] if place.kind == "email" else [])


def _none_such(kind: str) -> str:
    return "cli_0000000000000000" if kind in ("app", "operator") else NO_ID


def _asked(intruder: Tenant, owner: Tenant, asked: tuple[Endpoint, str, Any]) -> Reply:
    """The reply, which holds no id of the owner's that was not sent."""
    endpoint, path, body = asked
    reply = intruder.client.call(endpoint.method, path, body)
    sent, said = path + json.dumps(body), json.dumps([reply.data, reply.msg, reply.error])
    for thing in belongings(owner).ids.values():
        assert thing in sent or thing not in said
    return reply


def _comparable(reply: Reply, theirs: Belongings) -> str:
    """A reply but for its log id, and for which id it was that was not there."""
    error = {name: value for name, value in reply.error.items() if name != "log_id"}
    text = json.dumps([reply.status, reply.code, reply.msg, reply.data, error], sort_keys=True)
    for thing in (*theirs.ids.values(), NO_ID, _none_such("app")):
        text = text.replace(thing, "<id>")
    return text
