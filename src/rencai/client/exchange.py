"""One call as steps, without any input or output: what to send, how long to wait, and what it came to.

The drivers in `synchronous.py` and `asynchronous.py` carry the steps out; every decision is here, once.
"""

import random
import time
import uuid
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import UNSET

from rencai import __version__
from rencai.client.errors import AnswerUnreadable, ClientError, NativeCallMissing, NoId, Refused, Unreachable
from rencai.client.pace import Pace
from rencai.contract.endpoint import IDEMPOTENCY_KEY, IF_MATCH, Endpoint, Nothing
from rencai.contract.errors import (
    KEY_IN_USE,
    OVERLOADED,
    RATE_LIMITED,
    SCOPE_MISSING,
    SYSTEM_ERROR,
    TOKEN_INVALID,
    Violation,
)
from rencai.contract.runs import RUN_LIST
from rencai.contract.tokens import TENANT_TOKEN_CREATE, TenantToken

T = TypeVar("T")
OnLoss = Callable[[str], None]

PATIENCE_SECONDS = 60.0
LIMITS_SECONDS = 120.0  # two of the longest windows: so long limits alone may hold a call up
FIRST_PATIENCE_SECONDS = 3.0  # who never answered has the wrong address, more likely than a short break
RENEWED_AHEAD_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 0.1
SILENT_SECONDS = 2.0  # that a call is tried again before somebody is told
LONGEST_PAUSE_SECONDS = 5.0
_NO_IDS = ("", ".", "..")
FEISHU_HOSTS = ("feishu.cn", "larksuite.com")

Lines = Callable[[], Iterable[bytes] | AsyncIterable[bytes]]


class Request(msgspec.Struct, frozen=True):
    """Something to send. `lines` makes a streamed body anew for each try; the answer to a `streams` stays open."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None = None
    lines: Lines | None = None
    streams: bool = False


class Wait(msgspec.Struct, frozen=True):
    """Seconds to let pass."""

    seconds: float


class Answer(msgspec.Struct, frozen=True):
    """What came back, header names in lower case; `opened` is the driver's own, where the body is still to be read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    opened: Any = None


class Lost(Exception):
    """No answer came. `was_sent` says whether the server may have got the call."""

    def __init__(self, why: str, *, was_sent: bool) -> None:
        super().__init__(why)
        self.was_sent = was_sent


Steps = Generator[Request | Wait, Answer, T]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a call asks for, by the names on the wire; UNSET is left out."""

    path: Mapping[str, str] = {}
    query: Mapping[str, object] = {}
    body: Mapping[str, object] | None = None
    lines: Lines | None = None
    idempotency_key: str | None = None
    if_match: str | None = None


class _Envelope(msgspec.Struct):
    code: int
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    error: msgspec.Raw = msgspec.Raw(b"{}")


class _Details(msgspec.Struct):
    field_violations: list[Violation] = []
    log_id: str = ""


class Exchange:
    """What all calls of a client share: the address, the token, the pace, and what is known of the server.

    `paced` False leaves limits to the server, as is done with Rencai's in any case: an app there may have others, or
    none. `patience` is how many seconds a call is tried again, beside waits that the server asks for; `on_loss` is told
    in a line where that lasts, once a call. `last_change` names the operation that was sent last of those that change
    something; None where none was. `waits_since` is when (time.monotonic) the call was sent that is out now; None where
    none is, and while a list of any length is sent.
    """

    def __init__(
        self,
        base_url: str,
        app_id: str,
        app_secret: str,
        *,
        paced: bool = True,
        patience: float = PATIENCE_SECONDS,
        on_loss: OnLoss | None = None,
    ) -> None:
        self._on_loss = on_loss
        self.base_url = base_url.rstrip("/")
        self.is_rencai: bool | None = False if _is_feishu(self.base_url) else None
        self._credentials = {"app_id": app_id, "app_secret": app_secret}
        self._paced = paced
        self._patience = patience
        self._paces: dict[str, Pace] = {}
        self._token = ""
        self._token_ends = 0.0
        self._was_answered = False
        self.last_change: str | None = None
        self.waits_since: float | None = None

    def call(self, row: Endpoint, asked: Asked) -> Steps[Answer]:
        """The steps of a call; they end with the answer to one that went well, and raise ClientError else."""
        may_repeat, changes = self._may_repeat(row), _changes(row, asked)
        again = _Again(row, self.base_url, self._patience, may_repeat=may_repeat, changes=changes)
        try:
            return (yield from self._tried(row, asked, again))
        except ClientError as failed:  # also of the call for a token in between
            failed.may_be_done = again.may_be_done
            raise

    def _tried(self, row: Endpoint, asked: Asked, again: "_Again") -> Steps[Answer]:
        self.check_has(row)
        headers = self._headers(row, asked)
        content = None if asked.body is None else _encoded(asked.body)
        url = self.base_url + _path(row, asked.path) + _query(asked.query)
        while True:
            if row.scopes:
                headers["Authorization"] = f"Bearer {(yield from self._valid_token())}"
            request = Request(row.method, url, headers, content, asked.lines, row.streams)
            try:
                answer = yield from self._sent(row, request, changes=again.changes)
                self._was_answered = True
                refused = self._refusal(row, answer)
            except AnswerUnreadable as unreadable:
                again.may_be_done |= again.changes and unreadable.may_be_done
                raise
            except Lost as lost:
                yield Wait(again.after_loss(lost, is_known=self._was_answered))
                if self._on_loss is not None and self._was_answered and (words := again.to_tell()):
                    self._on_loss(words)
                continue
            if refused is None:
                if row.native:
                    self.is_rencai = True
                return answer
            if refused.code == TOKEN_INVALID.code and headers.get("Authorization") == f"Bearer {self._token}":
                self._token = ""
            yield Wait(again.after_refusal(refused, answer))

    def check_has(self, row: Endpoint) -> None:
        """Raise NativeCallMissing where it is known already that the server has no such call."""
        if row.native and self.is_rencai is False:
            raise NativeCallMissing(row, self.base_url)

    def knows_native(self) -> Steps[bool]:
        """Whether the server is Rencai: asked by a call of its own that changes nothing, once.

        An answer to it says so, and a refusal for want of a scope as well.
        """
        if self.is_rencai is None:
            try:
                yield from self.call(RUN_LIST, Asked(query={"page_size": 1}))
            except NativeCallMissing:
                self.is_rencai = False
            except Refused as refused:
                if refused.code != SCOPE_MISSING.code:
                    raise
                self.is_rencai = True
        return bool(self.is_rencai)

    def _may_repeat(self, row: Endpoint) -> bool:
        """Reads, calls that settle a state, and calls with a key, which Rencai alone keeps."""
        keyed = IDEMPOTENCY_KEY in row.request_headers and (row.native or bool(self.is_rencai))
        return row.access != "write" or row.settles or keyed

    def _headers(self, row: Endpoint, asked: Asked) -> dict[str, str]:
        headers = {"User-Agent": f"rencai/{__version__}"}
        if asked.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if asked.lines is not None:
            headers["Content-Type"] = "text/plain"
        if IDEMPOTENCY_KEY in row.request_headers:
            headers[IDEMPOTENCY_KEY] = asked.idempotency_key or uuid.uuid4().hex
        if asked.if_match is not None:
            headers[IF_MATCH] = asked.if_match
        return headers

    def _sent(self, row: Endpoint, request: Request, *, changes: bool) -> Steps[Answer]:
        pace = yield from self._pace(row)
        while wait := pace.take(time.monotonic()) if pace else 0.0:
            yield Wait(wait)
        if changes:
            self.last_change = row.name
        self.waits_since = None if request.lines else time.monotonic()
        try:
            return (yield request)
        finally:
            self.waits_since = None
            if pace:
                pace.answered(time.monotonic())

    def _pace(self, row: Endpoint) -> Steps[Pace | None]:
        """The pace that a call has to keep; none with Rencai, which says itself how long to wait."""
        if row.tier is None or not self._paced or row.native or (yield from self.knows_native()):
            return None
        return self._paces.setdefault(row.name, Pace(row.tier))

    def _valid_token(self) -> Steps[str]:
        if not self._token or time.monotonic() > self._token_ends - RENEWED_AHEAD_SECONDS:
            answer = yield from self.call(TENANT_TOKEN_CREATE, Asked(body=self._credentials))
            got: TenantToken = decoded(TENANT_TOKEN_CREATE, answer)
            self._token, self._token_ends = got.tenant_access_token, time.monotonic() + got.expire
        return self._token

    def _refusal(self, row: Endpoint, answer: Answer) -> Refused | None:
        """The error in an answer, or None. Raises Lost for a failure without one, as proxies and dying servers have."""
        if answer.opened is not None:
            return None
        try:
            envelope = msgspec.json.decode(answer.body, type=_Envelope)
            if envelope.code == 0:
                return None
            details = _details(envelope.error)
            return Refused(row, envelope.code, envelope.msg, details.field_violations, details.log_id, answer.body)
        except msgspec.DecodeError as unreadable:
            if answer.status >= 500:
                raise Lost(f"HTTP {answer.status}", was_sent=True) from unreadable
            if answer.status == 404 and row.native:
                self.is_rencai = False
                raise NativeCallMissing(row, self.base_url) from unreadable
            words = f"{self.base_url} answers HTTP {answer.status} and no JSON of the API; is it the right address?"
            raise AnswerUnreadable(f"{row.name}: {words}", may_be_done=answer.status < 400) from unreadable


class _Again:
    """Whether and when a call is tried again, and whether it `may_be_done` all the same."""

    def __init__(self, row: Endpoint, base_url: str, patience: float, *, may_repeat: bool, changes: bool) -> None:
        self._row = row
        self._base_url = base_url
        self._may_repeat = may_repeat
        self.changes = changes
        self.may_be_done = False
        self._began = time.monotonic()
        self._ends = self._began + patience
        self._limits_end = self._ends + LIMITS_SECONDS
        self._pause = FIRST_PAUSE_SECONDS
        self._had_new_token = False
        self._was_told = False

    def to_tell(self) -> str:
        """What there is to tell of losses: a line, once they last; else nothing."""
        now = time.monotonic()
        if self._was_told or now < self._began + SILENT_SECONDS:
            return ""
        self._was_told = True
        return f"{self._base_url} can't be reached; trying again for {max(0, self._ends - now):.0f} s more"

    def after_loss(self, lost: Lost, *, is_known: bool) -> float:
        """Seconds to wait. Raises Unreachable where the call may have been done, or patience is at its end.

        That is soon with a server that `is_known` not: that never answered.
        """
        self.may_be_done |= lost.was_sent and self.changes
        if lost.was_sent and not self._may_repeat:
            words = "it may have been done or not, and a repeat is not safe: look before you repeat it"
            raise Unreachable(f"{self._row.name}: {self._base_url} did not answer ({lost}); {words}") from lost
        wait = self._next_pause()
        ends = self._ends if is_known else min(self._ends, self._began + FIRST_PATIENCE_SECONDS)
        if time.monotonic() + wait > ends:
            words = "look whether it runs, and whether the address is right"
            raise Unreachable(f"{self._row.name}: {self._base_url} can't be reached ({lost}); {words}") from lost
        return wait

    def after_refusal(self, refused: Refused, answer: Answer) -> float:
        """Seconds to wait. Raises the refusal where another try would not help."""
        self.may_be_done |= self.changes and refused.code == SYSTEM_ERROR.code
        wait = self._wait(refused, answer)
        is_limit = _is_limit(refused, answer)
        if wait is None or time.monotonic() + wait > (self._limits_end if is_limit else self._ends):
            raise refused
        if is_limit:
            self._ends += wait
        return wait

    def _wait(self, refused: Refused, answer: Answer) -> float | None:
        if refused.code == TOKEN_INVALID.code and not self._had_new_token:
            self._had_new_token = True
            return 0.0
        if _is_limit(refused, answer):
            return _told(answer) or 1.0
        if refused.code in (OVERLOADED.code, KEY_IN_USE.code):
            return _told(answer) or self._next_pause()
        if answer.status >= 500 and self._may_repeat:
            return self._next_pause()
        return None

    def _next_pause(self) -> float:
        """Twice the one before, and up to a half more, so that many who lost one server don't come back as one."""
        pause = self._pause * random.uniform(1, 1.5)  # noqa: S311
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        return pause


def decoded(row: Endpoint, answer: Answer) -> Any:
    """The answer's data as the row's reply. Raises AnswerUnreadable where it has another form."""
    if row.reply is Nothing:
        return None
    try:
        if row.bare:
            return msgspec.json.decode(answer.body, type=row.reply)
        envelope = msgspec.json.decode(answer.body, type=_Envelope)
        return msgspec.json.decode(envelope.data, type=row.reply)
    except msgspec.DecodeError as misfit:
        words = f"{row.name}: the answer is not as documented: {misfit}"
        raise AnswerUnreadable(words, may_be_done=row.access == "write") from misfit


def _changes(row: Endpoint, asked: Asked) -> bool:
    """Whether a call is more than a look. What a body calls a dry run is one only where the row has such a thing."""
    has_dry_run = row.body_type is not None and "dry_run" in row.body_type.__struct_fields__
    given = (asked.body or {}).get("dry_run")
    is_asked = given is True or (isinstance(given, msgspec.Raw) and bytes(given) == b"true")
    return row.access == "write" and not (has_dry_run and is_asked)


def _details(error: msgspec.Raw) -> _Details:
    try:
        return msgspec.json.decode(error, type=_Details)
    except msgspec.DecodeError:
        return _Details()  # Feishu's own words for an error differ between calls


def _is_limit(refused: Refused, answer: Answer) -> bool:
    return refused.code == RATE_LIMITED.code or answer.status == 429


def _told(answer: Answer) -> float | None:
    """The seconds that the server asks for."""
    for name in ("x-ogw-ratelimit-reset", "retry-after"):
        told = answer.headers.get(name, "")
        if told.isdecimal():
            return float(told)
    return None


def _is_feishu(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return any(host == known or host.endswith(f".{known}") for known in FEISHU_HOSTS)


def _path(row: Endpoint, given: Mapping[str, str]) -> str:
    """The path of a call. Raises NoId for what would make it the path of another."""
    for name, value in given.items():
        if value in _NO_IDS:
            raise NoId(f"{value!r} is no {name.replace('_', ' ')}; give an id")
    return row.path.format_map({name: quote(value, safe="") for name, value in given.items()})


def _query(given: Mapping[str, object]) -> str:
    pairs = [(name, _text(value)) for name, value in given.items() if value is not UNSET]
    return "?" + urlencode(pairs, doseq=True) if pairs else ""


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _encoded(body: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({name: value for name, value in body.items() if value is not UNSET})
