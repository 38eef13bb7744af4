"""What tests share: a server for those that need no server of their own, and the vendor's Node clients."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme

import node_clients
import node_place
from desk import Desk
from harness import Certificate, Client, Server, running_server
from node_clients import LarkMcp, NodeClient, NodeSdk
from node_place import Place
from typed import Typed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which Node clients ran. Not in the header, which -q leaves out."""
    terminalreporter.write_line(node_clients.report())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for many tests; each takes tenants, pools and people of its own."""
    with running_server(tmp_path_factory.mktemp("server") / "rencai.db") as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Client:
    """A client without limits, in the tenant that most tests share."""
    return server.client("shared")


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
def database(tmp_path: Path) -> Path:
    """A file for a database of the test's own."""
    return tmp_path / "rencai.db"


@pytest.fixture
async def desk(database: Path) -> AsyncIterator[Desk]:
    """Operations on that file, which is let go of however the test ends."""
    made = Desk(database)
    yield made
    await made.database.close()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server for all tests of the Node clients, so that each client starts once."""
    if reason := node_clients.missing():
        # A run that stands for the project may not pass without them.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("node")
    with running_server(folder / "rencai.db") as running, contextlib.closing(Place(running, folder)) as opened:
        yield opened


@pytest.fixture(scope="session")
def things(place: Place) -> dict[str, str]:
    """What the words in the tables of the Node clients' tests stand for."""
    return node_place.things(place)


@pytest.fixture(params=[NodeSdk, LarkMcp], ids=["node-sdk", "lark-mcp"])
def kind(request: pytest.FixtureRequest) -> type[NodeClient]:
    """The vendor's two Node clients."""
    return request.param


@pytest.fixture
def node(place: Place, kind: type[NodeClient]) -> NodeClient:
    """Each Node client in turn, as an app with every scope and no limits."""
    return place.speak(kind)
