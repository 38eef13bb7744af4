"""The work every contender is given: lists of 50 random people, each for a random pool. Also what is measured of it."""

import math
import random
from collections.abc import Sequence

import msgspec

LIST = 50
ADD, REMOVE = 1, 2
EPOCH = 1_262_304_000_000  # that of the server's ids
SEEDED_AT = 1_700_000_000_000  # ms; when the seeded rows were made, and so part of their ids
NODE = 613

TENANT_ID = 1
APP_ID = "cli_00000000000be4c4"
APP_SECRET = "known-for-the-bench-only-32-chars"
PAGE_KEY = "00" * 32


class Change(msgspec.Struct, frozen=True):
    """A pool and 50 people to put into it or take out of it."""

    pool_id: int
    talent_ids: list[int]


class Timing(msgspec.Struct, frozen=True):
    """What one phase measured. `cpu_us` is the CPU time of the contender's process a call."""

    calls: int
    calls_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float = 0.0


def _id(number: int, offset: int) -> int:
    """An id as the server makes them in calls for 1,000 at a time, so that its digits and order are like theirs."""
    call, sequence = divmod(number, 1000)
    return (SEEDED_AT + offset + call - EPOCH) << 22 | NODE << 12 | sequence


def id_bits(number: str, offset: int) -> str:
    """The same as an expression in SQL's operators, of a number that is an expression itself."""
    return f"({SEEDED_AT + offset - EPOCH} + {number} / 1000 << 22) | {NODE << 12} | {number} % 1000"


def talent_id(number: int) -> int:
    """The id of the seeded person of that number; ids grow with it."""
    return _id(number, 1_000_000)


def pool_id(number: int) -> int:
    """The id of the seeded pool of that number."""
    return _id(number, 0)


def update_time(rank: int) -> int:
    """When the person of that rank was last updated (ms): each at a time of their own."""
    return SEEDED_AT + 10_000_000 + rank


def first_item_id() -> int:
    """The id of the first item of the seeded profiles' lists; the others count on from it."""
    return _id(0, 20_000_000)


def change_id(number: int) -> int:
    """The id of the seeded change of that number."""
    return _id(number, 10_000_000)


def random_changes(draw: random.Random, count: int, people: Sequence[int], pools: Sequence[int]) -> list[Change]:
    """So many changes over the people and pools of these numbers. The ids of a change are in no order."""
    return [
        Change(pool_id(draw.choice(pools)), [talent_id(number) for number in draw.sample(people, LIST)])
        for _ in range(count)
    ]


def timing(latencies: list[float], seconds: float) -> Timing:
    """The figures of a phase from the seconds each call took and the seconds all took together."""
    ordered = sorted(latencies)
    return Timing(
        calls=len(ordered),
        calls_per_second=len(ordered) / seconds,
        p50_ms=1000 * _percentile(ordered, 0.50),
        p99_ms=1000 * _percentile(ordered, 0.99),
    )


def _percentile(ordered: list[float], part: float) -> float:
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
