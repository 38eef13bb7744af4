"""The numbered schemas on PostgreSQL: the same scripts, made and checked in one transaction."""

from typing import Any

import asyncpg

from rencai.storage import schema
from rencai.storage.seam import DatabaseRefused, Standing

Connection = Any  # asyncpg.Connection: the driver has no types

MARK = "rencai"  # the comment on schema_version: tells our database from any other
UNFINISHED = "rencai, an unfinished copy"  # one that `rencai database copy` is filling
_TAKEN = (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError)
# Both from one snapshot: between two looks another process may make its tables. So no to_regclass, which looks anew.
_STANDING = """
SELECT
    coalesce((
        SELECT d.description
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_description AS d
            ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
        WHERE c.relname = 'schema_version' AND c.relnamespace = current_schema()::regnamespace
    ), '') AS comment,
    EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema()) AS has_tables
"""


def script_of(text: str) -> str:
    """A script of the common schema in PostgreSQL's words. Texts are compared by their bytes, as SQLite does."""
    return text.replace(") WITHOUT ROWID", ")").replace(" TEXT", ' TEXT COLLATE "C"')


async def standing(connection: Connection) -> Standing:
    """Which schema a database has. Raises DatabaseRefused for one of another program."""
    comment, has_tables = await connection.fetchrow(_STANDING)
    if comment == UNFINISHED:
        words = "say the same `rencai database copy` again to go on, or drop the database"
        raise DatabaseRefused(f"the database holds an unfinished copy; {words}")
    if comment != MARK and has_tables:
        raise DatabaseRefused("the database holds tables of another program; name an empty one, or one of ours")
    version = await connection.fetchval("SELECT version FROM schema_version") if comment == MARK else 0
    return Standing("PostgreSQL", int(version), len(schema.scripts()))


async def is_unfinished(connection: Connection) -> bool:
    """Whether a copy has been begun in the database and not been finished."""
    return await connection.fetchval(_STANDING) == UNFINISHED


async def mark(connection: Connection, comment: str) -> None:
    """Say what the tables are."""
    await connection.execute(f"COMMENT ON TABLE schema_version IS '{comment}'")


def refuse_other(found: Standing) -> None:
    """Raise DatabaseRefused for a schema that is not the one this program works on."""
    if found.version == 0:
        raise DatabaseRefused(f"the database is empty: {found.advice}")
    if found.version != found.wanted:
        words = f"the database has schema {found.version}, this program needs {found.wanted}"
        raise DatabaseRefused(f"{words}; {found.advice}")


async def bring_up_to_date(connection: Connection) -> Standing:
    """Run the scripts that a database lacks, in one transaction. How it stood before.

    A second process waits for the first, and then finds them run. Raises DatabaseRefused for a schema that is too new.
    """
    while True:
        try:
            async with connection.transaction():
                return await _run_missing(connection)
        except _TAKEN:
            continue  # another process made the first table a moment before; its lock is what to wait for
        except asyncpg.InsufficientPrivilegeError as failure:
            words = "its user may not create tables; make it the owner of the database"
            raise DatabaseRefused(f"the schema can't be made: {words}") from failure


async def _run_missing(connection: Connection) -> Standing:
    found = await standing(connection)
    if found.version:
        await connection.execute("LOCK TABLE schema_version IN SHARE ROW EXCLUSIVE MODE")
        found = await standing(connection)
    if found.version > found.wanted:
        refuse_other(found)
    for script in schema.scripts()[found.version :]:
        await connection.execute(script_of(script))
    if found.version < found.wanted:
        await mark(connection, MARK)
        await connection.execute("DELETE FROM schema_version")
        await connection.execute("INSERT INTO schema_version (version) VALUES ($1)", found.wanted)
    return found
