"""One call, from who may make it to what it answers: caller, scope, limit, unit of work, outcome or Fault.

The HTTP layer uses it, and so will everything else that makes calls. The order of its checks is decision 1.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rencai.clock import Clock, IdSource
from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import (
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
from rencai.limits import Limiter
from rencai.operations.call import NOBODY, Call, Caller, Outcome
from rencai.operations.tokens import caller_of
from rencai.storage.seam import Database, DatabaseBusy, DatabaseFailed, NeedsWriter, Transaction, Unit

Operation = Callable[..., Awaitable[Outcome[Any]]]

REMEMBERED_SECONDS = 2.0  # so long a disabled app's tokens may still be taken; decision 17 allows 5
MOST_REMEMBERED = 10_000
RETRY_AFTER_SECONDS = 1


class Dispatcher:
    """Makes calls on one database."""

    def __init__(
        self,
        database: Database,
        operations: dict[str, Operation],
        clock: Clock,
        take_ids: IdSource,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._operations = operations
        self._clock = clock
        self._ids = take_ids
        self._zone = zone
        self._limiter = Limiter(time.monotonic)
        self._remembered: OrderedDict[str, tuple[Caller, int, float]] = OrderedDict()

    async def admit(self, endpoint: Endpoint, authorization: str | None) -> Caller:
        """Who calls, if they may: token, scope, limit. Raises the Fault of the first that fails."""
        if not endpoint.scopes:
            return NOBODY
        caller = await self._caller(_token(authorization))
        if not caller.may(endpoint.scopes):
            raise _scope_missing(endpoint)
        refusal = self._limiter.accept(endpoint, caller.app_id, caller.rate_limits)
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

    async def perform(self, endpoint: Endpoint, caller: Caller, given: dict[str, msgspec.Struct]) -> Outcome[Any]:
        """Do what the call asks, in one unit of work. `given` holds the decoded path, query and body.

        Raises Fault: the operation's own, 1990001 when too many wait, 1002001 when the database fails.
        """
        call = Call(endpoint.name, caller, self._clock(), self._ids.take, self._zone)
        operation = self._operations[endpoint.name]

        def unit(tx: Transaction) -> Awaitable[Outcome[Any]]:
            call.begin_attempt()
            return operation(tx, call, **given)

        return await _translated(self._run(endpoint, unit))

    async def _run(self, endpoint: Endpoint, unit: Unit[Outcome[Any]]) -> Outcome[Any]:
        if endpoint.access == "write":
            return await self._database.write(unit)
        try:
            return await self._database.read(unit)
        except NeedsWriter:
            if endpoint.access == "read":
                raise
            return await self._database.write(unit)

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
