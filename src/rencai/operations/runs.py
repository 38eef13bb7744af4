"""Runs as they are seen and steered: begun, listed, cancelled, undone. `run_steps.py` does their work (decision 39)."""

from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.errors import (
    CHANGE_NOT_FOUND,
    RUN_NOT_FOUND,
    RUN_NOT_OVER,
    RUN_OVER,
    RUN_UNDONE,
    TOO_MANY_RUNS,
    Error,
    Fault,
    Violation,
)
from rencai.contract.fields import Paged
from rencai.contract.runs import NewRun, OneRun, Run, RunError, RunPage, RunPath, RunUndo
from rencai.operations import membership, paging, pool_sets
from rencai.operations.call import Call, Lines, Number, Outcome
from rencai.operations.history import start_of
from rencai.operations.membership import as_json
from rencai.operations.undo import GONE, TOUCHED
from rencai.storage.seam import Transaction

MOST_RUNS = 5  # of an app: one at work, four that wait
FIRST = -ids.LARGEST  # below every id of a run
LINES = 10_000  # of the results in one piece


class Sizes(NamedTuple):
    """How many ids of a run are worked on at once.

    `slice`: in one change, and in one group of an upload. `checked`: looked up at once, which takes less time than a
    slice. `block`: members of each pool of an expression. `batch`: of an upload, sorted before they are written; each
    may touch every page of the list so far, but each page once, and sorting so many holds the interpreter lock 30 ms.
    `slices`: of a run until it is another's turn.
    """

    slice: int = 10_000
    checked: int = 50_000
    block: int = pool_sets.BLOCK
    batch: int = 200_000
    slices: int = 8


SIZES = Sizes()

# States, as they are kept.
UPLOADING, QUEUED, RUNNING, DONE, CANCELLED, FAILED = "uploading", "queued", "running", "done", "cancelled", "failed"
OVER = frozenset((DONE, CANCELLED, FAILED))

# What is to be done next.
EVALUATE, CHECK, APPLY = "evaluate", "check", "apply"

# Outcomes, as they are kept: numbers of one byte. 2 is that of an id whose turn has not come, and that of an id which
# the run is done with and which met what most do (USUAL): so most slices write no outcomes at all.
ADDED, REMOVED, UNCHANGED, MISSING, TOUCHED_LATER, WHO_IS_GONE, UNDONE_BEFORE = range(3, 10)
_CONFLICTS = (TOUCHED, GONE, "its change was undone before")
_ENDINGS = [
    *([""] * ADDED),
    *(f'"{outcome}"}}' for outcome in ("added", "removed", "unchanged", "missing")),
    *(f'"conflict","reason":"{reason}"}}' for reason in _CONFLICTS),
]
_NOT_YET = 2
USUAL = {"add": ADDED, "remove": REMOVED, "set": UNCHANGED}


class RunRow(msgspec.Struct, frozen=True, kw_only=False):
    """A run as it is kept. `position` is the last id that the step is done with; times are 0 for not yet."""

    run_id: int
    app_id: str
    pool_id: int
    action: str
    on_missing: str
    reason: str
    source: str
    undo_of: int
    create_time: int
    state: str
    step: str
    position: int
    total: int
    processed: int = 0
    added: int = 0
    removed: int = 0
    unchanged: int = 0
    missing: int = 0
    conflicts: int = 0
    start_time: int = 0
    end_time: int = 0
    error_code: int = 0
    error_msg: str = ""
    undone_by: int = 0

    @property
    def done(self) -> int:
        """The last id of the list that the run is done with."""
        return self.position if self.step == APPLY and self.action in USUAL else FIRST

    @property
    def label(self) -> str:
        """What the run's changes carry as `run_id`."""
        return str(self.run_id)

    def shown(self, now: int) -> Run:
        """The run as the wire has it."""
        kept = msgspec.structs.asdict(self)
        texts = ("pool_id", "create_time", "start_time", "end_time", "undo_of", "undone_by")
        kept |= {name: str(kept[name]) for name in texts if kept[name]}
        kept |= {name: UNSET for name in texts if not kept[name]}
        kept |= {"id": self.label, "talent_pool_id": kept["pool_id"], "is_uploading": self.state == UPLOADING}
        kept |= {"state": QUEUED} if self.state == UPLOADING else {}
        kept |= {"error": RunError(self.error_code, self.error_msg)} if self.error_code else {}
        names = {field.name for field in msgspec.structs.fields(Run)}
        return Run(**{name: value for name, value in (kept | self._speed(now)).items() if name in names})

    def _speed(self, now: int) -> dict[str, Any]:
        """How fast a running run goes and how long it takes yet, once that can be told."""
        if self.state != RUNNING or not self.processed or now <= self.start_time:
            return {}
        speed = 1000 * self.processed / (now - self.start_time)
        left = max(0, self.total - self.processed) / speed
        return {"ids_per_second": round(speed, 1), "remaining_seconds": round(left, 1)}


class Piece(msgspec.Struct, frozen=True):
    """Some lines of results, and the last id among them."""

    lines: str | None
    last: int | None


async def run_create(tx: Transaction, call: Call, body: NewRun) -> Outcome[OneRun]:
    """Begin a run over the talents of a pool or an expression, as the pools are now. Statements: 5."""
    pool = await membership.look_at_pool(tx, call, body.talent_pool_id)
    versions = await pool_sets.versions_of(tx, call, "from", body.source)
    source = as_json([body.source, list(versions.items())])
    run = new_run(call, pool.pool_id, body.action, body.on_missing, body.reason)
    run = msgspec.structs.replace(run, source=source, step=EVALUATE, position=0)
    return await begin(tx, call, run)


def new_run(call: Call, pool_id: int, action: str, on_missing: str, reason: str) -> RunRow:
    """A run that waits for its check."""
    (run_id,) = call.ids(1)
    return RunRow(
        run_id=run_id,
        app_id=call.caller.app_id,
        pool_id=pool_id,
        action=action,
        on_missing=on_missing,
        reason=reason,
        source="",
        undo_of=0,
        create_time=call.now,
        state=QUEUED,
        step=CHECK,
        position=FIRST,
        total=0,
    )


async def begin(tx: Transaction, call: Call, run: RunRow, silent_until: int = 0) -> Outcome[OneRun]:
    """Put a run into the queue; one that is being sent without a turn. Raises the Fault 1990021 for one too many.

    Statements: 3.
    """
    await tx.lock("app_lock", app_id=call.caller.app_id)  # so that two servers don't both take the last place
    waiting = await tx.row(Number, "run_queue_count", app_id=call.caller.app_id)
    if waiting is not None and waiting.value >= MOST_RUNS:
        raise Fault(TOO_MANY_RUNS)
    columns = msgspec.structs.asdict(run)
    given = {name: columns[name] for name in RunRow.__struct_fields__[: RunRow.__struct_fields__.index("processed")]}
    await tx.run("run_insert", tenant_id=call.caller.tenant_id, **given)
    await enqueue(tx, call, run, silent_until)
    return Outcome(OneRun(run.shown(call.now)))


async def enqueue(tx: Transaction, call: Call, run: RunRow, silent_until: int = 0) -> None:
    """Give a run the next turn, or keep the upload of one alive for a while. Statements: 1."""
    turn = 0 if run.state == UPLOADING else call.ids(1)[0]
    here = {"tenant_id": call.caller.tenant_id, "app_id": run.app_id, "run_id": run.run_id}
    await tx.run("run_queue_put", operation=call.operation, turn=turn, silent_until=silent_until, **here)


async def run_list(tx: Transaction, call: Call, query: Paged) -> Outcome[RunPage]:
    """A page of the tenant's runs, newest first. Statements: 1."""
    bound_to = paging.filter_of(query)
    (before,) = paging.position(call, query.page_token, (ids.LARGEST,), bound_to)
    here = {"tenant_id": call.caller.tenant_id, "before": before, "page_size": query.page_size}
    rows = await tx.rows(RunRow, "run_page", **here)
    shown, has_more, token = paging.page(call, rows, [(row.run_id,) for row in rows], query.page_size, bound_to)
    return Outcome(RunPage([row.shown(call.now) for row in shown], has_more, token))


async def run_get(tx: Transaction, call: Call, path: RunPath) -> Outcome[OneRun]:
    """One run. Statements: 1."""
    run = await _run(tx, call, "run_by_id", path.run_id)
    return Outcome(OneRun(run.shown(call.now)))


async def run_cancel(tx: Transaction, call: Call, path: RunPath) -> Outcome[OneRun]:
    """Stop a run before its next slice. What it has done stays done. Statements: 3."""
    run = await _run(tx, call, "run_lock", path.run_id)
    if run.state in OVER:
        raise Fault(RUN_OVER, Violation("run_id", f"the run is {run.state}", path.run_id))
    run = await end(tx, call, run, CANCELLED)
    return Outcome(OneRun(run.shown(call.now)))


async def run_undo(tx: Transaction, call: Call, path: RunPath, body: RunUndo) -> Outcome[OneRun]:
    """Begin the run that puts back what a run did, an undo too. One that was not finished may be begun again.

    Statements: 7, or 8 where it was begun before.
    """
    run = await _run(tx, call, "run_lock", path.run_id)
    if run.state not in OVER:
        raise Fault(RUN_NOT_OVER, Violation("run_id", f"the run is {run.state}", path.run_id))
    if run.undone_by:
        earlier = await _run(tx, call, "run_by_id", str(run.undone_by))
        if earlier.state not in (CANCELLED, FAILED):
            raise Fault(RUN_UNDONE, Violation("run_id", "is undone by this run", earlier.label))
    await membership.look_at_pool(tx, call, str(run.pool_id))
    if run.create_time < await start_of(tx, call.caller.tenant_id):
        raise Fault(
            CHANGE_NOT_FOUND, Violation("run_id", "its changes are older than the history that is kept", run.label)
        )
    undo = new_run(call, run.pool_id, "undo", "skip", body.reason)
    total = run.added + run.removed
    undo = msgspec.structs.replace(undo, undo_of=run.run_id, step=APPLY, position=0, total=total)
    outcome = await begin(tx, call, undo)
    await put(tx, call, msgspec.structs.replace(run, undone_by=undo.run_id))
    return outcome


async def run_results(tx: Transaction, call: Call, path: RunPath, after: int | None) -> Outcome[Lines]:
    """What became of the next ids after one, or of the first; their number in a run is the place to go on.

    Statements: 2.
    """
    run = await _run(tx, call, "run_by_id", path.run_id)
    here = {"tenant_id": call.caller.tenant_id, "run_id": run.run_id, "done": run.done}
    endings = list(_ENDINGS)
    endings[_NOT_YET] = _ENDINGS[USUAL.get(run.action, _NOT_YET)]
    position = FIRST if after is None else after
    piece = await tx.row(Piece, "run_results", position=position, size=LINES, endings=as_json(endings), **here)
    if piece is None or piece.lines is None:
        return Outcome(Lines("", None))
    return Outcome(Lines(piece.lines, piece.last))


async def find(tx: Transaction, call: Call, run_id: int, *, lock: bool = False) -> RunRow:
    """A run that is known to be there."""
    return await _run(tx, call, "run_lock" if lock else "run_by_id", str(run_id))


async def _run(tx: Transaction, call: Call, query: str, run_id: str) -> RunRow:
    run = await tx.row(RunRow, query, tenant_id=call.caller.tenant_id, run_id=ids.parse(run_id))
    if run is None:
        raise Fault(RUN_NOT_FOUND, Violation("run_id", RUN_NOT_FOUND.msg, run_id))
    return run


async def put(tx: Transaction, call: Call, run: RunRow) -> None:
    """Keep what has moved in a run. Statements: 1."""
    columns = msgspec.structs.asdict(run)
    fixed = ("app_id", "pool_id", "action", "on_missing", "reason", "source", "undo_of", "create_time")
    moved = {name: value for name, value in columns.items() if name not in fixed}
    await tx.run("run_update", tenant_id=call.caller.tenant_id, **moved)


async def end(
    tx: Transaction, call: Call, run: RunRow, state: str, error: Error | None = None, msg: str = ""
) -> RunRow:
    """Let a run be over, and its app's next have its turn. Statements: 2."""
    run = msgspec.structs.replace(run, state=state, end_time=call.now)
    if error is not None:
        run = msgspec.structs.replace(run, error_code=error.code, error_msg=msg or error.msg)
    await put(tx, call, run)
    await tx.run("run_queue_delete", app_id=run.app_id, run_id=run.run_id)
    return run
