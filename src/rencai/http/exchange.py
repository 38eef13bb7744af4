"""One request and its reply: the messages of ASGI that the application takes and gives, and the bytes of the reply."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Protocol

from rencai.http.reader import Head

Message = MutableMapping[str, Any]
Headers = Iterable[tuple[bytes, bytes]]

MOST_UNREAD_BYTES = 64 * 1024  # of a body: above this no more is received until the application has taken it
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_UNSAFE = re.compile(rb"[\x00-\x08\n-\x1f\x7f]")


class Wire(Protocol):
    """What an exchange needs of its connection."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    async def writable(self) -> None:
        """Wait until the client has read most of what was sent."""
        ...

    def resume_reading(self) -> None:
        """Receive more."""
        ...

    def answered(self) -> None:
        """The reply is out."""
        ...


def head_bytes(status: int, headers: Headers) -> bytes:
    """The head of a reply, names in the case they are given. Raises ValueError for a value that would break it up."""
    lines = [_STATUS_LINES[status]]
    for name, value in headers:
        if _UNSAFE.search(value):
            raise ValueError(f"the header {name.decode()} has a control character")
        lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    return b"".join(lines)


class Exchange:
    """A request on its way in and its reply on its way out. `default_headers` begin the head of the reply."""

    def __init__(self, wire: Wire, head: Head, default_headers: list[tuple[bytes, bytes]]) -> None:
        self.keep_alive = head.keep_alive
        self.is_streamed = False  # whether the application has deadlines of its own for the body
        self.is_started = False
        self.is_answered = False
        self.is_off = False  # whether there is nobody any more to answer
        self._wire = wire
        self._request = head
        self._default_headers = default_headers
        self._expects = head.expects
        self._body = b""
        self._is_whole = False
        self._news = asyncio.Event()
        self._held: bytes | None = None
        self._is_chunked = False

    @property
    def is_full(self) -> bool:
        """Whether the application should take some of the body before more is received."""
        return len(self._body) > MOST_UNREAD_BYTES

    def add(self, body: bytes, is_whole: bool) -> None:
        """Some of the body has come."""
        if self.is_answered:
            return
        self._body += body
        self._is_whole = is_whole
        if body or is_whole:
            self._news.set()

    def call_off(self) -> None:
        """The client is gone, or has been refused: the application is told so, and what it sends goes nowhere."""
        self.is_off = True
        self._news.set()

    async def receive(self) -> Message:
        """The next piece of the body, or that the client is gone or has been answered."""
        if self._expects and not self.is_off:
            self._expects = False
            self._wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.is_off and not self.is_answered:
            if not self._is_whole:
                self._wire.resume_reading()
            await self._news.wait()
            self._news.clear()
        if self.is_off or self.is_answered:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        return {"type": "http.request", "body": body, "more_body": not self._is_whole}

    async def send(self, message: Message) -> None:
        """Send the head of the reply, or a piece of its body; the head is held back until the first piece.

        Both go out as one packet: a packet costs the event loop 60 µs under load, for the interpreter lock is given up
        and taken again (docs/decisions/0003).
        """
        if self._held is None and not self.is_started:
            self._held = self._reply_head(message["status"], message["headers"])
            return
        await self._wire.writable()
        if self.is_off:
            return
        is_last = not message.get("more_body", False)
        head, self._held = self._held or b"", None
        self.is_started = True
        self._wire.write(head + self._framed(message["body"], is_last))
        if is_last:
            self.is_answered = True
            self._body = b""  # what was not taken is not wanted
            self._news.set()
            self._wire.answered()

    def _reply_head(self, status: int, given: list[tuple[bytes, bytes]]) -> bytes:
        self._expects = False
        headers = [*self._default_headers, *given]
        if all(name.lower() != b"content-length" for name, _ in given):
            self._is_chunked = self._request.version == "1.1"  # an older client reads to the end of the connection
        if self._is_chunked:
            headers.append((b"Transfer-Encoding", b"chunked"))
        if not self.keep_alive:
            headers.append((b"Connection", b"close"))
        return head_bytes(status, headers)

    def _framed(self, body: bytes, is_last: bool) -> bytes:
        if self._request.method == "HEAD":
            return b""
        if not self._is_chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk + b"0\r\n\r\n" if is_last else chunk


Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
