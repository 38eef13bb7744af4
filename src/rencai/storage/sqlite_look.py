"""A look at a SQLite file that changes nothing, not even its schema: what `rencai doctor` tells of it."""

import contextlib
from pathlib import Path

import apsw
import msgspec

from rencai.storage import schema
from rencai.storage.seam import DatabaseUnusable


class Look(msgspec.Struct, frozen=True):
    """What was seen. `engine` is its name and version, `newest_change` the time (ms) of the last change; 0 for none."""

    engine: str
    schema: int
    schema_known: int
    newest_change: int
    file: Path
    bytes: int
    log_bytes: int


def look_at(path: Path) -> Look:
    """Look at a file. Raises DatabaseUnusable for what is no database of ours, and for what can't be opened."""
    engine, known = f"SQLite {apsw.sqlite_lib_version()}", len(schema.scripts())
    log = path.with_name(path.name + "-wal")
    try:
        with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            schema.refuse_foreign(connection)
            number = schema.number_of(connection)
            newest = connection.execute("SELECT max(change_time) FROM talent_pools").get if number else 0
            log_bytes = log.stat().st_size if log.exists() else 0
            return Look(engine, number, known, int(newest or 0), path, path.stat().st_size, log_bytes)
    except apsw.NotADBError as failure:
        raise DatabaseUnusable(f"{path} is not a SQLite database; name another file") from failure
    except (apsw.Error, OSError) as failure:
        raise DatabaseUnusable(f"{path} can't be opened ({failure}); check the folder and its rights") from failure
