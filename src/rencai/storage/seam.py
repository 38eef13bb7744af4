"""The one narrow seam between what the server does and how it is kept.

A unit of work is an async function of a transaction. It awaits nothing but that transaction, and everything it
needs besides (input, caller, clock, new ids) is fixed before its first attempt, so an engine may run it again.
It commits by returning and is undone by raising. An engine may send a writing unit to another process: it is a function
of a module, with what it is given as a `CallUnit` or a partial, and returns and raises what can be sent back.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

R = TypeVar("R")
T = TypeVar("T")


class Transaction(Protocol):
    """What a unit may do: run the named queries of `queries/*.sql`. Parameters go by name.

    A row becomes a `shape`, its columns in order. A column whose name ends in `_list` comes as a list.
    """

    async def row(self, shape: type[R], query: str, /, **values: object) -> R | None:
        """The first row, or None."""
        ...

    async def rows(self, shape: type[R], query: str, /, **values: object) -> list[R]:
        """All rows."""
        ...

    async def run(self, query: str, /, **values: object) -> None:
        """Run a statement that changes something."""
        ...

    async def run_all(self, statements: Sequence[str], /, **values: object) -> None:
        """Run statements that change something, of which none builds on what one before it wrote.

        An engine may send them as one: then all see what was there before the first, and their order can't be told; no
        row or unique key is written by two of them, and foreign keys are looked at after the last. Another runs them in
        this order. A parameter means the same to each that has it.
        """
        ...

    async def lock(self, query: str, /, **values: object) -> bool:
        """Lock the rows of a query until the unit ends, in the query's order. Raises Locked.

        Whether somebody may have changed them since the unit began, so that what was read of them must be read again.
        False in a unit that only reads, which sees a snapshot, and on an engine whose writer is alone: it has no such
        query.
        """
        ...


Unit = Callable[[Transaction], Awaitable[T]]


class Database(Protocol):
    """A database that runs units of work."""

    async def read(self, unit: Unit[T], *, bulky: bool = False) -> T:
        """Run a unit that only reads, on one snapshot. It never waits for a writer.

        A long unit that is in no hurry is `bulky`: many of them at once leave room for others. An engine that shares
        the processor with the server lets them go one after the other, another gives them half of its connections.

        Raises DatabaseBusy when too many wait, DatabaseFailed when the engine fails, NeedsWriter when the unit
        wants to change something.
        """
        ...

    async def write(self, unit: Unit[T], *, tenant_id: int = 0, alone: bool = False) -> T:
        """Run a unit and answer once it is durable. Raises as `read` does; then nothing of it was done.

        Where units wait for one writer, those of different tenants take turns; a long unit goes `alone`, and those that
        wait with it don't share its commit. An engine of many connections may raise OutcomeUnknown and KeyTaken too.
        """
        ...

    async def close(self) -> None:
        """Finish what has been taken on, tidy the files and let go of them."""
        ...


class WindowsAway(Exception):
    """What servers share of the rate limits can't be reached."""


class Windows(Protocol):
    """When apps' last calls were accepted, by any server on the database."""

    async def take(
        self, tenant_id: int, app_id: str, endpoint: str, windows: list[tuple[int, int]]
    ) -> tuple[int, list[int]] | None:
        """Count a call where each window, so many calls in so many microseconds, has room for it.

        Where one has not: the time now and those of the last accepted calls, oldest first. Raises WindowsAway.
        """
        ...


class RunAgain(Exception):
    """Raised by a unit: what it planned on has changed under it. The engine undoes it and runs it again."""


class DatabaseBusy(Exception):
    """More units wait than the engine lets wait, or the database is away. Nothing of the unit was done."""


class Locked(DatabaseBusy):
    """Somebody else holds a row for longer than a unit waits."""


class DatabaseFailed(Exception):
    """The engine could not do it. Nothing of the unit was done."""


class KeyTaken(DatabaseFailed):
    """However often the unit ran, a row of its was another's already: most likely an id."""


class OutcomeUnknown(DatabaseFailed):
    """The connection broke while the unit committed: all of it is done, or nothing. `value` is what it returned."""

    def __init__(self, value: object) -> None:
        super().__init__("the connection broke during a commit")
        self.value = value


class NeedsWriter(Exception):
    """A unit that was read with wants to change something: run it again with `write`."""


class DatabaseUnusable(Exception):
    """The database can't be opened. The message is one line that says why and what to do."""


class NotDone(Exception):
    """A task for the database as a whole failed, with nothing changed. The message is one line that says why."""


class DoneInPart(Exception):
    """A task for the database as a whole was broken off part way. The message is one line that says how to go on."""


class DatabaseRefused(Exception):
    """The database server can't be used as it is. The message is one line that says why and what to do."""


class Standing(msgspec.Struct, frozen=True):
    """A database's schema: its number, 0 where there is none yet, and the number that this program makes."""

    engine: str
    version: int
    wanted: int

    @property
    def state(self) -> str:
        """In a word: empty, older, newer or current."""
        if self.version == 0:
            return "empty"
        return "older" if self.version < self.wanted else "newer" if self.version > self.wanted else "current"

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self.state]


_ADVICE = {
    "empty": "there are no tables yet; `rencai database migrate` makes them",
    "older": "run `rencai database migrate`",
    "newer": "run a newer rencai",
    "current": "up to date",
}


class Gauges(Protocol):
    """What an engine tells about itself, for the metrics."""

    def group_committed(self, units: int) -> None:
        """A group of so many units went into one commit."""
        ...

    def log_grew(self, pages: int) -> None:
        """The engine's log holds so many pages that are not yet in the file (SQLite only)."""
        ...
