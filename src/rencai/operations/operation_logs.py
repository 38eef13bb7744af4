"""The log of what was done to talents: written by the calls, and for memberships read from the changes they made."""

from collections.abc import Iterable

import msgspec

from rencai.contract import ids
from rencai.contract.operation_logs import (
    POOL_ENTERED,
    POOL_LEFT,
    OperationLog,
    OperationLogFilter,
    OperationLogPage,
    OperationLogQuery,
    Operator,
)
from rencai.operations import paging, users
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import as_json
from rencai.operations.paging import Position
from rencai.storage.seam import Transaction

MEMBERSHIPS = (POOL_ENTERED, POOL_LEFT)


class LogRow(msgspec.Struct, frozen=True):
    """One operation on one talent. The first five columns order the log; pool and part are 0 but for memberships."""

    log_id: int
    pool_id: int
    part: int
    operation_type: int
    talent_id: int
    operator_id: str
    operator_type: int
    time: int

    @property
    def position(self) -> Position:
        """Where the row stands, newest first: ids fall, the rest rises."""
        return (self.log_id, self.pool_id, self.part, self.operation_type, self.talent_id)

    def shown(self, call: Call, user_id_type: str) -> OperationLog:
        """The row as the wire has it."""
        shown_id = users.shown_operator_id(call, user_id_type, self.operator_id)
        return OperationLog(
            str(self.talent_id), Operator(shown_id), self.operation_type, str(self.time), self.operator_type
        )


async def write(
    tx: Transaction, call: Call, operation_type: int, talent_ids: Iterable[int], operator: users.Operator
) -> None:
    """Note an operation on each of these talents. Statements: 1."""
    talents = list(talent_ids)
    rows = as_json([[log_id, who] for log_id, who in zip(call.ids(len(talents)), talents, strict=True)])
    await tx.run(
        "operation_logs_insert",
        tenant_id=call.caller.tenant_id,
        logs=rows,
        operation_type=operation_type,
        operator_id=operator.id,
        operator_type=operator.account_type,
        time=call.now,
    )


async def talent_operation_log_search(
    tx: Transaction, call: Call, query: OperationLogQuery, body: OperationLogFilter
) -> Outcome[OperationLogPage]:
    """Operations of these operators and kinds, newest first. Nobody here has a job, so asking by job finds none.

    Statements: 1, with memberships 2.
    """
    bound_to = msgspec.json.encode(body).decode()
    start = paging.position(call, query.page_token, (ids.LARGEST, 0, 0, 0, 0), bound_to)
    found: list[LogRow] = []
    if not body.job_id_list:
        found = [*await _written(tx, call, query, body, start), *await _memberships(tx, call, query, body, start)]
        found.sort(key=lambda row: (-row.log_id, *row.position[1:]))
    found = found[: query.page_size + 1]
    shown, has_more, token = paging.page(call, found, [row.position for row in found], query.page_size, bound_to)
    return Outcome(OperationLogPage([row.shown(call, query.user_id_type) for row in shown], has_more, token))


async def _written(
    tx: Transaction, call: Call, query: OperationLogQuery, body: OperationLogFilter, start: Position
) -> list[LogRow]:
    return await tx.rows(
        LogRow,
        "operation_log_page",
        tenant_id=call.caller.tenant_id,
        before=start[0],
        operations=as_json([number for number in body.operation_list if abs(number) <= ids.LARGEST]),
        operators=as_json(body.operator_id_list),
        page_size=query.page_size,
    )


async def _memberships(
    tx: Transaction, call: Call, query: OperationLogQuery, body: OperationLogFilter, start: Position
) -> list[LogRow]:
    wanted = sorted(set(MEMBERSHIPS).intersection(body.operation_list))
    if not wanted:
        return []
    before, pool_id, part, operation_type, talent_id = start
    return await tx.rows(
        LogRow,
        "operation_log_page_of_memberships",
        tenant_id=call.caller.tenant_id,
        before=before,
        pool_id=pool_id,
        part=part,
        operation_type=operation_type,
        talent_id=talent_id,
        operations=as_json(wanted),
        operators=as_json(body.operator_id_list),
        entered=POOL_ENTERED,
        operator_type=users.SYSTEM,
        page_size=query.page_size,
    )
