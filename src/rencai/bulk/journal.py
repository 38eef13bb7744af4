"""What a command has done with a list, beside the list: so that the same command goes on where it was broken off.

A line of JSON for each step, on the disk before the step counts. The last line may be torn, by `kill -9` or a full
disk; it is dropped. A step that was made and not noted is made again, which changes nothing (`native.py`,
`compatible.py`).
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from rencai.bulk.plans import Report
from rencai.bulk.refusals import ListError, NotWritten, plain
from rencai.bulk.saving import saved

SUFFIX = ".rencai-journal"
OLD = ".old"
_BEGINNING = b'{"list_name":'
ANSWERS_LIVE_SECONDS = 3600


class Head(msgspec.Struct, frozen=True):
    """What a journal is of. `key` names the change towards the server, `time` is when it was begun (s)."""

    list_name: str
    digest: str
    by: str
    talent_pool_id: str
    action: str
    url: str
    app_id: str
    key: str
    time: int

    def same_work(self, other: "Head") -> bool:
        """Whether both are of the same list, pool, action and server."""
        named = [
            (head.digest, head.by, head.talent_pool_id, head.action, head.url, head.app_id) for head in (self, other)
        ]
        return named[0] == named[1]


class _Found(msgspec.Struct, tag_field="event", tag="found"):
    answers: list[str]


class _Seen(msgspec.Struct, tag_field="event", tag="seen"):
    start: int
    ids: list[str]
    members: list[str]
    unknown: list[str]


class _Begun(msgspec.Struct, tag_field="event", tag="begun"):
    unknown: Literal["fail", "skip"]
    reason: str


class _Sending(msgspec.Struct, tag_field="event", tag="sending"):
    time: int


class _Run(msgspec.Struct, tag_field="event", tag="run"):
    id: str


class _Part(msgspec.Struct, tag_field="event", tag="part"):
    start: int
    unknown: list[str]


class _Done(msgspec.Struct, tag_field="event", tag="done"):
    report: Report
    failures: str | None  # where the rows are that failed


class _Reported(msgspec.Struct, tag_field="event", tag="reported"):
    pass


class _Undone(msgspec.Struct, tag_field="event", tag="undone"):
    added: int | None
    removed: int | None


_Step = _Found | _Seen | _Begun | _Sending | _Run | _Part | _Done | _Reported | _Undone


class Journal:
    """A journal that nobody else has open. `events` are those of the time before, each a dict with its `event`."""

    def __init__(
        self, path: Path, file: IO[bytes], head: Head, events: list[dict[str, Any]], *, aside: Path | None = None
    ) -> None:
        self.path = path
        self.aside = aside  # where the journal is that was here before
        self.head = head
        self.events = events
        self.is_kept = False  # where nothing was begun: set by whoever is broken off and will go on
        self._file = file

    def note(self, event: str, **fields: object) -> None:
        """Put a step down. Raises NotWritten where the disk does not take it: the step must not be made then."""
        noted = {"event": event, **fields}
        _write_line(self.path, self._file, noted)
        self.events.append(noted)

    def last(self, event: str) -> dict[str, Any] | None:
        """The last step of a kind, or None."""
        return next((noted for noted in reversed(self.events) if noted["event"] == event), None)

    def all(self, event: str) -> list[dict[str, Any]]:
        """All steps of a kind, in order."""
        return [noted for noted in self.events if noted["event"] == event]

    @property
    def done(self) -> tuple[Report, str | None] | None:
        """What the work came to, and where the rows are that failed; None where it is not at its end."""
        noted = self.last("done")
        return None if noted is None else (msgspec.convert(noted["report"], Report), noted["failures"])

    @property
    def is_begun(self) -> bool:
        """Whether something may have been changed."""
        return self.last("begun") is not None

    @property
    def has_answers(self) -> bool:
        """Whether there are answers of the server in it that took a while."""
        return any(noted["event"] in ("found", "seen") for noted in self.events)

    def forget(self) -> None:
        """Take the journal away, or put the one back that was here before: nothing was changed."""
        if self.aside is None:
            self.path.unlink(missing_ok=True)
        else:
            self.aside.replace(self.path)


def place_of(list_path: Path | None, digest: str) -> Path:
    """Where the journal of a list is: beside the file; of standard input in this folder, by what came in."""
    if list_path is None:
        return Path(f"stdin-{digest[:12]}{SUFFIX}")
    return list_path.with_name(list_path.name + SUFFIX)


@contextlib.contextmanager
def opened(path: Path, head: Head, *, again: bool) -> Generator[Journal]:
    """The journal at `path`: the one that is there where it is of the same work and not at its end, else a new one.

    Raises ListError where the one there is of other work that was begun, or at its end; `again` puts one that is at
    its end aside. One that is done is at its end when its report has been shown, or where other work is meant. When the
    block ends, a journal in which nothing was begun is taken away, unless it is to be kept; one that was put aside for
    it comes back.
    """
    is_fresh = _is_fresh(path)
    with _locked(path) as file:
        found = read(path)
        aside = None
        if found is not None and again and _is_done(found[1]):
            aside, found = _put_aside(path), None
        elif found is not None:
            found = _kept(path, *found, head, is_fresh=is_fresh)
        journal = _new(path, file, head, aside) if found is None else _taken_up(path, file, *found)
        try:
            yield journal
        finally:
            goes_on = journal.is_kept and journal.has_answers and aside is None
            if not (journal.is_begun or goes_on):
                journal.forget()


@contextlib.contextmanager
def taken_up(path: Path) -> Generator[Journal]:
    """The journal at `path`, whatever it is of. Raises ListError where there is none."""
    if not path.is_file():
        raise ListError(f"{shown_path(path)} is not there; name a journal, or the id of a change or a run")
    beside = place_of(path, "")
    if beside.is_file():
        raise ListError(f"{shown_path(path)} is a list; name its journal: {shown_path(beside)}")
    with _locked(path) as file:
        found = read(path)
        if found is None:
            raise ListError(f"{shown_path(path)} is empty; nothing was changed by it")
        yield _taken_up(path, file, *found)


def read(path: Path) -> tuple[Head, list[dict[str, Any]]] | None:
    """A journal's head and steps; None where there is none, or not even its head. Raises ListError where it is none."""
    try:
        *lines, torn = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    if not lines and _BEGINNING.startswith(torn[: len(_BEGINNING)]):
        return None
    try:
        head = msgspec.json.decode(lines[0] if lines else torn, type=Head)
    except msgspec.DecodeError as broken:
        raise ListError(f"{shown_path(path)} is no journal of rencai; move it away") from broken
    events: list[dict[str, Any]] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            events.append(msgspec.to_builtins(msgspec.json.decode(line, type=_Step)))
        except msgspec.DecodeError as broken:
            raise ListError(
                f"{shown_path(path)}, line {number}, is broken; move it away and look at the pool"
            ) from broken
    return head, events


def shown_path(path: Path) -> str:
    """A path that is safe to show."""
    return plain(str(path), 200)


def _is_fresh(path: Path) -> bool:
    """Whether what the server answered may still be so."""
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime < ANSWERS_LIVE_SECONDS
    return False


def _kept(
    path: Path, there: Head, events: list[dict[str, Any]], head: Head, *, is_fresh: bool
) -> tuple[Head, list[dict[str, Any]]] | None:
    kinds = {noted["event"] for noted in events}
    name = shown_path(path)
    if "begun" not in kinds:
        return (there, events) if is_fresh and there.same_work(head) else None
    if _is_done(events):
        if "reported" not in kinds and there.same_work(head):
            return there, events
        was = "this was done" if there.same_work(head) else f"{name} is of {_work(there)}, which was done"
        raise ListError(f"{was} on {_day(there)}; say --again to do it once more, or remove {name}")
    if not there.same_work(head):
        raise ListError(f"{name} is of {_work(there)}, which was broken off; finish that first, or remove {name}")
    return there, events


def _is_done(events: list[dict[str, Any]]) -> bool:
    return any(noted["event"] == "done" for noted in events)


def _put_aside(path: Path) -> Path:
    aside = path.with_name(path.name + OLD)
    with saved(aside) as file:
        file.write(path.read_bytes())
    return aside


def _work(head: Head) -> str:
    listed = f"{plain(head.list_name)} (sha256 {head.digest[:12]})"
    return f"{head.action} {listed} with the pool {head.talent_pool_id} of {plain(head.url)}"


def _day(head: Head) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(head.time))


def _new(path: Path, file: IO[bytes], head: Head, aside: Path | None) -> Journal:
    file.truncate(0)
    journal = Journal(path, file, head, [], aside=aside)
    try:
        _write_line(path, file, head)
    except NotWritten:
        journal.forget()
        raise
    return journal


def _taken_up(path: Path, file: IO[bytes], head: Head, events: list[dict[str, Any]]) -> Journal:
    _drop_torn_line(file)
    return Journal(path, file, head, events)


def _write_line(path: Path, file: IO[bytes], line: object) -> None:
    """Put a line on the disk, whole or torn. The file has no buffer, which would be written later at a bad time."""
    left = msgspec.json.encode(line) + b"\n"
    try:
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    except OSError as failed:
        words = (failed.strerror or str(failed)).lower()
        raise NotWritten(f"{shown_path(path)} can't be written: {words}; make room and say the same again") from failed


@contextlib.contextmanager
def _locked(path: Path) -> Generator[IO[bytes]]:
    """The file, for one command at a time."""
    while True:
        with _file(path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                raise ListError(f"another command is at work with {shown_path(path)}; wait for it") from taken
            if not _is_there(path, file):
                continue  # whoever had it took it away
            yield file
            return


def _file(path: Path) -> IO[bytes]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as failed:
        words = (failed.strerror or str(failed)).lower()
        raise NotWritten(
            f"{shown_path(path)} can't be written: {words}; the journal must stand beside the list"
        ) from failed
    return os.fdopen(descriptor, "r+b", buffering=0)


def _is_there(path: Path, file: IO[bytes]) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False


def _drop_torn_line(file: IO[bytes]) -> None:
    size = file.seek(0, os.SEEK_END)
    reach = min(size, 1 << 20)
    file.seek(size - reach)
    whole = file.read(reach).rfind(b"\n") + 1
    if whole < reach:
        file.truncate(size - reach + whole)
    file.seek(0, os.SEEK_END)
