"""The command on a terminal, as a person sees it."""

import os
import pty
import subprocess
import sys
from collections.abc import Sequence

from harness import clean_environment


def on_terminal(*arguments: str, answers: Sequence[tuple[str, str]] = (), **environment: str) -> tuple[int, str]:
    """Run the command on a terminal: the exit code, and what the terminal got.

    `answers` are typed one after the other, each once the terminal shows the text beside it.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rencai", *arguments]
    settings = {**clean_environment(), "TERM": "xterm-256color", "COLUMNS": "200", **environment}
    settings.pop("NO_COLOR", None)
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=settings, start_new_session=True
    )
    os.close(theirs)
    seen = b""
    left = list(answers)
    try:
        while part := _read(ours):
            seen += part
            if left and left[0][0] in seen.decode(errors="replace"):
                os.write(ours, left.pop(0)[1].encode() + b"\n")
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
