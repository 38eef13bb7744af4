"""Talent tags: a repeat is an error, unlike in pools; the list, and the native calls (contract §10, decision 61)."""

from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def tag(client: Client, who: str, operation: Any, tag_ids: Any) -> Reply:
    return client.call("POST", f"{HIRE}/talents/{who}/tag", {"operation": operation, "tag_id_list": tag_ids})


def tags_of(client: Client, who: str) -> list[str]:
    return [ref["id"] for ref in client.talent_v2(who)["tag_list"]]


def values(reply: Reply) -> list[str]:
    return [violation["value"] for violation in reply.error["field_violations"]]


def test_tags_are_given_and_taken_off(client: Client) -> None:
    who, first, second = client.create_talent(), client.create_tag("985"), client.create_tag("211", type=2)
    reply = tag(client, who, 1, [second, first, second])
    assert (reply.code, reply.msg, reply.data) == (0, "ok", {})
    assert tags_of(client, who) == [first, second]
    shown = client.talent_v2(who)["tag_list"][1]
    assert client.talent_v2(who)["tag_list"][0]["type"] == 1
    texts = {"zh_cn": "", "en_us": ""}
    assert shown == {"id": second, "name": {"zh_cn": "", "en_us": "211"}, "description": texts, "type": 2}
    assert tag(client, who, 2, [first]).code == 0
    assert tags_of(client, who) == [second]


def test_each_wrong_tag_has_its_code_and_nothing_is_done(client: Client) -> None:
    who, has, lacks, off = client.create_talent(), *(client.create_tag() for _ in range(3))
    tag(client, who, 1, [has])
    client.call("PATCH", f"/rencai/v1/talent_tags/{off}", {"active_status": 2})
    for operation, tag_ids, code, wrong in (
        (1, [lacks, "7", "x", off, has], 1002111, ["7", "x"]),
        (1, [lacks, off, has], 1002112, [off]),
        (1, [lacks, has], 1002113, [has]),
        (2, [has, "7", lacks], 1002111, ["7"]),
        (2, [has, lacks, off], 1002114, [lacks, off]),
    ):
        reply = tag(client, who, operation, tag_ids)
        assert (reply.status, reply.code, values(reply)) == (400, code, wrong)
    assert tags_of(client, who) == [has]


def test_a_tag_that_is_switched_off_stays_and_can_be_taken_off(client: Client) -> None:
    who, off = client.create_talent(), client.create_tag()
    tag(client, who, 1, [off])
    client.call("PATCH", f"/rencai/v1/talent_tags/{off}", {"active_status": 2})
    assert tags_of(client, who) == [off]
    assert tag(client, who, 2, [off]).code == 0
    assert tag(client, who, 1, [off]).code == 1002112


@pytest.mark.parametrize(
    ("operation", "tag_ids", "field"),
    [(3, ["1"], "operation"), (1, [], "tag_id_list"), (1, ["1"] * 101, "tag_id_list"), (1, [1], "tag_id_list[0]")],
)
def test_bad_bodies_are_named(client: Client, operation: Any, tag_ids: Any, field: str) -> None:
    reply = tag(client, client.create_talent(), operation, tag_ids)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])


def test_an_unknown_talent_comes_before_the_tags(client: Client) -> None:
    assert tag(client, "7", 1, ["8"]).code == 1002102


def listed(client: Client, **query: Any) -> list[str]:
    path = "&".join(f"{name}={value}" for name, value in query.items())
    return [item["id"] for item in client.pages(f"{HIRE}/talent_tags?{path}", page_size=2)]


def test_the_list_is_newest_first_and_filters(tenant: Client) -> None:
    a, b, c, off = (tenant.create_tag(name, type=kind) for name, kind in (("ab", 1), ("Bc", 2), ("c", 1), ("bd", 1)))
    tenant.call("PATCH", f"/rencai/v1/talent_tags/{off}", {"active_status": 2, "name": {"zh_cn": "停用"}})
    assert listed(tenant) == [c, b, a]
    assert listed(tenant, include_inactive="true") == [off, c, b, a]
    assert listed(tenant, keyword="B") == [b, a]
    assert listed(tenant, keyword="用", include_inactive="true") == [off]
    assert listed(tenant, type=2) == [b]
    assert listed(tenant, id_list=f"{a},7,{off},{c}") == [c, a]
    assert listed(tenant, id_list=f"{a}&id_list={b}", keyword="a") == [a]
    reply = tenant.call("GET", f"{HIRE}/talent_tags")
    assert (reply.msg, reply.data["has_more"]) == ("ok", False)
    texts = {"name": {"zh_cn": "", "en_us": "Bc"}, "description": {"zh_cn": "", "en_us": ""}}
    assert reply.data["items"][1] == {"id": b, **texts, "type": 2, "active_status": 1}
    newest = tenant.call("GET", f"{HIRE}/talent_tags?include_inactive=true").data["items"][0]
    assert (newest["id"], newest["type"], newest["active_status"]) == (off, 1, 2)
    for query, field in (("page_size=0", "page_size"), ("type=3", "type"), ("include_inactive=1", "include_inactive")):
        assert tenant.call("GET", f"{HIRE}/talent_tags?{query}").fields == [field]


def test_a_keyword_is_compared_as_people_read_it(tenant: Client) -> None:
    uber = tenant.create_tag("Über ＰＨＤ")
    assert listed(tenant, keyword="Über") == listed(tenant, keyword="phd") == [uber]
    tenant.call("PATCH", f"/rencai/v1/talent_tags/{uber}", {"name": {"en_us": "none"}})
    assert listed(tenant, keyword="über") == []


def test_a_tag_is_changed_language_by_language(tenant: Client) -> None:
    body = {"name": {"zh_cn": "甲"}, "description": {"en_us": "d"}, "type": 2, "active_status": 2}
    made = tenant.call("POST", "/rencai/v1/talent_tags", body).data["talent_tag"]
    assert made["description"] == {"zh_cn": "", "en_us": "d"}
    path = f"/rencai/v1/talent_tags/{made['id']}"
    changed = tenant.call("PATCH", path, {"name": {"en_us": "A"}, "active_status": 1}).data["talent_tag"]
    assert changed == {**made, "name": {"zh_cn": "甲", "en_us": "A"}, "active_status": 1}
    assert tenant.call("PATCH", path, {"name": {"zh_cn": "", "en_us": " "}}).fields == ["name"]
    assert tenant.call("POST", "/rencai/v1/talent_tags", {"name": {}}).fields == ["name"]
    assert tenant.call("PATCH", "/rencai/v1/talent_tags/7", {}).fields == ["tag_id"]


def test_another_tenants_tag_is_no_tag(server: Server, client: Client) -> None:
    other = server.client("tags-other")
    foreign = client.create_tag()
    assert tag(other, other.create_talent(), 1, [foreign]).code == 1002111
    assert other.call("PATCH", f"/rencai/v1/talent_tags/{foreign}", {}).code == 1002002
    assert listed(other, id_list=foreign) == []
