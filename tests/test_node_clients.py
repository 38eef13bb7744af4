"""The vendor's published Node clients, the SDK and the MCP server, against a real server."""

from typing import Any

import pytest

from harness import App
from node_clients import VENDOR_METHODS, Answer, ClientFailure, LarkMcp, NodeClient, NodeSdk, tool_name
from node_place import Place, status
from rencai.contract.endpoints import ENDPOINTS

BATCH_CHANGE = "hire.v1.talentPool.batchChangeTalentPool"
SEARCH = "hire.v1.talentPool.search"
MOVE = "hire.v1.talentPool.moveTalent"


def batch_change(node: NodeClient, pool_id: str, talent_ids: list[str], option_type: int) -> Answer:
    data = {"talent_id_list": talent_ids, "option_type": option_type}
    return node.call(BATCH_CHANGE, path={"talent_pool_id": pool_id}, data=data)


def names(schema: dict[str, Any]) -> set[str]:
    """The names in a tool's schema, written as in VENDOR_METHODS."""
    required = schema.get("required", [])
    return {name if name in required else f"{name}?" for name in schema["properties"]}


def test_both_clients_have_each_method_with_its_arguments(place: Place) -> None:
    sdk, mcp = place.speak(NodeSdk), place.speak(LarkMcp)
    assert isinstance(sdk, NodeSdk)
    assert isinstance(mcp, LarkMcp)
    tools = mcp.tools()
    assert set(tools) == {tool_name(operation) for operation in VENDOR_METHODS}
    for operation, method in VENDOR_METHODS.items():
        assert operation in sdk.methods
        assert (f"{operation}WithIterator" in sdk.methods) == method.pages
        taken = {part: names(schema) for part, schema in tools[tool_name(operation)]["properties"].items()}
        parts = {"path": method.path, "params": method.params, "data": method.data}
        assert taken == {part: set(words.split()) for part, words in parts.items() if words}, operation


def test_the_clients_have_each_compatible_call_of_the_server() -> None:
    theirs = {method.call for method in VENDOR_METHODS.values()}
    ours = {f"{row.method} {row.path}" for row in ENDPOINTS if row.path.startswith("/open-apis/hire/")}
    assert ours <= theirs


def test_fifty_people_go_into_a_pool_and_out_again(place: Place, node: NodeClient) -> None:
    pool_id, people = place.client.create_pool(), place.client.create_talents(50)
    for option_type, members in ((1, sorted(people)), (2, [])):
        for _ in ("once", "again, in silence"):
            answer = batch_change(node, pool_id, people, option_type)
            assert (answer.code, answer.data) == (0, {})
            assert sorted(place.client.members(pool_id)) == members
    assert len(place.client.changes(pool_id)) == 2


def test_unknown_talents_are_in_the_error(place: Place, node: NodeClient) -> None:
    pool_id, (known,) = place.client.create_pool(), place.client.create_talents(1)
    for option_type in (1, 2):
        answer = batch_change(node, pool_id, [known, "7", "nobody"], option_type)
        assert (answer.code, answer.msg) == (1002102, "talent not exist: [7, nobody]")
        assert [violation["value"] for violation in answer.error["field_violations"]] == ["7", "nobody"]
    assert place.client.members(pool_id) == {}


def test_pools_are_listed_page_by_page(place: Place, node: NodeClient) -> None:
    first = place.client.create_pool("first")
    second = place.client.create_pool("second", parent_id=first, is_private=1)
    every = [pool["id"] for pool in place.client.pages("/open-apis/hire/v1/talent_pools", page_size=100)]
    assert [pool["id"] for pool in node.items(SEARCH, params={"page_size": 1})] == every
    wanted = {"id_list": [second, "404", first], "page_size": 1}
    assert [pool["id"] for pool in node.items(SEARCH, params=wanted)] == [first, second]
    page = node.call(SEARCH, params=wanted).data
    rest = node.call(SEARCH, params={**wanted, "page_token": page["page_token"]}).data
    assert (page["has_more"], rest["has_more"]) == (True, False)
    (shown,) = rest["items"]
    assert (shown["id"], shown["parent_id"], shown["is_private"]) == (second, first, 1)
    assert shown["i18n_name"]["en_us"] == "second"


def test_a_talent_moves(place: Place, node: NodeClient) -> None:
    here, there = place.client.create_pool(), place.client.create_pool()
    (who,) = place.client.create_talents(1)
    place.client.add(here, [who])
    for add_type, still_here in ((1, [who]), (2, [])):
        answer = node.call(MOVE, path={"talent_pool_id": there}, data={"talent_id": who, "add_type": add_type})
        assert (answer.code, answer.data) == (0, {"talent_pool_id": there, "talent_id": who})
        assert list(place.client.members(here)) == still_here
        assert list(place.client.members(there)) == [who]


@pytest.mark.parametrize(
    ("token", "code"),
    [("t-nobodys", 99991663), ("u-somebodys", 99991668), ("secret", 99991671)],
    ids=["not ours", "a user's", "no token"],
)
def test_a_wrong_token(place: Place, token: str, code: int) -> None:
    sdk = place.speak(NodeSdk)
    assert isinstance(sdk, NodeSdk)
    answer = sdk.call_with(token, SEARCH)
    assert (answer.status, answer.code) == (400, code)
    assert answer.error["troubleshooter"].endswith(f"/docs/errors/{code}")
    assert answer.headers["x-tt-logid"] == answer.error["log_id"]
    assert sdk.call(SEARCH).code == 0


def test_an_app_without_the_scope_is_told_which(place: Place, kind: type[NodeClient]) -> None:
    reader = place.speak(kind, place.server.create_app(scopes=("hire:talent_folder:readonly",)))
    answer = batch_change(reader, "1", ["1"], 1)
    assert (answer.status, answer.code) == (status(kind, 400), 99991672)
    assert answer.msg == "Access denied. One of the following scopes is required: [hire:talent_folder]"
    violation = {"type": "action_scope_required", "subject": "hire:talent_folder"}
    assert answer.error["permission_violations"] == [violation]
    assert reader.call(SEARCH).code == 0


def test_the_eleventh_call_of_a_second_is_refused(place: Place, kind: type[NodeClient]) -> None:
    pool_id, people = place.client.create_pool(), place.client.create_talents(1)
    limited = place.speak(kind, place.server.create_app(limits="feishu"))
    answers = [batch_change(limited, pool_id, people, 1) for _ in range(15)]
    refused = [answer for answer in answers if answer.code != 0]
    assert {(answer.status, answer.code) for answer in refused} == {(status(kind, 429), 99991400)}
    assert sum(answer.code == 0 for answer in answers) >= 10
    if kind is NodeSdk:
        assert refused[0].headers["x-ogw-ratelimit-limit"] == "10"
        assert int(refused[0].headers["x-ogw-ratelimit-reset"]) >= 1


@pytest.mark.parametrize(
    ("app_id", "secret", "code"),
    [("cli_test", "x", 10003), ("cli_0123456789abcdef", "x", 10014), ("", "wrong", 10014)],
    ids=["no app id", "unknown app", "wrong secret"],
)
def test_wrong_credentials(place: Place, kind: type[NodeClient], app_id: str, secret: str, code: int) -> None:
    wrong = place.speak(kind, App("", app_id or place.client.app.app_id, secret))
    with pytest.raises(ClientFailure, match=f"^failed to get tenant_access_token, code: {code}, msg: "):
        wrong.call(SEARCH)
