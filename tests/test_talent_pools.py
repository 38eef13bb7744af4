"""Talent pools: the vendor's list and move (contract §7, §8), and the native calls that make and show them."""

from typing import Any

import pytest

from harness import Client, Server

NAMES = {"zh_cn": "后端", "en_us": "Backend"}


def pool(client: Client, pool_id: str) -> dict[str, Any]:
    """A pool as the native call shows it."""
    return client.call("GET", f"/rencai/v1/talent_pools/{pool_id}").data["talent_pool"]


def patch(client: Client, pool_id: str, **fields: Any) -> Any:
    return client.call("PATCH", f"/rencai/v1/talent_pools/{pool_id}", fields)


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    """A client in a tenant of the test's own."""
    return server.client(request.node.name)


def test_a_created_pool_is_shown_the_same_everywhere(tenant: Client) -> None:
    body = {"i18n_name": NAMES, "i18n_description": {"zh_cn": "写服务的"}, "is_private": 1}
    made = tenant.call("POST", "/rencai/v1/talent_pools", body).data["talent_pool"]
    assert made == {
        "id": made["id"],
        "i18n_name": NAMES,
        "i18n_description": {"zh_cn": "写服务的", "en_us": ""},
        "is_private": 1,
        "create_time": made["create_time"],
        "modify_time": made["create_time"],
    }
    assert pool(tenant, made["id"]) == made
    assert tenant.call("GET", "/open-apis/hire/v1/talent_pools").data == {"items": [made], "has_more": False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "i18n_name"),
        ({"i18n_name": {}}, "i18n_name"),
        ({"i18n_name": {"zh_cn": "  "}}, "i18n_name"),
        ({"i18n_name": {"en_us": "a\0b"}}, "i18n_name.en_us"),
        ({"i18n_name": {"en_us": "x" * 256}}, "i18n_name.en_us"),
        ({"i18n_name": {"en_us": None}}, "i18n_name.en_us"),
        ({"i18n_name": NAMES, "is_private": 3}, "is_private"),
        ({"i18n_name": NAMES, "is_private": "1"}, "is_private"),
        ({"i18n_name": NAMES, "i18n_description": {"zh_cn": "\0"}}, "i18n_description.zh_cn"),
    ],
)
def test_a_pool_that_can_not_be_is_refused(client: Client, body: dict[str, Any], field: str) -> None:
    reply = client.call("POST", "/rencai/v1/talent_pools", body)
    assert (reply.code, reply.fields) == (1002002, [field])


def test_an_unknown_parent_is_named(client: Client) -> None:
    for parent_id in ("1", "x"):
        reply = client.call("POST", "/rencai/v1/talent_pools", {"i18n_name": NAMES, "parent_id": parent_id})
        assert (reply.status, reply.code, reply.fields) == (400, 1002109, ["parent_id"])


def test_a_patch_changes_what_is_given_and_nothing_else(client: Client) -> None:
    parent_id, pool_id = client.create_pool(), client.create_pool("old")
    before = pool(client, pool_id)
    assert patch(client, pool_id, i18n_name={"zh_cn": "新"}).data["talent_pool"]["i18n_name"] == {
        "zh_cn": "新",
        "en_us": "old",
    }
    patch(client, pool_id, i18n_description={"en_us": "words"}, parent_id=parent_id)
    after = patch(client, pool_id, is_private=1).data["talent_pool"]
    assert int(after["modify_time"]) >= int(before["modify_time"])
    assert after == {
        **before,
        "i18n_name": {"zh_cn": "新", "en_us": "old"},
        "i18n_description": {"zh_cn": "", "en_us": "words"},
        "parent_id": parent_id,
        "is_private": 1,
        "modify_time": after["modify_time"],
    }
    assert "parent_id" not in patch(client, pool_id, parent_id="").data["talent_pool"]
    assert patch(client, pool_id, i18n_name={"zh_cn": "", "en_us": ""}).code == 1002002


def test_a_pool_can_not_go_below_itself(client: Client) -> None:
    top = client.create_pool()
    middle = client.create_pool(parent_id=top)
    bottom = client.create_pool(parent_id=middle)
    for parent_id in (top, middle, bottom):
        reply = patch(client, top, parent_id=parent_id)
        assert (reply.code, reply.fields) == (1002002, ["parent_id"])
    assert patch(client, bottom, parent_id=top).code == 0


def test_a_pool_is_deleted_when_nothing_is_in_the_way(client: Client) -> None:
    parent_id = client.create_pool()
    child_id = client.create_pool(parent_id=parent_id)
    people = client.create_talents(3)
    client.add(parent_id, people)
    refused = client.call("DELETE", f"/rencai/v1/talent_pools/{parent_id}?force=true")
    assert (refused.status, refused.code) == (400, 1990002)
    assert refused.error["field_violations"][0]["value"] == child_id
    assert client.call("DELETE", f"/rencai/v1/talent_pools/{child_id}").data == {}
    refused = client.call("DELETE", f"/rencai/v1/talent_pools/{parent_id}")
    assert (refused.code, refused.fields) == (1990002, ["force"])
    assert sorted(client.members(parent_id)) == people
    assert client.call("DELETE", f"/rencai/v1/talent_pools/{parent_id}?force=maybe").code == 1002002
    done = client.call("DELETE", f"/rencai/v1/talent_pools/{parent_id}?force=true")
    change = client.call("GET", f"/rencai/v1/changes/{done.headers['X-Rencai-Change-Id']}").data["change"]
    assert (change["operation"], change["parts"][0]["removed"]) == ("talent_pool_delete", people)
    gone = client.call("GET", f"/rencai/v1/talent_pools/{parent_id}")
    assert (gone.status, gone.code) == (404, 1002109)
    assert client.call("GET", f"/rencai/v1/talent_pools/{parent_id}/talents").status == 400
    other = client.create_pool()
    assert client.add(other, people).code == 0


def test_a_large_pool_is_deleted_in_parts_of_ten_thousand(server: Server) -> None:
    client = server.client("large")
    pool_id = client.create_pool()
    people = [person for _ in range(11) for person in client.create_talents(1000)]
    for start in range(0, len(people), 50):
        client.add(pool_id, people[start : start + 50])
    done = client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}?force=true")
    change_id = done.headers["X-Rencai-Change-Id"]
    (part,) = client.call("GET", f"/rencai/v1/changes/{change_id}").data["change"]["parts"]
    assert (part["removed"], part["version"]) == (people, 221)
    newest = client.call("GET", f"/rencai/v1/changes?talent_pool_id={pool_id}&page_size=1").data["items"][0]
    assert [(p["added_count"], p["removed_count"]) for p in newest["parts"]] == [(0, 11_000)]


def test_pools_come_in_order_of_creation_page_by_page(tenant: Client) -> None:
    made = [tenant.create_pool(str(number)) for number in range(25)]
    assert [item["id"] for item in tenant.pages("/open-apis/hire/v1/talent_pools/", page_size=4)] == made
    first = tenant.call("GET", "/open-apis/hire/v1/talent_pools").data
    assert len(first["items"]) == 10
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{made[9]}")
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{made[10]}")
    rest = tenant.call("GET", f"/open-apis/hire/v1/talent_pools?page_token={first['page_token']}&page_size=100").data
    assert [item["id"] for item in rest["items"]] == made[11:]


def test_a_list_of_ids_is_read_in_both_forms_and_unknown_ones_are_absent(tenant: Client) -> None:
    one, two = tenant.create_pool(), tenant.create_pool()
    for query in (f"id_list={two}&id_list={one}&id_list=1&id_list=x", f"id_list={two},{one},,x"):
        data = tenant.call("GET", f"/open-apis/hire/v1/talent_pools?{query}").data
        assert [item["id"] for item in data["items"]] == [one, two]
    assert tenant.call("GET", "/open-apis/hire/v1/talent_pools?id_list=x").data == {"items": [], "has_more": False}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page_size=0", 1002004),
        ("page_size=101", 1002004),
        ("page_size=ten", 1002004),
        ("page_size=1.5", 1002004),
        ("page_size=" + "9" * 40, 1002004),
        ("id_list=" + ",".join("1" * 51), 1002005),
        ("&".join(["id_list=1"] * 51), 1002005),
        ("page_token=x", 1002002),
        ("page_token=" + "A" * 32, 1002002),
        ("page_token=%00%ff", 1002002),
    ],
)
def test_the_list_has_codes_of_its_own(client: Client, query: str, code: int) -> None:
    reply = client.call("GET", f"/open-apis/hire/v1/talent_pools?{query}")
    assert (reply.status, reply.code) == (400, code)


def test_a_page_token_is_good_for_its_list_tenant_and_filter_only(server: Server) -> None:
    mine, other = server.client("token-one"), server.client("token-two")
    for client in (mine, other):
        for _ in range(2):
            client.create_pool()
    token = mine.call("GET", "/open-apis/hire/v1/talent_pools?page_size=1").data["page_token"]
    assert mine.call("GET", f"/open-apis/hire/v1/talent_pools?page_token={token}").code == 0
    bad = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    pool_id = mine.create_pool()
    for client, path in (
        (other, f"/open-apis/hire/v1/talent_pools?page_token={token}"),
        (mine, f"/open-apis/hire/v1/talent_pools?page_token={bad}"),
        (mine, f"/open-apis/hire/v1/talent_pools?id_list=1&page_token={token}"),
        (mine, f"/rencai/v1/changes?page_token={token}"),
        (mine, f"/rencai/v1/talent_pools/{pool_id}/talents?page_token={token}"),
    ):
        reply = client.call("GET", path)
        assert (reply.code, reply.fields) == (1002002, ["page_token"])


def test_members_come_by_talent_id_page_by_page(client: Client) -> None:
    pool_id, people = client.create_pool(), client.create_talents(25)
    client.add(pool_id, people[::-1])
    path = f"/rencai/v1/talent_pools/{pool_id}/talents"
    assert [item["talent_id"] for item in client.pages(path, page_size=4)] == people
    first = client.call("GET", f"{path}?page_size=10").data
    client.remove(pool_id, people[5:15])
    rest = client.call("GET", f"{path}?page_token={first['page_token']}").data
    assert [item["talent_id"] for item in rest["items"]] == people[15:]
    assert rest["member_count"] == 15
    for page_size in (0, 1001, "x"):
        assert client.call("GET", f"{path}?page_size={page_size}").code == 1002002


def test_a_move_keeps_the_add_time_of_a_member_and_is_one_change(client: Client) -> None:
    here, there, elsewhere = (client.create_pool() for _ in range(3))
    (who,) = client.create_talents(1)
    for pool_id in (here, there, elsewhere):
        client.add(pool_id, [who])
    before = client.members(here)
    assert "X-Rencai-Change-Id" not in client.move(here, who, 1).headers
    moved = client.move(here, who, 2)
    assert (moved.msg, moved.data) == ("SUCCESS", {"talent_pool_id": here, "talent_id": who})
    assert client.members(here) == before
    assert (client.members(there), client.members(elsewhere)) == ({}, {})
    change = client.call("GET", f"/rencai/v1/changes/{moved.headers['X-Rencai-Change-Id']}").data["change"]
    assert [(part["talent_pool_id"], part["removed"]) for part in change["parts"]] == [
        (there, [who]),
        (elsewhere, [who]),
    ]


def test_a_move_names_the_pool_before_the_talent(client: Client) -> None:
    pool_id = client.create_pool()
    assert client.move("1", "nobody", 1).code == 1002109
    reply = client.move(pool_id, "nobody", 1)
    assert (reply.status, reply.code, reply.msg) == (400, 1002102, "talent not exist: [nobody]")
    assert reply.fields == ["talent_id"]
    assert client.move(pool_id, "nobody", 3).fields == ["add_type"]


def test_another_tenants_pool_is_no_pool(server: Server, client: Client) -> None:
    other = server.client("other-tenant")
    pool_id, (who,) = client.create_pool(), other.create_talents(1)
    path = f"/rencai/v1/talent_pools/{pool_id}"
    for method, where, body in (
        ("GET", path, None),
        ("PATCH", path, {}),
        ("DELETE", path, None),
        ("GET", f"{path}/talents", None),
        ("GET", f"/rencai/v1/changes?talent_pool_id={pool_id}", None),
    ):
        assert other.call(method, where, body).code == 1002109
    assert other.add(pool_id, [who]).code == 1002109
    assert other.move(pool_id, who, 2).code == 1002109
    assert other.call("GET", f"/open-apis/hire/v1/talent_pools?id_list={pool_id}").data["items"] == []
    assert other.call("POST", "/rencai/v1/talent_pools", {"i18n_name": NAMES, "parent_id": pool_id}).code == 1002109
