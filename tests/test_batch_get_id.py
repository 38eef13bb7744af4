"""batch_get_id: every kind that is given must match (contract §10, decision 26)."""

from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server


def find(client: Client, **body: Any) -> Reply:
    return client.call("POST", f"{HIRE}/talents/batch_get_id", body)


def ids(reply: Reply) -> list[str]:
    return [found["talent_id"] for found in reply.data["talent_list"]]


@pytest.fixture(scope="module")
def people(server: Server) -> tuple[Client, list[str]]:
    client = server.client("batch-get-id")
    return client, [
        client.create_talent(
            basic_info={
                "mobile": "138 0013 8000",
                "email": "A@b.c",
                "identification": {"identification_type": 1, "identification_number": "11x"},
            }
        ),
        client.create_talent(basic_info={"mobile": "+1 415 555 2671", "email": "d@e.f"}),
        client.create_talent(basic_info={"mobile": "13800138000", "mobile_country_code": "US_1"}),
    ]


def test_each_kind_shows_what_was_asked_for(people: tuple[Client, list[str]]) -> None:
    client, (first, second, _) = people
    by_mobile = find(client, mobile_number_list=["13800138000", "1"])
    assert by_mobile.msg == "ok"
    assert by_mobile.data["talent_list"] == [
        {"talent_id": first, "mobile_code": "86", "mobile_number": "138 0013 8000"}
    ]
    by_email = find(client, email_list=["a@B.C", "D@E.F", "nobody"])
    assert by_email.data["talent_list"] == [
        {"talent_id": first, "email": "A@b.c"},
        {"talent_id": second, "email": "d@e.f"},
    ]
    by_number = find(client, identification_type=1, identification_number_list=["11X"])
    assert by_number.data["talent_list"] == [
        {"talent_id": first, "identification_type": 1, "identification_number": "11x"}
    ]
    assert ids(find(client, identification_type=2, identification_number_list=["11X"])) == []


def test_kinds_are_anded_and_values_of_one_kind_ored(people: tuple[Client, list[str]]) -> None:
    client, (first, second, third) = people
    assert ids(find(client, mobile_number_list=["13800138000"], email_list=["d@e.f", "a@b.c"])) == [first]
    assert ids(find(client, mobile_number_list=["13800138000"], email_list=["d@e.f"])) == []
    assert ids(find(client, mobile_code="1", mobile_number_list=["4155552671", "13800138000"])) == [second, third]
    assert ids(find(client, mobile_code="+1", mobile_number_list=["(415) 555-2671"])) == [second]
    assert ids(find(client)) == []


def test_whether_they_are_on_board_asks_for_a_scope(server: Server, people: tuple[Client, list[str]]) -> None:
    client, (first, _, _) = people
    client.call("POST", f"{HIRE}/talents/{first}/onboard_status", {"operation": 1, "onboard_time": "1"})
    allowed = server.client("batch-get-id", scopes=("hire:talent", "hire:talent_onboard_status:readonly"))
    assert [found["is_onboarded"] for found in find(allowed, email_list=["a@b.c", "d@e.f"]).data["talent_list"]] == [
        True,
        False,
    ]
    assert "is_onboarded" not in find(client, email_list=["a@b.c"]).data["talent_list"][0]


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        (
            {"mobile_number_list": ["13800138000", "abc", ""]},
            1002009,
            ["mobile_number_list[1]", "mobile_number_list[2]"],
        ),
        ({"mobile_code": "x", "mobile_number_list": ["1"]}, 1002009, ["mobile_code"]),
        ({"identification_number_list": ["1"]}, 1002002, ["identification_type"]),
        ({"identification_type": 7, "identification_number_list": ["1"]}, 1002002, ["identification_type"]),
        ({"email_list": ["x"] * 101}, 1002002, ["email_list"]),
        ({"mobile_number_list": ["1"] * 101}, 1002002, ["mobile_number_list"]),
        ({"email_list": "x"}, 1002002, ["email_list"]),
    ],
)
def test_bad_bodies_are_named(client: Client, body: dict[str, Any], code: int, fields: list[str]) -> None:
    reply = find(client, **body)
    assert (reply.status, reply.code, reply.fields) == (400, code, fields)


def test_another_tenants_people_are_not_found(server: Server, people: tuple[Client, list[str]]) -> None:
    other = server.client("batch-get-id-other")
    assert ids(find(other, mobile_number_list=["13800138000"])) == []
    assert other.create_talent(basic_info={"mobile": "13800138000"})


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("13800138000", "CN_1"), ("+86 138 0013 8000", None), True),
        (("13800138000", None), ("138-0013-8000", "86"), True),
        (("13800138000", "CN_1"), ("008613800138000", "CN_1"), True),
        (("13800138000", "CN_1"), ("13800138000", "US_1"), False),
        (("13800138000", "CN_1"), ("13800138001", "CN_1"), False),
        (("02079460958", "GB_1"), ("+442079460958", None), True),
        (("51234567", "HK_1"), ("+852 5123 4567", "CN_1"), True),
    ],
)
def test_mobiles_are_compared_by_number_and_country(
    server: Server,
    request: pytest.FixtureRequest,
    first: tuple[str, str | None],
    second: tuple[str, str | None],
    same: bool,
) -> None:
    client = server.client(request.node.name)
    bodies = [
        {"name": "x", "mobile": mobile, **({"mobile_country_code": country} if country else {})}
        for mobile, country in (first, second)
    ]
    replies = [client.call("POST", f"{HIRE}/talents/combined_create", {"basic_info": body}) for body in bodies]
    assert [reply.code for reply in replies] == [0, 1002105 if same else 0]
