"""Files that are whole or not there: written beside their place under another name, and moved there at the end."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from rencai.bulk.refusals import NotWritten, plain


@contextlib.contextmanager
def saved(path: Path) -> Generator[IO[bytes]]:
    """A file to write into, with mode 0600; it takes its place when the block ends without a failure.

    Raises NotWritten where the disk is full or the place can't be written; what was there before still is.
    """
    try:
        with _beside(path) as (file, name):
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(name, path)
    except OSError as failed:
        words = (failed.strerror or str(failed)).lower()
        name = plain(str(path), 200)
        raise NotWritten(f"{name} could not be written: {words}; make room, or name another place") from failed


@contextlib.contextmanager
def _beside(path: Path) -> Generator[tuple[IO[bytes], str]]:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
    with contextlib.ExitStack() as stack:
        stack.callback(_remove, name)
        yield stack.enter_context(os.fdopen(descriptor, "wb")), name


def _remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)
