"""Server processes: start one on a database file, ask for a token, read what it costs, end it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from bench.work import APP_ID, APP_SECRET

ROOT = Path(__file__).parent.parent
_START_SECONDS = 30.0
_STOP_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def rencai_command(database: Path) -> list[str]:
    """The command that serves a database."""
    return [sys.executable, "-m", "rencai", "serve", "--database", f"sqlite:///{database}", "--port", "0"]


def plain_command(database: Path) -> list[str]:
    """The command of the plain service."""
    return [sys.executable, "-m", "bench.plain_service", str(database)]


class Server:
    """A server as a context: its `workers` listen inside the block and are gone after it. Its log goes to a file."""

    def __init__(self, command: list[str], log: Path, workers: int = 1) -> None:
        self._log = log
        self._workers = workers
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=output, cwd=ROOT)
        self.url = ""

    def __enter__(self) -> "Server":
        try:
            self.url = self._listening()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def token(self) -> str:
        """A token for the seeded app."""
        body = msgspec.json.encode({"app_id": APP_ID, "app_secret": APP_SECRET})
        url = f"{self.url}/open-apis/auth/v3/tenant_access_token/internal"
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as reply:
            return str(json.load(reply)["tenant_access_token"])

    def cpu_seconds(self) -> float:
        """The CPU time the process has used, its threads and its workers included; a hundredth of a second fine."""
        return sum(_cpu_seconds(pid) for pid in _family(self._process.pid))

    def peak_mib(self) -> float:
        """The most memory the process and those it started have held, each at its own time."""
        return sum(peak_mib(pid) for pid in _family(self._process.pid))

    def _listening(self) -> str:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            lines = self._log.read_text("utf-8").splitlines(keepends=True)
            listening = [line for line in lines if '"listening"' in line and line.endswith("\n")]
            if len(listening) == self._workers:
                return str(json.loads(listening[0])["url"])
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self._log.read_text('utf-8')[-2000:]}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def peak_mib(pid: int) -> float:
    """The most memory a process has held since it became this program; 0 once it has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _family(pid: int) -> Iterator[int]:
    """A process and those it started, and so on."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))
