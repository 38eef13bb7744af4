"""Undo: what a change did is put back, except what later changes touched or who is gone; it is a change (36)."""

import time
from typing import Any

import pytest

from harness import Client, Reply, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def undo(client: Client, change_id: str, **body: Any) -> Reply:
    return client.call("POST", f"/rencai/v1/changes/{change_id}/undo", body)


def made(reply: Reply) -> str:
    return reply.headers["X-Rencai-Change-Id"]


def test_removed_members_come_back_with_the_add_time_they_had(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(3)
    tenant.add(pool, people)
    before = tenant.members(pool)
    time.sleep(0.005)
    change = made(tenant.remove(pool, people[:2]))
    dry = undo(tenant, change, dry_run=True)
    part = {"talent_pool_id": pool, "added": sorted(people[:2]), "removed": []}
    assert dry.data == {"change_id": None, "parts": [part], "conflicts": []}
    assert list(tenant.members(pool)) == [people[2]]
    reply = undo(tenant, change, reason="oops")
    assert reply.data == {"change_id": made(reply), "parts": [part], "conflicts": []}
    assert tenant.members(pool) == before
    newest, undone, _ = tenant.changes(pool)
    assert (newest["operation"], newest["reason"], newest["undo_of"]) == ("change_undo", "oops", change)
    assert undone["undone_by"] == made(reply)
    again = undo(tenant, change)
    assert (again.status, again.code, again.error["field_violations"][0]["value"]) == (409, 1990007, made(reply))


def test_an_undo_is_undone_and_that_again(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(3)
    tenant.add(pool, people[:1])
    change = made(
        tenant.call(
            "POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", {"add": people[1:], "remove": people[:1]}
        )
    )
    states = [set(people[:1]), set(people[1:])]
    for step in range(4):
        change = made(undo(tenant, change))
        assert set(tenant.members(pool)) == states[step % 2]


def test_what_a_later_change_touched_is_left_alone(tenant: Client) -> None:
    pool, (a, b, c, d) = tenant.create_pool(), tenant.create_talents(4)
    tenant.add(pool, [c, d])
    change = made(
        tenant.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", {"add": [a, b], "remove": [c, d]})
    )
    tenant.remove(pool, [a])
    tenant.add(pool, [a])  # it is there, but it is another membership
    tenant.add(pool, [c])
    tenant.remove(pool, [c])  # it is out, but not since the change
    reply = undo(tenant, change)
    why = "a later change has touched it"
    assert reply.data["parts"] == [{"talent_pool_id": pool, "added": [d], "removed": [b]}]
    conflicts = sorted((item["talent_id"], item["reason"]) for item in reply.data["conflicts"])
    assert conflicts == sorted([(a, why), (c, why)])
    assert set(tenant.members(pool)) == {a, d}


def test_silent_repeats_touch_nothing(tenant: Client) -> None:
    pool, (a,) = tenant.create_pool(), tenant.create_talents(1)
    change = made(tenant.add(pool, [a]))
    tenant.add(pool, [a])
    assert undo(tenant, change).data["conflicts"] == []
    assert tenant.members(pool) == {}


def test_who_is_gone_stays_gone(tenant: Client) -> None:
    pool, (a, b) = tenant.create_pool(), tenant.create_talents(2)
    tenant.add(pool, [a, b])
    change = made(tenant.remove(pool, [a, b]))
    tenant.call("DELETE", f"/rencai/v1/talents/{a}")
    reply = undo(tenant, change)
    assert reply.data["conflicts"] == [
        {"talent_pool_id": pool, "talent_id": a, "reason": "the talent has been deleted"}
    ]
    assert list(tenant.members(pool)) == [b]


def test_where_nothing_can_be_put_back_there_is_no_change(tenant: Client) -> None:
    pool, (a,) = tenant.create_pool(), tenant.create_talents(1)
    change = made(tenant.add(pool, [a]))
    tenant.remove(pool, [a])
    for _ in range(2):
        reply = undo(tenant, change)
        assert (reply.data["change_id"], reply.data["parts"], len(reply.data["conflicts"])) == (None, [], 1)
    assert len(tenant.changes(pool)) == 2


def test_a_move_is_undone_in_all_its_pools(tenant: Client) -> None:
    one, two, target, (who,) = *(tenant.create_pool() for _ in range(3)), tenant.create_talents(1)
    tenant.add(one, [who])
    tenant.add(two, [who])
    change = made(tenant.move(target, who, 2))
    assert len(undo(tenant, change).data["parts"]) == 3
    assert (list(tenant.members(one)), list(tenant.members(two)), tenant.members(target)) == ([who], [who], {})


def test_a_pool_that_is_gone_can_not_be_put_back(tenant: Client) -> None:
    pool, other, (who,) = tenant.create_pool(), tenant.create_pool(), tenant.create_talents(1)
    tenant.add(other, [who])
    change = made(tenant.move(pool, who, 2))
    deleted = made(tenant.call("DELETE", f"/rencai/v1/talent_pools/{pool}?force=true"))
    for gone in (change, deleted):
        reply = undo(tenant, gone)
        assert (reply.status, reply.code) == (400, 1002109)
    assert tenant.members(other) == {}


def test_unknown_changes_and_those_of_others(server: Server, client: Client) -> None:
    other = server.client("undo-other")
    pool, (who,) = other.create_pool(), other.create_talents(1)
    foreign = made(other.add(pool, [who]))
    for change in ("7", "x", foreign):
        reply = undo(client, change)
        assert (reply.status, reply.code, reply.fields) == (400, 1990003, ["change_id"])
    assert list(other.members(pool)) == [who]
    assert undo(other, foreign, reason="x" * 501).fields == ["reason"]
