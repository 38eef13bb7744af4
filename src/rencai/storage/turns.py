"""What waits for SQLite's writer, tenants in turn."""

import itertools
from collections import OrderedDict, deque
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue in which each tenant has a line of its own, and the heads of the lines go first.

    While no more tenants wait than a group holds, the first that a tenant has waiting is in the next group, however
    much another tenant has waiting. What goes alone is a group of its own, after all that came before it, so nobody
    waits for two of them that are put one after the other. Filled from any thread, emptied from one.
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[tuple[int, T, bool] | None] = SimpleQueue()
        self._numbers = itertools.count()
        self._lines: OrderedDict[int, deque[tuple[int, T]]] = OrderedDict()
        self._alone: deque[tuple[int, T]] = deque()
        self._is_ending = False

    def put(self, tenant_id: int, waiting: T, *, alone: bool = False) -> None:
        """Let something wait in its tenant's line."""
        self._came.put((tenant_id, waiting, alone))

    def end(self) -> None:
        """Nothing comes any more."""
        self._came.put(None)

    def group(self, size: int) -> list[T]:
        """The next ones, `size` at most; waits until there is one. Empty once the end has come."""
        while not self._lines and not self._alone and not self._is_ending:
            self._line_up(self._came.get())
        try:
            while True:
                self._line_up(self._came.get_nowait())
        except Empty:
            return self._next_alone() or self._heads(size)

    def _line_up(self, came: tuple[int, T, bool] | None) -> None:
        if came is None:
            self._is_ending = True
            return
        tenant_id, waiting, alone = came
        line = self._alone if alone else self._lines.setdefault(tenant_id, deque())
        line.append((next(self._numbers), waiting))

    def _next_alone(self) -> list[T]:
        """What goes alone, once all that came before it is gone."""
        if not self._alone or any(line[0][0] < self._alone[0][0] for line in self._lines.values()):
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
