"""Profiles as they are kept: as sent, with one place for identity documents and an id for every item of a list."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.errors import Violation
from rencai.contract.profiles import BasicFields, Identification, NewTalent, TalentUpdate
from rencai.operations.call import Call
from rencai.operations.identities import is_mobile, plain

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

MOST_BYTES = 256 * 1024  # of one profile: lists show 20 of them
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

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
    given = dict(_given(one_place(update.basic_info)))
    if "identification" in given and old.basic_info.identification is not UNSET:
        parts = dict(_given(given["identification"]))
        given["identification"] = msgspec.structs.replace(old.basic_info.identification, **parts)
    person = msgspec.structs.replace(old.basic_info, **given)
    return msgspec.structs.replace(old, basic_info=person, **changes)


def violations(talent: NewTalent | TalentUpdate, prefix: str = "") -> Iterator[Violation]:
    """What the types can't say of a request's profile."""
    person = talent.basic_info
    if person.name is not UNSET and not person.name.strip():
        yield Violation(f"{prefix}basic_info.name", "must not be blank")
    if person.email is not UNSET and person.email and not _EMAIL.fullmatch(plain(person.email)):
        yield Violation(f"{prefix}basic_info.email", "is no e-mail: it needs an @, and no blanks")
    if person.mobile is not UNSET and person.mobile and not is_mobile(person.mobile):
        yield Violation(f"{prefix}basic_info.mobile", "is no telephone number: digits, and blanks, + - ( ) . / between")
    if len(msgspec.json.encode(talent)) > MOST_BYTES:
        yield Violation(
            f"{prefix}basic_info", f"and all that is known beside it may be at most {MOST_BYTES} bytes of JSON"
        )
    if isinstance(talent, NewTalent):
        yield from whole_violations(msgspec.structs.replace(talent, basic_info=one_place(talent.basic_info)), prefix)


def whole_violations(talent: NewTalent, prefix: str = "") -> Iterator[Violation]:
    """What must hold of a whole profile, after an update too: a document's number is one only under its type."""
    given = talent.basic_info.identification
    if given is UNSET or given.identification_number is UNSET or not given.identification_number.strip():
        return
    if given.identification_type is UNSET:
        yield Violation(f"{prefix}basic_info.identification.identification_type", "is required with a number")


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
    flat = Identification(person.identification_type, person.identification_number)
    given = Identification() if person.identification is UNSET else person.identification
    if given.identification_number is UNSET and flat != Identification():
        given = msgspec.structs.replace(given, **dict(_given(flat)))
    kept = UNSET if given == Identification() else given
    return msgspec.structs.replace(person, identification=kept, identification_type=UNSET, identification_number=UNSET)
