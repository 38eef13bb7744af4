"""Where the parts are joined: the only file that picks a database. `rencai serve` and the app commands start here."""

import asyncio
import contextlib
import inspect
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from structlog.typing import FilteringBoundLogger

from rencai import clock, logs
from rencai.background.runs import RunWorker
from rencai.config import PostgresUrl, SettingError, SqliteFile, database_of, time_zone
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS
from rencai.dispatch import Dispatcher
from rencai.http.app import Application
from rencai.http.pages import Pages
from rencai.http.serving import Server, check_certificate, server_of
from rencai.limits import SharedLimiter
from rencai.listeners import listener_at
from rencai.metrics import Metrics
from rencai.operations import (
    changes,
    derivation,
    membership_changes,
    moments,
    notes,
    operation_logs,
    pool_sets,
    runs,
    talent_folders,
    talent_objects,
    talent_pools,
    talent_reads,
    talent_states,
    talent_tags,
    talents,
    tokens,
    undo,
)
from rencai.operations.call import Lines, Operation, Outcome
from rencai.storage import distribution, postgres, postgres_look, sqlite, sqlite_process
from rencai.storage.copying import Source, Target
from rencai.storage.postgres import PostgresDatabase
from rencai.storage.postgres_copy import postgres_source, postgres_target
from rencai.storage.postgres_look import PostgresLook
from rencai.storage.postgres_windows import PostgresWindows
from rencai.storage.seam import Database, DatabaseBusy, DatabaseFailed, Gauges, Standing, Transaction
from rencai.storage.sqlite import SqliteDatabase
from rencai.storage.sqlite_backup import back_up
from rencai.storage.sqlite_copy import sqlite_source, sqlite_target
from rencai.storage.sqlite_look import Look, look_at
from rencai.storage.sqlite_process import WriterProcess

DEPTH_SECONDS = 0.25
Announce = Callable[[str], Awaitable[None]]

OPERATION_MODULES = (
    tokens,
    talent_pools,
    talents,
    talent_reads,
    talent_states,
    talent_folders,
    talent_tags,
    talent_objects,
    notes,
    operation_logs,
    changes,
    undo,
    membership_changes,
    moments,
    pool_sets,
    runs,
)


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a server, as `config.py` describes them."""

    database: str
    database_connections: int
    workers: int
    host: str
    port: int
    tls_cert: str | None
    tls_key: str | None
    public_url: str | None
    time_zone: str
    queue_limit: int
    request_timeout: float


def operations_for(endpoints: tuple[Endpoint, ...]) -> dict[str, Operation]:
    """Every endpoint's operation. Raises TypeError for a row without one, or whose types are others."""
    found: dict[str, Operation] = {}
    for endpoint in endpoints:
        module = next((module for module in OPERATION_MODULES if hasattr(module, endpoint.name)), None)
        if module is None:
            raise TypeError(f"{endpoint.name}: no operation has this name; add it to operations/")
        operation = getattr(module, endpoint.name)
        _check_types(endpoint, operation)
        found[endpoint.name] = Operation(operation, getattr(module, f"{endpoint.name}_beforehand", None))
    return found


def _check_types(endpoint: Endpoint, operation: Callable[..., Any]) -> None:
    hints = get_type_hints(operation)
    reply = hints.pop("return", None)
    declared = {
        "path": endpoint.path_type if "{" in endpoint.path else None,
        "query": endpoint.query_type if msgspec.structs.fields(endpoint.query_type) else None,
        "body": endpoint.body_type,
    }
    wanted = {name: kind for name, kind in declared.items() if kind is not None}
    taken = {name: kind for name, kind in hints.items() if name in declared}
    if taken != wanted:
        raise TypeError(f"{endpoint.name}: the row declares {wanted}, the operation takes {taken}; make them one")
    if get_origin(reply) is not Outcome or get_args(reply) != (Lines if endpoint.streams else endpoint.reply,):
        raise TypeError(f"{endpoint.name}: the row replies {endpoint.reply}, the operation {reply}; make them one")
    if not inspect.iscoroutinefunction(operation):
        raise TypeError(f"{endpoint.name}: the operation must be an async function")


class _NoGauges:
    """For commands, which have no metrics."""

    def group_committed(self, units: int) -> None:
        """Nothing to count."""

    def log_grew(self, pages: int) -> None:
        """Nothing to count."""


@contextlib.asynccontextmanager
async def database_opened(url: str, *, may_make: bool) -> AsyncGenerator[Database]:
    """The database of a command, which may run beside a server; `may_make` one where there is none.

    Raises SettingError, DatabaseUnusable and DatabaseRefused.
    """
    named = database_of(url)
    if isinstance(named, SqliteFile) and not may_make and not named.path.exists():
        raise SettingError(f"there is no database {named.path}; name the server's with --database or RENCAI_DATABASE")
    database = await _opened(named, connections=1, queue_limit=64, gauges=_NoGauges(), may_make=may_make)
    try:
        if may_make:
            await database.write(derivation.settle)
        yield database
    finally:
        await database.close()


def database_backed_up(url: str, copy: Path, report: Callable[[int, int], None]) -> int:
    """Copy a database that may be in use into a new file (see `sqlite_backup.back_up`). The bytes it has.

    Raises SettingError, DatabaseUnusable, NotDone.
    """
    return back_up(_path_of(url), copy, report)


def database_looked_at(url: str) -> Look | PostgresLook:
    """What there is to tell of a database, which is not changed, nor brought up to date.

    Raises SettingError, DatabaseUnusable and DatabaseRefused.
    """
    named = database_of(url)
    return asyncio.run(postgres_look.look_at(named)) if isinstance(named, PostgresUrl) else look_at(_path_of(url))


@contextlib.asynccontextmanager
async def copy_opened(source: str, target: str) -> AsyncGenerator[tuple[Source, Target]]:
    """What `copying.copy` copies from and to, by their URLs.

    Raises SettingError, DatabaseUnusable, DatabaseRefused, DatabaseFailed.
    """
    first, second = database_of(source), database_of(target)
    async with contextlib.AsyncExitStack() as opened:
        if isinstance(first, PostgresUrl):
            origin = await opened.enter_async_context(postgres_source(first))
        else:
            origin = opened.enter_context(sqlite_source(_path_of(source)))
        if isinstance(second, PostgresUrl):
            yield origin, await opened.enter_async_context(postgres_target(second))
        else:
            yield origin, opened.enter_context(sqlite_target(second.path))


def _path_of(url: str) -> Path:
    path = _file_of(url)
    if not path.exists():
        raise SettingError(f"there is no database {path}; name the server's with --database or RENCAI_DATABASE")
    return path


def _file_of(url: str) -> Path:
    """The file of a database, for what is done with files alone. Raises SettingError for PostgreSQL."""
    named = database_of(url)
    if isinstance(named, PostgresUrl):
        raise SettingError(
            f"{named.shown} is no file: use PostgreSQL's own programs; docs/guide/postgresql.md says which"
        )
    return named.path


async def database_distributed(url: str, shards: int, report: Callable[[str, int, int], None]) -> list[str]:
    """Spread a PostgreSQL database's tables over Citus (see `distribution.distribute`). Raises SettingError too."""
    named = database_of(url)
    if isinstance(named, SqliteFile):
        raise SettingError(f"{named.path} is one file; copy it to PostgreSQL with Citus first: `rencai database copy`")
    return await distribution.distribute(named, shards, report)


async def database_standing(url: str) -> Standing:
    """Which schema a database has. Raises SettingError, DatabaseUnusable and DatabaseRefused."""
    named = database_of(url)
    return sqlite.standing(named.path) if isinstance(named, SqliteFile) else await postgres.standing(named)


async def database_migrated(url: str) -> tuple[Standing, Standing]:
    """Bring a database up to date, or make it: how it stood before, and how it stands now. Raises as above.

    Rows derived from profiles are made anew by the next server that starts.
    """
    before, named = await database_standing(url), database_of(url)
    if isinstance(named, PostgresUrl):
        await postgres.migrate(named)
    else:
        await sqlite.open_database(named.path, queue_limit=1, gauges=_NoGauges()).close()
    return before, await database_standing(url)


async def _opened(
    named: SqliteFile | PostgresUrl,
    *,
    connections: int,
    queue_limit: int,
    gauges: Gauges,
    may_make: bool,
    writer: WriterProcess | None = None,
) -> SqliteDatabase | PostgresDatabase:
    if isinstance(named, SqliteFile):
        if writer is not None:
            return await sqlite.open_served(
                named.path, writer, queue_limit=queue_limit, gauges=gauges, lost=_end_at_once
            )
        return sqlite.open_database(named.path, queue_limit=queue_limit, gauges=gauges)
    return await postgres.open_database(
        named, connections=connections, queue_limit=queue_limit, gauges=gauges, may_make=may_make
    )


def _reserved(named: SqliteFile | PostgresUrl) -> contextlib.AbstractContextManager[None]:
    return sqlite.served_by_us(named.path) if isinstance(named, SqliteFile) else contextlib.nullcontext()


def _writer_of(named: SqliteFile | PostgresUrl) -> contextlib.AbstractContextManager[WriterProcess | None]:
    return sqlite_process.forked() if isinstance(named, SqliteFile) else contextlib.nullcontext()


def _end_at_once() -> None:
    """The writer is gone: what it was at is in the file or is not, and nobody can say which; so nobody is answered."""
    logs.configure().critical("writer_died", text="the process that writes to the file died; the server ends with it")
    os._exit(1)


def serve(settings: ServeSettings, announce: Announce | None = None) -> None:
    """Run a server until SIGTERM or SIGINT, then end in order. `announce` is told the URL once it listens.

    Raises SettingError, DatabaseUnusable and DatabaseRefused before it listens.
    """
    check(settings)
    named = database_of(settings.database)
    with (
        _writer_of(named) as writer,  # first: it is forked, and is to have nothing of what comes after it
        listener_at(settings.host, settings.port) as listener,
        _reserved(named),
    ):
        asyncio.run(_serve(settings, listener, writer, announce))


def serve_on(settings: ServeSettings, listener: socket.socket) -> None:
    """Run a server on a socket that others listen on too. Settings and database have been looked at already."""
    asyncio.run(_serve(settings, listener, None, None))


def check(settings: ServeSettings) -> None:
    """Raise SettingError for settings that can't be used."""
    if settings.workers > 1 and isinstance(database_of(settings.database), SqliteFile):
        raise SettingError("--workers above 1 needs PostgreSQL: a SQLite file is served by one process")
    time_zone(settings.time_zone)
    check_certificate(settings.tls_cert, settings.tls_key)


def make_ready(settings: ServeSettings) -> None:
    """Open the database once, making it where there is none. Raises DatabaseUnusable and DatabaseRefused."""

    async def open_and_close() -> None:
        async with database_opened(settings.database, may_make=True):
            pass

    asyncio.run(open_and_close())


async def _serve(
    settings: ServeSettings, listener: socket.socket, writer: WriterProcess | None, announce: Announce | None
) -> None:
    logger = logs.configure()
    metrics = Metrics()
    database = await _opened(
        database_of(settings.database),
        connections=settings.database_connections,
        queue_limit=settings.queue_limit,
        gauges=metrics,
        may_make=True,
        writer=writer,
    )
    windows = _windows(settings)
    showing = asyncio.ensure_future(_show_depth(database, metrics))
    try:
        if not await _derive(database, logger):
            return
        url = _url(settings, listener)
        shared = None if windows is None else SharedLimiter(windows, time.monotonic, _telling(metrics, logger))
        ids = clock.IdSource(clock.now)
        worker = RunWorker(database, clock.now, ids.take, logger, is_alone=isinstance(database, SqliteDatabase))
        zone = time_zone(settings.time_zone)
        dispatcher = Dispatcher(database, operations_for(ENDPOINTS), clock.now, ids, zone, worker.wake, shared)
        application = _application(settings, dispatcher, database, metrics, logger, url)
        server = server_of(application, settings.tls_cert, settings.tls_key, settings.request_timeout)
        announcing = asyncio.ensure_future(_announce(server, logger, settings, url, announce))
        async with worker.working():
            await server.serve(sockets=[listener])
        announcing.cancel()
    finally:
        showing.cancel()
        if windows is not None:
            await windows.close()
        await database.close()
        logger.info("stopped")


def _windows(settings: ServeSettings) -> PostgresWindows | None:
    named = database_of(settings.database)
    return PostgresWindows(named) if isinstance(named, PostgresUrl) else None


def _telling(metrics: Metrics, logger: FilteringBoundLogger) -> Callable[[bool], None]:
    """Writes down when the limits that servers share are lost and found."""

    def tell(lost: bool) -> None:
        metrics.limiter_is_local.set(int(lost))
        if lost:
            words = "the shared rate limits can't be reached; each process counts for itself meanwhile"
            logger.warning("limiter_away", text=words)
        else:
            logger.info("limiter_back", text="the shared rate limits are counted again")

    return tell


async def _show_depth(database: SqliteDatabase | PostgresDatabase, metrics: Metrics) -> None:
    """Keep the gauge of what waits up to date: another process may be the one that is asked for it."""
    while True:
        metrics.queue_depth.set(database.queue_depth)
        await asyncio.sleep(DEPTH_SECONDS)


async def _derive(database: Database, logger: FilteringBoundLogger) -> bool:
    """Make anew what older programs derived from profiles; a line in the log for each batch.

    Whether it is done: SIGTERM and SIGINT break it off, and the next start goes on from there.
    """
    ending = asyncio.Event()

    def report(progress: derivation.Progress) -> None:
        words = "search and identities are made anew after an upgrade"
        logger.info("deriving", talents=progress.done, of=progress.total, text=words)
        if progress.sharing:
            words = "these talents have an identity that was another's already; it finds the other one"
            logger.warning("identity_shared", talents=[str(number) for number in progress.sharing], text=words)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    ids = clock.IdSource(clock.now)
    await derivation.bring_up_to_date(database, clock.now, ids.take, report, ending.is_set)
    return not ending.is_set()


def _application(
    settings: ServeSettings,
    dispatcher: Dispatcher,
    database: Database,
    metrics: Metrics,
    logger: FilteringBoundLogger,
    url: str,
) -> Application:
    pages = Pages(metrics, _readiness(database))
    public_url = (settings.public_url or url).rstrip("/")
    return Application(ENDPOINTS, dispatcher, pages, metrics, logger, public_url)


def _url(settings: ServeSettings, listener: socket.socket) -> str:
    scheme = "https" if settings.tls_cert else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (compared with, not listened on)


def _is_exposed(settings: ServeSettings) -> bool:
    is_loopback = settings.host in {"localhost", "::1"} or settings.host.startswith("127.")
    return not is_loopback and settings.tls_cert is None


def _readiness(database: Database) -> Callable[[], Awaitable[bool]]:
    class Version(msgspec.Struct):
        version: int

    async def look(tx: Transaction) -> bool:
        return await tx.row(Version, "schema_version") is not None

    async def is_ready() -> bool:
        try:
            return await database.read(look)
        except (DatabaseBusy, DatabaseFailed):
            return False

    return is_ready


async def _announce(
    server: Server, logger: FilteringBoundLogger, settings: ServeSettings, url: str, announce: Announce | None
) -> None:
    while not server.started:
        await asyncio.sleep(0.005)
    logger.info("listening", url=url)
    if _is_exposed(settings):
        words = "listening beyond this machine without TLS: secrets travel in clear; use --tls-cert and --tls-key"
        logger.warning("no_tls", text=words)
    if settings.host in _EVERYWHERE and settings.public_url is None:
        logger.warning("no_public_url", text=f"links in error bodies will lead to {url}; say --public-url")
    if announce is not None:
        await announce(url)
