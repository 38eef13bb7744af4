"""PostgreSQL behind the seam: a unit is a transaction at READ COMMITTED, run again whole where that is safe.

What keeps units apart is written into them: they lock the rows they build on before they read them, and unique and
foreign keys decide what is left. `docs/decisions/0007-postgresql.md` says how, and what it costs.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TypeVar

import asyncpg

from rencai.config import PostgresUrl
from rencai.storage.postgres_links import (
    FAILURES,
    PATIENCE_SECONDS,
    Connection,
    Link,
    Links,
    Places,
    Statement,
    Statements,
    connect,
    sqlstate,
)
from rencai.storage.schema import postgres as schema
from rencai.storage.seam import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseRefused,
    Gauges,
    KeyTaken,
    Locked,
    NeedsWriter,
    OutcomeUnknown,
    RunAgain,
    Standing,
    Unit,
)

R = TypeVar("R")
T = TypeVar("T")

ATTEMPTS = 12
LOCK_SECONDS = 5  # the engine's lock_timeout begins anew with each that waits before us; this one does not
LONGEST_PAUSE = 0.1  # seconds before a unit runs again; the pause is drawn, so that two that met don't meet again

Recorder = Callable[[str], None]

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN"
_MET_ANOTHER = ("40001", "40P01")  # serialization failure, deadlock
_KEY_REFUSED = ("23505", "23503")  # unique and foreign keys: the unit built on what has changed meanwhile
_INTERNAL = "XX000"
_GONE = ("57P01", "57P02", "57P03", "25006")  # shut down, crashed, starting, or a standby now
_LOCKED = "55P03"


class _Handle:
    """The transaction of one unit."""

    __slots__ = ("_link", "_may_write", "_recorder", "_statements", "is_dirty")

    def __init__(self, link: Link, statements: Statements, recorder: Recorder | None, *, may_write: bool) -> None:
        self._link = link
        self._statements = statements
        self._recorder = recorder
        self._may_write = may_write
        self.is_dirty = False

    async def _fetch(self, query: str, values: dict[str, object], *, waits: bool = False) -> list[asyncpg.Record]:
        """The rows of a query. One that locks, or `waits` for others, does so for a while only."""
        return await self._rows_of(self._statements.named(query), values, waits=waits)

    async def _rows_of(self, statement: Statement, values: dict[str, object], *, waits: bool) -> list[asyncpg.Record]:
        if statement.changes and not self._may_write:
            raise NeedsWriter
        self.is_dirty |= statement.changes
        if self._recorder is not None:
            for query in statement.queries:
                self._recorder(query)
        ready = await self._link.ready(statement, locks=self._may_write)
        waits = waits or (self._may_write and statement.sql != statement.plain_sql)
        try:
            return await ready.prepared.fetch(*ready.arguments(values), timeout=LOCK_SECONDS if waits else None)
        except TimeoutError as late:
            raise Locked("another call holds what it needs") from late

    async def row(self, shape: type[R], query: str, /, **values: object) -> R | None:
        found = await self._fetch(query, values)
        return shape(*found[0]) if found else None

    async def rows(self, shape: type[R], query: str, /, **values: object) -> list[R]:
        return [shape(*row) for row in await self._fetch(query, values)]

    async def run(self, query: str, /, **values: object) -> None:
        await self._fetch(query, values)

    async def run_all(self, statements: Sequence[str], /, **values: object) -> None:
        """As one, which saves the way there and back for each. Citus can't send such a one where the rows are."""
        if self._link.connection.is_citus or len(statements) == 1:
            for query in statements:
                await self._fetch(query, values)
            return
        await self._rows_of(self._statements.joined(tuple(statements)), values, waits=False)

    async def lock(self, query: str, /, **values: object) -> bool:
        if not self._may_write:
            return False
        await self._fetch(query, values, waits=True)
        return True


class _Again(Exception):
    """An attempt that left nothing behind and is worth another. `failure` is what to say if there is none."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure


class PostgresDatabase:
    """A PostgreSQL database as a Database. `open_database` makes one."""

    def __init__(self, links: Links, bulky: Places, gauges: Gauges, recorder: Recorder | None) -> None:
        self._links = links
        self._bulky = bulky
        self._gauges = gauges
        self._recorder = recorder
        self._statements = Statements()

    @property
    def queue_depth(self) -> int:
        """How many units wait for a connection."""
        return self._links.waiting + self._bulky.waiting

    async def read(self, unit: Unit[T], *, bulky: bool = False) -> T:
        """Run a reading unit on a snapshot (see Database). Bulky ones leave half of the connections to others."""
        async with self._bulky.one() if bulky else contextlib.nullcontext():
            return await self._run(unit, _READ)

    async def write(self, unit: Unit[T], *, tenant_id: int = 0, alone: bool = False) -> T:
        """Run a unit in a transaction of its own (see Database). There is no one writer to take turns at."""
        try:
            return await self._run(unit, _WRITE)
        finally:
            self._gauges.group_committed(1)

    async def close(self) -> None:
        """Close the connections. Units that run have been waited for by who began them."""
        await self._links.close()

    async def check(self) -> None:
        """Prepare every query once, so that a broken one stops the start and not a call.

        Those that go as one are prepared by the first call that sends them.
        """
        async with self._links.one() as link, link.connection.transaction():
            for statement in self._statements:
                try:
                    await link.ready(statement)
                except asyncpg.PostgresError as failure:
                    raise RuntimeError(f"the query {statement.name} is broken on this database: {failure}") from failure

    async def _run(self, unit: Unit[T], begin: str) -> T:
        failure: Exception = DatabaseFailed("no attempt")
        clock = asyncio.get_running_loop().time
        end = clock() + PATIENCE_SECONDS
        for attempt in range(ATTEMPTS):
            try:
                return await self._attempt(unit, begin)
            except _Again as again:
                failure = again.failure
            if isinstance(failure, DatabaseBusy) and clock() > end:
                break
            await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.004 * 2**attempt)))  # noqa: S311
        raise failure

    async def _attempt(self, unit: Unit[T], begin: str) -> T:
        async with self._links.one() as link:
            handle = _Handle(link, self._statements, self._recorder, may_write=begin == _WRITE)
            try:
                await link.connection.execute(begin)
                value = await unit(handle)
            except RunAgain as moved:
                await _undo(link)
                raise _Again(DatabaseFailed("others changed what it builds on, however often it ran")) from moved
            except FAILURES as failure:
                await _undo(link)
                raise _translated(link, failure) from failure
            except BaseException:
                await _undo(link)
                raise
            await _commit(link, value, is_dirty=handle.is_dirty)
            return value


async def _commit(link: Link, value: object, *, is_dirty: bool) -> None:
    try:
        await link.connection.execute("COMMIT")
    except FAILURES as failure:
        if is_dirty and (_is_lost(link, failure) or _is_kept_by_citus(link, failure)):
            link.connection.terminate()
            raise OutcomeUnknown(value) from failure
        await _undo(link)
        raise _translated(link, failure) from failure
    except BaseException:
        link.connection.terminate()
        raise


async def _undo(link: Link) -> None:
    """Roll back, or let go of a connection that can't: the server then rolls back itself."""
    try:
        if not link.connection.is_closed() and link.connection.is_in_transaction():
            await link.connection.execute("ROLLBACK")
    except BaseException as failure:
        link.connection.terminate()
        if not isinstance(failure, FAILURES):
            raise


def _translated(link: Link, failure: Exception) -> Exception:
    """What a failure before the commit means. By its kind alone: the driver's words may quote a value."""
    state = sqlstate(failure)
    if state in _MET_ANOTHER:
        return _Again(DatabaseFailed(f"SQLSTATE {state}"))
    if state in _KEY_REFUSED or _is_kept_by_citus(link, failure):
        return _Again(KeyTaken(f"SQLSTATE {state}"))
    if _is_lost(link, failure):
        if not state.startswith("08"):  # so says a living server too, of one behind it
            link.connection.terminate()
        return _Again(DatabaseBusy("the connection broke"))
    if state == _LOCKED:
        return Locked("another call holds what it needs")
    return DatabaseFailed(f"SQLSTATE {state}" if state else type(failure).__name__)


def _is_kept_by_citus(link: Link, failure: Exception) -> bool:
    """Whether Citus keeps to itself what a machine said.

    Before the commit: of rows that it copied there, and then most likely a key refused them. In the midst of it: that
    the machine did not answer, and may have committed or not.
    """
    return link.connection.is_citus and sqlstate(failure) == _INTERNAL


def _is_lost(link: Link, failure: Exception) -> bool:
    if link.connection.is_closed() or isinstance(failure, OSError):
        return True
    return sqlstate(failure) in _GONE or sqlstate(failure).startswith("08")


async def standing(url: PostgresUrl) -> Standing:
    """Which schema a database has. Raises DatabaseRefused."""
    async with _connected(url) as connection:
        return await schema.standing(connection)


async def migrate(url: PostgresUrl) -> None:
    """Bring the schema up to date, or make it. Raises DatabaseRefused."""
    async with _connected(url) as connection:
        await schema.bring_up_to_date(connection)


@contextlib.asynccontextmanager
async def _connected(url: PostgresUrl) -> AsyncGenerator[Connection]:
    """A connection for administration, to a database that ours can be in."""
    connection = await connect(url)
    try:
        if await connection.fetchval("SHOW server_encoding") != "UTF8":
            raise DatabaseRefused(f"{url.shown}: is not encoded in UTF8; make it with `createdb --encoding=UTF8`")
        yield connection
    finally:
        await connection.close()


async def open_database(
    url: PostgresUrl,
    *,
    connections: int,
    queue_limit: int,
    gauges: Gauges,
    may_make: bool,
    recorder: Recorder | None = None,
) -> PostgresDatabase:
    """Connect and check the schema, or `may_make` it in an empty database.

    Raises DatabaseRefused with a line for people.
    """
    async with _connected(url) as first:
        if may_make and (await schema.standing(first)).version == 0:
            await schema.bring_up_to_date(first)
        schema.refuse_other(await schema.standing(first))
    links = Links(url, size=connections, waiting_limit=queue_limit)
    bulky = Places(size=max(1, connections // 2), waiting_limit=queue_limit)
    opened = PostgresDatabase(links, bulky, gauges, recorder)
    try:
        await opened.check()
    except BaseException:
        await opened.close()
        raise
    return opened
