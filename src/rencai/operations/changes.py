"""History: what each change of membership did."""

from collections import defaultdict

import msgspec

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
from rencai.contract.errors import CHANGE_NOT_FOUND, Fault, Violation, talent_pool_not_found
from rencai.operations import membership, paging
from rencai.operations.call import Call, Number, Outcome
from rencai.storage.seam import Transaction


class ChangeRow(msgspec.Struct, frozen=True):
    """A change's header. `version` is the pool's, where the changes of one pool are listed."""

    change_id: int
    operation: str
    app_id: str
    time: int
    reason: str
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


async def change_list(tx: Transaction, call: Call, query: ChangeListQuery) -> Outcome[ChangePage]:
    """A page of changes, newest first: the tenant's, or one pool's, in the order of its versions."""
    (before,) = paging.position(call, query.page_token, (ids.LARGEST,), query.talent_pool_id)
    common = {"tenant_id": call.caller.tenant_id, "before": before, "page_size": query.page_size}
    if query.talent_pool_id:
        pool_id = await _pool_with_history(tx, call, query.talent_pool_id)
        rows = await tx.rows(ChangeRow, "change_page_of_pool", pool_id=pool_id, **common)
        positions = [(row.version,) for row in rows]
    else:
        rows = await tx.rows(ChangeRow, "change_page", **common)
        positions = [(row.change_id,) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, query.talent_pool_id)
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
        part.added.extend(_texts(kept.added))
        part.removed.extend(_texts(kept.removed))
    change = Change(str(row.change_id), row.operation, row.app_id, str(row.time), row.reason, list(parts.values()))
    return Outcome(OneChange(change))


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
    return [
        ChangeSummary(str(row.change_id), row.operation, row.app_id, str(row.time), row.reason, parts[row.change_id])
        for row in rows
    ]


def _texts(kept: str) -> list[str]:
    return [str(number) for number in msgspec.json.decode(kept, type=list[int])]
