"""The rounds: every contender works on a fresh copy of its seeded file, one after the other, round by round."""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench import engine, lists, native, neighbours, postgres, runs, seed, servers
from bench.caller import MOST_CLIENTS, LoadedServer
from bench.figures import Cell, Figures
from bench.servers import Server
from bench.sizes import Sizes
from bench.work import ADD, REMOVE, Change, Timing, random_changes

T = TypeVar("T")

RENCAI, PLAIN, ONE_BY_ONE, GROUPS = "Rencai", "plain service", "engine, one by one", "engine, groups of 64"
FEW_PEOPLE, MANY_PEOPLE, MANY_MEMBERS = "Rencai: few people", "Rencai: many people", "Rencai: many memberships"
SMALL_POOL, HUGE_POOL = "Rencai: small pool", "Rencai: huge pool"
RUNS, BULK_ENGINE = "Rencai: runs", "engine, bulk insert"
LISTS = "rencai pool add"
NATIVE = "Rencai: native change"
PROFILES, PLAIN_PROFILES = "Rencai: profiles", "plain service: profiles"
GROUP = 64
SMALL_POOL_MEMBERS = 10
WARM_UP = 256
ALTERNATE = 128  # changes added before the same ones are removed, where a pool must keep its size
SLICE = 10_000  # of a bulk insert
OUTSIDE = 6  # in the world of the huge pool one person in so many is outside of it

BOTH = "add and remove in turn"


class Bench:
    """Seeds the worlds in a folder and measures in them. Figures go into `figures`, progress to standard error."""

    def __init__(self, folder: Path, sizes: Sizes, figures: Figures) -> None:
        self._folder = folder
        self._sizes = sizes
        self._figures = figures
        self._started = time.monotonic()
        # Workers apart from this process, so that they are small and the load generator is not disturbed. Two, for
        # clients of two kinds at once.
        self._worker = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))

    def run(self) -> None:
        """All rounds of all contenders."""
        with (
            self._worker,
            closing(postgres.PostgresRounds(self._sizes, self._folder, self._worker, self._keep)) as over,
        ):
            self._seed()
            self._say("seeding: PostgreSQL")
            over.seed()
            for number in range(1, self._sizes.rounds + 1):
                self._contest(number)
                self._growth(number)
                self._native(number)
                self._neighbours(number)
                self._runs(number)
                self._lists(number)
                over.round(number)

    # Worlds

    def _seed(self) -> None:
        sizes = self._sizes
        worlds: list[tuple[str, Callable[[Path], None]]] = [
            (PROFILES, lambda path: seed.seed_rencai_profiles(path, sizes.profiles)),
            (PLAIN, lambda path: seed.seed_plain(path, sizes.people, sizes.pools)),
            (FEW_PEOPLE, lambda path: seed.seed_rencai(path, sizes.few_people, sizes.pools)),
            (MANY_PEOPLE, lambda path: seed.seed_rencai(path, sizes.people, sizes.pools)),
            (MANY_MEMBERS, lambda path: seed.seed_rencai(path, sizes.people, sizes.pools, self._spread())),
            (HUGE_POOL, lambda path: seed.seed_rencai(path, self._people_around(), sizes.pools, self._two_pools())),
        ]
        # The dearest two first, and at the same time.
        beside = self._worker.submit(seed.seed_plain_profiles, self._seeded(PLAIN_PROFILES), sizes.profiles)
        for world, make in worlds:
            self._say(f"seeding: {world}")
            make(self._seeded(world))
        beside.result()
        self._say("seeded")

    def _spread(self) -> Iterator[tuple[int, list[int]]]:
        draw = random.Random("spread")
        for pool in range(self._sizes.pools):
            yield pool, sorted(draw.sample(range(self._sizes.people), self._sizes.members_per_pool))

    def _people_around(self) -> int:
        return self._sizes.huge_pool * OUTSIDE // (OUTSIDE - 1)

    def _two_pools(self) -> Iterator[tuple[int, Iterator[int]]]:
        """Pool 0 is the small one, pool 1 the huge one; one person in six is in neither."""
        inside = (number for number in range(self._people_around()) if number % OUTSIDE)
        yield 0, (number for number in range(1, 1 + OUTSIDE * SMALL_POOL_MEMBERS, OUTSIDE))
        yield 1, inside

    def _seeded(self, world: str) -> Path:
        return self._folder / f"{world.replace(': ', '-').replace(' ', '-')}.db"

    # The contest: Rencai, the plain service and the engine on the same work

    def _contest(self, number: int) -> None:
        draw = random.Random(number)
        everyone, pools = range(self._sizes.people), range(self._sizes.pools)
        warm_up = random_changes(draw, WARM_UP, everyone, pools)
        work = {clients: random_changes(draw, self._sizes.changes, everyone, pools) for clients in self._sizes.clients}
        contenders: list[Callable[[], None]] = [
            lambda: self._server(RENCAI, MANY_PEOPLE, servers.rencai_command, warm_up, work, number),
            lambda: self._engine(ONE_BY_ONE, 1, warm_up, work[MOST_CLIENTS], number),
            lambda: self._engine(GROUPS, GROUP, warm_up, work[MOST_CLIENTS], number),
            lambda: self._server(PLAIN, PLAIN, servers.plain_command, warm_up, work, number),
        ]
        for contender in _rotated(contenders, number):
            contender()

    def _server(
        self,
        contender: str,
        world: str,
        command: Callable[[Path], list[str]],
        warm_up: list[Change],
        work: dict[int, list[Change]],
        number: int,
    ) -> None:
        with self._serving(world, command, warm_up) as caller:
            # Most clients first, so that they meet the same file as the engine does.
            for clients in sorted(work, reverse=True):
                for operation, measured in caller.add_repeat_remove(work[clients], clients, self._sizes.seconds):
                    self._keep(number, Cell(contender, clients, operation), measured)
            self._figures.add_peak(contender, caller.server.peak_mib())

    def _engine(self, contender: str, group: int, warm_up: list[Change], changes: list[Change], number: int) -> None:
        database = seed.copied(self._seeded(MANY_PEOPLE), self._folder / "work.db")
        job = engine.EngineJob(database, warm_up, changes, group, self._sizes.seconds)
        for operation, measured in self._worker.submit(engine.run, job).result().items():
            self._keep(number, Cell(contender, group, operation), measured)
        seed.removed(database)

    # Growth: Rencai in worlds of different sizes

    def _growth(self, number: int) -> None:
        sizes = self._sizes
        draw = random.Random(-number)
        measurements: list[Callable[[], None]] = [
            lambda: self._world(FEW_PEOPLE, range(sizes.few_people), draw, number),
            lambda: self._world(MANY_PEOPLE, range(sizes.people), draw, number),
            lambda: self._world(MANY_MEMBERS, range(sizes.people), draw, number),
            lambda: self._two_pool_world(draw, number),
        ]
        for measurement in _rotated(measurements, number):
            measurement()

    def _world(self, world: str, people: Sequence[int], draw: random.Random, number: int) -> None:
        changes = random_changes(draw, self._sizes.changes, people, range(self._sizes.pools))
        warm_up = random_changes(draw, WARM_UP, people, range(self._sizes.pools))
        with self._serving(world, servers.rencai_command, warm_up) as caller:
            for operation, measured in caller.add_repeat_remove(changes, MOST_CLIENTS, self._sizes.seconds):
                self._keep(number, Cell(world, MOST_CLIENTS, operation), measured)
            self._figures.add_peak(world, caller.server.peak_mib())

    def _two_pool_world(self, draw: random.Random, number: int) -> None:
        outside = range(0, self._people_around(), OUTSIDE)
        warm_up = random_changes(draw, WARM_UP, outside, range(2, self._sizes.pools))
        with self._serving(HUGE_POOL, servers.rencai_command, warm_up) as caller:
            for pool, name in _rotated([(0, SMALL_POOL), (1, HUGE_POOL)], number):
                changes = random_changes(draw, self._sizes.changes, outside, [pool])
                measured = caller.measured(_in_turn(changes), MOST_CLIENTS, self._sizes.seconds)
                self._keep(number, Cell(name, MOST_CLIENTS, BOTH), measured)
            self._figures.add_peak(HUGE_POOL, caller.server.peak_mib())

    # The native change: 10,000 people in one, and a writer beside those who only look

    def _native(self, number: int) -> None:
        work = native.Work(self._sizes, number)
        everyone, pools = range(self._sizes.people), range(self._sizes.pools)
        draw = random.Random(f"beside {number}")
        alone, beside = (random_changes(draw, self._sizes.changes, everyone, pools) for _ in range(2))
        warm_up = random_changes(draw, WARM_UP, everyone, pools)
        with self._serving(MANY_PEOPLE, servers.rencai_command, warm_up) as caller:
            for operation, measured in caller.changed_many(work.many(), self._sizes.seconds):
                self._keep(number, Cell(NATIVE, 1, operation), measured)
            measured = caller.measured([(change, ADD) for change in alone], MOST_CLIENTS, self._sizes.seconds)
            self._keep(number, Cell(NATIVE, MOST_CLIENTS, native.ALONE), measured)
            measured, dry = caller.measured_beside(beside, work.dry(), self._sizes.seconds)
            self._keep(number, Cell(NATIVE, MOST_CLIENTS, native.BESIDE), measured)
            self._keep(number, Cell(NATIVE, native.DRY_CLIENTS, native.DRY), dry)
            self._figures.add_peak(NATIVE, caller.server.peak_mib())

    # The neighbours: people found and created, beside the plain service

    def _neighbours(self, number: int) -> None:
        for world, command in _rotated(
            [(PROFILES, servers.rencai_command), (PLAIN_PROFILES, servers.plain_command)], number
        ):
            work = neighbours.Work(self._sizes, number)  # anew, so that both create the same people
            with self._server_on(world, command) as caller:
                reads = work.reads() if world == PROFILES else work.plain_reads()
                for operation, targets in reads.items():
                    measured = caller.read(targets, self._sizes.read_seconds)
                    self._keep(number, Cell(world, 1, operation), measured)
                self._create(world, caller, work, number)
                self._figures.add_peak(world, caller.server.peak_mib())

    def _create(self, world: str, caller: LoadedServer, work: neighbours.Work, number: int) -> None:
        caller.created(work.bodies(WARM_UP), MOST_CLIENTS, self._sizes.seconds)
        for clients in sorted(self._sizes.clients, reverse=True):
            measured = caller.created(work.bodies(self._sizes.changes), clients, self._sizes.seconds)
            self._keep(number, Cell(world, clients, neighbours.CREATE), measured)

    # Runs: a list of ids sent, applied and undone, beside the engine's bulk insert

    def _runs(self, number: int) -> None:
        for measurement in _rotated([self._bulk_engine, self._bulk_server], number):
            measurement(number)

    def _bulk_engine(self, number: int) -> None:
        database = seed.copied(self._seeded(MANY_PEOPLE), self._folder / "work.db")
        job = runs.BulkJob(database, 0, range(self._sizes.run_ids))
        self._keep(number, Cell(BULK_ENGINE, SLICE, runs.RUN), self._worker.submit(runs.bulk_insert, job).result())
        seed.removed(database)

    def _bulk_server(self, number: int) -> None:
        """A run and its undo, alone; then one while another client changes other pools for most of its time."""
        count = self._sizes.run_ids
        body = runs.shuffled(count, number)
        with self._server_on(MANY_PEOPLE, servers.rencai_command) as caller:
            maker = caller.runs()
            run_id, measured = maker.made(0, body, count)
            self._keep(number, Cell(RUNS, 1, runs.RUN), measured)
            undone = maker.undone(run_id, count)
            self._keep(number, Cell(RUNS, 1, runs.UNDO), undone)
            others = random_changes(
                random.Random(number), self._sizes.changes, range(self._sizes.people), range(1, self._sizes.pools)
            )
            seconds = 0.7 * count / measured.calls_per_second  # so that all of it falls into the run
            with ThreadPoolExecutor(1) as beside:
                running = beside.submit(maker.made, 0, body, count)
                between = caller.measured([(change, ADD) for change in others], 1, seconds)
                running.result()
            self._keep(number, Cell(RUNS, 1, runs.MEANWHILE), between)
            self._figures.add_peak(RUNS, caller.server.peak_mib())

    # Lists: a file into a pool by the command, beside the engine's bulk insert and the compatible call

    def _lists(self, number: int) -> None:
        for count in (self._sizes.list_ids, self._sizes.run_ids):
            for measurement in _rotated([self._list_engine, self._list_command], number):
                measurement(number, count)

    def _list_engine(self, number: int, count: int) -> None:
        database = seed.copied(self._seeded(MANY_PEOPLE), self._folder / "work.db")
        job = runs.BulkJob(database, 0, lists.people_of(self._sizes.people, count, number))
        measured = self._worker.submit(runs.bulk_insert, job).result()
        self._keep(number, Cell(BULK_ENGINE, SLICE, lists.COMMAND.format(count)), measured)
        seed.removed(database)

    def _list_command(self, number: int, count: int) -> None:
        sizes = self._sizes
        with self._server_on(MANY_PEOPLE, servers.rencai_command) as caller, TemporaryDirectory() as folder:
            path = lists.written(Path(folder), sizes.people, count, number)
            done = lists.added(caller.server.url, path, 0, count)
            self._keep(number, Cell(LISTS, 1, lists.COMMAND.format(count)), done.timing)
            self._figures.add_peak(peak_of_list(count), done.peak_mib)
            if count == sizes.list_ids:
                fifties = lists.fifties(sizes.people, sizes.list_ids, number, 1)
                measured = caller.measured([(change, ADD) for change in fifties], 1, sizes.seconds)
                self._keep(number, Cell(RUNS, 1, lists.FIFTY), measured)

    @contextmanager
    def _serving(
        self, world: str, command: Callable[[Path], list[str]], warm_up: list[Change]
    ) -> Generator[LoadedServer]:
        with self._server_on(world, command) as caller:
            caller.measured([(change, ADD) for change in warm_up], MOST_CLIENTS, self._sizes.seconds)
            yield caller

    @contextmanager
    def _server_on(self, world: str, command: Callable[[Path], list[str]]) -> Generator[LoadedServer]:
        database = seed.copied(self._seeded(world), self._folder / "work.db")
        with Server(command(database), self._folder / "server.log") as server:
            yield LoadedServer(server, self._worker, "" if command is servers.plain_command else server.token())
        seed.removed(database)

    def _keep(self, number: int, cell: Cell, measured: Timing) -> None:
        self._figures.add(cell, measured)
        self._say(
            f"round {number}: {cell.contender}, {cell.clients}, {cell.operation}:"
            f" {measured.calls_per_second:,.0f}/s, p50 {measured.p50_ms:.2f} ms, p99 {measured.p99_ms:.2f} ms,"
            f" {measured.cpu_us:,.0f} µs CPU"
        )

    def _say(self, words: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {words}", file=sys.stderr, flush=True)


def peak_of_list(count: int) -> str:
    """What the memory of a command with so many people is kept under."""
    return f"{LISTS}, {lists.COMMAND.format(count)}"


def _in_turn(changes: list[Change]) -> list[tuple[Change, int]]:
    """Adds and removes such that every change is undone, and only after its reply is there."""
    calls: list[tuple[Change, int]] = []
    for start in range(0, len(changes), ALTERNATE):
        block = changes[start : start + ALTERNATE]
        calls += [*((change, ADD) for change in block), *((change, REMOVE) for change in block)]
    return calls


def _rotated(things: Sequence[T], by: int) -> list[T]:
    by %= len(things)
    return [*things[by:], *things[:by]]
