"""Rows that do not agree with the others, as they are told to who keeps the database; and the walk that finds them."""

from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from rencai.storage.seam import Database, Unit

P = TypeVar("P")


class Finding(msgspec.Struct, frozen=True):
    """The row by its tenant, table and ids, never by what it knows of a person; and what is wrong with it."""

    tenant: str
    table: str
    row: dict[str, str]
    problem: str


class Looked(msgspec.Struct, Generic[P]):
    """What one step of a walk found: findings, rows looked at by kind, and where the next step begins; None at the end.

    A unit fills one of its own on every attempt, so that nothing is told twice.
    """

    tenant_id: int
    findings: list[Finding] = []
    counted: Counter[str] = msgspec.field(default_factory=Counter[str])
    next: P | None = None

    def find(self, table: str, problem: str, **row: object) -> None:
        """Note a row of a table that does not agree."""
        ids = {name: str(value) for name, value in row.items()}
        self.findings.append(Finding(str(self.tenant_id), table, ids, problem))


# Is told each finding; and what was looked at, with how many rows more.
Report = Callable[[Finding], None]
Count = Callable[[str, int], None]


async def walk(
    database: Database, step: Callable[[P], Unit[Looked[P]]], start: P, report: Report, count: Count
) -> None:
    """Read step by step, each in a unit of its own, until one says that it was the last."""
    position: P | None = start
    while position is not None:
        looked = await database.read(step(position))
        for finding in looked.findings:
            report(finding)
        for what, rows in looked.counted.items():
            count(what, rows)
        position = looked.next
