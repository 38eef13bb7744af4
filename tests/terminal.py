"""The command on a terminal, as a person sees it."""

import os
import pty
import subprocess
import sys

from harness import clean_environment


def on_terminal(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command with standard output and error on a terminal: the exit code, and what the terminal got."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rencai", *arguments]
    settings = {**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "200", **environment}
    settings.pop("NO_COLOR", None)
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=settings)
    os.close(theirs)
    seen = b""
    try:
        while part := _read(ours):
            seen += part
        return process.wait(60), seen.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux says when the other side has closed it
        return b""
