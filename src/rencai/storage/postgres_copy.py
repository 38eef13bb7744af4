"""PostgreSQL databases to copy from and to (see `copying.py`)."""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import asyncpg

from rencai.config import PostgresUrl
from rencai.storage import schema as scripts
from rencai.storage.copying import Row, Source, Target
from rencai.storage.postgres_links import CONNECT_SECONDS, FAILURES, Connection, connect, sqlstate
from rencai.storage.schema import postgres as schema
from rencai.storage.seam import DatabaseFailed, DatabaseUnusable
from rencai.storage.tables import Table, index_scripts

ROWS_AT_ONCE = 2_000  # fetched from the server
HOLDER = "${}"

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
ORDER BY 1, 2
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'rencai' AND pid <> pg_backend_pid()
"""


class _Side:
    """Reads tables by key, through a cursor of a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, table: Table, after: Row | None) -> AsyncIterator[Row]:
        """See Source."""
        sql = table.page_sql(HOLDER, goes_on=after is not None)
        # The transaction is the source's own, or else one for this cursor.
        async with _within(self._connection):
            async for row in self._connection.cursor(sql, *(after or ()), prefetch=ROWS_AT_ONCE):
                yield tuple(row)

    async def count(self, table: Table) -> int:
        """See Source."""
        return await self._connection.fetchval(table.count_sql())


@contextlib.asynccontextmanager
async def _within(connection: Connection) -> AsyncGenerator[None]:
    if connection.is_in_transaction():
        yield
        return
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


class PostgresTarget(_Side):
    """A database that is filled. Until it is finished, the comment by which it is known is not that of one of ours."""

    async def begin(self, mark: str) -> None:
        """See Target."""
        if not await schema.is_unfinished(self._connection):
            await self._begin_anew(mark)
        elif await self._connection.fetchval("SELECT source FROM unfinished_copy") != mark:
            raise DatabaseUnusable("the target is an unfinished copy of another database; name an empty one")

    async def _begin_anew(self, mark: str) -> None:
        """Make the tables without what rows are checked by, which is made and checked at once in the end."""
        await schema.bring_up_to_date(self._connection)
        async with self._connection.transaction():
            for table in ("schema_version", "derivation"):  # what the scripts put there comes with the copy
                await self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
            for index in index_scripts():
                await self._connection.execute(f"DROP INDEX {index}")
            keys = [list(row) for row in await self._connection.fetch(_FOREIGN_KEYS)]
            for table, name, _ in keys:
                await self._connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            await self._connection.execute("CREATE TABLE unfinished_copy (source text, foreign_keys text)")
            await self._connection.execute("INSERT INTO unfinished_copy VALUES ($1, $2)", mark, json.dumps(keys))
            await schema.mark(self._connection, schema.UNFINISHED)

    async def last_key(self, table: Table) -> Row | None:
        """See Target."""
        row = await self._connection.fetchrow(table.last_key_sql())
        return None if row is None else tuple(row)

    async def append(self, table: Table, rows: list[Row]) -> None:
        """See Target."""
        await self._connection.copy_records_to_table(table.name, records=rows, columns=table.columns)

    async def finish(self) -> None:
        """See Target."""
        async with self._connection.transaction():
            for script in index_scripts().values():
                await self._connection.execute(schema.script_of(script))
            kept = json.loads(await self._connection.fetchval("SELECT foreign_keys FROM unfinished_copy"))
            for table, name, definition in cast("list[list[str]]", kept):
                await self._add_key(table, name, definition)
            await self._connection.execute("DROP TABLE unfinished_copy")
            await schema.mark(self._connection, schema.MARK)
        await self._connection.execute("ANALYZE")  # or the first plans would be made without statistics

    async def _add_key(self, table: str, name: str, definition: str) -> None:
        try:
            await self._connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        except asyncpg.ForeignKeyViolationError as failure:
            words = f"{table} refers to rows that are not there; run `rencai database verify`"
            raise DatabaseUnusable(words) from failure


@contextlib.asynccontextmanager
async def postgres_source(url: PostgresUrl) -> AsyncGenerator[Source]:
    """A database to copy from, as it is now. No server may be connected: what it writes would not be in the copy.

    Raises DatabaseUnusable and DatabaseRefused.
    """
    async with _opened(url) as connection:
        if await connection.fetchval(_OTHERS):
            raise DatabaseUnusable(f"{url.shown}: another rencai is connected to it; stop it first")
        found = await schema.standing(connection)
        if found.version != found.wanted:
            words = f"{url.shown} has schema {found.version}, this program knows {found.wanted}"
            raise DatabaseUnusable(f"{words}; {found.advice}")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield _Side(connection)


@contextlib.asynccontextmanager
async def postgres_target(url: PostgresUrl) -> AsyncGenerator[Target]:
    """A database to copy into, which is there and empty. Raises DatabaseUnusable and DatabaseRefused."""
    async with _opened(url) as connection:
        if await connection.fetchval("SHOW server_encoding") != "UTF8":
            raise DatabaseUnusable(f"{url.shown}: is not encoded in UTF8; make it with `createdb --encoding=UTF8`")
        if not await schema.is_unfinished(connection):
            found = await schema.standing(connection)
            if found.version > len(scripts.scripts()) or await _is_used(connection, found.version):
                raise DatabaseUnusable(f"{url.shown}: the target is not empty; name an empty database")
        yield PostgresTarget(connection)


async def _is_used(connection: Connection, version: int) -> bool:
    return bool(version) and await connection.fetchval("SELECT count(*) FROM tenants") > 0


@contextlib.asynccontextmanager
async def _opened(url: PostgresUrl) -> AsyncGenerator[Any]:
    """A connection without the limits of a server's. Raises DatabaseFailed for what breaks it off."""
    connection = await connect(url, {"lock_timeout": "0", "idle_in_transaction_session_timeout": "0"})
    try:
        yield connection
    except FAILURES as failure:
        raise DatabaseFailed(
            f"SQLSTATE {sqlstate(failure)}" if sqlstate(failure) else type(failure).__name__
        ) from failure
    finally:
        with contextlib.suppress(*FAILURES):
            await connection.close(timeout=CONNECT_SECONDS)
