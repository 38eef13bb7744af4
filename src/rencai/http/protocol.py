"""One HTTP/1 connection, for uvicorn's server: requests one after the other, deadlines, refusals, the end.

uvicorn listens, counts connections and ends them in order; its own protocols write names of headers in lower case or
parse in Python (docs/decisions/0004).
"""

import asyncio
from typing import Any, ClassVar, cast

import structlog
import uvicorn
from uvicorn.server import ServerState

from rencai import logs
from rencai.http.exchange import Application, Exchange, Message, head_bytes
from rencai.http.log_ids import new_log_id
from rencai.http.reader import Head, Reader, Refused

CONNECTION = "rencai.connection"


class StrictProtocol(asyncio.Protocol):
    """One connection. It has one deadline for receiving a whole request, headers and body.

    `request_timeout` (seconds) is set by the server before it listens. The application finds the connection in the
    scope's extensions as `CONNECTION`.
    """

    request_timeout: ClassVar[float]

    _transport: asyncio.Transport

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As uvicorn's server calls it."""
        self._application = cast("Application", config.loaded_app)
        self._patience = config.timeout_keep_alive
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        self._reader = Reader()
        self._received = b""  # and not parsed yet
        self._exchange: Exchange | None = None  # the one under way, or answered while its body still comes
        self._is_paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None

    # For the application

    @property
    def is_gone(self) -> bool:
        """Whether the client is gone, or is being let go."""
        return self._transport.is_closing()

    def stream_body(self) -> None:
        """The body of the request under way is a stream: the application has a deadline for each read of it."""
        if self._exchange is not None:
            self._exchange.is_streamed = True
        self._stop_deadline()

    def drop(self) -> None:
        """Let go of the client at once, so that it sees that its reply is not whole."""
        self._transport.abort()

    # For uvicorn's server

    def shutdown(self) -> None:
        """The server ends: close now, or once the request under way is answered."""
        if self._exchange is None or self._exchange.is_answered:
            self._transport.close()
        else:
            self._exchange.keep_alive = False

    # For asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; a client that sends nothing has the deadline too."""
        self._transport = cast("asyncio.Transport", transport)
        cast("set[object]", self._server.connections).add(self)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the connection."""
        cast("set[object]", self._server.connections).discard(self)
        for timer in (self._deadline, self._unread, self._idle):
            if timer is not None:
                timer.cancel()
        if self._exchange is not None:
            self._exchange.call_off()
        self._writable.set()
        self._reader.close()

    def pause_writing(self) -> None:
        """The client is slow to read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has read."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._received += data
        self._read_on()

    # For the exchange

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    async def writable(self) -> None:
        """Wait until the client has read most of what was sent."""
        await self._writable.wait()

    def resume_reading(self) -> None:
        """Receive more."""
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    def answered(self) -> None:
        """A reply is out, or waits for its client to read. Then comes the next request, or the rest of this one."""
        self._server.total_requests += 1
        self._watch_unread()
        if self._exchange is not None and not self._exchange.keep_alive:
            self._transport.close()
        if not self._transport.is_closing():
            self.resume_reading()
            self._read_on()

    # Receiving

    def _read_on(self) -> None:
        """Parse what is there, until a request is whole that is not answered."""
        self._idle_since = None
        at = 0
        try:
            while self._is_ready() and at < len(self._received):
                at = self._reader.take(self._received, at)
                self._hand_on()
        except Refused:
            self._refuse(400, "Invalid HTTP request received.")
            return
        self._received = self._received[at:]
        if self._received:
            self._pause_reading()  # behind a request that is not answered
        self._mind_the_time()

    def _is_ready(self) -> bool:
        """Whether more can be parsed. Behind a whole request only once it is answered."""
        if self._transport.is_closing():
            return False
        if self._reader.is_whole and self._exchange is not None and self._exchange.is_answered:
            self._exchange = None
            self._reader.next()
        return not self._reader.is_whole

    def _hand_on(self) -> None:
        """Begin to answer a request whose head is there; hand on what came of its body."""
        head = self._reader.head
        if head is None:
            return
        if self._exchange is None:
            self._begin(head)
        assert self._exchange is not None  # noqa: S101
        self._exchange.add(self._reader.pieces(), self._reader.is_whole)
        if self._exchange.is_full:
            self._pause_reading()

    def _begin(self, head: Head) -> None:
        exchange = self._exchange = Exchange(self, head, self._server.default_headers)
        raw_path, _, query = head.target.partition(b"?")
        scope: Message = {
            "type": "http",
            "method": head.method,
            "raw_path": raw_path,
            "query_string": query,
            "headers": head.headers,
            "extensions": {CONNECTION: self},
        }
        task = self._loop.create_task(self._answer(exchange, scope))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _answer(self, exchange: Exchange, scope: Message) -> None:
        """Let the application answer. What it fails with, and does not answer itself, ends the connection."""
        try:
            await self._application(scope, exchange.receive, exchange.send)
        except (Exception, asyncio.CancelledError) as failure:
            logger = structlog.get_logger()  # as main set it up
            logger.error("failure", failure=type(failure).__name__, at=logs.where(failure))
        if not exchange.is_answered and not exchange.is_off and not self.is_gone:
            self._refuse(500, "Internal Server Error")

    def _pause_reading(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    # Deadlines

    def _mind_the_time(self) -> None:
        """The deadline runs while a part of a request is there and the rest is not; the keep-alive when nothing is."""
        exchange = self._exchange
        if self._transport.is_closing() or (exchange is not None and exchange.is_streamed and not exchange.is_answered):
            return
        if not self._reader.is_whole and not self._reader.is_idle:
            self._start_deadline()
            return
        self._stop_deadline()
        if exchange is None or exchange.is_answered:
            self._wait_idle()

    def _wait_idle(self) -> None:
        """Close the connection when it has been idle for long. One timer for many requests, as each is short."""
        self._idle_since = self._loop.time()
        if self._idle is None:
            self._idle = self._loop.call_later(self._patience, self._look_idle)

    def _look_idle(self) -> None:
        self._idle = None
        if self._idle_since is None:
            return
        left = self._idle_since + self._patience - self._loop.time()
        if left <= 0:
            self._transport.close()
        else:
            self._idle = self._loop.call_later(left, self._look_idle)

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self._loop.call_later(self.request_timeout, self._too_slow)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self._transport.is_closing():
            self._refuse(408, f"The request did not arrive whole within {self.request_timeout:g} s.")

    def _watch_unread(self) -> None:
        """Let go of a client that takes none of its reply for as long as it had for its request."""
        waiting = self._transport.get_write_buffer_size()
        if waiting and self._unread is None:
            self._unread = self._loop.call_later(self.request_timeout, self._abort_unread, waiting)

    def _abort_unread(self, before: int) -> None:
        self._unread = None
        if self._transport.get_write_buffer_size() >= before:
            self._transport.abort()
        else:
            self._watch_unread()

    # Refusing

    def _refuse(self, status: int, words: str) -> None:
        """Say why in plain text, with a log id like every reply (decision 43), and close."""
        if self._exchange is None or not self._exchange.is_started:
            self._send_refusal(status, words.encode())
        if self._exchange is not None:
            self._exchange.call_off()
        self._watch_unread()
        self._transport.close()

    def _send_refusal(self, status: int, body: bytes) -> None:
        log_id = new_log_id()
        headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", str(len(body)).encode()),
            (b"X-Tt-Logid", log_id.encode()),
            (b"X-Request-Id", log_id.encode()),
            (b"Connection", b"close"),
        ]
        self._transport.write(head_bytes(status, headers) + body)
        logger = structlog.get_logger()  # as main set it up
        logger.info("request", log_id=log_id, endpoint="unread", app="", tenant="", status=status, code=0, ms=0.0)
