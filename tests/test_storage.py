"""SQLite behind the seam: what it does with too much work, a full disk, a broken unit, a long log."""

import asyncio
import resource
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import Any

import apsw
import msgspec
import pytest

from harness import rencai, running_server
from rencai.storage import queries
from rencai.storage.seam import DatabaseBusy, DatabaseFailed, NeedsWriter, Transaction
from rencai.storage.sqlite import SqliteDatabase, open_database
from rencai.storage.sqlite_units import connect
from rencai.storage.sqlite_writer import CHECKPOINT_PAGES, GROUP
from stores import SqliteStore


class Groups:
    """Remembers how many units went into each commit, and how long the log was."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.log_pages: list[int] = []

    def group_committed(self, units: int) -> None:
        self.sizes.append(units)

    def log_grew(self, pages: int) -> None:
        self.log_pages.append(pages)


class Tenant(msgspec.Struct):
    tenant_id: int
    tenant_key: str


@pytest.fixture
def groups() -> Groups:
    return Groups()


@pytest.fixture
async def opened(
    sqlite_file: SqliteStore, groups: Groups, request: pytest.FixtureRequest
) -> AsyncIterator[SqliteDatabase]:
    """A database where 100 units may wait, or as many as the test says."""
    made = open_database(sqlite_file.path, queue_limit=getattr(request, "param", 100), gauges=groups)
    yield made
    await made.close()


async def insert(tx: Transaction, number: int) -> int:
    values: dict[str, Any] = {"tenant_id": number, "tenant_key": str(number), "name": str(number)}
    await tx.run("tenant_insert", page_key="", time=0, **values)
    return number


async def is_there(database: SqliteDatabase, number: int) -> bool:
    return await database.read(lambda tx: tx.row(Tenant, "tenant_by_name", name=str(number))) is not None


async def test_units_that_wait_share_a_commit(opened: SqliteDatabase, groups: Groups) -> None:
    """The first goes alone or with a few; what came meanwhile goes together."""
    done = await asyncio.gather(*(opened.write(lambda tx, n=n: insert(tx, n)) for n in range(1, 90)))
    assert done == list(range(1, 90))
    assert sum(groups.sizes) == 89
    assert max(groups.sizes) > 5
    assert max(groups.sizes) <= 64


async def test_a_long_unit_goes_alone_and_those_before_it_do_not_wait_for_it(sqlite_file: SqliteStore) -> None:
    order: list[int] = []

    class Order(Groups):
        def group_committed(self, units: int) -> None:
            super().group_committed(units)
            order.append(0)

    groups, at_work, hold = Order(), threading.Event(), threading.Event()
    opened = open_database(sqlite_file.path, queue_limit=100, gauges=groups)

    async def marked(tx: Transaction, number: int) -> None:
        if number == 1:
            at_work.set()
            hold.wait(10)
        await insert(tx, number)
        order.append(number)

    def write(number: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(opened.write(lambda tx: marked(tx, number), alone=number in (4, 5)))

    waiting = [write(1)]
    await asyncio.to_thread(at_work.wait, 10)
    waiting += [write(number) for number in range(2, 8)]
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(*waiting)
    await opened.close()
    assert order == [1, 0, 2, 3, 6, 7, 0, 4, 0, 5, 0]
    assert groups.sizes == [1, 4, 1, 1]


async def test_nobody_waits_for_two_long_units(sqlite_file: SqliteStore, groups: Groups) -> None:
    """The second waits already when somebody comes, who goes first nevertheless."""
    opened = open_database(sqlite_file.path, queue_limit=100, gauges=groups)
    at_work, hold = threading.Event(), threading.Event()
    order: list[int] = []

    async def marked(_: Transaction, number: int) -> None:
        if number == 1:
            at_work.set()
            hold.wait(10)
        order.append(number)

    def write(number: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(opened.write(lambda tx: marked(tx, number), alone=number < 4))

    waiting = [write(number) for number in (1, 2, 3)]
    await asyncio.to_thread(at_work.wait, 10)
    waiting += [write(number) for number in (4, 5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # now they have been handed over
    hold.set()
    await asyncio.gather(*waiting)
    await opened.close()
    assert order == [1, 4, 5, 2, 3]
    assert groups.sizes == [1, 2, 1, 1]


async def test_a_unit_that_fails_half_done_takes_nobody_with_it(opened: SqliteDatabase) -> None:
    async def fails(tx: Transaction) -> None:
        await insert(tx, 50)
        raise LookupError("after writing")

    async def refused(_: Transaction) -> None:
        raise LookupError("before writing")

    waiting: list[Any] = [opened.write(lambda tx, n=n: insert(tx, n)) for n in range(1, 10)]
    waiting.insert(4, opened.write(fails))
    waiting.insert(2, opened.write(refused))
    waiting.insert(7, opened.write(lambda tx: insert(tx, 3)))  # a duplicate key
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results].count(LookupError) == 2
    assert isinstance(results[7], DatabaseFailed)
    assert [result for result in results if isinstance(result, int)] == list(range(1, 10))
    assert [await is_there(opened, number) for number in (1, 9, 50)] == [True, True, False]


@pytest.mark.parametrize("opened", [3], indirect=True)
async def test_a_full_queue_refuses_and_forgets_nothing(opened: SqliteDatabase) -> None:
    hold = threading.Event()

    async def slow(tx: Transaction) -> int:
        hold.wait(10)
        return await insert(tx, 1)

    waiting = [asyncio.ensure_future(opened.write(slow))]
    waiting += [asyncio.ensure_future(opened.write(lambda tx, n=n: insert(tx, n))) for n in (2, 3)]
    await asyncio.sleep(0)
    assert opened.queue_depth == 3
    with pytest.raises(DatabaseBusy):
        await opened.write(lambda tx: insert(tx, 4))
    hold.set()
    assert await asyncio.gather(*waiting) == [1, 2, 3]
    assert opened.queue_depth == 0
    assert await opened.write(lambda tx: insert(tx, 4)) == 4


async def test_tenants_take_turns(sqlite_file: SqliteStore, groups: Groups) -> None:
    """However much one tenant has waiting, the first call of each other is in the group after the one that runs."""
    opened = open_database(sqlite_file.path, queue_limit=1000, gauges=groups)
    hold = threading.Event()
    ran: list[int] = []

    async def unit(_: Transaction, tenant_id: int) -> None:
        if not ran:
            hold.wait(10)
        ran.append(tenant_id)

    def write(tenant_id: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(opened.write(lambda tx: unit(tx, tenant_id), tenant_id=tenant_id))

    waiting = [write(1)]
    await asyncio.sleep(0.05)  # it runs, alone in its group
    waiting += [write(1) for _ in range(500)] + [write(tenant_id) for tenant_id in (2, 2, 3, *range(10, 60))]
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(*waiting)
    second = ran[1 : 1 + GROUP]
    assert {1, 2, 3, *range(10, 60)} <= set(second)
    assert groups.sizes[:2] == [1, GROUP]
    assert second.count(1) == GROUP - len({2, 3, *range(10, 60)}) - 1  # tenant 2 had a second call waiting
    await opened.close()


async def test_a_reader_does_not_wait_for_the_writer(opened: SqliteDatabase) -> None:
    hold = threading.Event()

    async def slow(tx: Transaction) -> int:
        await insert(tx, 1)
        hold.wait(10)
        return 1

    writing = asyncio.ensure_future(opened.write(slow))
    await asyncio.sleep(0.05)
    assert not await is_there(opened, 1)
    hold.set()
    await writing
    assert await is_there(opened, 1)


async def test_a_reader_changes_nothing(opened: SqliteDatabase) -> None:
    with pytest.raises(NeedsWriter):
        await opened.read(lambda tx: insert(tx, 1))
    assert not await is_there(opened, 1)


def test_token_calls_take_the_writer_only_to_mint(sqlite_file: SqliteStore) -> None:
    """Anybody may call them: neither wrong secrets nor tokens handed out again may keep the writer busy."""
    with running_server(sqlite_file) as server:
        client = server.client()
        client.fetch_token()

        def commits() -> str:
            lines = client.http.get("/metrics").text.splitlines()
            return next(line for line in lines if line.startswith("rencai_commit_group_units_count"))

        before = commits()
        for secret in (client.app.app_secret, "wrong"):
            body = {"app_id": client.app.app_id, "app_secret": secret}
            client.call("POST", "/open-apis/auth/v3/tenant_access_token/internal", body)
        assert commits() == before


async def test_a_unit_may_await_nothing_but_its_transaction(opened: SqliteDatabase) -> None:
    async def wanders(_: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="other than its transaction"):
        await opened.write(wanders)
    assert await opened.write(lambda tx: insert(tx, 1)) == 1


async def test_the_log_is_begun_anew_under_steady_writing(opened: SqliteDatabase, groups: Groups) -> None:
    """Each unit writes 100 KB. How much piles up before that is the affair of a busy machine, but not five times."""
    text = "x" * 100_000

    async def fill(tx: Transaction, number: int) -> None:
        await tx.run(
            "tenant_insert", tenant_id=number, tenant_key=f"{number}{text}", name=str(number), page_key="", time=0
        )

    start, before = 0, 0
    while groups.log_pages[before:] == sorted(groups.log_pages[before:]):
        before = max(len(groups.log_pages) - 1, 0)
        await asyncio.gather(*(opened.write(lambda tx, n=n: fill(tx, n)) for n in range(start, start + 50)))
        start += 50
        assert groups.log_pages[-1] < 5 * CHECKPOINT_PAGES, "the log was never begun anew"


def test_a_query_is_named_once_for_an_engine() -> None:
    names = set(queries.load("sqlite"))
    assert len(names) > 30
    assert queries.load("none").keys() < names


def test_a_full_disk_is_a_system_error_and_nothing_is_half_done(sqlite_file: SqliteStore) -> None:
    with running_server(sqlite_file) as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(1000)
        app = client.app
        # From here on no file that is written to may grow beyond this, as if the disk were full.
        limit = sqlite_file.path.with_name("rencai.db-wal").stat().st_size + 300_000
        resource.prlimit(server.writer(), resource.RLIMIT_FSIZE, (limit, limit))
        replies = [client.add(pool_id, people[start : start + 50]) for start in range(0, 1000, 50)]
        refused = [reply for reply in replies if reply.code != 0]
        assert refused
        assert {(reply.status, reply.code) for reply in refused} == {(500, 1002001)}
        accepted = sum(reply.code == 0 for reply in replies)
        assert len(client.members(pool_id)) == accepted * 50
        server.kill()
    with running_server(sqlite_file) as server:
        client = server.client_of(app)
        assert len(client.members(pool_id)) == accepted * 50 == len(client.changes(pool_id)) * 50
        assert client.add(pool_id, people[:50]).code == 0


def test_a_full_queue_answers_503_and_says_when_to_come_back(sqlite_file: SqliteStore) -> None:
    with running_server(sqlite_file, "--queue-limit", "2") as server:
        app = server.create_app()
        clients = [server.client_of(app) for _ in range(12)]
        pool_id, people = clients[0].create_pool(), clients[0].create_talents(50)
        for client in clients:
            client.token = clients[0].token
        replies: list[Any] = []

        def work(number: int) -> None:
            replies.extend(clients[number].batch_change(pool_id, people, 1 + turn % 2) for turn in range(30))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        busy = [reply for reply in replies if reply.code == 1990001]
        assert {reply.code for reply in replies} == {0, 1990001}
        assert {(reply.status, reply.headers["Retry-After"]) for reply in busy} == {(503, "1")}
        assert clients[0].call("GET", f"/rencai/v1/talent_pools/{pool_id}").code == 0


def test_a_second_server_on_the_file_is_refused(sqlite_file: SqliteStore) -> None:
    with running_server(sqlite_file):
        second = rencai("serve", "--database", sqlite_file.url, "--port", "0")
    assert second.returncode == 2
    assert second.stderr == f"rencai: another rencai serves {sqlite_file.path}; stop it first, or name another file\n"


def test_a_file_of_a_newer_program_is_refused(sqlite_file: SqliteStore) -> None:
    options = ("--tenant", "t", "--name", "n", "--scope", "hire:talent", "--database", sqlite_file.url)
    assert rencai("app", "create", *options).returncode == 0
    connection = apsw.Connection(str(sqlite_file.path))
    connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    refused = rencai("app", "list", "--database", sqlite_file.url)
    assert refused.returncode == 2
    assert "run a newer rencai" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_file_of_another_program_is_refused(sqlite_file: SqliteStore) -> None:
    with sqlite3.connect(sqlite_file.path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    refused = rencai("app", "list", "--database", sqlite_file.url)
    assert refused.returncode == 2
    assert "another program" in refused.stderr


def test_the_file_is_whole_after_the_end(sqlite_file: SqliteStore) -> None:
    with running_server(sqlite_file) as server:
        server.client().create_talents(10)
        assert server.stop() == 0
    assert not sqlite_file.path.with_name("rencai.db-wal").exists()
    connection = apsw.Connection(str(sqlite_file.path))
    assert connection.pragma("integrity_check") == "ok"
    assert list(connection.execute("PRAGMA foreign_key_check")) == []
    connection.close()


def test_every_connection_makes_each_commit_durable(sqlite_file: SqliteStore) -> None:
    """Power loss can't be tried here: that each commit is synced to the disk (2 is FULL) is what stands between."""
    connection = connect(sqlite_file.path, 1024)
    assert (connection.pragma("synchronous"), connection.pragma("journal_mode")) == (2, "wal")
    assert connection.pragma("foreign_keys") == 1
    connection.close()


async def test_bulky_reads_go_one_after_the_other_and_hold_no_other_read_up(opened: SqliteDatabase) -> None:
    released, at_work, most = threading.Event(), [0], [0]

    async def bulky(_: Transaction) -> bool:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        was_released = released.wait(30)
        at_work[0] -= 1
        return was_released

    many = [asyncio.ensure_future(opened.read(bulky, bulky=True)) for _ in range(10)]
    try:
        assert not await is_there(opened, 1)
    finally:
        released.set()
    assert all(await asyncio.gather(*many))
    assert most == [1]


async def test_a_bulky_read_that_fails_lets_the_next_go(opened: SqliteDatabase) -> None:
    async def broken(_: Transaction) -> None:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await opened.read(broken, bulky=True)
