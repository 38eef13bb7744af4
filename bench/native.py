"""What the native change is asked in a round: changes of 10,000 people each, and a writer beside dry runs."""

import random

import msgspec

from bench.sizes import Sizes
from bench.work import Change, pool_id, talent_id

MANY = 10_000  # ids in a change
ADD_MANY, REMOVE_MANY = f"change that adds {MANY:,}", f"change that removes {MANY:,}"
DRY_CLIENTS, DRY_IDS = 100, 1_000
DRY = f"dry run of {DRY_IDS:,}"
ALONE, BESIDE = "add, alone", f"add, beside {DRY_CLIENTS} dry runs of {DRY_IDS:,}"
MOST_CHANGES = 40


class Work:
    """A round's changes, each of random people for a random pool."""

    def __init__(self, sizes: Sizes, number: int) -> None:
        self._sizes = sizes
        self._draw = random.Random(f"native {number}")

    def many(self) -> list[Change]:
        """Changes of 10,000."""
        return [self._change(MANY) for _ in range(MOST_CHANGES)]

    def dry(self) -> list[Change]:
        """What is looked at by dry runs."""
        return [self._change(DRY_IDS) for _ in range(DRY_CLIENTS)]

    def _change(self, count: int) -> Change:
        people = self._draw.sample(range(self._sizes.people), count)
        return Change(pool_id(self._draw.randrange(self._sizes.pools)), [talent_id(number) for number in people])


def target(change: Change) -> str:
    """Where the native change of a pool is."""
    return f"/rencai/v1/talent_pools/{change.pool_id}/membership_changes"


def body(change: Change, side: str, *, is_dry: bool = False) -> bytes:
    """A native change that adds the people, or removes them."""
    return msgspec.json.encode({side: [str(number) for number in change.talent_ids], "dry_run": is_dry})
