"""A run whose ids are sent: received into its list, group by group, before anything is changed (decision 39)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar

import msgspec

from rencai.contract import ids
from rencai.contract.errors import RUN_OVER, Fault, Violation
from rencai.contract.runs import OneRun, UploadedRun
from rencai.operations import idempotency, membership, runs
from rencai.operations.ahead import made_in_order
from rencai.operations.call import Call, CallUnit, Number, Outcome
from rencai.operations.id_lines import IdLines
from rencai.operations.idempotency import Key
from rencai.operations.membership import as_json
from rencai.operations.runs import CANCELLED, FAILED, QUEUED, SIZES, UPLOADING, RunRow, Sizes
from rencai.storage.seam import Database, DatabaseBusy, DatabaseFailed, Transaction

T = TypeVar("T")
Work = Callable[[Transaction, Call], Awaitable[T]]

SIGN_OF_LIFE = 30_000  # ms after which a slow upload writes what has come, so that it counts as alive
GRACE = 60_000  # ms beyond the patience with one read, after which an upload without a sign of life is broken off
TRIES = 300
PAUSE_SECONDS = 0.1


class Upload:
    """One upload: its query, the bytes as they come, and how long (s) one read of them may take.

    `new_call` gives each unit a call of its own.
    """

    def __init__(
        self,
        database: Database,
        new_call: Callable[[], Call],
        query: UploadedRun,
        body: AsyncIterator[bytes],
        patience: float,
        sizes: Sizes = SIZES,
    ) -> None:
        self._database = database
        self._new_call = new_call
        self._query = query
        self._body = body
        self._sizes = sizes
        self._silence = int(1000 * patience) + GRACE
        # Over the query and the bytes as they are sent: the whole list need never be there at once.
        self._hash = hashlib.sha256(msgspec.json.encode(query, order="deterministic"))
        self._run_id = 0
        # Whether all ids so far name talents, which is looked up while they are written, where the run wants to know.
        self._all_known = query.on_missing == "fail"

    async def receive(self, key: str | None) -> Outcome[OneRun]:
        """Take the list in, and let the run wait for its turn.

        Raises Fault: those of the pool, of too many runs, of a wrong line, of a run that was cancelled meanwhile, of
        the key, and those of the body; the run, if it was begun, has failed then and says why.
        """
        if key is not None and await self._read(lambda tx, call: idempotency.is_kept(tx, call, _key(key, ""))):
            return await self._replayed(key)
        self._run_id = await self._write(_begin, query=self._query, silence=self._silence)
        try:
            await self._take_in()
            named = None if key is None else _key(key, self._hash.hexdigest())
            known = self._all_known
            total = await self._read(self._count)
            return await self._write(_finish, run_id=self._run_id, total=total, all_known=known, named=named)
        except Fault as broken:
            await self._write(_fail, run_id=self._run_id, broken=broken)
            raise

    async def _replayed(self, key: str) -> Outcome[OneRun]:
        """The first reply, once all bytes are known to be the same."""
        async for piece in self._body:
            self._hash.update(piece)
        named = _key(key, self._hash.hexdigest())
        kept = await self._read(lambda tx, call: idempotency.replayed(tx, call, named, OneRun))
        assert kept is not None  # it was there when the body began, and lives for a day  # noqa: S101
        return kept

    async def _take_in(self) -> None:
        """Read lines while those before them are written."""
        lines = IdLines()
        written = self._new_call().now
        staging: asyncio.Future[None] = asyncio.ensure_future(asyncio.sleep(0))
        try:
            async for piece in self._body:
                self._hash.update(piece)
                lines.feed(piece)
                now = self._new_call().now
                if lines.count >= self._sizes.batch or now - written > SIGN_OF_LIFE:
                    taken = lines.hand_over()  # sorted while those before them are still being written
                    await staging
                    staging = asyncio.ensure_future(self._stage_all(*taken))
                    del taken  # some MB, gone when they are written
                    written = now
            lines.end()
        finally:
            await staging  # also where the body is at fault: the run is ended by what comes after
        await self._stage_all(*lines.hand_over())

    async def _stage_all(self, numbers: list[int], texts: list[tuple[int, str]]) -> None:
        """Write what has been taken in, in groups, other writers served between them."""
        size = self._sizes.slice
        parts = [slice(start, start + size) for start in range(0, max(len(numbers), len(texts), 1), size)]
        await made_in_order(partial(self._stage_group, numbers[part], texts[part]) for part in parts)

    async def _stage_group(self, numbers: list[int], texts: list[tuple[int, str]]) -> bool:
        once = list(dict.fromkeys(numbers))
        listed = as_json(once)
        await asyncio.gather(
            self._write(
                _stage,
                run_id=self._run_id,
                numbers=listed,
                count=len(numbers) + len(texts),
                texts=texts,
                silence=self._silence,
            ),
            self._look_up(len(once), listed, texts),
        )
        return True

    async def _look_up(self, count: int, listed: str, texts: list[tuple[int, str]]) -> None:
        """Find out whether a group names talents only. If not, or if it can't be told now, the run checks its list."""
        if not self._all_known:
            return
        try:
            if not texts and await self._read(partial(are_known, count, listed)):
                return
        except (DatabaseBusy, DatabaseFailed):
            pass
        self._all_known = False  # and never again true: others of this upload are being looked up meanwhile

    async def _count(self, tx: Transaction, call: Call) -> int:
        here = {"tenant_id": call.caller.tenant_id, "run_id": self._run_id}
        found = await tx.row(Number, "run_talents_count", **here)
        return 0 if found is None else found.value

    async def _read(self, work: Work[T]) -> T:
        call = self._new_call()
        return await self._database.read(lambda tx: work(tx, call))

    async def _write(self, work: Callable[..., Awaitable[T]], **given: object) -> T:
        """Write, and be patient where too many wait: the list so far would be lost."""
        unit = CallUnit(work, self._new_call(), given)
        for _ in range(TRIES):
            try:
                return await self._database.write(unit, tenant_id=unit.call.caller.tenant_id, alone=True)
            except DatabaseBusy:
                await asyncio.sleep(PAUSE_SECONDS)
        raise DatabaseBusy


async def _begin(tx: Transaction, call: Call, query: UploadedRun, silence: int) -> int:
    """The id of a new run, which counts as alive for `silence` (ms)."""
    pool = await membership.look_at_pool(tx, call, query.talent_pool_id)
    run = runs.new_run(call, pool.pool_id, query.action, query.on_missing, query.reason)
    run = msgspec.structs.replace(run, state=UPLOADING)
    await runs.begin(tx, call, run, call.now + silence)
    return run.run_id


async def _stage(
    tx: Transaction, call: Call, run_id: int, numbers: str, count: int, texts: list[tuple[int, str]], silence: int
) -> None:
    """Put a group of so many numbers, a list as JSON, and texts into the list. Statements: 4, 5 with texts."""
    run = await _under_way(tx, call, run_id)
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id}
    await tx.run("run_talents_stage", talent_ids=numbers, **here)
    if texts:
        await tx.run("run_talents_stage_texts", texts=as_json(texts), **here)
    run = msgspec.structs.replace(run, total=run.total + count)
    await runs.put(tx, call, run)
    await runs.enqueue(tx, call, run, call.now + silence)


async def _finish(
    tx: Transaction, call: Call, run_id: int, total: int, all_known: bool, named: Key | None
) -> Outcome[OneRun]:
    """Let the run wait for its turn."""
    run = await _under_way(tx, call, run_id)
    if named is not None and (kept := await idempotency.replayed(tx, call, named, OneRun)) is not None:
        await runs.end(tx, call, run, CANCELLED)  # another process was quicker with the same key
        return kept
    checked = ids.LARGEST if all_known else runs.FIRST
    run = msgspec.structs.replace(run, state=QUEUED, total=total, position=checked)
    await runs.put(tx, call, run)
    await runs.enqueue(tx, call, run)
    outcome = Outcome(OneRun(run.shown(call.now)))
    if named is not None:
        await idempotency.keep(tx, call, named, outcome)
    return outcome


async def _fail(tx: Transaction, call: Call, run_id: int, broken: Fault) -> None:
    """Let the run be over for what is wrong with its body."""
    run = await runs.find(tx, call, run_id, lock=True)
    if run.state == UPLOADING:
        words = [broken.msg, *(f"{violation.field} {violation.description}" for violation in broken.violations)]
        await runs.end(tx, call, run, FAILED, broken.error, ": ".join(words[:2]))


async def _under_way(tx: Transaction, call: Call, run_id: int) -> RunRow:
    """The run, locked. Raises the Fault 1990022 where somebody has cancelled it."""
    run = await runs.find(tx, call, run_id, lock=True)
    if run.state != UPLOADING:
        raise Fault(RUN_OVER, Violation("run_id", f"the run is {run.state}", run.label))
    return run


async def are_known(count: int, numbers: str, tx: Transaction, call: Call) -> bool:
    """Whether so many numbers, a list as JSON with each once, all name talents of the tenant. Statements: 1."""
    found = await tx.row(Number, "talents_known_count", tenant_id=call.caller.tenant_id, talent_ids=numbers)
    return found is not None and found.value == count


def _key(key: str, body_hash: str) -> Key:
    return Key(key, idempotency.NO_PATH, body_hash)
