"""The figures of a run: one timing a round for each cell, and what follows from them."""

import statistics
from collections import defaultdict

import msgspec

from bench.work import Timing


class Cell(msgspec.Struct, frozen=True):
    """Whose figure, with how many clients (or in groups of how many), of which operation."""

    contender: str
    clients: int
    operation: str


class Median(msgspec.Struct, frozen=True):
    """A cell's medians over the rounds, each figure for itself, and the calls a second of every round."""

    cell: Cell
    timing: Timing
    rounds: list[float]


class Figures:
    """Collects timings by cell, and the peak memory of servers by what they served."""

    def __init__(self) -> None:
        self._timings: dict[Cell, list[Timing]] = defaultdict(list)
        self._peaks: dict[str, float] = {}

    def add(self, cell: Cell, measured: Timing) -> None:
        """Keep what a round measured."""
        self._timings[cell].append(measured)

    def add_peak(self, contender: str, mib: float) -> None:
        """Keep the peak memory of a server; the highest of the rounds counts."""
        self._peaks[contender] = max(mib, self._peaks.get(contender, 0.0))

    def peaks(self) -> dict[str, float]:
        """The peak memory in MiB by contender."""
        return dict(self._peaks)

    def median(self, contender: str, clients: int, operation: str) -> Timing:
        """The medians of a cell."""
        return self._median(self._timings[Cell(contender, clients, operation)])

    def medians(self) -> list[Median]:
        """Every cell in the order it was first measured."""
        return [
            Median(cell, self._median(timings), [timing.calls_per_second for timing in timings])
            for cell, timings in self._timings.items()
        ]

    @staticmethod
    def _median(timings: list[Timing]) -> Timing:
        names = [field.name for field in msgspec.structs.fields(Timing)]
        middle = {name: statistics.median(getattr(timing, name) for timing in timings) for name in names}
        return msgspec.convert({**middle, "calls": int(middle["calls"])}, Timing)
