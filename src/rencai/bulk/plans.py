"""What is said of a change: before it, while it is made, and after it."""

from collections.abc import Callable
from typing import Literal

import msgspec

Action = Literal["add", "remove", "set"]
Unknown = Literal["fail", "skip"]

# Is told what is being done, how much of it is done, and how much there is; None where that is not known.
Tell = Callable[[str, int, int | None], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a list would do to a pool. None is what the server can't tell before it is done."""

    rows: int
    duplicates: int
    talents: int  # whom the list names, each once, with those that are unknown
    unknown: int | None
    already: int | None  # in the pool (add, set), or not in it (remove)
    to_add: int | None
    to_remove: int | None


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo would do. `to_leave` are those whom a later change has touched; None where that can't be known."""

    to_add: int
    to_remove: int
    to_leave: int | None

    @property
    def count(self) -> int:
        """All whom it is about."""
        return self.to_add + self.to_remove + (self.to_leave or 0)

    def plus(self, other: "UndoPlan") -> "UndoPlan":
        """Both as one."""
        return UndoPlan(
            to_add=self.to_add + other.to_add,
            to_remove=self.to_remove + other.to_remove,
            to_leave=(self.to_leave or 0) + (other.to_leave or 0),
        )


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list, or of an undo, which leaves `conflicts` alone. `undo` is the line that puts it back."""

    state: Literal["done", "failed", "cancelled"]
    added: int | None
    removed: int | None
    unchanged: int | None
    unknown: int
    conflicts: int = 0
    why: str = ""
    run_id: str | None = None
    undo: str | None = None

    @property
    def changed_something(self) -> bool:
        """Whether the pool is not as it was; where that can't be known, that it may not be."""
        return self.added != 0 or self.removed != 0
