"""The databases that the tests run on, one kind an engine: made for a test, looked into, broken, thrown away."""

import asyncio
import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, ClassVar, Protocol

import apsw
import asyncpg

import citus
from bench.cluster import Cluster, version

SQLITE, POSTGRESQL, CITUS = "sqlite", "postgresql", "citus"
ENGINES = tuple(os.environ.get("RENCAI_TEST_ENGINES", f"{SQLITE},{POSTGRESQL}").split(","))


def report() -> str:
    """Which engines the tests run on."""
    words = {
        SQLITE: lambda: f"SQLite {apsw.sqlite_lib_version()}",
        POSTGRESQL: lambda: f"PostgreSQL {version()}",
        CITUS: lambda: f"Citus {citus.version()}",
    }
    return "engines: " + ", ".join(words[engine]() for engine in ENGINES)


class Store(Protocol):
    """A database of a test's own. `rows` looks into it and `run` breaks it, beside a server that runs on it."""

    engine: ClassVar[str]
    url: str

    def rows(self, sql: str) -> list[list[Any]]:
        """The rows of a query."""
        ...

    def run(self, sql: str) -> None:
        """Change something."""
        ...

    def spoil(self, sql: str) -> int:
        """Change something, whatever other rows need it. How many rows were changed."""
        ...

    def tables(self) -> list[str]:
        """All tables."""
        ...

    def bytes(self) -> bytes:
        """All that is kept: the files as they lie there, or what is in the tables."""
        ...

    def drop(self, tables: list[str]) -> None:
        """Take tables away."""
        ...


class SqliteStore:
    """A file."""

    engine: ClassVar[str] = SQLITE

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def rows(self, sql: str) -> list[list[Any]]:
        with self._looking() as connection:
            return [list(row) for row in connection.execute(sql)]

    def run(self, sql: str) -> None:
        self.spoil(sql)

    def spoil(self, sql: str) -> int:
        with self._looking() as connection:
            connection.execute(sql)
            return connection.changes()

    @contextlib.contextmanager
    def _looking(self) -> Generator[apsw.Connection]:
        """A connection by the library that the server uses: another one in this process would drop its locks."""
        with contextlib.closing(apsw.Connection(str(self.path))) as connection:
            connection.set_busy_timeout(30_000)
            yield connection

    def tables(self) -> list[str]:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        return [name for (name,) in self.rows(names)]

    def bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.path.parent.iterdir())

    def drop(self, tables: list[str]) -> None:
        for table in tables:
            self.run(f"DROP TABLE {table}")


class PostgresStore:
    """A database of the test process's cluster."""

    engine: ClassVar[str] = POSTGRESQL
    looks_with: ClassVar[dict[str, str]] = {}

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.name = cluster.create()
        self.url = cluster.url(self.name)

    def rows(self, sql: str) -> list[list[Any]]:
        return _loop().run_until_complete(self._asked(sql))

    def run(self, sql: str) -> None:
        _loop().run_until_complete(self._done(sql))

    def spoil(self, sql: str) -> int:
        _loop().run_until_complete(self._done("SET session_replication_role = replica"))  # foreign keys say nothing
        return int(_loop().run_until_complete(self._done(sql)).rpartition(" ")[2])

    async def _asked(self, sql: str) -> list[list[Any]]:
        return [list(row) for row in await (await self._connection()).fetch(sql)]

    async def _done(self, sql: str) -> str:
        return await (await self._connection()).execute(sql)

    async def _connection(self) -> Any:
        """The one connection that looks; many tests ask thousands of times, of one database each."""
        connection: Any = _looking.get(self.url)
        if connection is None or connection.is_closed():
            await _look_no_more()
            connection = _looking[self.url] = await asyncpg.connect(self.url, server_settings=self.looks_with)
        return connection

    def tables(self) -> list[str]:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        return [name for (name,) in self.rows(names)]

    def bytes(self) -> bytes:
        rows = [row for table in self.tables() for row in self.rows(f"SELECT * FROM {table}")]
        return "\n".join(str(cell) for row in rows for cell in row).encode()

    def drop(self, tables: list[str]) -> None:
        if tables:
            self.run(f"DROP TABLE {', '.join(tables)} CASCADE")


class CitusStore(PostgresStore):
    """A database on the machines of the coordinator that the environment names, distributed or still empty."""

    engine: ClassVar[str] = CITUS
    looks_with: ClassVar[dict[str, str]] = citus.LENIENT

    def __init__(self, *, distributed: bool = True) -> None:
        self.name = citus.create(_distributed() if distributed else "")
        self.url = citus.url(self.name)

    def spoil(self, sql: str) -> int:
        """As it stands: nothing refers to a row from outside its part, and keys speak up on each machine."""
        return int(_loop().run_until_complete(self._done(sql)).rpartition(" ")[2])


_looking: dict[str, Any] = {}  # the connection to the database that was looked into last, by its URL


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


async def _look_no_more() -> None:
    while _looking:
        _, connection = _looking.popitem()
        await connection.close()


@functools.cache
def cluster() -> Cluster:
    """The cluster of this test process, started when the first test wants it."""
    return Cluster()


@functools.cache
def _distributed() -> str:
    """A distributed database that others are made like: that is quicker than to distribute each."""
    store = CitusStore(distributed=False)
    for what in (["migrate"], ["distribute", "--shards", "4"]):
        command = [sys.executable, "-m", "rencai", "database", *what, "--database", store.url]
        subprocess.run(command, check=True, capture_output=True)
    citus.freeze(store.name)
    return store.name


def end() -> None:
    """Throw the cluster away, if there is one."""
    if _loop.cache_info().currsize:
        _loop().run_until_complete(_look_no_more())
        _loop().close()
    citus.drop_all()
    if _distributed.cache_info().currsize:
        citus.drop(_distributed())
    if cluster.cache_info().currsize:
        cluster().remove()


def make(engine: str, folder: Path) -> Store:
    """A new database of an engine; a file lies in the folder."""
    if engine == CITUS:
        return CitusStore()
    return SqliteStore(folder / "rencai.db") if engine == SQLITE else PostgresStore(cluster())
