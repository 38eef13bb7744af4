"""History: changes by pool, talent, app, operation, label and time; members and pools at a moment; differences."""

import time
from typing import Any

import pytest

from harness import Client, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def native(client: Client, pool: str, **body: Any) -> str:
    reply = client.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", body)
    assert reply.code == 0, reply
    return reply.data["change_id"]


def listed(client: Client, query: str = "") -> list[str]:
    return [item["id"] for item in client.pages(f"/rencai/v1/changes?{query}", page_size=2)]


def members_at(client: Client, pool: str, at: int) -> dict[str, str]:
    path = f"/rencai/v1/talent_pools/{pool}/talents?at={at}"
    return {item["talent_id"]: item["add_time"] for item in client.pages(path, page_size=2)}


def test_changes_are_found_by_what_is_known_of_them(server: Server, tenant: Client) -> None:
    pool, other, (a, b) = tenant.create_pool(), tenant.create_pool(), tenant.create_talents(2)
    first = native(tenant, pool, add=[a], run_id="r1")
    second = native(tenant, pool, add=[b], run_id="r2")
    colleague = server.client(tenant.app.tenant_key)
    third = native(tenant, other, add=[a, b], run_id="r1")
    fourth = tenant.remove(pool, [a]).headers["X-Rencai-Change-Id"]
    everything = [first, second, third, fourth]
    assert listed(tenant) == everything[::-1]
    assert listed(tenant, "order=asc") == everything
    assert listed(tenant, f"talent_pool_id={pool}") == [fourth, second, first]
    assert listed(tenant, f"talent_pool_id={pool}&order=asc") == [first, second, fourth]
    assert listed(tenant, f"talent_id={a}") == [fourth, third, first]
    assert listed(tenant, f"talent_id={a}&order=asc&talent_pool_id={pool}") == [first, fourth]
    assert listed(tenant, "run_id=r1") == [third, first]
    assert listed(tenant, "run_id=r1&order=asc") == [first, third]
    assert listed(tenant, f"run_id=r1&talent_pool_id={pool}") == [first]
    assert listed(tenant, f"run_id=r1&talent_id={b}") == [third]
    assert listed(tenant, "operation=talent_pool_batch_change") == [fourth]
    assert listed(tenant, f"app_id={tenant.app.app_id}&operation=membership_change") == [third, second, first]
    assert listed(tenant, f"app_id={colleague.app.app_id}") == listed(tenant, "talent_id=7") == []
    times = {item["id"]: int(item["time"]) for item in tenant.pages("/rencai/v1/changes")}
    assert listed(tenant, f"start_time={times[second]}&end_time={times[third]}") == [
        made for made in everything[::-1] if times[second] <= times[made] <= times[third]
    ]
    bad = {
        "order=up": "order",
        "start_time=5&end_time=4": "end_time",
        "start_time=x": "start_time",
        "run_id=%00": "run_id",
    }
    for query, field in bad.items():
        reply = tenant.call("GET", f"/rencai/v1/changes?{query}")
        assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])
    assert listed(tenant, "app_id=%00") == []
    assert tenant.call("GET", "/rencai/v1/changes?talent_pool_id=7").code == 1002109


def test_members_at_a_moment_are_those_of_the_recorded_past(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(6)
    past: list[tuple[int, dict[str, str]]] = []
    for step in range(12):
        add = [who for index, who in enumerate(people) if (step + index) % 3 == 0]
        native(tenant, pool, add=add, remove=[who for who in people if who not in add][: step % 4])
        newest = next(tenant.pages(f"/rencai/v1/changes?talent_pool_id={pool}"))
        past.append((int(newest["time"]), tenant.members(pool)))
        time.sleep(0.003)
    for moment, members in past:
        assert members_at(tenant, pool, moment) == members
        page = tenant.call("GET", f"/rencai/v1/talent_pools/{pool}/talents?at={moment}").data
        assert page["member_count"] == len(members)
    assert members_at(tenant, pool, past[0][0] - 1) == {}
    for since, before in past[::4]:
        for until, after in past[::3]:
            if since <= until:
                path = f"/rencai/v1/talent_pools/{pool}/diff?from={since}&to={until}"
                found = {item["talent_id"]: item["outcome"] for item in tenant.pages(path, page_size=2)}
                came, left = after.keys() - before.keys(), before.keys() - after.keys()
                assert found == dict.fromkeys(came, "added") | dict.fromkeys(left, "removed")


def test_a_persons_pools_now_and_at_a_moment(tenant: Client) -> None:
    (who,) = tenant.create_talents(1)
    pools = [tenant.create_pool() for _ in range(3)]
    for pool in pools:
        tenant.add(pool, [who])
        time.sleep(0.003)
    path = f"/rencai/v1/talents/{who}/talent_pools"
    now = list(tenant.pages(path, page_size=2))
    assert [(item["talent_pool_id"], item["is_deleted"]) for item in now] == [(pool, False) for pool in pools]
    assert [item["add_time"] for item in now] == [tenant.members(pool)[who] for pool in pools]
    moment = now[1]["add_time"]
    tenant.remove(pools[0], [who])
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{pools[1]}?force=true")
    assert [item["talent_pool_id"] for item in tenant.pages(path)] == [pools[2]]
    then = list(tenant.pages(f"{path}?at={moment}"))
    assert [(item["talent_pool_id"], item["is_deleted"]) for item in then] == [(pools[0], False), (pools[1], True)]
    unknown = tenant.call("GET", "/rencai/v1/talents/7/talent_pools")
    assert unknown.code == 1002102


def test_moments_that_can_not_be(tenant: Client) -> None:
    pool, (who,) = tenant.create_pool(), tenant.create_talents(1)
    future = int(time.time() * 1000) + 3_600_000
    paths = (f"talent_pools/{pool}/talents?at={future}", f"talents/{who}/talent_pools?at={future}")
    for path in paths:
        assert tenant.call("GET", f"/rencai/v1/{path}").fields == ["at"]
    diff = f"/rencai/v1/talent_pools/{pool}/diff"
    for query, field in ((f"from=5&to={future}", "to"), ("from=5&to=4", "to"), ("from=5", "to"), ("to=x&from=1", "to")):
        reply = tenant.call("GET", f"{diff}?{query}")
        assert (reply.code, reply.fields) == (1002002, [field])
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{pool}")
    for path in (f"{diff}?from=1&to=2", f"/rencai/v1/talent_pools/{pool}/talents?at=5"):
        assert tenant.call("GET", path).code == 1002109
    assert len(listed(tenant, f"talent_pool_id={pool}")) == 1


def test_members_are_told_with_who_they_are_to_whom_may_see_it(server: Server) -> None:
    tenant = server.client("members with people")
    pool = tenant.create_pool()
    known = {"email": "a@example.com", "mobile": "13900139000", "mobile_country_code": "CN_1"}
    a, b = tenant.create_talent("Ada", basic_info=known), tenant.create_talent("Bob")
    native(tenant, pool, add=[a, b])
    path = f"/rencai/v1/talent_pools/{pool}/talents"
    plain = tenant.call("GET", path).data["items"]
    (ada, bob) = tenant.call("GET", f"{path}?with_people=true").data["items"]
    shown = {"name": "Ada", "email": "a@example.com", "mobile_code": "86", "mobile_number": "13900139000"}
    assert ada == plain[0] | shown
    assert bob == plain[1] | {"name": "Bob"}
    assert plain[0].keys() == {"talent_id", "add_time"}
    narrow = server.client("members with people", scopes=("hire:talent_folder:readonly",))
    assert narrow.call("GET", f"{path}?with_people=true").data["items"] == plain
    at = int(bob["add_time"])
    assert tenant.call("DELETE", f"/rencai/v1/talents/{a}").code == 0
    then = tenant.call("GET", f"{path}?with_people=true&at={at}").data["items"]
    assert then == [plain[0], bob]  # of who is gone nothing is kept
