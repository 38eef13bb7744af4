"""A unit of work on a connection to SQLite: the settings that all connections have, and how a unit runs on one."""

import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw
import apsw.ext
import msgspec

from rencai.storage import queries, schema
from rencai.storage.seam import DatabaseFailed, DatabaseUnusable, NeedsWriter

R = TypeVar("R")
T = TypeVar("T")

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


class Handle:
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
        """The first row, or None (see Transaction)."""
        statement, cursor = self._execute(query, values)
        for row in cursor:
            return shape(*_with_lists(row, statement.list_columns))
        return None

    async def rows(self, shape: type[R], query: str, /, **values: object) -> list[R]:
        """All rows."""
        statement, cursor = self._execute(query, values)
        return [shape(*_with_lists(row, statement.list_columns)) for row in cursor]

    async def run(self, query: str, /, **values: object) -> None:
        """Run a statement that changes something."""
        self._execute(query, values)

    async def run_all(self, statements: Sequence[str], /, **values: object) -> None:
        """Run several, one after the other: here that costs nothing."""
        for query in statements:
            self._execute(query, values)

    async def lock(self, query: str, /, **values: object) -> bool:
        """Nothing to do: a unit that writes is alone."""
        return False


def _with_lists(row: tuple[Any, ...], list_columns: tuple[int, ...]) -> tuple[Any, ...] | list[Any]:
    if not list_columns:
        return row
    cells = list(row)
    for column in list_columns:
        cells[column] = _decode_list(cells[column])
    return cells


def drive(unit: Awaitable[T]) -> T:
    """Run a unit to its end on this thread. It awaits only its transaction, which never waits."""
    try:
        cast("Coroutine[Any, Any, T]", unit).send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a unit of work awaited something other than its transaction")


def as_failed(failure: apsw.Error) -> DatabaseFailed:
    """What SQLite could not do, by its kind alone: its words may quote a value."""
    return DatabaseFailed(type(failure).__name__)


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
        raise not_opened(path, failure) from failure
    return connection


def make_private(path: Path) -> None:
    """Make a missing file for its owner's eyes only; SQLite gives the files beside it the same mode.

    A file that is there is not touched: closing any descriptor of it would drop the locks that SQLite's connections
    of this process hold on it, and another process would then throw away the log they write to.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def not_opened(path: Path, failure: Exception) -> DatabaseUnusable:
    """The line for a file that can't be opened."""
    return DatabaseUnusable(f"{path} can't be opened ({failure}); check the folder and its rights")


def prepared(connection: apsw.Connection) -> dict[str, Statement]:
    """Every query, compiled once against the schema, so that a broken one stops the start and not a call."""
    return {name: _statement(connection, sql) for name, sql in queries.load("sqlite").items()}


def _statement(connection: apsw.Connection, sql: str) -> Statement:
    info = apsw.ext.query_info(connection, sql)
    columns = [column[0] for column in info.description]
    lists = tuple(index for index, column in enumerate(columns) if column.endswith("_list"))
    return Statement(sql, not info.is_readonly, lists)
