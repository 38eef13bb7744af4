"""A load generator that takes little from the machine it shares with the server.

N keep-alive connections in a closed loop: each sends its next request when the reply to the last is there. Sockets
and epoll without a framework, requests encoded beforehand: some 20 µs of CPU a call. Run it in a process of its own.
"""

import gc
import re
import select
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from bench.work import Change, Timing, timing

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 60.0  # seconds without any reply, after which the server counts as dead


class Job(msgspec.Struct, frozen=True):
    """Requests to send to a server, over so many connections, for at most so many seconds."""

    url: str
    requests: list[bytes]
    clients: int
    seconds: float


class _Client(msgspec.Struct):
    """A connection: when it sent its request, and what came back of the reply."""

    connection: socket.socket
    sent: float = 0.0
    received: bytes = b""


def request(url: str, token: str, method: str, target: str, body: bytes = b"") -> bytes:
    """The bytes of a request. The target is the path, and the query if there is one."""
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def encoded(url: str, token: str, change: Change, option_type: int) -> bytes:
    """The bytes of a batch change."""
    body = msgspec.json.encode(
        {
            "talent_id_list": [str(talent_id) for talent_id in change.talent_ids],
            "option_type": option_type,
        }
    )
    target = f"/open-apis/hire/v1/talent_pools/{change.pool_id}/batch_change_talent_pool"
    return request(url, token, "POST", target, body)


def run(job: Job) -> Timing:
    """Send the requests in order until they or the time are used up; wait for all replies.

    Raises RuntimeError for a reply that is not HTTP 200 with code 0.
    """
    clients = {client.connection.fileno(): client for client in _connected(job)}
    gc.disable()
    try:
        return _run(job, clients)
    finally:
        gc.enable()
        for client in clients.values():
            client.connection.close()


def _connected(job: Job) -> list[_Client]:
    address = urlsplit(job.url)
    clients: list[_Client] = []
    for _ in range(min(job.clients, len(job.requests))):
        connection = socket.create_connection((address.hostname, address.port), timeout=_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clients.append(_Client(connection))
    return clients


def _run(job: Job, clients: dict[int, _Client]) -> Timing:
    requests = iter(job.requests)
    poll = select.epoll()
    for number in clients:
        poll.register(number, select.EPOLLIN)
    started = time.perf_counter()
    for client in clients.values():
        _send(client, next(requests))
    latencies = _loop(poll, clients, requests, started + job.seconds)
    seconds = time.perf_counter() - started
    poll.close()
    return timing(latencies, seconds)


def _loop(poll: select.epoll, clients: dict[int, _Client], requests: Iterator[bytes], end: float) -> list[float]:
    latencies: list[float] = []
    under_way = len(clients)
    while under_way:
        ready = poll.poll(_PATIENCE)
        if not ready:
            raise RuntimeError(f"no reply for {_PATIENCE:.0f} s")
        for number, _ in ready:
            client = clients[number]
            if not _received(client):
                continue
            now = time.perf_counter()
            latencies.append(now - client.sent)
            request = next(requests, None) if now < end else None
            if request is None:
                under_way -= 1
            else:
                _send(client, request)
    return latencies


def _send(client: _Client, request: bytes) -> None:
    client.received = b""
    client.sent = time.perf_counter()
    client.connection.sendall(request)


def _received(client: _Client) -> bool:
    """Take in what has come. Whether the reply is there whole; then it has been checked."""
    chunk = client.connection.recv(65536)
    if not chunk:
        raise RuntimeError("the server closed the connection")
    reply = client.received = client.received + chunk
    end = reply.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(reply, 0, end)
    if length is None or len(reply) - end - 4 < int(length[1]):
        return False
    if not reply.startswith(b"HTTP/1.1 200 ") or b'"code":0,' not in reply:
        raise RuntimeError(f"not a good reply: {reply[:500]!r}")
    return True
