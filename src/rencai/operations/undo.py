"""Undo: puts back what a change did, except what a later change has touched or whose person is gone (decision 36)."""

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import msgspec

from rencai.contract import ids
from rencai.contract.changes import ChangePath, Conflict, Undo, Undone, UndonePart
from rencai.contract.errors import CHANGE_NOT_FOUND, CHANGE_UNDONE, Fault, Violation, talent_pool_not_found
from rencai.operations import membership
from rencai.operations.call import Call, Number, Outcome
from rencai.operations.changes import ChangeRow, PartRow
from rencai.operations.membership import PoolChange, PoolState, Why, as_json
from rencai.storage.seam import Transaction

GONE = "the talent has been deleted"
TOUCHED = "a later change has touched it"


class Stands(msgspec.Struct, frozen=True):
    """How each of the talents stands that a change moved: above 0 where it can be put back, else _TOUCHED or _GONE.

    What is above 0 is _HOLDS of those who came, and of those who left the add_time that they had.
    """

    each: list[int]


_HOLDS, _TOUCHED, _GONE = 1, 0, -1


class Moved(NamedTuple):
    """Whom a change brought into a pool or took out of it, ascending, and the pool's version after it."""

    pool_id: int
    version: int
    talent_ids: list[int]


class Plan(msgspec.Struct):
    """What an undo does to one pool."""

    added: list[int]
    removed: list[int]
    add_times: dict[int, int]


async def change_undo(tx: Transaction, call: Call, path: ChangePath, body: Undo) -> Outcome[Undone]:
    """Undo a change, an undo too. Conflicts compare versions of pools, never clocks (decision 32).

    Statements: 15 at most, whatever the change moved.
    """
    change = await _change(tx, call, path.change_id)
    parts = await tx.rows(PartRow, "change_parts_of", tenant_id=call.caller.tenant_id, change_id=change.change_id)
    find = membership.pool_states if body.dry_run else membership.lock_pools
    pools = await find(tx, call, [part.pool_id for part in parts])
    if await tx.lock("change_lock", tenant_id=call.caller.tenant_id, change_id=change.change_id):
        change = await _change(tx, call, path.change_id)  # somebody may have undone it meanwhile
    for part in parts:
        if part.pool_id not in pools:
            raise talent_pool_not_found("talent_pool_id", str(part.pool_id))
    plans, conflicts = await plans_of(tx, call, parts)
    change_id = None
    if not body.dry_run:
        why = Why(body.reason, undo_of=change.change_id)
        change_id = await apply(tx, call, change, pools, plans, why)
    shown = [
        UndonePart(str(pool_id), _texts(plan.added), _texts(plan.removed))
        for pool_id, plan in sorted(plans.items())
        if plan.added or plan.removed
    ]
    return Outcome(Undone(None if change_id is None else str(change_id), shown, conflicts), change_id)


async def _change(tx: Transaction, call: Call, change_id: str) -> ChangeRow:
    here = {"tenant_id": call.caller.tenant_id, "change_id": ids.parse(change_id)}
    change = await tx.row(ChangeRow, "change_by_id", **here)
    if change is None:
        raise Fault(CHANGE_NOT_FOUND, Violation("change_id", CHANGE_NOT_FOUND.msg, change_id))
    if change.undone_by:
        raise Fault(CHANGE_UNDONE, Violation("change_id", "was undone by this change", str(change.undone_by)))
    return change


async def plans_of(tx: Transaction, call: Call, parts: list[PartRow]) -> tuple[dict[int, Plan], list[Conflict]]:
    """Decide every talent that the change moved. Statements: 1, 2 where some came and some left, one more
    where of many who came not all are still there.
    """
    plans = {part.pool_id: Plan([], [], {}) for part in parts}
    conflicts: list[tuple[int, int, str]] = []
    for moved, stands in await _begun(tx, call, _moved(parts, PartRow.ids_added)):
        plans[moved.pool_id].removed = _movable(moved, stands, conflicts)
    for moved, stands in await _standing(tx, call, "memberships_ended_stand", _moved(parts, PartRow.ids_removed)):
        plan = plans[moved.pool_id]
        plan.added = _movable(moved, stands, conflicts)
        times = dict(zip(moved.talent_ids, stands, strict=True))
        plan.add_times = {number: times[number] for number in plan.added}
    return plans, [Conflict(str(pool_id), str(number), reason) for pool_id, number, reason in sorted(conflicts)]


def _moved(parts: list[PartRow], ids_of: Callable[[PartRow], list[int]]) -> list[Moved]:
    """Whom the change moved one way, pool by pool."""
    of_pool: dict[int, Moved] = {}
    for part in parts:
        of_pool.setdefault(part.pool_id, Moved(part.pool_id, part.version, [])).talent_ids.extend(ids_of(part))
    return [Moved(pool_id, version, sorted(numbers)) for pool_id, version, numbers in of_pool.values() if numbers]


async def _begun(tx: Transaction, call: Call, rows: list[Moved]) -> list[tuple[Moved, list[int]]]:
    """How those stand who came. Statements: 1, 2 where of many not all are still there.

    Whether all of many are still there is counted first, in one walk of the pool from the first of them to the last, at
    a tenth of what it costs to look for each. The count is proof: a pool's version is one change's, so nobody else came
    with it.
    """
    if len(rows) == 1 and len(rows[0].talent_ids) >= membership.MANY:
        (moved,) = rows
        between = {"first": moved.talent_ids[0], "last": moved.talent_ids[-1], "most": 2 * len(moved.talent_ids)}
        here = {"tenant_id": call.caller.tenant_id, "pool_id": moved.pool_id, "version": moved.version}
        there = await tx.row(Number, "memberships_begun_between", **here, **between)
        if there is not None and there.value == len(moved.talent_ids):
            return [(moved, [_HOLDS] * there.value)]
    return await _standing(tx, call, "memberships_begun_stand", rows)


async def _standing(tx: Transaction, call: Call, query: str, rows: list[Moved]) -> list[tuple[Moved, list[int]]]:
    """How those stand whom the change moved. Statements: 1, or none."""
    if not rows:
        return []
    found = await tx.row(Stands, query, tenant_id=call.caller.tenant_id, moved=as_json(rows))
    assert found is not None  # an aggregate always has its row  # noqa: S101
    each = iter(found.each)
    return [(row, [*islice(each, len(row.talent_ids))]) for row in rows]


def _movable(moved: Moved, stands: list[int], conflicts: list[tuple[int, int, str]]) -> list[int]:
    """Those who can be put back; the others are added to the conflicts."""
    if min(stands) > 0:
        return moved.talent_ids
    both = [*zip(moved.talent_ids, stands, strict=True)]
    reasons = {_TOUCHED: TOUCHED, _GONE: GONE}
    conflicts += [(moved.pool_id, number, reasons[stand]) for number, stand in both if stand <= 0]
    return [number for number, stand in both if stand > 0]


async def apply(
    tx: Transaction, call: Call, change: ChangeRow, pools: dict[int, PoolState], plans: dict[int, Plan], why: Why
) -> int | None:
    """Carry the plans out as one change that undoes the other. Its id, or None where there is nothing to put back."""
    changes = [
        PoolChange(pools[pool_id], plan.added, plan.removed, plan.add_times) for pool_id, plan in sorted(plans.items())
    ]
    change_id = await membership.apply(tx, call, changes, why)
    if change_id is not None:
        here = {"tenant_id": call.caller.tenant_id, "change_id": change.change_id}
        await tx.run("change_set_undone_by", undone_by=change_id, **here)
    return change_id


def _texts(numbers: list[int]) -> list[str]:
    return [str(number) for number in numbers]
