"""`kill -9` at random moments under load: acknowledged means durable, and nothing is half there (decision 10)."""

import random
import threading
import time

import httpx
import pytest

from harness import App, Client, Server
from stores import SQLITE, Store
from test_concurrency import replayed

WORKERS = 6
BLOCK = 20


class Worker(threading.Thread):
    """Changes a pool of its own until the server is gone, and remembers what it was told."""

    def __init__(
        self, url: str, app: App, token: str, pool_id: str, blocks: list[list[str]], acknowledged: "Told"
    ) -> None:
        super().__init__()
        self._client = Client(url, app)
        self._client.token = token
        self._pool_id = pool_id
        self._blocks = blocks
        self.told = acknowledged
        self.in_flight: tuple[int, int] | None = None
        self.refused: list[str] = []

    def run(self) -> None:
        draw = random.Random()
        while True:
            option_type, block = draw.choice((1, 1, 2)), draw.randrange(len(self._blocks))
            self.in_flight = (option_type, block)
            try:
                reply = self._client.batch_change(self._pool_id, self._blocks[block], option_type)
            except httpx.HTTPError:
                break
            if reply.code != 0:
                self.refused.append(str(reply))
                break
            self.told.took(option_type, block, reply.headers.get("X-Rencai-Change-Id"))
            self.in_flight = None
        self._client.http.close()


class Told:
    """What a pool must hold, by what was acknowledged."""

    def __init__(self) -> None:
        self.blocks: set[int] = set()
        self.change_ids: list[str] = []

    def took(self, option_type: int, block: int, change_id: str | None) -> None:
        """A call was acknowledged."""
        self.blocks = self.after(option_type, block)
        if change_id is not None:
            self.change_ids.append(change_id)

    def after(self, option_type: int, block: int) -> set[int]:
        """The blocks that are in the pool after a call."""
        return self.blocks | {block} if option_type == 1 else self.blocks - {block}


def settle(client: Client, worker: Worker, pool_id: str, blocks: list[list[str]]) -> None:
    """The pool holds what was acknowledged, with the call in flight whole or not at all; history says the same."""
    members = client.members(pool_id)
    by_what_was_told = {person for block in worker.told.blocks for person in blocks[block]}
    changes = [change["id"] for change in client.changes(pool_id)][::-1]
    known = worker.told.change_ids
    if set(members) != by_what_was_told:
        assert worker.in_flight is not None
        worker.told.blocks = worker.told.after(*worker.in_flight)
        assert set(members) == {person for block in worker.told.blocks for person in blocks[block]}
        worker.told.change_ids = [*known, changes[-1]]
    assert changes == worker.told.change_ids
    assert members == replayed(client, pool_id)


def survive(database: Store, kills: int) -> int:
    """Kill so many servers on one file, each under load on pools of its own. How many calls were acknowledged."""
    server = Server(database)
    client = server.client()
    app = client.app
    blocks = [client.create_talents(BLOCK) for _ in range(8)]
    survived: dict[str, Told] = {}
    for _ in range(kills):
        pools = {client.create_pool(): Told() for _ in range(WORKERS)}
        token = client.fetch_token()
        workers = [Worker(server.url, app, token, pool_id, blocks, told) for pool_id, told in pools.items()]
        for worker in workers:
            worker.start()
        time.sleep(random.uniform(0.05, 0.6))
        server.kill()
        for worker in workers:
            worker.join(30)
            assert not worker.refused
        server = Server(database)
        client = server.client_of(app)
        for worker, pool_id in zip(workers, pools, strict=True):
            settle(client, worker, pool_id, blocks)
        survived |= pools
    for pool_id, told in survived.items():
        assert set(client.members(pool_id)) == {person for block in told.blocks for person in blocks[block]}
    server.kill()
    if database.engine == SQLITE:
        assert database.rows("PRAGMA integrity_check") == [["ok"]]
    return sum(len(told.change_ids) for told in survived.values())


def test_five_kills_lose_nothing(database: Store) -> None:
    assert survive(database, 5) > 20


@pytest.mark.soak
def test_fifty_kills_lose_nothing(database: Store) -> None:
    assert survive(database, 50) > 200
