"""`kill -9` of the command and of the server, at any moment: the same command, said again, makes the pool the list."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import seed, work
from harness import App, Server, clean_environment
from stores import SqliteStore

LISTED = 20_000
INSIDE = range(15_000, 22_000)  # in each pool before; 5,000 of them are in the list
PEOPLE = [str(work.talent_id(number)) for number in range(LISTED)]
UNKNOWN = [str(work.talent_id(number)) for number in range(500_000, 500_300)]
APP = App("bench", work.APP_ID, work.APP_SECRET)
JOURNAL = "people.csv.rencai-journal"
MOST_LINES = 7  # that an undisturbed command prints, or so


class Command:
    """A command at work. `lines` are what it has printed so far."""

    def __init__(self, folder: Path, port: str, pool: str) -> None:
        environment = {"RENCAI_APP_ID": APP.app_id, "RENCAI_APP_SECRET": APP.app_secret}
        words = ["pool", "set", pool, "people.csv", "--yes", "--unknown", "skip", "--json"]
        self.lines: list[bytes] = []
        with (folder / "err").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rencai", *words, "--url", f"http://127.0.0.1:{port}"],
                cwd=folder,
                env=clean_environment() | environment,
                stdout=subprocess.PIPE,
                stderr=err,
            )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(self._process.stdout)

    def wait_for(self, count: int) -> bool:
        """Wait until it has printed so many lines. Whether it is still at work."""
        while len(self.lines) < count and self._process.poll() is None:
            time.sleep(0.002)
        return self._process.poll() is None

    def kill(self) -> int:
        """`kill -9`, and the exit code."""
        self._process.kill()
        return self.ended()

    def ended(self) -> int:
        """The exit code, when it ends by itself."""
        code = self._process.wait(150)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


class Town:
    """A database of people and pools, and a server that can be killed and comes back where it was."""

    def __init__(self, folder: Path, pools: int) -> None:
        self.folder = folder
        self.database = folder / "rencai.db"
        seed.seed_rencai(self.database, INSIDE.stop, pools, [(number, INSIDE) for number in range(pools)])
        self.server = Server(SqliteStore(self.database))
        self.port = self.server.url.rpartition(":")[2]

    def restart(self) -> None:
        """Kill the server, and start it where it was."""
        self.server.kill()
        self.server = Server(SqliteStore(self.database), "--port", self.port)


class Round:
    """A pool of the town's, and a list for it in a folder of its own."""

    def __init__(self, town: Town, number: int) -> None:
        self.town = town
        self.pool = str(work.pool_id(number))
        self.folder = town.folder / str(number)
        self.folder.mkdir()
        lines = [*PEOPLE, *UNKNOWN]
        random.Random(number).shuffle(lines)
        (self.folder / "people.csv").write_text("talent_id\n" + "\n".join(lines) + "\n")

    def command(self) -> Command:
        """The command, begun."""
        return Command(self.folder, self.town.port, self.pool)

    def finish(self, command: Command) -> dict[str, Any]:
        """Let it end, and say it again until it is done. What it reports, or the journal where nobody saw that."""
        err = ""
        for _ in range(5):
            code = command.ended()
            err = (self.folder / "err").read_text()
            if code == 2 and "was done" in err:  # the command was killed once it had shown its report
                steps = map(json.loads, (self.folder / JOURNAL).read_bytes().splitlines())
                return next(step["report"] for step in steps if step.get("event") == "done")
            if command.lines and b'"event":"report"' in command.lines[-1]:
                assert code == 3, err  # some are unknown
                return json.loads(command.lines[-1])
            assert code in (1, 3), err
            command = self.command()
        raise AssertionError(err)

    def check(self, report: dict[str, Any]) -> None:
        """The pool is the list, history makes it so and agrees with the report, and nobody moved twice."""
        client = self.town.server.client_of(APP)
        assert set(client.members(self.pool)) == set(PEOPLE)
        added: Counter[str] = Counter()
        removed: Counter[str] = Counter()
        for change in client.changes(self.pool):
            if change["operation"] != "talent_pool_batch_change":  # who was in it before came in that way
                for part in change["parts"]:
                    added.update(part["added"])
                    removed.update(part["removed"])
        before = {str(work.talent_id(number)) for number in INSIDE}
        assert added == Counter(set(PEOPLE) - before)
        assert removed == Counter(before - set(PEOPLE))
        assert (report["added"], report["removed"], report["unknown"]) == (added.total(), removed.total(), 300)
        lines = (self.folder / "people.failures.csv").read_text().splitlines()[1:]
        assert sorted(line.partition(",")[0] for line in lines) == sorted(UNKNOWN)


def at_some_moment(command: Command, draw: random.Random) -> bool:
    """Wait for one. Whether the command was still at work then."""
    command.wait_for(draw.randint(1, MOST_LINES))
    time.sleep(draw.uniform(0, 0.15))
    return command.wait_for(0)


def kill_the_command(round_: Round, draw: random.Random) -> int:
    """Kill it, perhaps twice, and say it again. How many kills met it at work."""
    amid = 0
    for _ in range(draw.randint(1, 2)):
        command = round_.command()
        at_some_moment(command, draw)
        amid += command.kill() == -9
    round_.check(round_.finish(round_.command()))
    return amid


def kill_the_server(round_: Round, draw: random.Random) -> int:
    """Kill it under the command, perhaps twice; it comes back. How many kills met the command at work."""
    command = round_.command()
    amid = 0
    for _ in range(draw.randint(1, 2)):
        amid += at_some_moment(command, draw)
        round_.town.restart()
    round_.check(round_.finish(command))
    return amid


KILLS = pytest.mark.parametrize("kill", [kill_the_command, kill_the_server])


def survive(folder: Path, kill: Callable[[Round, random.Random], int], rounds: int) -> int:
    """So many pools, each made the list under kills. How many kills met the command at work."""
    town = Town(folder, rounds)
    draw = random.Random()
    try:
        return sum(kill(Round(town, number), draw) for number in range(rounds))
    finally:
        assert town.server.stop() == 0


@KILLS
def test_a_few_kills(tmp_path: Path, kill: Callable[[Round, random.Random], int]) -> None:
    survive(tmp_path, kill, 2)


@pytest.mark.soak
@KILLS
def test_twenty_kills(tmp_path: Path, kill: Callable[[Round, random.Random], int]) -> None:
    assert survive(tmp_path, kill, 30) >= 20
