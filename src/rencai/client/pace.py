"""Limits kept ahead of time, so that a quiet caller never meets 99991400 (contract §5)."""

import threading
from collections import deque

from rencai.contract.endpoint import Tier, Window

IN_FLIGHT_SECONDS = 0.01


class Pace:
    """The limit of one endpoint: a call goes out no earlier than a window after the answer to the one that many before.

    The server counts a call somewhere between its leaving and its answer, so this holds whatever the network does.
    Times are seconds of one clock. May be used by several threads.
    """

    def __init__(self, tier: Tier) -> None:
        self._lock = threading.Lock()
        self._windows: list[tuple[Window, deque[float]]] = [
            (window, deque([float("-inf")] * window.calls)) for window in tier.value
        ]

    def take(self, now: float) -> float:
        """0 where a call may go out now, which is then under way; else the seconds until it is worth asking again."""
        with self._lock:
            wait = max(self._wait(free, now) for _, free in self._windows)
            if wait == 0:
                for _, free in self._windows:
                    free.popleft()
            return wait

    def answered(self, now: float) -> None:
        """The call that was under way is over."""
        with self._lock:
            for window, free in self._windows:
                free.append(now + window.seconds)

    @staticmethod
    def _wait(free: deque[float], now: float) -> float:
        return max(0.0, free[0] - now) if free else IN_FLIGHT_SECONDS
