"""SQLite behind the seam: one file, one writer thread that commits units in groups, a few reader threads.

Why it is built so, in figures: `docs/decisions/0003-one-writer.md`. In short: a durable commit costs an fsync
whatever it holds, so waiting units share one; and a statement costs the writer's thread a turn of the interpreter
lock, so a unit runs on that thread to its end, in few statements that return few rows.
"""

import asyncio
import contextlib
import fcntl
import functools
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar, cast

import apsw
import apsw.ext
import msgspec

from rencai.storage import queries, schema
from rencai.storage.seam import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseUnusable,
    Gauges,
    NeedsWriter,
    Standing,
    Transaction,
    Unit,
)
from rencai.storage.turns import Turns

R = TypeVar("R")
T = TypeVar("T")

GROUP = 64  # units in one commit: more gains nothing (measured), and makes the last one wait
READERS = 3
LONGEST_PAUSE = 0.1  # seconds between two bulky units while somebody writes
CHECKPOINT_PAGES = 20_000  # 80 MB of log; a longer way between checkpoints writes hot pages less often
WRITER_CACHE_KIB = 96 * 1024
READER_CACHE_KIB = 8 * 1024
BUSY_MILLISECONDS = 30_000  # how long one waits for a command that writes beside the server, and it for us

_decode_list = msgspec.json.Decoder(list[Any]).decode


class Statement(msgspec.Struct, frozen=True):
    """A query made ready: its SQL, whether it writes, and which columns are lists kept as JSON."""

    sql: str
    writes: bool
    list_columns: tuple[int, ...]


# Is told the name of every query that a unit runs: the tests count and explain with it.
Recorder = Callable[[str], None]


class _Handle:
    """The transaction of one unit. Its methods never wait: SQLite answers on the calling thread."""

    __slots__ = ("_connection", "_may_write", "_recorder", "_statements", "is_dirty")

    def __init__(
        self,
        connection: apsw.Connection,
        statements: dict[str, Statement],
        recorder: Recorder | None,
        *,
        may_write: bool,
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._recorder = recorder
        self._may_write = may_write
        self.is_dirty = False

    def _execute(self, query: str, values: dict[str, object]) -> tuple[Statement, apsw.Cursor]:
        statement = self._statements[query]
        if statement.writes and not self._may_write:
            raise NeedsWriter
        if self._recorder is not None:
            self._recorder(query)
        self.is_dirty |= statement.writes
        return statement, self._connection.execute(statement.sql, cast("dict[str, Any]", values))

    async def row(self, shape: type[R], query: str, /, **values: object) -> R | None:
        statement, cursor = self._execute(query, values)
        for row in cursor:
            return shape(*_with_lists(row, statement.list_columns))
        return None

    async def rows(self, shape: type[R], query: str, /, **values: object) -> list[R]:
        statement, cursor = self._execute(query, values)
        return [shape(*_with_lists(row, statement.list_columns)) for row in cursor]

    async def run(self, query: str, /, **values: object) -> None:
        self._execute(query, values)

    async def lock(self, query: str, /, **values: object) -> bool:
        return False  # a unit that writes is alone


def _with_lists(row: tuple[Any, ...], list_columns: tuple[int, ...]) -> tuple[Any, ...] | list[Any]:
    if not list_columns:
        return row
    cells = list(row)
    for column in list_columns:
        cells[column] = _decode_list(cells[column])
    return cells


def _drive(unit: Awaitable[T]) -> T:
    """Run a unit to its end on this thread. It awaits only its transaction, which never waits."""
    try:
        cast("Coroutine[Any, Any, T]", unit).send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a unit of work awaited something other than its transaction")


class _Waiting(msgspec.Struct):
    """A unit on its way through the writer, and how it ended."""

    unit: Unit[Any]
    future: asyncio.Future[Any]
    tenant_id: int
    is_alone: bool
    value: Any = None
    failure: BaseException | None = None

    def answer(self) -> None:
        if self.future.done():  # the caller went away; what it asked for is done all the same
            return
        if self.failure is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.failure)


class _HalfDone(Exception):
    """A transaction that had to be undone, and why."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = _as_failed(failure) if isinstance(failure, apsw.Error) else failure


def _as_failed(failure: apsw.Error) -> DatabaseFailed:
    # By its kind alone: SQLite's words may quote a value.
    return DatabaseFailed(type(failure).__name__)


class SqliteDatabase:
    """A SQLite file as a Database. `open_database` makes one; it belongs to the event loop it is used on.

    At most `queue_limit` units wait for the writer, and as many for the readers; the next is refused.
    """

    def __init__(self, path: Path, *, queue_limit: int, gauges: Gauges, recorder: Recorder | None) -> None:
        self._path = path
        self._queue_limit = queue_limit
        self._gauges = gauges
        self._recorder = recorder
        self._writer_connection = connect(path, WRITER_CACHE_KIB)
        schema.bring_up_to_date(self._writer_connection)
        self._statements = _prepared(self._writer_connection)
        self._taken_on: list[_Waiting] = []
        self._waiting: Turns[_Waiting] = Turns()
        self._write_depth = 0
        self._read_depth = 0
        self._lane = asyncio.Semaphore(1)
        self._checkpoint_due = threading.Event()
        self._checkpoint_made = threading.Event()
        self._is_closing = False
        # All connections are opened here: one that can't be stops the start, not a call.
        self._checkpoint_connection = connect(path, READER_CACHE_KIB)
        self._free_readers: SimpleQueue[apsw.Connection] = SimpleQueue()
        for _ in range(READERS):
            self._free_readers.put(_reader(path))
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer_connection.set_wal_hook(self._committed)
        self._threads = [
            threading.Thread(target=self._write_all, name="writer"),
            threading.Thread(target=self._checkpoint_all, name="checkpointer"),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def queue_depth(self) -> int:
        """How many units wait for the writer or are with it."""
        return self._write_depth

    async def read(self, unit: Unit[T], *, bulky: bool = False) -> T:
        """Run a reading unit on one of the reader threads (see Database)."""
        if self._read_depth >= self._queue_limit:
            raise DatabaseBusy
        self._read_depth += 1
        try:
            return await (self._read_in_lane(unit) if bulky else self._read_on_thread(unit))
        finally:
            self._read_depth -= 1

    async def _read_in_lane(self, unit: Unit[T]) -> T:
        """Bulky units go one after the other, and while anybody writes with a pause as long as the unit took.

        Three at a time, they leave the writer a third of an interpreter lock and no core (docs/decisions/0003).
        """
        loop = asyncio.get_running_loop()
        await self._lane.acquire()
        started = loop.time()
        try:
            return await self._read_on_thread(unit)
        finally:
            pause = min(loop.time() - started, LONGEST_PAUSE) if self._write_depth else 0
            loop.call_later(pause, self._lane.release)

    async def _read_on_thread(self, unit: Unit[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, functools.partial(self._read_one, unit))

    async def write(self, unit: Unit[T], *, tenant_id: int = 0, alone: bool = False) -> T:
        """Run a unit on the writer's thread, in the next group that it has a turn in (see Database)."""
        if self._write_depth >= self._queue_limit or self._is_closing:
            raise DatabaseBusy
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._write_depth += 1
        if not self._taken_on:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._taken_on.append(_Waiting(unit, future, tenant_id, alone))
        return await future

    def _hand_over(self) -> None:
        """Give the writer all units that this turn of the event loop took on.

        Handed over one by one, the first wakes it: it runs a group of one, and both threads fight for the interpreter
        lock while the loop still reads the others. Costs a tenth of the changes (docs/decisions/0003).
        """
        for waiting in self._taken_on:
            self._waiting.put(waiting.tenant_id, waiting, alone=waiting.is_alone)
        self._taken_on.clear()

    async def close(self) -> None:
        """Finish the units taken on, copy the log into the file, and close it."""
        self._is_closing = True
        self._hand_over()
        self._waiting.end()
        self._checkpoint_due.set()
        await asyncio.to_thread(self._close_all)

    def _close_all(self) -> None:
        for thread in self._threads:
            thread.join()
        self._readers.shutdown()
        for _ in range(READERS):
            self._free_readers.get().close()
        self._checkpoint_connection.close()
        with contextlib.suppress(apsw.Error):  # somebody else reads: whoever closes the file last copies the log
            self._writer_connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._writer_connection.close()

    # The readers

    def _read_one(self, unit: Unit[T]) -> T:
        connection = self._free_readers.get()
        try:
            connection.execute("BEGIN")
            return _drive(unit(self._handle(connection, may_write=False)))
        except apsw.Error as failure:
            raise _as_failed(failure) from failure
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._free_readers.put(connection)

    def _handle(self, connection: apsw.Connection, *, may_write: bool) -> _Handle:
        return _Handle(connection, self._statements, self._recorder, may_write=may_write)

    # The writer's thread

    def _write_all(self) -> None:
        while group := self._waiting.group(GROUP):
            try:
                self._write_group(group)
            except Exception as failure:  # an engine that can't even roll back: the thread must outlive it
                for waiting in group:
                    waiting.failure = DatabaseFailed(type(failure).__name__)
            self._gauges.group_committed(len(group))
            group[0].future.get_loop().call_soon_threadsafe(self._answer, group)
            self._finish_checkpoint()

    def _write_group(self, group: list[_Waiting]) -> None:
        """Commit a group. If a unit fails with its writes half made, all is undone and each runs again alone.

        A savepoint for each unit would spare the others that, at the cost of a copy of every page they touch;
        but units plan before they write, so one that fails then meets a full disk or a defect.
        """
        try:
            self._commit(group)
        except _HalfDone:
            for waiting in group:
                self._commit_alone(waiting)

    def _commit_alone(self, waiting: _Waiting) -> None:
        try:
            self._commit([waiting])
        except _HalfDone as failed:
            waiting.failure = failed.failure

    def _commit(self, group: list[_Waiting]) -> None:
        """Run the units in one transaction. Raises _HalfDone, with all of it undone, where one failed in the midst."""
        connection = self._writer_connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for waiting in group:
                self._run(waiting)
            connection.execute("COMMIT")
        except apsw.Error as failure:  # the transaction can't begin or can't commit: nothing of the group was done
            for waiting in group:
                waiting.failure = _as_failed(failure)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _run(self, waiting: _Waiting) -> None:
        handle = self._handle(self._writer_connection, may_write=True)
        waiting.failure = None
        try:
            waiting.value = _drive(waiting.unit(cast("Transaction", handle)))
        except Exception as failure:
            if handle.is_dirty or isinstance(failure, apsw.Error):
                raise _HalfDone(failure) from failure
            waiting.failure = failure

    def _answer(self, group: list[_Waiting]) -> None:
        self._write_depth -= len(group)
        for waiting in group:
            waiting.answer()

    # Checkpoints: the bulk of the copying goes on beside the writer, on a connection of its own. But a log is only
    # begun anew when all of it has been copied, so the writer then copies the little that came meanwhile.

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._gauges.log_grew(pages)
        if pages >= CHECKPOINT_PAGES and not self._checkpoint_made.is_set():
            self._checkpoint_due.set()
        return 0

    def _checkpoint_all(self) -> None:
        while True:
            self._checkpoint_due.wait()
            if self._is_closing:
                break
            self._checkpoint_due.clear()
            _checkpoint(self._checkpoint_connection)
            self._checkpoint_made.set()

    def _finish_checkpoint(self) -> None:
        if self._checkpoint_made.is_set():
            _checkpoint(self._writer_connection)
            self._checkpoint_made.clear()


def _checkpoint(connection: apsw.Connection) -> None:
    # One that fails is tried again after the next commit. The log holds everything meanwhile, and the gauge of its
    # pages shows that it grows.
    with contextlib.suppress(apsw.Error):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def connect(path: Path, cache_kib: int) -> apsw.Connection:
    """A connection with the settings that all of ours have. Raises DatabaseUnusable."""
    try:
        make_private(path)
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        schema.refuse_foreign(connection)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "FULL")
        connection.pragma("fullfsync", 1)  # on macOS a plain fsync stops short of the disk; elsewhere no effect
        connection.pragma("checkpoint_fullfsync", 1)
        connection.pragma("wal_autocheckpoint", 0)
        connection.pragma("foreign_keys", 1)
        connection.pragma("cache_size", -cache_kib)
    except apsw.NotADBError as failure:
        raise DatabaseUnusable(f"{path} is not a SQLite database; name another file") from failure
    except (apsw.Error, OSError) as failure:
        raise _not_opened(path, failure) from failure
    return connection


def make_private(path: Path) -> None:
    """Make a missing file for its owner's eyes only; SQLite gives the files beside it the same mode.

    A file that is there is not touched: closing any descriptor of it would drop the locks that SQLite's connections
    of this process hold on it, and another process would then throw away the log they write to.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def standing(path: Path) -> Standing:
    """Which schema a file has; a missing one is not made. Raises DatabaseUnusable."""
    if not path.exists():
        return Standing("SQLite", 0, len(schema.scripts()))
    with contextlib.closing(connect(path, READER_CACHE_KIB)) as connection:
        return schema.standing(connection)


def _reader(path: Path) -> apsw.Connection:
    connection = connect(path, READER_CACHE_KIB)
    connection.pragma("query_only", 1)
    return connection


def _not_opened(path: Path, failure: Exception) -> DatabaseUnusable:
    return DatabaseUnusable(f"{path} can't be opened ({failure}); check the folder and its rights")


def _prepared(connection: apsw.Connection) -> dict[str, Statement]:
    """Every query, compiled once against the schema, so that a broken one stops the start and not a call."""
    return {name: _statement(connection, sql) for name, sql in queries.load("sqlite").items()}


def _statement(connection: apsw.Connection, sql: str) -> Statement:
    info = apsw.ext.query_info(connection, sql)
    columns = [column[0] for column in info.description]
    lists = tuple(index for index, column in enumerate(columns) if column.endswith("_list"))
    return Statement(sql, not info.is_readonly, lists)


@contextlib.contextmanager
def served_by_us(path: Path) -> Generator[None]:
    """Keep a second server off the file: limits are counted in memory, so two would let through twice as much.

    Commands that administer are no servers and come in all the same. Raises DatabaseUnusable.
    """
    try:
        lock = path.with_name(path.name + "-serving").open("w")
    except OSError as failure:
        raise _not_opened(path, failure) from failure
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            words = f"another rencai serves {path}; stop it first, or name another file"
            raise DatabaseUnusable(words) from failure
        yield


def open_database(path: Path, *, queue_limit: int, gauges: Gauges, recorder: Recorder | None = None) -> SqliteDatabase:
    """Open the file, making or upgrading it. Raises DatabaseUnusable with a line for people."""
    return SqliteDatabase(path, queue_limit=queue_limit, gauges=gauges, recorder=recorder)
