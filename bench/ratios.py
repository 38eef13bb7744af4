"""The ratios that the aims are about, computed from the figures."""

import msgspec

from bench import lists, native, neighbours, people, postgres, runs
from bench.caller import MOST_CLIENTS
from bench.figures import Figures
from bench.rounds import (
    BOTH,
    BULK_ENGINE,
    FEW_PEOPLE,
    GROUP,
    GROUPS,
    HUGE_POOL,
    LISTS,
    MANY_MEMBERS,
    MANY_PEOPLE,
    NATIVE,
    ONE_BY_ONE,
    PLAIN,
    PLAIN_PROFILES,
    PROFILES,
    RENCAI,
    RUNS,
    SLICE,
    SMALL_POOL,
    peak_of_list,
)
from bench.sizes import Sizes
from bench.work import Timing

OPERATIONS = ("add", "repeat", "remove")


class Ratio(msgspec.Struct, frozen=True):
    """A ratio or bounded figure. `aim` is the least it should be, or with `is_most` the most; None for no aim."""

    section: str
    label: str
    value: float
    unit: str = "x"
    aim: float | None = None
    is_most: bool = False

    @property
    def verdict(self) -> str:
        """The aim and whether it is met; empty without one."""
        if self.aim is None:
            return ""
        is_met = self.value < self.aim if self.is_most else self.value >= self.aim
        word = "below" if self.is_most else "at least"
        return f"aim {word} {self.aim:g}{self.unit}: {'met' if is_met else 'MISSED'}"


def ratios(figures: Figures, sizes: Sizes) -> list[Ratio]:
    """All of them, in the order they are printed."""
    return [
        *_against_plain(figures, sizes),
        *_against_engine(figures),
        *_latency(figures),
        *_growth(figures, sizes),
        *_native(figures, sizes),
        *_runs(figures, sizes),
        *_lists(figures, sizes),
        *_created(figures, sizes),
        *_reads(figures, sizes),
        *_postgres(figures, sizes),
        *_memory(figures, sizes),
    ]


def _against_plain(figures: Figures, sizes: Sizes) -> list[Ratio]:
    section = "Calls a second, Rencai / plain service"
    return [
        Ratio(
            section,
            f"{operation}, {_clients(clients)}",
            figures.median(RENCAI, clients, operation).calls_per_second
            / figures.median(PLAIN, clients, operation).calls_per_second,
            aim=8.0 if (clients, operation) == (MOST_CLIENTS, "add") else None,
        )
        for clients in reversed(sizes.clients)
        for operation in OPERATIONS
    ]


def _against_engine(figures: Figures) -> list[Ratio]:
    section = "Calls a second, Rencai / bare engine"
    pairs = [(MOST_CLIENTS, GROUPS, GROUP), (1, ONE_BY_ONE, 1)]
    return [
        Ratio(
            section,
            f"{operation}, {_clients(clients)} / {engine}",
            figures.median(RENCAI, clients, operation).calls_per_second
            / figures.median(engine, group, operation).calls_per_second,
            aim=0.7 if (engine, operation) == (GROUPS, "add") else None,
        )
        for clients, engine, group in pairs
        for operation in OPERATIONS
    ]


def _latency(figures: Figures) -> list[Ratio]:
    return [
        Ratio("Median latency, Rencai", f"{operation}, 1 client", found.p50_ms, " ms", 5.0, is_most=True)
        for operation in OPERATIONS
        for found in [figures.median(RENCAI, 1, operation)]
    ]


def _growth(figures: Figures, sizes: Sizes) -> list[Ratio]:
    memberships = sizes.pools * sizes.members_per_pool
    people = f"{sizes.few_people:,} to {sizes.people:,} people"
    members = f"0 to {memberships:,} memberships"
    pool = f"a pool of 10 to one of {sizes.huge_pool:,}"
    found: list[Ratio] = []
    for operation in OPERATIONS:
        found += _growths(figures, f"{people}, {operation}", FEW_PEOPLE, MANY_PEOPLE, operation, 2.0)
    for operation in OPERATIONS:
        found += _growths(figures, f"{members}, {operation}", MANY_PEOPLE, MANY_MEMBERS, operation, 3.0)
    return found + _growths(figures, f"{pool}, {BOTH}", SMALL_POOL, HUGE_POOL, BOTH, 1.5)


def _growths(figures: Figures, label: str, small: str, large: str, operation: str, aim: float) -> list[Ratio]:
    before = figures.median(small, MOST_CLIENTS, operation)
    after = figures.median(large, MOST_CLIENTS, operation)
    return [
        Ratio(f"Cost a call of Rencai, {_clients(MOST_CLIENTS)}", f"{label}: {name}", value, aim=aim, is_most=True)
        for name, value in (
            ("wall time", _wall_us(after) / _wall_us(before)),
            ("server's CPU", after.cpu_us / before.cpu_us),
        )
    ]


def _wall_us(timing: Timing) -> float:
    return 1e6 / timing.calls_per_second


def _runs(figures: Figures, sizes: Sizes) -> list[Ratio]:
    section = f"Ids a second of a run of {sizes.run_ids:,}, Rencai / bare engine's bulk insert into the same tables"
    bulk = figures.median(BULK_ENGINE, SLICE, runs.RUN).calls_per_second
    meanwhile = figures.median(RUNS, 1, runs.MEANWHILE).p99_ms
    return [
        *(
            Ratio(section, operation, figures.median(RUNS, 1, operation).calls_per_second / bulk, aim=0.5)
            for operation in (runs.RUN, runs.UNDO)
        ),
        Ratio("During a run, Rencai", "batch change of another client, p99", meanwhile, " ms"),
    ]


def _lists(figures: Figures, sizes: Sizes) -> list[Ratio]:
    section = "People a second of a list, `rencai pool add` end to end"
    ratios: list[Ratio] = []
    for count in (sizes.list_ids, sizes.run_ids):
        operation = lists.COMMAND.format(count)
        ours = figures.median(LISTS, 1, operation).calls_per_second
        bulk = figures.median(BULK_ENGINE, SLICE, operation).calls_per_second
        aim = 0.4 if count == sizes.list_ids else None
        ratios.append(Ratio(section, f"{operation} / bare engine's bulk insert", ours / bulk, aim=aim))
    fifty = 50 * figures.median(RUNS, 1, lists.FIFTY).calls_per_second
    ours = figures.median(LISTS, 1, lists.COMMAND.format(sizes.list_ids)).calls_per_second
    return [*ratios, Ratio(section, "the same / the compatible call, 50 at a time without limits", ours / fifty)]


def _native(figures: Figures, sizes: Sizes) -> list[Ratio]:
    many = f"Median latency of the native change over {sizes.people:,} people, 1 client, Rencai"
    alone, beside = (figures.median(NATIVE, MOST_CLIENTS, name) for name in (native.ALONE, native.BESIDE))
    return [
        *(
            Ratio(many, operation, figures.median(NATIVE, 1, operation).p50_ms, " ms", 300.0, is_most=True)
            for operation in (native.ADD_MANY, native.REMOVE_MANY)
        ),
        Ratio(
            f"Calls a second, {_clients(MOST_CLIENTS)}, Rencai",
            f"{native.BESIDE} / alone",
            beside.calls_per_second / alone.calls_per_second,
        ),
    ]


def _created(figures: Figures, sizes: Sizes) -> list[Ratio]:
    return [
        Ratio(
            f"People created a second beside {sizes.profiles:,} others, Rencai / plain service",
            f"{neighbours.CREATE}, {_clients(clients)}",
            figures.median(PROFILES, clients, neighbours.CREATE).calls_per_second
            / figures.median(PLAIN_PROFILES, clients, neighbours.CREATE).calls_per_second,
            aim=5.0 if clients == MOST_CLIENTS else None,
        )
        for clients in reversed(sizes.clients)
    ]


def _reads(figures: Figures, sizes: Sizes) -> list[Ratio]:
    aims = {
        **dict.fromkeys((neighbours.FIRST_PAGE, neighbours.DEEP_PAGE), 20.0),
        **dict.fromkeys((neighbours.FIRST_BY_ENTRY, neighbours.DEEP_BY_ENTRY), 20.0),
        **{neighbours.by_keyword(plant): 100.0 for plant in people.PLANTS},
        neighbours.PAIR: None,
        neighbours.COMMON: None,
        neighbours.ONE_V1: None,
        neighbours.ONE_V2: None,
    }
    section = (
        f"Median latency of reads over {sizes.profiles:,} people, 1 client, pages of {neighbours.PAGE_SIZE}, Rencai"
    )
    return [
        Ratio(section, operation, figures.median(PROFILES, 1, operation).p50_ms, " ms", aim, is_most=True)
        for operation, aim in aims.items()
    ]


def _postgres(figures: Figures, sizes: Sizes) -> list[Ratio]:
    section = "Over PostgreSQL, adds a second"
    middle = sizes.postgres_clients[1]
    ratios = [
        Ratio(
            section,
            f"{ours} / {other}, {_clients(clients)}",
            figures.median(ours, clients, postgres.ADDED).calls_per_second
            / figures.median(other, clients, postgres.ADDED).calls_per_second,
            aim=aim if clients == middle else None,
        )
        for other, aim in ((postgres.PGBENCH, 0.6), (postgres.PLAIN, 8.0))
        for ours in (postgres.ONE, postgres.TWO)
        for clients in sizes.postgres_clients
    ]
    loaded = figures.median(postgres.LOADED, postgres.LOADERS, postgres.LOAD).calls_per_second
    copied = figures.median(postgres.COPY, 1, postgres.LOAD).calls_per_second
    label = f"{sizes.loaded:,} people by batch_create / COPY of the rows"
    return [*ratios, Ratio("Over PostgreSQL, people loaded a second", label, loaded / copied, aim=0.1)]


_PEAK_AIMS = {PLAIN: None, PLAIN_PROFILES: None, RUNS: 400.0}


def _memory(figures: Figures, sizes: Sizes) -> list[Ratio]:
    aims: dict[str, float | None] = {
        **_PEAK_AIMS,
        peak_of_list(sizes.list_ids): 150.0,
        peak_of_list(sizes.run_ids): None,
    }
    return [
        Ratio("Peak memory, of all processes", contender, mib, " MiB", aims.get(contender, 300.0), is_most=True)
        for contender, mib in figures.peaks().items()
    ]


def _clients(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"
