"""What pools must look like after changes, undone ones too: plain rules in plain Python, nothing of the server's."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

GONE = "the talent has been deleted"
TOUCHED = "a later change has touched it"


class Held(NamedTuple):
    """A membership that holds: the pool's version that began it, the add_time it shows."""

    since: int
    add_time: str


class Moved(NamedTuple):
    """Who comes into a pool, with the add_time of those who come back, and who leaves it."""

    added: dict[str, str | None]
    removed: list[str]


class Plan(NamedTuple):
    """What becomes of the ids of a native change, in input order."""

    added: list[str]
    removed: list[str]
    unchanged: list[str]
    missing: list[str]


class Change(NamedTuple):
    """A change as it was made: its time, what it moved and the version it made of each pool, what it undid."""

    time: int
    parts: dict[str, tuple[int, Moved]]
    undo_of: str


class Pool:
    """A pool: who is in, which version last moved each talent, and how it was after each change."""

    def __init__(self) -> None:
        self.members: dict[str, Held] = {}
        self.mover: dict[str, int] = {}
        self.ended: dict[tuple[int, str], str] = {}
        self.past: list[tuple[int, dict[str, str]]] = []
        self.is_deleted = False

    def shown(self) -> dict[str, str]:
        """Members and their add_time."""
        return {who: held.add_time for who, held in self.members.items()}

    def change(self, time: int, moved: Moved) -> int:
        """Let them come and go. The version after it."""
        version = len(self.past) + 1
        for who in moved.removed:
            self.ended[version, who] = self.members.pop(who).add_time
        for who, add_time in moved.added.items():
            self.members[who] = Held(version, add_time or str(time))
        self.mover |= dict.fromkeys([*moved.added, *moved.removed], version)
        self.past.append((time, self.shown()))
        return version

    def at(self, moment: int) -> dict[str, str]:
        """Members and their add_time at a moment."""
        return next((members for time, members in reversed(self.past) if time <= moment), {})


class Tenant:
    """People, pools and changes."""

    def __init__(self, people: list[str], pools: Iterable[str]) -> None:
        self.people = people
        self.gone: list[str] = []
        self.pools = {pool_id: Pool() for pool_id in pools}
        self.changes: dict[str, Change] = {}
        self.undone_by: dict[str, str] = {}

    @property
    def open_pools(self) -> list[str]:
        """The pools that are there."""
        return [pool_id for pool_id, pool in self.pools.items() if not pool.is_deleted]

    def plan(self, pool_id: str, add: list[str], remove: list[str]) -> Plan:
        """What a native change comes to."""
        members, plan = self.pools[pool_id].members, Plan([], [], [], [])
        for ids, fate, is_done in ((add, plan.added, True), (remove, plan.removed, False)):
            for who in dict.fromkeys(ids):
                known = who in self.people
                (fate if known and (who in members) != is_done else plan.unchanged if known else plan.missing).append(
                    who
                )
        return plan

    def undo_plan(self, change_id: str) -> tuple[dict[str, Moved], list[dict[str, str]]]:
        """What undoing a change does to each pool, and whom it leaves alone."""
        parts: dict[str, Moved] = {}
        conflicts: list[dict[str, str]] = []
        for pool_id, (version, moved) in sorted(self.changes[change_id].parts.items()):
            pool, back = self.pools[pool_id], Moved({}, [])
            for who in sorted([*moved.added, *moved.removed]):
                if who in self.gone or pool.mover[who] != version:
                    reason = GONE if who in self.gone else TOUCHED
                    conflicts.append({"talent_pool_id": pool_id, "talent_id": who, "reason": reason})
                elif who in moved.added:
                    back.removed.append(who)
                else:
                    back.added[who] = pool.ended[version, who]
            if back.added or back.removed:
                parts[pool_id] = back
        return parts, conflicts

    def record(self, change_id: str, time: int, parts: dict[str, Moved], undo_of: str = "") -> None:
        """Carry a change out."""
        made = {pool_id: (self.pools[pool_id].change(time, moved), moved) for pool_id, moved in parts.items()}
        self.changes[change_id] = Change(time, made, undo_of)
        if undo_of:
            self.undone_by[undo_of] = change_id

    def evaluate(self, expression: Any, members: Callable[[Pool], Iterable[str]]) -> set[str]:
        """Who is in an expression, by who is in each pool."""
        if isinstance(expression, str):
            return set(members(self.pools[expression]))
        ((name, operands),) = expression.items()
        first, *others = (self.evaluate(operand, members) for operand in operands)
        return {"union": first.union, "intersect": first.intersection, "minus": first.difference}[name](*others)
