"""The report: as text, ratios first, and as JSON."""

import itertools
from collections.abc import Iterator

import msgspec

from bench.figures import Figures, Median
from bench.machine import Machine
from bench.ratios import Ratio
from bench.sizes import Sizes
from bench.work import LIST


class Report(msgspec.Struct, frozen=True):
    """All that a run found."""

    machine: Machine
    sizes: Sizes
    ratios: list[Ratio]
    medians: list[Median]
    peak_mib: dict[str, float]
    took_seconds: float


def made(machine: Machine, sizes: Sizes, ratios: list[Ratio], figures: Figures, took: float) -> Report:
    """A report of these parts."""
    return Report(machine, sizes, ratios, figures.medians(), figures.peaks(), took)


def as_text(report: Report) -> str:
    """The report for people."""
    return "\n".join([*_head(report), *_ratio_lines(report.ratios), *_figure_lines(report.medians)])


def as_json(report: Report) -> bytes:
    """The report for programs."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def _head(report: Report) -> Iterator[str]:
    machine, sizes = report.machine, report.sizes
    yield f"Rencai bench, {machine.date}, {report.took_seconds:.0f} s"
    yield f"  {machine.cores} cores, {machine.cpu}, {machine.memory_gib} GiB, load before {machine.load_before:.2f}"
    yield f"  {machine.system}, Python {machine.python}, SQLite {machine.sqlite}, PostgreSQL {machine.postgresql}"
    yield f"  server: {machine.server}"
    if sizes.is_quick:
        yield "  QUICK: fewer people, memberships and rounds than the aims are about; noise is not averaged out"
    rounds = "1 round" if sizes.rounds == 1 else f"median of {sizes.rounds} rounds"
    yield f"  {sizes.people:,} people, {sizes.pools:,} pools, {LIST} random people a call, {rounds}"
    yield (
        f"  few people: {sizes.few_people:,}; many memberships: {sizes.pools * sizes.members_per_pool:,};"
        f" small pool: 10 members, huge pool: {sizes.huge_pool:,}"
    )
    yield f"  people with profiles: {sizes.profiles:,}; page from the middle: two to three fifths come before it"
    yield f"  at most {sizes.seconds:g} s and {sizes.changes:,} calls a phase; every commit durable (synchronous=FULL)"


def _ratio_lines(ratios: list[Ratio]) -> Iterator[str]:
    for section, members in itertools.groupby(ratios, lambda ratio: ratio.section):
        yield f"\n{section}"
        for ratio in members:
            value = f"{ratio.value:.0f}" if ratio.value >= 100 else f"{ratio.value:.2f}"
            yield f"  {ratio.label:<72}{value + ratio.unit:>10}  {ratio.verdict}".rstrip()


def _figure_lines(medians: list[Median]) -> Iterator[str]:
    yield "\nAbsolute figures (CPU is that of the server's or engine's process)"
    head = ("", "calls/s", "p50 ms", "p99 ms", "CPU µs/call", "lowest to highest round, calls/s")
    yield f"  {head[0]:<67}{head[1]:>9}{head[2]:>10}{head[3]:>10}{head[4]:>13}   {head[5]}"
    for found in medians:
        cell, timing = found.cell, found.timing
        label = f"{cell.contender}, {_company(cell.contender, cell.clients)}, {cell.operation}"
        yield (
            f"  {label:<67}{timing.calls_per_second:>9,.0f}{timing.p50_ms:>10.2f}{timing.p99_ms:>10.2f}"
            f"{timing.cpu_us:>13,.0f}   {min(found.rounds):,.0f} to {max(found.rounds):,.0f}"
        )


def _company(contender: str, clients: int) -> str:
    if contender.startswith(("engine", "PostgreSQL")):
        return "no clients"
    return "1 client" if clients == 1 else f"{clients} clients"
