"""Expressions over pools against Python's sets (decision 38)."""

import random
import time
from typing import Any

import pytest

from bench import seed, work
from harness import App, Client, Reply, Server, running_server
from rencai.operations import pool_sets
from stores import SqliteStore

Expression = Any


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def evaluate(client: Client, expression: Expression, query: str = "", **more: Any) -> Reply:
    return client.call("POST", f"/rencai/v1/talent_pools/evaluate?{query}", {"expression": expression, **more})


def everything(client: Client, expression: Expression, page_size: int = 7, **more: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        reply = evaluate(client, expression, f"page_size={page_size}&page_token={token}", **more)
        found += reply.data["items"]
        if not reply.data["has_more"]:
            assert reply.data["count"] == len(found)
            return found
        token = reply.data["page_token"]


def drawn(draw: random.Random, pools: dict[str, set[str]], depth: int) -> tuple[Expression, set[str]]:
    """An expression, and what it must come to."""
    if depth == 0 or draw.random() < 0.3:
        pool = draw.choice(sorted(pools))
        return pool, pools[pool]
    name = draw.choice(["union", "intersect", "minus"])
    operands = [drawn(draw, pools, depth - 1) for _ in range(draw.randint(1, 3))]
    (_, first), *others = operands
    sets = [found for _, found in others]
    meant = {"union": first.union, "intersect": first.intersection, "minus": first.difference}[name](*sets)
    return {name: [expression for expression, _ in operands]}, meant


def test_expressions_are_what_pythons_sets_are(tenant: Client) -> None:
    draw = random.Random(7)
    people = tenant.create_talents(40)
    pools: dict[str, set[str]] = {}
    for _ in range(4):
        members = draw.sample(people, draw.randint(0, 30))
        pools[pool := tenant.create_pool()] = set(members)
        if members:
            tenant.add(pool, members)
    for _ in range(60):
        expression, meant = drawn(draw, pools, 3)
        assert everything(tenant, expression) == sorted(meant)


def test_an_expression_at_a_moment(tenant: Client) -> None:
    one, two, people = tenant.create_pool(), tenant.create_pool(), tenant.create_talents(6)
    tenant.add(one, people[:4])
    tenant.add(two, people[2:])
    time.sleep(0.005)
    moment = str(int(time.time() * 1000))
    time.sleep(0.005)
    tenant.remove(one, people[:3])
    tenant.remove(two, people[5:])
    assert everything(tenant, {"intersect": [one, two]}, at=moment) == people[2:4]
    assert everything(tenant, {"union": [one, two]}) == people[2:5]
    assert evaluate(tenant, one, at=str(int(time.time() * 1000) + 3_600_000)).fields == ["at"]


def test_pools_of_several_blocks_that_end_at_different_people(sqlite_file: SqliteStore) -> None:
    seed.seed_rencai(sqlite_file.path, 3 * pool_sets.BLOCK, 2)
    people = [str(work.talent_id(number)) for number in range(3 * pool_sets.BLOCK)]
    one, two = (str(work.pool_id(number)) for number in range(2))
    with running_server(sqlite_file) as server:
        client = server.client_of(App("bench", work.APP_ID, work.APP_SECRET))
        for pool, members in ((one, people[:45_000]), (two, people[15_000:])):
            path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
            for start in range(0, len(members), 10_000):
                assert client.call("POST", path, {"add": members[start : start + 10_000]}).code == 0
        assert everything(client, {"union": [one, two]}, 1_000) == people
        assert everything(client, {"intersect": [one, two]}, 1_000) == people[15_000:45_000]
        assert everything(client, {"minus": [one, two]}, 1_000) == people[:15_000]


def test_a_change_takes_expressions_and_the_target_may_occur_in_them(tenant: Client) -> None:
    one, two, target, people = *(tenant.create_pool() for _ in range(3)), tenant.create_talents(6)
    tenant.add(one, people[:3])
    tenant.add(two, people[2:5])
    tenant.add(target, people[4:])
    path = f"/rencai/v1/talent_pools/{target}/membership_changes"
    body = {
        "add": {"from": {"minus": [{"union": [one, two]}, target]}},
        "remove": {"from": {"minus": [target, one, two]}},
    }
    dry = tenant.call("POST", path, {**body, "dry_run": True})
    reply = tenant.call("POST", path, body)
    assert {**reply.data, "change_id": None} == dry.data
    assert (reply.data["added"], reply.data["removed"], reply.data["unchanged"]) == (people[:4], people[5:], [])
    assert sorted(tenant.members(target)) == people[:5]
    assert tenant.call("POST", path, {"add": {"from": one}}).data["unchanged"] == people[:3]
    mixed = tenant.call("POST", path, {"remove": {"from": one}, "add": people[:1]})
    assert (mixed.code, mixed.fields) == (1002002, ["remove"])


def test_bad_expressions_are_named(server: Server, tenant: Client) -> None:
    pool = tenant.create_pool()
    foreign = server.client("sets-other").create_pool()
    for expression, code, field in (
        ("7", 1002109, "expression"),
        (foreign, 1002109, "expression"),
        ({"union": [pool, {"minus": [pool, foreign]}]}, 1002109, "expression.union[1].minus[1]"),
        ({}, 1002002, "expression"),
        ({"union": [pool], "minus": [pool]}, 1002002, "expression"),
        ({"union": []}, 1002002, "expression"),
        ({"union": [pool] * 33}, 1002002, "expression"),
        (7, 1002002, "expression"),
    ):
        reply = evaluate(tenant, expression)
        assert (reply.status, reply.code, reply.fields[0]) == (400, code, field)
    nested: Expression = pool
    for _ in range(9):
        nested = {"union": [nested]}
    assert evaluate(tenant, nested).code == 1002002
    assert evaluate(tenant, {"union": [{"union": [pool] * 16}] * 2}).data["count"] == 0
    for named in ([tenant.create_pool() for _ in range(17)], [pool] * 17):
        assert evaluate(tenant, {"union": [{"union": named}] * 2}).fields == ["expression"]


def test_more_than_ten_thousand_are_too_many_for_one_change(tenant: Client) -> None:
    pool, target = tenant.create_pool(), tenant.create_pool()
    for _ in range(11):
        people = tenant.create_talents(1000)
        path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
        assert tenant.call("POST", path, {"add": people}).code == 0
    assert evaluate(tenant, pool).data["count"] == 11_000
    reply = tenant.call("POST", f"/rencai/v1/talent_pools/{target}/membership_changes", {"add": {"from": pool}})
    assert (reply.status, reply.code, reply.fields) == (400, 1990009, ["add.from"])
