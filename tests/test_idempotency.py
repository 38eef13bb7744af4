"""Calls with a key may be repeated: the stored reply for the same body, an error for another (decision 35)."""

import contextlib
import random
import threading
import time
from typing import Any

import httpx
import msgspec
import pytest

from harness import HIRE, Client, Reply, Server, checked, running_server
from rencai.contract.endpoint import IDEMPOTENCY_KEY
from rencai.contract.endpoints import ENDPOINTS
from stores import Store


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def keyed(client: Client, method: str, path: str, body: Any, key: str | bytes) -> Reply:
    name = "Idempotency-Key"
    return client.call(method, path, body, headers={name if isinstance(key, str) else name.encode(): key})


def test_every_native_call_that_changes_something_takes_a_key() -> None:
    taking = {endpoint.name for endpoint in ENDPOINTS if IDEMPOTENCY_KEY in endpoint.request_headers}
    native = {endpoint.name for endpoint in ENDPOINTS if endpoint.native and endpoint.access == "write"}
    compatible = {"talent_pool_batch_change", "talent_pool_move_talent", "talent_combined_create"}
    assert taking == native | compatible


def test_a_repeat_gets_the_first_reply_and_does_nothing(tenant: Client) -> None:
    pool, (who,) = tenant.create_pool(), tenant.create_talents(1)
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    first = keyed(tenant, "POST", path, {"add": [who]}, "k")
    tenant.remove(pool, [who])
    again = tenant.call(
        "POST", path, raw=f'{{ "reason": "", "add": ["{who}"] }}'.encode(), headers={"Idempotency-Key": "k"}
    )
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
    assert again.headers["X-Rencai-Change-Id"] == first.data["change_id"]
    assert tenant.members(pool) == {}
    other = keyed(tenant, "POST", path, {"add": [who], "reason": "x"}, "k")
    assert (other.status, other.code, other.fields) == (422, 1990005, ["Idempotency-Key"])
    assert keyed(tenant, "POST", path, {"add": [who]}, "other").data["added"] == [who]


def test_a_key_is_good_for_one_app_operation_and_path(server: Server, tenant: Client) -> None:
    pools, (who,) = [tenant.create_pool(), tenant.create_pool()], tenant.create_talents(1)
    for pool in pools:
        body = {"talent_id_list": [who], "option_type": 1}
        path = f"{HIRE}/talent_pools/{pool}/batch_change_talent_pool"
        assert "X-Rencai-Change-Id" in keyed(tenant, "POST", path, body, "same").headers
    move = {"talent_id": who, "add_type": 2}
    moved = keyed(tenant, "POST", f"{HIRE}/talent_pools/{pools[0]}/talent_relationship", move, "same")
    assert "X-Rencai-Change-Id" in moved.headers
    person = {"basic_info": {"name": "x"}}
    made = [keyed(tenant, "POST", f"{HIRE}/talents/combined_create", person, "same").data for _ in range(3)]
    assert made[0] == made[1] == made[2]
    other_app = server.client(tenant.app.tenant_key + "-other")
    assert keyed(other_app, "POST", f"{HIRE}/talents/combined_create", person, "same").data != made[0]


def test_a_refused_call_may_be_tried_again(tenant: Client) -> None:
    pool = tenant.create_pool()
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    assert keyed(tenant, "POST", path, {"add": ["7"]}, "k").code == 1002102
    (who,) = tenant.create_talents(1)
    assert keyed(tenant, "POST", path, {"add": [who]}, "k").data["added"] == [who]


def test_a_dry_run_neither_reads_nor_keeps_a_key(tenant: Client) -> None:
    pool, (a, b) = tenant.create_pool(), tenant.create_talents(2)
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    assert keyed(tenant, "POST", path, {"add": [a], "dry_run": True}, "k").data["added"] == [a]
    assert keyed(tenant, "POST", path, {"add": [b]}, "k").data["added"] == [b]
    assert keyed(tenant, "POST", path, {"add": [a], "dry_run": True}, "k").data["added"] == [a]


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a b", "\xe4".encode(), b"\xe4", b"a\tb"])
def test_a_key_is_visible_ascii(client: Client, key: bytes) -> None:
    reply = keyed(client, "POST", "/rencai/v1/talent_pools", {"i18n_name": {"en_us": "x"}}, key)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["Idempotency-Key"])


def test_two_keys_are_none(client: Client) -> None:
    headers = [("Authorization", f"Bearer {client.fetch_token()}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    path, body = "/rencai/v1/talent_pools", {"i18n_name": {"en_us": "x"}}
    reply = checked("POST", path, client.http.post(path, json=body, headers=headers))
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["Idempotency-Key"])


def test_the_longest_key_is_taken(client: Client) -> None:
    path, body = "/rencai/v1/talent_pools", {"i18n_name": {"en_us": "x"}}
    key = b"!" + b"~" * 254
    first, again = (keyed(client, "POST", path, body, key) for _ in range(2))
    assert first.data == again.data


def test_keys_are_forgotten_after_a_day_and_swept(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        body = {"i18n_name": {"en_us": "x"}}
        first = keyed(client, "POST", "/rencai/v1/talent_pools", body, "k").data
        kept = "SELECT count(*), min(expire_time) - max(expire_time) FROM idempotency_keys"
        assert database.rows(kept) == [[1, 0]]
        database.run("UPDATE idempotency_keys SET expire_time = 5")
        assert keyed(client, "POST", "/rencai/v1/talent_pools", body, "k").data != first
        database.run("UPDATE idempotency_keys SET expire_time = 5")
        keyed(client, "POST", "/rencai/v1/talent_pools", body, "other")
        assert database.rows("SELECT key FROM idempotency_keys") == [["other"]]
        assert ["x"] not in database.rows("SELECT body_hash FROM idempotency_keys")


def test_of_many_at_once_one_is_done_and_all_get_its_reply(server: Server, tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(50)
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    tenant.token = tenant.fetch_token()
    replies: list[Any] = []
    gate = threading.Barrier(32)

    def call() -> None:
        client = server.client_of(tenant.app)
        client.token = tenant.token
        gate.wait()
        replies.append(keyed(client, "POST", path, {"add": people}, "k").data)

    threads = [threading.Thread(target=call) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 32
    assert all(reply == replies[0] for reply in replies)
    assert [made["id"] for made in tenant.changes(pool)] == [replies[0]["change_id"]]


ROUNDS = 4


class Restarted:
    """A server that is killed and started again on its database, while clients go on calling."""

    def __init__(self, database: Store) -> None:
        self._database = database
        self.server = Server(database)

    def kill(self) -> None:
        """`kill -9`, and a new one."""
        self.server.kill()
        self.server = Server(self._database)


class Insisting(threading.Thread):
    """Makes one keyed call again and again, whatever becomes of the server, and keeps the replies that went well."""

    def __init__(self, place: Restarted, client: Client, path: str, body: Any, key: str) -> None:
        super().__init__()
        self._place, self._client = place, client
        self._call = (path, body, key)
        self.replies: list[tuple[Any, ...]] = []
        self.is_enough = threading.Event()

    def run(self) -> None:
        while not (self.is_enough.is_set() and self.replies):
            self._client.http.base_url = self._place.server.url
            with contextlib.suppress(httpx.HTTPError):
                self._keep(keyed(self._client, "POST", *self._call))
            time.sleep(0.1)  # the first call is what counts; a new server has to start beside all this

    def _keep(self, reply: Reply) -> None:
        assert reply.code in {0, 1990006}, reply
        if reply.code == 0:
            headers = (reply.headers["ETag"], reply.headers["X-Rencai-Change-Id"])
            self.replies.append((msgspec.json.encode(reply.data), *headers))


@pytest.mark.timeout(120)
def test_of_32_clients_and_servers_killed_in_between_one_change_and_one_reply(database: Store) -> None:
    """Each round has a key of its own. The first kill comes while the first calls are under way."""
    with running_server(database) as server:
        client = server.client()
        app, token = client.app, client.fetch_token()
        pool, people = client.create_pool(), client.create_talents(1000)
    callers = [Client("", app, verify=False) for _ in range(32)]
    for caller in callers:
        caller.token = token
    place, draw = Restarted(database), random.Random(5)
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    outcomes: list[set[tuple[Any, ...]]] = []
    try:
        for number in range(ROUNDS):
            sides = {"add": people[number * 100 :][:100], "remove": people[number * 100 - 50 :][:50] if number else []}
            body = {**sides, "run_id": f"round {number}"}
            clients = [Insisting(place, caller, path, body, f"key-{number}") for caller in callers]
            for each in clients:
                each.start()
            for _ in range(2):
                time.sleep(draw.uniform(0, 0.08))
                place.kill()
            for each in clients:
                each.is_enough.set()
            for each in clients:
                each.join()
            outcomes.append({reply for each in clients for reply in each.replies})
        made = place.server.client_of(app).changes(pool)[::-1]
    finally:
        place.server.kill()
        for caller in callers:
            caller.http.close()
    assert [len(replies) for replies in outcomes] == [1] * ROUNDS
    assert [change["run_id"] for change in made] == [f"round {number}" for number in range(ROUNDS)]
    assert [change["id"] for change in made] == [change_id for ((_, _, change_id),) in outcomes]
