"""Hand-made HTTP over raw sockets: what must be refused is, nothing of it is done, and the server goes on."""

import contextlib
import json
import socket
import time
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import pytest

from harness import Client, Server, running_server
from stores import SqliteStore

MIB = 2**20


class Answer(NamedTuple):
    """A reply as it came over the wire; header names as they were sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> Any:
        """The code in a JSON body."""
        return json.loads(self.body)["code"]


class Wire:
    """A raw connection to a server."""

    def __init__(self, server: Server) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._received = b""

    def send(self, data: bytes) -> None:
        """Send bytes; a server that has had enough may close meanwhile."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(data)

    def answer(self) -> Answer:
        """The next reply."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        length = int(headers.get("Content-Length", "0"))
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(head[0].split(" ")[1]), headers, body)

    def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        with contextlib.suppress(ConnectionError):
            while True:
                self._more()
        return self._received

    def is_closed(self) -> bool:
        """Whether the server ends the connection, with nothing more to say. Waits for it."""
        try:
            return not self._received and self._socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Go away."""
        self._socket.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._more()
        found, self._received = self._received.split(end, 1)
        return found

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError(f"closed after {self._received!r}")
        self._received += data


class Desk(NamedTuple):
    """A server and a client in it with a pool that must stay empty, and a person who would go into it."""

    server: Server
    client: Client
    pool_id: str
    person: str

    @contextlib.contextmanager
    def wire(self) -> Generator[Wire]:
        """A raw connection, closed at the end."""
        wire = Wire(self.server)
        try:
            yield wire
        finally:
            wire.close()

    def head(self, *headers: str, pool_id: str = "", version: str = "1.1") -> bytes:
        """The head of a batch change."""
        path = f"/open-apis/hire/v1/talent_pools/{pool_id or self.pool_id}/batch_change_talent_pool"
        lines = [f"POST {path} HTTP/{version}", "Host: x", f"Authorization: Bearer {self.client.token}", *headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def body(self, option_type: int = 1) -> bytes:
        """The body that adds the person, or takes them out."""
        return json.dumps({"talent_id_list": [self.person], "option_type": option_type}).encode()

    def change(self, pool_id: str, option_type: int = 1, *headers: str) -> bytes:
        """A whole batch change in good order."""
        body = self.body(option_type)
        return self.head(*headers, f"Content-Length: {len(body)}", pool_id=pool_id) + body

    def logged(self, log_id: str) -> dict[str, Any]:
        """The line that the log has for a request."""
        for _ in range(500):
            for line in list(self.server.log):
                if line.get("log_id") == log_id:
                    return line
            time.sleep(0.01)
        raise AssertionError(f"no line with {log_id}")


def desk_of(server: Server) -> Desk:
    client = server.client()
    (person,) = client.create_talents(1)
    return Desk(server, client, client.create_pool(), person)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Desk]]:
    """A server as it comes, and one that gives a request only a second.

    On SQLite alone: what is malformed never gets as far as a database.
    """
    folder = tmp_path_factory.mktemp("bad-http")
    with (
        running_server(SqliteStore(folder / "patient.db")) as patient,
        running_server(SqliteStore(folder / "impatient.db"), "--request-timeout", "1") as impatient,
    ):
        yield desk_of(patient), desk_of(impatient)


@pytest.fixture(autouse=True)
def unharmed(desks: tuple[Desk, Desk]) -> Iterator[None]:
    """After each test both servers answer, do their work, and have let nothing bad through."""
    yield
    for desk in desks:
        assert desk.client.http.get("/healthz").text == "ok"
        assert desk.client.members(desk.pool_id) == {}
        assert desk.client.changes(desk.pool_id) == []
        other = desk.client.create_pool()
        assert "X-Rencai-Change-Id" in desk.client.add(other, [desk.person]).headers
        assert [line for line in list(desk.server.log) if line["level"] == "error" or "at" in line] == []


@pytest.fixture
def desk(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0]


@pytest.fixture
def impatient(desks: tuple[Desk, Desk]) -> Desk:
    return desks[1]


def assert_refused(desk: Desk, wire: Wire, status: int = 400) -> None:
    answer = wire.answer()
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("text/plain")
    line = desk.logged(answer.headers["X-Tt-Logid"])
    assert (line["event"], line["status"], line["tenant"]) == ("request", status, "")
    assert wire.is_closed()


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: {length}", CHUNKED],
        [CHUNKED, "content-length: {length}"],
        ["Content-Length: {length}", "Content-Length: {length}"],
        ["Content-Length: {length}", "CONTENT-LENGTH: 0"],
        ["Content-Length: {length}, {length}"],
        ["Content-Length: {length}, 0"],
        ["Content-Length: -1"],
        ["Content-Length: +{length}"],
        ["Content-Length: 0x2a"],
        ["Content-Length: {length}.0"],
        ["Content-Length: "],
        ["Content-Length: " + "9" * 5000],
        ["Content-Length : {length}"],
        ["Content-Length: {length}", "X-Folded: a", " b"],
        ["Content-Length: {length}", "X-Folded: a", "\tb"],
        ["Content-Length: {length}", " Content-Length: 0"],
        [CHUNKED, CHUNKED],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding:", " chunked"],
        ["Content-Length: {length}", "X-Nul: a\0b"],
        ["Content-Length: {length}", "X-N\0l: a"],
        ["Content-Length: {length}", "X-Return: a\rb"],
        ["Content-Length: {length}", "no colon"],
        ["Content-Length: {length}", ": no name"],
        ["Content-Length: {length}", "Host: y"],
        ["Content-Length: {length}", "X-Control: a\x01b"],
        ["Content-Length: {length}", "X-Delete: a\x7fb"],
        ["Content-Length: {length}", "X-Feed: a\nX-More: b"],
        ["Content-Length: {length}", "X-Return\r: a"],
        ["Content-Length: {length}", "X-Tab\t: a"],
        ["Content-Length: {length}\x0b"],
        ["Content-Length: 1234567890123456789"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding:\x0bchunked"],
        ["Transfer-Encoding : chunked"],
    ],
)
def test_heads_that_two_parsers_may_read_in_two_ways_are_refused(desk: Desk, headers: list[str]) -> None:
    body = desk.body()
    with desk.wire() as wire:
        lines = [line.replace("{length}", str(len(body))) for line in headers]
        wire.send(desk.head(*lines) + body + b"\r\n0\r\n\r\n")
        assert_refused(desk, wire)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS to a server that speaks none
        b"hello\r\n\r\n",
        b"\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health\0z HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /健康 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b" GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\nHost: x\n\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\n",
        b"GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/0.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_garbage_is_refused(desk: Desk, garbage: bytes) -> None:
    with desk.wire() as wire:
        wire.send(garbage)
        assert_refused(desk, wire)


@pytest.mark.parametrize(
    "bomb",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Bomb: " + b"a" * MIB + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Bomb: " * 128 * 1024,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%05d: %090d\r\n" % (i, i) for i in range(10_000)),
        b"GET /" + b"a" * MIB + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"a" * MIB,
    ],
    ids=["one long header", "a header without end", "10,000 headers", "a long request line", "a line without end"],
)
def test_header_bombs_are_refused(desk: Desk, bomb: bytes) -> None:
    with desk.wire() as wire:
        wire.send(bomb)
        assert_refused(desk, wire)


def test_ten_thousand_short_headers_are_answered(desk: Desk) -> None:
    with desk.wire() as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 10_000 + b"\r\n")
        assert wire.answer().status in (200, 400)


@pytest.mark.parametrize(
    "rest",
    [
        b"zz\r\n",
        b"-5\r\n",
        b"0x5\r\n",
        b"\r\n",
        b"1\r\n{}\r\n",
        b"f" * 30 + b"\r\n",
        b"2\r\n{}\r\n0\r\nno colon\r\n\r\n",
        b"2 \r\n{}\r\n",
        b"2\n{}\n",
        b"2\r\n{}\n",
        b"2\r\n{}0\r\n\r\n",
        b"2;a\rb\r\n{}\r\n",
        b"2;a\nb\r\n{}\r\n",
        b"10000000000000002\r\n{}\r\n",
        b"0\r\nX-Trailer: a\r\n b\r\n\r\n",
        b"0\r\nContent-Length: 1\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\nConnection: close\r\n\r\n",
        b"0\r\n\n",
        b"2;" + b"a" * MIB,
        b"0\r\n" + b"X-Trailer: a\r\n" * 100_000,
        b"0\r\nX-Trailer: " + b"a" * MIB,
    ],
    ids=lambda rest: repr(rest[:40]),
)
def test_broken_chunks_are_refused(desk: Desk, rest: bytes) -> None:
    with desk.wire() as wire:
        body = desk.body()
        wire.send(desk.head(CHUNKED) + b"%x\r\n%s\r\n" % (len(body), body) + rest)
        assert_refused(desk, wire)


def test_chunks_to_a_server_of_http_1_0_are_refused(desk: Desk) -> None:
    body = desk.body()
    with desk.wire() as wire:
        wire.send(desk.head(CHUNKED, version="1.0") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert_refused(desk, wire)


def chunked(body: bytes) -> bytes:
    """The body in two chunks. Each has an empty line in it, as the end of a chunked body is."""
    halves = (body[:1] + b"\r\n\r\n", b"\r\n\r\n" + body[1:])
    return b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in halves) + b"0\r\n\r\n"


def test_chunks_in_good_order_are_read(desk: Desk) -> None:
    pool_id, body = desk.client.create_pool(), desk.body()
    chunks = b"".join(b"1;note=x\r\n%c\r\n" % byte for byte in body)
    with desk.wire() as wire:
        wire.send(desk.head(CHUNKED, pool_id=pool_id) + chunks + b"0\r\nX-Trailer: a\r\n\r\n")
        assert wire.answer().code == 0
    assert list(desk.client.members(pool_id)) == [desk.person]


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(desk: Desk) -> None:
    with desk.wire() as wire:
        wire.send(desk.head(f"Content-Length: {10**15}"))
        answer = wire.answer()
        assert (answer.status, answer.code) == (413, 1002002)


@pytest.mark.parametrize("header", ["Content-Length: {size}", CHUNKED])
def test_ten_mebibytes_are_drained_and_the_connection_stays_usable(desk: Desk, header: str) -> None:
    body = desk.body() + b" " * 10 * MIB
    framed = body if "{" in header else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    pool_id = desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(desk.head(header.replace("{size}", str(len(body)))) + framed + desk.change(pool_id))
        answer = wire.answer()
        assert (answer.status, answer.code) == (413, 1002002)
        assert wire.answer().code == 0
    assert list(desk.client.members(pool_id)) == [desk.person]


def test_http_1_0_is_answered_and_closed(desk: Desk) -> None:
    pool_id, body = desk.client.create_pool(), desk.body()
    with desk.wire() as wire:
        wire.send(desk.head(f"Content-Length: {len(body)}", pool_id=pool_id, version="1.0") + body)
        assert wire.answer().code == 0
        assert wire.is_closed()
    assert list(desk.client.members(pool_id)) == [desk.person]


@pytest.mark.parametrize("line", ["CONNECT x:80", "get /healthz", "BREW /healthz", "GET healthz", "GET x:80", "* *"])
def test_what_nobody_serves_is_not_found_and_its_body_read(desk: Desk, line: str) -> None:
    body = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    with desk.wire() as wire:
        wire.send(f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (wire.answer().status, wire.answer().body) == (404, b"ok")


def test_head_is_answered_without_a_body(desk: Desk) -> None:
    with desk.wire() as wire:
        wire.send(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire._until(b"\r\n\r\n").startswith(b"HTTP/1.1 404 ")
        assert wire.answer().body == b"ok"


@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_upgrade_is_declined_and_its_body_read(desk: Desk, is_chunked: bool) -> None:
    """As clients send it that would rather speak HTTP/2."""
    pool_id, body = desk.client.create_pool(), desk.body()
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA")
    framing = CHUNKED if is_chunked else f"Content-Length: {len(body)}"
    with desk.wire() as wire:
        head = desk.head(*upgrade, framing, pool_id=pool_id)
        wire.send(head + (chunked(body) if is_chunked else body) + desk.change(pool_id, 2, *upgrade))
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + "\r\n".join([*upgrade, "", ""]).encode())
        assert [wire.answer().code for _ in range(2)] == [0, 0]
        assert wire.answer().body == b"ok"
    assert len(desk.client.changes(pool_id)) == 2


def test_requests_are_the_same_however_the_bytes_come(desk: Desk) -> None:
    pool_id = desk.client.create_pool()
    requests = desk.head(CHUNKED, pool_id=pool_id) + chunked(desk.body()) + desk.change(pool_id, 2)
    for size in (1, 2, 3, 5, 7):
        with desk.wire() as wire:
            wire._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(requests), size):
                wire.send(requests[start : start + size])
            assert [wire.answer().code for _ in range(2)] == [0, 0]
    assert len(desk.client.changes(pool_id)) == 10


def test_what_follows_the_last_request_of_a_connection_is_not_done(desk: Desk) -> None:
    first, second = desk.client.create_pool(), desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(desk.change(first, 1, "Connection: x, Close") + desk.change(second) + b"\0\0")
        answer = wire.answer()
        assert (answer.code, answer.headers["Connection"]) == (0, "close")
        assert wire.is_closed()
    assert (list(desk.client.members(first)), desk.client.changes(second)) == ([desk.person], [])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_reply_of_any_length_has_chunks_or_ends_with_the_connection(desk: Desk, version: str) -> None:
    reply = desk.client.upload({"talent_pool_id": desk.client.create_pool(), "action": "add"}, [desk.person])
    run = desk.client.over(reply)
    with desk.wire() as wire:
        path = f"/rencai/v1/runs/{run['id']}/results"
        request = f"GET {path} HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer {desk.client.token}\r\n"
        wire.send(f"{request}Connection: close\r\n\r\n".encode())
        head, body = wire._until(b"\r\n\r\n"), wire.rest()
    assert (b"\r\nTransfer-Encoding: chunked" in head) == (version == "1.1")
    line, end = body.split(b"\n", 1) if version == "1.0" else body.split(b"\r\n", 1)[1].split(b"\n", 1)
    assert json.loads(line)["talent_id"] == desk.person
    assert end == (b"" if version == "1.0" else b"\r\n0\r\n\r\n")


def test_pipelined_requests_are_answered_in_order(desk: Desk) -> None:
    pool_id = desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(desk.change(pool_id) + desk.change(pool_id, 2) + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        added, removed, health = wire.answer(), wire.answer(), wire.answer()
    newest, oldest = desk.client.changes(pool_id)
    assert (added.headers["X-Rencai-Change-Id"], oldest["parts"][0]["added"]) == (oldest["id"], [desk.person])
    assert (removed.headers["X-Rencai-Change-Id"], newest["parts"][0]["removed"]) == (newest["id"], [desk.person])
    assert health.body == b"ok"


@pytest.mark.parametrize("header", ["X-Folded: a\r\n b", "Content-Length: 0", CHUNKED])
def test_a_bad_head_behind_a_good_request_is_refused_alone(desk: Desk, header: str) -> None:
    pool_id = desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(desk.change(pool_id) + desk.change("", 1, header))
        assert wire.answer().code == 0
        assert_refused(desk, wire)
    assert list(desk.client.members(pool_id)) == [desk.person]


def test_expect_continue_is_answered_before_the_body(desk: Desk) -> None:
    pool_id, body = desk.client.create_pool(), desk.body()
    with desk.wire() as wire:
        wire.send(desk.head("Expect: 100-continue", f"Content-Length: {len(body)}", pool_id=pool_id))
        assert wire.answer().status == 100
        wire.send(body)
        assert wire.answer().code == 0
    assert list(desk.client.members(pool_id)) == [desk.person]


@pytest.mark.parametrize(("size", "status"), [(100, 400), (2 * MIB, 413)])
def test_a_refused_call_gets_no_continue(desk: Desk, size: int, status: int) -> None:
    head = desk.head("Expect: 100-continue", f"Content-Length: {size}")
    pool_id = desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(head if status == 413 else head.replace(b"Bearer ", b"Basic "))
        assert wire.answer().status == status
        wire.send(b" " * size + desk.change(pool_id))  # a client that sends its body all the same
        assert wire.answer().code == 0


def drip(wire: Wire, data: bytes) -> float:
    """Send a byte every 50 ms until the server has had enough. How long that took."""
    started = time.monotonic()
    wire._socket.settimeout(0.05)
    for byte in data:
        wire.send(bytes([byte]))
        with contextlib.suppress(TimeoutError):
            wire._more()
            break
    wire._socket.settimeout(10)
    return time.monotonic() - started


def test_a_head_that_drips_is_timed_out(impatient: Desk) -> None:
    with impatient.wire() as wire:
        assert 0.5 < drip(wire, impatient.change("")) < 5
        assert_refused(impatient, wire, 408)


def test_a_body_that_drips_is_timed_out(impatient: Desk) -> None:
    with impatient.wire() as wire:
        body = impatient.body()
        wire.send(impatient.head(f"Content-Length: {len(body)}"))
        assert 0.5 < drip(wire, body) < 5
        assert_refused(impatient, wire, 408)


def test_a_body_that_drips_after_its_refusal_is_cut_off(impatient: Desk) -> None:
    with impatient.wire() as wire:
        wire.send(impatient.head(f"Content-Length: {MIB + 100}"))
        assert wire.answer().status == 413
        started = time.monotonic()
        wire.send(b" ")
        assert wire.is_closed()
        assert time.monotonic() - started < 5


def assert_all_are_closed_within(seconds: float, wires: dict[str, Wire]) -> None:
    end = time.monotonic() + seconds
    for name, wire in wires.items():
        wire._socket.settimeout(max(0.01, end - time.monotonic()))
        try:
            while wire._socket.recv(65536):
                pass
        except TimeoutError:
            pytest.fail(f"{name}: still open")
        except ConnectionError:
            pass


def test_connections_that_fall_silent_in_a_request_are_closed(impatient: Desk) -> None:
    good = impatient.change(impatient.client.create_pool())
    cases = {
        "nothing sent": b"",
        "half a head": good[:20],
        "half a body": good[:-1],
        "half a head behind a request": good + good[:20],
        "half a body behind a request": good + good[:-1],
        "half a body behind a refused one": impatient.head(f"Content-Length: {MIB + 1}") + b" " * (MIB + 1) + good[:-1],
    }
    with contextlib.ExitStack() as stack:
        wires = {name: stack.enter_context(impatient.wire()) for name in cases}
        for name, data in cases.items():
            wires[name].send(data)
        assert_all_are_closed_within(2.5, wires)


@pytest.mark.soak
def test_idle_connections_are_closed_in_the_end(impatient: Desk) -> None:
    large = impatient.head(f"Content-Length: {MIB + 1}")
    with contextlib.ExitStack() as stack:
        wires = {name: stack.enter_context(impatient.wire()) for name in ("after a reply", "after a drained body")}
        wires["after a reply"].send(impatient.change(impatient.client.create_pool()))
        assert wires["after a reply"].answer().code == 0
        wires["after a drained body"].send(large)
        assert wires["after a drained body"].answer().status == 413
        wires["after a drained body"].send(b" " * (MIB + 1))
        assert_all_are_closed_within(90, wires)


@pytest.mark.parametrize("part", [10, -10])
def test_a_client_that_goes_away_is_forgotten(desk: Desk, part: int) -> None:
    pool_id = desk.client.create_pool()
    with desk.wire() as wire:
        wire.send(desk.change(pool_id)[:part])
    time.sleep(0.1)
    assert desk.client.changes(pool_id) == []


def test_two_hundred_idle_connections_keep_nobody_out(desk: Desk) -> None:
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(desk.wire()) for _ in range(200)]
        started = time.monotonic()
        desk.client.create_pool()
        assert time.monotonic() - started < 5
        for wire in wires:
            wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert {wire.answer().body for wire in wires} == {b"ok"}
