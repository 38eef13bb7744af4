"""What an attacker or an accident would find: memory, time, files and ids that are not what they seem."""

import contextlib
import os
import select
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness import App, Client, Server, rencai, running_server
from rencai.contract.endpoint import Tier
from rencai.contract.talent_pools import TALENT_POOL_BATCH_CHANGE
from rencai.limits import Limiter
from stores import SqliteStore, Store


def create(client: Client, *people: dict[str, Any]) -> int:
    bodies = [{"basic_info": {"name": "x", **person}} for person in people]
    return client.call("POST", "/rencai/v1/talents/batch_create", {"talents": bodies}).code


def test_bodies_together_have_a_limit(database: Store) -> None:
    """Two bodies of 15 MB are on their way; a third finds no room, and comes in once they are gone."""
    with running_server(database, "--request-timeout", "300") as server:  # no busy machine lets go of the two too soon
        client = server.client()
        client.token = client.fetch_token()
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        head = (
            "POST /rencai/v1/talents/batch_create HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {client.token}\r\nContent-Length: 15000001\r\n\r\n"
        )

        def hold() -> socket.socket:
            connection = socket.create_connection(address)
            connection.sendall(head.encode() + b" " * 15_000_000)
            return connection

        held = [hold(), hold()]
        third = {"talents": [{"basic_info": {"name": "x"}, "self_evaluation": {"content": "y" * 10_000}}] * 500}
        deadline = time.monotonic() + 60  # patience, not a speed
        while (reply := client.call("POST", "/rencai/v1/talents/batch_create", third)).code == 0:
            assert time.monotonic() < deadline
            # One that came while the third was being worked on found no room itself, and tries again.
            for index, connection in enumerate(held):
                if select.select([connection], [], [], 0)[0]:
                    connection.close()
                    held[index] = hold()
        assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, 1990001, "1")
        assert client.create_pool()  # a small body has room
        for connection in held:
            connection.close()
        while client.call("POST", "/rencai/v1/talents/batch_create", third).code != 0:
            assert time.monotonic() < deadline


def test_a_client_that_does_not_read_is_let_go(database: Store) -> None:
    with running_server(database, "--request-timeout", "1") as server:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        reader.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        time.sleep(4)
        reader.settimeout(5)
        with contextlib.suppress(ConnectionResetError):  # reset, or closed: either way it ends
            while reader.recv(1 << 20):
                pass
        reader.close()
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 5


def test_a_list_without_end_is_one_violation(client: Client) -> None:
    people = {"talents": [{"basic_info": 1}] * 200_000}
    reply = client.call("POST", "/rencai/v1/talents/batch_create", people)
    assert (reply.code, reply.fields) == (1002002, ["talents"])
    ids = {"talent_id_list": [1] * 100_000, "option_type": 9}
    path = f"/open-apis/hire/v1/talent_pools/{client.create_pool()}/batch_change_talent_pool"
    assert client.call("POST", path, ids).fields == ["talent_id_list", "option_type"]


def test_the_last_of_duplicate_keys_wins_whatever_the_first_was(client: Client) -> None:
    pool_id, (who,) = client.create_pool(), client.create_talents(1)
    path = f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool"
    raw = b'{"talent_id_list":7,"talent_id_list":["%s"],"option_type":3,"option_type":1}' % who.encode()
    assert client.call("POST", path, raw=raw).code == 0
    assert list(client.members(pool_id)) == [who]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"mobile": "13800000001"}, {"mobile": "１３８０００００００１"}),
        ({"mobile": "13800000002"}, {"mobile": "13800000002", "mobile_country_code": "cn_1"}),
        ({"email": "ａ@example.com"}, {"email": "a@example.com"}),
        (
            {"identification": {}, "identification_type": 1, "identification_number": "X1"},
            {"identification": {}, "identification_type": 1, "identification_number": "x1"},
        ),
    ],
)
def test_the_same_person_in_other_letters(
    server: Server, request: pytest.FixtureRequest, first: dict[str, Any], second: dict[str, Any]
) -> None:
    client = server.client(request.node.name)
    assert create(client, first, second) == 1002105
    assert create(client, first) == 0
    assert create(client, second) == 1002105


def test_the_files_are_for_their_owner_only(sqlite_file: SqliteStore) -> None:
    os.umask(0o022)
    with running_server(sqlite_file) as server:
        server.client().create_talents(1)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in sqlite_file.path.parent.glob("rencai.db*")}
    assert {name: mode for name, mode in modes.items() if not name.endswith("-serving")} == dict.fromkeys(
        ("rencai.db", "rencai.db-wal", "rencai.db-shm"), 0o600
    )


@pytest.mark.parametrize("path", [":memory:", ".", "..", "/", "/tmp/", "file:x.db"])
def test_a_database_that_is_no_file_is_wrong_usage(path: str) -> None:
    done = rencai("serve", "--port", "0", "--database", f"sqlite:///{path}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "names no file" in done.stderr


def test_many_commands_may_make_the_database_at_once(database: Store) -> None:
    options = ("--tenant", "t", "--name", "n", "--scope", "hire:talent", "--database", database.url)
    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(rencai, "app", "create", *options) for _ in range(6)]
        done = [one.result() for one in running]
    assert [(one.returncode, one.stderr) for one in done if one.returncode] == []
    assert rencai("app", "list", "--database", database.url).stdout.count("cli_") == 6


def test_a_large_factor_remembers_no_more_than_the_last_minute() -> None:
    moment = 0.0
    limiter = Limiter(lambda: moment)
    for _ in range(20_000):
        moment += 0.01
        assert limiter.accept(TALENT_POOL_BATCH_CHANGE, "cli_x", "1000000") is None
    (times,) = limiter._logs.values()
    assert len(times) <= max(window.seconds for window in Tier.TIER_7.value) / 0.01 + 1


def test_the_log_names_the_tenant_by_its_key(server: Server, client: Client) -> None:
    app: App = client.app
    client.create_pool()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if any(line.get("tenant") == app.tenant_key and line["app"] == app.app_id for line in list(server.log)):
            return
        time.sleep(0.05)
    raise AssertionError("no line in the log carries the tenant's key")
