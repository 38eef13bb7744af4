"""Whom a run lets through: others wait for one slice at most, reads for none; and what a slice costs."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec
import pytest
import structlog

from desk import Desk
from rencai import clock
from rencai.background.runs import RunWorker
from rencai.contract.runs import Run, RunPath, RunUndo, UploadedRun
from rencai.contract.talent_pools import BatchChange, DeleteQuery, MembersQuery, TalentPoolPath
from rencai.operations import leases, moments, run_uploads, runs, talent_pools
from rencai.operations.call import Call
from rencai.operations.leases import Lease, LeaseLost
from rencai.operations.run_uploads import Upload
from rencai.operations.runs import Sizes
from rencai.storage.seam import Transaction, Unit
from rencai.storage.sqlite import SqliteDatabase, open_database
from stores import SqliteStore

SMALL = Sizes(slice=3, checked=4, slices=1)  # that a few people fill
TOGETHER = SMALL._replace(slices=8)


def worker_of(desk: Desk, database: Any = None, *, is_alone: bool = True, sizes: Sizes = SMALL) -> RunWorker:
    logger = structlog.get_logger()
    return RunWorker(database or desk.database, clock.now, desk.ids.take, logger, is_alone=is_alone, sizes=sizes)


async def begun(desk: Desk, pool: TalentPoolPath, action: Any, lines: list[str], on_missing: Any = "skip") -> Run:
    async def body() -> AsyncIterator[bytes]:
        yield "\n".join(lines).encode()

    def new_call() -> Call:
        return Call("run_create", desk.caller, clock.now(), desk.ids.take)

    query = UploadedRun(pool.talent_pool_id, action, on_missing)
    return (await Upload(desk.database, new_call, query, body(), 1, SMALL).receive(None)).data.run


async def run_of(desk: Desk, run: Run) -> Run:
    return (await desk.run(runs.run_get, path=RunPath(run.id))).run


class Watched:
    """A database that writes down, in the order of things, what was asked to be written, ran, and was committed."""

    def __init__(self, database: SqliteDatabase, log: list[tuple[str, str]]) -> None:
        self._database = database
        self._log = log
        self.read = database.read
        self.close = database.close

    async def write(self, unit: Unit[Any], *, tenant_id: int = 0, alone: bool = False, name: str = "") -> Any:
        """As the database does. Only slices go alone here."""
        name = "slice" if alone else name

        def watched(tx: Transaction) -> Any:
            self._log.append(("ran", name))
            return unit(tx)

        self._log.append(("asked", name))
        return await self._database.write(watched, tenant_id=tenant_id, alone=alone)


class Commits:
    """Writes commits down where the units stand."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []

    def group_committed(self, units: int) -> None:
        self.log.append(("committed", str(units)))

    def log_grew(self, pages: int) -> None:
        pass


def slices_waited_for(log: list[tuple[str, str]], name: str) -> int:
    """How many slices were committed from when somebody's change was asked for until it was committed itself."""
    since = log[log.index(("asked", name)) + 1 :]
    ran = since.index(("ran", name))
    committed = next(place for place in range(ran, len(since)) if since[place][0] == "committed")
    running = [event for event in log[: log.index(("asked", name))] if event[0] in ("ran", "committed")]
    is_running = int(bool(running) and running[-1] == ("ran", "slice"))
    return is_running + since[:committed].count(("ran", "slice"))


CLIENTS = 90  # more than go into one commit, so that some are left for the next


async def test_others_wait_for_one_slice_at_most(sqlite_file: SqliteStore) -> None:
    commits = Commits()
    desk = await Desk.open(sqlite_file)
    pool, other, people = await desk.pool(), await desk.pool(), await desk.people(CLIENTS)
    await desk.database.close()

    def slow(query: str) -> None:
        if query == "run_talents_standing":
            time.sleep(0.01)  # so that others come while a slice is at work

    desk.database = open_database(sqlite_file.path, queue_limit=200, gauges=commits, recorder=slow)
    watched = Watched(desk.database, commits.log)
    run = await begun(desk, pool, "add", people)
    commits.log.clear()
    done = asyncio.Event()

    async def change(number: int, step: int) -> str:
        name = f"{number} {step}"
        call = Call("talent_pool_batch_change", desk.caller, clock.now(), desk.ids.take)
        body = BatchChange(people[number : number + 1], 1 + step % 2)  # pyright: ignore[reportArgumentType]
        unit = partial(talent_pools.talent_pool_batch_change, call=call, path=other, body=body)
        await watched.write(unit, name=name)
        return name

    async def client(number: int) -> list[str]:
        names: list[str] = []
        while not done.is_set():
            names.append(await change(number, len(names)))
        return names

    async def look() -> None:
        call = Call("run_get", desk.caller, clock.now(), desk.ids.take)
        find = partial(runs.run_get, call=call, path=RunPath(run.id))
        while (await desk.database.read(find)).data.run.state != "done":
            await asyncio.sleep(0.01)
        done.set()

    async with worker_of(desk, watched, sizes=TOGETHER).working():
        looking = asyncio.ensure_future(look())
        found = await asyncio.gather(*map(client, range(CLIENTS)))
        await looking
    names = [name for names in found for name in names]
    waited = [slices_waited_for(commits.log, name) for name in names]
    assert commits.log.count(("ran", "slice")) >= 20
    assert set(waited) == {0, 1}
    assert waited.count(1) > 10
    await desk.database.close()


async def test_reads_do_not_wait_for_a_slice_and_see_what_was_before(sqlite_file: SqliteStore) -> None:
    """On SQLite alone, where a slice has a thread of its own that can be held up."""
    desk = await Desk.open(sqlite_file)
    pool, people = await desk.pool(), await desk.people(4)
    run = await begun(desk, pool, "add", people)
    at_work, go_on = threading.Event(), threading.Event()

    def stop(query: str) -> None:
        if query == "memberships_begin_in_pool":
            at_work.set()
            assert go_on.wait(30)

    desk.listen = stop
    async with worker_of(desk).working():
        await asyncio.to_thread(at_work.wait, 30)
        call = Call("", desk.caller, clock.now(), desk.ids.take)
        shown = await desk.database.read(partial(runs.run_get, call=call, path=RunPath(run.id)))
        query = MembersQuery()
        members = await desk.database.read(partial(moments.membership_list, call=call, path=pool, query=query))
        assert (shown.data.run.state, shown.data.run.processed, members.data.items) == ("running", 0, [])
        go_on.set()
        while (await run_of(desk, run)).state != "done":
            await asyncio.sleep(0.001)
    await desk.database.close()


async def test_the_speed_is_shown_while_a_run_is_running(desk: Desk) -> None:
    pool, people = await desk.pool(), await desk.people(7)
    run = await begun(desk, pool, "add", people)
    worker = worker_of(desk)
    for _ in range(3):  # start, check, a slice
        await worker._turn()
    await asyncio.sleep(0.01)
    shown = await run_of(desk, run)
    assert (shown.state, shown.processed, shown.total) == ("running", 3, 7)
    speed, left = shown.ids_per_second, shown.remaining_seconds
    assert isinstance(speed, float)
    assert isinstance(left, float)
    assert 0 < speed < 400
    assert abs(left - 4 / speed) < 0.1


@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize(("action", "slice_costs", "undo_costs"), [("add", 9, 13), ("remove", 9, 14), ("set", 14, 17)])
async def test_a_slice_runs_a_constant_number_of_statements(
    desk: Desk, size: int, action: str, slice_costs: int, undo_costs: int
) -> None:
    pool, people = await desk.pool(), await desk.people(2 * size)
    if action != "add":
        await desk.change(pool, people[: size // 2 if action == "set" else 2 * size], 1)
    worker = worker_of(desk, sizes=Sizes(slice=size, slices=1))

    async def costs(run: Run) -> list[int]:
        """Of the slices of a run, without the looks at the queue."""
        found: list[int] = []
        while (await run_of(desk, run)).state != "done":
            desk.forget()
            await worker._turn()
            if "change_insert" in desk.ran:
                found.append(len(desk.ran) - desk.ran.index("lease_hold"))
        return found

    listed = people[size // 2 :] if action == "set" else people
    run = await begun(desk, pool, action, listed)
    assert max(await costs(run)) == slice_costs
    undo = (await desk.run(runs.run_undo, path=RunPath(run.id), body=RunUndo())).run
    assert len(desk.ran) == 7
    assert max(await costs(undo)) == undo_costs


@pytest.mark.parametrize(
    ("strangers", "looks", "checks", "state"),
    [([], {4}, 0, "done"), (["7"], {1, 2}, 3, "failed"), (["not an id"], {0, 1}, 3, "failed")],
)
async def test_ids_that_were_looked_up_on_their_way_are_not_checked_again(
    desk: Desk, strangers: list[str], looks: set[int], checks: int, state: str
) -> None:
    """With one who is unknown, the list is checked to its end, so that all are told; two groups are on their way."""
    pool, people = await desk.pool(), await desk.people(8)
    desk.forget()
    run = await begun(desk, pool, "add", [*people, *people[:2], *strangers], "fail")
    assert desk.ran.count("talents_known_count") in looks
    worker = worker_of(desk)
    while (shown := await run_of(desk, run)).state not in ("done", "failed"):
        desk.forget()
        await worker._turn()
        checks -= desk.ran.count("run_talents_unknown")
    assert (shown.state, checks, shown.missing) == (state, 0, len(strangers))


@pytest.mark.parametrize("size", [1, 200])
async def test_calls_of_runs_run_a_constant_number_of_statements(desk: Desk, size: int) -> None:
    pool, people = await desk.pool(), await desk.people(size)
    run = await begun(desk, pool, "add", people)
    for operation, budget, given in (
        (runs.run_list, 1, {"query": runs.Paged()}),
        (runs.run_get, 1, {"path": RunPath(run.id)}),
        (runs.run_cancel, 3, {"path": RunPath(run.id)}),
    ):
        await desk.run(operation, **given)
        assert len(desk.ran) == budget, (operation.__name__, desk.ran)
    body = msgspec.convert({"talent_pool_id": pool.talent_pool_id, "action": "add", "from": "1"}, runs.NewRun)
    body = msgspec.structs.replace(body, source=pool.talent_pool_id)
    await desk.run(runs.run_create, body=body)
    assert len(desk.ran) == 5


async def test_a_pool_that_goes_away_fails_the_run_and_what_is_done_stays(desk: Desk) -> None:
    pool, people = await desk.pool(), await desk.people(7)
    run = await begun(desk, pool, "add", people)
    worker = worker_of(desk)
    for _ in range(3):
        await worker._turn()
    await desk.run(talent_pools.talent_pool_delete, path=pool, query=DeleteQuery(force=True))
    await worker._turn()
    shown = await run_of(desk, run)
    assert (shown.state, shown.added, shown.processed) == ("failed", 3, 3)
    assert shown.error == runs.RunError(1002109, "talent pool not exist")


async def test_a_defect_ends_the_run_that_met_it_and_no_other(desk: Desk) -> None:
    pool, people = await desk.pool(), await desk.people(4)
    broken, fine = [await begun(desk, pool, "add", people) for _ in range(2)]
    met: list[str] = []
    attempts = 2 if isinstance(desk.database, SqliteDatabase) else 1  # SQLite tries the unit again alone

    def defect(query: str) -> None:
        if query == "memberships_begin_in_pool" and len(met) < attempts:
            met.append(query)
            raise LookupError

    desk.listen = defect
    async with worker_of(desk).working():
        while (await run_of(desk, fine)).state != "done":
            await asyncio.sleep(0.001)
    shown = await run_of(desk, broken)
    assert (shown.state, shown.error, shown.added) == ("failed", runs.RunError(1002001, "system error"), 0)


async def slices_are_made(desk: Desk, count: int) -> None:
    """Once so many slices of a run have been at work."""
    while desk.ran.count("memberships_begin_in_pool") < count:
        await asyncio.sleep(0)


async def cancel(desk: Desk, run: Run, _: TalentPoolPath) -> None:
    await desk.run(runs.run_cancel, path=RunPath(run.id))


async def delete_pool(desk: Desk, _: Run, pool: TalentPoolPath) -> None:
    await desk.run(talent_pools.talent_pool_delete, path=pool, query=DeleteQuery(force=True))


@pytest.mark.parametrize(("end", "state"), [(cancel, "cancelled"), (delete_pool, "failed")])
async def test_what_is_under_way_when_a_run_ends_changes_nothing_more(desk: Desk, end: Any, state: str) -> None:
    """One slice may be at work then, and the next wait."""
    pool, people = await desk.pool(), await desk.people(300)
    run = await begun(desk, pool, "add", people)
    async with worker_of(desk, sizes=TOGETHER).working():
        await slices_are_made(desk, 4)
        await end(desk, run, pool)
        while (ended := await run_of(desk, run)).state == "running":
            await asyncio.sleep(0)
    shown = await run_of(desk, run)
    assert (shown.state, shown.added) == (state, ended.added)
    assert 12 <= shown.added == shown.processed < 300


async def test_what_is_under_way_when_a_lease_is_lost_is_made_once(desk: Desk) -> None:
    pool, people = await desk.pool(), await desk.people(300)
    run = await begun(desk, pool, "add", people)
    worker, other = [worker_of(desk, is_alone=False, sizes=TOGETHER) for _ in range(2)]
    heard: list[str] = []
    desk.listen = heard.append

    async def steal(tx: Transaction) -> None:
        await other._lease.take(tx, clock.now() + 2 * leases.LIFE, is_alone=False)

    async with worker.working():
        await slices_are_made(desk, 4)
        await desk.database.write(steal)
        while worker._has_lease:
            await asyncio.sleep(0)
    assert (await run_of(desk, run)).added < 300
    while await other._turn():
        pass
    assert (await run_of(desk, run)).added == 300
    assert heard.count("talent_pool_advance") == 100


# Leases: of several processes one works


async def test_a_lease_has_one_holder_until_it_is_over(desk: Desk) -> None:
    one, two = Lease("runs", "one"), Lease("runs", "two")

    async def take(lease: Lease, now: int, *, is_alone: bool = False) -> bool:
        return await desk.database.write(lambda tx: lease.take(tx, now, is_alone=is_alone))

    def hold(lease: Lease, now: int) -> Any:
        return desk.database.write(lambda tx: lease.hold(tx, now))

    assert await take(one, 0)
    assert not await take(two, leases.LIFE - 1)
    await hold(one, 10)
    assert not await take(two, leases.LIFE + 9)
    assert await take(one, leases.LIFE + 9)
    assert await take(two, 2 * leases.LIFE + 9)
    with pytest.raises(LeaseLost):
        await hold(one, 2 * leases.LIFE + 10)
    assert await take(one, 2 * leases.LIFE + 11, is_alone=True)


async def test_a_process_that_lost_its_lease_does_nothing_more(desk: Desk) -> None:
    pool, people = await desk.pool(), await desk.people(4)
    run = await begun(desk, pool, "add", people)
    worker, other = worker_of(desk, is_alone=False), worker_of(desk, is_alone=False)
    assert await worker._turn()
    assert not await other._turn()

    async def steal(tx: Transaction) -> None:
        await other._lease.take(tx, clock.now() + 2 * leases.LIFE, is_alone=False)

    await desk.database.write(steal)
    assert not await worker._guarded(worker._turn)
    assert not worker._has_lease
    assert (await run_of(desk, run)).processed == 0
    while await other._turn():
        pass
    assert (await run_of(desk, run)).added == 4


async def test_an_upload_without_a_sign_of_life_is_broken_off(desk: Desk) -> None:
    pool = await desk.pool()
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"1\n"
        await more.wait()

    def new_call() -> Call:
        return Call("run_create", desk.caller, clock.now(), desk.ids.take)

    upload = Upload(desk.database, new_call, UploadedRun(pool.talent_pool_id, "add"), body(), 1)
    receiving = asyncio.ensure_future(upload.receive(None))
    while not (items := (await desk.run(runs.run_list, query=runs.Paged())).items):
        await asyncio.sleep(0.001)
    worker = worker_of(desk, is_alone=False)
    await worker._break_off(clock.now())
    assert (await run_of(desk, items[0])).is_uploading
    await worker._break_off(clock.now() + run_uploads.GRACE + 2000)
    shown = await run_of(desk, items[0])
    assert (shown.state, shown.error) == ("failed", runs.RunError(1990025, "upload broken off"))
    more.set()
    with pytest.raises(runs.Fault) as refused:
        await receiving
    assert refused.value.error is runs.RUN_OVER
