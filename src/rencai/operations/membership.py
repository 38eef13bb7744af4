"""The one mechanism behind every change of membership: lock the pools, plan, apply.

A plan reads only and decides every id; applying it writes the change, its parts, the memberships and the pools'
versions in a constant number of statements, whatever the number of pools and ids (decisions 30 to 34).
"""

from collections.abc import Iterable, Sequence

import msgspec

from rencai.contract import ids
from rencai.contract.errors import talent_pool_not_found, talents_not_found
from rencai.operations.call import Call
from rencai.storage.seam import Transaction


class PoolState(msgspec.Struct, frozen=True):
    """What a change builds on: the pool's version, the time (ms) of its last change, its members' number."""

    pool_id: int
    version: int
    change_time: int
    member_count: int


class Standing(msgspec.Struct, frozen=True):
    """Of some ids: those that name a talent, and those that are members of the pool."""

    known: list[int]
    members: list[int]


class PoolChange(msgspec.Struct, frozen=True):
    """The plan for one pool: who comes and who goes, ascending."""

    pool: PoolState
    added: list[int]
    removed: list[int]


async def lock_pools(tx: Transaction, call: Call, pool_ids: Iterable[int]) -> dict[int, PoolState]:
    """The states of those pools that exist, locked in id order until the unit ends."""
    wanted = as_json(sorted(set(pool_ids)))
    found = await tx.rows(PoolState, "talent_pools_lock", tenant_id=call.caller.tenant_id, pool_ids=wanted)
    return {pool.pool_id: pool for pool in found}


async def lock_pool(tx: Transaction, call: Call, talent_pool_id: str) -> PoolState:
    """The state of one pool, locked until the unit ends. Raises the Fault 1002109 for an unknown one."""
    pool_id = ids.parse(talent_pool_id)
    pools = await lock_pools(tx, call, [pool_id]) if pool_id is not None else {}
    if pool_id is None or pool_id not in pools:
        raise talent_pool_not_found("talent_pool_id", talent_pool_id)
    return pools[pool_id]


async def plan_one_way(
    tx: Transaction, call: Call, pool: PoolState, talent_id_list: Sequence[str], *, adds: bool
) -> PoolChange:
    """The plan that adds all talents of a list to a pool, or removes them all; repeats drop out in silence.

    Raises the Fault 1002102 that lists every id that names no talent, in the order of the list.
    """
    numbers = {text: ids.parse(text) for text in talent_id_list}
    wanted = sorted(number for number in numbers.values() if number is not None)
    standing = await tx.row(
        Standing,
        "membership_standing",
        tenant_id=call.caller.tenant_id,
        pool_id=pool.pool_id,
        talent_ids=as_json(wanted),
    )
    assert standing is not None  # an aggregate always has its row  # noqa: S101
    known, members = set(standing.known), set(standing.members)
    missing = [text for text, number in numbers.items() if number not in known]
    if missing:
        raise talents_not_found("talent_id_list", missing)
    if adds:
        return PoolChange(pool, [number for number in wanted if number not in members], [])
    return PoolChange(pool, [], [number for number in wanted if number in members])


async def apply(tx: Transaction, call: Call, plans: Sequence[PoolChange], reason: str = "") -> int | None:
    """Carry the plans out as one change. The change's id, or None where there was nothing to do."""
    plans = [plan for plan in plans if plan.added or plan.removed]
    return await record(tx, call, plans, reason) if plans else None


async def record(tx: Transaction, call: Call, plans: Sequence[PoolChange], reason: str = "") -> int:
    """Carry the plans out as one change, also where they move nobody (a deletion is a change all the same)."""
    tenant_id = call.caller.tenant_id
    time = change_time(call, [plan.pool for plan in plans])
    change_id = await insert_change(tx, call, time, reason)
    if not plans:
        return change_id
    parts = as_json([[plan.pool.pool_id, plan.pool.version + 1, plan.added, plan.removed] for plan in plans])
    await tx.run("change_parts_insert", tenant_id=tenant_id, change_id=change_id, time=time, parts=parts)
    if any(plan.removed for plan in plans):
        await tx.run("memberships_end", tenant_id=tenant_id, parts=parts)
    if any(plan.added for plan in plans):
        await tx.run("memberships_begin", tenant_id=tenant_id, time=time, parts=parts)
    await tx.run("talent_pools_advance", tenant_id=tenant_id, time=time, parts=parts)
    return change_id


async def insert_change(tx: Transaction, call: Call, time: int, reason: str) -> int:
    """The header of a change: who, what, when, why."""
    (change_id,) = call.ids(1)
    await tx.run(
        "change_insert",
        tenant_id=call.caller.tenant_id,
        change_id=change_id,
        operation=call.operation,
        app_id=call.caller.app_id,
        time=time,
        reason=reason,
    )
    return change_id


def change_time(call: Call, pools: Iterable[PoolState]) -> int:
    """The moment of a change: the clock's, but later than every earlier change of the pools (decision 32)."""
    return max([call.now, *(pool.change_time + 1 for pool in pools)])


def as_json(value: object) -> str:
    """A list as the JSON text that the statements take."""
    return msgspec.json.encode(value).decode()
