"""Runs go on here: of each app the one whose turn it is, a step of each in turn, other writers served between."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import TypeVar

import msgspec
from structlog.typing import FilteringBoundLogger

from rencai import logs
from rencai.contract import ids
from rencai.contract.errors import SYSTEM_ERROR, Fault
from rencai.operations import run_steps
from rencai.operations.call import Call, Caller
from rencai.operations.leases import Lease, LeaseLost
from rencai.operations.runs import SIZES, Sizes
from rencai.storage.seam import Database, DatabaseBusy, DatabaseFailed, Transaction

T = TypeVar("T")

LOOK_SECONDS = 1.0  # so often it is looked whether there is work that nobody here has begun


class Queued(msgspec.Struct, frozen=True):
    """A run that is not over."""

    tenant_id: int
    app_id: str
    run_id: int
    operation: str


class RunWorker:
    """Works on runs until it is stopped. `is_alone` where no other process can work on the database.

    A defect ends the run that met it; a database that fails is tried again, for nothing of a step is done then.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], int],
        take_ids: Callable[[int], list[int]],
        logger: FilteringBoundLogger,
        *,
        is_alone: bool,
        sizes: Sizes = SIZES,
    ) -> None:
        self._database = database
        self._clock = clock
        self._take_ids = take_ids
        self._logger = logger
        self._is_alone = is_alone
        self._sizes = sizes
        self._lease = Lease("runs", secrets.token_hex(8))
        self._has_lease = False
        self._woken = asyncio.Event()
        self._is_ending = False

    def wake(self) -> None:
        """There is work."""
        self._woken.set()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """Work inside of the block, and end the step under way after it."""
        working = asyncio.ensure_future(self._work())
        try:
            yield
        finally:
            self._is_ending = True
            self._woken.set()
            await working

    async def _work(self) -> None:
        if self._is_alone:  # whoever was sending ids to the process before this one is gone with it
            await self._guarded(self._break_off, ids.LARGEST)
        while not self._is_ending:
            if await self._guarded(self._turn):
                continue
            await self._guarded(self._break_off, self._clock())
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)

    async def _guarded(self, work: Callable[..., Awaitable[T]], *given: object) -> T | None:
        """Do something, or log why it can't be done now."""
        try:
            return await work(*given)
        except DatabaseBusy:
            return None
        except LeaseLost:
            self._has_lease = False
            return None
        except Exception as failure:  # a full disk, say: the worker must outlive it
            words = "runs wait, and are tried again"
            self._logger.error("runs_wait", failure=type(failure).__name__, at=logs.where(failure), text=words)
            return None

    async def _turn(self) -> bool:
        """One step of each run whose turn it is. Whether there was any."""
        queued = await self._database.read(_next)
        if not queued or not await self._may_work():
            return False
        for run in queued:
            if not self._is_ending:
                await self._advance(run)
        return True

    async def _may_work(self) -> bool:
        """Whether the lease is ours. It is taken once; then each step renews it, and fails where it was lost."""
        if not self._has_lease:
            take = partial(self._lease.take, now=self._clock(), is_alone=self._is_alone)
            self._has_lease = await self._database.write(take)
        return self._has_lease

    async def _advance(self, run: Queued) -> None:
        new_call = partial(self._call, run)
        try:
            await run_steps.advance(
                self._database, new_call, self._lease, run.run_id, self._sizes, lambda: not self._is_ending
            )
        except (DatabaseBusy, DatabaseFailed, LeaseLost):
            raise
        except Exception as failure:
            words = {"failure": type(failure).__name__, "at": logs.where(failure)}
            self._logger.error("run_failed", run_id=str(run.run_id), **words)
            error = failure.error if isinstance(failure, Fault) else SYSTEM_ERROR
            call = new_call()
            await self._database.write(partial(run_steps.fail, call=call, run_id=run.run_id, error=error))

    async def _break_off(self, now: int) -> None:
        """Let uploads that are silent for too long be over."""
        for run in await self._database.read(partial(_silent, now)):
            call = self._call(run)
            await self._database.write(partial(run_steps.break_off, call=call, run_id=run.run_id))

    def _call(self, run: Queued) -> Call:
        caller = Caller(run.tenant_id, run.app_id, frozenset(), "off", b"")
        return Call(run.operation, caller, self._clock(), self._take_ids)


async def _next(tx: Transaction) -> list[Queued]:
    return await tx.rows(Queued, "run_queue_next")


async def _silent(now: int, tx: Transaction) -> list[Queued]:
    return await tx.rows(Queued, "run_queue_silent", time=now)
