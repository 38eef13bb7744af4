"""On board and gone, the block list, external info (contract §10, decision 59)."""

from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server


def onboard(client: Client, who: str, operation: Any, **times: Any) -> Reply:
    return client.call("POST", f"{HIRE}/talents/{who}/onboard_status", {"operation": operation, **times})


def block(client: Client, who: str, option: Any, **more: Any) -> Reply:
    body = {"talent_id": who, "option": option, **more}
    return client.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", body)


def external(client: Client, method: str, who: str, time: Any) -> Reply:
    return client.call(method, f"{HIRE}/talents/{who}/external_info", {"external_create_time": time})


def test_a_talent_comes_on_board_once_and_leaves_once(client: Client) -> None:
    who = client.create_talent()
    early = onboard(client, who, 2, overboard_time="1")
    assert (early.code, early.fields) == (1002002, ["operation"])
    came = onboard(client, who, 1, onboard_time="1676548784889")
    assert (came.code, came.msg, came.data) == (0, "SUCCESS", {})
    assert client.talent_v1(who)["is_onboarded"] is client.talent_v2(who)["is_onboarded"] is True
    assert onboard(client, who, 1, onboard_time="1").fields == ["operation"]
    assert onboard(client, who, 2, overboard_time="1676548784890", onboard_time="1").code == 0
    assert client.talent_v1(who)["is_onboarded"] is client.talent_v2(who)["is_onboarded"] is False
    for operation, times in ((1, {"onboard_time": "3"}), (2, {"overboard_time": "3"})):
        again = onboard(client, who, operation, **times)
        assert (again.status, again.code, again.fields) == (400, 1002002, ["operation"])


@pytest.mark.parametrize(
    ("operation", "times", "field"),
    [
        (1, {}, "onboard_time"),
        (1, {"overboard_time": "1"}, "onboard_time"),
        (2, {"onboard_time": "1"}, "overboard_time"),
        (3, {}, "operation"),
        (1, {"onboard_time": 1}, "onboard_time"),
        ("1", {"onboard_time": "1"}, "operation"),
    ],
)
def test_each_needs_its_time(client: Client, operation: Any, times: dict[str, Any], field: str) -> None:
    who = client.create_talent()
    if field == "overboard_time":
        onboard(client, who, 1, onboard_time="1")
    reply = onboard(client, who, operation, **times)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])


def test_the_block_list_keeps_who_when_and_why(client: Client) -> None:
    who = client.create_talent()
    refused = block(client, who, 1)
    assert (refused.code, refused.fields) == (1002002, ["reason"])
    assert block(client, who, 1, reason="").fields == ["reason"]
    reply = block(client, who, 1, reason="作弊")
    assert (reply.code, reply.msg, reply.data) == (0, "SUCCESS", {})
    first = client.talent_v2(who)["block_info"]
    assert (first["reason"], first["creator_id"]) == ("作弊", client.app.app_id)
    block(client, who, 1, reason="still")
    assert client.talent_v2(who)["block_info"] == {**first, "reason": "still"}
    for _ in range(2):
        assert block(client, who, 2).code == 0
        assert "block_info" not in client.talent_v2(who)
    assert block(client, who, 3).fields == ["option"]


def test_external_info_is_created_once_and_then_updated(client: Client) -> None:
    who = client.create_talent()
    assert external(client, "PUT", who, "1").fields == ["talent_id"]
    made = external(client, "POST", who, "1639992265035")
    info = {"talent_id": who, "external_create_time": "1639992265035"}
    assert (made.msg, made.data) == ("ok", {"external_info": info})
    again = external(client, "POST", who, "2")
    assert (again.status, again.code, again.fields) == (400, 1002002, ["talent_id"])
    assert external(client, "PUT", who, "2").data["external_info"]["external_create_time"] == "2"
    for wrong in (1, "x", None):
        assert external(client, "PUT", who, wrong).fields == ["external_create_time"]


def test_states_do_not_touch_each_other_or_the_update_time(client: Client) -> None:
    who = client.create_talent()
    before = client.talent_v2(who)
    onboard(client, who, 1, onboard_time="1")
    external(client, "POST", who, "2")
    block(client, who, 1, reason="x")
    block(client, who, 2)
    after = client.talent_v2(who)
    assert (before.pop("is_onboarded"), after.pop("is_onboarded")) == (False, True)
    assert after == before
    assert external(client, "PUT", who, "3").code == 0


def test_unknown_talents_and_those_of_others(server: Server, client: Client) -> None:
    other = server.client("states-other")
    for who in ("7", "x", client.create_talent()):
        for reply in (
            onboard(other, who, 1, onboard_time="1"),
            block(other, who, 1, reason="x"),
            external(other, "POST", who, "1"),
            external(other, "PUT", who, "1"),
        ):
            assert (reply.status, reply.code) == (400, 1002102)
            assert reply.error["field_violations"][0]["value"] == who
