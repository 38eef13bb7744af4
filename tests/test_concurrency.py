"""Many clients on the same pools and people: the outcome is a serial order, and history tells which."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import Client, Server

CLIENTS = 16
CALLS = 40


def replayed(client: Client, pool_id: str) -> dict[str, str]:
    """The members and their add_time as the pool's changes, in the order of their versions, make them.

    A change that adds a member, or removes somebody who is none, fails the test.
    """
    members: dict[str, str] = {}
    changes = client.changes(pool_id)[::-1]
    for expected_version, change in enumerate(changes, 1):
        (part,) = [part for part in change["parts"] if part["talent_pool_id"] == pool_id]
        assert part["version"] == expected_version
        assert members.keys().isdisjoint(part["added"])
        for talent_id in part["removed"]:
            del members[talent_id]
        members |= dict.fromkeys(part["added"], change["time"])
    return members


def crowd(server: Server, work: Callable[[Client, random.Random], None]) -> None:
    """So many clients at once, each drawing its own calls."""
    app = server.create_app("crowd")

    def one(number: int) -> None:
        client = Client(server.url, app)
        try:
            work(client, random.Random(number))
        finally:
            client.http.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(CLIENTS)))


def test_membership_is_the_replay_of_its_changes(server: Server) -> None:
    client = server.client("crowd")
    pools = [client.create_pool() for _ in range(4)]
    people = client.create_talents(60)

    def work(caller: Client, draw: random.Random) -> None:
        for _ in range(CALLS):
            pool_id = draw.choice(pools)
            if draw.random() < 0.2:
                reply = caller.move(pool_id, draw.choice(people), draw.choice((1, 2)))
            else:
                reply = caller.batch_change(pool_id, draw.sample(people, draw.randint(1, 30)), draw.choice((1, 2)))
            assert reply.code == 0

    crowd(server, work)
    for pool_id in pools:
        members = client.members(pool_id)
        assert members == replayed(client, pool_id)
        assert client.call("GET", f"/rencai/v1/talent_pools/{pool_id}/talents").data["member_count"] == len(members)


def test_people_and_pools_that_go_away_meanwhile_leave_no_membership(server: Server) -> None:
    client = server.client("crowd")
    pools = [client.create_pool() for _ in range(3)]
    people = client.create_talents(120)
    doomed_pool = pools[0]

    def work(caller: Client, draw: random.Random) -> None:
        for step in range(15):
            if step % 5 == 0:
                reply = caller.call("DELETE", f"/rencai/v1/talents/{draw.choice(people)}")
                assert reply.code in (0, 1002102)
            reply = caller.add(draw.choice(pools), draw.sample(people, 5))
            assert reply.code in (0, 1002102, 1002109)
            if step == 7:
                caller.call("DELETE", f"/rencai/v1/talent_pools/{doomed_pool}?force=true")

    crowd(server, work)
    there = {person for person in people if client.add(pools[1], [person]).code == 0}
    assert 0 < len(there) < len(people)
    assert client.add(doomed_pool, [next(iter(there))]).code == 1002109
    for pool_id in pools[1:]:
        members = client.members(pool_id)
        assert members.keys() <= there
        assert members == replayed(client, pool_id)
    assert replayed(client, doomed_pool) == {}


@pytest.mark.parametrize("attempt", range(3))
def test_one_email_makes_one_talent_however_many_ask_at_once(server: Server, attempt: int) -> None:
    codes: list[int] = []
    body = {"talents": [{"basic_info": {"name": "x", "email": f"only{attempt}@example.com"}}]}

    def work(caller: Client, _: random.Random) -> None:
        codes.append(caller.call("POST", "/rencai/v1/talents/batch_create", body).code)

    crowd(server, work)
    assert sorted(codes) == [0] + [1002105] * (CLIENTS - 1)
