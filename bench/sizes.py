"""How much is measured: everything, or a short look."""

import msgspec


class Sizes(msgspec.Struct, frozen=True):
    """People, pools and memberships of the worlds; rounds, and the most seconds and changes of a phase.

    `profiles` are the people of the neighbours' worlds, `read_seconds` is for each read there. A run has `run_ids`, a
    list `list_ids`. `loaded` people are loaded into an empty PostgreSQL.
    """

    is_quick: bool
    people: int
    pools: int
    few_people: int
    members_per_pool: int
    huge_pool: int
    profiles: int
    run_ids: int
    list_ids: int
    loaded: int
    rounds: int
    seconds: float
    changes: int
    read_seconds: float
    clients: tuple[int, ...] = (1, 16, 64)
    postgres_clients: tuple[int, ...] = (1, 8, 32)


FULL = Sizes(
    is_quick=False,
    people=1_000_000,
    pools=1_000,
    few_people=10_000,
    members_per_pool=10_000,
    huge_pool=1_000_000,
    profiles=1_000_000,
    run_ids=1_000_000,
    list_ids=200_000,
    loaded=1_000_000,
    rounds=3,
    seconds=2.5,
    changes=6_000,
    read_seconds=1.0,
)
QUICK = Sizes(
    is_quick=True,
    people=200_000,
    pools=1_000,
    few_people=10_000,
    members_per_pool=1_000,
    huge_pool=100_000,
    profiles=100_000,
    run_ids=100_000,
    list_ids=50_000,
    loaded=20_000,
    rounds=1,
    seconds=1.5,
    changes=4_000,
    read_seconds=0.5,
)
