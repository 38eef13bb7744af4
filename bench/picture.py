"""The picture of a run: who does how many calls a second, and how a call's cost grows."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Figures
from bench.ratios import OPERATIONS
from bench.report import Report
from bench.rounds import (
    BOTH,
    FEW_PEOPLE,
    GROUP,
    GROUPS,
    HUGE_POOL,
    MANY_MEMBERS,
    MANY_PEOPLE,
    MOST_CLIENTS,
    ONE_BY_ONE,
    PLAIN,
    RENCAI,
    SMALL_POOL,
)
from bench.sizes import Sizes

_COLOURS = {PLAIN: "#b8b8b8", RENCAI: "#1f6f5c", ONE_BY_ONE: "#d9b26f", GROUPS: "#b5762a"}
_WIDTH = 0.2


def draw(path: Path, figures: Figures, report: Report) -> None:
    """Write the picture as SVG."""
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(13, 5), layout="constrained")
    throughput, latency, growth = figure.subplots(1, 3, width_ratios=(3, 2, 2))
    _throughput(throughput, figures)
    _latency(latency, figures, report.sizes)
    _growth(growth, figures, report.sizes)
    quick = " (QUICK)" if report.sizes.is_quick else ""
    figure.suptitle(
        f"Batch change of 50 random people over {report.sizes.people:,}{quick}; "
        f"{report.machine.cores} cores, SQLite {report.machine.sqlite}",
        fontsize=11,
    )
    figure.savefig(path, format="svg")


def _throughput(axes: Axes, figures: Figures) -> None:
    columns = [(PLAIN, MOST_CLIENTS), (RENCAI, MOST_CLIENTS), (ONE_BY_ONE, 1), (GROUPS, GROUP)]
    for place, (contender, clients) in enumerate(columns):
        heights = [figures.median(contender, clients, operation).calls_per_second for operation in OPERATIONS]
        positions = [number + (place - 1.5) * _WIDTH for number in range(len(OPERATIONS))]
        bars = axes.bar(positions, heights, _WIDTH, label=contender, color=_COLOURS[contender])
        axes.bar_label(bars, [f"{height:,.0f}" for height in heights], fontsize=7)
    axes.set_xticks(range(len(OPERATIONS)), OPERATIONS)
    axes.set_title(f"Calls a second, {MOST_CLIENTS} clients", fontsize=10)
    axes.legend(fontsize=8, frameon=False)


def _latency(axes: Axes, figures: Figures, sizes: Sizes) -> None:
    for contender in (PLAIN, RENCAI):
        found = [figures.median(contender, clients, "add") for clients in sizes.clients]
        colour = _COLOURS[contender]
        axes.plot(sizes.clients, [one.p50_ms for one in found], "o-", color=colour, label=f"{contender}, p50")
        axes.plot(sizes.clients, [one.p99_ms for one in found], "o:", color=colour, label=f"{contender}, p99")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes.clients, [str(clients) for clients in sizes.clients])
    axes.set_xlabel("clients")
    axes.set_title("Latency of an add, ms", fontsize=10)
    axes.legend(fontsize=8, frameon=False)


def _growth(axes: Axes, figures: Figures, sizes: Sizes) -> None:
    memberships = sizes.pools * sizes.members_per_pool
    bars = [
        (f"{sizes.few_people:,} people", FEW_PEOPLE, "add"),
        (f"{sizes.people:,} people", MANY_PEOPLE, "add"),
        (f"… {memberships:,} memberships", MANY_MEMBERS, "add"),
        ("a pool of 10", SMALL_POOL, BOTH),
        (f"a pool of {sizes.huge_pool:,}", HUGE_POOL, BOTH),
    ]
    costs = [figures.median(world, MOST_CLIENTS, operation).cpu_us for _, world, operation in bars]
    drawn = axes.barh([label for label, _, _ in bars], costs, color=_COLOURS[RENCAI])
    axes.bar_label(drawn, [f"{cost:,.0f}" for cost in costs], fontsize=8)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_title("Rencai: CPU a call, µs, 64 clients", fontsize=10)
