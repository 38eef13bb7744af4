"""The primary is killed under load and the standby promoted: nothing acknowledged is lost, and no restart is needed."""

import contextlib
import shutil
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import httpx
import pytest

from bench.cluster import Cluster
from harness import App, Client, running_server
from stores import POSTGRESQL, Store
from test_concurrency import replayed

pytestmark = pytest.mark.postgresql
BLOCK = 10
WORKERS = 6


class Hosts(NamedTuple):
    """One database on two hosts."""

    url: str
    engine: str = POSTGRESQL


class Worker(threading.Thread):
    """Adds people to a pool of its own, block by block, each until it is acknowledged."""

    def __init__(self, url: str, app: App, token: str, pool_id: str, people: list[str]) -> None:
        super().__init__()
        self._client = Client(url, app)
        self._client.token = token
        self.pool_id = pool_id
        self._people = people
        self._ending = threading.Event()
        self.acknowledged: list[tuple[float, list[str]]] = []
        self.codes: set[int] = set()

    def end(self) -> None:
        """Make no further call."""
        self._ending.set()
        self.join(60)
        self._client.http.close()

    def run(self) -> None:
        blocks = [self._people[start : start + BLOCK] for start in range(0, len(self._people), BLOCK)]
        for block in blocks:
            while not self._ending.is_set():
                code = self._added(block)
                self.codes.add(code)
                if code == 0:
                    self.acknowledged.append((time.monotonic(), block))
                    break
            time.sleep(0.005)

    def _added(self, block: list[str]) -> int:
        with contextlib.suppress(httpx.HTTPError):
            return self._client.add(self.pool_id, block).code
        return -1


@contextlib.contextmanager
def pair() -> Any:
    """A primary, and a standby that has each commit before it is answered."""
    primary = Cluster(synchronous_commit="on")  # each commit is copied to the standby before it is answered
    name = primary.create()
    standby = Cluster(primary, synchronous_commit="on")
    primary.configure(synchronous_standby_names="*")
    primary.reload()
    hosts = ",".join(quote(str(cluster.folder), safe="") for cluster in (primary, standby))
    try:
        yield primary, standby, name, Hosts(f"postgresql://rencai@/{name}?host={hosts}")
    finally:
        standby.remove()
        shutil.rmtree(primary.folder)


def fail_over() -> float:
    """Kill and promote once under load. Seconds from the promotion to the first call that was acknowledged."""
    with pair() as (primary, standby, name, hosts):
        database = cast("Store", hosts)
        with running_server(database) as one, running_server(database) as other:
            client = one.client()
            people = client.create_talents(1000)
            token = client.fetch_token()
            pools = [client.create_pool() for _ in range(WORKERS)]
            urls = [one.url, other.url] * WORKERS
            workers = [
                Worker(url, client.app, token, pool_id, people) for url, pool_id in zip(urls, pools, strict=False)
            ]
            for worker in workers:
                worker.start()
            time.sleep(0.7)
            assert standby.sql(name, "SELECT pg_is_in_recovery()") == [["t"]]
            primary.kill()
            standby.configure(synchronous_standby_names="")
            standby.promote()
            promoted = time.monotonic()
            time.sleep(4)
            for worker in workers:
                worker.end()
            for worker in workers:
                check(client, worker)
                assert worker.codes <= {0, 1990001, 1002001, -1}
            back = [told for worker in workers for told, _ in worker.acknowledged if told > promoted]
            assert back, "the service did not come back"
            return min(back) - promoted


def check(client: Client, worker: Worker) -> None:
    """What was acknowledged is there, whole; beside it at most the block that was on its way, whole too."""
    members = client.members(worker.pool_id)
    acknowledged = {person for _, block in worker.acknowledged for person in block}
    assert acknowledged <= members.keys()
    assert len(members) - len(acknowledged) in (0, BLOCK)
    changes = client.changes(worker.pool_id)
    assert [len(part["added"]) for change in changes for part in change["parts"]] == [BLOCK] * (len(members) // BLOCK)
    assert members == replayed(client, worker.pool_id)


def test_a_failover_loses_nothing() -> None:
    assert fail_over() < 10


@pytest.mark.soak
def test_ten_failovers_lose_nothing(record_property: Callable[[str, object], None]) -> None:
    taken = [fail_over() for _ in range(10)]
    words = f"median {statistics.median(taken):.2f} s, longest {max(taken):.2f} s"
    record_property("first answer after a standby was promoted, of 10 times", words)
    assert max(taken) < 10
