"""What waits for SQLite's writer, tenants in turn."""

import itertools
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue in which each tenant has a line of its own, and the heads of the lines go first.

    While no more tenants wait than a group holds, the first that a tenant has waiting is in the next group, however
    much another tenant has waiting. What goes alone is a group of its own: after all that came before it, and after all
    that came while the last of its kind was at work, so nobody waits for two of them. It belongs to one thread.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._lines: OrderedDict[int, deque[tuple[int, T]]] = OrderedDict()
        self._alone: deque[tuple[int, T]] = deque()
        self._was_alone = False
        self._first = 0  # what has a smaller number goes before the next that goes alone

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._lines or self._alone)

    def put(self, tenant_id: int, waiting: T, *, alone: bool = False) -> None:
        """Let something wait in its tenant's line."""
        line = self._alone if alone else self._lines.setdefault(tenant_id, deque())
        line.append((next(self._numbers), waiting))

    def group(self, size: int) -> list[T]:
        """The next ones, `size` at most; empty where nothing waits. The last group is done."""
        if self._was_alone:
            self._first = next(self._numbers)
        alone = self._next_alone()
        self._was_alone = bool(alone)
        return alone or self._heads(size)

    def _next_alone(self) -> list[T]:
        """What goes alone, once all that must go before it is gone."""
        if not self._alone:
            return []
        first = max(self._alone[0][0], self._first)
        if any(line[0][0] < first for line in self._lines.values()):
            return []
        return [self._alone.popleft()[1]]

    def _heads(self, size: int) -> list[T]:
        """The heads of the lines in turn."""
        heads: list[T] = []
        while self._lines and len(heads) < size:
            tenant_id, line = self._lines.popitem(last=False)
            heads.append(line.popleft()[1])
            if line:
                self._lines[tenant_id] = line
        return heads
