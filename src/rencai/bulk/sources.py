"""Where the bytes of a list come from: a file, or a stream that is kept in a temporary file so it can be read twice."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from rencai.bulk.refusals import ListError, plain

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1 << 20
_MOST_SPOOLED = 4 << 30
STANDARD_INPUT = "standard input"


class Source:
    """The bytes of a list. `name` is safe to show. Any number of readers may read at once, each from its own place."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self._file = file
        self._state = self._stat()
        self.size = self._state[0]

    def reader(self) -> io.BufferedReader:
        """A reader of its own from the first byte on."""
        return io.BufferedReader(_Reader(self), PIECE >> 2)

    def read_into(self, buffer: WriteableBuffer, place: int) -> int:
        """Read what is at a place: how many bytes there were. Raises ListError where the disk does not give them."""
        try:
            return os.preadv(self._file.fileno(), [buffer], place)
        except OSError as failed:
            raise ListError(f"{self.name} can't be read: {_reason(failed)}") from failed

    def check_unchanged(self) -> None:
        """Raise ListError where the file was written to since it was opened."""
        if self._stat() != self._state:
            raise changed(self.name)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _stat(self) -> tuple[int, int]:
        state = os.fstat(self._file.fileno())
        return state.st_size, state.st_mtime_ns


def changed(name: str) -> ListError:
    """For a file that is not what it was."""
    return ListError(f"{name} was changed while it was read; say the same again when nobody writes to it")


def opened(place: Path | BinaryIO) -> Source:
    """The bytes of a file, or of a stream such as standard input. Raises ListError where they can't be had.

    What is no regular file (a pipe, `/dev/stdin`, `<(...)`) is read as a stream.
    """
    if not isinstance(place, Path):
        return _spooled(place, STANDARD_INPUT)
    name = plain(str(place), 200)
    try:
        if place.is_dir():
            raise ListError(f"{name} is a folder; name a file")
        file = place.open("rb")
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return Source(file, name)
    except FileNotFoundError as missing:
        raise ListError(f"{name} is not there; check the path") from missing
    except (OSError, ValueError) as failed:  # ValueError: a NUL in the path
        raise ListError(f"{name} can't be read: {_reason(failed)}") from failed
    with file:
        return _spooled(file, name)


def _spooled(stream: BinaryIO, name: str) -> Source:
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the Source
    try:
        while piece := stream.read(PIECE):
            kept.write(piece)
            if kept.tell() > _MOST_SPOOLED:
                raise ListError(f"{name} does not end: it has brought more than 4 GiB; give a file")
        kept.flush()
    except ListError:
        kept.close()
        raise
    except OSError as failed:
        kept.close()
        raise ListError(f"{name} can't be kept in {plain(tempfile.gettempdir(), 200)}: {_reason(failed)}") from failed
    return Source(kept, name)


def _reason(failure: OSError | ValueError) -> str:
    words = failure.strerror if isinstance(failure, OSError) else None
    return (words or str(failure)).lower()


class _Reader(io.RawIOBase):
    """Reads by position, so that readers of one file don't move each other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._source.read_into(buffer, self._place)
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._source.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        return self._place
