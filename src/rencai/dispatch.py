"""One call, from who may make it to what it answers: caller, scope, limit, unit of work, outcome or Fault.

The HTTP layer uses it, and so will everything else that makes calls. The order of its checks is decision 1.
"""

import asyncio
import contextlib
import random
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from rencai.clock import Clock, IdSource
from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import (
    KEY_IN_USE,
    OVERLOADED,
    RATE_LIMITED,
    SCOPE_MISSING,
    SYSTEM_ERROR,
    TOKEN_FORM,
    TOKEN_INVALID,
    TOKEN_MISSING,
    USER_TOKEN_INVALID,
    Fault,
)
from rencai.limits import Limiter, SharedLimiter
from rencai.operations import changes, idempotency
from rencai.operations.call import NOBODY, Call, Caller, CallUnit, Lines, Operation, Outcome
from rencai.operations.idempotency import Key, Once
from rencai.operations.run_uploads import Upload
from rencai.operations.tokens import caller_of
from rencai.storage.seam import (
    Database,
    DatabaseBusy,
    DatabaseFailed,
    KeyTaken,
    NeedsWriter,
    OutcomeUnknown,
    Unit,
)

REMEMBERED_SECONDS = 2.0  # so long a disabled app's tokens may still be taken; decision 17 allows 5
MOST_REMEMBERED = 10_000
RETRY_AFTER_SECONDS = 1
UNKNOWN_SECONDS = 5.0  # so long it is looked for what a lost commit came to
LONGEST_PAUSE = 0.05  # seconds before a look; drawn
MOST_UPLOADS = 8  # at once, of all apps: each holds some 12 MiB of ids that are not written yet

KEY_PATIENCE_SECONDS = 5.0


class CallHeaders(msgspec.Struct, frozen=True):
    """What the headers of a request say of how the call is to be made."""

    idempotency_key: str | None = None
    if_match: int | None = None


NO_HEADERS = CallHeaders()


class Turns:
    """Lets calls with one name go one after the other, in this process; across processes the table decides."""

    def __init__(self) -> None:
        self._locks: dict[tuple[object, ...], tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def taken(self, name: tuple[object, ...]) -> AsyncGenerator[None]:
        """Wait for one's turn. Raises the Fault 1990006 when it has not come in time (decision 35)."""
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            try:
                await asyncio.wait_for(lock.acquire(), KEY_PATIENCE_SECONDS)
            except TimeoutError as late:
                raise Fault(KEY_IN_USE, headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),)) from late
            try:
                yield
            finally:
                lock.release()
        finally:
            self._leave(name)

    def _leave(self, name: tuple[object, ...]) -> None:
        lock, users = self._locks[name]
        if users > 1:
            self._locks[name] = (lock, users - 1)
        else:
            del self._locks[name]


class Dispatcher:
    """Makes calls on one database."""

    def __init__(
        self,
        database: Database,
        operations: dict[str, Operation],
        clock: Clock,
        take_ids: IdSource,
        zone: ZoneInfo,
        begin_work: Callable[[], None],
        shared: SharedLimiter | None = None,
    ) -> None:
        self._begin_work = begin_work
        self._database = database
        self._operations = operations
        self._clock = clock
        self._ids = take_ids
        self._zone = zone
        self._limiter = Limiter(time.monotonic)
        self._shared = shared
        self._turns = Turns()
        self._uploads = 0
        self._remembered: OrderedDict[str, tuple[Caller, int, float]] = OrderedDict()

    async def admit(self, endpoint: Endpoint, authorization: str | None) -> Caller:
        """Who calls, if they may: token, scope, limit. Raises the Fault of the first that fails."""
        if not endpoint.scopes:
            return NOBODY
        caller = await self._caller(_token(authorization))
        if not caller.may(endpoint.scopes):
            raise _scope_missing(endpoint)
        if self._shared is None:
            refusal = self._limiter.accept(endpoint, caller.app_id, caller.rate_limits)
        else:
            refusal = await self._shared.accept(endpoint, caller)
        if refusal is not None:
            raise Fault(
                RATE_LIMITED,
                headers=(
                    ("x-ogw-ratelimit-limit", str(refusal.calls)),
                    ("x-ogw-ratelimit-reset", str(refusal.wait)),
                    ("Retry-After", str(refusal.wait)),
                ),
            )
        return caller

    async def perform(
        self, endpoint: Endpoint, caller: Caller, given: dict[str, msgspec.Struct], headers: CallHeaders = NO_HEADERS
    ) -> Outcome[Any]:
        """Do what the call asks, in one unit of work. `given` holds the decoded path, query and body.

        Raises Fault: the operation's own, 1990001 when too many wait, 1002001 when the database fails, and those of an
        idempotency key.
        """
        outcome = await _translated(self._perform(endpoint, caller, given, headers))
        if endpoint.starts_work:
            self._begin_work()
        return outcome

    async def _perform(
        self, endpoint: Endpoint, caller: Caller, given: dict[str, msgspec.Struct], headers: CallHeaders
    ) -> Outcome[Any]:
        try:
            return await self._performed(endpoint, caller, given, headers)
        except KeyTaken:  # most likely by another process that draws the same ids
            self._ids.draw_node()
            return await self._performed(endpoint, caller, given, headers)

    async def _performed(
        self, endpoint: Endpoint, caller: Caller, given: dict[str, msgspec.Struct], headers: CallHeaders
    ) -> Outcome[Any]:
        call = self._call(endpoint, caller, headers.if_match)
        is_dry = getattr(given.get("body"), "dry_run", False)
        operation = self._operations[endpoint.name]
        left = None if operation.beforehand is None else operation.beforehand(call.apart(), **given)
        function, wanted = left or (operation.work, given)
        unit = CallUnit(function, call, wanted)
        if headers.idempotency_key is None or is_dry:
            return await self._run(endpoint, call, unit, is_dry=is_dry)
        return await self._run_once(endpoint, unit, idempotency.key_of(headers.idempotency_key, given))

    async def receive(
        self,
        endpoint: Endpoint,
        caller: Caller,
        query: Any,
        body: AsyncIterator[bytes],
        patience: float,
        headers: CallHeaders = NO_HEADERS,
    ) -> Outcome[Any]:
        """Do the call whose ids are sent as lines, one read of which may take `patience` seconds.

        Raises Fault as `perform` does, and those of the body.
        """
        if self._uploads >= MOST_UPLOADS:
            raise Fault(OVERLOADED, headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),))
        upload = Upload(self._database, partial(self._call, endpoint, caller), query, body, patience)
        key = headers.idempotency_key
        turn = (caller.tenant_id, caller.app_id, endpoint.name, idempotency.NO_PATH, key)
        self._uploads += 1
        try:
            async with self._turns.taken(turn) if key is not None else contextlib.nullcontext():
                outcome = await _translated(upload.receive(key))
        finally:
            self._uploads -= 1
        self._begin_work()
        return outcome

    async def stream(self, endpoint: Endpoint, caller: Caller, given: dict[str, msgspec.Struct]) -> AsyncGenerator[str]:
        """What a streamed call answers, piece by piece, each from a unit of its own. Raises as `perform` does."""
        operation = self._operations[endpoint.name].work
        after: int | None = None
        while True:
            call = self._call(endpoint, caller)
            unit = partial(operation, call=call, after=after, **given)
            piece: Lines = (await _translated(self._run(endpoint, call, unit))).data
            yield piece.text
            if piece.next is None:
                return
            after = piece.next

    def _call(self, endpoint: Endpoint, caller: Caller, if_match: int | None = None) -> Call:
        return Call(endpoint.name, caller, self._clock(), self._ids.take, self._zone, if_match)

    async def _run_once(self, endpoint: Endpoint, unit: CallUnit[Outcome[Any]], key: Key) -> Outcome[Any]:
        """Run a unit unless it was run with this key before. Calls with one key go one after the other."""
        call, once = unit.call, Once(unit, key, endpoint.reply)
        turn = (call.caller.tenant_id, call.caller.app_id, endpoint.name, key.path, key.key)
        async with self._turns.taken(turn):
            return await self._run(endpoint, call, once)

    async def _run(
        self, endpoint: Endpoint, call: Call, unit: Unit[Outcome[Any]], *, is_dry: bool = False
    ) -> Outcome[Any]:
        if endpoint.access == "write" and not is_dry:  # a dry run never takes the writer (decision 34)
            return await self._write(call, unit)
        try:
            return await self._database.read(unit, bulky=is_dry)
        except NeedsWriter:
            if endpoint.access != "read_first":
                raise
            return await self._write(call, unit)

    async def _write(self, call: Call, unit: Unit[Outcome[Any]]) -> Outcome[Any]:
        """Run a unit. Raises OutcomeUnknown where a commit was lost and nothing tells in time whether it was done."""
        try:
            return await self._database.write(unit, tenant_id=call.caller.tenant_id)
        except OutcomeUnknown as unknown:
            return await self._found_out(call, unit, unknown)

    async def _found_out(self, call: Call, unit: Unit[Outcome[Any]], unknown: OutcomeUnknown) -> Outcome[Any]:
        """What a unit came to whose commit was lost, perhaps of a further attempt. Raises OutcomeUnknown.

        Whatever else may fail meanwhile: it stays unknown, and nobody is told that nothing was done.
        """
        ends = time.monotonic() + UNKNOWN_SECONDS
        while (attempt := _looking(call, unit, unknown)) and time.monotonic() < ends:
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))  # noqa: S311
            try:
                return await self._database.write(attempt, tenant_id=call.caller.tenant_id)
            except changes.DoneBefore as before:
                return before.outcome
            except OutcomeUnknown as again:
                unknown = again
            except (DatabaseBusy, DatabaseFailed) as failure:
                raise unknown from failure
        raise unknown

    async def _caller(self, token: str) -> Caller:
        found = self._remembered.get(token)
        if found is None or time.monotonic() > found[2]:
            looked_up = await _translated(self._database.read(partial(caller_of, token=token)))
            if looked_up is None:
                self._remembered.pop(token, None)
                raise Fault(TOKEN_INVALID)
            found = (*looked_up, time.monotonic() + REMEMBERED_SECONDS)
            self._remember(token, found)
        caller, expire_time, _ = found
        if expire_time <= self._clock():
            raise Fault(TOKEN_INVALID)
        return caller

    def _remember(self, token: str, found: tuple[Caller, int, float]) -> None:
        self._remembered[token] = found
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _looking(call: Call, unit: Unit[Outcome[Any]], unknown: OutcomeUnknown) -> Unit[Outcome[Any]] | None:
    """The unit as it finds out whether it was done: by its change, or by its key; None where it has neither."""
    outcome = cast("Outcome[Any]", unknown.value)
    if outcome.change_id is not None:
        return partial(changes.done_once, call=call, unit=unit, outcome=outcome)
    return unit if isinstance(unit, Once) else None


async def _translated(work: Awaitable[Any]) -> Any:
    """The work's result, with what the database could not do as a Fault."""
    try:
        return await work
    except DatabaseBusy as busy:
        raise Fault(OVERLOADED, headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),)) from busy
    except DatabaseFailed as failed:
        raise Fault(SYSTEM_ERROR) from failed


def _token(authorization: str | None) -> str:
    """The tenant token in the header, whatever it is worth. Raises the Faults of decision 16."""
    if authorization is None or not authorization.startswith("Bearer "):
        raise Fault(TOKEN_MISSING)
    token = authorization.removeprefix("Bearer ").strip()
    if not token:
        raise Fault(TOKEN_MISSING)
    if token.startswith("t-"):
        return token
    raise Fault(USER_TOKEN_INVALID if token.startswith(("eyJ", "u-")) else TOKEN_FORM)


def _scope_missing(endpoint: Endpoint) -> Fault:
    scopes = ", ".join(endpoint.scopes)
    violations = [{"type": "action_scope_required", "subject": scope} for scope in endpoint.scopes]
    return Fault(SCOPE_MISSING, msg=SCOPE_MISSING.msg % scopes, details={"permission_violations": violations})
