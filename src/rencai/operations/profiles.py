"""Profiles as they are kept: as sent, with one place for identity documents and an id for every item of a list."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.profiles import BasicFields, Identification, NewTalent, TalentUpdate
from rencai.operations.call import Call

T = TypeVar("T")
P = TypeVar("P", bound=BasicFields)

LISTS = (
    "education_list",
    "career_list",
    "project_list",
    "works_list",
    "award_list",
    "language_list",
    "sns_list",
)

_decode = msgspec.json.Decoder(NewTalent).decode


def kept(call: Call, talent: NewTalent) -> NewTalent:
    """A new profile as it is kept. Takes an id for each item of its lists."""
    lists = {name: _with_ids(call, items) for name in LISTS if (items := getattr(talent, name)) is not UNSET}
    return msgspec.structs.replace(talent, basic_info=one_place(talent.basic_info), **lists)


def merged(call: Call, old: NewTalent, update: TalentUpdate) -> NewTalent:
    """A profile after an update (decision 27): what is left out stays, a list given replaces the old one."""
    changes = {
        name: value
        for name, value in _given(update)
        if name not in ("talent_id", "basic_info", "operator_id", "operator_account_type")
    }
    for name in LISTS:
        if name in changes:
            changes[name] = _with_ids(call, changes[name])
    if "self_evaluation" in changes and old.self_evaluation is not UNSET:
        given = dict(_given(changes["self_evaluation"]))
        changes["self_evaluation"] = msgspec.structs.replace(old.self_evaluation, **given)
    person = msgspec.structs.replace(old.basic_info, **dict(_given(one_place(update.basic_info))))
    return msgspec.structs.replace(old, basic_info=person, **changes)


def encoded(talent: NewTalent) -> str:
    """A profile as the text that is stored."""
    return msgspec.json.encode(talent).decode()


def decoded(stored: str) -> NewTalent:
    """A profile from the text that is stored."""
    return _decode(stored)


def each(items: list[T] | UnsetType) -> list[T]:
    """The items of a list that may have been left out."""
    return [] if items is UNSET else items


def _given(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for name in struct.__struct_fields__:
        if (value := getattr(struct, name)) is not UNSET:
            yield name, value


def _with_ids(call: Call, items: list[Any]) -> list[Any]:
    ids = call.ids(len(items))
    return [msgspec.structs.replace(item, id=str(number)) for number, item in zip(ids, items, strict=True)]


def one_place(person: P) -> P:
    """The SDKs know two places for an identity document; it is kept in the documented one, which wins."""
    given = person.identification
    if given is UNSET or given.identification_number is UNSET:
        flat = Identification(person.identification_type, person.identification_number)
        if flat.identification_number is not UNSET or given is UNSET:
            given = UNSET if flat == Identification() else flat
    return msgspec.structs.replace(person, identification=given, identification_type=UNSET, identification_number=UNSET)
