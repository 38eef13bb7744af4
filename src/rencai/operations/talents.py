"""Talents: creating many at once, deleting one."""

import re
import unicodedata
from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import DUPLICATE_TALENT, Fault, Violation, talents_not_found
from rencai.contract.talents import BasicInfo, CreatedTalents, NewTalents, TalentPath
from rencai.operations import membership
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import PoolChange
from rencai.operations.talent_pools import pools_of_talent
from rencai.storage.seam import Transaction

DEFAULT_COUNTRY = "CN_1"


class Identity(msgspec.Struct, frozen=True):
    """What names one person only: its kind, its normal form, and the field it came from."""

    kind: str
    value: str
    field: str


class Owner(msgspec.Struct, frozen=True):
    """Whose an identity is."""

    kind: str
    value: str
    talent_id: int


async def talent_batch_create(tx: Transaction, call: Call, body: NewTalents) -> Outcome[CreatedTalents]:
    """Create talents, all or none. Raises the Fault 1002105 for every identity given twice or taken (decision 49).

    Statements: 4, whatever the number of talents.
    """
    tenant_id = call.caller.tenant_id
    numbers = call.ids(len(body.talents))
    identities = [
        (index, identity) for index, talent in enumerate(body.talents) for identity in identities_of(talent.basic_info)
    ]
    rows = membership.as_json([[i.kind, i.value, numbers[index]] for index, i in identities])
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=tenant_id, identities=rows)
    duplicates = _duplicates(identities, {(owner.kind, owner.value): owner.talent_id for owner in taken})
    if duplicates:
        raise Fault(DUPLICATE_TALENT, *duplicates)
    profiles = [
        [number, msgspec.json.encode(talent).decode()] for number, talent in zip(numbers, body.talents, strict=True)
    ]
    await tx.run("talents_insert", tenant_id=tenant_id, time=call.now, talent_ids=membership.as_json(numbers))
    await tx.run("talent_profiles_insert", tenant_id=tenant_id, profiles=membership.as_json(profiles))
    await tx.run("talent_identities_insert", tenant_id=tenant_id, identities=rows)
    return Outcome(CreatedTalents([str(number) for number in numbers]))


def _duplicates(identities: list[tuple[int, Identity]], taken: dict[tuple[str, str], int]) -> list[Violation]:
    """A violation for each identity that somebody has: with the talent's id, or the place in the list before it."""
    found: list[Violation] = []
    first: dict[tuple[str, str], int] = {}
    for index, identity in identities:
        key = (identity.kind, identity.value)
        place = f"talents[{index}].basic_info.{identity.field}"
        if key in taken:
            found.append(Violation(place, "is already a talent's", str(taken[key])))
        elif first.setdefault(key, index) != index:
            found.append(Violation(place, f"is also talents[{first[key]}]'s"))
    return found


def identities_of(person: BasicInfo) -> Iterator[Identity]:
    """A person's identities in normal form: e-mail in small letters, mobile as digits under its country,
    identification number in capitals under its type. Empty ones name nobody.
    """
    if person.email is not UNSET and (email := _plain(person.email).lower()):
        yield Identity("email", email, "email")
    if person.mobile is not UNSET and (digits := re.sub(r"[^0-9]", "", _plain(person.mobile))):
        country = "" if person.mobile_country_code is UNSET else _plain(person.mobile_country_code).upper()
        yield Identity("mobile", f"{country or DEFAULT_COUNTRY} {digits}", "mobile")
    yield from _identification(person)


def _identification(person: BasicInfo) -> Iterator[Identity]:
    # The SDK knows two places for it; the documented one wins.
    given, place = person.identification, "identification.identification_number"
    if given is UNSET or given.identification_number is UNSET:
        kind, number, place = (
            person.identification_type,
            person.identification_number,
            "identification_number",
        )
    else:
        kind, number = given.identification_type, given.identification_number
    if number is not UNSET and (text := _plain(number).upper()):
        yield Identity("identification", f"{0 if kind is UNSET else kind} {text}", place)


def _plain(text: str) -> str:
    """Full-width letters and digits, as Chinese input methods make them, in their plain form; no blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


async def talent_delete(tx: Transaction, call: Call, path: TalentPath) -> Outcome[Nothing]:
    """Delete a talent and what is known of them; their memberships end, in one change (decision 30).

    Statements: 9 at most, whatever the number of pools.
    """
    tenant_id, talent_id = call.caller.tenant_id, ids.parse(path.talent_id)
    current = await pools_of_talent(tx, call, talent_id)
    if talent_id is None or current is None:
        raise talents_not_found("talent_id", [path.talent_id])
    pools = await membership.lock_pools(tx, call, current)
    change_id = await membership.record(tx, call, [PoolChange(pool, [], [talent_id]) for pool in pools.values()])
    for statement in ("talent_identities_delete", "talent_profile_delete", "talent_delete"):
        await tx.run(statement, tenant_id=tenant_id, talent_id=talent_id)
    return Outcome(Nothing(), change_id)
