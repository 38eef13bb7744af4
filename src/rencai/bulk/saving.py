"""Files that are whole or not there: written beside their place under another name, and moved there at the end."""

from __future__ import annotations

import contextlib
import filecmp
import io
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rencai.bulk.refusals import NotWritten, plain

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextlib.contextmanager
def saved(path: Path) -> Generator[IO[bytes]]:
    """A file to write into, with mode 0600; it takes its place when the block ends without a failure.

    Raises NotWritten where the disk is full or the place can't be written; what was there before still is. What else
    the block raises goes through, and leaves nothing either.
    """
    with _refused(path):
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
    with contextlib.ExitStack() as stack:
        stack.callback(_remove, name)
        file = io.BufferedWriter(stack.enter_context(_File(descriptor, path)))
        yield file
        file.flush()
        with _refused(path):
            os.fsync(descriptor)
            os.replace(name, path)


def free(path: Path) -> tuple[Path, Path | None]:
    """A name that nothing has: the path, or `people.failures-2.csv` and so on; and the last of them that is there.

    What is there may be somebody's work by now.
    """
    before, found, number = None, path, 1
    while found.exists():
        number += 1
        before, found = found, path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found, before


def kept_once(path: Path, before: Path | None) -> Path:
    """The file, or the one before it where both hold the same, and the new one is not needed."""
    if before is not None and filecmp.cmp(path, before, shallow=False):
        path.unlink()
        return before
    return path


class _File(io.FileIO):
    """A file whose failures are told by the name it will have."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, data: ReadableBuffer, /) -> int:
        with _refused(self._path):
            return super().write(data)


@contextlib.contextmanager
def _refused(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as failed:
        words = (failed.strerror or str(failed)).lower()
        name = plain(str(path), 200)
        raise NotWritten(f"{name} could not be written: {words}; make room, or name another place") from failed


def _remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)
