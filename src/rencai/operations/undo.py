"""Undo: puts back what a change did, except what a later change has touched or whose person is gone (decision 36)."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from rencai.contract import ids
from rencai.contract.changes import ChangePath, Conflict, Undo, Undone, UndonePart
from rencai.contract.errors import CHANGE_NOT_FOUND, CHANGE_UNDONE, Fault, Violation, talent_pool_not_found
from rencai.operations import membership
from rencai.operations.call import Call, Outcome
from rencai.operations.changes import ChangeRow, PartRow
from rencai.operations.membership import PoolChange, PoolState, Why, as_json
from rencai.storage.seam import Transaction

GONE = "the talent has been deleted"
TOUCHED = "a later change has touched it"


class Moved(NamedTuple):
    """What stands now of a talent that the change moved: the version that began the membership that holds, the
    add_time of the one that the change ended, the newest beginning of all; None for what there is not.
    """

    holds_since: int | None
    ended_add_time: int | None
    newest_beginning: int | None
    is_known: int


class MovedLists(msgspec.Struct, frozen=True):
    """The same of many, a list for each."""

    holds_since: list[int | None]
    ended_add_time: list[int | None]
    newest_beginning: list[int | None]
    is_known: list[int]

    def each(self) -> Iterator[Moved]:
        """One after the other."""
        return map(Moved, self.holds_since, self.ended_add_time, self.newest_beginning, self.is_known)


class Plan(msgspec.Struct):
    """What an undo does to one pool."""

    added: list[int]
    removed: list[int]
    add_times: dict[int, int]


async def change_undo(tx: Transaction, call: Call, path: ChangePath, body: Undo) -> Outcome[Undone]:
    """Undo a change, an undo too. Conflicts compare versions of pools, never clocks (decision 32).

    Statements: 11 at most, whatever the change moved.
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
    """Decide every talent that the change moved. Statements: 1."""
    versions = {part.pool_id: part.version for part in parts}
    came = [(part.pool_id, number, True) for part in parts for number in part.ids_added()]
    left = [(part.pool_id, number, False) for part in parts for number in part.ids_removed()]
    places = sorted([*came, *left])
    of_pool = {pool_id: [place[1] for place in group] for pool_id, group in groupby(places, key=itemgetter(0))}
    moved = as_json([[pool_id, versions[pool_id], numbers] for pool_id, numbers in of_pool.items()])
    standing = await tx.row(MovedLists, "memberships_to_undo", tenant_id=call.caller.tenant_id, moved=moved)
    assert standing is not None  # an aggregate always has its row  # noqa: S101
    plans: defaultdict[int, Plan] = defaultdict(lambda: Plan([], [], {}))
    conflicts: list[Conflict] = []
    for (pool_id, talent_id, was_added), row in zip(places, standing.each(), strict=True):
        reason = _conflict(row, versions[pool_id], was_added=was_added)
        plan = plans[pool_id]
        if reason is not None:
            conflicts.append(Conflict(str(pool_id), str(talent_id), reason))
        elif row.ended_add_time is None:
            plan.removed.append(talent_id)
        else:
            plan.added.append(talent_id)
            plan.add_times[talent_id] = row.ended_add_time
    return dict(plans), conflicts


def _conflict(row: Moved, version: int, *, was_added: bool) -> str | None:
    """Why a talent is left alone, or None."""
    if not row.is_known:
        return GONE
    if was_added:
        return None if row.holds_since == version else TOUCHED
    is_untouched = row.holds_since is None and row.newest_beginning is not None and row.newest_beginning < version
    return None if is_untouched and row.ended_add_time is not None else TOUCHED


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
