"""uvicorn's HTTP/1.1 protocol over h11, made stricter where decision 14 asks for it.

h11 keeps a Content-Length beside a Transfer-Encoding, merges two equal Content-Lengths and unfolds folded headers.
The last two can't be seen in what it hands on, so the raw head is looked at before h11 parses it.

uvicorn has no timer for a client that falls silent behind a pipelined request or a drained body: it has one here.
"""

import asyncio
import re
from typing import Any, ClassVar, cast

import h11
import structlog
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from rencai.http.log_ids import new_log_id

CONNECTION = "rencai.connection"
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_FOLDED = re.compile(rb"\n[ \t]")
_CONTENT_LENGTH = re.compile(rb"^content-length[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_ONE_LENGTH = re.compile(rb"[ \t]*[0-9]{1,18}[ \t]*")
_TRANSFER_ENCODING = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)


class StrictConnection(h11.Connection):
    """An h11 connection that refuses heads whose end or body two parsers could see in two places.

    It holds the head of a reply back until the first of its body, so that both go out at once: a packet costs the event
    loop 60 µs under load, for the interpreter lock is given up and taken again (docs/decisions/0003).
    """

    _held: bytes = b""

    def send(self, event: Any) -> Any:
        """The bytes to send now, as h11 gives them; those of a head come with what follows it."""
        data = cast("bytes | None", super().send(event))  # pyright: ignore[reportUnknownMemberType]
        if isinstance(event, h11.Response):
            self._held = data or b""
            return b""
        held, self._held = self._held, b""
        return None if data is None else held + data

    def next_event(self) -> Any:
        """The next event, as h11 gives it. Raises RemoteProtocolError for a head that is refused."""
        if self.their_state is h11.IDLE:
            _check_head(self.trailing_data[0])
        return super().next_event()


def _check_head(received: bytes) -> None:
    end = _END_OF_HEAD.search(received)
    if end is None:
        return
    head = received[: end.start() + 1]
    if _FOLDED.search(head):
        raise h11.RemoteProtocolError("folded header")
    lengths = _CONTENT_LENGTH.findall(head)
    if len(lengths) > 1 or (lengths and _TRANSFER_ENCODING.search(head)):
        raise h11.RemoteProtocolError("two lengths of one body")
    if lengths and not _ONE_LENGTH.fullmatch(lengths[0]):
        raise h11.RemoteProtocolError("bad Content-Length")


class StrictProtocol(H11Protocol):
    """One connection. It has one deadline for receiving a whole request, headers and body.

    `request_timeout` (seconds) is set by the server before it listens. The application finds the connection in the
    scope's extensions as `CONNECTION`.
    """

    request_timeout: ClassVar[float]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = StrictConnection(h11.SERVER, self.config.h11_max_incomplete_event_size or 64 * 1024)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._streamed: object = None

    @property
    def is_gone(self) -> bool:
        """Whether the client is gone, or is being let go."""
        return self.transport.is_closing()

    def stream_body(self) -> None:
        """The body of the request under way is a stream: the application has a deadline for each read of it."""
        self._streamed = self.cycle
        self._stop_deadline()

    def drop(self) -> None:
        """Let go of the client at once, so that it sees that its reply is not whole."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection; a client that sends nothing has the deadline too."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the connection."""
        self._stop_deadline()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """A reply is out, or waits for its client to read."""
        self._watch_unread()
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._start_deadline()  # for the rest of a stream that is not wanted any more

    def handle_events(self) -> None:
        """Parse what came. The deadline runs while a part of a request is there, else the keep-alive."""
        super().handle_events()
        if self.transport.is_closing():
            return
        scope = cast("dict[str, Any] | None", self.scope)  # None before the first request, whatever uvicorn declares
        if scope is not None:
            scope["extensions"] = {CONNECTION: self}
        if self._streamed is not None and self._streamed is self.cycle and not self.cycle.response_complete:
            return
        state = self.conn.their_state
        if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.trailing_data[0]):
            self._unset_keepalive_if_required()
            self._start_deadline()
            return
        self._stop_deadline()
        if state is h11.IDLE and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def send_400_response(self, msg: str) -> None:
        """Answer a request that can't be parsed, and close."""
        self._refuse(400, msg)

    def _watch_unread(self) -> None:
        """Let go of a client that takes none of its reply for as long as it had for its request."""
        waiting = self.transport.get_write_buffer_size()
        if waiting and self._unread is None:
            self._unread = self.loop.call_later(self.request_timeout, self._abort_unread, waiting)

    def _abort_unread(self, before: int) -> None:
        self._unread = None
        if self.transport.get_write_buffer_size() >= before:
            self.transport.abort()
        else:
            self._watch_unread()

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_timeout, self._too_slow)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self._refuse(408, f"The request did not arrive whole within {self.request_timeout:g} s.")

    def _refuse(self, status: int, words: str) -> None:
        """Say why in plain text, with a log id like every reply (decision 43), and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send_refusal(status, words.encode())
        self._watch_unread()
        self.transport.close()

    def _send_refusal(self, status: int, body: bytes) -> None:
        log_id = new_log_id()
        headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", str(len(body)).encode()),
            (b"X-Tt-Logid", log_id.encode()),
            (b"X-Request-Id", log_id.encode()),
            (b"Connection", b"close"),
        ]
        reply = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
        for event in (reply, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        logger = structlog.get_logger()  # as main set it up
        logger.info("request", log_id=log_id, endpoint="unread", app="", tenant="", status=status, code=0, ms=0.0)
