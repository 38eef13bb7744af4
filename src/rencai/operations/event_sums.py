"""Two sets of events compared without keeping either: who entered and left a pool at which version.

Hashes of the events are added up, so many versions to a place; those of the other set are taken away again. Where a
place is not left at nought, the events of its versions are compared one by one. Memory is that of 65,536 places.
"""

from collections.abc import Iterable, Iterator

import msgspec

ADDED, REMOVED = 0, 1
PLACES = 1 << 16
MOST_AT_ONCE = 300_000  # events that are compared one by one in one go


class Event(msgspec.Struct, frozen=True):
    """A talent who entered (ADDED) or left (REMOVED) with a version of the pool."""

    version: int
    kind: int
    talent_id: int

    @property
    def place(self) -> int:
        """Where its hash is added."""
        return _place(self.version, self.kind)


class EventSums:
    """The sums. What is added from the one set and taken from the other in equal measure leaves nothing."""

    def __init__(self) -> None:
        self._sums: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    def add(self, version: int, kind: int, talent_ids: Iterable[int]) -> None:
        """Add the events of one version."""
        self._move(version, kind, [hash((version, kind, talent_id)) for talent_id in talent_ids])

    def take(self, version: int, kind: int, talent_id: int) -> None:
        """Take an event of the other set away."""
        self._move(version, kind, [-hash((version, kind, talent_id))])

    def _move(self, version: int, kind: int, hashes: list[int]) -> None:
        place = _place(version, kind)
        self._sums[place] = self._sums.get(place, 0) + sum(hashes)
        self._sizes[place] = self._sizes.get(place, 0) + len(hashes)

    def unequal(self, most_at_once: int = MOST_AT_ONCE) -> Iterator[set[int]]:
        """The places that are left over, some at a time, so that the events of each lot can be kept."""
        lot: set[int] = set()
        size = 0
        for place, left in self._sums.items():
            if not left:
                continue
            if lot and size + self._sizes[place] > most_at_once:
                yield lot
                lot = set[int]()
                size = 0
            lot.add(place)
            size += self._sizes[place]
        if lot:
            yield lot


def _place(version: int, kind: int) -> int:
    return (2 * version + kind) % PLACES
