"""A proxy before a real server that does what networks and gateways do to calls, and keeps a record of each call.

    with faulty_proxy(server.url) as proxy:
        proxy.inject(Fault.CUT_AFTER, "batch_change", times=2)   # the next two such calls
        proxy.often(Fault.ERROR_BEFORE, 0.05)                    # of the others one in twenty, at random
        ... make calls to proxy.url ...
        proxy.of("batch_change")                                 # the calls of a kind, in the order in which they came

`like_feishu` leaves the server's own calls out, as a stand-in for Feishu; `names_unknown=False` takes the unknown ids
out of its errors.
"""

import contextlib
import http.client
import json
import random
import socket
import struct
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PIECE = 1 << 16
RATE_LIMITED = 99991400
MISSING_SCOPE = 99991672
UNKNOWN_TALENT = 1002102
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Fault(Enum):
    """What becomes of a call. BEFORE: the server never gets it; AFTER: it was done there, and the answer is lost."""

    RATE_LIMITED = auto()
    ERROR_BEFORE = auto()
    ERROR_AFTER = auto()
    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    CUT_AMID = auto()  # half of the answer comes
    SLOW = auto()  # the answer comes in drops
    HELD = auto()  # the answer waits until `release`
    REFUSED = auto()  # with the code `refusal`: what no repeat mends


BEFORE = {Fault.REFUSED, Fault.RATE_LIMITED, Fault.ERROR_BEFORE, Fault.CUT_BEFORE}


@dataclass
class Call:
    """A call as the proxy saw it; times by time.monotonic(). `answered` is just before the last byte went out.

    `code` is the answer's, None where it has none; `told` is what the server itself answered, None where it got no call
    or gave no answer.
    """

    method: str
    path: str
    came: float
    answered: float = 0.0
    status: int = 0
    code: int | None = None
    told: int | None = None
    fault: Fault | None = None
    body: bytes = b""


@dataclass
class Answer:
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Injected:
    """A fault for the next calls whose path contains a text."""

    fault: Fault
    path: str
    left: int


@dataclass
class FaultyProxy:
    """The proxy. `calls` are all there have been; `slow_pause` is between two drops of a slow answer (s)."""

    target: str
    like_feishu: bool = False
    names_unknown: bool = True
    reset: int = 1  # what `x-ogw-ratelimit-reset` says (s)
    refusal: int = MISSING_SCOPE
    slow_pause: float = 0.05
    url: str = ""
    calls: list[Call] = field(default_factory=list[Call])
    draw: random.Random = field(default_factory=lambda: random.Random(6))
    released: threading.Event = field(default_factory=threading.Event)
    _injected: list[Injected] = field(default_factory=list[Injected])
    _often: list[tuple[Fault, float, str]] = field(default_factory=list[tuple[Fault, float, str]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, fault: Fault, path: str = "", times: int = 1) -> None:
        """Do this to the next calls whose path contains the text."""
        with self._lock:
            self._injected.append(Injected(fault, path, times))

    def often(self, fault: Fault, chance: float, path: str = "") -> None:
        """Do this to each call whose path contains the text, by chance."""
        with self._lock:
            self._often.append((fault, chance, path))

    def release(self) -> None:
        """Let the answers go that are held, and hold no more."""
        self.released.set()

    def heal(self) -> None:
        """No more faults."""
        with self._lock:
            self._injected.clear()
            self._often.clear()

    def of(self, path: str) -> list[Call]:
        """The calls whose path contains the text, in the order in which they came."""
        return sorted((call for call in list(self.calls) if path in call.path), key=lambda call: call.came)

    def begin(self, method: str, path: str, came: float) -> Call:
        """Take down a call that comes in, with what will become of it."""
        with self._lock:
            call = Call(method, path, came, fault=self._next_fault(path))
            self.calls.append(call)
            return call

    def _next_fault(self, path: str) -> Fault | None:
        for injected in self._injected:
            if injected.path in path and injected.left:
                injected.left -= 1
                return injected.fault
        for fault, chance, part in self._often:
            if part in path and self.draw.random() < chance:
                return fault
        return None

    def is_missing(self, path: str) -> bool:
        """Whether the path is one that Feishu has not."""
        return self.like_feishu and not path.startswith("/open-apis/")

    def shown(self, answer: Answer) -> Answer:
        """The server's answer as this stand-in gives it."""
        if self.names_unknown or code_of(answer.body) != UNKNOWN_TALENT:
            return answer
        told: dict[str, Any] = json.loads(answer.body)
        told["msg"] = "talent not exist"
        told["error"].pop("field_violations", None)
        return Answer(answer.status, answer.headers, json.dumps(told).encode())


@contextlib.contextmanager
def faulty_proxy(target: str, **settings: Any) -> Generator[FaultyProxy]:
    """A proxy before the server at that address, for as long as the block runs."""
    proxy = FaultyProxy(target, **settings)
    handler = type("Handler", (_Handler,), {"proxy": proxy} | {f"do_{m}": _Handler.take_call for m in METHODS})
    listener = _Listener(("127.0.0.1", 0), handler)
    proxy.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def code_of(body: bytes) -> int | None:
    """The code of an answer of the API, None where it is something else."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return None
    return told.get("code") if isinstance(told, dict) else None


def _refusal(status: int, code: int, *headers: tuple[str, str]) -> Answer:
    told = {"code": code, "msg": "refused by the proxy", "error": {"log_id": "proxy"}}
    return Answer(status, [("Content-Type", "application/json; charset=utf-8"), *headers], json.dumps(told).encode())


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is nothing to print."""


class _Cut(Exception):
    """The connection is to be cut."""


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 130

    def parse_request(self) -> bool:
        self.came = time.monotonic()
        return super().parse_request()

    def take_call(self) -> None:
        """Answer a call, or not."""
        call = self.proxy.begin(self.command, self.path, self.came)
        try:
            answer = self._answer(call)
            if call.fault is Fault.HELD:
                self.proxy.released.wait(60)
            if call.fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
                raise _Cut
            self._send(call, answer)
        except (_Cut, OSError, ValueError, http.client.HTTPException):
            call.answered = call.answered or time.monotonic()
            self._cut()

    def _answer(self, call: Call) -> Answer:
        if self.proxy.is_missing(self.path):
            call.body = b"".join(self._pieces())
            return Answer(404, [("Content-Type", "text/plain")], b"404 page not found")
        if call.fault in BEFORE:
            call.body = b"".join(self._pieces())
        else:
            answer = self._forwarded(call)
            call.told = code_of(answer.body)
            if call.fault is not Fault.ERROR_AFTER:
                return self.proxy.shown(answer)
        if call.fault is Fault.RATE_LIMITED:
            return _refusal(429, RATE_LIMITED, ("x-ogw-ratelimit-reset", str(self.proxy.reset)))
        if call.fault is Fault.REFUSED:
            return _refusal(400, self.proxy.refusal)
        return Answer(500, [("Content-Type", "text/plain")], b"upstream failed")

    def _forwarded(self, call: Call) -> Answer:
        address = urlsplit(self.proxy.target)
        upstream = http.client.HTTPConnection(address.hostname or "", address.port, timeout=130)
        try:
            upstream.putrequest(self.command, self.path, skip_host=False, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"host"}:
                    upstream.putheader(name, value)
            self._pass_on(upstream, call)
            came = upstream.getresponse()
            body = came.read()
            kept = [(name, value) for name, value in came.getheaders() if name.lower() not in HOP_BY_HOP]
            return Answer(came.status, kept, body)
        finally:
            upstream.close()

    def _pass_on(self, upstream: http.client.HTTPConnection, call: Call) -> None:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            call.body = b"".join(self._pieces())
            upstream.putheader("Content-Length", str(len(call.body)))
            upstream.endheaders(call.body or None)
            return
        upstream.putheader("Transfer-Encoding", "chunked")
        upstream.endheaders()
        for piece in self._pieces():  # as they come: what is broken off here is broken off there
            upstream.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        upstream.send(b"0\r\n\r\n")

    def _pieces(self) -> Iterator[bytes]:
        """The body of the request."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            left = int(self.headers.get("Content-Length", 0))
            while left:
                piece = self._read(min(left, PIECE))
                left -= len(piece)
                yield piece
            return
        while size := int(self.rfile.readline().partition(b";")[0] or b"-", 16):
            yield self._read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _read(self, size: int) -> bytes:
        piece = self.rfile.read(size)
        if len(piece) < size:
            raise _Cut
        return piece

    def _send(self, call: Call, answer: Answer) -> None:
        call.status, call.code = answer.status, code_of(answer.body)
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses[answer.status]}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        head = "\r\n".join([*lines, f"Content-Length: {len(answer.body)}", "", ""]).encode()
        if call.fault is Fault.CUT_AMID:
            self.wfile.write(head + answer.body[: len(answer.body) // 2])
            raise _Cut
        all_of_it = head + answer.body
        if call.fault is Fault.SLOW:
            drop = max(1, len(all_of_it) // 8)
            while len(all_of_it) > drop:
                self.wfile.write(all_of_it[:drop])
                all_of_it = all_of_it[drop:]
                time.sleep(self.proxy.slow_pause)
        call.answered = time.monotonic()
        self.wfile.write(all_of_it)

    def _cut(self) -> None:
        """Reset the connection, once this is left: the other side sees that nothing more comes."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has
        """The calls are recorded, not printed."""
