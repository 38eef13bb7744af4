"""SQLite files to copy from and to (see `copying.py`)."""

import contextlib
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import apsw

from rencai.storage import schema
from rencai.storage.copying import Row, Source, Target
from rencai.storage.seam import DatabaseFailed, DatabaseUnusable
from rencai.storage.sqlite import served_by_us
from rencai.storage.sqlite_units import connect, make_private
from rencai.storage.sqlite_writer import CHECKPOINT_PAGES
from rencai.storage.tables import Table, index_scripts

CACHE_KIB = 64 * 1024


class _Side:
    """Reads tables by key."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def rows(self, table: Table, after: Row | None) -> AsyncIterator[Row]:
        """See Source."""
        for row in self._connection.execute(table.page_sql("?", goes_on=after is not None), after or ()):
            yield row

    async def count(self, table: Table) -> int:
        """See Source."""
        return self._connection.execute(table.count_sql()).get


class SqliteTarget(_Side):
    """A file that is filled. Until it is finished its application id is not a database's of ours."""

    async def begin(self, mark: str) -> None:
        """See Target."""
        if not _is_unfinished(self._connection):
            self._begin_anew(mark)
        elif self._connection.execute("SELECT source FROM unfinished_copy").get != mark:
            raise DatabaseUnusable("the target is an unfinished copy of another database; name an empty one")

    def _begin_anew(self, mark: str) -> None:
        schema.bring_up_to_date(self._connection)
        with self._connection:
            for table in ("schema_version", "derivation"):  # what the scripts put there comes with the copy
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
            for index in index_scripts():  # made once at the end, they cost a tenth
                self._connection.execute(f"DROP INDEX {index}")
            self._connection.execute("CREATE TABLE unfinished_copy (source TEXT NOT NULL)")
            self._connection.execute("INSERT INTO unfinished_copy (source) VALUES (?)", (mark,))
            self._connection.pragma("application_id", schema.UNFINISHED_ID)

    async def last_key(self, table: Table) -> Row | None:
        """See Target."""
        return next(iter(self._connection.execute(table.last_key_sql())), None)

    async def append(self, table: Table, rows: list[Row]) -> None:
        """See Target."""
        with self._connection:
            self._connection.executemany(table.insert_sql("?"), rows)

    async def finish(self) -> None:
        """See Target."""
        with self._connection:
            for script in index_scripts().values():
                self._connection.execute(script)
            for table, *_ in self._connection.execute("PRAGMA foreign_key_check"):
                raise DatabaseUnusable(f"{table} refers to rows that are not there; run `rencai database verify`")
            self._connection.execute("DROP TABLE unfinished_copy")
            self._connection.pragma("application_id", schema.APPLICATION_ID)
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


@contextlib.contextmanager
def sqlite_source(path: Path) -> Generator[Source]:
    """A file to copy from, as it is now. No server may serve it: what it writes meanwhile would not be in the copy.

    Raises DatabaseUnusable.
    """
    with served_by_us(path), contextlib.closing(connect(path, CACHE_KIB)) as connection:
        connection.execute("BEGIN")  # the first look, here at the schema's number, fixes the state that is seen
        number, known = schema.number_of(connection), len(schema.scripts())
        if number != known:
            words = f"{path} has schema {number}, this program knows {known}"
            raise DatabaseUnusable(f"{words}; serve it once with this program, or run the one it belongs to")
        yield _Side(connection)
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def sqlite_target(path: Path) -> Generator[Target]:
    """A file to copy into, made where there is none. Raises DatabaseUnusable."""
    try:
        make_private(path)
        connection = apsw.Connection(str(path))
        with contextlib.closing(connection):
            if not _is_unfinished(connection):
                _refuse_used(connection)
            connection.pragma("journal_mode", "wal")
            # Not each batch has to be on the disk, only in order: one that is lost is copied again.
            connection.pragma("synchronous", "NORMAL")
            connection.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            connection.pragma("cache_size", -CACHE_KIB)
            yield SqliteTarget(connection)
    except apsw.NotADBError as failure:
        raise DatabaseUnusable(f"{path} is not a SQLite database; name another file") from failure
    except (apsw.CantOpenError, OSError) as failure:
        raise DatabaseUnusable(f"{path} can't be opened ({failure}); check the folder and its rights") from failure
    except apsw.Error as failure:
        raise DatabaseFailed(type(failure).__name__) from failure


def _is_unfinished(connection: apsw.Connection) -> bool:
    return connection.pragma("application_id") == schema.UNFINISHED_ID


def _refuse_used(connection: apsw.Connection) -> None:
    """Raise DatabaseUnusable for another program's file, and for a database that somebody has begun to use."""
    schema.refuse_foreign(connection)
    if schema.number_of(connection) and connection.execute("SELECT count(*) FROM tenants").get:
        raise DatabaseUnusable("the target is not empty; name a file that is not there yet")
