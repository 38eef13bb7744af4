"""What `rencai doctor` looks at: each check says what it found, and what to do where that is wrong."""

import contextlib
import os
import platform
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rencai import __version__, clock, config
from rencai.cli.check import Check
from rencai.cli.postgres_checks import checks_of
from rencai.config import SettingError
from rencai.main import ServeSettings, check_certificate, database_looked_at
from rencai.storage.postgres_look import PostgresLook
from rencai.storage.seam import DatabaseRefused, DatabaseUnusable
from rencai.storage.sqlite_look import Look

LEAST_FREE_BYTES = 1 << 30
MOST_SYNC_MILLISECONDS = 50.0
SYNCS = 20
MOST_DRIFT_SECONDS = 0.5
MOST_FILE_CLOCK_SECONDS = 3.0
FIRST_DAY = 1_735_689_600_000  # 2025-01-01: a clock from before that has not been set
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs"}
MEMORY = {"tmpfs", "ramfs"}


def all_checks(settings: ServeSettings) -> Iterator[Check]:
    """Every check, one after the other."""
    yield Check(
        "rencai", f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    yield from _settings(settings)
    try:
        look = database_looked_at(settings.database)
    except (SettingError, DatabaseUnusable, DatabaseRefused) as wrong:
        found, _, advice = str(wrong).partition("; ")
        yield Check("database", masked(found), masked(advice))
        yield from _clock(Path(tempfile.gettempdir()), 0)
        return
    if isinstance(look, PostgresLook):
        yield from checks_of(look, settings)
        yield from _clock(Path(tempfile.gettempdir()), look.newest_change)
        return
    yield from _database(look)
    yield from _folder(look)
    yield from _clock(look.file.absolute().parent, look.newest_change)


def masked(text: str) -> str:
    """A text without the password of a URL in it."""
    text = re.sub(r"(://[^:/@\s]*):\S*@", r"\1:***@", text)
    return re.sub(r"([?&]password=)[^&\s]*", r"\1***", text)


def _settings(settings: ServeSettings) -> Iterator[Check]:
    try:
        zone = config.time_zone(settings.time_zone)
        yield Check("time zone", zone.key)
        if (settings.tls_cert is None) != (settings.tls_key is None):
            raise SettingError("half a certificate; give both --tls-cert and --tls-key, or neither")
        check_certificate(settings.tls_cert, settings.tls_key)
    except SettingError as wrong:
        found, _, advice = str(wrong).partition("; ")
        yield Check("settings", found, advice)
    key = Path(settings.tls_key or "")
    if settings.tls_key and key.is_file() and key.stat().st_mode & 0o007:
        yield Check("TLS key", f"{key} can be read by everybody", f"say chmod o= {key}")


def _database(look: Look) -> Iterator[Check]:
    yield Check("engine", look.engine)
    # One server has the file, so what it counts is all there is to count.
    yield Check("rate limits", "counted in the memory of the one server process")
    schema = f"{look.schema}, this program's is {look.schema_known}"
    if look.schema > look.schema_known:
        yield Check("schema", schema, "run the newer rencai that this database belongs to")
    elif look.schema < look.schema_known:
        yield Check("schema", schema, "start the server with this program: it brings the database up to date")
    else:
        yield Check("schema", str(look.schema))
    mode = look.file.stat().st_mode & 0o777
    found = f"{look.file}, {look.bytes:,} bytes, {look.log_bytes:,} in the log, mode {mode:03o}"
    yield Check("file", found, f"others than the owner can read it: say chmod 600 {look.file}" if mode & 0o077 else "")


def _folder(look: Look) -> Iterator[Check]:
    folder = look.file.absolute().parent
    kind = _file_system(folder)
    if kind in NETWORK:
        yield Check("file system", kind, "SQLite's log needs a disk of this machine: move the database to one")
    elif kind in MEMORY:
        yield Check("file system", kind, "it is memory, and gone with the next start: move the database to a disk")
    elif kind:
        yield Check("file system", kind)
    free = shutil.disk_usage(folder).free
    advice = "" if free >= LEAST_FREE_BYTES else "make room: on a full disk every change is answered with 1002001"
    yield Check("disk space", f"{free / (1 << 30):,.1f} GiB free in {folder}", advice)
    yield _speed(folder)


def _file_system(folder: Path) -> str:
    """Its kind, where the system tells it: on Linux."""
    best, kind = "", ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
            mounted, _, told = line.partition(" - ")
            point = mounted.split()[4]
            if folder.is_relative_to(point) and len(point) >= len(best):
                best, kind = point, told.split()[0]
    return kind


def _speed(folder: Path) -> Check:
    try:
        taken = _syncs(folder)
    except OSError as failure:
        return Check("fsync", f"{folder} can't be written to ({failure.strerror})", "check the folder and its rights")
    median = statistics.median(taken) * 1000
    advice = (
        "each commit waits that long: put the database on a quicker disk" if median > MOST_SYNC_MILLISECONDS else ""
    )
    return Check("fsync", f"{median:.2f} ms in the middle of {len(taken)}, {max(taken) * 1000:.2f} ms at most", advice)


def _syncs(folder: Path) -> list[float]:
    """The seconds that small writes take to be on the disk."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return taken


def _clock(folder: Path, newest_change: int) -> Iterator[Check]:
    """The clock beside the file system's, beside one that can't be set, and beside what the database has seen."""
    drift, file_ahead = _drift(folder)
    now = clock.now()
    advice = ""
    if now < FIRST_DAY:
        advice = "the clock has not been set: set it"
    elif now < newest_change:
        behind = (newest_change - now) / 1000
        advice = f"it is {behind:,.0f} s behind the newest change, so it was set back: set it right before serving"
    elif abs(drift) > MOST_DRIFT_SECONDS:
        advice = f"it jumped by {drift:+.1f} s while this ran: let a time service slew it instead of stepping it"
    elif abs(file_ahead) > MOST_FILE_CLOCK_SECONDS:
        advice = f"the file system's is {file_ahead:+.1f} s off: are they two machines? set both right"
    yield Check("clock", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000)), advice)


def _drift(folder: Path) -> tuple[float, float]:
    """Seconds by which the clock went further than the one that can't be set; and by which a new file's is ahead."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.2)
    drift = (time.time() - wall) - (time.monotonic() - steady)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
            return drift, os.fstat(file.fileno()).st_mtime - time.time()
    except OSError:  # a folder that can't be written to is told of elsewhere
        return drift, 0.0
