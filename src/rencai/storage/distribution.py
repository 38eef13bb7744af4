"""Citus: the tables spread over machines by tenant, colocated, so that a statement of a tenant is one task on one."""

from collections.abc import AsyncIterator, Callable

from rencai.config import PostgresUrl
from rencai.storage.postgres_links import FAILURES, Connection, connect, sqlstate
from rencai.storage.schema import postgres as schema
from rencai.storage.seam import DatabaseFailed, DatabaseRefused
from rencai.storage.tables import LEAD_TO_TENANT, Table, all_tables

FIRST = "talent_pools"  # the others are put beside it
_HAS_CITUS = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')"
_DONE = "SELECT table_name::text FROM citus_tables"


def plan() -> list[Table]:
    """The tables in the order in which they are distributed: each after those that it refers to."""
    leading = [table for table in all_tables() if table.name in LEAD_TO_TENANT]
    tenants = [table for table in all_tables() if table.name not in LEAD_TO_TENANT]
    return [*leading, *sorted(tenants, key=lambda table: table.name != FIRST)]


def statement_of(table: Table) -> str:
    """What distributes a table: to every machine where it leads to the tenant, else by tenant."""
    if table.name in LEAD_TO_TENANT:
        return f"SELECT create_reference_table('{table.name}')"
    beside = "none" if table.name == FIRST else FIRST
    return f"SELECT create_distributed_table('{table.name}', 'tenant_id', colocate_with => '{beside}')"


async def distribute(url: PostgresUrl, shards: int, report: Callable[[str, int, int], None]) -> list[str]:
    """Distribute the tables that are not distributed yet, each in a transaction of its own. Their names.

    Raises DatabaseRefused where there is no Citus or the schema is another, DatabaseFailed when it breaks off.
    """
    connection = await connect(url, {"lock_timeout": "0", "enable_seqscan": "on"})
    try:
        await _refuse(connection, url)
        return [name async for name in _distributed(connection, shards, report)]
    except FAILURES as failure:
        raise DatabaseFailed(f"SQLSTATE {sqlstate(failure)}") from failure
    finally:
        connection.terminate()


async def _refuse(connection: Connection, url: PostgresUrl) -> None:
    if not await connection.fetchval(_HAS_CITUS):
        words = "say CREATE EXTENSION citus in it and add its workers, or leave the tables on one machine"
        raise DatabaseRefused(f"{url.shown} has no Citus: {words}")
    schema.refuse_other(await schema.standing(connection))


async def _distributed(
    connection: Connection, shards: int, report: Callable[[str, int, int], None]
) -> AsyncIterator[str]:
    done = {name for (name,) in await connection.fetch(_DONE)}
    tables = plan()
    for number, table in enumerate(tables):
        report(table.name, number, len(tables))
        if table.name not in done:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL citus.shard_count = {shards}")
                await connection.execute(statement_of(table))
            yield table.name
