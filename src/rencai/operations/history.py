"""History pruned: changes from before a moment, the memberships that ended with them, and the log of operations.

What holds now is untouched, and so is what is known of the time from the moment on. It goes on in batches, each found
by a reading unit and removed by a writing one; between two the writer is left to others. Broken off, it goes on where
it was: the moment is noted first, and what is gone is not found again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from rencai.contract import ids
from rencai.operations.apps import tenant_ids
from rencai.operations.call import Number
from rencai.operations.membership import PoolState
from rencai.storage.seam import Database, Transaction

CHANGES = 200  # most of a batch, which is also ended by
IDS = 20_000  # that many ids in its parts
ROWS = 1_000  # memberships or log entries of a batch
LEAST_PAUSE = 0.05  # seconds for others after each batch; more where the batch took longer


class Pruned(msgspec.Struct):
    """How much is removed, or would be."""

    changes: int = 0
    parts: int = 0
    past_memberships: int = 0
    operation_logs: int = 0


class ChangeRow(msgspec.Struct, frozen=True):
    """A change, its number of parts, and of the ids in them."""

    change_id: int
    parts: int
    ids: int


class NextPool(msgspec.Struct, frozen=True):
    """The next pool's id, or None."""

    pool_id: int | None


class PastRow(msgspec.Struct, frozen=True):
    """Where a past membership stands in its pool."""

    ended_version: int
    talent_id: int


class Batch(msgspec.Struct, frozen=True):
    """What is removed together: how much it is, the statements, and their values."""

    pruned: Pruned
    statements: tuple[str, ...]
    values: dict[str, int]


Report = Callable[[Pruned], None]


async def history_prune(database: Database, before: int, report: Report, *, dry_run: bool) -> Pruned:
    """Remove every tenant's history from before a moment (ms). How much that is; on a dry run nothing is removed.

    A tenant whose history begins later already keeps that beginning, and what a broken-off run has left is removed.
    `report` is told the sum after each batch.
    """
    total = Pruned()
    for tenant_id in await database.read(tenant_ids):
        start = max(before, await database.read(lambda tx, tenant_id=tenant_id: start_of(tx, tenant_id)))
        if not dry_run:
            await database.write(_running(("history_start_put",), {"tenant_id": tenant_id, "time": start}))
        async for batch in _batches(database, {"tenant_id": tenant_id, "before": start}):
            if not dry_run:
                await _remove(database, batch)
            for kind in total.__struct_fields__:
                setattr(total, kind, getattr(total, kind) + getattr(batch.pruned, kind))
            report(total)
    return total


async def _remove(database: Database, batch: Batch) -> None:
    began = time.monotonic()
    await database.write(_running(batch.statements, batch.values))
    await asyncio.sleep(max(LEAST_PAUSE, time.monotonic() - began))


def _running(statements: tuple[str, ...], values: dict[str, int]) -> Callable[[Transaction], Any]:
    async def unit(tx: Transaction) -> None:
        for statement in statements:
            await tx.run(statement, **values)

    return unit


async def _batches(database: Database, here: dict[str, int]) -> AsyncIterator[Batch]:
    """In this order: a pool's first version is found quickly when the parts before it are gone."""
    async for batch in _of_changes(database, here):
        yield batch
    async for batch in _of_memberships(database, here):
        yield batch
    async for batch in _of_operation_logs(database, here):
        yield batch


async def _of_changes(database: Database, here: dict[str, int]) -> AsyncIterator[Batch]:
    after = 0
    while page := await _page(database, ChangeRow, "changes_before", **here, after=after, page_size=CHANGES):
        size, count = 0, 0
        for row in page:
            if count and size + row.ids > IDS:
                break
            size, count = size + row.ids, count + 1
        taken = page[:count]
        pruned = Pruned(changes=count, parts=sum(row.parts for row in taken))
        values = {**here, "after": after, "last": taken[-1].change_id}
        yield Batch(pruned, ("change_parts_delete_before", "changes_delete_before"), values)
        after = taken[-1].change_id


async def _of_memberships(database: Database, here: dict[str, int]) -> AsyncIterator[Batch]:
    pool_id: int | None = 0
    while pool_id := await database.read(lambda tx, after=pool_id or 0: next_pool(tx, here["tenant_id"], after)):
        pool = {"tenant_id": here["tenant_id"], "pool_id": pool_id}
        end = {"first_version": await database.read(lambda tx, pool=pool: _first_version(tx, pool, here["before"]))}
        after = {"ended_version": 0, "talent_id": ids.LARGEST}  # after those that hold
        while page := await _page(
            database, PastRow, "memberships_ended_before", **pool, **after, **end, page_size=ROWS
        ):
            last = {"last_version": page[-1].ended_version, "last_talent_id": page[-1].talent_id}
            yield Batch(Pruned(past_memberships=len(page)), ("memberships_delete_ended",), {**pool, **after, **last})
            after = msgspec.structs.asdict(page[-1])


async def _first_version(tx: Transaction, pool: dict[str, int], before: int) -> int:
    """The first version of a pool that is kept; the next that there will be, where all so far are from before."""
    kept = await tx.row(Number, "talent_pool_first_version", before=before, **pool)
    if kept is not None:
        return kept.value
    standing = await tx.row(PoolState, "talent_pool_standing", **pool)
    return ids.LARGEST if standing is None else standing.version + 1


async def _of_operation_logs(database: Database, here: dict[str, int]) -> AsyncIterator[Batch]:
    after = 0
    while page := await _page(database, Number, "operation_logs_before", **here, after=after, page_size=ROWS):
        values = {**here, "after": after, "last": page[-1].value}
        yield Batch(Pruned(operation_logs=len(page)), ("operation_logs_delete_before",), values)
        after = page[-1].value


async def _page(database: Database, shape: type[Any], query: str, **values: int) -> list[Any]:
    return await database.read(lambda tx: tx.rows(shape, query, **values))


async def start_of(tx: Transaction, tenant_id: int) -> int:
    """Since when (ms) a tenant's history is whole; 0 where nothing has been pruned."""
    start = await tx.row(Number, "history_start", tenant_id=tenant_id)
    return 0 if start is None else start.value


async def next_pool(tx: Transaction, tenant_id: int, after: int) -> int | None:
    """The next pool that there is, or that has left history or memberships; None after the last."""
    found = await tx.row(NextPool, "talent_pool_next", tenant_id=tenant_id, after=after)
    return None if found is None else found.pool_id
