"""Over PostgreSQL: the server with one process and with two, the plain service, and pgbench with the server's SQL.

All meet a cluster of their own that makes each commit durable, with the same people and pools, and add 50 random people
to a random pool a call. pgbench sends the statements of such an add, by name and in the server's order, on connections
with the server's settings, and nothing else: it is the limit. People are loaded by the native batch_create, 1,000 a
call, beside COPY of the rows that came of it into the same tables with the same indexes and keys.
"""

import asyncio
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench import people, plain_postgres, seed
from bench.caller import LoadedServer
from bench.cluster import Cluster, programs
from bench.figures import Cell
from bench.servers import ROOT, Server
from bench.sizes import Sizes
from bench.work import ADD, APP_ID, LIST, TENANT_ID, Timing, change_id, id_bits, random_changes, timing
from rencai.storage import queries, tables
from rencai.storage.postgres_links import SETTINGS

ONE, TWO, PLAIN, PGBENCH = "Rencai: PostgreSQL", "Rencai: PostgreSQL, 2 workers", "plain service: asyncpg", "pgbench"
LOADED, COPY = "Rencai: people loaded", "PostgreSQL, COPY"
ADDED, LOAD = "add", "people loaded"
AT_ONCE = 1_000  # people in a call that creates them
LOADERS = 2
_CALLS_A_PART = 50  # their bodies are made before the clock runs, and not all at once
_WARM_UP_SECONDS = 1.0
_TIMES_ALL = 8  # so often pgbench may draw everybody
_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
}
_READS = (  # what an add of new members reads, in order; what it is answered goes into the next
    ("talent_pools_lock", "\\gset\n\\set version :version + 1\n\\set time :change_time + 1"),
    ("membership_standing", "\\gset"),
)
_WRITES = ("change_insert", "change_part_insert", "memberships_begin_in_pool", "talent_pool_advance")  # sent as one
_FIXED = {
    "tenant_id": str(TENANT_ID),
    "operation": "talent_pool_batch_change",
    "app_id": APP_ID,
    "undo_of": "0",
    "removed": "[]",
    "added_count": str(LIST),
    "removed_count": "0",
}


class PostgresRounds:
    """The rounds over PostgreSQL. Makes a cluster in the beginning, and throws it away in the end."""

    def __init__(
        self, sizes: Sizes, folder: Path, worker: ProcessPoolExecutor, keep: Callable[[int, Cell, Timing], None]
    ) -> None:
        self._sizes = sizes
        self._folder = folder
        self._worker = worker
        self._keep = keep
        self._cluster = Cluster(None, **_DURABLE)

    def seed(self) -> None:
        """People and pools, for the server and for the plain service; and an empty database to load."""
        self._make("seeded_rencai", self._migrate)
        self._make("seeded_empty", self._migrate)
        asyncio.run(
            _fill(self._cluster.url("seeded_rencai"), seed.rows_of_rencai(self._sizes.people, self._sizes.pools))
        )
        asyncio.run(_fill(self._cluster.url("seeded_empty"), seed.rows_of_rencai(0, 0)))
        self._make("seeded_plain", lambda url: asyncio.run(plain_postgres.create_tables(url)))
        asyncio.run(_fill(self._cluster.url("seeded_plain"), seed.rows_of_plain(self._sizes.people, self._sizes.pools)))

    def close(self) -> None:
        """Throw the cluster away."""
        self._cluster.remove()

    def round(self, number: int) -> None:
        """Everybody adds, on a fresh copy each. People are loaded in the first round alone: it takes minutes."""
        contenders: list[Callable[[], None]] = [
            lambda: self._server(ONE, self._rencai(1), 1, number),
            lambda: self._server(TWO, self._rencai(2), 2, number),
            lambda: self._server(
                PLAIN, [sys.executable, "-m", "bench.plain_postgres", self._cluster.url("work")], 1, number
            ),
            lambda: self._pgbench(number),
        ]
        for place in range(len(contenders)):
            contenders[(place + number) % len(contenders)]()
        if number == 1:
            self._load(number)

    def _rencai(self, workers: int) -> list[str]:
        url = self._cluster.url("work")
        given = ["--database", url, "--port", "0", "--workers", str(workers)]
        return [sys.executable, "-m", "rencai", "serve", *given]

    def _server(self, contender: str, command: list[str], workers: int, number: int) -> None:
        self._copy("seeded_plain" if contender == PLAIN else "seeded_rencai")
        draw = random.Random(f"postgres {number}")
        everyone, pools = range(self._sizes.people), range(self._sizes.pools)
        with Server(command, self._folder / "server.log", workers) as server:
            caller = LoadedServer(server, self._worker, "" if contender == PLAIN else server.token())
            for clients in (0, *sorted(self._sizes.postgres_clients, reverse=True)):
                changes = [(change, ADD) for change in random_changes(draw, self._sizes.changes, everyone, pools)]
                if clients == 0:
                    caller.measured(changes, max(self._sizes.postgres_clients), _WARM_UP_SECONDS)
                    continue
                self._keep(
                    number, Cell(contender, clients, ADDED), caller.measured(changes, clients, self._sizes.seconds)
                )

    def _pgbench(self, number: int) -> None:
        self._copy("seeded_rencai")
        script = self._folder / "add.sql"
        script.write_text(_script(self._sizes))
        bench = _Pgbench(self._cluster.url("work"), script, number)
        bench.run(max(self._sizes.postgres_clients), _WARM_UP_SECONDS)
        for clients in sorted(self._sizes.postgres_clients, reverse=True):
            self._keep(number, Cell(PGBENCH, clients, ADDED), bench.run(clients, self._sizes.seconds))

    def _load(self, number: int) -> None:
        self._copy("seeded_empty")
        with Server(self._rencai(1), self._folder / "server.log", 1) as server:
            caller = LoadedServer(server, self._worker, server.token())
            self._keep(number, Cell(LOADED, LOADERS, LOAD), _loaded(caller, self._sizes.loaded))
        with tempfile.TemporaryDirectory() as folder:
            filled = asyncio.run(_copied_out(self._cluster.url("work"), Path(folder)))
            self._copy("seeded_empty")
            seconds = asyncio.run(_copied_in(self._cluster.url("work"), filled))
        self._keep(number, Cell(COPY, 1, LOAD), _whole(self._sizes.loaded, seconds))

    def _make(self, name: str, fill: Callable[[str], object]) -> None:
        self._cluster.sql("postgres", f"CREATE DATABASE {name}")
        fill(self._cluster.url(name))

    def _migrate(self, url: str) -> None:
        command = [sys.executable, "-m", "rencai", "database", "migrate", "--database", url]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)

    def _copy(self, name: str) -> None:
        """A fresh copy to work on, on disk before the clock starts."""
        self._cluster.sql("postgres", "DROP DATABASE IF EXISTS work")
        self._cluster.sql("postgres", f"CREATE DATABASE work TEMPLATE {name} STRATEGY FILE_COPY")
        self._cluster.sql("work", "ANALYZE")
        self._cluster.sql("work", "CHECKPOINT")


# Rows


async def _fill(url: str, rows: Iterable[seed.Rows]) -> None:
    connection: Any = await asyncpg.connect(url)
    for table, columns, records in rows:
        await connection.copy_records_to_table(table, columns=columns, records=records)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _copied_out(url: str, folder: Path) -> list[Path]:
    """A file for each table that has rows which were not there when it was empty, in the order they can go in."""
    connection: Any = await asyncpg.connect(url)
    names = [table.name for table in tables.all_tables() if table.name not in tables.LEAD_TO_TENANT]
    filled = [name for name in names if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})")]
    for name in filled:
        await connection.copy_from_table(name, output=folder / name, format="binary")
    await connection.close()
    return [folder / name for name in filled]


async def _copied_in(url: str, filled: list[Path]) -> float:
    """Seconds for all files into their tables, in one transaction each."""
    connection: Any = await asyncpg.connect(url, command_timeout=None)
    started = time.perf_counter()
    for path in filled:
        await connection.copy_to_table(path.name, source=path, format="binary")
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds


def _loaded(caller: LoadedServer, count: int) -> Timing:
    """Create so many people, by a few clients."""
    seconds = cpu = 0.0
    for start in range(0, count, AT_ONCE * _CALLS_A_PART):
        part = range(start, min(start + AT_ONCE * _CALLS_A_PART, count))
        measured = caller.loaded(list(_bodies(part, count)), LOADERS)
        seconds += measured.calls / measured.calls_per_second
        cpu += measured.calls * measured.cpu_us / 1e6
    return msgspec.structs.replace(_whole(count, seconds), cpu_us=1e6 * cpu / count)


def _bodies(part: range, count: int) -> Iterator[bytes]:
    for start in range(part.start, part.stop, AT_ONCE):
        made = people.made(range(start, min(start + AT_ONCE, part.stop)), count)
        yield msgspec.json.encode({"talents": list(made)})


def _whole(count: int, seconds: float) -> Timing:
    """A person counts as a call; the latency is that of all together."""
    return Timing(count, count / seconds, 1000 * seconds, 1000 * seconds)


# pgbench


def _script(sizes: Sizes) -> str:
    """An add as pgbench runs it: its numbers drawn, then the server's statements.

    Each of the 50 is drawn from a fiftieth of the people of their own, and nobody twice before all were, and then for
    other pools; so all are new to their pool.
    """
    share = sizes.people // LIST
    lines = [
        "\\set turn :turn + 1",
        "\\set drawn :client_id + :clients * :turn",
        f"\\set pool random(0, {sizes.pools // _TIMES_ALL - 1}) * {_TIMES_ALL} + :drawn / {share} % {_TIMES_ALL}",
        f"\\set pool_id {id_bits(':pool', 0)}",
        "\\set change_id :first_change + :drawn",
    ]
    for place in range(LIST):
        lines.append(f"\\set n {place * share} + permute(:drawn, {share}, {place})")
        lines.append(f"\\set t{place} {id_bits(':n', 1_000_000)}")
    statements = queries.load("postgresql")
    lines.append("BEGIN;")
    lines += [f"{_for_pgbench(statements[name])} {end}" for name, end in _READS]
    lines.append(_for_pgbench(queries.joined(_WRITES, statements)) + ";")
    return "\n".join([*lines, "COMMIT;", ""])


def _for_pgbench(sql: str) -> str:
    """A statement with what pgbench can give, which are numbers: for lists what it drew, or was answered before."""
    drawn = ", ".join(f":t{place}" for place in range(LIST))
    given = {
        "pool_ids": "ARRAY[:pool_id]",
        "talent_ids": f"ARRAY[{drawn}]",
        "added_ids": ":known_list",
        "added": ":known_list",
        "reason": "''",
        "run_id": "''",
    }
    return re.sub(r"(?<!:):([a-z_]+)\b", lambda found: given.get(found[1], found[0]), sql)


class _Pgbench:
    """pgbench on one database. Draws anew in each phase, and nobody again whom an earlier one drew."""

    def __init__(self, url: str, script: Path, number: int) -> None:
        self._url = url
        self._script = script
        self._number = number
        self._done = 0

    def run(self, clients: int, seconds: float) -> Timing:
        """Add over so many connections for so long."""
        given = {**_FIXED, "clients": str(clients), "turn": str(self._done // clients + 1)}
        given["first_change"] = str(change_id(0))
        settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        with tempfile.TemporaryDirectory() as folder:
            command = [str(programs() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={self._script}"]
            command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={math.ceil(seconds)}"]
            command += ["--log", "--log-prefix=calls", f"--random-seed={self._number}"]
            command += [f"--define={name}={value}" for name, value in given.items()]
            done = subprocess.run(
                [*command, self._url],
                check=False,
                capture_output=True,
                text=True,
                cwd=folder,
                env={**os.environ, "PGOPTIONS": settings},
            )
            if done.returncode:
                raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
            calls = [line.split() for log in Path(folder).glob("calls.*") for line in log.read_text().splitlines()]
        self._done += clients * (max(int(call[1]) for call in calls) + 2)  # some come to more turns than others
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        assert rate is not None, done.stdout
        return timing([int(call[2]) / 1e6 for call in calls], len(calls) / float(rate[1]))
