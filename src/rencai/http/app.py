"""The ASGI application: every endpoint goes the same way. Route, authenticate, decode, dispatch, encode."""

import re
import time
from collections.abc import MutableMapping
from typing import Any

import msgspec
from structlog.typing import FilteringBoundLogger

from rencai import logs
from rencai.contract.endpoint import ETAG_FORM, IDEMPOTENCY_KEY, IF_MATCH, KEY_FORM, Endpoint
from rencai.contract.errors import BODY_TOO_LARGE, OVERLOADED, PARAMETER_ERROR, SYSTEM_ERROR, Fault, parameter_fault
from rencai.contract.shape import Decoder, QueryDecoder
from rencai.dispatch import CallHeaders, Dispatcher
from rencai.http.log_ids import new_log_id
from rencai.http.pages import Page, Pages
from rencai.http.protocol import CONNECTION
from rencai.http.replies import JSON, JSON_LINES, Reply, failed, succeeded
from rencai.http.routes import Routes
from rencai.http.streams import Connection, Receive, Send, pieces_of_body, send_pieces
from rencai.metrics import Metrics
from rencai.operations.call import NOBODY, Caller

Scope = MutableMapping[str, Any]

NOT_FOUND = Page(404, b"text/plain; charset=utf-8", b"404 page not found")


# Bodies that are being received or worked on, all together: decoded, a body takes many times its size. Above this a
# call is answered 503, as when the queue is full.
MOST_BODY_BYTES = 32 * 2**20


class ClientGone(Exception):
    """The client went away before its request was whole: there is nobody to answer."""


class _Prepared(msgspec.Struct):
    """An endpoint with its decoders made ready."""

    endpoint: Endpoint
    query: QueryDecoder | None
    body: Decoder | None
    upload: QueryDecoder | None


class Application:
    """Answers HTTP requests over a dispatcher. `public_url` is where the links in error bodies lead."""

    def __init__(
        self,
        endpoints: tuple[Endpoint, ...],
        dispatcher: Dispatcher,
        pages: Pages,
        metrics: Metrics,
        logger: FilteringBoundLogger,
        public_url: str,
    ) -> None:
        self._routes = Routes(endpoints)
        self._prepared = {endpoint.name: _prepare(endpoint) for endpoint in endpoints}
        self._dispatcher = dispatcher
        self._pages = pages
        self._metrics = metrics
        self._logger = logger
        self._public_url = public_url
        self._body_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Every reply carries a log id, and every request gets one line in the log."""
        started = time.perf_counter()
        log_id = new_log_id()
        raw_path = scope["raw_path"].decode("latin-1")
        found = self._routes.find(scope["method"], raw_path)
        if found is None:
            page = await self._pages.find(scope["method"], raw_path) or NOT_FOUND
            await _send(send, log_id, page.status, page.content_type, page.body, ())
            self._account(log_id, page.name, NOBODY, page.status, page.status, started)
            return
        endpoint, parameters = found
        try:
            caller, reply = await self._answer(endpoint, parameters, scope, receive, log_id)
        except ClientGone:
            self._logger.info("client_gone", log_id=log_id, endpoint=endpoint.name)
            return
        if reply.pieces is None:
            await _send(send, log_id, reply.status, JSON, reply.body, reply.headers)
        else:
            await self._send_stream(send, scope, log_id, reply)
        self._account(log_id, endpoint.name, caller, reply.status, reply.code, started)

    async def _answer(
        self, endpoint: Endpoint, parameters: dict[str, str], scope: Scope, receive: Receive, log_id: str
    ) -> tuple[Caller, Reply]:
        caller = NOBODY
        held = _Held(self)
        try:
            headers = _Headers(scope["headers"])
            caller = await self._dispatcher.admit(endpoint, headers.authorization)
            if endpoint.upload_type is not None and headers.is_text:
                return caller, await self._received(endpoint, caller, scope, receive, headers)
            given = await self._decode(endpoint, parameters, scope["query_string"], headers, receive, held)
            if endpoint.streams:
                pieces = self._dispatcher.stream(endpoint, caller, given)
                return caller, Reply(200, 0, (), (await anext(pieces)).encode(), pieces)
            outcome = await self._dispatcher.perform(endpoint, caller, given, _call_headers(endpoint, headers))
            return caller, succeeded(endpoint, outcome)
        except Fault as fault:
            return caller, failed(endpoint, fault, log_id, self._public_url)
        except ClientGone:
            raise
        except Exception as failure:
            self._logger.error(
                "failure",
                log_id=log_id,
                endpoint=endpoint.name,
                failure=type(failure).__name__,
                at=logs.where(failure),
            )
            return caller, failed(endpoint, Fault(SYSTEM_ERROR), log_id, self._public_url)
        finally:
            self._body_bytes -= held.bytes

    async def _received(
        self, endpoint: Endpoint, caller: Caller, scope: Scope, receive: Receive, headers: "_Headers"
    ) -> Reply:
        """The reply to a call whose ids come as lines of text."""
        decoder = self._prepared[endpoint.name].upload
        assert decoder is not None  # the row has its type  # noqa: S101
        query = decoder.decode(scope["query_string"].decode("latin-1"))
        call_headers = _call_headers(endpoint, headers)
        connection: Connection = scope["extensions"][CONNECTION]
        body = pieces_of_body(connection, receive)
        patience = connection.request_timeout
        outcome = await self._dispatcher.receive(endpoint, caller, query, body, patience, call_headers)
        return succeeded(endpoint, outcome)

    async def _send_stream(self, send: Send, scope: Scope, log_id: str, reply: Reply) -> None:
        """Send a streamed reply. One that fails midway is cut off: its end would say that it is whole."""
        assert reply.pieces is not None  # noqa: S101
        connection: Connection = scope["extensions"][CONNECTION]
        try:
            headers = _raw_headers(log_id, JSON_LINES, reply.headers)
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body, "more_body": True})
            await send_pieces(connection, send, reply.pieces)
        except Exception as failure:
            self._logger.error("stream_cut_off", log_id=log_id, failure=type(failure).__name__, at=logs.where(failure))
            connection.drop()

    def hold(self, count: int) -> None:
        """Count bytes of a body that came in. Raises the Fault 1990001 when there are too many of all bodies."""
        if self._body_bytes + count > MOST_BODY_BYTES:
            raise Fault(OVERLOADED, headers=(("Retry-After", "1"),))
        self._body_bytes += count

    async def _decode(
        self,
        endpoint: Endpoint,
        parameters: dict[str, str],
        query: bytes,
        headers: "_Headers",
        receive: Receive,
        held: "_Held",
    ) -> dict[str, msgspec.Struct]:
        prepared = self._prepared[endpoint.name]
        given: dict[str, msgspec.Struct] = {}
        if parameters:
            given["path"] = endpoint.path_type(**parameters)
        try:
            if prepared.query is not None:
                given["query"] = prepared.query.decode(query.decode("latin-1"))
            if prepared.body is not None:
                body = await _body(receive, headers, endpoint.body_limit, held)
                given["body"] = prepared.body.decode(b"{}" if endpoint.body_may_be_absent and not body else body)
        except Fault as fault:
            raise _shape_fault(endpoint, fault) from fault
        return given

    def _account(self, log_id: str, endpoint: str, caller: Caller, status: int, code: int, started: float) -> None:
        seconds = time.perf_counter() - started
        self._metrics.request_answered(endpoint, code, seconds)
        self._logger.info(
            "request",
            log_id=log_id,
            endpoint=endpoint,
            app=caller.app_id,
            tenant=caller.tenant_key,
            status=status,
            code=code,
            ms=round(seconds * 1000, 3),
        )


class _Held:
    """The bytes that one call holds of what all bodies together may have."""

    __slots__ = ("_application", "bytes")

    def __init__(self, application: Application) -> None:
        self._application = application
        self.bytes = 0

    def add(self, count: int) -> None:
        """Hold more. Raises the Fault 1990001 when there is no room."""
        self._application.hold(count)
        self.bytes += count


class _Headers:
    """The headers that decide something."""

    __slots__ = ("authorization", "content_length", "idempotency_key", "if_match", "is_text")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self.authorization: str | None = None
        self.content_length = 0
        self.idempotency_key: str | None = None
        self.if_match: str | None = None
        self.is_text = False
        for name, value in raw:
            if name == b"authorization":
                self.authorization = value.decode("latin-1")
            elif name == b"content-length":
                self.content_length = int(value)
            elif name == b"idempotency-key":
                self.idempotency_key = _joined(self.idempotency_key, value)
            elif name == b"if-match":
                self.if_match = _joined(self.if_match, value)
            elif name == b"content-type":
                self.is_text = value.partition(b";")[0].strip().lower() == b"text/plain"


def _joined(before: str | None, value: bytes) -> str:
    """A header that comes twice is one with a comma (RFC 9110), which makes neither a key nor a version."""
    return value.decode("latin-1") if before is None else f"{before}, {value.decode('latin-1')}"


def _call_headers(endpoint: Endpoint, headers: _Headers) -> CallHeaders:
    """What the headers say, where the call takes them. Raises the parameter Fault for one that is not understood."""
    key = headers.idempotency_key if IDEMPOTENCY_KEY in endpoint.request_headers else None
    match = headers.if_match if IF_MATCH in endpoint.request_headers else None
    if key is not None and not re.fullmatch(KEY_FORM, key):
        raise parameter_fault(IDEMPOTENCY_KEY, "must be 1 to 255 visible ASCII characters")
    if match is None or match == "*":
        return CallHeaders(key)
    if not re.fullmatch(ETAG_FORM, match):
        raise parameter_fault(IF_MATCH, 'must be an ETag that the pool had, such as "7"')
    return CallHeaders(key, int(match.strip('"')))


def _prepare(endpoint: Endpoint) -> _Prepared:
    has_query = bool(msgspec.structs.fields(endpoint.query_type))
    return _Prepared(
        endpoint,
        QueryDecoder(endpoint.query_type) if has_query else None,
        Decoder(endpoint.body_type) if endpoint.body_type is not None else None,
        QueryDecoder(endpoint.upload_type) if endpoint.upload_type is not None else None,
    )


def _shape_fault(endpoint: Endpoint, fault: Fault) -> Fault:
    """The fault under the code that this endpoint has for it: of its first field, or of the endpoint."""
    if fault.error is not PARAMETER_ERROR:
        return fault
    field = fault.violations[0].field.partition("[")[0] if fault.violations else ""
    error = endpoint.field_errors.get(field, endpoint.shape_error)
    return Fault(error, *fault.violations)


async def _body(receive: Receive, headers: _Headers, limit: int, held: "_Held") -> bytes:
    """The whole body. One that is too large is refused, and the server drains the rest of it (decision 42)."""
    if headers.content_length > limit:
        raise Fault(BODY_TOO_LARGE)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message["body"])
        size += len(message["body"])
        if size > limit:
            raise Fault(BODY_TOO_LARGE)
        held.add(len(message["body"]))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(
    send: Send,
    log_id: str,
    status: int,
    content_type: bytes,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
) -> None:
    raw = [(b"Content-Length", str(len(body)).encode()), *_raw_headers(log_id, content_type, headers)]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _raw_headers(log_id: str, content_type: bytes, headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [
        (b"Content-Type", content_type),
        (b"X-Tt-Logid", log_id.encode()),
        (b"X-Request-Id", log_id.encode()),
        *((name.encode(), value.encode()) for name, value in headers),
    ]
