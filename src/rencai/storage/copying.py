"""A whole database copied into another one, table by table, whatever engines they are.

Rows go over in the order of their keys, a batch a transaction, so a copy that was broken off goes on after the last key
of each table. Nothing is believed at the end: counts and checksums of both sides are worked out from what they hold.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from rencai.storage.seam import DatabaseUnusable
from rencai.storage.tables import Table, all_tables

Row = tuple[Any, ...]  # whole numbers, texts and None, in the order of the table's columns
BATCH_ROWS = 5_000
BATCH_BYTES = 4_000_000  # about; a profile may have 256 KiB, a part 400


class Source(Protocol):
    """What is copied from: one state of a database, which stands still however long the copy takes."""

    def rows(self, table: Table, after: Row | None) -> AsyncIterator[Row]:
        """All rows, or those after a key, in the order of the key. They come as they are asked for."""
        ...

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        ...


class Target(Source, Protocol):
    """What is copied into. It is no database that a server takes, until it is finished."""

    async def begin(self, mark: str) -> None:
        """Make the tables in an empty database, or go on with an unfinished copy that has the same mark.

        Raises DatabaseUnusable for any other.
        """
        ...

    async def last_key(self, table: Table) -> Row | None:
        """The key of the last row."""
        ...

    async def append(self, table: Table, rows: list[Row]) -> None:
        """Add rows, all or none."""
        ...

    async def finish(self) -> None:
        """Make the indexes, check that rows refer to rows that are there, and let it be a database."""
        ...


class TableSum(msgspec.Struct, frozen=True):
    """What a table holds: its number of rows, and the sum of their hashes, whatever their order."""

    name: str
    rows: int
    checksum: str


# Is told what is being done ("copying" or "comparing"), rows done and rows in all, after each batch.
Report = Callable[[str, int, int], None]


async def copy(source: Source, target: Target, report: Report) -> list[TableSum]:
    """Copy all tables, compare both sides, and finish the target. What each table holds.

    Raises DatabaseUnusable where the target is not empty or begun from another source, and where the two differ.
    """
    tables = all_tables()
    await target.begin(await _mark(source, tables))
    total = sum([await source.count(table) for table in tables])
    done = 0
    for table in tables:
        done += await target.count(table)
        async for batch in _batches(source.rows(table, await target.last_key(table))):
            await target.append(table, batch)
            done += len(batch)
            report("copying", done, total)
    sums = await _compared(source, target, tables, report, total)
    await target.finish()
    return sums


async def _mark(source: Source, tables: list[Table]) -> str:
    """Tells one database from another: its tenants, whose keys are random."""
    (tenants,) = [table for table in tables if table.name == "tenants"]
    return (await _sum_of(source, tenants, lambda _: None)).checksum


async def _batches(rows: AsyncIterator[Row]) -> AsyncIterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    async for row in rows:
        batch.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _compared(source: Source, target: Target, tables: list[Table], report: Report, total: int) -> list[TableSum]:
    done = 0
    sums: list[TableSum] = []

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        report("comparing", done, 2 * total)

    for table in tables:
        ours, theirs = await _sum_of(source, table, count), await _sum_of(target, table, count)
        if ours != theirs:
            words = f"the copy of {table.name} is not what the source holds ({theirs.rows} rows, {ours.rows} there)"
            raise DatabaseUnusable(f"{words}: the source was written to since the copy was begun; start a new copy")
        sums.append(ours)
    return sums


async def _sum_of(side: Source, table: Table, count: Callable[[int], None]) -> TableSum:
    rows = total = 0
    async for row in side.rows(table, None):
        digest = hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=16).digest()
        total += int.from_bytes(digest, "big")
        rows += 1
        if not rows % BATCH_ROWS:
            count(BATCH_ROWS)
    count(rows % BATCH_ROWS)
    return TableSum(table.name, rows, f"{total % (1 << 128):032x}")
