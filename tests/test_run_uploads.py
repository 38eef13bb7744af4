"""The list of a run as it is sent: its lines, its end or the lack of it, keys, slow and endless clients."""

import contextlib
import itertools
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import stores
from harness import Client, Reply, Server, running_server
from rencai.contract import ids
from rencai.contract.errors import Fault
from rencai.operations.id_lines import IdLines
from stores import Store
from test_runs import RUNS, counts, given

TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


@pytest.fixture(scope="module")
def impatient(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a client."""
    store = stores.make(engine, tmp_path_factory.mktemp("impatient"))
    with running_server(store, "--request-timeout", "1") as running:
        yield running


def newest(client: Client) -> dict[str, Any]:
    return next(client.pages(RUNS), {"state": "none"})


def settled(client: Client, state: str) -> dict[str, Any]:
    """The newest run, once it has that state."""
    deadline = time.monotonic() + 30  # patience, not a speed
    while (run := newest(client))["state"] != state:
        assert time.monotonic() < deadline, run
        time.sleep(0.01)
    return run


# Lines


def plainly(data: bytes) -> tuple[set[int], set[str]]:
    """What stands in a list, line by line."""
    texts = {line.removesuffix(b"\r").decode() for line in data.split(b"\n")} - {""}
    numbers = {number for text in texts if (number := ids.parse(text)) is not None}
    return numbers, {text for text in texts if ids.parse(text) is None}


line = st.one_of(
    st.integers(0, 10**20).map(str),
    st.sampled_from(["", "0", "01", "+1", " 1", "1 ", "1_0", "９", "a", "\0", '"', "é", "9" * 64, str(2**63)]),
    st.text(max_size=12).map(lambda text: text.replace("\n", "").replace("\r", "")),
)


@drawn(st.lists(line, max_size=5), st.booleans())
def test_many_ids_are_told_from_texts_as_one_is(texts: list[str], with_ids: bool) -> None:
    texts = [*texts, *(["7", str(ids.LARGEST), "1,2"] if with_ids else [])]
    for some in (texts, [text for text in texts if ids.parse(text) is not None]):
        assert [*ids.parse_all(some)] == [ids.parse(text) for text in some]


@drawn(
    st.lists(line, max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 200), max_size=6),
)
def test_lines_are_read_however_the_bytes_come(lines: list[str], end: str, is_ended: bool, cuts: list[int]) -> None:
    data = (end.join(lines) + (end if is_ended else "")).encode()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = IdLines()
    for start, stop in itertools.pairwise(places):
        reader.feed(data[start:stop])
    reader.end()
    numbers, texts = reader.hand_over()
    wanted_numbers, wanted_texts = plainly(data)
    assert (numbers == sorted(numbers), set(numbers)) == (True, wanted_numbers)
    assert {httpx.Response(200, text=text).json() for _, text in texts} == wanted_texts
    assert len({number for number, _ in texts}) == len(wanted_texts)
    assert all(number < 0 for number, _ in texts)
    assert reader.hand_over() == ([], [])


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"1\n2\n" + b"3" * 65 + b"\n", "line 3 is longer than 64 bytes"),
        (b"1\n" + b"3" * 67, "line 2 is longer than 64 bytes"),
        (b"3" * 65, "line 1 is longer than 64 bytes"),
        (b"1\n\xff\n", "line 2 is not valid UTF-8"),
        (b"1\n\xed\xa0\x80", "line 2 is not valid UTF-8"),
    ],
)
def test_a_wrong_line_is_named(data: bytes, place: str) -> None:
    reader = IdLines()

    def read() -> None:
        reader.feed(data)
        reader.end()

    with pytest.raises(Fault) as refused:
        read()
    assert [(one.field, one.description) for one in refused.value.violations] == [("body", place)]


def test_a_wrong_line_is_refused_and_the_run_says_so(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(2)
    reply = tenant.upload(given(pool, "add", on_missing="skip"), [*people, "x" * 65])
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["body"])
    assert reply.error["field_violations"][0]["description"] == "line 3 is longer than 64 bytes"
    run = newest(tenant)
    assert (run["state"], run["is_uploading"], run["error"]["code"]) == ("failed", False, 1002002)
    assert run["error"]["msg"] == "parameter error: body line 3 is longer than 64 bytes"
    assert (tenant.members(pool), tenant.results(run["id"])) == ({}, {})
    assert tenant.upload(given(pool, "add"), ["y" * 64]).code == 0


def test_lines_of_windows_and_empty_lines_and_a_last_without_end(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(3)
    run = tenant.over(tenant.upload(given(pool, "add"), "\r\n\n".join(["", *people]).encode()))
    assert counts(run) == {"total": 3, "processed": 3, "added": 3}
    strange = ['"quoted"', "tab\t", "nul\0", "ünïcode", "9" * 64, "-1"]
    run = tenant.over(tenant.upload(given(pool, "add", on_missing="skip"), strange))
    assert tenant.results(run["id"]) == dict.fromkeys(strange, "missing")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, ["talent_pool_id", "action"]),
        ({"talent_pool_id": "1", "action": "drop"}, ["action"]),
        ({"talent_pool_id": "1", "action": "add", "on_missing": ""}, ["on_missing"]),
        ({"talent_pool_id": "1", "action": "add", "reason": "x" * 501}, ["reason"]),
    ],
)
def test_a_wrong_query_is_refused_before_anything_is_taken_in(
    tenant: Client, query: dict[str, str], fields: list[str]
) -> None:
    reply = tenant.upload(query, b"1\n" * 100_000)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)
    assert list(tenant.pages(RUNS)) == []
    assert tenant.upload(given("7", "add"), b"").code == 1002109


def test_a_list_may_be_larger_than_any_body(tenant: Client) -> None:
    """20 MB of repeats: above the limit of a body."""
    pool, people = tenant.create_pool(), tenant.create_talents(1000)
    lines = people * 1000
    random.shuffle(lines)
    run = tenant.over(tenant.upload(given(pool, "add"), lines))
    assert counts(run) == {"total": 1000, "processed": 1000, "added": 1000}


# Ends

OPENED: list[socket.socket] = []


@pytest.fixture(autouse=True)
def sockets_closed() -> Iterator[None]:
    """Let go of the connections of a test however it ends."""
    yield
    while OPENED:
        OPENED.pop().close()


class Stream:
    """An upload by hand: chunks of any bytes, at any time."""

    def __init__(self, client: Client, query: dict[str, str], *headers: str) -> None:
        host, port = client.http.base_url.host, client.http.base_url.port
        assert port is not None
        client.token = client.token or client.fetch_token()
        self.socket = socket.create_connection((host, port), timeout=30)
        OPENED.append(self.socket)
        head = [
            f"POST {RUNS}?{urlencode(query)} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {client.token}",
            "Content-Type: text/plain",
            *(headers or ("Transfer-Encoding: chunked",)),
        ]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())

    def chunk(self, data: bytes) -> None:
        """Send a chunk."""
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> str:
        """Send the last chunk; the reply's head and body."""
        self.socket.sendall(b"0\r\n\r\n")
        return self.reply()

    def reply(self) -> str:
        """What has come back when something has."""
        received = b""
        while b"\r\n\r\n" not in received or not received.rstrip().endswith(b"}"):
            piece = self.socket.recv(65536)
            if not piece:
                break
            received += piece
        return received.decode()


def test_an_upload_that_breaks_off_leaves_a_run_that_says_so(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(3)
    breaks: list[Callable[[Stream], object]] = [
        lambda stream: stream.socket.close(),
        lambda stream: stream.socket.shutdown(socket.SHUT_WR),
        lambda stream: stream.socket.sendall(b"nonsense\r\n"),
    ]
    for number, broken in enumerate(breaks, 1):
        stream = Stream(tenant, given(pool, "add"))
        stream.chunk("\n".join(people).encode())
        run = settled(tenant, "queued")
        assert run["is_uploading"]
        broken(stream)
        run = settled(tenant, "failed")
        stream.socket.close()
        assert (run["is_uploading"], run["error"]["code"]) == (False, 1990025)
        assert len(list(tenant.pages(RUNS))) == number
    assert tenant.members(pool) == {}
    short = Stream(tenant, given(pool, "add"), "Content-Length: 1000")
    short.socket.sendall(people[0].encode())
    assert settled(tenant, "queued")["is_uploading"]
    short.socket.close()
    assert settled(tenant, "failed")["error"]["msg"] == "upload broken off: body the client went away"
    assert tenant.changes(pool) == []


def test_each_read_has_a_deadline_and_the_whole_has_none(impatient: Server) -> None:
    client = impatient.client()
    pool, people = client.create_pool(), client.create_talents(6)
    slow = Stream(client, given(pool, "add"))
    for person in people:  # more than a second in all, with time to spare before each deadline
        slow.chunk(f"{person}\n".encode())
        time.sleep(0.2)
    assert '"code":0' in slow.end()
    assert client.over(Reply(200, 0, "", {"run": newest(client)}, {}, httpx.Headers()))["added"] == 6
    silent = Stream(client, given(pool, "remove"))
    silent.chunk(f"{people[0]}\n".encode())
    reply = silent.reply()
    assert reply.startswith("HTTP/1.1 408 ")
    assert '"code":1990025' in reply
    assert "nothing came for 1 s" in reply
    assert silent.socket.recv(1) == b""  # and it is let go
    assert newest(client)["state"] == "failed"
    assert set(client.members(pool)) == set(people)


def test_the_rest_of_a_list_that_is_refused_is_not_read_for_ever(impatient: Server) -> None:
    client = impatient.client()
    stream = Stream(client, given(client.create_pool(), "add"))
    stream.chunk(b"x" * 100)
    assert '"code":1002002' in stream.reply()
    started = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while time.monotonic() < started + 20:
            stream.chunk(b"1\n" * 1000)
            time.sleep(0.05)
    assert time.monotonic() < started + 20


def test_a_list_that_is_cancelled_while_it_is_sent_is_refused(tenant: Client) -> None:
    pool = tenant.create_pool()
    stream = Stream(tenant, given(pool, "add", on_missing="skip"))
    stream.chunk(b"1\n")
    run = settled(tenant, "queued")
    assert tenant.call("POST", f"{RUNS}/{run['id']}/cancel").data["run"]["state"] == "cancelled"
    assert '"code":1990022' in stream.end()
    assert newest(tenant)["state"] == "cancelled"


def test_only_so_many_lists_are_taken_in_at_once(database: Store) -> None:
    with running_server(database) as server:
        apps = [server.client(f"tenant {number}") for number in range(3)]
        pools = [client.create_pool() for client in apps]
        streams = [
            Stream(client, given(pool, "add")) for client, pool in zip(apps, pools, strict=True) for _ in range(3)
        ][:8]
        deadline = time.monotonic() + 30  # patience, not a speed
        while sum(len(list(client.pages(RUNS))) for client in apps) < 8:
            assert time.monotonic() < deadline
        busy = apps[2].upload(given(pools[2], "add"), b"")
        assert (busy.status, busy.code, busy.headers["Retry-After"]) == (503, 1990001, "1")
        assert '"code":0' in streams[0].end()
        assert apps[2].upload(given(pools[2], "add"), b"").code == 0
        for stream in streams[1:]:
            stream.socket.close()


def test_json_is_json_whatever_its_type_says_but_for_text(tenant: Client) -> None:
    pool = tenant.create_pool()
    body = b'{"talent_pool_id": "%s", "action": "add", "from": "%s"}' % (pool.encode(), pool.encode())
    for kind in ("application/json", "application/x-www-form-urlencoded", "application/octet-stream"):
        assert tenant.call("POST", RUNS, raw=body, headers={"Content-Type": kind}).code == 0
    for kind in ("text/plain", "TEXT/Plain; charset=utf-8"):
        assert tenant.call("POST", RUNS, raw=body, headers={"Content-Type": kind}).fields == [
            "talent_pool_id",
            "action",
        ]


# Keys: over the query and the bytes that are sent


def test_a_list_sent_again_with_its_key_is_the_same_run(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(2)
    key = {"Idempotency-Key": "k"}
    first = tenant.upload(given(pool, "add"), people, **key)
    tenant.over(first)
    assert tenant.upload(given(pool, "add"), people, **key).data == first.data
    for query, lines in ((given(pool, "add"), people[:1]), (given(pool, "set"), people), (given(pool, "add"), [])):
        other = tenant.upload(query, lines, **key)
        assert (other.status, other.code, other.fields) == (422, 1990005, ["Idempotency-Key"])
    body = {"talent_pool_id": pool, "action": "add", "from": pool}
    assert tenant.call("POST", RUNS, body, headers=key).code == 1990005
    assert len(list(tenant.pages(RUNS))) == 1


def test_a_list_that_was_refused_or_broke_off_may_be_sent_again_with_its_key(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(2)
    key = {"Idempotency-Key": "k"}
    assert tenant.upload(given(pool, "add"), ["x" * 65], **key).code == 1002002
    stream = Stream(tenant, given(pool, "add"), "Idempotency-Key: k", "Content-Length: 1000")
    assert settled(tenant, "queued")["is_uploading"]
    stream.socket.close()
    settled(tenant, "failed")
    assert tenant.over(tenant.upload(given(pool, "add"), people, **key))["added"] == 2


@pytest.mark.timeout(60)
def test_lists_sent_at_once_with_one_key_are_one_run(server: Server, tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(50)
    tenant.token = tenant.fetch_token()
    replies: list[Any] = []
    gate = threading.Barrier(6)

    def send() -> None:
        client = server.client_of(tenant.app)
        client.token = tenant.token
        gate.wait()
        replies.append(client.upload(given(pool, "add"), people, **{"Idempotency-Key": "k"}).data)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 6
    assert all(reply == replies[0] for reply in replies)
    assert [run["id"] for run in tenant.pages(RUNS)] == [replies[0]["run"]["id"]]


def test_a_list_with_a_key_waits_for_the_one_before_it_only_so_long(tenant: Client) -> None:
    pool = tenant.create_pool()
    stream = Stream(tenant, given(pool, "add"), "Idempotency-Key: k", "Transfer-Encoding: chunked")
    assert settled(tenant, "queued")["is_uploading"]
    busy = tenant.upload(given(pool, "add"), b"", **{"Idempotency-Key": "k"})
    assert (busy.status, busy.code, busy.headers["Retry-After"]) == (409, 1990006, "1")
    stream.socket.close()


# Results


def test_a_client_that_does_not_read_results_is_let_go(impatient: Server) -> None:
    client = impatient.client("readers")
    pool, people = client.create_pool(), [str(number) for number in range(1, 300_001)]
    run = client.over(client.upload(given(pool, "add", on_missing="skip"), people))
    assert run["missing"] == 300_000
    reader = socket.socket()
    OPENED.append(reader)
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", client.http.base_url.port or 0))
    reader.sendall(
        f"GET {RUNS}/{run['id']}/results HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}\r\n\r\n".encode()
    )
    time.sleep(3)
    received, ended = 0, False
    reader.settimeout(10)
    with contextlib.suppress(ConnectionResetError):
        while piece := reader.recv(1 << 20):
            received += len(piece)
            ended |= piece.endswith(b"0\r\n\r\n")
    assert (received < 10_000_000, ended) == (True, False)
    assert len(client.results(run["id"])) == 300_000
