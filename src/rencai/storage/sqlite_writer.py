"""The one that writes to a SQLite file: units in groups, one commit for each, and the log copied beside it.

Why it is built so, in figures: `docs/decisions/0003-one-writer.md`. In short: a durable commit costs an fsync whatever
it holds, so waiting units share one.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol, cast

import apsw

from rencai.storage import schema
from rencai.storage.seam import Gauges, Transaction, Unit
from rencai.storage.sqlite_units import READER_CACHE_KIB, Handle, Recorder, as_failed, connect, drive, prepared
from rencai.storage.turns import Turns

GROUP = 64  # units in one commit: more gains nothing (measured), and makes the last one wait
CHECKPOINT_PAGES = 20_000  # 80 MB of log; a longer way between checkpoints writes hot pages less often
WRITER_CACHE_KIB = 96 * 1024


class Asked(NamedTuple):
    """A unit that is to be run, and the number by which its answer is known."""

    number: int
    unit: Unit[Any]
    tenant_id: int
    is_alone: bool


class Answer(NamedTuple):
    """How a unit ended: what it returned, or what it raised."""

    number: int
    value: Any
    failure: BaseException | None


class Line(Protocol):
    """The way from whoever takes units on to the writer and back."""

    def send(self, asked: list[Asked]) -> None:
        """Let the units wait for the writer. They are answered later, those of a group together."""
        ...

    async def close(self) -> None:
        """Have the writer run what was sent, copy the log into the file, and close it."""
        ...


class _HalfDone(Exception):
    """A transaction that had to be undone, and why."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = as_failed(failure) if isinstance(failure, apsw.Error) else failure


class Writer:
    """The writing connection. It belongs to the thread that asks it to write, but for the copying of the log."""

    def __init__(self, path: Path, recorder: Recorder | None = None) -> None:
        self.log_pages = 0
        self._recorder = recorder
        self._connection = connect(path, WRITER_CACHE_KIB)
        schema.bring_up_to_date(self._connection)
        self._statements = prepared(self._connection)
        self._checkpoint_due = threading.Event()
        self._checkpoint_made = threading.Event()
        self._is_closing = False
        # Opened here: a connection that can't be opened stops the start, not a call.
        self._checkpoint_connection = connect(path, READER_CACHE_KIB)
        self._connection.set_wal_hook(self._committed)
        self._checkpointer = threading.Thread(target=self._checkpoint_all, name="checkpointer", daemon=True)
        self._checkpointer.start()

    def write(self, group: list[Asked]) -> list[Answer]:
        """Commit a group. If a unit fails with its writes half made, all is undone and each runs again alone.

        A savepoint for each unit would spare the others that, at the cost of a copy of every page they touch;
        but units plan before they write, so one that fails then meets a full disk or a defect.
        """
        try:
            return self._commit(group)
        except _HalfDone:
            return [self._alone(asked) for asked in group]

    def _alone(self, asked: Asked) -> Answer:
        try:
            return self._commit([asked])[0]
        except _HalfDone as failed:
            return Answer(asked.number, None, failed.failure)

    def _commit(self, group: list[Asked]) -> list[Answer]:
        """Run the units in one transaction. Raises _HalfDone, with all of it undone, where one failed in the midst."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            answers = [self._run(asked) for asked in group]
            connection.execute("COMMIT")
        except apsw.Error as failure:  # the transaction can't begin or can't commit: nothing of the group was done
            return [Answer(asked.number, None, as_failed(failure)) for asked in group]
        finally:
            self._roll_back()
        return answers

    def _roll_back(self) -> None:
        """Undo what is not committed. An engine that can't do even that has done it, or fails the next BEGIN too."""
        with contextlib.suppress(apsw.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _run(self, asked: Asked) -> Answer:
        handle = Handle(self._connection, self._statements, self._recorder, may_write=True)
        try:
            return Answer(asked.number, drive(asked.unit(cast("Transaction", handle))), None)
        except Exception as failure:
            if handle.is_dirty or isinstance(failure, apsw.Error):
                raise _HalfDone(failure) from failure
            return Answer(asked.number, None, failure)

    # Checkpoints: the bulk of the copying goes on beside the writer, on a connection of its own. But a log is only
    # begun anew when all of it has been copied, so the writer then copies the little that came meanwhile.

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self.log_pages = pages
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

    def tidy(self) -> None:
        """Between two groups: finish the copying of the log."""
        if self._checkpoint_made.is_set():
            _checkpoint(self._connection)
            self._checkpoint_made.clear()

    def close(self) -> None:
        """Copy the log into the file and let go of it."""
        self._is_closing = True
        self._checkpoint_due.set()
        self._checkpointer.join()
        self._checkpoint_connection.close()
        with contextlib.suppress(apsw.Error):  # somebody else reads: whoever closes the file last copies the log
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._connection.close()


def _checkpoint(connection: apsw.Connection) -> None:
    # One that fails is tried again after the next commit. The log holds everything meanwhile, and the gauge of its
    # pages shows that it grows.
    with contextlib.suppress(apsw.Error):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


def work(writer: Writer, receive: Callable[[Turns[Asked]], bool], answer: Callable[[list[Answer]], None]) -> None:
    """Write what comes, group by group, and close the file once nothing comes any more.

    `receive` lets what has come wait; where nothing waits yet, it waits itself. It says whether more may come.
    """
    waiting: Turns[Asked] = Turns()
    is_open = True
    while is_open or waiting:
        is_open = is_open and receive(waiting)
        if group := waiting.group(GROUP):
            answer(writer.write(group))
            writer.tidy()
    writer.close()


class ThreadLine:
    """A writer on a thread of this process: for commands, which write little and end soon."""

    def __init__(self, writer: Writer, gauges: Gauges, answered: Callable[[list[Answer]], None]) -> None:
        self._writer = writer
        self._gauges = gauges
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._came: SimpleQueue[list[Asked] | None] = SimpleQueue()
        self._thread = threading.Thread(target=work, args=(writer, self._receive, self._answer), name="writer")
        self._thread.start()

    def send(self, asked: list[Asked]) -> None:
        """Let the units wait for the writer."""
        self._came.put(asked)

    async def close(self) -> None:
        """Have the writer finish and close the file."""
        self._came.put(None)
        await asyncio.to_thread(self._thread.join)

    def _receive(self, waiting: Turns[Asked]) -> bool:
        with contextlib.suppress(Empty):
            while (asked := self._came.get(block=not waiting)) is not None:
                for one in asked:
                    waiting.put(one.tenant_id, one, alone=one.is_alone)
            return False
        return True

    def _answer(self, answers: list[Answer]) -> None:
        self._gauges.group_committed(len(answers))
        self._gauges.log_grew(self._writer.log_pages)
        self._loop.call_soon_threadsafe(self._answered, answers)
