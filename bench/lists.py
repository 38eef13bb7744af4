"""`rencai pool add POOL FILE`, end to end: from the command's start to its end, with its plan and its report.

Beside the bare engine's bulk insert of the same people in order of id, which reads no file and asks nobody; and beside
the compatible call with 50 of them at a time, by one client without limits.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.servers import peak_mib
from bench.work import APP_ID, APP_SECRET, Change, Timing, pool_id, talent_id

_LOOK_SECONDS = 0.02
COMMAND, FIFTY = "a list of {:,}", "50 a call"


class Done(NamedTuple):
    """What a command measured: its people as calls, and the most memory it held (MiB)."""

    timing: Timing
    peak_mib: float


def people_of(people: int, count: int, number: int) -> list[int]:
    """The numbers of so many of the people, in no order: those of a round's list, whoever puts them into a pool."""
    return random.Random(number).sample(range(people), count)


def written(folder: Path, people: int, count: int, number: int) -> Path:
    """A list of so many of the people, in no order, as CSV with a name beside each id."""
    ids = map(talent_id, people_of(people, count, number))
    path = folder / "people.csv"
    path.write_text("name,talent_id\n" + "".join(f"somebody {index},{talent}\n" for index, talent in enumerate(ids)))
    return path


def added(url: str, path: Path, pool: int, count: int) -> Done:
    """Put the list into the pool by the command. Raises RuntimeError where it does not add them all."""
    environment = {**os.environ, "RENCAI_URL": url, "RENCAI_APP_ID": APP_ID, "RENCAI_APP_SECRET": APP_SECRET}
    command = [sys.executable, "-m", "rencai", "pool", "add", str(pool_id(pool)), str(path), "--yes", "--json"]
    started = time.perf_counter()
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        output = b""
        while True:
            # Not what wait4 says: that is the peak of this process too, from before the command became itself.
            peak = max(peak, peak_mib(process.pid))
            output += process.stdout.read() or b""
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(_LOOK_SECONDS)
        output += process.stdout.read() or b""
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    report = json.loads(output.splitlines()[-1]) if output else {}
    if process.returncode or report.get("added") != count:
        raise RuntimeError(f"not a good end: {process.returncode} {report}")
    cpu_us = 1e6 * (used.ru_utime + used.ru_stime) / count
    return Done(Timing(count, count / seconds, 1000 * seconds, 1000 * seconds, cpu_us), peak)


def fifties(people: int, count: int, number: int, pool: int) -> list[Change]:
    """The people of a list, 50 a call, for a pool."""
    ids = list(map(talent_id, people_of(people, count, number)))
    return [Change(pool_id(pool), ids[start : start + 50]) for start in range(0, count, 50)]
