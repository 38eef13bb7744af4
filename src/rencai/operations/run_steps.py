"""The work of a run, one step after the other, each a unit that notes how far it is (decision 39).

An expression is evaluated into the run's list of ids; the list is checked, if unknown ids are to fail the run; then it
is applied in slices by id, each a change. After `kill -9` a run goes on where its last committed unit left it.
"""

import itertools
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from rencai.contract import ids
from rencai.contract.errors import TALENT_NOT_FOUND, TALENT_POOL_NOT_FOUND, UPLOAD_BROKEN_OFF, Error
from rencai.contract.membership_changes import Expression
from rencai.operations import membership, pool_sets, runs, undo
from rencai.operations.ahead import made_in_order
from rencai.operations.call import Call, CallUnit, Number
from rencai.operations.changes import ChangeRow, PartRow
from rencai.operations.leases import Lease
from rencai.operations.membership import Fates, PoolChange, PoolState, Why, as_json
from rencai.operations.pool_sets import Ids, Snapshot
from rencai.operations.runs import APPLY, CHECK, EVALUATE, FIRST, RunRow, Sizes
from rencai.storage.seam import Database, Transaction

_source = msgspec.json.Decoder(tuple[str | Expression, list[tuple[int, int]]]).decode

# What a unit does with a run that it has locked: the run as it is after it.
Work = Callable[[Transaction, Call, RunRow], Awaitable[RunRow]]


class Unknown(msgspec.Struct, frozen=True):
    """Of some ids of a run: the last, how many there are, and those that name no talent."""

    last: int | None
    count: int
    unknown: list[int]


class Listed(msgspec.Struct, frozen=True):
    """The next ids of a run, and of them those that name no talent and the members of the pool."""

    talents: list[int]
    unknown: list[int]
    members: list[int]


async def advance(
    database: Database,
    new_call: Callable[[], Call],
    lease: Lease,
    run_id: int,
    sizes: Sizes,
    may_go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Make the next step of a run, or its next slices while it `may_go_on`. Whether there is more to do.

    Raises LeaseLost, and what the database raises; the run is then as its last committed slice left it.
    """
    run = await database.read(partial(_find, new_call(), run_id))
    if run.state == runs.QUEUED:
        return await _do(database, new_call(), lease, run_id, _start)
    if run.step == EVALUATE:
        return await _evaluate(database, new_call, lease, run, sizes)
    if run.step == CHECK:
        return await _check(database, new_call, lease, run, sizes)
    work = _undo_slice if run.action == "undo" else partial(_apply_slice, size=sizes.slice)
    left = (run.total - run.processed) // sizes.slice + 1  # an undo finds out by one more that it is over
    slices = itertools.takewhile(lambda _: may_go_on(), range(min(sizes.slices, max(left, 1))))
    return await made_in_order(partial(_do, database, new_call(), lease, run_id, work) for _ in slices)


async def _find(call: Call, run_id: int, tx: Transaction) -> RunRow:
    return await runs.find(tx, call, run_id)


async def _do(database: Database, call: Call, lease: Lease, run_id: int, work: Work) -> bool:
    """Do a piece of work on a run that is not over, in a transaction of its own. Whether there is more to do."""
    unit = CallUnit(_done, call, {"lease": lease, "run_id": run_id, "work": work})
    return await database.write(unit, tenant_id=call.caller.tenant_id, alone=True)


async def _done(tx: Transaction, call: Call, lease: Lease, run_id: int, work: Work) -> bool:
    await lease.hold(tx, call.now)
    run = await runs.find(tx, call, run_id, lock=True)
    if run.state in runs.OVER:
        return False
    return (await work(tx, call, run)).state not in runs.OVER


async def _start(tx: Transaction, call: Call, run: RunRow) -> RunRow:
    run = msgspec.structs.replace(run, state=runs.RUNNING, start_time=call.now)
    await runs.put(tx, call, run)
    return run


# An expression becomes a list of ids.


async def _evaluate(database: Database, new_call: Callable[[], Call], lease: Lease, run: RunRow, sizes: Sizes) -> bool:
    """Evaluate a block on a reader, and put it into the list in groups."""
    expression, versions = _source(run.source)
    wanted = {"expression": expression, "snapshot": Snapshot(dict(versions)), "after": run.position}
    block = partial(pool_sets.block_after, call=new_call(), size=sizes.block, **wanted)
    found, until = await database.read(block)
    groups = [found[start : start + sizes.slice] for start in range(0, len(found), sizes.slice)] or [[]]
    reached = [*(group[-1] for group in groups[:-1]), until]
    for group, position in zip(groups, reached, strict=True):
        if not await _do(database, new_call(), lease, run.run_id, partial(_stage, group=group, position=position)):
            return False
    return True


async def _stage(tx: Transaction, call: Call, run: RunRow, *, group: list[int], position: int | None) -> RunRow:
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id}
    await tx.run("run_talents_stage", talent_ids=as_json(group), **here)
    total = run.total + len(group)
    if position is None:
        run = msgspec.structs.replace(run, step=CHECK, position=FIRST, total=total)
    else:
        run = msgspec.structs.replace(run, position=position, total=total)
    await runs.put(tx, call, run)
    return run


# The list is checked before the first slice.


async def _check(database: Database, new_call: Callable[[], Call], lease: Lease, run: RunRow, sizes: Sizes) -> bool:
    """Look for unknown ids in the next part of the list; after the last, let it be applied."""
    if run.on_missing == "fail" and run.position < ids.LARGEST:
        return await _do(database, new_call(), lease, run.run_id, partial(_check_part, size=sizes.checked))
    strangers = 0
    if run.action == "set":
        strangers = await database.read(partial(_strangers, new_call(), run))
    return await _do(database, new_call(), lease, run.run_id, partial(_checked, strangers=strangers))


async def _strangers(call: Call, run: RunRow, tx: Transaction) -> int:
    """How many members of the pool the list doesn't name."""
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id, "pool_id": run.pool_id}
    found = await tx.row(Number, "run_strangers_count", **here)
    return 0 if found is None else found.value


async def _check_part(tx: Transaction, call: Call, run: RunRow, *, size: int) -> RunRow:
    """Look for unknown ids in the next part of the list. Statements: 4, 5 where there are any, one more at the end."""
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id}
    part = await tx.row(Unknown, "run_talents_unknown", position=run.position, size=size, **here)
    assert part is not None  # an aggregate always has its row  # noqa: S101
    await _note(tx, call, run, {runs.MISSING: part.unknown})
    is_last = part.last is None or part.count < size
    position = ids.LARGEST if part.last is None or is_last else part.last
    run = msgspec.structs.replace(run, position=position, missing=run.missing + len(part.unknown))
    if is_last and run.missing:
        words = f"{TALENT_NOT_FOUND.msg}: {run.missing} of {run.total} ids; the results list them"
        return await runs.end(tx, call, run, runs.FAILED, TALENT_NOT_FOUND, words)
    await runs.put(tx, call, run)
    return run


async def _checked(tx: Transaction, call: Call, run: RunRow, *, strangers: int) -> RunRow:
    run = msgspec.structs.replace(run, step=APPLY, position=FIRST, total=run.total + strangers)
    await runs.put(tx, call, run)
    return run


# The list is applied.


async def _apply_slice(tx: Transaction, call: Call, run: RunRow, *, size: int) -> RunRow:
    """Make one change of the next ids.

    Statements: 9, in a `set` 12; one more for each outcome that is not usual, 2 where many leave, one at the end.
    """
    pool = await _pool(tx, call, run)
    if pool is None:
        return await _pool_gone(tx, call, run)
    plan = _plan_set if run.action == "set" else _plan_list
    reached, count, fates = await plan(tx, call, run, pool, size)
    await membership.apply(tx, call, [PoolChange(pool, fates.added, fates.removed)], Why(run.reason, run.label))
    await _note(tx, call, run, _unusual(run, fates))
    return await _applied(tx, call, run, fates, reached, is_last=count < size)


async def _plan_list(tx: Transaction, call: Call, run: RunRow, pool: PoolState, size: int) -> tuple[int, int, Fates]:
    """The next ids of the list: the last, how many, and what becomes of each. Statements: 1."""
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id, "pool_id": pool.pool_id}
    found = await tx.row(Listed, "run_talents_standing", position=run.position, size=size, **here)
    assert found is not None  # an aggregate always has its row  # noqa: S101
    add, remove = (found.talents, []) if run.action == "add" else ([], found.talents)
    fates = membership.fates_of(add, remove, set(found.unknown), set(found.members))
    return max(found.talents[-1:], default=run.position), len(found.talents), fates


async def _plan_set(tx: Transaction, call: Call, run: RunRow, pool: PoolState, size: int) -> tuple[int, int, Fates]:
    """The same of the next ids of the list and of the members that are not on it. Statements: 3."""
    listed = await _next_ids(tx, call, run, size)
    add, remove = _merged(listed, await _next_members(tx, call, run, pool, size), size)
    fates = await membership.plan_slice(tx, call, pool, add, remove)
    return max([*add[-1:], *remove[-1:]], default=run.position), len(add) + len(remove), fates


def _merged(listed: list[int], members: list[int], size: int) -> tuple[list[int], list[int]]:
    """The next ids of a `set`: those on the list, and the members that are not, as many as a slice holds together."""
    on_list = set(listed)
    both = sorted(on_list.union(members))[:size]
    return [number for number in both if number in on_list], [number for number in both if number not in on_list]


def _unusual(run: RunRow, fates: Fates) -> dict[int, list[int]]:
    """What has to be written down of a slice, by outcome: of the listed ids what is not usual, and all others."""
    outcomes = {
        runs.ADDED: fates.added,
        runs.REMOVED: fates.removed,
        runs.UNCHANGED: fates.unchanged,
        runs.MISSING: fates.missing,
    }
    return {outcome: numbers for outcome, numbers in outcomes.items() if outcome != runs.USUAL[run.action]}


async def _applied(
    tx: Transaction, call: Call, run: RunRow, fates: Fates, position: int, *, conflicts: int = 0, is_last: bool
) -> RunRow:
    """Note how far a run is, in the transaction of the slice."""
    run = msgspec.structs.replace(
        run,
        position=position,
        processed=run.processed + sum(map(len, fates)) + conflicts,
        added=run.added + len(fates.added),
        removed=run.removed + len(fates.removed),
        unchanged=run.unchanged + len(fates.unchanged),
        missing=run.missing + len(fates.missing),
        conflicts=run.conflicts + conflicts,
    )
    if is_last:  # what a `set` has to take out changes while it goes on
        run = msgspec.structs.replace(run, total=run.processed)
        return await runs.end(tx, call, run, runs.DONE)
    await runs.put(tx, call, run)
    return run


async def _undo_slice(tx: Transaction, call: Call, run: RunRow) -> RunRow:
    """Undo the next change of the run that is undone.

    Statements: 13 where all came by it, 14 where all left, 17 where both; 2 more where many leave; one more where of
    many not all are still there, for each kind of conflict, and at the end.
    """
    pool = await _pool(tx, call, run)
    if pool is None:
        return await _pool_gone(tx, call, run)
    here = {"tenant_id": call.caller.tenant_id}
    change = await tx.row(ChangeRow, "run_change_next", label=str(run.undo_of), position=run.position, **here)
    if change is None:
        return await _applied(tx, call, run, Fates([], [], [], []), run.position, is_last=True)
    parts = await tx.rows(PartRow, "change_parts_of", change_id=change.change_id, **here)
    return await _undo_change(tx, call, run, pool, change, parts)


async def _undo_change(
    tx: Transaction, call: Call, run: RunRow, pool: PoolState, change: ChangeRow, parts: list[PartRow]
) -> RunRow:
    if change.undone_by:
        moved = [number for part in parts for number in (*part.ids_added(), *part.ids_removed())]
        await _note(tx, call, run, {runs.UNDONE_BEFORE: moved})
        return await _applied(tx, call, run, Fates([], [], [], []), change.time, conflicts=len(moved), is_last=False)
    plans, conflicts = await undo.plans_of(tx, call, parts)
    await undo.apply(tx, call, change, {pool.pool_id: pool}, plans, Why(run.reason, run.label, change.change_id))
    plan = plans.get(pool.pool_id, undo.Plan([], [], {}))
    touched = [int(conflict.talent_id) for conflict in conflicts if conflict.reason == undo.TOUCHED]
    gone = [int(conflict.talent_id) for conflict in conflicts if conflict.reason == undo.GONE]
    outcomes = {
        runs.ADDED: plan.added,
        runs.REMOVED: plan.removed,
        runs.TOUCHED_LATER: touched,
        runs.WHO_IS_GONE: gone,
    }
    await _note(tx, call, run, outcomes)
    fates = Fates(plan.added, plan.removed, [], [])
    return await _applied(tx, call, run, fates, change.time, conflicts=len(conflicts), is_last=False)


# What the steps have in common.


async def _pool(tx: Transaction, call: Call, run: RunRow) -> PoolState | None:
    return (await membership.lock_pools(tx, call, [run.pool_id])).get(run.pool_id)


async def _pool_gone(tx: Transaction, call: Call, run: RunRow) -> RunRow:
    return await runs.end(tx, call, run, runs.FAILED, TALENT_POOL_NOT_FOUND)


async def _next_ids(tx: Transaction, call: Call, run: RunRow, size: int) -> list[int]:
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id}
    row = await tx.row(Ids, "run_talents_next", position=run.position, size=size, **here)
    return [] if row is None else row.ids


async def _next_members(tx: Transaction, call: Call, run: RunRow, pool: PoolState, size: int) -> list[int]:
    here = {"tenant_id": call.caller.tenant_id, "pool_id": pool.pool_id}
    row = await tx.row(Ids, "run_members_next", position=run.position, size=size, **here)
    return [] if row is None else row.ids


async def _note(tx: Transaction, call: Call, run: RunRow, outcomes: dict[int, list[int]]) -> None:
    """Write down what became of ids. Statements: one an outcome."""
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id}
    for outcome, numbers in outcomes.items():
        if numbers:
            await tx.run("run_outcomes_set", outcome=outcome, talent_ids=as_json(numbers), **here)


async def break_off(tx: Transaction, call: Call, run_id: int) -> None:
    """Let an upload that has been silent for too long be over. Statements: 3."""
    run = await runs.find(tx, call, run_id, lock=True)
    if run.state == runs.UPLOADING:
        await runs.end(tx, call, run, runs.FAILED, UPLOAD_BROKEN_OFF)


async def fail(tx: Transaction, call: Call, run_id: int, error: Error) -> None:
    """Let a run that met a defect be over. Statements: 3."""
    run = await runs.find(tx, call, run_id, lock=True)
    if run.state not in runs.OVER:
        await runs.end(tx, call, run, runs.FAILED, error)
