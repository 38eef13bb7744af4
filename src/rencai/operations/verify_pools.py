"""Whether a pool, its changes and its memberships agree: the history must replay to the memberships, now and past."""

from collections.abc import AsyncIterator, Iterator

import msgspec

from rencai.contract import ids
from rencai.operations import history
from rencai.operations.event_sums import ADDED, REMOVED, Event, EventSums
from rencai.operations.findings import Count, Looked, Report, walk
from rencai.operations.membership import PoolState
from rencai.storage.seam import Database, Transaction, Unit

PARTS = 50  # a page; one has up to 10,000 ids
MEMBERSHIPS = 2_000

_ids = msgspec.json.Decoder(list[int]).decode


class PartRow(msgspec.Struct, frozen=True):
    """A part of a change, and the time of the change's header."""

    version: int
    part: int
    change_id: int
    time: int
    header_time: int | None
    added_count: int
    removed_count: int
    added: str
    removed: str

    def moved(self) -> Iterator[tuple[int, list[int]]]:
        """Who was added and who removed."""
        yield ADDED, _ids(self.added)
        yield REMOVED, _ids(self.removed)


class MembershipRow(msgspec.Struct, frozen=True):
    """A membership, whether its talent is there, and whether another of the same talent overlaps with it."""

    ended_version: int
    talent_id: int
    began_version: int
    add_time: int
    is_known: int
    overlaps: int

    def events(self, since: int) -> Iterator[Event]:
        """Its beginning and its end, as far as they are not from before a version."""
        if self.began_version >= since:
            yield Event(self.began_version, ADDED, self.talent_id)
        if self.ended_version >= since:
            yield Event(self.ended_version, REMOVED, self.talent_id)


class History(msgspec.Struct):
    """Of a pool's history: the version that it begins with, and the last part read."""

    first_version: int = ids.LARGEST
    version: int = 0
    part: int = 0
    time: int = 0


async def verify(database: Database, tenant_id: int, report: Report, count: Count) -> None:
    """Look at every pool of a tenant, also at those that are gone and have left history, each in one unit."""

    def step(after: int) -> Unit[Looked[int]]:
        async def unit(tx: Transaction) -> Looked[int]:
            looked = Looked[int](tenant_id)
            looked.next = await history.next_pool(tx, tenant_id, after)
            if looked.next is not None:
                await _Pool(tx, looked, looked.next).verify()
            return looked

        return unit

    await walk(database, step, 0, report, count)


class _Pool:
    """One pool on one snapshot."""

    def __init__(self, tx: Transaction, looked: Looked[int], pool_id: int) -> None:
        self._tx = tx
        self._looked = looked
        self._find = looked.find
        self._pool_id = pool_id
        self._here = {"tenant_id": looked.tenant_id, "pool_id": pool_id}
        self._sums = EventSums()
        self._history = History()
        self._start = 0

    async def verify(self) -> None:
        """Look at the pool's row, parts and memberships."""
        self._start = await history.start_of(self._tx, self._looked.tenant_id)
        pool = await self._tx.row(PoolState, "talent_pool_standing", **self._here)
        async for part in self._parts():
            self._follow(part)
            self._look_at_part(part)
        members = 0
        async for row in self._memberships():
            self._look_at_membership(row, pool)
            members += not row.ended_version
        if pool is not None:
            self._look_at_pool(pool, members)
        self._looked.counted["talent_pools"] += 1
        for places in self._sums.unequal():
            await self._compare(places)

    async def _parts(self) -> AsyncIterator[PartRow]:
        version, part = 0, -1
        while page := await self._tx.rows(
            PartRow, "verify_parts", start=self._start, version=version, part=part, page_size=PARTS, **self._here
        ):
            for row in page:
                yield row
            version, part = page[-1].version, page[-1].part

    async def _memberships(self) -> AsyncIterator[MembershipRow]:
        after = {"ended_version": -1, "talent_id": 0}
        while page := await self._tx.rows(
            MembershipRow, "verify_memberships", page_size=MEMBERSHIPS, **after, **self._here
        ):
            for row in page:
                yield row
            after = {"ended_version": page[-1].ended_version, "talent_id": page[-1].talent_id}

    def _follow(self, row: PartRow) -> None:
        """A part must go on where the one before it ended: the next part of its change, or the next version's first."""
        last = self._history
        where = {"change_id": row.change_id, "pool_id": self._pool_id, "version": row.version, "part": row.part}
        if not last.version:
            last.first_version = row.version
            follows = row.part == 0 and (row.version == 1 or self._start > 0)
        elif row.version == last.version:
            follows = row.part == last.part + 1 and row.time == last.time
        else:
            follows = row.version == last.version + 1 and row.part == 0 and row.time > last.time
        if not follows:
            self._find("change_parts", f"does not follow version {last.version}, part {last.part}", **where)
        last.version, last.part, last.time = row.version, row.part, row.time

    def _look_at_part(self, row: PartRow) -> None:
        where = {"change_id": row.change_id, "pool_id": self._pool_id, "version": row.version, "part": row.part}
        self._looked.counted["changes"] += row.part == 0
        if row.header_time is None:
            self._find("change_parts", "has no change", **where)
        elif row.header_time != row.time:
            self._find("change_parts", "has another time than its change", **where)
        for (kind, moved), told in zip(row.moved(), (row.added_count, row.removed_count), strict=True):
            if len(moved) != told or moved != sorted(set(moved)):
                self._find("change_parts", f"counts {told} and lists {len(moved)}, or lists in disorder", **where)
            self._sums.add(row.version, kind, moved)

    def _look_at_membership(self, row: MembershipRow, pool: PoolState | None) -> None:
        self._looked.counted["memberships"] += 1
        for problem in self._problems(row, pool):
            self._find("memberships", problem, **self._named(row))
        for event in row.events(self._history.first_version):
            self._sums.take(event.version, event.kind, event.talent_id)

    def _problems(self, row: MembershipRow, pool: PoolState | None) -> Iterator[str]:
        holds = not row.ended_version
        if holds and pool is None:
            yield "holds in a pool that is gone"
        if holds and not row.is_known:
            yield "holds for a talent who is not there"
        if not holds and row.ended_version <= row.began_version:
            yield "ended before it began"
        if row.overlaps:
            yield "held while another of the same talent ended"
        if row.began_version < self._history.first_version and (not self._start or row.add_time >= self._start):
            yield "began with a version that no change has"
        if row.ended_version and row.ended_version < self._history.first_version and not self._start:
            yield "ended with a version that no change has"

    def _look_at_pool(self, pool: PoolState, members: int) -> None:
        if pool.member_count != members:
            self._find("talent_pools", f"counts {pool.member_count} members and has {members}", pool_id=pool.pool_id)
        if not self._history.version and (not pool.version or (self._start and pool.change_time < self._start)):
            return  # nothing has happened to it, or nothing since its history was pruned
        if (pool.version, pool.change_time) != (self._history.version, self._history.time):
            told = f"has version {pool.version} of {pool.change_time}"
            words = f"{told}, its last change version {self._history.version} of {self._history.time}"
            self._find("talent_pools", words, pool_id=pool.pool_id)

    async def _compare(self, places: set[int]) -> None:
        """Compare the events of some places one by one."""
        said: dict[Event, int] = {}
        async for part in self._parts():
            for kind, moved in part.moved():
                if Event(part.version, kind, 0).place in places:
                    said.update((Event(part.version, kind, number), part.change_id) for number in moved)
        met: set[Event] = set()
        async for row in self._memberships():
            for event in row.events(self._history.first_version):
                if event.place in places:
                    met.add(event)
                    if event not in said:
                        deed = "began" if event.kind == ADDED else "ended"
                        self._find("memberships", f"{deed} with a version that did not do that", **self._named(row))
        for event, change_id in said.items():
            if event not in met:
                deed = "entered, and no membership began" if event.kind == ADDED else "left, and no membership ended"
                where = {"pool_id": self._pool_id, "version": event.version, "talent_id": event.talent_id}
                self._find("change_parts", f"says that the talent {deed}", change_id=change_id, **where)

    def _named(self, row: MembershipRow) -> dict[str, int]:
        return {"pool_id": self._pool_id, "talent_id": row.talent_id, "ended_version": row.ended_version}
