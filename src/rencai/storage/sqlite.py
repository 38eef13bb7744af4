"""SQLite behind the seam: one file, one writer that commits units in groups, a few reader threads.

A statement costs the thread that runs it a turn of the interpreter lock, so a unit runs on one thread to its end, in
few statements that return few rows; and the writer of a server has an interpreter of its own (`sqlite_process.py`).
"""

import asyncio
import contextlib
import fcntl
import functools
import itertools
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar, cast

import apsw

from rencai.storage import schema
from rencai.storage.seam import DatabaseBusy, DatabaseUnusable, Gauges, Standing, Transaction, Unit
from rencai.storage.sqlite_process import ProcessLine, WriterProcess
from rencai.storage.sqlite_units import (
    READER_CACHE_KIB,
    Handle,
    Recorder,
    as_failed,
    connect,
    drive,
    not_opened,
    prepared,
)
from rencai.storage.sqlite_writer import Answer, Asked, Line, ThreadLine, Writer

T = TypeVar("T")

READERS = 3
LONGEST_PAUSE = 0.1  # seconds between two bulky units while somebody writes


class SqliteDatabase:
    """A SQLite file as a Database. `open_database` makes one; it belongs to the event loop it is used on.

    At most `queue_limit` units wait for the writer, and as many for the readers; the next is refused.
    """

    def __init__(self, path: Path, *, queue_limit: int, recorder: Recorder | None) -> None:
        self._queue_limit = queue_limit
        self._recorder = recorder
        self._line: Line
        self._numbers = itertools.count()
        self._taken_on: list[Asked] = []
        self._unanswered: dict[int, asyncio.Future[Any]] = {}
        self._read_depth = 0
        self._lane = asyncio.Semaphore(1)
        self._is_closing = False
        # All connections are opened here: one that can't be stops the start, not a call.
        readers = [_reader(path) for _ in range(READERS)]
        self._statements = prepared(readers[0])
        self._free_readers: SimpleQueue[apsw.Connection] = SimpleQueue()
        for reader in readers:
            self._free_readers.put(reader)
        self._readers = ThreadPoolExecutor(READERS, "reader")

    def take(self, line: Line) -> None:
        """Write through this line from now on."""
        self._line = line

    @property
    def queue_depth(self) -> int:
        """How many units wait for the writer or are with it."""
        return len(self._unanswered)

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

        Three at a time, they leave the event loop a third of an interpreter lock, and the writer no core
        (docs/decisions/0003).
        """
        loop = asyncio.get_running_loop()
        await self._lane.acquire()
        started = loop.time()
        try:
            return await self._read_on_thread(unit)
        finally:
            pause = min(loop.time() - started, LONGEST_PAUSE) if self._unanswered else 0
            loop.call_later(pause, self._lane.release)

    async def _read_on_thread(self, unit: Unit[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, functools.partial(self._read_one, unit))

    async def write(self, unit: Unit[T], *, tenant_id: int = 0, alone: bool = False) -> T:
        """Have the writer run a unit, in the next group that it has a turn in (see Database)."""
        if len(self._unanswered) >= self._queue_limit or self._is_closing:
            raise DatabaseBusy
        loop = asyncio.get_running_loop()
        number, future = next(self._numbers), loop.create_future()
        self._unanswered[number] = future
        if not self._taken_on:
            loop.call_soon(self._hand_over)
        self._taken_on.append(Asked(number, unit, tenant_id, alone))
        return cast("T", await future)

    def _hand_over(self) -> None:
        """Give the writer all units that this turn of the event loop took on.

        Handed over one by one, the first wakes it, and it runs a group of one (docs/decisions/0003).
        """
        taken_on, self._taken_on = self._taken_on, []
        if taken_on:
            self._line.send(taken_on)

    def answered(self, answers: list[Answer]) -> None:
        """Hand on how the units of a group ended."""
        for number, value, failure in answers:
            future = self._unanswered.pop(number)
            if future.done():  # the caller went away; what it asked for is done all the same
                continue
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)

    async def close(self) -> None:
        """Finish the units taken on, copy the log into the file, and close it."""
        self._is_closing = True
        self._hand_over()
        await asyncio.to_thread(self._close_readers)
        await self._line.close()

    def _close_readers(self) -> None:
        self._readers.shutdown()
        for _ in range(READERS):
            self._free_readers.get().close()

    # The readers

    def _read_one(self, unit: Unit[T]) -> T:
        connection = self._free_readers.get()
        try:
            connection.execute("BEGIN")
            handle = Handle(connection, self._statements, self._recorder, may_write=False)
            return drive(unit(cast("Transaction", handle)))
        except apsw.Error as failure:
            raise as_failed(failure) from failure
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._free_readers.put(connection)


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


@contextlib.contextmanager
def served_by_us(path: Path) -> Generator[None]:
    """Keep a second server off the file: limits are counted in memory, so two would let through twice as much.

    Commands that administer are no servers and come in all the same. Raises DatabaseUnusable.
    """
    try:
        lock = path.with_name(path.name + "-serving").open("w")
    except OSError as failure:
        raise not_opened(path, failure) from failure
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            words = f"another rencai serves {path}; stop it first, or name another file"
            raise DatabaseUnusable(words) from failure
        yield


def open_database(path: Path, *, queue_limit: int, gauges: Gauges, recorder: Recorder | None = None) -> SqliteDatabase:
    """Open the file, making or upgrading it, to write by a thread. Raises DatabaseUnusable with a line for people."""
    writer = Writer(path, recorder)
    try:
        database = SqliteDatabase(path, queue_limit=queue_limit, recorder=recorder)
    except BaseException:
        writer.close()
        raise
    database.take(ThreadLine(writer, gauges, database.answered))
    return database


async def open_served(
    path: Path, process: WriterProcess, *, queue_limit: int, gauges: Gauges, lost: Callable[[], None]
) -> SqliteDatabase:
    """Open the file as `open_database` does, to write by a process. `lost` is called should it die."""
    process.open(path)
    database = SqliteDatabase(path, queue_limit=queue_limit, recorder=None)
    line = ProcessLine(gauges, database.answered, lost)
    await asyncio.get_running_loop().create_connection(lambda: line, sock=process.connection)
    database.take(line)
    return database
