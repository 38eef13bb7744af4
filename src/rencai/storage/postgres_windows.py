"""Rate limits that servers share: one statement a call, on connections of its own that don't wait for the disk.

What a crash loses of them is a second's count. Times are those of the database server, whatever the machines' clocks
say: their distance is measured on each new connection.
"""

import asyncio
import time
from typing import Any

import msgspec

from rencai.config import PostgresUrl
from rencai.storage.postgres_links import FAILURES, Link, Links, Statements
from rencai.storage.seam import DatabaseBusy, WindowsAway

CONNECTIONS = 2
SECONDS = 2.0  # an answer that takes longer is worth less than a count of one's own

_decode_times = msgspec.json.Decoder(list[int]).decode


class PostgresWindows:
    """The table of accepted calls, as `seam.Windows`."""

    def __init__(self, url: PostgresUrl) -> None:
        settings = {"synchronous_commit": "off", "lock_timeout": "500ms"}
        self._links = Links(url, size=CONNECTIONS, waiting_limit=1000, settings=settings)
        self._statements = Statements()
        self._ahead: dict[Link, int] = {}

    async def take(
        self, tenant_id: int, app_id: str, endpoint: str, windows: list[tuple[int, int]]
    ) -> tuple[int, list[int]] | None:
        """Count a call, or say now and when the last calls were (see Windows)."""
        try:
            async with asyncio.timeout(SECONDS), self._links.one() as link:
                return await self._taken(link, tenant_id, app_id, endpoint, windows)
        except (*FAILURES, DatabaseBusy) as failure:
            raise WindowsAway(type(failure).__name__) from failure

    async def close(self) -> None:
        """Close the connections."""
        await self._links.close()

    async def _taken(
        self, link: Link, tenant_id: int, app_id: str, endpoint: str, windows: list[tuple[int, int]]
    ) -> tuple[int, list[int]] | None:
        ahead = await self._ahead_of_us(link)
        now = _now() + ahead
        here = {"tenant_id": tenant_id, "app_id": app_id, "endpoint": endpoint}
        most = max(calls for calls, _ in windows)
        asked = msgspec.json.encode(windows).decode()
        if await self._fetch(link, "rate_window_take", time=now, windows=asked, most=most, **here):
            return None
        ((times,),) = await self._fetch(link, "rate_window_times", **here)
        return now, _decode_times(times)

    async def _fetch(self, link: Link, query: str, **values: object) -> Any:
        ready = await link.ready(self._statements.named(query))
        return await ready.prepared.fetch(*ready.arguments(values))

    async def _ahead_of_us(self, link: Link) -> int:
        """How far the database's clock is ahead of ours, in microseconds."""
        if link not in self._ahead:
            self._ahead = {known: ahead for known, ahead in self._ahead.items() if known.is_usable}
            before = _now()
            theirs = await link.connection.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
            after = _now()
            # Inside of the time that the question took, the two can't be told apart.
            self._ahead[link] = 0 if before <= theirs <= after else theirs - (before + after) // 2
        return self._ahead[link]


def _now() -> int:
    return time.time_ns() // 1000
