"""The native change: both lists in one atomic call, every id answered once, a dry run that says what a run does."""

from typing import Any

import pytest

from harness import Client, Reply, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def change(client: Client, pool_id: str, headers: dict[str, str] | None = None, **body: Any) -> Reply:
    return client.call("POST", f"/rencai/v1/talent_pools/{pool_id}/membership_changes", body, headers=headers)


def history(client: Client, pool_id: str) -> list[dict[str, Any]]:
    return client.changes(pool_id)


def test_every_id_is_answered_once_in_input_order(tenant: Client) -> None:
    pool, (a, b, c, d, e) = tenant.create_pool(), tenant.create_talents(5)
    tenant.add(pool, [c, d])
    reply = change(
        tenant, pool, add=[e, "7", c, a, e], remove=[d, b, "x"], on_missing="skip", reason="清理", run_id="spring"
    )
    assert reply.data == {
        "change_id": reply.headers["X-Rencai-Change-Id"],
        "added": [e, a],
        "removed": [d],
        "unchanged": [c, b],
        "missing": ["7", "x"],
        "member_count": 3,
    }
    assert reply.headers["ETag"] == '"2"'
    assert sorted(tenant.members(pool)) == sorted([a, c, e])
    made, _ = history(tenant, pool)
    assert (made["id"], made["operation"]) == (reply.data["change_id"], "membership_change")
    assert (made["reason"], made["run_id"]) == ("清理", "spring")
    assert made["parts"] == [{"talent_pool_id": pool, "version": 2, "added": sorted([a, e]), "removed": [d]}]


def test_one_unknown_id_stops_all_unless_it_is_skipped(tenant: Client) -> None:
    pool, (a, b) = tenant.create_pool(), tenant.create_talents(2)
    tenant.add(pool, [b])
    for dry_run in (False, True):
        reply = change(tenant, pool, add=[a, "7"], remove=["x", b], dry_run=dry_run)
        assert (reply.status, reply.code, reply.msg) == (400, 1002102, "talent not exist: [7, x]")
        assert [(v["field"], v["value"]) for v in reply.error["field_violations"]] == [("add", "7"), ("remove", "x")]
    assert list(tenant.members(pool)) == [b]


def test_where_nothing_changes_there_is_no_change(tenant: Client) -> None:
    pool, (a, b) = tenant.create_pool(), tenant.create_talents(2)
    tenant.add(pool, [a])
    bodies: list[dict[str, Any]] = [{"add": [a], "remove": [b]}, {"add": ["7"], "on_missing": "skip"}]
    for body in bodies:
        reply = change(tenant, pool, **body)
        assert (reply.data["change_id"], reply.data["member_count"]) == (None, 1)
        assert "X-Rencai-Change-Id" not in reply.headers
        assert reply.headers["ETag"] == '"1"'
    assert len(history(tenant, pool)) == 1


@pytest.mark.parametrize("on_missing", ["fail", "skip"])
def test_a_dry_run_says_what_the_run_then_does(tenant: Client, on_missing: str) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(30)
    tenant.add(pool, people[:10])
    body: dict[str, Any] = {"add": people[5:20], "remove": people[:5], "on_missing": on_missing}
    if on_missing == "skip":
        body["add"] = [*body["add"], "7"]
    before = tenant.members(pool)
    dry = change(tenant, pool, dry_run=True, **body)
    assert "X-Rencai-Change-Id" not in dry.headers
    assert (tenant.members(pool), len(history(tenant, pool))) == (before, 1)
    wet = change(tenant, pool, **body)
    assert {**wet.data, "change_id": None} == dry.data
    assert len(tenant.members(pool)) == wet.data["member_count"] == 15


def test_ten_thousand_ids_in_one_change(tenant: Client) -> None:
    pool = tenant.create_pool()
    people = [who for _ in range(10) for who in tenant.create_talents(1000)]
    reply = change(tenant, pool, add=people)
    assert (reply.data["added"], reply.data["member_count"]) == (people, 10_000)
    assert change(tenant, pool, add=people[:1], remove=people[1:]).data["removed"] == people[1:]
    too_many = change(tenant, pool, add=people[:5001], remove=people[5000:])
    assert (too_many.code, too_many.fields) == (1002002, ["add"])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["add"]),
        ({"add": [], "remove": []}, ["add"]),
        ({"add": ["1", "2"], "remove": ["2", "3"]}, ["remove"]),
        ({"add": ["1"] * 10_001}, ["add"]),
        ({"add": [1]}, ["add"]),
        ({"add": "1"}, ["add"]),
        ({"add": ["1"], "on_missing": "ignore"}, ["on_missing"]),
        ({"add": ["1"], "dry_run": 1}, ["dry_run"]),
        ({"add": ["1"], "reason": "x" * 501}, ["reason"]),
        ({"add": ["1"], "reason": "a\0"}, ["reason"]),
        ({"add": ["1"], "run_id": "x" * 65}, ["run_id"]),
        ({"add": ["1"], "run_id": "2236113594926936065"}, ["run_id"]),
    ],
)
def test_bad_bodies_are_named(client: Client, body: dict[str, Any], fields: list[str]) -> None:
    reply = change(client, client.create_pool(), **body)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)


@pytest.mark.parametrize("body", [{}, {"add": ["1"], "remove": ["1"]}, {"add": {"from": {}}}, {"run_id": "7"}])
def test_the_shape_is_looked_at_before_the_pool(client: Client, body: dict[str, Any]) -> None:
    assert change(client, "7", **body).code == 1002002


def test_unknown_pools_and_those_of_others(server: Server, client: Client) -> None:
    for pool in ("7", "x", server.client("native-other").create_pool()):
        for dry_run in (False, True):
            reply = change(client, pool, add=["1"], dry_run=dry_run)
            assert (reply.status, reply.code) == (400, 1002109)


# If-Match


def test_a_pool_that_moved_on_is_left_alone(tenant: Client) -> None:
    pool, (a, b) = tenant.create_pool(), tenant.create_talents(2)
    path = f"/rencai/v1/talent_pools/{pool}"
    assert tenant.call("GET", path).headers["ETag"] == '"0"'
    assert change(tenant, pool, {"If-Match": '"0"'}, add=[a]).headers["ETag"] == '"1"'
    assert tenant.call("GET", f"{path}/talents").headers["ETag"] == '"1"'
    for reply in (
        change(tenant, pool, {"If-Match": '"0"'}, add=[b]),
        change(tenant, pool, {"If-Match": '"0"'}, add=[b], dry_run=True),
        tenant.call("DELETE", f"{path}?force=true", headers={"If-Match": '"0"'}),
    ):
        assert (reply.status, reply.code, reply.fields) == (412, 1990008, ["If-Match"])
    assert list(tenant.members(pool)) == [a]
    assert change(tenant, pool, {"If-Match": "*"}, add=[b]).code == 0
    assert "ETag" not in tenant.call("GET", f"{path}/talents?at=1").headers
    assert tenant.call("DELETE", f"{path}?force=true", headers={"If-Match": '"2"'}).code == 0


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', "", '"1", "2"'])
def test_an_etag_that_is_none_is_refused(client: Client, tag: str) -> None:
    reply = change(client, client.create_pool(), {"If-Match": tag}, add=["1"])
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["If-Match"])
