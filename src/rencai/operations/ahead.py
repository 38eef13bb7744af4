"""Pieces of long work in order, the next sent while one is at work: a writer need not wait for what goes on here."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

UNDER_WAY = 2  # three gain nothing (docs/decisions/0006)


async def made_in_order(pieces: Iterable[Callable[[], Awaitable[bool]]]) -> bool:
    """Begin the pieces in order, two under way at most, until one answers False. Whether all answered True.

    Raises what the first that failed raised. Either way all that were begun have ended.
    """
    begun: deque[asyncio.Future[bool]] = deque()
    try:
        for begin in pieces:
            begun.append(asyncio.ensure_future(begin()))
            if len(begun) == UNDER_WAY and not await begun.popleft():
                return False
        while begun:
            if not await begun.popleft():
                return False
        return True
    finally:
        await asyncio.gather(*begun, return_exceptions=True)
