"""History: what each change of membership did."""

from collections import defaultdict
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.changes import (
    Change,
    ChangeListQuery,
    ChangePage,
    ChangePath,
    ChangeSummary,
    OneChange,
    Part,
    PartSummary,
)
from rencai.contract.errors import CHANGE_NOT_FOUND, Fault, Violation, parameter_fault, talent_pool_not_found
from rencai.operations import membership, paging
from rencai.operations.call import Call, Number, Outcome
from rencai.operations.paging import Position
from rencai.storage.seam import Transaction, Unit

LATEST = 10**15  # ms; beyond every time that a call can name

_decode_ids = msgspec.json.Decoder(list[int]).decode


class ChangeRow(msgspec.Struct, frozen=True):
    """A change's header; 0 stands for no other change. `version` is the pool's, where one pool's changes are listed."""

    change_id: int
    operation: str
    app_id: str
    time: int
    reason: str
    run_id: str
    undo_of: int
    undone_by: int
    version: int = 0


class CountsRow(msgspec.Struct, frozen=True):
    """How many a change moved in one pool."""

    change_id: int
    pool_id: int
    version: int
    added_count: int
    removed_count: int


class PartRow(msgspec.Struct, frozen=True):
    """A part as it is kept: at most 10,000 ids, the lists as JSON."""

    pool_id: int
    version: int
    added: str
    removed: str

    def ids_added(self) -> list[int]:
        """Who came."""
        return _decode_ids(self.added)

    def ids_removed(self) -> list[int]:
        """Who left."""
        return _decode_ids(self.removed)


class Listing(NamedTuple):
    """One list of changes: by what it is found, in which order, between which times (ms)."""

    query: ChangeListQuery
    pool_id: int  # 0 for every pool

    @property
    def is_oldest_first(self) -> bool:
        """The order; newest first unless asked otherwise."""
        return self.query.order == "asc"

    @property
    def is_by_version(self) -> bool:
        """Whether it goes by the pool's version, which is the true order; else by time and id."""
        return bool(self.query.talent_pool_id) and not self.query.talent_id

    def times(self) -> tuple[int, int]:
        """From when to when, both included."""
        start, end = self.query.start_time, self.query.end_time
        return -LATEST if start is UNSET else int(start), LATEST if end is UNSET else int(end)

    def start(self) -> Position:
        """What the first page comes after."""
        if self.is_by_version:
            return (0, 0) if self.is_oldest_first else (ids.LARGEST, 0)
        first, last = self.times()
        return (first, 0) if self.is_oldest_first else (last, ids.LARGEST)

    def position_of(self, row: ChangeRow) -> Position:
        """What a page that ends with this row is followed by."""
        return (row.version if self.is_by_version else row.time, row.change_id)

    async def rows(self, tx: Transaction, call: Call, position: Position) -> list[ChangeRow]:
        """The rows by way of what narrows most: a talent, a pool, a label, or all there are."""
        query = self.query
        start_time, end_time = self.times()
        return await tx.rows(
            ChangeRow,
            self._name(),
            tenant_id=call.caller.tenant_id,
            talent_id=ids.parse(query.talent_id),
            pool_id=self.pool_id,
            run_id=query.run_id,
            app_id=query.app_id.replace("\0", " "),  # which no app has either, and every engine takes
            operation=query.operation,
            start_time=start_time,
            end_time=end_time,
            position=position[0],
            change_id=position[1],
            sign=1 if self.is_oldest_first else -1,
            page_size=query.page_size,
        )

    def _name(self) -> str:
        if self.query.talent_id:
            return "change_page_of_talent"
        if self.query.talent_pool_id:
            return "change_page_of_pool_oldest" if self.is_oldest_first else "change_page_of_pool_newest"
        if self.query.run_id:
            return "change_page_of_run_oldest" if self.is_oldest_first else "change_page_of_run_newest"
        return "change_page_oldest" if self.is_oldest_first else "change_page_newest"


async def change_list(tx: Transaction, call: Call, query: ChangeListQuery) -> Outcome[ChangePage]:
    """A page of changes: the tenant's, a pool's in the order of its versions, a talent's or a label's.

    Statements: 2, with a pool 3.
    """
    bound_to = paging.filter_of(query)
    listing = Listing(query, 0)
    start_time, end_time = listing.times()
    if start_time > end_time:
        raise parameter_fault("end_time", "must not be before start_time")
    position = paging.position(call, query.page_token, listing.start(), bound_to)
    if query.talent_pool_id:
        listing = Listing(query, await _pool_with_history(tx, call, query.talent_pool_id))
    rows = await listing.rows(tx, call, position)
    positions = [listing.position_of(row) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, bound_to)
    return Outcome(ChangePage(await _summaries(tx, call, shown), has_more, token))


async def change_get(tx: Transaction, call: Call, path: ChangePath) -> Outcome[OneChange]:
    """One change with the ids it moved."""
    here = {"tenant_id": call.caller.tenant_id, "change_id": ids.parse(path.change_id)}
    row = await tx.row(ChangeRow, "change_by_id", **here)
    if row is None:
        raise Fault(CHANGE_NOT_FOUND, Violation("change_id", CHANGE_NOT_FOUND.msg, path.change_id))
    parts: dict[int, Part] = {}
    for kept in await tx.rows(PartRow, "change_parts_of", **here):
        part = parts.setdefault(kept.pool_id, Part(str(kept.pool_id), kept.version, [], []))
        part.added.extend(str(number) for number in kept.ids_added())
        part.removed.extend(str(number) for number in kept.ids_removed())
    return Outcome(OneChange(Change(**_header(row), parts=list(parts.values()))))


class DoneBefore(Exception):
    """Raised by a unit that is run again: its first run was done after all, and came to `outcome`."""

    def __init__(self, outcome: Outcome[Any]) -> None:
        super().__init__(outcome)
        self.outcome = outcome


async def done_once(tx: Transaction, *, call: Call, unit: Unit[Outcome[Any]], outcome: Outcome[Any]) -> Outcome[Any]:
    """Run a unit again of which it is not known whether it was done; `outcome` is what it came to.

    Raises DoneBefore where its change is there. It is looked for a second time after the unit has taken its locks:
    the first run may have held them until then. Where the unit changes something it is not: attempts of a call draw
    the same ids, so what is found then is its own change, and the key has refused a second one.
    """
    await _refuse_twice(tx, call, outcome)
    try:
        found = await unit(tx)
    except Fault:
        await _refuse_twice(tx, call, outcome)
        raise
    if found.change_id is None:
        await _refuse_twice(tx, call, outcome)
    return found


async def _refuse_twice(tx: Transaction, call: Call, outcome: Outcome[Any]) -> None:
    change_id = outcome.change_id
    if await tx.row(ChangeRow, "change_by_id", tenant_id=call.caller.tenant_id, change_id=change_id) is not None:
        raise DoneBefore(outcome)


async def _pool_with_history(tx: Transaction, call: Call, talent_pool_id: str) -> int:
    """The pool's number. A deleted pool's history stays readable (decision 37), for its deletion is a change."""
    here = {"tenant_id": call.caller.tenant_id, "pool_id": ids.parse(talent_pool_id)}
    is_there = await tx.row(Number, "talent_pool_member_count", **here)
    was_there = is_there or await tx.row(Number, "talent_pool_has_history", **here)
    if was_there is None:
        raise talent_pool_not_found("talent_pool_id", talent_pool_id)
    return int(talent_pool_id)


async def _summaries(tx: Transaction, call: Call, rows: list[ChangeRow]) -> list[ChangeSummary]:
    counts = await tx.rows(
        CountsRow,
        "change_part_counts",
        tenant_id=call.caller.tenant_id,
        change_ids=membership.as_json([row.change_id for row in rows]),
    )
    parts: defaultdict[int, list[PartSummary]] = defaultdict(list)
    for row in counts:
        part = PartSummary(str(row.pool_id), row.version, row.added_count, row.removed_count)
        parts[row.change_id].append(part)
    return [ChangeSummary(**_header(row), parts=parts[row.change_id]) for row in rows]


def _header(row: ChangeRow) -> dict[str, Any]:
    """What summary and change have in common."""
    return {
        "id": str(row.change_id),
        "operation": row.operation,
        "app_id": row.app_id,
        "time": str(row.time),
        "reason": row.reason,
        "run_id": row.run_id,
        "undo_of": str(row.undo_of) if row.undo_of else UNSET,
        "undone_by": str(row.undone_by) if row.undone_by else UNSET,
    }
