"""What the vendor's pages say of each call, written out once more and held against the rows and the wire."""

import sqlite3
import time

import pytest

from harness import Client, Server
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.talent_pools import TALENT_POOL_LIST

HIRE = "/open-apis/hire/v1"
POOLS = f"{HIRE}/talent_pools"
TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
APP_TOKEN = "/open-apis/auth/v3/app_access_token/internal"
READ_TALENTS = "hire:talent:readonly hire:talent"
READ_NOTES = "hire:note:readonly hire:note"
TIER_2, TIER_4, TIER_7, TIER_8 = "20/min", "1000/min and 50/s", "10/s", "20/s"

# Scopes and limit of every call that the pages have (contract §5 to §10), also of those that are not here yet.
DOCUMENTED = {
    f"POST {POOLS}/*/batch_change_talent_pool": ("hire:talent_folder", TIER_7),
    f"GET {POOLS}": ("hire:talent_folder:readonly hire:talent_folder", TIER_4),
    f"POST {POOLS}/*/talent_relationship": ("hire:talent_folder", TIER_4),
    f"GET {HIRE}/talents": (READ_TALENTS, TIER_8),
    f"GET {HIRE}/talents/*": (READ_TALENTS, TIER_8),
    "GET /open-apis/hire/v2/talents/*": (READ_TALENTS, TIER_8),
    f"POST {HIRE}/talents/combined_create": ("hire:talent", TIER_4),
    f"POST {HIRE}/talents/combined_update": ("hire:talent", TIER_4),
    f"POST {HIRE}/talents/batch_get_id": (READ_TALENTS, TIER_4),
    f"POST {HIRE}/talents/add_to_folder": ("hire:talent hire:talent_folder_association", TIER_4),
    f"POST {HIRE}/talents/remove_to_folder": ("hire:talent_folder_association", TIER_7),
    f"POST {HIRE}/talents/*/tag": ("hire:talent", TIER_8),
    f"POST {HIRE}/talents/*/onboard_status": ("hire:talent", TIER_2),
    f"GET {HIRE}/talent_folders": ("hire:talent_folder:readonly hire:talent_folder", TIER_4),
    f"GET {HIRE}/talent_tags": ("hire:talent_tag hire:talent_tag:readonly", TIER_8),
    f"GET {HIRE}/talent_objects/query": (READ_TALENTS, TIER_7),
    f"POST {HIRE}/talent_operation_logs/search": (READ_TALENTS, TIER_4),
    f"POST {HIRE}/talent_blocklist/change_talent_block": ("hire:talent_blocklist", TIER_7),
    f"POST {HIRE}/talents/*/external_info": ("hire:talent", TIER_4),
    f"PUT {HIRE}/talents/*/external_info": ("hire:talent", TIER_4),
    f"POST {HIRE}/notes": ("hire:note", TIER_8),
    f"GET {HIRE}/notes": (READ_NOTES, TIER_8),
    f"GET {HIRE}/notes/*": (READ_NOTES, TIER_8),
    f"PATCH {HIRE}/notes/*": ("hire:note", TIER_8),
    f"DELETE {HIRE}/notes/*": ("hire:note", TIER_8),
}
# Code and HTTP status of every error that a page has and this server too.
ERRORS_OF_WRITES = {(1002001, 500), (1002002, 400), (1002102, 400), (1002109, 400)}
DOCUMENTED_ERRORS = {
    f"POST {POOLS}/*/batch_change_talent_pool": ERRORS_OF_WRITES,
    f"GET {POOLS}": {(1002001, 500), (1002004, 400), (1002005, 400)},
    f"POST {POOLS}/*/talent_relationship": ERRORS_OF_WRITES,
    f"GET {HIRE}/talents": {(1002001, 500), (1002002, 400)},
    f"GET {HIRE}/talents/*": {(1002001, 500), (1002002, 400), (1002102, 404)},
    "GET /open-apis/hire/v2/talents/*": {(1002001, 500), (1002002, 400), (1002102, 404)},
    f"POST {HIRE}/talents/combined_update": {(1002001, 500), (1002002, 400), (1002102, 400)},
    f"POST {HIRE}/talents/batch_get_id": {(1002009, 400)},
    f"POST {HIRE}/talents/*/tag": {(code, 400) for code in (1002002, 1002111, 1002112, 1002113, 1002114)},
}
VENDORS = [endpoint for endpoint in ENDPOINTS if not endpoint.native and endpoint.scopes]


def address(endpoint: Endpoint) -> str:
    """Method and path, whatever its parameters are called."""
    parts = ("*" if part.startswith("{") else part for part in endpoint.path.split("/"))
    return f"{endpoint.method} {'/'.join(parts)}"


@pytest.mark.parametrize("endpoint", VENDORS, ids=lambda endpoint: endpoint.name)
def test_each_call_has_its_documented_scopes_and_limit(endpoint: Endpoint) -> None:
    scopes, limit = DOCUMENTED[address(endpoint)]
    assert set(endpoint.scopes) == set(scopes.split())
    assert endpoint.tier is not None
    assert endpoint.tier.label == limit


@pytest.mark.parametrize("endpoint", VENDORS, ids=lambda endpoint: endpoint.name)
def test_each_call_has_its_documented_errors(endpoint: Endpoint) -> None:
    declared = {(error.code, endpoint.status_of(error)) for error in endpoint.all_errors}
    assert DOCUMENTED_ERRORS.get(address(endpoint), {(1002001, 500)}) <= declared


def test_times_are_milliseconds_as_strings(server: Server) -> None:
    client = server.client("documented-times")
    before = int(time.time() * 1000)
    pool_id, (who,) = client.create_pool(), client.create_talents(1)
    client.add(pool_id, [who])
    (pool,) = client.call("GET", POOLS).data["items"]
    times = [pool["create_time"], pool["modify_time"], client.members(pool_id)[who], client.changes(pool_id)[0]["time"]]
    assert [type(text) for text in times] == [str] * 4
    assert all(before <= int(text) <= time.time() * 1000 for text in times)


def test_violations_have_the_gateways_words(client: Client) -> None:
    def words(body: object) -> list[str]:
        reply = client.call("POST", f"{POOLS}/1/batch_change_talent_pool", body)
        return [violation["description"] for violation in reply.error["field_violations"]]

    assert words({}) == ["talent_id_list is required", "option_type is required"]
    assert words({"talent_id_list": [], "option_type": 1}) == ["the min len is 1"]
    assert words({"talent_id_list": ["1"] * 51, "option_type": 1}) == ["the max len is 50"]


def test_the_words_of_a_parameter_error(client: Client) -> None:
    assert client.batch_change("1", [], 1).msg == "parameter error"


def test_fifty_ids_may_be_asked_for(client: Client) -> None:
    pool_id = client.create_pool()
    (shown,) = client.call("GET", f"{POOLS}?" + "&".join([f"id_list={pool_id}", *["id_list=1"] * 49])).data["items"]
    assert shown["id"] == pool_id


def test_a_move_needs_both_fields(client: Client) -> None:
    for body, fields in (
        ({}, ["talent_id", "add_type"]),
        ({"talent_id": 1, "add_type": 1}, ["talent_id"]),
        ({"talent_id": "1", "add_type": "1"}, ["add_type"]),
        ({"talent_id": "1", "add_type": 3}, ["add_type"]),
    ):
        reply = client.call("POST", f"{POOLS}/1/talent_relationship", body)
        assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)


def test_the_app_call_gives_a_new_token_under_thirty_minutes_too(server: Server) -> None:
    client = server.client("documented-tokens")
    credentials = {"app_id": client.app.app_id, "app_secret": client.app.app_secret}
    old = client.call("POST", APP_TOKEN, credentials).data["app_access_token"]
    for seconds, same in ((5300, True), (200, False)):
        with sqlite3.connect(server.database) as connection:
            sql = "UPDATE tokens SET expire_time = expire_time - ? WHERE app_id = ?"
            connection.execute(sql, (seconds * 1000, client.app.app_id))
        connection.close()
        new = client.call("POST", APP_TOKEN, credentials).data["app_access_token"]
        assert (new == old) == same
    for token in (old, new):
        assert client.call("GET", TALENT_POOL_LIST.path, token=token).code == 0
