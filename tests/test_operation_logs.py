"""The operation log: the vendor's numbers, two of our own for pools, by operator and operation (decisions 54, 55)."""

from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server

LOGS = f"{HIRE}/talent_operation_logs/search"
EVERYTHING = [1, 2, 11, 12, 20, 21, 990001, 990002]


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def search(client: Client, operators: list[str], operations: list[int], query: str = "", **more: Any) -> Reply:
    body = {"operator_id_list": operators, "operation_list": operations, **more}
    return client.call("POST", f"{LOGS}?{query}", body)


def everything(client: Client, operators: list[str], operations: list[int], page_size: int = 3) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        data = search(client, operators, operations, f"page_size={page_size}&page_token={token}").data
        found += data["items"]
        if not data["has_more"]:
            return found
        token = data["page_token"]


def test_every_call_writes_its_number_newest_first(tenant: Client) -> None:
    app = tenant.app.app_id
    who = tenant.create_talent(creator_id="ou_1")
    tenant.call("POST", f"{HIRE}/talents/combined_update", {"talent_id": who, "basic_info": {}, "operator_id": "ou_2"})
    tags = [tenant.create_tag(), tenant.create_tag()]
    for operation in (1, 2):
        tenant.call("POST", f"{HIRE}/talents/{who}/tag", {"operation": operation, "tag_id_list": tags})
    for option in (1, 1, 2, 2):  # a repeat is no operation
        body = {"talent_id": who, "option": option, "reason": "x"}
        tenant.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", body)
    pool, other = tenant.create_pool(), tenant.create_pool()
    tenant.add(pool, [who])
    tenant.add(pool, [who])
    tenant.move(other, who, 2)
    found = everything(tenant, [app, "ou_1", "ou_2"], EVERYTHING)
    assert [item["operation_type"] for item in found[2:]] == [990001, 21, 20, 12, 12, 11, 11, 2, 1]
    assert sorted(item["operation_type"] for item in found[:2]) == [990001, 990002]
    assert {item["talent_id"] for item in found} == {who}
    assert [int(item["operation_time"]) for item in found] == sorted(
        (int(item["operation_time"]) for item in found), reverse=True
    )
    by = {item["operation_type"]: (item["operator"], item["operator_type"]) for item in found}
    assert (by[1], by[2]) == (({"id": "ou_1"}, 1), ({"id": "ou_2"}, 1))
    assert [by[number] for number in EVERYTHING[2:]] == [({"id": app}, 3)] * 6
    assert search(tenant, ["ou_1"], EVERYTHING).msg == "ok"


def test_the_log_is_filtered_by_operator_and_operation(tenant: Client) -> None:
    app = tenant.app.app_id
    people = tenant.create_talents(3)
    pool = tenant.create_pool()
    tenant.add(pool, people)
    tenant.remove(pool, people[:1])
    assert [item["talent_id"] for item in everything(tenant, [app], [990002])] == people[:1]
    assert [item["talent_id"] for item in everything(tenant, [app], [990001])] == people
    assert [item["talent_id"] for item in everything(tenant, [app], [1])] == people[::-1]
    for operators, operations in (([], [1]), ([app], []), (["ou_1"], EVERYTHING), ([app], [3001])):
        assert search(tenant, operators, operations).data == {"items": [], "has_more": False}
    assert search(tenant, [app], [1], job_id_list=["7"]).data["items"] == []


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**22])
def test_a_number_that_no_engine_can_keep_is_no_operation(tenant: Client, number: int) -> None:
    who = tenant.create_talent()
    found = search(tenant, [tenant.app.app_id], [number, 1]).data["items"]
    assert [item["talent_id"] for item in found] == [who]


def test_pages_go_on_inside_of_one_change(tenant: Client) -> None:
    app = tenant.app.app_id
    people = tenant.create_talents(20)
    pool, other = tenant.create_pool(), tenant.create_pool()
    tenant.add(pool, people)
    tenant.move(other, people[0], 2)
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{pool}?force=true")
    whole = everything(tenant, [app], EVERYTHING, page_size=100)
    assert len(whole) == 20 + 20 + 2 + 19
    for page_size in (1, 3, 19):
        assert everything(tenant, [app], EVERYTHING, page_size) == whole


def test_the_log_outlives_the_talent(tenant: Client) -> None:
    who = tenant.create_talent()
    pool = tenant.create_pool()
    tenant.add(pool, [who])
    tenant.call("DELETE", f"/rencai/v1/talents/{who}")
    found = everything(tenant, [tenant.app.app_id], EVERYTHING)
    assert [(item["operation_type"], item["talent_id"]) for item in found] == [(990002, who), (990001, who), (1, who)]


def test_a_page_token_is_bound_to_its_filter(tenant: Client) -> None:
    app = tenant.app.app_id
    tenant.create_talents(3)
    token = search(tenant, [app], [1], "page_size=1").data["page_token"]
    assert search(tenant, [app], [1], f"page_size=2&page_token={token}").code == 0
    reply = search(tenant, [app], [1, 2], f"page_token={token}")
    assert (reply.code, reply.fields) == (1002002, ["page_token"])


def test_a_user_id_is_left_out_without_its_scope_and_an_apps_never(tenant: Client) -> None:
    tenant.create_talent(creator_id="u1")
    tenant.create_talent()
    items = search(tenant, ["u1", tenant.app.app_id], [1], "user_id_type=user_id").data["items"]
    assert [item["operator"] for item in items] == [{"id": tenant.app.app_id}, {}]
    assert search(tenant, ["u1"], [1], "user_id_type=people_admin_id").fields == ["user_id_type"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["operator_id_list", "operation_list"]),
        ({"operator_id_list": [1], "operation_list": ["1"]}, ["operator_id_list[0]", "operation_list[0]"]),
        ({"operator_id_list": ["x"] * 101, "operation_list": []}, ["operator_id_list"]),
    ],
)
def test_bad_filters_are_named(client: Client, body: dict[str, Any], fields: list[str]) -> None:
    reply = client.call("POST", LOGS, body)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)


def test_another_tenants_log_is_not_shown(server: Server, tenant: Client) -> None:
    tenant.create_talent(creator_id="ou_shared")
    other = server.client("logs-other")
    assert search(other, ["ou_shared", tenant.app.app_id], EVERYTHING).data["items"] == []
