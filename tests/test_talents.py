"""Talents: created many at once, all or none, each e-mail, mobile and id number once (decisions 26, 49)."""

from typing import Any

import pytest

from harness import Client, Reply, Server


def create(client: Client, *people: dict[str, Any]) -> Reply:
    bodies = [{"basic_info": {"name": "某人", **person}} for person in people]
    return client.call("POST", "/rencai/v1/talents/batch_create", {"talents": bodies})


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def test_ids_come_in_the_order_of_the_request(tenant: Client) -> None:
    ids = create(tenant, *({"email": f"{number}@example.com"} for number in range(1000))).data["talent_id_list"]
    assert len(set(ids)) == 1000
    assert ids == sorted(ids, key=int)
    taken = create(tenant, {"email": "7@example.com"}, {"email": "999@example.com"})
    assert [violation["value"] for violation in taken.error["field_violations"]] == [ids[7], ids[999]]


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"email": "A@Example.com"}, {"email": " a@example.COM "}, "email"),
        ({"mobile": "138-0000 0001"}, {"mobile": "13800000001", "mobile_country_code": "CN_1"}, "mobile"),
        (
            {"identification": {"identification_type": 1, "identification_number": "11x"}},
            {"identification_type": 1, "identification_number": " 11X "},
            "identification_number",
        ),
        (
            {"identification": {"identification_type": 2, "identification_number": "E1"}},
            {"identification": {"identification_type": 2, "identification_number": "e1"}},
            "identification.identification_number",
        ),
    ],
)
def test_the_same_person_is_refused_and_nobody_is_created(
    tenant: Client, first: dict[str, Any], second: dict[str, Any], field: str
) -> None:
    twice = create(tenant, {"email": "new@example.com"}, first, {}, second)
    assert (twice.status, twice.code) == (400, 1002105)
    assert twice.error["field_violations"] == [
        {"field": f"talents[3].basic_info.{field}", "description": "is also talents[1]'s"}
    ]
    (who,) = create(tenant, first).data["talent_id_list"]
    taken = create(tenant, {"email": "new@example.com"}, second)
    assert taken.error["field_violations"] == [
        {"field": f"talents[1].basic_info.{field}", "description": "is already a talent's", "value": who}
    ]
    assert create(tenant, {"email": "new@example.com"}).code == 0


def test_different_people_are_different(tenant: Client) -> None:
    people: list[dict[str, Any]] = [
        {"mobile": "13800000001"},
        {"mobile": "13800000001", "mobile_country_code": "US_1"},
        {"identification": {"identification_type": 1, "identification_number": "1"}},
        {"identification": {"identification_type": 2, "identification_number": "1"}},
        {"email": ""},
        {"email": ""},
        {"mobile": ""},
        {"mobile": ""},
    ]
    assert create(tenant, *people).code == 0


def test_a_deleted_persons_email_is_free_again(tenant: Client) -> None:
    (who,) = create(tenant, {"email": "a@example.com"}).data["talent_id_list"]
    assert tenant.call("DELETE", f"/rencai/v1/talents/{who}").data == {}
    assert create(tenant, {"email": "a@example.com"}).code == 0
    again = tenant.call("DELETE", f"/rencai/v1/talents/{who}")
    assert (again.status, again.code, again.fields) == (400, 1002102, ["talent_id"])


def test_deleting_a_person_ends_their_memberships_in_one_change(client: Client) -> None:
    (who, other), pools = client.create_talents(2), [client.create_pool() for _ in range(3)]
    for pool_id in pools:
        client.add(pool_id, [who, other])
    change_id = client.call("DELETE", f"/rencai/v1/talents/{who}").headers["X-Rencai-Change-Id"]
    change = client.call("GET", f"/rencai/v1/changes/{change_id}").data["change"]
    assert change["operation"] == "talent_delete"
    assert [(p["talent_pool_id"], p["added"], p["removed"]) for p in change["parts"]] == [
        (pool_id, [], [who]) for pool_id in pools
    ]
    assert all(list(client.members(pool_id)) == [other] for pool_id in pools)


def test_deleting_a_person_without_pools_is_a_change_too(client: Client) -> None:
    (who,) = client.create_talents(1)
    change_id = client.call("DELETE", f"/rencai/v1/talents/{who}").headers["X-Rencai-Change-Id"]
    assert client.call("GET", f"/rencai/v1/changes/{change_id}").data["change"]["parts"] == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"talents": []}, ["talents"]),
        ({"talents": [{}]}, ["talents[0].basic_info"]),
        ({"talents": [{"basic_info": {"name": ""}}]}, ["talents[0].basic_info.name"]),
        ({"talents": [{"basic_info": {"name": "x", "email": 1}}]}, ["talents[0].basic_info.email"]),
        ({"talents": [{"basic_info": {"name": "a\0"}}]}, ["talents[0].basic_info.name"]),
        (
            {"talents": [{"basic_info": {"name": "x"}}, {"basic_info": {"birthday": 1}, "career_list": [{"desc": 2}]}]},
            ["talents[1].basic_info.name", "talents[1].basic_info.birthday", "talents[1].career_list[0].desc"],
        ),
        ({"talents": [{"basic_info": {"name": "x"}}] * 1001}, ["talents"]),
    ],
)
def test_wrong_people_are_named(client: Client, body: dict[str, Any], fields: list[str]) -> None:
    reply = client.call("POST", "/rencai/v1/talents/batch_create", body)
    assert (reply.code, sorted(reply.fields)) == (1002002, sorted(fields))


@pytest.mark.parametrize(
    ("person", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a b@c.d"}, "email"),
        ({"email": "a@b@c.d"}, "email"),
        ({"mobile": "--"}, "mobile"),
        ({"mobile": "call 13800138000"}, "mobile"),
        ({"identification": {"identification_number": "1"}}, "identification.identification_type"),
        ({"identification_number": "1"}, "identification.identification_type"),
        ({"current_home_address": "x" * 10_000, "nationality_id": "x" * 260_000}, ""),
    ],
)
def test_what_can_not_be_is_named(client: Client, person: dict[str, Any], field: str) -> None:
    reply = create(client, {}, person)
    assert (reply.code, reply.fields) == (1002002, [f"talents[1].basic_info.{field}".rstrip(".")])


def test_at_most_fifty_violations_are_named(client: Client) -> None:
    reply = client.call("POST", "/rencai/v1/talents/batch_create", {"talents": [{}] * 900})
    assert len(reply.fields) == 50


def test_another_tenants_person_can_not_be_deleted(server: Server, client: Client) -> None:
    (who,) = client.create_talents(1)
    assert server.client("other-tenant").call("DELETE", f"/rencai/v1/talents/{who}").code == 1002102
    assert client.add(client.create_pool(), [who]).code == 0


def test_one_call_brings_only_so_many_new_words(tenant: Client) -> None:
    def person(number: int) -> dict[str, Any]:
        careers = [{"company": f"{number:04d}{index:02d}".ljust(64, "x"), "title": "t"} for index in range(8)]
        return {"basic_info": {"name": "n"}, "career_list": careers}

    reply = tenant.call("POST", "/rencai/v1/talents/batch_create", {"talents": [person(n) for n in range(500)]})
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["talents"])
    fewer = tenant.call("POST", "/rencai/v1/talents/batch_create", {"talents": [person(n) for n in range(100)]})
    assert fewer.code == 0
    assert tenant.search("009907xx") == [fewer.data["talent_id_list"][99]]
