"""A command on a terminal that answers it: what it shows is waited for, and what is typed goes in as keys."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness import clean_environment

CTRL_C = "\x03"
PATIENCE_SECONDS = 60

# The terminal becomes that of the new session, so that Ctrl-C reaches the command.
_START = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"


class Dialog:
    """A command at work. `seen` is all that the terminal got."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self.seen = ""
        self._terminal = terminal
        self._process = process

    def wait_for(self, words: str) -> None:
        """Read on until the words have been shown."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while words not in self.seen:
            assert time.monotonic() < ends, self.seen
            assert self._read(), self.seen

    def type(self, keys: str) -> None:
        """Type something."""
        os.write(self._terminal, keys.encode())

    def interrupted(self) -> int:
        """Type Ctrl-C at a question, and the exit code.

        One that comes after the interpreter's last look and before it reads the answer is noticed with the next.
        """
        self.type(CTRL_C)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self.type(CTRL_C)
        return self.ended()

    def ended(self) -> int:
        """Read to the end, and the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Whether there is more to come."""
        if not select.select([self._terminal], [], [], PATIENCE_SECONDS)[0]:
            raise AssertionError(f"nothing more is shown: {self.seen}")
        try:
            part = os.read(self._terminal, 65536)
        except OSError:  # what Linux says when the other side has closed it
            return False
        self.seen += part.decode(errors="replace")
        return bool(part)


@contextmanager
def dialog(folder: Path, environment: Mapping[str, str], *arguments: str) -> Generator[Dialog]:
    """A command in that folder, with its three streams on a terminal; it is over when the block is."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _START, sys.executable, "-m", "rencai", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "200", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Dialog(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
