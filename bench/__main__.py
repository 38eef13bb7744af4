"""`python -m bench`: run it, print the report, write it to build/bench/. A missed aim is no error."""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench import report
from bench.figures import Figures
from bench.machine import this_machine
from bench.ratios import ratios
from bench.rounds import Bench
from bench.servers import ROOT
from bench.sizes import FULL, QUICK

OUTPUT = ROOT / "build" / "bench"


def main() -> None:
    """Measure, print, write."""
    # So that servers are ended and files removed on SIGTERM too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    sizes = QUICK if os.environ.get("QUICK", "0") not in ("", "0") else FULL
    machine, figures, started = this_machine(), Figures(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rencai-bench-") as folder:
        Bench(Path(folder), sizes, figures).run()
    found = report.made(machine, sizes, ratios(figures, sizes), figures, time.monotonic() - started)
    print(report.as_text(found))
    _write(found, figures)


def _write(found: report.Report, figures: Figures) -> None:
    from bench.picture import draw  # not before: the load generator's process imports this module too

    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "bench.txt").write_text(report.as_text(found) + "\n", "utf-8")
    (OUTPUT / "bench.json").write_bytes(report.as_json(found))
    draw(OUTPUT / "bench.svg", figures, found)
    print(f"\nWritten to {OUTPUT.relative_to(ROOT)}: bench.txt, bench.json, bench.svg")


if __name__ == "__main__":
    main()
