"""Connections to PostgreSQL: opened when they are needed, at most so many, and given up when they break."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Iterator
from typing import Any, cast

import asyncpg
import msgspec

from rencai.config import PostgresUrl, SettingError
from rencai.storage import queries
from rencai.storage.seam import DatabaseBusy, DatabaseRefused

Connection = Any  # asyncpg.Connection: the driver has no types
_driver = cast("Any", asyncpg)

PATIENCE_SECONDS = 5.0  # how long a call waits for a connection, or for the database to come back
CONNECT_SECONDS = 2  # for one host: a dead one must not keep us from the next
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.3)  # between attempts to connect; the last one goes on
SILENCE_MILLISECONDS = 10_000  # a server that acknowledges nothing for so long is gone

# Every query is written to search by keys. Without statistics, as on tables that have just been made, the planner
# would rather read all of a small table, and keep that plan while the table grows.
SETTINGS = {
    "application_name": "rencai",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "enable_material": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",  # the plan that the tests look at, whichever tenant asks
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

# All that the driver raises. Which of it is a lost connection, a refusal or a defect, its kind tells.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

_HAS_CITUS = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL"
# Generic plans hide the tenant's id, by which Citus finds the machine that has the rows. It would wait half a minute
# for a machine that says nothing; and it hides its own tables in a way that makes the driver's first question about
# arrays take a second or more.
_ON_CITUS = f"""
SET plan_cache_mode = force_custom_plan;
SET citus.node_connection_timeout = '{CONNECT_SECONDS}s';
SET citus.override_table_visibility = off
"""

_decode_list = msgspec.json.Decoder(list[Any]).decode


class Statement(msgspec.Struct, frozen=True):
    """A named query or several as one: its SQL with numbered parameters and without locks; whether it changes rows."""

    name: str
    queries: tuple[str, ...]
    sql: str
    plain_sql: str
    names: tuple[str, ...]
    changes: bool


class Ready(msgspec.Struct, frozen=True):
    """A statement prepared on one connection, and which of its parameters are arrays."""

    prepared: Any
    names: tuple[tuple[str, bool], ...]

    def arguments(self, values: dict[str, object]) -> list[object]:
        """The values in order; a list that comes as JSON text becomes an array."""
        return [
            _decode_list(value) if is_array and isinstance(value := values[name], str) else values[name]
            for name, is_array in self.names
        ]


class _Connection(asyncpg.Connection):
    """A connection that notices when the other side is gone without a word, and knows whether it leads to Citus."""

    def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        self.is_citus = False
        wire: socket.socket = transport.get_extra_info("socket")
        if wire.family != socket.AF_UNIX:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MILLISECONDS)


class Link:
    """One connection, with the statements prepared on it so far."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._ready: dict[str, Ready] = {}

    async def ready(self, statement: Statement, *, locks: bool = True) -> Ready:
        """The statement prepared, with its locks or without."""
        sql = statement.sql if locks else statement.plain_sql
        found = self._ready.get(sql)
        if found is None:
            # By a name of its own: without one the driver has the engine parse and plan it for every call anew.
            name = statement.name if locks else f"{statement.name}_without_locks"
            prepared: Any = await self.connection.prepare(sql, name=name)
            kinds = [parameter.kind == "array" for parameter in prepared.get_parameters()]
            found = Ready(prepared, tuple(zip(statement.names, kinds, strict=True)))
            self._ready[sql] = found
        return found

    @property
    def is_usable(self) -> bool:
        """Whether the next unit can have it."""
        return not self.connection.is_closed() and not self.connection.is_in_transaction()


class Places:
    """At most `size` at once, in the order they come. At most `waiting_limit` may wait, each for a while."""

    def __init__(self, *, size: int, waiting_limit: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._waiting_limit = waiting_limit
        self.waiting = 0

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncGenerator[None]:
        """A place for a while. Raises DatabaseBusy when none gets free in time."""
        await self._wait()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self.waiting >= self._waiting_limit:
            raise DatabaseBusy("too many calls wait for it")
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._free.acquire()
        except TimeoutError as late:
            raise DatabaseBusy("all connections were in use") from late
        finally:
            self.waiting -= 1


class Links:
    """At most `size` connections, handed out in the order they are asked for. At most `waiting_limit` may wait."""

    def __init__(
        self, url: PostgresUrl, *, size: int, waiting_limit: int, settings: dict[str, str] | None = None
    ) -> None:
        self._url = url
        self._settings = settings
        self._places = Places(size=size, waiting_limit=waiting_limit)
        self._idle: list[Link] = []

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return self._places.waiting

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncGenerator[Link]:
        """A connection for a while. Raises DatabaseBusy when none is free, or none can be opened, in time."""
        async with self._places.one():
            link = self._idle.pop() if self._idle else await self._opened()
            try:
                yield link
            finally:
                self._take_back(link)

    def _take_back(self, link: Link) -> None:
        if link.is_usable:
            self._idle.append(link)
            return
        if link.connection.is_closed():  # the server may have gone, and then the idle ones are dead as well
            self._drop_idle()
        link.connection.terminate()

    def _drop_idle(self) -> None:
        for link in self._idle:
            link.connection.terminate()
        self._idle.clear()

    async def _opened(self) -> Link:
        """A new connection to the first host that takes writes; tried until it is there, or patience ends."""
        clock = asyncio.get_running_loop().time
        end = clock() + PATIENCE_SECONDS
        attempt = 0
        while True:
            try:
                return Link(await connect(self._url, self._settings))
            except DatabaseRefused as failure:
                pause = PAUSES[min(attempt, len(PAUSES) - 1)]
                if clock() + pause > end:
                    raise DatabaseBusy("it can't be reached") from failure
            attempt += 1
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Close the connections that nobody uses."""
        for link in self._idle:
            with contextlib.suppress(*FAILURES):
                await link.connection.close(timeout=CONNECT_SECONDS)
        self._idle.clear()


async def connect(url: PostgresUrl, settings: dict[str, str] | None = None) -> Connection:
    """A connection to the first host that takes writes, with settings of its own.

    Raises SettingError and DatabaseRefused, each a line for people.
    """
    failure: BaseException = DatabaseRefused("no host is named")
    for host in url.hosts:
        try:
            connection = await _driver.connect(
                host,
                timeout=CONNECT_SECONDS,
                statement_cache_size=0,
                target_session_attrs="read-write",
                server_settings={**SETTINGS, **(settings or {})},
                connection_class=_Connection,
            )
            return await _fit_for_citus(connection)
        except ValueError as wrong:
            # Without the driver's words: what it takes for a port may be a piece of a password.
            raise SettingError(f"--database {url.shown!r} is not understood; check each of its parts") from wrong
        except FAILURES as failed:
            failure = _more_telling(failure, failed)
    raise _refused(url, failure) from failure


async def _fit_for_citus(connection: Connection) -> Connection:
    """The same, on Citus with its settings."""
    try:
        connection.is_citus = await connection.fetchval(_HAS_CITUS, timeout=CONNECT_SECONDS)
        if connection.is_citus:
            await connection.execute(_ON_CITUS, timeout=CONNECT_SECONDS)
    except BaseException:
        connection.terminate()
        raise
    return connection


def _more_telling(one: BaseException, other: BaseException) -> BaseException:
    """Of two hosts' failures the one to show: a refusal says more than silence."""
    return one if isinstance(one, asyncpg.PostgresError) and isinstance(other, OSError) else other


def _refused(url: PostgresUrl, failure: BaseException) -> DatabaseRefused:
    if isinstance(failure, DatabaseRefused):
        return failure
    return DatabaseRefused(f"{url.shown}: {_reason(failure)}")


def _reason(failure: BaseException) -> str:
    match failure:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return (
                "user or password is wrong; put the URL with both into RENCAI_DATABASE, or the password into a passfile"
            )
        case asyncpg.InvalidCatalogNameError():
            return "there is no such database; make it with `createdb`"
        case asyncpg.TargetServerAttributeNotMatched():
            return "takes no writes, it is a standby; name the primary, or all hosts of the cluster"
        case asyncpg.TooManyConnectionsError():
            return "has no connection left; raise its max_connections, or lower --database-connections"
        case TimeoutError():
            return "does not answer; check host, port and firewall"
        case OSError():
            return f"can't be reached ({failure.strerror or type(failure).__name__}); check host and port"
        case asyncpg.PostgresError():
            return f"refuses the connection (SQLSTATE {sqlstate(failure)})"
        case _:
            return f"can't be used ({type(failure).__name__}); check the URL"


def sqlstate(failure: BaseException) -> str:
    """The code by which the server says what failed; empty where it is not the server that speaks."""
    return str(getattr(failure, "sqlstate", None) or "")


class Statements:
    """Every query of this engine, and those that are sent as one."""

    def __init__(self) -> None:
        self._sql = queries.load("postgresql")
        self._named = {name: _statement(name, (name,), sql) for name, sql in self._sql.items()}
        self._joined: dict[tuple[str, ...], Statement] = {}

    def __iter__(self) -> Iterator[Statement]:
        return iter(self._named.values())

    def named(self, name: str) -> Statement:
        """A query."""
        return self._named[name]

    def joined(self, names: tuple[str, ...]) -> Statement:
        """Several as one. Which go together the operations decide, so there are few, and each is made once."""
        found = self._joined.get(names)
        if found is None:
            name = f"{names[0]}_and_more_{len(self._joined)}"  # all names would be cut off by the engine
            found = _statement(name, names, queries.joined(names, self._sql))
            self._joined[names] = found
        return found


def _statement(name: str, names: tuple[str, ...], sql: str) -> Statement:
    numbered = queries.numbered(sql)
    plain = queries.without_locks(numbered.sql)
    return Statement(name, names, numbered.sql, plain, numbered.names, queries.changes(sql))
