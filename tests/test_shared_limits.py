"""Rate limits that servers on one database share, and what becomes of them when they can't be reached."""

import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

import stores
from harness import Client, Server, running_server, within_a_second
from rencai.limits import FEISHU
from stores import PostgresStore

pytestmark = pytest.mark.postgresql
PASSED = 1002109  # what a call answers that got past the limit, on a pool that is not there
REFUSED = 99991400
CLIENTS = 8


class Accepted(NamedTuple):
    """A call that got past the limit: when it was sent, and when it was answered."""

    sent: float
    answered: float


@pytest.fixture
def servers() -> Iterator[tuple[PostgresStore, Server, Server]]:
    database = PostgresStore(stores.cluster())
    with running_server(database) as one, running_server(database) as other:
        yield database, one, other


def limited(server: Server, other: Server) -> tuple[Client, Client]:
    """A client of one app on each server, with its token."""
    app = server.create_app(limits=FEISHU)
    clients = server.client_of(app), other.client_of(app)
    for client in clients:
        client.token = client.fetch_token()
        client.call("GET", "/rencai/v1/changes")  # another endpoint: whose token it is, is known from here on
    return clients


def change(client: Client) -> Any:
    return client.batch_change("1", ["nobody"], 1)


def change_on_one_and_then_the_other(both: tuple[Client, Client]) -> list[Any]:
    """Ten calls on the first server, and one on the second."""
    return [change(client) for client in [both[0]] * 10 + [both[1]]]


def hammer(client: Client, seconds: float, accepted: list[Accepted]) -> None:
    end = time.monotonic() + seconds
    while (sent := time.monotonic()) < end:
        if change(client).code == PASSED:
            accepted.append(Accepted(sent, time.monotonic()))


def test_two_servers_let_ten_calls_a_second_through_together(servers: tuple[PostgresStore, Server, Server]) -> None:
    """Whatever the scheduling: no 11 of the accepted calls were both sent and answered inside one second."""
    _, *both = servers
    app = both[0].create_app(limits=FEISHU)
    token = both[0].client_of(app).fetch_token()
    accepted: list[Accepted] = []
    clients = [server.client_of(app) for server in both for _ in range(CLIENTS)]
    for client in clients:
        client.token = token
    threads = [threading.Thread(target=hammer, args=(client, 10, accepted)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line for server in both for line in server.log if line["event"] == "limiter_away"] == []
    for first in accepted:
        inside = [call for call in accepted if call.sent >= first.sent and call.answered < first.sent + 1]
        assert len(inside) <= 10
    assert len(accepted) >= 90


def test_what_one_server_accepted_the_other_refuses_and_says_when(
    servers: tuple[PostgresStore, Server, Server],
) -> None:
    (one, other), (*accepted, refused) = within_a_second(
        lambda: limited(*servers[1:]), change_on_one_and_then_the_other
    )
    assert [reply.code for reply in accepted] == [PASSED] * 10
    assert (refused.status, refused.code) == (429, REFUSED)
    headers = ("x-ogw-ratelimit-limit", "x-ogw-ratelimit-reset", "Retry-After")
    assert [refused.headers[name] for name in headers] == ["10", "1", "1"]
    _, replies = within_a_second(lambda: time.sleep(1), lambda _: change_on_one_and_then_the_other((other, one)))
    assert [reply.code for reply in replies] == [PASSED] * 10 + [REFUSED]


def test_the_larger_of_two_windows_is_shared_too(servers: tuple[PostgresStore, Server, Server]) -> None:
    database, *both = servers
    app = both[0].create_app(limits="0.01")  # 10 a minute of tier 4
    clients = [server.client_of(app) for server in both]
    codes = [clients[number % 2].call("GET", "/rencai/v1/changes").code for number in range(12)]
    assert codes == [0, REFUSED] * 1 + [REFUSED] * 10 or codes.count(0) <= 10
    assert len(database.rows("SELECT times FROM rate_windows")) == 1


def test_each_server_counts_for_itself_while_the_shared_count_is_away(
    servers: tuple[PostgresStore, Server, Server],
) -> None:
    database, one, other = servers
    prepared = iter([limited(one, other) for _ in range(10)])
    database.run("ALTER TABLE rate_windows RENAME TO away")
    clients, codes = within_a_second(
        lambda: next(prepared), lambda both: [change(client).code for client in both for _ in range(12)]
    )
    assert codes == ([PASSED] * 10 + [REFUSED] * 2) * 2
    for server, client in zip((one, other), clients, strict=True):
        assert "rencai_limiter_is_local 1.0" in client.http.get("/metrics").text
        assert [line["event"] for line in server.log].count("limiter_away") == 1
    database.run("ALTER TABLE away RENAME TO rate_windows")
    _, replies = within_a_second(lambda: time.sleep(1.1), lambda _: change_on_one_and_then_the_other(clients))
    assert [reply.code for reply in replies] == [PASSED] * 10 + [REFUSED]
    assert "rencai_limiter_is_local 0.0" in clients[0].http.get("/metrics").text
    assert "limiter_back" in [line["event"] for line in one.log]
