"""Runs: a list of ids in no order, sent, applied, undone; beside the bare engine's bulk insert into the same tables.

The engine gets the ids in order, looks nothing up and talks to nobody; its statements are the server's, 10,000 ids a
durable commit, and the undo is held against the same insert. The server takes the ids in over HTTP, sorts and checks
them. Nobody else calls during the run and the undo that are timed; that others call beside one is a run of its own.
"""

import http.client
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench.engine import Engine
from bench.work import Timing, pool_id, talent_id

RUN, UNDO, MEANWHILE = "run", "undo of the run", "batch change of another client during a run"
BULK = "bulk insert, 10,000 a commit"
_SLICE = 10_000
_RUN_ID = 1
_LOOK_SECONDS = 0.02


class BulkJob(msgspec.Struct, frozen=True):
    """People, by their numbers, to put into a pool of a database."""

    database: Path
    pool: int
    people: Sequence[int]


def bulk_insert(job: BulkJob) -> Timing:
    """Put the people into the list of a run, and into the pool as changes of 10,000, in order of id."""
    engine = Engine(job.database)
    ids = sorted(map(talent_id, job.people))
    started, cpu_started = time.perf_counter(), time.process_time()
    for version, start in enumerate(range(0, len(ids), _SLICE), 1):
        engine.bulk(_RUN_ID, pool_id(job.pool), version, ids[start : start + _SLICE])
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    engine.close()
    return _timing(len(ids), seconds, cpu)


class Runs:
    """Makes runs on a server. `cpu_seconds` tells what its process has used."""

    def __init__(self, url: str, token: str, cpu_seconds: Callable[[], float]) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}"}
        self._cpu_seconds = cpu_seconds

    def made(self, pool: int, body: bytes, count: int) -> tuple[str, Timing]:
        """Send a list of so many ids and wait until they are in the pool: the run's id, and how long that took."""
        target = f"/rencai/v1/runs?action=add&talent_pool_id={pool_id(pool)}"
        return self._timed(target, body, count)

    def undone(self, run_id: str, count: int) -> Timing:
        """Undo a run of so many ids, and wait until they are out of the pool."""
        _, timing = self._timed(f"/rencai/v1/runs/{run_id}/undo", b"", count)
        return timing

    def _timed(self, target: str, body: bytes, count: int) -> tuple[str, Timing]:
        started, cpu = time.perf_counter(), self._cpu_seconds()
        run = self._call("POST", target, body)["run"]
        while run["state"] in ("queued", "running"):
            time.sleep(_LOOK_SECONDS)
            run = self._call("GET", f"/rencai/v1/runs/{run['id']}")["run"]
        seconds = time.perf_counter() - started
        if (run["state"], run["added"] + run["removed"]) != ("done", count):
            raise RuntimeError(f"not a good run: {run}")
        return run["id"], _timing(count, seconds, self._cpu_seconds() - cpu)

    def _call(self, method: str, target: str, body: bytes = b"") -> Any:
        connection = http.client.HTTPConnection(self._address, timeout=600)
        kind = {"Content-Type": "text/plain"} if body else {}
        connection.request(method, target, body, {**self._headers, **kind})
        reply = json.load(connection.getresponse())
        connection.close()
        if reply["code"] != 0:
            raise RuntimeError(f"not a good reply: {reply}")
        return reply["data"]


def shuffled(count: int, number: int) -> bytes:
    """So many ids in no order, one a line."""
    ids = [talent_id(person) for person in range(count)]
    random.Random(number).shuffle(ids)
    return b"".join(b"%d\n" % talent for talent in ids)


def _timing(count: int, seconds: float, cpu: float) -> Timing:
    """An id counts as a call; the latency is that of all together."""
    return Timing(count, count / seconds, 1000 * seconds, 1000 * seconds, 1e6 * cpu / count)
