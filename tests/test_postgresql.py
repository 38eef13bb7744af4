"""What only PostgreSQL can do or suffer: many processes on one database, lost connections, locks, wrong addresses."""

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

import stores
from cutter import Cutter
from harness import HIRE, Client, Reply, Server, rencai, running_server
from rencai.config import PostgresUrl, database_of
from rencai.contract.errors import TAG_ABSENT, TAG_PRESENT
from rencai.metrics import Metrics
from rencai.storage.postgres import open_database
from rencai.storage.schema import postgres as schema
from rencai.storage.seam import Transaction
from stores import PostgresStore

pytestmark = pytest.mark.postgresql


@pytest.fixture
def database() -> PostgresStore:
    return PostgresStore(stores.cluster())


@pytest.fixture
def two(database: PostgresStore) -> Iterator[tuple[Client, Client]]:
    """Two servers on one database, and a client of one app on each."""
    with running_server(database) as one, running_server(database) as other:
        app = one.create_app()
        yield one.client_of(app), other.client_of(app)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What calls answer that are made at the same moment."""
    barrier = threading.Barrier(len(calls))

    def made(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [running.result() for running in [pool.submit(made, call) for call in calls]]


def on_both(two: tuple[Client, Client], *call: Any) -> list[Any]:
    """What two servers answer to the same call at the same moment."""
    return together(*(lambda own=own: own.call(*call) for own in two))


# Two processes, one database


def test_an_identity_is_one_persons_whoever_comes_first(two: tuple[Client, Client]) -> None:
    for number in range(25):
        body = {"basic_info": {"name": "x", "email": f"{number}@a.cn", "mobile": f"138001380{number:02d}"}}
        replies = on_both(two, "POST", f"{HIRE}/talents/combined_create", body)
        assert sorted(reply.code for reply in replies) == [0, 1002105]
        (made,) = [reply.data["talent_id"] for reply in replies if reply.code == 0]
        (refused,) = [reply for reply in replies if reply.code]
        assert {violation["value"] for violation in refused.error["field_violations"]} == {made}


def test_updates_of_one_person_lose_nothing_of_each_other(two: tuple[Client, Client]) -> None:
    who = two[0].create_talent("first")
    bodies: list[dict[str, Any]] = [
        {"talent_id": who, "basic_info": {"name": "甲", "email": "new@a.cn"}},
        {"talent_id": who, "basic_info": {"name": "甲"}, "education_list": [{"school": "清华大学"}]},
    ]
    calls = [partial(own.call, "POST", f"{HIRE}/talents/combined_update", body) for own in two for body in bodies]
    for _ in range(8):
        assert {reply.code for reply in together(*calls)} == {0}
    shown = two[0].talent_v1(who)
    assert (shown["basic_info"]["email"], shown["education_list"][0]["school"]) == ("new@a.cn", "清华大学")
    assert two[1].search("清华") == two[1].search("new@a.cn") == [who]


def test_a_word_stays_to_be_found_while_somebody_has_it(two: tuple[Client, Client]) -> None:
    """One person with a rare name goes while another comes: the word's suffixes must be there afterwards."""
    one, other = two
    for number in range(40):
        name = f"Zyx{number}wvut"
        leaving = one.create_talent(name)
        gone, came = together(
            lambda leaving=leaving: one.call("DELETE", f"/rencai/v1/talents/{leaving}"),
            lambda name=name: other.create_talent(name),
        )
        assert gone.code == 0
        assert one.search(f"yx{number}w") == [came]


def test_many_who_bring_the_same_new_words_wait_for_no_ring(database: PostgresStore) -> None:
    """The engine looks for rings of those who wait only after a second, so loading people would take seconds a call."""
    draw = random.Random("words")

    def load(own: Client) -> set[int]:
        """Create people of whose words some are known, some new, and some brought by others at the same moment."""
        codes: set[int] = set()
        for turn in range(12):
            words = draw.sample(range(100 * turn, 100 * turn + 400), 150)
            talents = [{"basic_info": {"name": f"word{number}"}} for number in words]
            codes.add(own.call("POST", "/rencai/v1/talents/batch_create", {"talents": talents}).code)
        return codes

    with running_server(database) as server:
        app = server.create_app()
        assert together(*(partial(load, server.client_of(app)) for _ in range(4))) == [{0}] * 4
        found = server.client_of(app).pages(f"{HIRE}/talents?keyword=word1400", page_size=20)
        names = [person["basic_info"]["name"] for person in found]
    assert names == ["word1400"] * len(names)
    assert names
    assert database.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [[0]]


def test_pools_put_below_each_other_at_once_make_no_ring(two: tuple[Client, Client]) -> None:
    one, other = two
    for _ in range(12):
        a, b, c, d = (one.create_pool(name) for name in "abcd")
        assert one.call("PATCH", f"/rencai/v1/talent_pools/{a}", {"parent_id": b}).code == 0
        assert one.call("PATCH", f"/rencai/v1/talent_pools/{c}", {"parent_id": d}).code == 0
        replies = together(
            lambda b=b, c=c: one.call("PATCH", f"/rencai/v1/talent_pools/{b}", {"parent_id": c}),
            lambda a=a, d=d: other.call("PATCH", f"/rencai/v1/talent_pools/{d}", {"parent_id": a}),
        )
        assert sorted(reply.code for reply in replies) == [0, 1002002]


def test_a_move_takes_the_talent_out_of_every_other_pool(two: tuple[Client, Client]) -> None:
    """Also out of one that it enters at that moment: whichever comes second sees what the first did."""
    one, other = two
    for _ in range(15):
        (who,) = one.create_talents(1)
        first, second, target = (one.create_pool() for _ in range(3))
        one.add(first, [who])
        replies = together(
            lambda who=who, target=target: one.move(target, who, 2),
            lambda who=who, second=second: other.add(second, [who]),
        )
        assert {reply.code for reply in replies} == {0}
        assert one.members(first) == {}
        assert list(one.members(target)) == [who]
        (moved,) = one.changes(target)
        left = {part["talent_pool_id"] for part in moved["parts"] if part["removed"]}
        assert left == ({first} if one.members(second) else {first, second})


def test_runs_and_undos_go_on_while_another_server_moves_and_deletes_their_people(
    two: tuple[Client, Client], database: PostgresStore
) -> None:
    """Members that lie side by side are ended as a range: nobody may come into it, or go, between two statements."""
    one, other = two
    people, pool, elsewhere = one.create_talents(400), one.create_pool(), one.create_pool()
    changing = f"/rencai/v1/talent_pools/{pool}/membership_changes"

    def run_to_its_end(own: Client, path: str, ids: list[str] | None = None, **query: str) -> dict[str, Any]:
        return own.over(
            own.call("POST", path, {}) if ids is None else own.upload({"talent_pool_id": pool, **query}, ids)
        )

    def ended_by_run(action: str) -> dict[str, Any]:
        doomed = [people.pop(len(people) // 2) for _ in range(3)]
        middle = people[120:240]
        run, *replies = together(
            lambda: run_to_its_end(one, "", [*people, *doomed], action=action, on_missing="skip"),
            lambda: other.call("POST", changing, {"add": middle[::2], "remove": middle[1::2]}),
            lambda: other.call("POST", changing, {"remove": middle}),
            lambda: other.move(elsewhere, middle[7], 2),
            *(lambda who=who: other.call("DELETE", f"/rencai/v1/talents/{who}") for who in doomed),
        )
        assert {reply.code for reply in replies} == {0}
        return run

    for action in ("add", "remove", "add", "set", "remove") * 2:
        run = ended_by_run(action)
        assert (run["state"], run["processed"]) == ("done", run["total"])
        outcomes = [*one.results(run["id"]).values()]
        for outcome in ("added", "removed", "unchanged", "missing"):
            assert outcomes.count(outcome) == run[outcome]
        doomed = people.pop(150)
        undo, gone = together(
            lambda run=run: run_to_its_end(one, f"/rencai/v1/runs/{run['id']}/undo"),
            lambda doomed=doomed: other.call("DELETE", f"/rencai/v1/talents/{doomed}"),
        )
        assert (undo["state"], gone.code) == ("done", 0)
        assert len(one.results(undo["id"])) == undo["added"] + undo["removed"] + undo["conflicts"]
        assert one.members(pool).keys() <= set(people)
    assert rencai("database", "verify", "--database", database.url).returncode == 0


def test_a_tag_is_given_once(two: tuple[Client, Client]) -> None:
    for _ in range(10):
        who, tag = two[0].create_talent(), two[0].create_tag()
        for operation, repeated in ((1, TAG_PRESENT), (2, TAG_ABSENT)):
            replies = on_both(two, "POST", f"{HIRE}/talents/{who}/tag", {"operation": operation, "tag_id_list": [tag]})
            assert sorted(reply.code for reply in replies) == [0, repeated.code]


def test_a_rotated_secret_and_a_disabled_app_stop_on_every_process(
    database: PostgresStore, two: tuple[Client, Client]
) -> None:
    pools = f"{HIRE}/talent_pools"
    for command in ("rotate-secret", "disable"):
        assert {own.call("GET", pools).code for own in two} == {0}
        done = rencai("app", command, two[0].app.app_id, "--database", database.url, *command_options(command))
        assert done.returncode == 0, done.stderr
        said = time.monotonic()
        while {own.call("GET", pools).code for own in two} != {99991663}:
            assert time.monotonic() - said < 5
        if command == "rotate-secret":
            app = two[0].app._replace(app_secret=json.loads(done.stdout)["app_secret"])
            for own in two:
                own.app, own.token = app, ""


def command_options(command: str) -> list[str]:
    return ["--json"] if command == "rotate-secret" else []


def test_many_servers_may_start_on_an_empty_database_at_once(database: PostgresStore) -> None:
    with contextlib.ExitStack() as stack:
        servers = together(*(lambda: stack.enter_context(running_server(database)) for _ in range(4)))
        app = servers[0].create_app()
        assert [server.client_of(app).call("GET", f"{HIRE}/talent_pools").code for server in servers] == [0] * 4


# Workers


def workers_of(server: Server) -> list[int]:
    """The process ids of a server's workers."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_whoever_looks_while_the_tables_are_made_sees_none_or_all() -> None:
    """A database is taken for another program's where it has tables and not our mark, so both are looked at at once."""

    async def look(connection: asyncpg.Connection) -> None:
        while (await schema.standing(connection)).version == 0:
            pass

    for _ in range(10):
        url = PostgresStore(stores.cluster()).url
        maker, *lookers = [await asyncpg.connect(url) for _ in range(4)]
        looking = [asyncio.ensure_future(look(looker)) for looker in lookers]
        await schema.bring_up_to_date(maker)
        await asyncio.gather(*looking)
        for connection in (maker, *lookers):
            await connection.close()


def test_workers_share_the_port_and_the_metrics(database: PostgresStore) -> None:
    with running_server(database, "--workers", "2") as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(40)
        clients = [server.client_of(client.app) for _ in range(8)]
        replies = together(
            *(lambda own=own, who=who: own.add(pool_id, [who]) for own, who in zip(clients, people[:8], strict=True))
        )
        assert {reply.code for reply in replies} == {0}
        lines = client.http.get("/metrics").text.splitlines()
        assert 'rencai_requests_total{code="0",endpoint="talent_pool_batch_change"} 8.0' in lines
        before = workers_of(server)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while len(now := workers_of(server)) < 2 or before[0] in now:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert {own.add(pool_id, people).code for own in [server.client_of(client.app) for _ in range(4)]} == {0}
        assert [line["event"] for line in server.log].count("worker_died") == 1


def test_workers_share_connections_that_come_at_once(database: PostgresStore) -> None:
    with running_server(database, "--workers", "2") as server, contextlib.ExitStack() as opened:
        workers = workers_of(server)
        before = [sockets_of(worker) for worker in workers]
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        address = (urlsplit(server.url).hostname, urlsplit(server.url).port)
        for _ in range(400):
            opened.enter_context(socket.create_connection(address, timeout=10))
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        deadline = time.monotonic() + 20
        taken = [0, 0]
        while sum(taken) < 400:
            assert time.monotonic() < deadline, taken
            time.sleep(0.05)
            taken = [sockets_of(worker) - count for worker, count in zip(workers, before, strict=True)]
        assert min(taken) > 100, taken


def test_workers_share_no_port_with_another_server(database: PostgresStore) -> None:
    with running_server(database, "--workers", "2") as server:
        port = str(urlsplit(server.url).port)
        done = rencai("serve", "--database", database.url, "--port", port, "--workers", "2")
        assert done.returncode == 2
        assert "choose another --host or --port" in done.stderr


def sockets_of(process: int) -> int:
    """How many sockets a process holds."""
    links = [os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()]
    return sum(link.startswith("socket:") for link in links)


def test_workers_end_when_the_one_that_keeps_them_is_killed(database: PostgresStore) -> None:
    server = Server(database, "--workers", "2")
    pids = workers_of(server)
    server.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_workers_need_postgresql(tmp_path: Path) -> None:
    done = rencai("serve", "--port", "0", "--workers", "2", "--database", f"sqlite:///{tmp_path / 'x.db'}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--workers" in done.stderr
    assert "PostgreSQL" in done.stderr


# Connections that break


@pytest.fixture
def cutter(database: PostgresStore, tmp_path: Path) -> Iterator[Cutter]:
    made = Cutter(database.cluster.folder, tmp_path)
    database.url = f"postgresql://rencai@/{database.name}?host={quote(str(tmp_path), safe='')}"
    yield made
    made.close()


@pytest.mark.parametrize(("commits", "answers"), [(0, 1), (1, 0), (4, 0), (2, 1)])
def test_a_change_whose_commit_is_lost_is_made_once(
    database: PostgresStore, cutter: Cutter, commits: int, answers: int
) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, other, people = client.create_pool(), client.create_pool(), client.create_talents(3)
        calls: tuple[Callable[[], Any], ...] = (
            lambda: client.add(pool_id, people),
            lambda: client.remove(pool_id, people[:1]),
            lambda: client.move(other, people[1], 2),
            lambda: client.call("DELETE", f"/rencai/v1/talents/{people[2]}"),
            lambda: client.call("DELETE", f"/rencai/v1/talent_pools/{other}?force=true"),
        )
        for call in calls:
            cutter.lose_commits, cutter.lose_answers = commits, answers
            reply = call()
            assert (reply.code, cutter.lose_commits, cutter.lose_answers) == (0, 0, 0)
            assert client.call("GET", f"/rencai/v1/changes/{reply.headers['X-Rencai-Change-Id']}").code == 0
        assert len(list(client.pages("/rencai/v1/changes"))) == len(calls)
        assert client.members(pool_id) == {}


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}], ids=["without a key", "with a key"])
def test_what_can_not_be_found_out_is_never_said_to_be_undone(
    database: PostgresStore, cutter: Cutter, key: dict[str, str]
) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(2)
        path = f"/rencai/v1/talent_pools/{pool_id}/membership_changes"
        cutter.lose_commits = endless = 1_000_000
        reply = client.call("POST", path, {"add": people[:1]}, headers=key)
        assert (reply.status, reply.code) == (500, 1002001)
        assert 10 < endless - cutter.lose_commits < 2_000
        cutter.lose_commits = 0
        allow = f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS"
        client.call("GET", path.removesuffix("/membership_changes"))  # a connection that is there stays
        database.cluster.sql("postgres", f"{allow} false")
        cutter.lose_answers = 1
        reply = client.call(
            "POST", path, {"add": people[1:]}, headers={name: f"{value}2" for name, value in key.items()}
        )
        database.cluster.sql("postgres", f"{allow} true")
        assert (reply.status, reply.code) == (500, 1002001)
        assert list(client.members(pool_id)) == people[1:]


@pytest.mark.parametrize(("lost", "times"), [("lose_answers", 1), ("lose_commits", 1), ("lose_commits", 4)])
def test_a_key_tells_what_no_change_does(database: PostgresStore, cutter: Cutter, lost: str, times: int) -> None:
    with running_server(database) as server:
        client = server.client()
        client.create_pool()
        setattr(cutter, lost, times)
        asked = ("POST", "/rencai/v1/talent_pools", {"i18n_name": {"en_us": "x"}})
        reply = client.call(*asked, headers={"Idempotency-Key": "k"})
        assert (reply.code, getattr(cutter, lost)) == (0, 0)
        again = client.call(*asked, headers={"Idempotency-Key": "k"})
        assert (again.data, len(list(client.pages(f"{HIRE}/talent_pools", 100)))) == (reply.data, 2)


@pytest.mark.parametrize(("lost", "made"), [("lose_answers", 1), ("lose_commits", 0)])
def test_what_leaves_no_change_is_answered_with_a_system_error(
    database: PostgresStore, cutter: Cutter, lost: str, made: int
) -> None:
    """Whether it was done can't be told; that it is never half done can be seen."""
    with running_server(database) as server:
        client = server.client()
        asked = ("POST", "/rencai/v1/talent_pools", {"i18n_name": {"en_us": "x"}})
        client.create_pool()
        setattr(cutter, lost, 1)
        reply = client.call(*asked)
        assert (reply.status, reply.code) == (500, 1002001)
        assert len(list(client.pages(f"{HIRE}/talent_pools", 100))) == 1 + made


def test_slices_whose_commits_are_lost_are_made_once(database: PostgresStore, cutter: Cutter) -> None:
    """Two of a run are under way at a time; here one is committed and not answered, the next is neither, and so on."""
    with running_server(database) as server:
        client = server.client()
        pool_id = client.create_pool()
        people = [person for _ in range(25) for person in client.create_talents(1_000)]
        before = client.members(pool_id)

        def to_its_end(begun: Reply) -> dict[str, Any]:
            run = begun.data["run"]
            faults = itertools.cycle(["lose_answers", "lose_commits"])
            while run["state"] in ("queued", "running"):
                if run["state"] == "running" and not cutter.lose_answers + cutter.lose_commits:
                    setattr(cutter, next(faults), 1)
                run = client.call("GET", f"/rencai/v1/runs/{run['id']}").data["run"]
            cutter.lose_answers = cutter.lose_commits = 0
            return run

        run = to_its_end(client.upload({"talent_pool_id": pool_id, "action": "add"}, people))
        assert (run["state"], run["added"], run["processed"]) == ("done", 25_000, 25_000)
        assert len(client.changes(pool_id)) == 3
        assert set(client.members(pool_id)) == set(people)
        undo = to_its_end(client.call("POST", f"/rencai/v1/runs/{run['id']}/undo", {}))
        assert (undo["state"], undo["removed"], undo["conflicts"]) == ("done", 25_000, 0)
        assert client.members(pool_id) == before
    assert rencai("database", "verify", "--database", database.url).returncode == 0


def test_connections_that_are_cut_under_load_lose_nothing(database: PostgresStore) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(400)
        client.token = client.fetch_token()
        codes: list[int] = []
        ending = threading.Event()

        def cut() -> None:
            others = f"datname = '{database.name}' AND pid <> pg_backend_pid() AND application_name = 'rencai'"
            answered = 0
            while not ending.wait(0.02):  # each time some calls have come through, however busy the machine is
                if len(codes) >= answered + 8:
                    answered = len(codes)
                    database.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

        def add(mine: list[str]) -> None:
            own = server.client_of(client.app)
            own.token = client.token
            codes.extend(own.add(pool_id, [person]).code for person in mine)

        cutting = threading.Thread(target=cut)
        cutting.start()
        together(*(lambda start=start: add(people[start::4]) for start in range(4)))
        ending.set()
        cutting.join()
        assert set(codes) == {0}
        assert set(client.members(pool_id)) == set(people)
        assert len(client.changes(pool_id)) == len(people)


def test_a_database_that_is_away_is_busy_in_bounded_time(database: PostgresStore) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(1)
        forbid = f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS"
        database.cluster.sql("postgres", f"{forbid} false")
        database.cluster.sql(
            "postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'"
        )
        began = time.monotonic()
        reply = client.add(pool_id, people)
        assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, 1990001, "1")
        assert 3 < time.monotonic() - began < 12
        assert client.http.get("/readyz").status_code == 503
        database.cluster.sql("postgres", f"{forbid} true")
        assert client.add(pool_id, people).code == 0


# Locks that others hold


@contextlib.contextmanager
def held(database: PostgresStore, pool_id: str) -> Generator[None]:
    """A pool's row, locked by another program."""

    async def hold() -> tuple[Any, Any]:
        connection = await asyncpg.connect(database.url)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"SELECT 1 FROM talent_pools WHERE pool_id = {pool_id} FOR UPDATE")
        return connection, transaction

    loop = asyncio.new_event_loop()
    connection, transaction = loop.run_until_complete(hold())
    try:
        yield
    finally:
        loop.run_until_complete(transaction.rollback())
        loop.run_until_complete(connection.close())
        loop.close()


def test_connections_that_are_all_in_use_are_busy_in_bounded_time(database: PostgresStore) -> None:
    with running_server(database, "--database-connections", "2") as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(1)
        clients = [server.client_of(client.app) for _ in range(4)]
        for own in clients:
            own.token = client.fetch_token()
        with held(database, pool_id):
            began = time.monotonic()
            replies = together(*(lambda own=own: own.add(pool_id, people) for own in clients))
            taken = time.monotonic() - began
        assert {(reply.status, reply.code, reply.headers["Retry-After"]) for reply in replies} == {(503, 1990001, "1")}
        assert 4 < taken < 16
        assert client.add(pool_id, people).code == 0


async def test_bulky_reads_leave_connections_to_others(database: PostgresStore) -> None:
    named = database_of(database.url)
    assert isinstance(named, PostgresUrl)
    opened = await open_database(named, connections=4, queue_limit=100, gauges=Metrics(), may_make=True)
    released, at_work, most = asyncio.Event(), [0], [0]

    async def bulky(_: Transaction) -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        await released.wait()
        at_work[0] -= 1

    async def quick(_: Transaction) -> bool:
        return True

    many = [asyncio.ensure_future(opened.read(bulky, bulky=True)) for _ in range(10)]
    try:
        assert await asyncio.gather(*(opened.read(quick) for _ in range(20))) == [True] * 20
        assert await opened.write(quick)
        assert opened.queue_depth == 8
        async with asyncio.timeout(10):
            while most[0] < 2:  # the second one may still be waiting for its connection to be opened
                await asyncio.sleep(0.005)
    finally:
        released.set()
    await asyncio.gather(*many)
    assert (most[0], opened.queue_depth) == (2, 0)
    await opened.close()


def test_more_than_may_wait_are_refused_at_once(database: PostgresStore) -> None:
    with running_server(database, "--database-connections", "1", "--queue-limit", "1") as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(1)
        clients = [server.client_of(client.app) for _ in range(3)]
        for own in clients:
            own.token = client.fetch_token()
            own.call("GET", f"{HIRE}/talent_pools")  # whose token it is, is known from here on
        answered: list[float] = []

        def add(own: Client) -> int:
            began = time.monotonic()
            code = own.add(pool_id, people).code
            answered.append(time.monotonic() - began)
            return code

        with held(database, pool_id):
            codes = together(*(lambda own=own: add(own) for own in clients))
        assert codes == [1990001] * 3
        assert min(answered) < 1


# Addresses that can't be used


def serve(url: str, **environment: str) -> Any:
    return rencai("serve", "--port", "0", **environment, RENCAI_DATABASE=url)


def assert_refused(done: Any, *words: str) -> None:
    """One line, exit code 1, no password."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    for word in words:
        assert word in done.stderr, done.stderr
    assert "s3cret" not in done.stderr


@pytest.fixture
def guarded(database: PostgresStore) -> str:
    """A user who has to say a password, and owns the database. The URL without it."""
    cluster = database.cluster
    if not cluster.sql("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'guarded'"):
        cluster.sql("postgres", "CREATE ROLE guarded LOGIN PASSWORD 's3cret'")
    cluster.sql("postgres", f"ALTER DATABASE {database.name} OWNER TO guarded")
    return database.url.replace("rencai@", "guarded@")


def test_a_wrong_password_is_told_and_not_shown(guarded: str) -> None:
    assert_refused(serve(guarded), "user or password is wrong", "passfile")
    assert_refused(serve(guarded.replace("guarded@", "guarded:xs3cretx@")), "user or password is wrong")


def test_a_password_comes_from_the_environment_or_a_passfile(guarded: str, tmp_path: Path) -> None:
    create = ("app", "create", "--tenant", "t", "--name", "n", "--scope", "hire:talent", "--json")
    with_password = guarded.replace("guarded@", "guarded:s3cret@")
    done = rencai(*create, RENCAI_DATABASE=with_password)
    assert (done.returncode, done.stderr) == (0, "")
    passfile = tmp_path / "pass"
    passfile.write_text("*:*:*:guarded:s3cret\n")
    passfile.chmod(0o600)
    done = rencai(*create, "--database", f"{guarded}&passfile={quote(str(passfile), safe='')}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("password", [":s3cret@", "@"])
@pytest.mark.parametrize("command", ["serve --port 0", "app list", "database status"])
def test_a_password_in_an_argument_is_refused(guarded: str, command: str, password: str) -> None:
    url = guarded.replace("@", password) + ("" if ":" in password else "&password=s3cret")
    done = rencai(*command.split(), "--database", url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert "RENCAI_DATABASE" in done.stderr
    assert "passfile" in done.stderr
    assert "s3cret" not in done.stderr


def test_addresses_where_nothing_is(database: PostgresStore, tmp_path: Path) -> None:
    assert_refused(serve(database.url.replace(database.name, "nowhere")), "no such database", "createdb")
    empty = quote(str(tmp_path), safe="")
    assert_refused(serve(f"postgresql://x:s3cret@/d?host={empty}"), "can't be reached")
    assert_refused(serve("postgresql://x:s3cret@127.0.0.1:1/d"), "can't be reached", "postgresql://x@127.0.0.1:1/d")


def test_urls_that_are_not_understood() -> None:
    for url in (
        "postgresql://u@h:port/d",
        "mysql://u:s3cret@h/d",
        "postgresql://u:s3cret#x@h/d",
        "postgresql://u:12s3cret#@h/d",
        "postgresql://u@h/d?sslmode=never",
        "postgresql://h/?=&",
    ):
        done = serve(url)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
        assert "s3cret" not in done.stderr


def test_a_database_of_another_program_is_left_alone(database: PostgresStore) -> None:
    database.run("CREATE TABLE schema_version (version BIGINT)")
    assert_refused(serve(database.url), "another program")
    assert database.tables() == ["schema_version"]


def test_another_schema_is_refused(database: PostgresStore) -> None:
    assert_refused(rencai("app", "list", "--database", database.url), "empty", "rencai database migrate")
    assert rencai("database", "migrate", "--database", database.url).returncode == 0
    for version, words in ((99, ("run a newer rencai",)), (1, ("has schema 1", "rencai database migrate"))):
        database.run(f"UPDATE schema_version SET version = {version}")
        assert_refused(serve(database.url), *words)


def test_the_host_that_takes_writes_is_found(database: PostgresStore, tmp_path: Path) -> None:
    nobody, here = (quote(str(folder), safe="") for folder in (tmp_path, database.cluster.folder))
    hosts = f"postgresql://rencai@/{database.name}?host={nobody},{here}"
    done = rencai("app", "create", "--tenant", "t", "--name", "n", "--scope", "hire:talent", "--database", hosts)
    assert done.returncode == 0, done.stderr
    database.run(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert_refused(serve(hosts), "standby", "primary")


def test_a_database_in_another_encoding_is_refused(database: PostgresStore) -> None:
    name = f"{database.name}_latin"
    database.cluster.sql("postgres", f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert_refused(serve(database.cluster.url(name)), "UTF8")
