"""A copy of a SQLite file that is in use.

SQLite's backup API copies pages. It begins again whenever another connection has written, for ever under steady writes,
unless the connection it reads from holds a read transaction: then it copies the state of that moment, while others
write on. VACUUM INTO reads one state too, but builds every page anew, several times the work, and tells no progress.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import apsw

from rencai.storage.seam import DatabaseUnusable, NotDone
from rencai.storage.sqlite_units import READER_CACHE_KIB, connect

PAGES = 2_000  # copied between two reports


def back_up(path: Path, copy: Path, report: Callable[[int, int], None]) -> int:
    """Copy a database, as it is when this begins, into a new file that its owner alone can read. The bytes it has.

    `report` is told the pages done and in all. The copy has its name once all of it is on the disk, not before.
    Raises DatabaseUnusable for a name that is taken and for what is no database, NotDone.
    """
    if copy.exists():
        raise DatabaseUnusable(f"{copy} is there already; name another file")
    with contextlib.closing(connect(path, READER_CACHE_KIB)) as source, _temporary_beside(copy) as unnamed:
        try:
            _copy_pages(source, unnamed, report)
            _sync(unnamed)
            _give_name(unnamed, copy)
            _sync(copy.absolute().parent)
        except (apsw.Error, OSError) as failure:
            words = "the disk is full" if isinstance(failure, apsw.FullError) else str(failure)
            raise NotDone(f"{copy} could not be written ({words}); no copy was made") from failure
    return copy.stat().st_size


@contextlib.contextmanager
def _temporary_beside(copy: Path) -> Generator[Path]:
    """A file in the folder of the copy with mode 0600, gone at the end."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{copy.name}-", dir=copy.absolute().parent)
    except OSError as failure:
        raise DatabaseUnusable(f"{copy} can't be made ({failure}); check the folder and its rights") from failure
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(name + ending).unlink(missing_ok=True)


def _copy_pages(source: apsw.Connection, unnamed: Path, report: Callable[[int, int], None]) -> None:
    source.execute("BEGIN")
    source.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # from here on this state is what is read
    with contextlib.closing(apsw.Connection(str(unnamed))) as target:
        with target.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(PAGES)
                report(backup.page_count - backup.remaining, backup.page_count)
        # One file that needs no other beside it, on a disk that can only be read too. A server turns the log on again.
        target.pragma("journal_mode", "delete")
    source.execute("ROLLBACK")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_name(unnamed: Path, copy: Path) -> None:
    """Put the file under its name, if that is still free."""
    try:
        os.link(unnamed, copy)
    except FileExistsError as failure:
        raise DatabaseUnusable(f"{copy} is there already; name another file") from failure
    except OSError:  # a file system without links, such as that of a stick
        if copy.exists():
            raise DatabaseUnusable(f"{copy} is there already; name another file") from None
        unnamed.rename(copy)
