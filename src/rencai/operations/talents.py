"""Talents made, changed and deleted: the profile, and everything that is derived from it or hangs on it."""

import itertools
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET

from rencai.contract import ids, operation_logs
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import (
    DUPLICATE_TALENT,
    PARAMETER_ERROR,
    TALENT_CONFLICT,
    Fault,
    Violation,
    talents_not_found,
)
from rencai.contract.fields import UserIds
from rencai.contract.profiles import NewTalent, TalentUpdate
from rencai.contract.talents import CreatedTalent, CreatedTalents, NewTalents, TalentPath, UpdatedTalent
from rencai.operations import custom_checks, membership, profiles, search, talent_folders, users
from rencai.operations import operation_logs as logs
from rencai.operations.call import Call, Outcome, WorkLeft
from rencai.operations.identities import Identity, Owner, identities_of
from rencai.operations.membership import PoolChange, as_json
from rencai.operations.talent_objects import Objects, objects_of_tenant
from rencai.operations.talent_pools import lock_with_pools
from rencai.storage.seam import Transaction

MOST_VIOLATIONS = 50
MOST_BYTES_BEFOREHAND = 16 * 1024  # of a profile as JSON: worked out in 5 ms at most, in 0.1 ms as a rule
_DELETE = (  # the talent last, for where keys are looked at after each: the others belong to them
    "notes_delete_of_talent",
    "tag_associations_delete_all",
    "folder_associations_delete_all",
    "talent_state_delete",
    "talent_identities_delete",
    "talent_profile_delete",
    "talent_delete",
)


class ProfileRow(msgspec.Struct, frozen=True):
    """A profile as JSON."""

    profile: str


class Ready(msgspec.Struct, frozen=True):
    """A new talent's body that was looked at: the profile as it is kept, who it is, what it is found by, its folders,
    and who created it.
    """

    profile: str
    identities: list[Identity]
    texts: search.Texts
    folders: list[str]
    operator: users.Operator


def _ready(call: Call, talent: NewTalent) -> Ready:
    return Ready(
        profiles.encoded(profiles.kept(call, talent)),
        list(identities_of(talent.basic_info)),
        search.texts_of(talent),
        list(profiles.each(talent.folder_id_list)),
        users.operator_of(call, talent.creator_id, talent.creator_account_type),
    )


def talent_combined_create_beforehand(call: Call, query: UserIds, body: NewTalent) -> WorkLeft | None:
    """The body made ready, so that it need not be while others wait for the writer; beside it only where custom fields
    have to be looked up.

    None for one that the operation will refuse, and for one so large that others would wait here.
    """
    is_large = len(msgspec.json.encode(body)) > MOST_BYTES_BEFOREHAND
    if is_large or any(profiles.violations(body)):
        return None
    given = {"query": query, "ready": _ready(call, body)}
    return (
        WorkLeft(talent_combined_create, given | {"body": body})
        if custom_checks.has_any(body)
        else WorkLeft(create_ready, given)
    )


async def talent_combined_create(
    tx: Transaction, call: Call, query: UserIds, body: NewTalent, ready: Ready | None = None
) -> Outcome[CreatedTalent]:
    """Create one talent (contract §10). Raises the Fault 1002105 for an identity that somebody has (decision 26).

    Statements: 8, and one more for each of new words, folders, and custom fields.
    """
    await _refuse(tx, call, [body], [""])
    return await create_ready(tx, call, query, ready or _ready(call, body))


async def create_ready(tx: Transaction, call: Call, query: UserIds, ready: Ready) -> Outcome[CreatedTalent]:
    """Create the talent of a body that is ready. Raises and runs as `talent_combined_create` does."""
    (talent_id,) = await _create(tx, call, [ready], [""])
    shown_id = users.shown_operator_id(call, query.user_id_type, ready.operator.id)
    return Outcome(CreatedTalent(str(talent_id), ready.operator.account_type, shown_id))


async def talent_batch_create(tx: Transaction, call: Call, body: NewTalents) -> Outcome[CreatedTalents]:
    """Create talents, all or none. Raises the Fault 1002105 for every identity given twice or taken (decision 49).

    Statements: as for one, and one more for each further operator, whatever the number of talents.
    """
    prefixes = [f"talents[{index}]." for index in range(len(body.talents))]
    await _refuse(tx, call, body.talents, prefixes)
    numbers = await _create(tx, call, [_ready(call, talent) for talent in body.talents], prefixes)
    return Outcome(CreatedTalents([str(number) for number in numbers]))


async def _create(tx: Transaction, call: Call, ready: Sequence[Ready], prefixes: Sequence[str]) -> list[int]:
    """The new talents' ids. `prefixes` lead to each talent's place in the request."""
    places = [f"{prefix}folder_id_list" for prefix in prefixes]
    lists = [one.folders for one in ready]
    folders = await talent_folders.folders_named(tx, call, list(zip(places, lists, strict=True)))
    tenant_id = call.caller.tenant_id
    numbers = call.ids(len(ready))
    identities = [(index, identity) for index, one in enumerate(ready) for identity in one.identities]
    rows = as_json([[i.kind, i.value, numbers[index]] for index, i in identities])
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=tenant_id, identities=rows)
    if duplicates := _duplicates(identities, prefixes, taken):
        raise Fault(DUPLICATE_TALENT, *duplicates)
    people = [search.Person(number, one.texts, one.identities) for number, one in zip(numbers, ready, strict=True)]
    entries = await search.prepared(tx, call, people)
    stored = as_json([[number, one.profile] for number, one in zip(numbers, ready, strict=True)])
    await tx.run_all(
        ["talents_insert", "talent_profiles_insert", "talent_identities_insert"],
        tenant_id=tenant_id,
        time=call.now,
        talent_ids=as_json(numbers),
        profiles=stored,
        identities=rows,
    )
    await search.add(tx, call, entries)
    await talent_folders.associate(tx, call, zip(numbers, folders, strict=True))
    by_operator: dict[users.Operator, list[int]] = {}
    for number, one in zip(numbers, ready, strict=True):
        by_operator.setdefault(one.operator, []).append(number)
    for operator, theirs in by_operator.items():
        await logs.write(tx, call, operation_logs.CREATED, theirs, operator)
    return numbers


async def _refuse(
    tx: Transaction,
    call: Call,
    given: Sequence[NewTalent | TalentUpdate],
    prefixes: Sequence[str],
    old: NewTalent | None = None,
) -> None:
    """Raise the parameter Fault for what the types can't say of profiles. Statements: 1, or none without custom values.

    At most 50 are looked for: all of them would hold the writer up.
    """
    has_custom = any(custom_checks.has_any(talent) for talent in given)
    objects = await objects_of_tenant(tx, call) if has_custom else Objects([])
    found = (
        violation
        for talent, prefix in zip(given, prefixes, strict=True)
        for violation in (
            *profiles.violations(talent, prefix),
            *(
                itertools.islice(
                    custom_checks.violations(objects, talent, prefix, old), MOST_VIOLATIONS if has_custom else 0
                )
            ),
        )
    )
    if first := list(itertools.islice(found, MOST_VIOLATIONS)):
        raise Fault(PARAMETER_ERROR, *first)


def _duplicates(identities: list[tuple[int, Identity]], prefixes: Sequence[str], taken: list[Owner]) -> list[Violation]:
    """A violation for each identity that somebody has: with the talent's id, or the place in the list before it."""
    owners = {(owner.kind, owner.value): owner.talent_id for owner in taken}
    found: list[Violation] = []
    first: dict[tuple[str, str], int] = {}
    for index, identity in identities:
        key = (identity.kind, identity.value)
        place = f"{prefixes[index]}basic_info.{identity.field}"
        if key in owners:
            found.append(Violation(place, "is already a talent's", str(owners[key])))
        elif first.setdefault(key, index) != index:
            found.append(Violation(place, f"is also {prefixes[first[key]].rstrip('.')}'s"))
    return found


async def talent_combined_update(
    tx: Transaction, call: Call, query: UserIds, body: TalentUpdate
) -> Outcome[UpdatedTalent]:
    """Update one talent's profile (contract §10, decision 27). Raises the Fault 1002101 for an identity of another.

    Statements: 6 to 18, whatever the profile holds.
    """
    here = {"tenant_id": call.caller.tenant_id, "talent_id": ids.parse(body.talent_id)}
    await tx.lock("talent_lock", **here)
    row = await tx.row(ProfileRow, "talent_profile", **here)
    if row is None:
        raise talents_not_found("talent_id", [body.talent_id])
    talent_id = int(body.talent_id)
    old = profiles.decoded(row.profile)
    await _refuse(tx, call, [body], [""], old)
    (folders,) = await talent_folders.folders_named(tx, call, [("folder_id_list", body.folder_id_list)])
    talent = profiles.merged(call, old, body)
    if lacking := list(profiles.whole_violations(talent)):
        raise Fault(PARAMETER_ERROR, *lacking)
    await _put_identities(tx, call, talent_id, old, talent)
    await search.replace(tx, call, talent_id, old, talent)
    updates = ["talent_profile_update", "talent_update"]
    await tx.run_all(updates, profile=profiles.encoded(talent), time=call.now, **here)
    if body.folder_id_list is not UNSET:
        await tx.run("folder_associations_delete_others", folder_ids=as_json(folders), **here)
        await talent_folders.associate(tx, call, [(talent_id, folders)])
    operator = users.operator_of(call, body.operator_id, body.operator_account_type)
    await logs.write(tx, call, operation_logs.UPDATED, [talent_id], operator)
    shown_id = users.shown_operator_id(call, query.user_id_type, operator.id)
    return Outcome(UpdatedTalent(body.talent_id, operator.account_type, shown_id))


async def _put_identities(tx: Transaction, call: Call, talent_id: int, old: NewTalent, talent: NewTalent) -> None:
    """Give up the identities that the update changes, and take the new ones. Raises the Fault 1002101 for another's."""
    tenant_id = call.caller.tenant_id
    before, after = set(identities_of(old.basic_info)), list(identities_of(talent.basic_info))
    new = [(0, identity) for identity in after if not _holds(before, identity)]
    rows = as_json([[i.kind, i.value, talent_id] for _, i in new])
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=tenant_id, identities=rows)
    if conflicts := _duplicates(new, [""], [owner for owner in taken if owner.talent_id != talent_id]):
        raise Fault(TALENT_CONFLICT, *conflicts)
    given_up = as_json([[i.kind, i.value] for i in before if not _holds(after, i)])
    await tx.run("talent_identities_give_up", tenant_id=tenant_id, talent_id=talent_id, identities=given_up)
    await tx.run("talent_identities_insert", tenant_id=tenant_id, identities=rows)


def _holds(identities: Iterable[Identity], wanted: Identity) -> bool:
    return any((one.kind, one.value) == (wanted.kind, wanted.value) for one in identities)


async def talent_delete(tx: Transaction, call: Call, path: TalentPath) -> Outcome[Nothing]:
    """Delete a talent and what is known of them; their memberships end, in one change (decision 30).

    Statements: 18 at most, whatever the number of pools.
    """
    tenant_id, talent_id = call.caller.tenant_id, ids.parse(path.talent_id)
    pools, current = await lock_with_pools(tx, call, talent_id)
    if talent_id is None or current is None:
        raise talents_not_found("talent_id", [path.talent_id])
    change_id = await membership.record(
        tx, call, [PoolChange(pools[pool_id], [], [talent_id]) for pool_id in sorted(current)]
    )
    await search.remove(tx, call, talent_id)
    await tx.run_all(_DELETE, tenant_id=tenant_id, talent_id=talent_id)
    return Outcome(Nothing(), change_id)
