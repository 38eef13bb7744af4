"""`kill -9` while a list is sent and while it is applied: a run goes on exactly where it was, or says that it broke."""

import random
import time
from typing import Any

import pytest

from bench import seed, work
from harness import App, Client, Reply, Server
from stores import SqliteStore, Store
from test_run_uploads import OPENED, Stream
from test_runs import RUNS, counts, given, undo

PEOPLE = 60_000  # six slices


@pytest.fixture
def seeded(sqlite_file: SqliteStore) -> SqliteStore:
    """People and two pools, written past the server."""
    seed.seed_rencai(sqlite_file.path, PEOPLE, 2)
    return sqlite_file


def client_of(server: Server) -> Client:
    client = server.client_of(App("bench", work.APP_ID, work.APP_SECRET))
    client.token = client.fetch_token()
    return client


def people() -> list[str]:
    return [str(work.talent_id(number)) for number in range(PEOPLE)]


def survive(database: Store, server: Server, reply: Reply, kills: int) -> tuple[Server, dict[str, Any], int]:
    """Kill so many servers while a run goes on; the last one, the run once it is over, and how many had some done."""
    amid = 0
    for _ in range(kills):
        time.sleep(random.uniform(0, 0.12))
        server.kill()
        server = Server(database)
        run = client_of(server).call("GET", f"{RUNS}/{reply.data['run']['id']}").data["run"]
        amid += 0 < run["processed"] < run["total"]
    return server, client_of(server).over(reply), amid


def moved(client: Client, run: dict[str, Any]) -> list[str]:
    """Who came and went in the changes of a run, in their order."""
    changes = [item["id"] for item in client.pages(f"/rencai/v1/changes?run_id={run['id']}&order=asc")]
    parts = [client.call("GET", f"/rencai/v1/changes/{change}").data["change"]["parts"] for change in changes]
    assert all(len(part["added"]) + len(part["removed"]) <= 10_000 for (part,) in parts)
    return [talent_id for (part,) in parts for talent_id in sorted(part["added"] + part["removed"], key=int)]


@pytest.mark.timeout(170)
def test_a_run_goes_on_exactly_after_kills_and_so_does_its_undo(seeded: SqliteStore) -> None:
    pool, inside, outside = str(work.pool_id(0)), people()[::2], people()[1::2]
    server = Server(seeded)
    client = client_of(server)
    client.over(client.upload(given(pool, "add"), inside))
    before = client.members(pool)
    amid = 0
    reply = client.upload(given(pool, "set"), outside)
    server, run, some = survive(seeded, server, reply, 6)
    amid += some
    client = client_of(server)
    assert counts(run) == {"total": PEOPLE, "processed": PEOPLE, "added": PEOPLE // 2, "removed": PEOPLE // 2}
    assert set(client.members(pool)) == set(outside)
    assert moved(client, run) == people()
    results = client.results(run["id"])
    assert results == {**dict.fromkeys(outside, "added"), **dict.fromkeys(inside, "removed")}
    server, undone, some = survive(seeded, server, undo(client, run), 6)
    amid += some
    client = client_of(server)
    assert counts(undone) == {"total": PEOPLE, "processed": PEOPLE, "added": PEOPLE // 2, "removed": PEOPLE // 2}
    assert client.members(pool) == before
    assert moved(client, undone) == people()
    assert amid > 0  # or no kill came between two slices
    server.kill()
    assert seeded.rows("PRAGMA integrity_check") == [["ok"]]


def test_a_list_that_is_sent_to_a_server_that_is_killed_changes_nothing(seeded: SqliteStore) -> None:
    pool = str(work.pool_id(0))
    server = Server(seeded)
    stream = Stream(client_of(server), given(pool, "add", on_missing="skip"))
    lines = "\n".join([*people(), *(str(number) for number in range(1, 150_000))])
    stream.chunk(f"{lines}\n".encode())
    deadline = time.monotonic() + 30  # patience, not a speed
    while not next(client_of(server).pages(RUNS), {"total": 0})["total"]:  # what came is written already
        assert time.monotonic() < deadline
    server.kill()
    OPENED.pop().close()
    server = Server(seeded)
    client = client_of(server)
    deadline = time.monotonic() + 30
    while (run := next(client.pages(RUNS)))["is_uploading"]:  # until the server has looked for what was left
        assert time.monotonic() < deadline
    assert run["state"] == "failed"
    assert run["error"] == {"code": 1990025, "msg": "upload broken off"}
    assert (client.members(pool), client.changes(pool)) == ({}, [])
    assert client.over(client.upload(given(pool, "add"), people()))["added"] == PEOPLE
    assert server.stop() == 0
