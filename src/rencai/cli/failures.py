"""How a command says that it failed, where no error of the client or of a list says it; and the exit codes."""

import contextlib
import os
from collections.abc import Generator

FAILED = 1
WRONG_USAGE = 2
IN_PART = 3


class Failed(Exception):
    """Nothing was changed. The message is one line that says what, where and what to do."""


class InPart(Exception):
    """Some of it was done. The message says what was, and how to go on."""


def unshown(failure: OSError) -> str:
    """What is said where standard output takes nothing, which is written to no more.

    What is left for it would fail again at the end, and change the exit code.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return f"what it shows can't be written: {(failure.strerror or str(failure)).lower()}"


@contextlib.contextmanager
def after_change() -> Generator[None]:
    """For what is shown when something has been changed. Raises InPart where standard output does not take it."""
    try:
        yield
    except OSError as failure:
        raise InPart(f"it is done, but {unshown(failure)}") from failure
