"""What the vendor's pages say of each call, written out once more and held against the rows and the wire."""

import re
import time
from typing import Any

import pytest

from harness import Client, Reply, Server, running_server
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.talent_pools import TALENT_POOL_LIST
from stores import Store

HIRE = "/open-apis/hire/v1"
POOLS = f"{HIRE}/talent_pools"
TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
APP_TOKEN = "/open-apis/auth/v3/app_access_token/internal"
READ_TALENTS = "hire:talent:readonly hire:talent"
READ_NOTES = "hire:note:readonly hire:note"
TIER_2, TIER_4, TIER_7, TIER_8 = "20/min", "1000/min and 50/s", "10/s", "20/s"

# Scopes and limit of every call that the pages have (contract §5 to §10).
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
ERRORS_OF_MOST = {(1002001, 500), (1002002, 400)}
DOCUMENTED_ERRORS = {
    f"POST {POOLS}/*/batch_change_talent_pool": ERRORS_OF_WRITES,
    f"GET {POOLS}": {(1002001, 500), (1002004, 400), (1002005, 400)},
    f"POST {POOLS}/*/talent_relationship": ERRORS_OF_WRITES,
    f"GET {HIRE}/talents/*": {(1002001, 500), (1002002, 400), (1002102, 404)},
    "GET /open-apis/hire/v2/talents/*": {(1002001, 500), (1002002, 400), (1002102, 404)},
    f"POST {HIRE}/talents/combined_update": {(1002001, 500), (1002002, 400), (1002102, 400)},
    f"POST {HIRE}/talents/batch_get_id": {(1002001, 200), (1002009, 400)},
    f"POST {HIRE}/talents/*/tag": ERRORS_OF_MOST | {(code, 400) for code in (1002111, 1002112, 1002113, 1002114)},
}
# What each call says when all went well (contract §1).
WORDS = {
    "success": [
        f"POST {POOLS}/*/batch_change_talent_pool",
        "GET /open-apis/hire/v2/talents/*",
        f"GET {HIRE}/talent_folders",
        f"POST {HIRE}/notes",
        f"GET {HIRE}/notes",
        f"GET {HIRE}/notes/*",
        f"PATCH {HIRE}/notes/*",
        f"DELETE {HIRE}/notes/*",
    ],
    "SUCCESS": [
        f"GET {POOLS}",
        f"POST {POOLS}/*/talent_relationship",
        f"POST {HIRE}/talents/*/onboard_status",
        f"POST {HIRE}/talent_blocklist/change_talent_block",
    ],
}
WORD_OF = {call: word for word, calls in WORDS.items() for call in calls}
# The fields that the body of each call must have (contract §6 to §10).
REQUIRED = {
    f"POST {POOLS}/*/batch_change_talent_pool": "talent_id_list option_type",
    f"POST {POOLS}/*/talent_relationship": "talent_id add_type",
    f"POST {HIRE}/talents/combined_create": "basic_info",
    f"POST {HIRE}/talents/combined_update": "talent_id basic_info",
    f"POST {HIRE}/talents/batch_get_id": "",
    f"POST {HIRE}/talents/add_to_folder": "talent_id_list folder_id",
    f"POST {HIRE}/talents/remove_to_folder": "talent_id_list folder_id",
    f"POST {HIRE}/talents/*/tag": "operation tag_id_list",
    f"POST {HIRE}/talents/*/onboard_status": "operation",
    f"POST {HIRE}/talent_operation_logs/search": "operator_id_list operation_list",
    f"POST {HIRE}/talent_blocklist/change_talent_block": "talent_id option",
    f"POST {HIRE}/talents/*/external_info": "external_create_time",
    f"PUT {HIRE}/talents/*/external_info": "external_create_time",
    f"POST {HIRE}/notes": "talent_id content",
    f"PATCH {HIRE}/notes/*": "content",
}
# Which kinds of user ids each call takes, the first of them unless said otherwise (contract §1).
OPEN_IDS = "open_id union_id user_id people_admin_id"
PEOPLE_IDS = "people_admin_id open_id union_id user_id"
KINDS_OF_IDS = {
    f"GET {HIRE}/talents": PEOPLE_IDS,
    f"GET {HIRE}/talents/*": PEOPLE_IDS,
    "GET /open-apis/hire/v2/talents/*": PEOPLE_IDS,
    f"POST {HIRE}/talents/combined_create": OPEN_IDS,
    f"POST {HIRE}/talents/combined_update": OPEN_IDS,
    f"GET {HIRE}/talent_folders": OPEN_IDS,
    f"POST {HIRE}/talent_operation_logs/search": "open_id union_id user_id",
    f"POST {HIRE}/notes": OPEN_IDS,
    f"GET {HIRE}/notes": OPEN_IDS,
    f"GET {HIRE}/notes/*": OPEN_IDS,
    f"PATCH {HIRE}/notes/*": OPEN_IDS,
}
# How many each page of a list has unless said otherwise, and at most (contract §9, §10).
PAGES = {
    f"GET {HIRE}/talents": (10, 20),
    f"GET {HIRE}/talent_folders": (10, 100),
    f"GET {HIRE}/talent_tags": (20, 100),
    f"POST {HIRE}/talent_operation_logs/search": (10, 100),
    f"GET {HIRE}/notes": (10, 200),
}
# Ids of things that are not there, by the part of the path that comes before them.
UNKNOWN = {"talents": "1", "talent_pools": "1", "notes": "1"}
VENDORS = [endpoint for endpoint in ENDPOINTS if not endpoint.native and endpoint.scopes]


def address(endpoint: Endpoint) -> str:
    """Method and path, whatever its parameters are called."""
    parts = ("*" if part.startswith("{") else part for part in endpoint.path.split("/"))
    return f"{endpoint.method} {'/'.join(parts)}"


def make_things(client: Client) -> dict[str, str]:
    """One of each thing that calls name, by the part of the path that comes before its id."""
    who = client.create_talent()
    note = client.call("POST", f"{HIRE}/notes", {"talent_id": who, "content": "x"}).data["note"]["id"]
    made = {"talents": who, "talent_pools": client.create_pool(), "notes": note}
    return {**made, "folder": client.create_folder(), "tag": client.create_tag()}


def good_bodies(things: dict[str, str]) -> dict[str, dict[str, Any]]:
    """A body of each call that goes well."""
    who = {"talent_id": things["talents"]}
    into_folder = {"talent_id_list": [things["talents"]], "folder_id": things["folder"]}
    external = {"external_create_time": "1"}
    return {
        f"POST {POOLS}/*/batch_change_talent_pool": {"talent_id_list": [things["talents"]], "option_type": 1},
        f"POST {POOLS}/*/talent_relationship": {**who, "add_type": 1},
        f"POST {HIRE}/talents/combined_create": {"basic_info": {"name": "x"}},
        f"POST {HIRE}/talents/combined_update": {**who, "basic_info": {}},
        f"POST {HIRE}/talents/batch_get_id": {"email_list": ["a@b.c"]},
        f"POST {HIRE}/talents/add_to_folder": into_folder,
        f"POST {HIRE}/talents/remove_to_folder": into_folder,
        f"POST {HIRE}/talents/*/tag": {"operation": 1, "tag_id_list": [things["tag"]]},
        f"POST {HIRE}/talents/*/onboard_status": {"operation": 1, "onboard_time": "1"},
        f"POST {HIRE}/talent_operation_logs/search": {"operator_id_list": ["x"], "operation_list": [1]},
        f"POST {HIRE}/talent_blocklist/change_talent_block": {**who, "option": 1, "reason": "x"},
        f"POST {HIRE}/talents/*/external_info": external,
        f"PUT {HIRE}/talents/*/external_info": external,
        f"POST {HIRE}/notes": {**who, "content": "x"},
        f"PATCH {HIRE}/notes/*": {"content": "x"},
    }


def call(client: Client, name: str, things: dict[str, str], body: Any = None, query: str = "") -> Reply:
    """Make the call of an address with the ids of these things."""
    method, path = name.split(" ")
    path = re.sub(r"(\w+)/\*", lambda found: f"{found[1]}/{things[found[1]]}", path)
    return client.call(method, f"{path}?{query}", body)


def query_of(name: str, things: dict[str, str]) -> str:
    """What must stand in the query of a call."""
    return f"talent_id={things['talents']}" if name == f"GET {HIRE}/notes" else ""


@pytest.mark.parametrize("endpoint", VENDORS, ids=lambda endpoint: endpoint.name)
def test_each_call_has_its_documented_scopes_and_limit(endpoint: Endpoint) -> None:
    scopes, limit = DOCUMENTED[address(endpoint)]
    assert set(endpoint.scopes) == set(scopes.split())
    assert endpoint.tier is not None
    assert endpoint.tier.label == limit


@pytest.mark.parametrize("endpoint", VENDORS, ids=lambda endpoint: endpoint.name)
def test_each_call_has_its_documented_errors(endpoint: Endpoint) -> None:
    declared = {(error.code, endpoint.status_of(error)) for error in endpoint.all_errors}
    assert DOCUMENTED_ERRORS.get(address(endpoint), ERRORS_OF_MOST) <= declared


def test_each_call_of_the_pages_is_there_and_says_its_word(server: Server) -> None:
    client = server.client("documented-words")
    things = make_things(client)
    bodies = good_bodies(things)
    assert {address(endpoint) for endpoint in VENDORS} == DOCUMENTED.keys()
    for name in DOCUMENTED:
        reply = call(client, name, things, bodies.get(name), query_of(name, things))
        assert (name, reply.code, reply.msg) == (name, 0, WORD_OF.get(name, "ok"))


def test_each_call_names_the_fields_it_must_have(client: Client) -> None:
    assert {address(endpoint) for endpoint in VENDORS if endpoint.body_type} == REQUIRED.keys()
    for name, fields in REQUIRED.items():
        reply = call(client, name, UNKNOWN, {})
        assert (name, reply.fields) == (name, fields.split())
        assert (reply.status, reply.code) == ((400, 1002002) if fields else (200, 0))
        wrong = call(client, name, UNKNOWN, [])
        assert (name, wrong.status, wrong.code) == (name, 400, 1002002)


def test_a_failure_inside_has_the_documented_status_on_each_call(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        things = make_things(client)
        bodies = good_bodies(things)
        break_the_tables(database)
        for name in DOCUMENTED:
            reply = call(client, name, things, bodies.get(name), query_of(name, things))
            status = 200 if name == f"POST {HIRE}/talents/batch_get_id" else 500
            assert (name, reply.status, reply.code) == (name, status, 1002001)


def break_the_tables(database: Store) -> None:
    """Take away everything but who may call."""
    database.drop([name for name in database.tables() if name not in ("schema_version", "tenants", "apps", "tokens")])


def test_user_ids_are_of_the_documented_kinds(client: Client) -> None:
    described = client.http.get("/openapi.json").json()["paths"]
    takes: dict[str, str] = {}
    for endpoint in VENDORS:
        for parameter in described[endpoint.path][endpoint.method.lower()].get("parameters", []):
            if parameter["name"] == "user_id_type":
                takes[address(endpoint)] = parameter["schema"]["default"]
    assert takes == {name: kinds.split()[0] for name, kinds in KINDS_OF_IDS.items()}
    for name, kinds in KINDS_OF_IDS.items():
        for kind in (*OPEN_IDS.split(), "nickname", ""):
            reply = call(client, name, UNKNOWN, {} if name in REQUIRED else None, f"user_id_type={kind}")
            assert ("user_id_type" in reply.fields) == (kind not in kinds.split())
            assert kind in kinds.split() or (reply.status, reply.code) == (400, 1002002)


def test_pages_have_their_documented_sizes(server: Server) -> None:
    client = server.client("documented-pages")
    things = make_things(client)
    client.create_talents(21)
    for _ in range(21):
        client.create_folder()
        client.create_tag()
        client.call("POST", f"{HIRE}/notes", {"talent_id": things["talents"], "content": "x"})
    body = {"operator_id_list": [client.app.app_id], "operation_list": [1]}
    for name, (usual, most) in PAGES.items():

        def page(query: str, name: str = name) -> Reply:
            given = f"{query_of(name, things)}&{query}"
            return call(client, name, things, body if name.startswith("POST") else None, given)

        shown = page("").data
        assert (name, len(shown["items"]), shown["has_more"], "page_token" in shown) == (name, usual, True, True)
        whole = page(f"page_size={most}").data
        assert (name, len(whole["items"])) == (name, min(most, 22))
        for wrong in ("0", str(most + 1)):
            refused = page(f"page_size={wrong}")
            assert (name, refused.status, refused.code, refused.fields) == (name, 400, 1002002, ["page_size"])


def test_times_are_milliseconds_as_strings(server: Server) -> None:
    client = server.client("documented-times")
    before = int(time.time() * 1000)
    pool_id, (who,) = client.create_pool(), client.create_talents(1)
    client.add(pool_id, [who])
    (pool,) = client.call("GET", POOLS).data["items"]
    times = [pool["create_time"], pool["modify_time"], client.members(pool_id)[who], client.changes(pool_id)[0]["time"]]
    assert [type(text) for text in times] == [str] * 4
    assert all(before <= int(text) <= time.time() * 1000 for text in times)


def test_times_around_a_talent_are_milliseconds_as_strings(server: Server) -> None:
    client = server.client("documented-times-of-talents")
    before = int(time.time() * 1000)
    pool_id, folder_id = client.create_pool(), client.create_folder()
    who = client.create_talent(folder_id_list=[folder_id])
    client.add(pool_id, [who])
    client.call("POST", f"{HIRE}/notes", {"talent_id": who, "content": "x"})
    block = {"talent_id": who, "option": 1, "reason": "x"}
    client.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", block)
    body = {"operator_id_list": [client.app.app_id], "operation_list": [1, 20]}
    logs = client.call("POST", f"{HIRE}/talent_operation_logs/search", body).data["items"]
    talent = client.talent_v2(who)
    (pool,), (folder,) = talent["talent_pool_ref_list_v2"], talent["talent_folder_ref_list_v2"]
    (note,) = talent["note_list_v2"]
    times = [
        client.talent_v1(who)["basic_info"]["modify_time"],
        *(talent["basic_info"][name] for name in ("create_time", "update_time")),
        *(pool["add_time"], folder["add_time"]),
        *(note["create_time"], note["update_time"]),
        talent["block_info"]["blocked_time"],
        *(log["operation_time"] for log in logs),
    ]
    assert [type(text) for text in times] == [str] * 10
    assert all(before <= int(text) <= time.time() * 1000 for text in times)
    assert pool["add_time"] == client.members(pool_id)[who]


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
        aged = f"SET expire_time = expire_time - {seconds * 1000} WHERE app_id = '{client.app.app_id}'"
        server.database.run(f"UPDATE tokens {aged}")
        new = client.call("POST", APP_TOKEN, credentials).data["app_access_token"]
        assert (new == old) == same
    for token in (old, new):
        assert client.call("GET", TALENT_POOL_LIST.path, token=token).code == 0
