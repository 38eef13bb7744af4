"""Leases: what only one process may do at a time is done by the one that holds its lease."""

from rencai.operations.call import Number
from rencai.storage.seam import Transaction

LIFE = 15_000  # ms after which a process that says nothing more counts as gone


class LeaseLost(Exception):
    """Another process holds the lease now: this one leaves its work to it."""


class Lease:
    """A lease that a process has or wants to have. `holder` names the process."""

    def __init__(self, name: str, holder: str) -> None:
        self._here = {"name": name, "holder": holder}

    async def take(self, tx: Transaction, now: int, *, is_alone: bool) -> bool:
        """Take the lease if it is free. Whoever is alone on the database takes it from a process that is gone."""
        free_at = {"time": now + LIFE if is_alone else now, "expire_time": now + LIFE}
        return await tx.row(Number, "lease_take", **free_at, **self._here) is not None

    async def hold(self, tx: Transaction, now: int) -> None:
        """Keep the lease, in the transaction of the work that it is about. Raises LeaseLost. Statements: 1."""
        if await tx.row(Number, "lease_hold", expire_time=now + LIFE, **self._here) is None:
            raise LeaseLost
