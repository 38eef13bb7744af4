"""Server processes: start one on a database file, ask for a token, read what it costs, end it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
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
    """A server process as a context: it listens inside the block and is gone after it. Its log goes to a file."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
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
        """The CPU time the process has used, its threads included; a hundredth of a second fine."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_mib(self) -> float:
        """The most memory the process has held."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmHWM in /proc/PID/status")

    def _listening(self) -> str:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            for line in self._log.read_text("utf-8").splitlines(keepends=True):
                if '"listening"' in line and line.endswith("\n"):
                    return str(json.loads(line)["url"])
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self._log.read_text('utf-8')[-2000:]}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
