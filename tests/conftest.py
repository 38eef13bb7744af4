"""What tests share: a server for those that need no server of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import node_clients
from harness import Client, Server, running_server


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


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file for a database of the test's own."""
    return tmp_path / "rencai.db"
