"""The way back from whatever changed a pool: a run, a single change, or the list of a journal.

    with undoing.opened(client, "people.csv.rencai-journal") as way:
        way.plan(tell)                 # UndoPlan(to_add=0, to_remove=400, to_leave=0)
        way.undo("a mistake", tell)    # the Report

Whoever breaks `undo` off finds in `way.look_on` how to see what became of it.
"""

import contextlib
import shlex
from collections.abc import Generator
from pathlib import Path
from typing import Protocol

from msgspec import UNSET

from rencai.bulk import compatible, journal, native
from rencai.bulk.journal import Journal
from rencai.bulk.plans import Report, Tell, UndoPlan
from rencai.bulk.refusals import ListError
from rencai.client import Client, Refused
from rencai.contract.changes import Undone
from rencai.contract.errors import CHANGE_UNDONE, ERRORS, RUN_NOT_FOUND

PAGE = 100


class Way(Protocol):
    """The way back from one thing. `look_on` is None until the server may have changed something."""

    name: str
    look_on: str | None

    def plan(self, tell: Tell) -> UndoPlan:
        """What `undo` would do. Changes nothing; raises ClientError."""
        ...

    def undo(self, reason: str, tell: Tell) -> Report:
        """Put it back. Raises ClientError."""
        ...


@contextlib.contextmanager
def opened(client: Client, what: str) -> Generator[Way]:
    """The way back from the run or change of this id, or from the list of the journal at this path.

    Raises ClientError; ListError for a journal that can't be undone.
    """
    if what.isdecimal():
        yield _of_id(client, what)
        return
    with journal.taken_up(Path(what)) as noted:
        yield _of_journal(client, noted)


class OfRun:
    """The way back from a run, which is a run as well."""

    def __init__(self, client: Client, run_id: str) -> None:
        self.name = f"the run {run_id}"
        self.look_on: str | None = None
        self._client = client
        self._id = run_id

    def plan(self, tell: Tell) -> UndoPlan:
        """The sum of what undoing each of its changes would do: each person is in one of them."""
        run = self._client.run_get(self._id).run
        total = run.added + run.removed
        figures = UndoPlan(to_add=0, to_remove=0, to_leave=0)
        refused: Refused | None = None
        for change in self._client.change_list_all(run_id=run.id, page_size=PAGE):
            tell("planning", figures.count, total)
            try:
                figures = figures.plus(_planned(self._client.change_undo(change.id, dry_run=True)))
            except Refused as failed:
                if failed.code != CHANGE_UNDONE.code:
                    raise
                refused = failed
        tell("planning", total, total)
        if refused and not figures.count:
            raise refused
        return figures

    def undo(self, reason: str, tell: Tell) -> Report:
        """Have the server make the run, and follow it to its end."""
        with _sending(
            self, f"it may have been begun, which `rencai run show {self._id}` says; else say the same again"
        ):
            begun = self._client.run_undo(self._id, reason=reason or UNSET).run
        self.look_on = f"the server goes on with it; to see how it ends: rencai run show {begun.id} --wait"
        return native.reported(native.followed(self._client, begun.id, tell), 0)


class OfChange:
    """The way back from one change, which is a change as well."""

    def __init__(self, client: Client, change_id: str) -> None:
        self.name = f"the change {change_id}"
        self.look_on: str | None = None
        self._client = client
        self._id = change_id

    def plan(self, tell: Tell) -> UndoPlan:
        """A dry run of it."""
        return _planned(self._client.change_undo(self._id, dry_run=True))

    def undo(self, reason: str, tell: Tell) -> Report:
        """One call."""
        how = f"it may have been done, which `rencai change show {self._id} --json` says; else say the same again"
        with _sending(self, how):
            done = self._client.change_undo(self._id, reason=reason or UNSET)
        figures = _planned(done)
        return Report(
            state="done",
            added=figures.to_add,
            removed=figures.to_remove,
            unchanged=0,
            unknown=0,
            conflicts=len(done.conflicts),
            undo=f"rencai change undo {done.change_id}" if done.change_id else None,
        )


class OfSnapshot:
    """The way back from a list that was made with a snapshot, on a server without runs. It may be said again."""

    def __init__(self, client: Client, noted: Journal) -> None:
        self.name = journal.shown_path(noted.path)
        self.look_on: str | None = None
        self._client = client
        self._journal = noted

    def plan(self, tell: Tell) -> UndoPlan:
        """Whom the snapshot says to put back; whom others have touched since then is not known."""
        back, adds = compatible.back_of(self._journal)
        return UndoPlan(to_add=len(back) if adds else 0, to_remove=0 if adds else len(back), to_leave=None)

    def undo(self, reason: str, tell: Tell) -> Report:
        """Put them back, a part at a time."""
        same = shlex.join(["rencai", "pool", "undo", str(self._journal.path)])
        self.look_on = f"a part of it may be done; the same command does it all: {same}"
        added, removed = compatible.undo(self._client, self._journal, tell)
        self._journal.note("undone", added=added, removed=removed)
        return Report(state="done", added=added, removed=removed, unchanged=None, unknown=0)


def _of_id(client: Client, number: str) -> Way:
    try:
        client.run_get(number)
    except Refused as refused:
        if refused.code != RUN_NOT_FOUND.code:
            raise
        return OfChange(client, number)
    return OfRun(client, number)


def _of_journal(client: Client, noted: Journal) -> Way:
    head, name = noted.head, journal.shown_path(noted.path)
    if (head.url, head.app_id) != (client.base_url, client.app_id):
        raise ListError(f"{name} is of {head.url} and the app {head.app_id}; call that one")
    if not noted.is_begun:
        raise ListError(f"{name} is of a change that was not begun; there is nothing to undo")
    if run := noted.last("run"):
        return OfRun(client, run["id"])
    if noted.last("sending"):
        raise ListError("this was broken off while it was sent; say its command again to finish it, and undo it then")
    return OfSnapshot(client, noted)


def _planned(undone: Undone) -> UndoPlan:
    return UndoPlan(
        to_add=sum(len(part.added) for part in undone.parts),
        to_remove=sum(len(part.removed) for part in undone.parts),
        to_leave=len(undone.conflicts),
    )


@contextlib.contextmanager
def _sending(way: Way, look_on: str) -> Generator[None]:
    """While the call is made that undoes: nobody knows whether it was, unless it is refused."""
    way.look_on = look_on
    try:
        yield
    except Refused as refused:
        known = ERRORS.get(refused.code)
        if known and known.status < 500 and not refused.may_be_done:
            way.look_on = None
        raise
