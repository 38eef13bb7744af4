"""A server with the load generator in front of it: what is asked of it, and what each phase measured."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import msgspec

from bench import load, native, runs
from bench.servers import Server
from bench.work import ADD, REMOVE, Change, Timing

MOST_READS = 2_000
MOST_CLIENTS = 64
HEAD_START = 0.5  # seconds that dry runs go on before and after the adds beside them


class LoadedServer:
    """A server with the load generator in front of it."""

    def __init__(self, server: Server, worker: ProcessPoolExecutor, token: str) -> None:
        self.server = server
        self._worker = worker
        self._token = token

    def add_repeat_remove(self, changes: list[Change], clients: int, seconds: float) -> Iterator[tuple[str, Timing]]:
        """Add, add the same again, remove the same: the timing of each."""
        added = self.measured([(change, ADD) for change in changes], clients, seconds)
        yield "add", added
        done = changes[: added.calls]
        yield "repeat", self.measured([(change, ADD) for change in done], clients, seconds)
        yield "remove", self.measured([(change, REMOVE) for change in done], clients, seconds)

    def measured(self, calls: list[tuple[Change, int]], clients: int, seconds: float) -> Timing:
        """The calls in order, until they or the time are used up."""
        requests = [load.encoded(self.server.url, self._token, change, option_type) for change, option_type in calls]
        return self._timed(requests, clients, seconds)

    def runs(self) -> runs.Runs:
        """What makes runs on the server."""
        return runs.Runs(self.server.url, self._token, self.server.cpu_seconds)

    def changed_many(self, changes: list[Change], seconds: float) -> Iterator[tuple[str, Timing]]:
        """Add the people of each native change, then take the same out, by one client: the timing of both."""
        added = self._timed([self._native(change, "add") for change in changes], 1, seconds)
        yield native.ADD_MANY, added
        yield native.REMOVE_MANY, self._timed([self._native(c, "remove") for c in changes[: added.calls]], 1, seconds)

    def measured_beside(self, changes: list[Change], dry: list[Change], seconds: float) -> tuple[Timing, Timing]:
        """Adds, while as many clients as there are dry runs make them over and over; the timing of both."""
        requests = [self._native(change, "add", is_dry=True) for change in dry] * MOST_READS
        job = load.Job(self.server.url, requests[:MOST_READS], len(dry), seconds + 2 * HEAD_START)
        looking = self._worker.submit(load.run, job)
        time.sleep(HEAD_START)
        measured = self.measured([(change, ADD) for change in changes], MOST_CLIENTS, seconds)
        if looking.done():
            raise RuntimeError("the dry runs were over before the adds")
        return measured, looking.result()

    def _native(self, change: Change, side: str, *, is_dry: bool = False) -> bytes:
        body = native.body(change, side, is_dry=is_dry)
        return load.request(self.server.url, self._token, "POST", native.target(change), body)

    def created(self, bodies: list[bytes], clients: int, seconds: float) -> Timing:
        """People created, one a call, until all are or the time is used up."""
        path = "/open-apis/hire/v1/talents/combined_create"
        requests = [load.request(self.server.url, self._token, "POST", path, body) for body in bodies]
        return self._timed(requests, clients, seconds)

    def loaded(self, bodies: list[bytes], clients: int) -> Timing:
        """People created by the native call, however long it takes. A call is one of its people's calls."""
        path = "/rencai/v1/talents/batch_create"
        requests = [load.request(self.server.url, self._token, "POST", path, body) for body in bodies]
        return self._timed(requests, clients, math.inf)

    def read(self, targets: list[str], seconds: float) -> Timing:
        """The targets one after the other, over and over, by one client until the time is used up."""
        requests = [load.request(self.server.url, self._token, "GET", target) for target in targets]
        return self._timed(requests * -(-MOST_READS // len(requests)), 1, seconds)

    def _timed(self, requests: list[bytes], clients: int, seconds: float) -> Timing:
        job = load.Job(self.server.url, requests, clients, seconds)
        before = self.server.cpu_seconds()
        timing = self._worker.submit(load.run, job).result()
        cpu = self.server.cpu_seconds() - before
        return msgspec.structs.replace(timing, cpu_us=1e6 * cpu / timing.calls)
