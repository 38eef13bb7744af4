"""The process that writes to the file: it lives and dies with its server, and keeps what was acknowledged."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness import Client, Server, running_server
from stores import SqliteStore

# A unit that can't be sent, beside two that can; a failure of a library's; a body that can't be read; an end in order.
SENT = """
import asyncio, os, sys
from functools import partial
from pathlib import Path
from typing import Annotated
import msgspec
from rencai import logs
from rencai.clock import IdSource, now
from rencai.operations.call import NOBODY, Call, CallUnit
from rencai.storage import sqlite, sqlite_process

class Gauges:
    def group_committed(self, units): pass
    def log_grew(self, pages): pass

class Odd(Exception):
    def __init__(self, one, two):
        super().__init__("secret")

async def told(tx, words): return words
async def odd(tx): raise Odd(1, 2)
async def plain(tx): raise LookupError("words")
async def bad(tx): return lambda: "secret"
class Body(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(le=3)]
async def with_body(tx, call, body): return f"body {body.number}"
def sent(number):
    return CallUnit(with_body, Call("test", NOBODY, 0, IdSource(now).take), {"body": Body(number)})
def lost():
    print("lost", flush=True)
    os._exit(1)

async def main(writer):
    database = await sqlite.open_served(Path(sys.argv[1]), writer, queue_limit=20, gauges=Gauges(), lost=lost)
    units = [partial(told, words="one"), lambda tx: told(tx, "two"), partial(told, words="three"), odd, plain]
    units += [sent(3), sent(4)]
    for end in await asyncio.gather(*map(database.write, units), return_exceptions=True):
        place = logs.where(end)[-1].rpartition(" ")[2] if isinstance(end, Exception) else ""
        place = place.replace("<dictcomp>", "__call__")  # which newer versions of Python make none of
        print(type(end).__name__, end if isinstance(end, str) else place)
    print("secret" in repr(end), database.queue_depth, flush=True)
    if sys.argv[2:]:
        await database.write(bad)
    await database.close()

with sqlite_process.forked() as writer:
    asyncio.run(main(writer))
"""


def is_there(pid: int) -> bool:
    """Whether a process lives."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.002)


def at_work(server: Server) -> tuple[Client, str, list[str]]:
    client = server.client()
    return client, client.create_pool(), client.create_talents(50)


def test_a_server_ends_with_its_writer(sqlite_file: SqliteStore) -> None:
    """Nobody is told that a change was not made which may have been; what was acknowledged is there."""
    with running_server(sqlite_file) as server:
        client, pool_id, people = at_work(server)
        assert client.add(pool_id, people[:30]).code == 0
        os.kill(server.writer(), signal.SIGKILL)
        assert server.ended() == 1
        until(lambda: server.log[-1]["event"] == "writer_died")
        assert server.stray == []
    with running_server(sqlite_file) as server:
        client = server.client_of(client.app)
        assert set(client.members(pool_id)) == set(people[:30])
        assert client.add(pool_id, people).code == 0


def test_a_writer_ends_with_its_server(sqlite_file: SqliteStore) -> None:
    """At once, so that another server may have the file and the port."""
    server = Server(sqlite_file)
    client, pool_id, people = at_work(server)
    assert client.add(pool_id, people).code == 0
    writer, port = server.writer(), server.url.rpartition(":")[2]
    assert is_there(writer)
    server.kill()
    until(lambda: not is_there(writer))
    with running_server(sqlite_file, "--port", port) as next_server:
        assert set(next_server.client_of(client.app).members(pool_id)) == set(people)


def test_a_signal_to_both_ends_both_in_order(sqlite_file: SqliteStore) -> None:
    """As Ctrl-C on a terminal and systemd send it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with running_server(sqlite_file) as server:
            client, pool_id, people = at_work(server)
            assert client.add(pool_id, people).code == 0
            writer = server.writer()
            os.kill(writer, number)
            assert client.remove(pool_id, people).code == 0  # it does not end for a signal alone
            os.kill(server.process.pid, number)
            assert server.ended() == 0
            assert not is_there(writer)
            assert server.log[-1]["event"] == "stopped"
        assert not sqlite_file.path.with_name("rencai.db-wal").exists()  # all of the log is in the file


def test_a_unit_that_can_not_be_sent_fails_alone(sqlite_file: SqliteStore) -> None:
    command = [sys.executable, "-c", SENT, str(sqlite_file.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "str one",
        "AttributeError framed",
        "str three",
        "RuntimeError odd",
        "LookupError plain",
        "str body 3",
        "ValidationError __call__",
        "False 0",
    ]


def test_a_writer_that_fails_ends(sqlite_file: SqliteStore) -> None:
    """At once, whatever fails, with a line that quotes nothing; and the server with it."""
    command = [sys.executable, "-c", SENT, str(sqlite_file.path), "bad"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == ["False 0", "lost"]
    failed = json.loads(done.stderr)
    assert (failed["event"], failed["failure"]) == ("writer_failed", "AttributeError")
    assert failed["at"][-1].endswith(" framed")
    assert "secret" not in done.stderr


def test_bodies_that_are_hard_to_send_leave_others_alone(sqlite_file: SqliteStore) -> None:
    """Nested as deep as JSON may be, or with more objects than anybody means."""
    with running_server(sqlite_file, "--queue-limit", "4") as server:
        client = server.client()
        pool_id = client.create_pool()
        path = f"/rencai/v1/talent_pools/{pool_id}/membership_changes"
        for depth in (9, 300, 480, 100_000):
            nested = b'{"union":[' * depth + b'"1"' + b"]}" * depth
            for _ in range(5):
                assert client.call("POST", path, raw=b'{"add":{"from":%b}}' % nested).code == 1002002
        many = b",".join([b"{}"] * 200_000)
        assert client.call("POST", path, raw=b'{"add":{"from":{"union":[%b]}}}' % many).code == 1002002
        assert client.add(pool_id, client.create_talents(1)).code == 0


def test_a_defect_in_the_writer_says_where_it_is(sqlite_file: SqliteStore) -> None:
    with running_server(sqlite_file) as server:
        client = server.client()
        (talent_id,) = client.create_talents(1)
        sqlite_file.run("UPDATE talent_profiles SET profile = '7'")
        body = {"talent_id": talent_id, "basic_info": {"name": "x"}}
        assert client.call("POST", "/open-apis/hire/v1/talents/combined_update", body).code == 1002001
        until(lambda: "failure" in [line["event"] for line in server.log])
        (failure,) = [line for line in server.log if line["event"] == "failure"]
        assert failure["failure"] == "ValidationError"
        assert failure["at"][-1].endswith(" decoded")
