"""What an operation knows of the call it is part of, and what it gives back."""

import copy
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from rencai import config
from rencai.storage.seam import Transaction

T = TypeVar("T")


class Caller(msgspec.Struct, frozen=True):
    """Who calls: an app of a tenant, its scopes, how its limits are set, and the tenant's key for page tokens."""

    tenant_id: int
    app_id: str
    scopes: frozenset[str]
    rate_limits: str
    page_key: bytes
    tenant_key: str = ""

    def may(self, scopes: tuple[str, ...]) -> bool:
        """Whether the app has one of the scopes."""
        return not self.scopes.isdisjoint(scopes)


DEFAULT_ZONE = ZoneInfo(config.TIME_ZONE.default)
NOBODY = Caller(0, "", frozenset(), "off", b"")


class Call:
    """One call: its caller, its moment (ms) and the ids it may use. The same on every attempt of its unit.

    `zone` is where a moment is shown as a month or a day (decision 28). `if_match` is the version that the call wants
    its pool to have, or None.
    """

    __slots__ = ("_given", "_ids", "_take_ids", "caller", "if_match", "now", "operation", "zone")

    def __init__(
        self,
        operation: str,
        caller: Caller,
        now: int,
        take_ids: Callable[[int], list[int]],
        zone: ZoneInfo = DEFAULT_ZONE,
        if_match: int | None = None,
    ) -> None:
        self.operation = operation
        self.caller = caller
        self.now = now
        self.zone = zone
        self.if_match = if_match
        self._take_ids = take_ids
        self._ids: list[int] = []
        self._given = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """So that the writer's process can be sent one, before its first attempt."""
        return Call, (self.operation, self.caller, self.now, self._take_ids, self.zone, self.if_match)

    def apart(self) -> "Call":
        """The same call for what is done before its unit begins: the ids it takes are none of the unit's."""
        return copy.copy(self)  # by `__reduce__`, so without the ids

    def begin_attempt(self) -> None:
        """The unit runs from its beginning: hand the same ids out again."""
        self._given = 0

    def ids(self, count: int) -> list[int]:
        """`count` new ids, ascending; on every attempt the same, and never the same twice in one."""
        start, self._given = self._given, self._given + count
        if len(self._ids) < self._given:
            self._ids += self._take_ids(self._given - len(self._ids))
        return self._ids[start : self._given]


class CallUnit(msgspec.Struct, Generic[T], frozen=True):
    """A call's work as a unit: a function of a module, its call, and what else it is given by name.

    It can be sent to another process, which a function within a function can't. Bodies go as JSON: to pickle one
    costs ten times as much, and a hundred times where somebody means it to.
    """

    work: Callable[..., Awaitable[T]]
    call: Call
    given: dict[str, Any] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it is sent as said."""
        structs = {name: value for name, value in self.given.items() if isinstance(value, msgspec.Struct)}
        bodies = {name: (type(value), msgspec.json.encode(value)) for name, value in structs.items()}
        others = {name: value for name, value in self.given.items() if name not in structs}
        return SentUnit, (self.work, self.call, others, bodies)

    def __call__(self, tx: Transaction) -> Awaitable[T]:
        """Begin an attempt."""
        self.call.begin_attempt()
        return self.work(tx, self.call, **self.given)


class SentUnit(msgspec.Struct, Generic[T], frozen=True):
    """A CallUnit as it arrives. Bodies are read when it runs: one that can't be fails its own unit and nothing else."""

    work: Callable[..., Awaitable[T]]
    call: Call
    others: dict[str, Any]
    bodies: dict[str, tuple[type[msgspec.Struct], bytes]]

    def __call__(self, tx: Transaction) -> Awaitable[T]:
        """Begin an attempt."""
        given = {name: _decoder(kind).decode(body) for name, (kind, body) in self.bodies.items()}
        return CallUnit(self.work, self.call, {**self.others, **given})(tx)


@functools.cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(kind)


class WorkLeft(NamedTuple):
    """What is left to do in a unit: a function of a module, and what it is given by name."""

    function: Callable[..., Awaitable["Outcome[Any]"]]
    given: dict[str, Any]


class Operation(msgspec.Struct, frozen=True):
    """What an endpoint does: a unit's work. `beforehand` does what of it needs no database before the unit waits, and
    says what is left; None where all is.
    """

    work: Callable[..., Awaitable["Outcome[Any]"]]
    beforehand: Callable[..., WorkLeft | None] | None = None


class Outcome(msgspec.Struct, Generic[T], frozen=True):
    """What a call answers, the change it made, if it made one, and the version of the pool that it is about."""

    data: T
    change_id: int | None = None
    version: int | None = None


class Number(msgspec.Struct, frozen=True):
    """A row of one number."""

    value: int


class Lines(msgspec.Struct, frozen=True):
    """A piece of a streamed reply: lines of JSON, and where it goes on; None at its end."""

    text: str
    next: int | None
