"""The clock and the ids made from it. Both are handed to whatever needs them, so that nothing below asks for time."""

import functools
import os
import secrets
import threading
import time
from collections.abc import Callable

# Ids count milliseconds from here, which leaves them room until 2079 and makes them 19 digits, like the vendor's.
EPOCH = 1_262_304_000_000  # 2010-01-01
_NODE_BITS = 10
_SEQUENCE_BITS = 12

Clock = Callable[[], int]


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class IdSource:
    """Makes int64 ids that grow with time: milliseconds, a node drawn at random at the start, a sequence.

    Two processes meet on an id only with the same node, millisecond and sequence, and then the primary key
    refuses the second. Safe to use from several threads.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.draw_node()
        self._time = 0
        self._sequence = 0
        self._lock = threading.Lock()

    def draw_node(self) -> None:
        """Draw the node anew: another process seems to have the same."""
        self._node = secrets.randbelow(1 << _NODE_BITS) << _SEQUENCE_BITS

    def __reduce__(self) -> tuple[Callable[[], "IdSource"], tuple[()]]:
        """Sent to another process it is that process's own: two that count on from one place would meet."""
        return _ids_of_this_process, ()

    def take(self, count: int) -> list[int]:
        """`count` new ids, ascending."""
        with self._lock:
            return [self._next() for _ in range(count)]

    def _next(self) -> int:
        time_now = self._clock() - EPOCH
        if time_now > self._time:
            self._time, self._sequence = time_now, 0
        elif self._sequence + 1 < 1 << _SEQUENCE_BITS:
            self._sequence += 1
        else:  # more than 4,096 in a millisecond, or a clock set back: borrow from the future
            self._time, self._sequence = self._time + 1, 0
        return self._time << (_NODE_BITS + _SEQUENCE_BITS) | self._node | self._sequence


def _ids_of_this_process() -> IdSource:
    return _ids_of(os.getpid())  # a fork takes the cache with it


@functools.cache
def _ids_of(_pid: int) -> IdSource:
    return IdSource(now)
