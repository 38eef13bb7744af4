"""A real server in a process of its own, and a client that holds every reply against its Endpoint row."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from rencai import clock
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from rencai.contract.runs import RunResult
from rencai.http.routes import Routes
from rencai.main import database_opened
from rencai.operations.apps import AppCreated, Credentials, NewApp, app_create
from stores import Store

ALL_SCOPES = tuple(sorted({scope for endpoint in ENDPOINTS for scope in endpoint.scopes}))
HIRE = "/open-apis/hire/v1"
_ROUTES = Routes(ENDPOINTS)

M = TypeVar("M")
T = TypeVar("T")


class App(NamedTuple):
    """An app's credentials."""

    tenant_key: str
    app_id: str
    app_secret: str


class Certificate(NamedTuple):
    """A certificate for 127.0.0.1, its key, and the authority that signed it."""

    cert: Path
    key: Path
    authority: Path


def rencai(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a stranger would, and wait for it."""
    return subprocess.run(
        [sys.executable, "-m", "rencai", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean_environment(), **environment},
    )


def clean_environment() -> dict[str, str]:
    """The environment without settings of ours."""
    return {name: text for name, text in os.environ.items() if not name.startswith("RENCAI_")}


class Server:
    """A server process on a database. `log` holds the lines of its log, as objects."""

    def __init__(self, database: Store, *options: str) -> None:
        self.database = database
        self.url = ""
        self.log: list[dict[str, Any]] = []
        self.stray: list[str] = []
        self._clients: list[Client] = []
        command = [sys.executable, "-m", "rencai", "serve", "--database", database.url, "--port", "0"]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, env=clean_environment()
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._wait_for_url()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.stray.append(line)

    def _wait_for_url(self) -> None:
        while time.monotonic() - self.started < 20:
            for line in list(self.log):
                if line["event"] == "listening":
                    self.url = line["url"]
                    self.seconds_to_ready = time.monotonic() - self.started
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        self.kill()
        raise AssertionError(f"the server did not start: {self.log} {self.stray}")

    def create_app(self, tenant: str = "acme", *, scopes: tuple[str, ...] = ALL_SCOPES, limits: str = "off") -> App:
        """An app made as the command makes it, beside the running server; without a process, which takes a second."""
        new, credentials = NewApp(tenant, "test", scopes, limits), Credentials.drawn()

        async def make() -> AppCreated:
            async with database_opened(self.database.url, may_make=True) as opened:
                return await opened.write(partial(app_create, new=new, credentials=credentials, now=clock.now()))

        with ThreadPoolExecutor(1) as apart:  # the test may be running a loop itself
            made = apart.submit(asyncio.run, make()).result()
        return App(made.tenant_key, made.app_id, made.app_secret)

    def client(self, tenant: str = "acme", *, scopes: tuple[str, ...] = ALL_SCOPES, limits: str = "off") -> "Client":
        """A client with a token of a new app."""
        return self.client_of(self.create_app(tenant, scopes=scopes, limits=limits))

    def client_of(self, app: App) -> "Client":
        """A client of an app there is, closed with the server."""
        client = Client(self.url, app)
        self._clients.append(client)
        return client

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """`kill -9`: nothing is tidied."""
        self.process.kill()
        self.ended()

    def writer(self) -> int:
        """The process id of what writes to the file."""
        (pid,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(pid)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        for client in self._clients:
            client.http.close()
        code = self.process.wait(30)
        self._reader.join(5)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def running_server(database: Store, *options: str) -> Generator[Server]:
    """A server that is ended at the end, however the test went. It must end in order and log only objects."""
    server = Server(database, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            assert server.stop() == 0
            assert server.stray == []


class Reply(NamedTuple):
    """A reply that has been held against its row."""

    status: int
    code: int
    msg: str
    data: Any
    error: dict[str, Any]
    headers: httpx.Headers

    @property
    def fields(self) -> list[str]:
        """The fields that the violations name."""
        return [violation["field"] for violation in self.error.get("field_violations", [])]


class Client:
    """Calls as an app. A reply that its Endpoint row does not declare fails the test."""

    def __init__(self, url: str, app: App, *, verify: Any = True) -> None:
        self.app = app
        self.http = httpx.Client(base_url=url, verify=verify, timeout=30)
        self.token = ""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        token: str = "",
        headers: Mapping[Any, Any] | None = None,
    ) -> Reply:
        """Make a call; `raw` sends bytes as they are, `token` stands in for the app's own."""
        if not self.token and not token and "/auth/" not in path:
            self.token = self.fetch_token()
        content = raw if raw is not None else None if body is None else msgspec.json.encode(body)
        bearer = token or self.token
        sent: dict[Any, Any] = {**({"Authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})}
        response = self.http.request(method, path, content=content, headers=sent)
        return checked(method, path, response)

    def fetch_token(self) -> str:
        """A tenant access token."""
        body = {"app_id": self.app.app_id, "app_secret": self.app.app_secret}
        return self.call("POST", "/open-apis/auth/v3/tenant_access_token/internal", body).data["tenant_access_token"]

    # The calls that most tests need

    def create_pool(self, name: str = "pool", **more: Any) -> str:
        """A new pool's id."""
        reply = self.call("POST", "/rencai/v1/talent_pools", {"i18n_name": {"en_us": name}, **more})
        assert reply.code == 0, reply
        return reply.data["talent_pool"]["id"]

    def create_talents(self, count: int) -> list[str]:
        """New talents' ids."""
        people = [{"basic_info": {"name": f"talent {number}"}} for number in range(count)]
        reply = self.call("POST", "/rencai/v1/talents/batch_create", {"talents": people})
        assert reply.code == 0, reply
        return reply.data["talent_id_list"]

    def create_talent(self, name: str = "某人", **more: Any) -> str:
        """A new talent's id. Keywords go into the body; those of the person into `basic_info`."""
        body = {**more, "basic_info": {"name": name, **more.get("basic_info", {})}}
        reply = self.call("POST", f"{HIRE}/talents/combined_create", body)
        assert reply.code == 0, reply
        return reply.data["talent_id"]

    def create_folder(self, name: str = "folder", owner_id: str = "") -> str:
        """A new talent folder's id."""
        body = {"folder_name": name, "owner_id": owner_id}
        return self.call("POST", "/rencai/v1/talent_folders", body).data["talent_folder"]["folder_id"]

    def create_tag(self, name: str = "tag", **more: Any) -> str:
        """A new talent tag's id."""
        body = {"name": {"en_us": name}, **more}
        return self.call("POST", "/rencai/v1/talent_tags", body).data["talent_tag"]["id"]

    def create_object(self, object_type: int, parent_id: str = "", keys: tuple[str, ...] = ()) -> str:
        """A new custom field's id, or a module's; `keys` are the options' keys."""
        setting: dict[str, Any] = {"object_type": object_type}
        if keys:
            setting["config"] = {"options": [{"key": key, "name": {"en_us": key.upper()}} for key in keys]}
        body = {"name": {"zh_cn": "字段"}, "parent_id": parent_id, "setting": setting}
        reply = self.call("POST", "/rencai/v1/talent_objects", body)
        assert reply.code == 0, reply
        return reply.data["talent_object"]["id"]

    def talent_v1(self, talent_id: str) -> dict[str, Any]:
        """A talent in the shape of v1."""
        return self.call("GET", f"{HIRE}/talents/{talent_id}").data["talent"]

    def talent_v2(self, talent_id: str) -> dict[str, Any]:
        """A talent in the shape of v2."""
        return self.call("GET", f"/open-apis/hire/v2/talents/{talent_id}").data

    def search(self, keyword: str, **query: Any) -> list[str]:
        """Who is found by a keyword, in order."""
        given = {"keyword": keyword, "query_option": "ignore_empty_error", "page_size": 20, **query}
        return [item["id"] for item in self.call("GET", f"{HIRE}/talents?{urlencode(given)}").data["items"]]

    def batch_change(self, pool_id: str, talent_ids: list[Any], option_type: Any) -> Reply:
        """The heart."""
        path = f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool"
        return self.call("POST", path, {"talent_id_list": talent_ids, "option_type": option_type})

    def add(self, pool_id: str, talent_ids: list[str]) -> Reply:
        """Add to a pool."""
        return self.batch_change(pool_id, talent_ids, 1)

    def remove(self, pool_id: str, talent_ids: list[str]) -> Reply:
        """Take out of a pool."""
        return self.batch_change(pool_id, talent_ids, 2)

    def move(self, pool_id: str, talent_id: str, add_type: int) -> Reply:
        """Put one talent into a pool."""
        path = f"/open-apis/hire/v1/talent_pools/{pool_id}/talent_relationship"
        return self.call("POST", path, {"talent_id": talent_id, "add_type": add_type})

    def pages(self, path: str, page_size: int = 1000) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        join = "&" if "?" in path else "?"
        token = ""
        while True:
            reply = self.call("GET", f"{path}{join}page_size={page_size}&page_token={token}")
            assert reply.code == 0, reply
            yield from reply.data["items"]
            if not reply.data["has_more"]:
                assert "page_token" not in reply.data
                return
            token = reply.data["page_token"]

    def members(self, pool_id: str) -> dict[str, str]:
        """A pool's members and their add_time."""
        path = f"/rencai/v1/talent_pools/{pool_id}/talents"
        return {item["talent_id"]: item["add_time"] for item in self.pages(path)}

    def upload(self, query: dict[str, Any], ids: Iterable[str] | bytes, **headers: str) -> Reply:
        """Begin a run with these ids, one a line."""
        content = ids if isinstance(ids, bytes) else "".join(f"{talent_id}\n" for talent_id in ids).encode()
        path = f"/rencai/v1/runs?{urlencode(query)}"
        return self.call("POST", path, raw=content, headers={"Content-Type": "text/plain", **headers})

    def over(self, reply: Reply) -> dict[str, Any]:
        """The run that a call began, once it is over."""
        assert reply.code == 0, reply
        deadline = time.monotonic() + 60  # patience, not a speed
        while True:
            run = self.call("GET", f"/rencai/v1/runs/{reply.data['run']['id']}").data["run"]
            if run["state"] in ("done", "cancelled", "failed"):
                return run
            assert time.monotonic() < deadline, run
            time.sleep(0.01)

    def results(self, run_id: str) -> dict[str, str]:
        """What became of each id of a run, and for a conflict why."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = self.http.get(f"/rencai/v1/runs/{run_id}/results", headers=headers)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "application/x-ndjson")
        lines = [msgspec.json.decode(line, type=RunResult) for line in response.content.splitlines()]
        found = {line.talent_id: line.reason or line.outcome for line in lines}
        assert len(found) == len(lines)
        return found

    def changes(self, pool_id: str) -> list[dict[str, Any]]:
        """A pool's changes, newest first, with their ids."""
        ids = [item["id"] for item in self.pages(f"/rencai/v1/changes?talent_pool_id={pool_id}")]
        return [self.call("GET", f"/rencai/v1/changes/{change_id}").data["change"] for change_id in ids]


def within_a_second(made: Callable[[], M], act: Callable[[M], T]) -> tuple[M, T]:
    """What is made for it, and what `act` comes to with it in less than a second. Where the machine stalled meanwhile,
    both are made anew."""
    for _ in range(10):
        given = made()
        began = time.monotonic()
        result = act(given)
        if time.monotonic() - began < 1:
            return given, result
    raise AssertionError("it took a second, ten times")


def checked(method: str, path: str, response: httpx.Response) -> Reply:
    """The reply, once it is what the endpoint's row declares, to the key."""
    found = _ROUTES.find(method, httpx.URL(path).raw_path.decode().partition("?")[0])
    assert found is not None, f"{method} {path} is no endpoint"
    endpoint, _ = found
    log_id = response.headers["X-Tt-Logid"]
    assert (b"X-Tt-Logid", log_id.encode()) in response.headers.raw
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    body = response.json()
    code = body.pop("code")
    msg = body.pop("msg")
    if code == 0:
        assert response.status_code == 200
        data = body if endpoint.bare else body.pop("data")
        if not endpoint.bare:
            assert body == {}
        assert msgspec.to_builtins(msgspec.convert(data, endpoint.reply)) == data
        return Reply(200, 0, msg, data, {}, response.headers)
    declared = [error for error in endpoint.all_errors if error.code == code]
    assert declared, f"{endpoint.name} answers {code}, which its row does not declare"
    statuses = {endpoint.status_of(error) for error in declared} | ({413} if code == 1002002 else set())
    assert response.status_code in statuses
    if endpoint.bare:
        assert set(body) <= {"data"}
        return Reply(response.status_code, code, msg, None, {}, response.headers)
    error = body.pop("error")
    assert body == {}
    assert error["log_id"] == log_id
    assert error["troubleshooter"].endswith(f"/docs/errors/{code}")
    assert code in ERRORS
    return Reply(response.status_code, code, msg, None, error, response.headers)
