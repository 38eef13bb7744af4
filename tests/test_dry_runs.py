"""A dry run never takes the writer, which may be busy for as long as it likes (decision 34)."""

import asyncio
import threading
from typing import Any

from desk import Desk
from rencai.contract.changes import CHANGE_UNDO, ChangeListQuery, ChangePath, Undo
from rencai.contract.endpoint import Endpoint
from rencai.contract.membership_changes import MEMBERSHIP_CHANGE, Expression, FromPools, MembershipChange
from rencai.dispatch import CallHeaders
from rencai.operations import changes
from rencai.storage.seam import Transaction
from stores import SqliteStore

READING = {
    *("talent_pools_state", "membership_standing", "membership_block_at"),
    *("change_by_id", "change_parts_of", "memberships_begun_stand"),
}


async def test_a_hundred_dry_runs_at_once_leave_the_writer_alone(sqlite_file: SqliteStore) -> None:
    """The writer is held until all of them are answered; the recorder sees what they ran.

    PostgreSQL has no one writer; there a dry run is in a transaction that only reads.
    """
    desk = await Desk.open(sqlite_file)
    path, people = await desk.pool(), await desk.people(50)
    await desk.change(path, people[:25], 1)
    made = (await desk.run(changes.change_list, query=ChangeListQuery())).items[0]
    kinds: list[tuple[Endpoint, dict[str, Any]]] = [
        (MEMBERSHIP_CHANGE, {"path": path, "body": MembershipChange(add=people, dry_run=True)}),
        (MEMBERSHIP_CHANGE, {"path": path, "body": MembershipChange(remove=_everybody(path), dry_run=True)}),
        (CHANGE_UNDO, {"path": ChangePath(made.id), "body": Undo(dry_run=True)}),
    ]
    dispatcher = desk.dispatcher()
    held, released = threading.Event(), threading.Event()

    async def hold(_: Transaction) -> bool:
        held.set()
        return released.wait(30)

    writing = asyncio.ensure_future(desk.database.write(hold))
    try:
        await asyncio.to_thread(held.wait)
        desk.forget()
        calls = (
            dispatcher.perform(endpoint, desk.caller, given, CallHeaders("key"))
            for number in range(100)
            for endpoint, given in [kinds[number % len(kinds)]]
        )
        outcomes = await asyncio.gather(*calls)
        assert not writing.done()
    finally:
        released.set()
    assert await writing, "the writer was held to the end"
    assert set(desk.ran) == READING
    assert [outcome.change_id for outcome in outcomes] == [None] * 100
    assert outcomes[0].data.added == people[25:]
    assert outcomes[1].data.removed == outcomes[2].data.parts[0].removed == people[:25]
    await desk.database.close()


def _everybody(path: Any) -> FromPools:
    return FromPools(Expression(union=[path.talent_pool_id]))
