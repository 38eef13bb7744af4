"""Rate limits: sliding windows, per endpoint and app (contract §5, decisions 18 and 41).

No span of a window's length holds more accepted calls than the window allows, and a quiet app gets all of them at
once. The price is a time stamp for each accepted call of the last window.
"""

import math
from collections import deque
from collections.abc import Callable

import msgspec

from rencai.contract.endpoint import Endpoint, Tier, Window
from rencai.operations.call import Caller
from rencai.storage.seam import Windows as SharedWindows
from rencai.storage.seam import WindowsAway

FEISHU = "feishu"
OFF = "off"
AWAY_SECONDS = 1.0  # how long the shared count is left alone after it could not be reached
MICROSECONDS = 1_000_000
MOST_IDLE = 10_000  # apps times endpoints remembered before those that were quiet are dropped


class Refusal(msgspec.Struct, frozen=True):
    """The window that refused: its size in calls, and the whole seconds to wait, at least 1."""

    calls: int
    wait: int


def factor_of(rate_limits: str) -> float | None:
    """What the documented limits are multiplied by; None for none at all.

    Raises ValueError, with what is allowed, for anything but feishu, off and a number above 0.
    """
    if rate_limits == OFF:
        return None
    try:
        factor = 1.0 if rate_limits == FEISHU else float(rate_limits)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1_000_000:
        raise ValueError(f"{rate_limits!r} is no rate limit: say feishu, off, or a factor above 0 such as 2.5")
    return factor


class SharedLimiter:
    """Counts where all servers on a database count, and in memory while that can't be reached.

    What this process alone has accepted is held against the limit first, so that most refusals cost no statement.
    `tell` hears when the servers' count is lost (True) and found again (False). `clock` gives seconds.
    """

    def __init__(self, windows: SharedWindows, clock: Callable[[], float], tell: Callable[[bool], None]) -> None:
        self._windows = windows
        self._own = Limiter(clock)
        self._clock = clock
        self._tell = tell
        self._away_until = 0.0

    async def accept(self, endpoint: Endpoint, caller: Caller) -> Refusal | None:
        """Count a call, or say which window refuses it; a refused call is not counted."""
        refusal = self._own.accept(endpoint, caller.app_id, caller.rate_limits)
        factor = factor_of(caller.rate_limits)
        if refusal is not None or endpoint.tier is None or factor is None or self._clock() < self._away_until:
            return refusal
        refusal = await self._shared(endpoint.name, caller, _windows(endpoint.tier, factor))
        if refusal is not None:
            self._own.forget(endpoint, caller.app_id)
        return refusal

    async def _shared(self, endpoint: str, caller: Caller, windows: list[Window]) -> Refusal | None:
        asked = [(window.calls, round(window.seconds * MICROSECONDS)) for window in windows]
        try:
            refused = await self._windows.take(caller.tenant_id, caller.app_id, endpoint, asked)
        except WindowsAway:
            self._lose()
            return None
        if self._away_until:
            self._away_until = 0.0
            self._tell(False)
        if refused is None:
            return None
        now, times = refused
        seconds = deque(time / MICROSECONDS for time in times)
        found = (_refusal(seconds, window, now / MICROSECONDS) for window in windows)
        return next((refusal for refusal in found if refusal), Refusal(windows[0].calls, 1))

    def _lose(self) -> None:
        if not self._away_until:
            self._tell(True)
        self._away_until = self._clock() + AWAY_SECONDS


class Limiter:
    """Counts in memory, for one process. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._logs: dict[tuple[str, str], deque[float]] = {}

    def accept(self, endpoint: Endpoint, app_id: str, rate_limits: str) -> Refusal | None:
        """Count a call, or say which window refuses it; a refused call is not counted."""
        factor = factor_of(rate_limits)
        if endpoint.tier is None or factor is None:
            return None
        now = self._clock()
        times = self._log(endpoint.name, app_id, now)
        windows = _windows(endpoint.tier, factor)
        longest = max(window.seconds for window in windows)
        while times and now >= times[0] + longest:
            times.popleft()
        for window in windows:
            if refusal := _refusal(times, window, now):
                return refusal
        times.append(now)
        return None

    def forget(self, endpoint: Endpoint, app_id: str) -> None:
        """Take the last call back, which somebody else refused."""
        if times := self._logs.get((endpoint.name, app_id)):
            times.pop()

    def _log(self, endpoint: str, app_id: str, now: float) -> deque[float]:
        key = (endpoint, app_id)
        if key not in self._logs:
            if len(self._logs) >= MOST_IDLE:
                self._drop_idle(now)
            self._logs[key] = deque()
        return self._logs[key]

    def _drop_idle(self, now: float) -> None:
        longest = 60.0
        self._logs = {key: times for key, times in self._logs.items() if times and now - times[-1] < longest}


def _windows(tier: Tier, factor: float) -> list[Window]:
    return [_scaled(window, factor) for window in tier.value]


def _scaled(window: Window, factor: float) -> Window:
    """The window times the factor. Less than one call a window is one call in a longer window."""
    calls = round(window.calls * factor, 6)
    return Window(int(calls), window.seconds) if calls >= 1 else Window(1, window.seconds / calls)


def _refusal(times: deque[float], window: Window, now: float) -> Refusal | None:
    """Full when the call `calls` before this one is still inside the window."""
    if len(times) < window.calls:
        return None
    free_at = times[-window.calls] + window.seconds
    return Refusal(window.calls, max(1, math.ceil(free_at - now))) if now < free_at else None
