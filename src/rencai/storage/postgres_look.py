"""A look at a PostgreSQL database that changes nothing: what `rencai doctor` tells of it."""

import statistics
import time

import msgspec

from rencai.config import PostgresUrl
from rencai.storage.postgres_links import CONNECT_SECONDS, Connection, connect
from rencai.storage.schema import postgres as schema

QUESTIONS = 20

_SETTINGS = """
SELECT
    current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
    current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('full_page_writes') AS full_page_writes,
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        AS connections,
    pg_database_size(current_database()) AS bytes
"""


class PostgresLook(msgspec.Struct, frozen=True):
    """What was seen. `ahead` is how far the server's clock is before ours; `newest_change` is in ms, 0 for none."""

    shown: str
    version: str
    encoding: str
    fsync: str
    synchronous_commit: str
    full_page_writes: str
    connections: int
    bytes: int
    schema: int
    schema_known: int
    newest_change: int
    answer_seconds: float
    ahead: float


async def look_at(url: PostgresUrl) -> PostgresLook:
    """Look at a database. Raises SettingError and DatabaseRefused, for one of another program too."""
    connection = await connect(url)
    try:
        found = await schema.standing(connection)
        settings = await connection.fetchrow(_SETTINGS)
        newest = await connection.fetchval("SELECT max(change_time) FROM talent_pools") if found.version else 0
        answer, ahead = await _clock(connection)
        return PostgresLook(
            shown=url.shown,
            schema=found.version,
            schema_known=found.wanted,
            newest_change=int(newest or 0),
            answer_seconds=answer,
            ahead=ahead,
            **dict(settings),
        )
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


async def _clock(connection: Connection) -> tuple[float, float]:
    """How long an answer takes, in the middle of some; and how far the server's clock is ahead of ours."""
    taken: list[float] = []
    ahead = 0.0
    for _ in range(QUESTIONS):
        before = time.time()
        theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8"))
        after = time.time()
        taken.append(after - before)
        # Inside of the time that the question took, the two can't be told apart.
        ahead = 0.0 if before <= theirs <= after else theirs - (before + after) / 2
    return statistics.median(taken), ahead
