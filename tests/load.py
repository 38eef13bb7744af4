"""Clients that change pools of a running server, each on its own connection, until they are told to stop."""

import contextlib
import random
import threading
from collections.abc import Generator
from typing import NamedTuple

from harness import Client, Server


class Load:
    """What the clients have had acknowledged so far."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.failures: list[str] = []
        self.stopping = threading.Event()

    def work(self, client: Client, pools: list[str], people: list[str], seed: int) -> None:
        draw = random.Random(seed)
        try:
            while not self.stopping.is_set():
                option_type = draw.choice((1, 1, 2))
                reply = client.batch_change(draw.choice(pools), draw.sample(people, 20), option_type)
                assert reply.code == 0, reply
                self.acknowledged += 1
        except Exception as failure:
            self.failures.append(repr(failure))


class Town(NamedTuple):
    """A client, the pools it made and the people."""

    client: Client
    pools: list[str]
    people: list[str]


def town(server: Server, people: int = 200, pools: int = 4) -> Town:
    """A new tenant's people and pools, who have been moved about already."""
    client = server.client()
    made = Town(
        client, [client.create_pool(f"pool {number}") for number in range(pools)], client.create_talents(people)
    )
    draw = random.Random(people)
    for turn in range(40):
        reply = client.batch_change(draw.choice(made.pools), draw.sample(made.people, 20), 1 + turn % 2)
        assert reply.code == 0
    return made


@contextlib.contextmanager
def under_load(server: Server, place: Town, clients: int = 4) -> Generator[Load]:
    """Clients at work as long as the block runs. Each call of each must be acknowledged."""
    load = Load()
    threads: list[threading.Thread] = []
    for number in range(clients):
        client = server.client_of(place.client.app)
        client.token = place.client.token
        threads.append(threading.Thread(target=load.work, args=(client, place.pools, place.people, number)))
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join()
    assert load.failures == []
