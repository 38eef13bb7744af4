"""The vendor's published Node clients, the SDK and the MCP server, against a real server."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import node_clients
from harness import App, Client, Server, running_server
from node_clients import VENDOR_METHODS, Answer, ClientFailure, LarkMcp, NodeClient, NodeSdk, tool_name
from rencai.contract.endpoints import ENDPOINTS

BATCH_CHANGE = "hire.v1.talentPool.batchChangeTalentPool"
SEARCH = "hire.v1.talentPool.search"
MOVE = "hire.v1.talentPool.moveTalent"


class Place:
    """A server, a client of ours to set it up, and the Node clients that were opened on it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.client: Client = server.client()
        self._folder = folder
        self._open: dict[tuple[type[NodeClient], App], NodeClient] = {}
        self._ends = contextlib.ExitStack()
        self.close = self._ends.close

    def speak(self, kind: type[NodeClient], app: App | None = None) -> NodeClient:
        """The Node client of an app: one process for all its calls."""
        key = (kind, app or self.client.app)
        if key not in self._open:
            folder = self._folder / str(len(self._open))
            folder.mkdir()
            self._open[key] = kind(self.server.url, key[1], folder)
            self._ends.callback(self._open[key].process.close)
        return self._open[key]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if reason := node_clients.missing():
        # A run that stands for the project may not pass without them.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("node")
    with running_server(folder / "rencai.db") as server, contextlib.closing(Place(server, folder)) as opened:
        yield opened


@pytest.fixture(params=[NodeSdk, LarkMcp], ids=["node-sdk", "lark-mcp"])
def kind(request: pytest.FixtureRequest) -> type[NodeClient]:
    return request.param


@pytest.fixture
def node(place: Place, kind: type[NodeClient]) -> NodeClient:
    """Each client in turn, as an app with every scope and no limits."""
    return place.speak(kind)


@pytest.fixture(scope="module")
def things(place: Place) -> dict[str, str]:
    """What the words in the tables stand for."""
    return {"POOL": place.client.create_pool(), "TALENT": place.client.create_talents(1)[0]}


def filled(part: Any, things: dict[str, str]) -> Any:
    """Arguments of a table, with ids for its words."""
    if isinstance(part, dict):
        return {name: filled(value, things) for name, value in part.items()}
    if isinstance(part, list):
        return [filled(value, things) for value in part]
    return things.get(part, part) if isinstance(part, str) else part


def status(kind: type[NodeClient], number: int) -> int | None:
    """An HTTP status as the client shows it: the MCP server shows none."""
    return number if kind is NodeSdk else None


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


def _batch(pool: str, talents: list[str], option_type: int) -> dict[str, Any]:
    return {"path": {"talent_pool_id": pool}, "data": {"talent_id_list": talents, "option_type": option_type}}


def _move(pool: str, talent: str, add_type: int) -> dict[str, Any]:
    return {"path": {"talent_pool_id": pool}, "data": {"talent_id": talent, "add_type": add_type}}


# Operation, arguments, HTTP status, code, and the field that the violation names.
REFUSED: tuple[tuple[str, dict[str, Any], int, int, str], ...] = (
    (BATCH_CHANGE, _batch("6930815272790114325", ["TALENT"], 1), 400, 1002109, "talent_pool_id"),
    (BATCH_CHANGE, _batch("POOL", ["TALENT"] * 51, 1), 400, 1002002, "talent_id_list"),
    (BATCH_CHANGE, _batch("POOL", ["TALENT"], 3), 400, 1002002, "option_type"),
    (SEARCH, {"params": {"page_size": 0}}, 400, 1002004, "page_size"),
    (SEARCH, {"params": {"page_size": 101}}, 400, 1002004, "page_size"),
    (SEARCH, {"params": {"id_list": ["1"] * 51}}, 400, 1002005, "id_list"),
    (SEARCH, {"params": {"page_token": "bm90IG91cnM="}}, 400, 1002002, "page_token"),
    (MOVE, _move("1", "TALENT", 1), 400, 1002109, "talent_pool_id"),
    (MOVE, _move("POOL", "1", 1), 400, 1002102, "talent_id"),
    (MOVE, _move("POOL", "TALENT", 3), 400, 1002002, "add_type"),
)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0].split('.', 2)[2]}-{row[3]}-{row[4]}")
def test_refused(
    place: Place,
    node: NodeClient,
    kind: type[NodeClient],
    things: dict[str, str],
    row: tuple[str, dict[str, Any], int, int, str],
) -> None:
    operation, arguments, number, code, field = row
    answer = node.call(operation, **filled(arguments, things))
    assert (answer.status, answer.code) == (status(kind, number), code), answer
    assert [violation["field"] for violation in answer.error["field_violations"]] == [field]
    assert answer.error["troubleshooter"].endswith(f"/docs/errors/{code}")
    assert answer.headers.get("x-tt-logid", answer.error["log_id"]) == answer.error["log_id"]
    assert place.client.members(things["POOL"]) == {}


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
