"""What tests share: a server for those that need no server of their own, and the vendor's Node clients."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import node_clients
import node_place
import stores
from desk import Desk
from harness import Certificate, Client, Server, running_server
from node_clients import LarkMcp, NodeClient, NodeSdk
from node_place import Place
from stores import CITUS, ENGINES, POSTGRESQL, SQLITE, SqliteStore, Store
from typed import Typed


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say which engines the tests run on. Not in pytest's own header, which -q leaves out."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(session.config, "workerinput"):
        reporter.write_line(stores.report())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what RENCAI_TEST_ENGINES leaves out; without SQLite, also what runs on no other engine."""
    left_out = [item for item in items if not _is_wanted(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    for engine in (POSTGRESQL, CITUS):
        if item.get_closest_marker(engine) is not None:
            return engine in ENGINES
    callspec: Any = getattr(item, "callspec", None)
    return SQLITE in ENGINES or (callspec is not None and "engine" in callspec.params)


def pytest_sessionfinish() -> None:
    """End what was started for all tests."""
    stores.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which Node clients ran, and what tests measured. Not in the header, which -q leaves out."""
    terminalreporter.write_line(node_clients.report())
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


class Servers:
    """One server an engine for many tests; each takes tenants, pools and people of its own."""

    def __init__(self, folders: pytest.TempPathFactory, running: contextlib.ExitStack) -> None:
        self._folders = folders
        self._running = running
        self._servers: dict[str, Server] = {}
        self._clients: dict[str, Client] = {}
        self._places: dict[str, Place] = {}
        self._things: dict[str, dict[str, str]] = {}

    def server(self, engine: str) -> Server:
        """The engine's server."""
        if engine not in self._servers:
            database = stores.make(engine, self._folders.mktemp("server"))
            self._servers[engine] = self._running.enter_context(running_server(database))
        return self._servers[engine]

    def client(self, engine: str) -> Client:
        """A client without limits, in the tenant that most tests share."""
        if engine not in self._clients:
            self._clients[engine] = self.server(engine).client("shared")
        return self._clients[engine]

    def things(self, engine: str) -> dict[str, str]:
        """What stands in that place."""
        if engine not in self._things:
            self._things[engine] = node_place.things(self.place(engine))
        return self._things[engine]

    def place(self, engine: str) -> Place:
        """Where the Node clients' tests work."""
        if engine not in self._places:
            folder = self._folders.mktemp("node")
            running = self._running.enter_context(running_server(stores.make(engine, folder)))
            self._places[engine] = self._running.enter_context(contextlib.closing(Place(running, folder)))
        return self._places[engine]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers that tests share."""
    with contextlib.ExitStack() as running:
        yield Servers(tmp_path_factory, running)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn: whatever test uses it, or what is built on it, runs on all of them."""
    return request.param


@pytest.fixture(scope="session")
def server(servers: Servers, engine: str) -> Server:
    """One server for many tests."""
    return servers.server(engine)


@pytest.fixture(scope="session")
def client(servers: Servers, engine: str) -> Client:
    """A client without limits, in the tenant that most tests share."""
    return servers.client(engine)


@pytest.fixture(scope="session")
def typed() -> Iterator[Typed]:
    """What runs the command without the second that it takes to start."""
    with contextlib.closing(Typed()) as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What a server needs to speak https, and its clients to believe it."""
    folder = tmp_path_factory.mktemp("tls")
    made = Certificate(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(made.cert)
    issued.private_key_pem.write_to_path(made.key)
    authority.cert_pem.write_to_path(made.authority)
    return made


@pytest.fixture
def database(engine: str, tmp_path: Path) -> Store:
    """A database of the test's own, on each engine."""
    return stores.make(engine, tmp_path)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> SqliteStore:
    """The same, for what only a file can show."""
    return SqliteStore(tmp_path / "rencai.db")


@pytest.fixture
async def desk(database: Store) -> AsyncIterator[Desk]:
    """Operations on that database, which is let go of however the test ends."""
    made = await Desk.open(database)
    yield made
    await made.database.close()


@pytest.fixture(scope="session")
def place(servers: Servers, engine: str) -> Place:
    """A server for all tests of the Node clients, so that each client starts once."""
    if reason := node_clients.missing():
        # A run that stands for the project may not pass without them.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return servers.place(engine)


@pytest.fixture(scope="session")
def things(servers: Servers, place: Place, engine: str) -> dict[str, str]:
    """What the words in the tables of the Node clients' tests stand for."""
    return servers.things(engine)


@pytest.fixture(params=[NodeSdk, LarkMcp], ids=["node-sdk", "lark-mcp"])
def kind(request: pytest.FixtureRequest) -> type[NodeClient]:
    """The vendor's two Node clients."""
    return request.param


@pytest.fixture
def node(place: Place, kind: type[NodeClient]) -> NodeClient:
    """Each Node client in turn, as an app with every scope and no limits."""
    return place.speak(kind)
