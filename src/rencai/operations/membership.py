"""The one mechanism behind every change of membership: lock the pools, plan, apply.

A plan reads only and decides every id; applying it writes the change, its parts, the memberships and the pools'
versions in a constant number of statements, whatever the number of pools and ids (decisions 30 to 34).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from rencai.contract import ids
from rencai.contract.errors import (
    TALENT_POOL_MOVED_ON,
    Fault,
    Violation,
    talent_pool_not_found,
    talents_not_found,
)
from rencai.operations.call import Call, Number
from rencai.storage.seam import Transaction

MANY = 100  # memberships that end in one pool, from which on it is looked whether they lie side by side
_END_BETWEEN = ["memberships_end_between_copy", "memberships_end_between_clear"]  # the first reads what the other ends


class PoolState(msgspec.Struct, frozen=True):
    """What a change builds on: the pool's version, the time (ms) of its last change, its members' number."""

    pool_id: int
    version: int
    change_time: int
    member_count: int


class Standing(msgspec.Struct, frozen=True):
    """Of some ids: those that name a talent, and those that are members of the pool."""

    known: list[int]
    members: list[int]


class PoolChange(msgspec.Struct, frozen=True):
    """The plan for one pool: who comes and who goes, ascending."""

    pool: PoolState
    added: list[int]
    removed: list[int]
    add_times: dict[int, int] = {}  # of those who come back: the add_time they had


class Fates(NamedTuple):
    """What becomes of ids that are to come or to go: ascending where they were given so."""

    added: list[int]
    removed: list[int]
    unchanged: list[int]
    missing: list[int]


class Why(msgspec.Struct, frozen=True):
    """What a change says of itself: a reason, the caller's label, the change that it undoes (0: none)."""

    reason: str = ""
    run_id: str = ""
    undo_of: int = 0


NO_REASON = Why()


async def lock_pools(tx: Transaction, call: Call, pool_ids: Iterable[int]) -> dict[int, PoolState]:
    """The states of those pools that exist, locked in id order until the unit ends."""
    wanted = as_json(sorted(set(pool_ids)))
    found = await tx.rows(PoolState, "talent_pools_lock", tenant_id=call.caller.tenant_id, pool_ids=wanted)
    return {pool.pool_id: pool for pool in found}


async def lock_pool(tx: Transaction, call: Call, talent_pool_id: str) -> PoolState:
    """The state of one pool, locked until the unit ends. Raises the Fault 1002109 for an unknown one."""
    return _one_of(await lock_pools(tx, call, _number_of(talent_pool_id)), talent_pool_id)


async def pool_states(tx: Transaction, call: Call, pool_ids: Iterable[int]) -> dict[int, PoolState]:
    """The states of those pools that exist, for whoever only looks."""
    wanted = as_json(sorted(set(pool_ids)))
    found = await tx.rows(PoolState, "talent_pools_state", tenant_id=call.caller.tenant_id, pool_ids=wanted)
    return {pool.pool_id: pool for pool in found}


async def look_at_pool(tx: Transaction, call: Call, talent_pool_id: str) -> PoolState:
    """The state of one pool, for whoever only looks. Raises the Fault 1002109 for an unknown one."""
    return _one_of(await pool_states(tx, call, _number_of(talent_pool_id)), talent_pool_id)


def _number_of(talent_pool_id: str) -> list[int]:
    number = ids.parse(talent_pool_id)
    return [] if number is None else [number]


def _one_of(pools: dict[int, PoolState], talent_pool_id: str) -> PoolState:
    for pool in pools.values():
        return pool
    raise talent_pool_not_found("talent_pool_id", talent_pool_id)


async def plan_one_way(
    tx: Transaction, call: Call, pool: PoolState, talent_id_list: Sequence[str], *, adds: bool
) -> PoolChange:
    """The plan that adds all talents of a list to a pool, or removes them all; repeats drop out in silence.

    Raises the Fault 1002102 that lists every id that names no talent, in the order of the list.
    """
    numbers = dict(zip(talent_id_list, ids.parse_all(talent_id_list), strict=True))
    wanted = sorted(number for number in numbers.values() if number is not None)
    fates = await plan_slice(tx, call, pool, *((wanted, []) if adds else ([], wanted)))
    unknown = {None, *fates.missing}
    missing = [text for text, number in numbers.items() if number in unknown]
    if missing:
        raise talents_not_found("talent_id_list", missing)
    return PoolChange(pool, fates.added, fates.removed)


async def plan_slice(tx: Transaction, call: Call, pool: PoolState, add: Sequence[int], remove: Sequence[int]) -> Fates:
    """What becomes of each of these ids, each given once. Statements: 1."""
    known, members = await standing_of(tx, call, pool, sorted([*add, *remove]))
    has_all = len(known) == len(add) + len(remove)
    return fates_of(add, remove, set[int]() if has_all else {*add, *remove} - known, members)


def fates_of(add: Sequence[int], remove: Sequence[int], unknown: set[int], members: set[int]) -> Fates:
    """The same for whoever knows which of the ids name no talent, and which are members of the pool."""
    strangers, to_add = _parted(add, unknown)
    others, to_remove = _parted(remove, unknown)
    already_in, added = _parted(to_add, members)
    removed, already_out = _parted(to_remove, members)
    return Fates(added, removed, [*already_in, *already_out], [*strangers, *others])


def _parted(numbers: Sequence[int], chosen: set[int]) -> tuple[list[int], list[int]]:
    """Those of the numbers that are chosen, and those that are not. Quick where all are alike, for most slices are."""
    inside = [number for number in numbers if number in chosen] if chosen else []
    if len(inside) in (0, len(numbers)):
        return (inside, []) if inside else ([], [*numbers])
    return inside, [number for number in numbers if number not in chosen]


async def standing_of(
    tx: Transaction, call: Call, pool: PoolState, talent_ids: Sequence[int]
) -> tuple[set[int], set[int]]:
    """Of these ids, ascending: those that name a talent, and those that are members of the pool. Statements: 1."""
    standing = await tx.row(
        Standing,
        "membership_standing",
        tenant_id=call.caller.tenant_id,
        pool_id=pool.pool_id,
        talent_ids=as_json(talent_ids),
    )
    assert standing is not None  # an aggregate always has its row  # noqa: S101
    return set(standing.known), set(standing.members)


def refuse_moved_on(call: Call, pool: PoolState) -> None:
    """Raise the Fault 1990008 where the call is for another version of the pool than it has (decision 32)."""
    if call.if_match is not None and call.if_match != pool.version:
        words = f"the pool has version {pool.version} now"
        raise Fault(TALENT_POOL_MOVED_ON, Violation("If-Match", words, str(call.if_match)))


async def apply(tx: Transaction, call: Call, plans: Sequence[PoolChange], why: Why = NO_REASON) -> int | None:
    """Carry the plans out as one change. The change's id, or None where there was nothing to do."""
    plans = [plan for plan in plans if plan.added or plan.removed]
    return await record(tx, call, plans, why) if plans else None


async def record(tx: Transaction, call: Call, plans: Sequence[PoolChange], why: Why = NO_REASON) -> int:
    """Carry the plans out as one change, also where they move nobody (a deletion is a change all the same).

    Statements: 5 at most, 7 where many leave a pool, one more where some come back.
    """
    header = _header(call, change_time(call, [plan.pool for plan in plans]), why)
    parts = await _in_pool(tx, call, plans[0]) if len(plans) == 1 else _in_pools(plans)
    await tx.run_all(["change_insert", *parts.statements], **header, **parts.values)
    await _show_old_times(tx, call, plans)
    return header["change_id"]


class _Parts(NamedTuple):
    """The statements that write what a change does to its pools, and what they have to know besides its header."""

    statements: list[str]
    values: dict[str, object]


async def _in_pool(tx: Transaction, call: Call, plan: PoolChange) -> _Parts:
    """Of one pool, which most changes are of: its lists of ids go to the engine as they are, once as the text that is
    kept and once as ids.
    """
    added, removed = as_json(plan.added), as_json(plan.removed)
    values: dict[str, object] = {"pool_id": plan.pool.pool_id, "version": plan.pool.version + 1}
    values |= {"added": added, "added_ids": added, "added_count": len(plan.added)}
    values |= {"removed": removed, "removed_ids": removed, "removed_count": len(plan.removed)}
    statements = ["change_part_insert"]
    if plan.removed:
        values |= {"first": plan.removed[0], "last": plan.removed[-1]}
        together = await _lie_together(tx, call, plan)
        statements += _END_BETWEEN if together else ["memberships_end_in_pool"]
    if plan.added:
        statements.append("memberships_begin_in_pool")
    return _Parts([*statements, "talent_pool_advance"], values)


async def _lie_together(tx: Transaction, call: Call, plan: PoolChange) -> bool:
    """Whether those who leave are many, and all that the pool has between the first and the last of them, as those of a
    run's slice are: then they need not be named one by one, at half the cost. Statements: 1, or none.
    """
    if len(plan.removed) < MANY:
        return False
    there = await tx.row(
        Number,
        "memberships_between",
        tenant_id=call.caller.tenant_id,
        pool_id=plan.pool.pool_id,
        first=plan.removed[0],
        last=plan.removed[-1],
        most=len(plan.removed) + 1,
    )
    return there is not None and there.value == len(plan.removed)


def _in_pools(plans: Sequence[PoolChange]) -> _Parts:
    """Of several pools, in as many statements; of none, in none."""
    if not plans:
        return _Parts([], {})
    statements = ["change_parts_insert"]
    if any(plan.removed for plan in plans):
        statements.append("memberships_end")
    if any(plan.added for plan in plans):
        statements.append("memberships_begin")
    parts = as_json([[plan.pool.pool_id, plan.pool.version + 1, plan.added, plan.removed] for plan in plans])
    return _Parts([*statements, "talent_pools_advance"], {"parts": parts})


async def _show_old_times(tx: Transaction, call: Call, plans: Sequence[PoolChange]) -> None:
    """Let memberships that are put back show the add_time they had. Statements: 1, or none."""
    times = [[p.pool.pool_id, talent_id, time] for p in plans for talent_id, time in sorted(p.add_times.items())]
    if times:
        await tx.run("memberships_set_add_time", tenant_id=call.caller.tenant_id, times=as_json(times))


async def insert_change(tx: Transaction, call: Call, time: int, why: Why = NO_REASON) -> int:
    """The header of a change: who, what, when, why."""
    header = _header(call, time, why)
    await tx.run("change_insert", **header)
    return header["change_id"]


def _header(call: Call, time: int, why: Why) -> dict[str, Any]:
    (change_id,) = call.ids(1)
    return {
        "tenant_id": call.caller.tenant_id,
        "change_id": change_id,
        "operation": call.operation,
        "app_id": call.caller.app_id,
        "time": time,
        "reason": why.reason,
        "run_id": why.run_id,
        "undo_of": why.undo_of,
    }


def change_time(call: Call, pools: Iterable[PoolState]) -> int:
    """The moment of a change: the clock's, but later than every earlier change of the pools (decision 32)."""
    return max([call.now, *(pool.change_time + 1 for pool in pools)])


def as_json(value: object) -> str:
    """A list as the JSON text that the statements take."""
    return msgspec.json.encode(value).decode()
