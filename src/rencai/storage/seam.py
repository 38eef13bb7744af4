"""The one narrow seam between what the server does and how it is kept.

A unit of work is an async function of a transaction. It awaits nothing but that transaction, and everything it
needs besides (input, caller, clock, new ids) is fixed before its first attempt, so an engine may run it again.
It commits by returning and is undone by raising.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

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


Unit = Callable[[Transaction], Awaitable[T]]


class Database(Protocol):
    """A database that runs units of work."""

    async def read(self, unit: Unit[T], *, bulky: bool = False) -> T:
        """Run a unit that only reads, on one snapshot. It never waits for a writer.

        A long unit that is in no hurry is `bulky`: an engine that shares the processor with the server may let such
        units go one after the other, so that many at once leave room for others.

        Raises DatabaseBusy when too many wait, DatabaseFailed when the engine fails, NeedsWriter when the unit
        wants to change something.
        """
        ...

    async def write(self, unit: Unit[T], *, alone: bool = False) -> T:
        """Run a unit and answer once it is durable. Raises as `read` does; then nothing of it was done.

        A long unit goes `alone`: units that wait with it don't share its commit, and so don't wait for it.
        """
        ...

    async def close(self) -> None:
        """Finish what has been taken on, tidy the files and let go of them."""
        ...


class DatabaseBusy(Exception):
    """More units wait than the engine lets wait. This one was not taken on."""


class DatabaseFailed(Exception):
    """The engine could not do it. Nothing of the unit was done."""


class NeedsWriter(Exception):
    """A unit that was read with wants to change something: run it again with `write`."""


class DatabaseUnusable(Exception):
    """The database can't be opened. The message is one line that says why and what to do."""


class NotDone(Exception):
    """A task for the database as a whole failed, with nothing changed. The message is one line that says why."""


class DoneInPart(Exception):
    """A task for the database as a whole was broken off part way. The message is one line that says how to go on."""


class Gauges(Protocol):
    """What an engine tells about itself, for the metrics."""

    def group_committed(self, units: int) -> None:
        """A group of so many units went into one commit."""
        ...

    def log_grew(self, pages: int) -> None:
        """The engine's log holds so many pages that are not yet in the file (SQLite only)."""
        ...
