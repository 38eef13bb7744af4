"""Whether the rows of a database agree with each other: a walk over all of them that changes nothing.

It goes on beside a running server. What must agree is read in one unit, so on one snapshot: a pool with its history and
its memberships, a page of talents with what is derived from their profiles.
"""

from collections import Counter

from rencai.operations import derivation, verify_people, verify_pools, verify_words
from rencai.operations.apps import tenant_ids
from rencai.operations.findings import Count, Finding, Report
from rencai.storage.seam import Database

KINDS = ("talent_pools", "changes", "memberships", "talents", "words")


async def verify(database: Database, report: Report, progress: Count) -> Counter[str]:
    """Look at every row, and report each that does not agree with the others. How many of each kind there were."""
    counted: Counter[str] = Counter(dict.fromkeys(KINDS, 0))

    def count(what: str, rows: int) -> None:
        counted[what] += rows
        progress(what, rows)

    is_behind = await database.read(derivation.is_behind)
    for tenant_id in await database.read(tenant_ids):
        await verify_pools.verify(database, tenant_id, report, count)
        if not is_behind:
            await verify_people.verify(database, tenant_id, report, count)
            await verify_words.verify(database, tenant_id, report, count)
    if is_behind:
        words = "was not finished after an upgrade, so identities and search rows were not looked at; start the server"
        report(Finding("", "derivation", {}, words))
    return counted
