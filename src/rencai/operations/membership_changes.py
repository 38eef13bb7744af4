"""The native change of membership: add and remove in one atomic call, or only see what that would do."""

from typing import NamedTuple

from rencai.contract import ids
from rencai.contract.errors import (
    PARAMETER_ERROR,
    TALENT_NOT_FOUND,
    TOO_MANY_TALENTS,
    Fault,
    Violation,
    parameter_fault,
    talents_not_found,
)
from rencai.contract.membership_changes import MOST_TALENTS, FromPools, MembershipChange, MembershipChanged
from rencai.contract.shape import MOST_VIOLATIONS
from rencai.contract.talent_pools import TalentPoolPath
from rencai.operations import membership, pool_sets
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import PoolChange, PoolState, Why
from rencai.storage.seam import Transaction


class Wanted(NamedTuple):
    """The ids of a call in input order, each once, with the number that each stands for, if it can be one."""

    add: dict[str, int | None]
    remove: dict[str, int | None]


class Plan(NamedTuple):
    """What becomes of every id, in input order, `add` before `remove`."""

    added: list[str]
    removed: list[str]
    unchanged: list[str]
    missing: list[str]

    def for_pool(self, pool: PoolState) -> PoolChange:
        """The plan as it is applied."""
        return PoolChange(pool, sorted(map(int, self.added)), sorted(map(int, self.removed)))


async def membership_change(
    tx: Transaction, call: Call, path: TalentPoolPath, body: MembershipChange
) -> Outcome[MembershipChanged]:
    """Add and remove talents in one change (decisions 33 and 34). A dry run is the same plan without the apply.

    Statements: 6 or 7 for a change, 2 for a dry run or where nothing changes; more only for expressions over pools.
    """
    listed = _listed(body)
    find = membership.look_at_pool if body.dry_run else membership.lock_pool
    pool = await find(tx, call, path.talent_pool_id)
    membership.refuse_moved_on(call, pool)
    wanted = await _with_members(tx, call, body, listed)
    plan = await _plan(tx, call, pool, wanted)
    if plan.missing and body.on_missing == "fail":
        raise _not_found(wanted, set(plan.missing))
    change_id = None
    if not body.dry_run:
        why = Why(body.reason, body.run_id)
        change_id = await membership.apply(tx, call, [plan.for_pool(pool)], why)
    count = pool.member_count + len(plan.added) - len(plan.removed)
    version = pool.version + (change_id is not None)
    data = MembershipChanged(None if change_id is None else str(change_id), *plan, count)
    return Outcome(data, change_id, version)


def _listed(body: MembershipChange) -> Wanted:
    """The ids that are given one by one. Raises the Faults of all that the types can't say, before anything is read."""
    if ids.parse(body.run_id) is not None:  # it would be taken for the id of a run
        raise parameter_fault("run_id", "must not be an id: choose a label that is not digits alone")
    for field, side in (("add.from", body.add), ("remove.from", body.remove)):
        if isinstance(side, FromPools):
            pool_sets.refuse_misshapen(field, side.source)
    lists = [side for side in (body.add, body.remove) if not isinstance(side, FromPools)]
    if sum(map(len, lists)) > MOST_TALENTS:
        raise parameter_fault("add", f"add and remove may hold {MOST_TALENTS} ids together")
    if len(lists) == 2 and not any(lists):
        raise parameter_fault("add", "add or remove must name somebody")
    wanted = Wanted(*({} if isinstance(side, FromPools) else _numbered(side) for side in (body.add, body.remove)))
    _refuse_both(wanted)
    return wanted


def _numbered(texts: list[str]) -> dict[str, int | None]:
    return dict(zip(texts, ids.parse_all(texts), strict=True))


def _refuse_both(wanted: Wanted) -> None:
    if both := wanted.add.keys() & wanted.remove.keys():
        violations = [Violation("remove", "is in add too", text) for text in wanted.remove if text in both]
        raise Fault(PARAMETER_ERROR, *violations[:MOST_VIOLATIONS])


async def _with_members(tx: Transaction, call: Call, body: MembershipChange, listed: Wanted) -> Wanted:
    """The same, with the talents that expressions name. Raises the Faults of too many, and of an id on both sides."""
    add, remove = listed
    if isinstance(body.add, FromPools):
        add = await _members(tx, call, "add.from", body.add)
    if isinstance(body.remove, FromPools):
        remove = await _members(tx, call, "remove.from", body.remove)
    if len(add) + len(remove) > MOST_TALENTS:
        raise Fault(TOO_MANY_TALENTS, Violation("add", f"add and remove name {len(add) + len(remove)} talents"))
    wanted = Wanted(add, remove)
    _refuse_both(wanted)
    return wanted


async def _members(tx: Transaction, call: Call, field: str, given: FromPools) -> dict[str, int | None]:
    return {str(number): number for number in await pool_sets.members_of(tx, call, field, given.source)}


async def _plan(tx: Transaction, call: Call, pool: PoolState, wanted: Wanted) -> Plan:
    """Decide every id. Statements: 1."""
    add, remove = ([number for number in side.values() if number is not None] for side in wanted)
    fates = await membership.plan_slice(tx, call, pool, add, remove)
    unknown = {None, *fates.missing}
    text_of = {number: text for side in wanted for text, number in side.items()}
    has_all = len(unknown) == 1 and None not in text_of
    missing = [] if has_all else [text for side in wanted for text, number in side.items() if number in unknown]
    added, removed, unchanged, _ = ([*map(text_of.__getitem__, fate)] for fate in fates)
    return Plan(added, removed, unchanged, missing)


def _not_found(wanted: Wanted, missing: set[str]) -> Fault:
    """The Fault 1002102 with every unknown id under the list that it stands in (decision 3)."""
    named = [
        (field, text)
        for field, side in (("add", wanted.add), ("remove", wanted.remove))
        for text in side
        if text in missing
    ]
    violations = (Violation(field, TALENT_NOT_FOUND.msg, text) for field, text in named)
    return Fault(TALENT_NOT_FOUND, *violations, msg=talents_not_found("add", [text for _, text in named]).msg)
