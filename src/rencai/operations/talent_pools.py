"""Talent pools and who is in them."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import (
    TALENT_POOL_NOT_EMPTY,
    Fault,
    Violation,
    parameter_fault,
    talent_pool_not_found,
    talents_not_found,
)
from rencai.contract.fields import Languages
from rencai.contract.talent_pools import (
    BatchChange,
    DeleteQuery,
    Move,
    Moved,
    NewTalentPool,
    OneTalentPool,
    TalentPool,
    TalentPoolListQuery,
    TalentPoolPage,
    TalentPoolPatch,
    TalentPoolPath,
)
from rencai.operations import languages, membership, paging
from rencai.operations.call import Call, Number, Outcome
from rencai.operations.languages import Texts
from rencai.operations.membership import PoolChange, PoolState
from rencai.storage.seam import RunAgain, Transaction

ADD = 1
REMOVE_FROM_OTHERS = 2


class PoolRow(msgspec.Struct, frozen=True):
    """A pool's row, without what moves with its members."""

    pool_id: int
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    parent_id: int | None
    is_private: int
    create_time: int
    modify_time: int
    version: int = 0

    def shown(self) -> TalentPool:
        """The row as the wire has it."""
        return TalentPool(
            id=str(self.pool_id),
            i18n_name=Languages(self.name_zh, self.name_en),
            i18n_description=Languages(self.description_zh, self.description_en),
            parent_id=str(self.parent_id) if self.parent_id is not None else "",
            is_private=self.is_private,
            create_time=str(self.create_time),
            modify_time=str(self.modify_time),
        )


class PoolsOfTalent(msgspec.Struct, frozen=True):
    """The pools a talent is in."""

    pool_ids: list[int]


async def talent_pool_batch_change(
    tx: Transaction, call: Call, path: TalentPoolPath, body: BatchChange
) -> Outcome[Nothing]:
    """Add talents to a pool or take them out, all or nothing, repeats in silence (contract §6).

    Statements: 6 for a change, 2 for a repeat, whatever the number of ids.
    """
    pool = await membership.lock_pool(tx, call, path.talent_pool_id)
    adds = body.option_type == ADD
    plan = await membership.plan_one_way(tx, call, pool, body.talent_id_list, adds=adds)
    return Outcome(Nothing(), await membership.apply(tx, call, [plan]))


async def talent_pool_move_talent(tx: Transaction, call: Call, path: TalentPoolPath, body: Move) -> Outcome[Moved]:
    """Put one talent into a pool; `add_type` 2 also takes it out of every other (contract §8, decision 24)."""
    talent_id, target_id = ids.parse(body.talent_id), ids.parse(path.talent_pool_id)
    pools, current = await lock_with_pools(tx, call, talent_id, [] if target_id is None else [target_id])
    if target_id is None or target_id not in pools:
        raise talent_pool_not_found("talent_pool_id", path.talent_pool_id)
    if talent_id is None or current is None:
        raise talents_not_found("talent_id", [body.talent_id])
    plans: list[PoolChange] = []
    if target_id not in current:
        plans.append(PoolChange(pools[target_id], [talent_id], []))
    if body.add_type == REMOVE_FROM_OTHERS:
        others = (pools[pool_id] for pool_id in current if pool_id != target_id)
        plans += [PoolChange(pool, [], [talent_id]) for pool in others]
    change_id = await membership.apply(tx, call, plans)
    return Outcome(Moved(path.talent_pool_id, body.talent_id), change_id)


async def pools_of_talent(tx: Transaction, call: Call, talent_id: int | None) -> list[int] | None:
    """The ids of the pools a talent is in, or None for an unknown talent."""
    if talent_id is None:
        return None
    found = await tx.row(
        PoolsOfTalent, "membership_pools_of_talent", tenant_id=call.caller.tenant_id, talent_id=talent_id
    )
    return None if found is None else found.pool_ids


async def lock_with_pools(
    tx: Transaction, call: Call, talent_id: int | None, others: Sequence[int] = ()
) -> tuple[dict[int, PoolState], list[int] | None]:
    """Lock the pools a talent is in, other pools, and the talent. Their states, and which of them it is in.

    None instead of these for an unknown talent. Raises RunAgain where the talent entered one more pool before it was
    locked: that pool can't be locked now, for pools are locked in id order, and before talents.
    """
    current = await pools_of_talent(tx, call, talent_id)
    pools = await membership.lock_pools(tx, call, [*others, *(current or [])])
    if await tx.lock("talent_lock_whole", tenant_id=call.caller.tenant_id, talent_id=talent_id):
        current = await pools_of_talent(tx, call, talent_id)
        if not pools.keys() >= set(current or []):
            raise RunAgain
    return pools, current


async def talent_pool_list(tx: Transaction, call: Call, query: TalentPoolListQuery) -> Outcome[TalentPoolPage]:
    """A page of pools in order of creation; with `id_list`, of those that exist among them (contract §7)."""
    bound_to = ",".join(query.id_list)
    (after,) = paging.position(call, query.page_token, (0,), bound_to)
    common = {"tenant_id": call.caller.tenant_id, "after": after, "page_size": query.page_size}
    if query.id_list:
        wanted = sorted({number for text in query.id_list if (number := ids.parse(text)) is not None})
        rows = await tx.rows(PoolRow, "talent_pools_by_ids", pool_ids=membership.as_json(wanted), **common)
    else:
        rows = await tx.rows(PoolRow, "talent_pool_page", **common)
    shown, has_more, token = paging.page(call, rows, [(row.pool_id,) for row in rows], query.page_size, bound_to)
    return Outcome(TalentPoolPage([row.shown() for row in shown], has_more, token))


async def talent_pool_create(tx: Transaction, call: Call, body: NewTalentPool) -> Outcome[OneTalentPool]:
    """Create a pool: a root pool, or below `parent_id`."""
    (pool_id,) = call.ids(1)
    parent_id = ids.parse(body.parent_id)
    pools = await membership.lock_pools(tx, call, [] if parent_id is None else [parent_id])
    empty = PoolRow(pool_id, "", "", "", "", None, 2, call.now, call.now)
    row = _patched(empty, msgspec.convert(body, TalentPoolPatch, from_attributes=True), pools)
    await tx.run("talent_pool_insert", tenant_id=call.caller.tenant_id, time=call.now, **_columns(row))
    return Outcome(OneTalentPool(row.shown()))


async def talent_pool_get(tx: Transaction, call: Call, path: TalentPoolPath) -> Outcome[OneTalentPool]:
    """One pool."""
    row = await _pool_row(tx, call, path.talent_pool_id)
    return Outcome(OneTalentPool(row.shown()), version=row.version)


async def talent_pool_update(
    tx: Transaction, call: Call, path: TalentPoolPath, body: TalentPoolPatch
) -> Outcome[OneTalentPool]:
    """Change the given fields of a pool. A pool can't be put below itself."""
    parent_id = ids.parse(body.parent_id or "")
    above = [] if parent_id is None else await _with_those_above(tx, call, parent_id)
    pool_id = ids.parse(path.talent_pool_id)
    pools = await membership.lock_pools(tx, call, above if pool_id is None else [pool_id, *above])
    row = await _pool_row(tx, call, path.talent_pool_id)
    patched = msgspec.structs.replace(_patched(row, body, pools), modify_time=call.now)
    if patched.parent_id is not None and patched.parent_id != row.parent_id:
        await _refuse_loop(tx, call, row.pool_id, patched.parent_id, pools)
    await tx.run("talent_pool_update", tenant_id=call.caller.tenant_id, time=call.now, **_columns(patched))
    return Outcome(OneTalentPool(patched.shown()))


async def talent_pool_delete(tx: Transaction, call: Call, path: TalentPoolPath, query: DeleteQuery) -> Outcome[Nothing]:
    """Delete a pool. Its children must go first, its members only by force; they stay talents (decision 48).

    Statements: 6, whatever the number of members.
    """
    pool = await membership.lock_pool(tx, call, path.talent_pool_id)
    membership.refuse_moved_on(call, pool)
    tenant_id, pool_id = call.caller.tenant_id, pool.pool_id
    children = await tx.rows(Number, "talent_pool_children", tenant_id=tenant_id, pool_id=pool_id)
    if children:
        in_the_way = (Violation("parent_id", "is a pool below it", str(child.value)) for child in children)
        raise Fault(TALENT_POOL_NOT_EMPTY, *in_the_way)
    if pool.member_count and not query.force:
        words = f"the pool has {pool.member_count} members; say force=true to delete it all the same"
        raise Fault(TALENT_POOL_NOT_EMPTY, Violation("force", words))
    change_id = await _empty(tx, call, pool)
    await tx.run("talent_pool_delete", tenant_id=tenant_id, pool_id=pool_id)
    return Outcome(Nothing(), change_id)


async def _empty(tx: Transaction, call: Call, pool: PoolState) -> int:
    """End all memberships of a pool inside the engine: it may have a million, which don't come through here."""
    time = membership.change_time(call, [pool])
    change_id = await membership.insert_change(tx, call, time)
    here = {"tenant_id": call.caller.tenant_id, "pool_id": pool.pool_id, "version": pool.version + 1}
    await tx.run(
        "change_parts_insert_emptied",
        change_id=change_id,
        time=time,
        member_count=pool.member_count,
        **here,
    )
    await tx.run("memberships_end_all", **here)
    return change_id


async def _pool_row(tx: Transaction, call: Call, talent_pool_id: str) -> PoolRow:
    row = await tx.row(PoolRow, "talent_pool_by_id", tenant_id=call.caller.tenant_id, pool_id=ids.parse(talent_pool_id))
    if row is None:
        raise talent_pool_not_found("talent_pool_id", talent_pool_id)
    return row


def _patched(row: PoolRow, patch: TalentPoolPatch, pools: Mapping[int, PoolState]) -> PoolRow:
    """The row with the given fields changed. Raises the Faults of a bad name, and of a parent not in `pools`."""
    name = languages.named("i18n_name", patch.i18n_name, Texts(row.name_zh, row.name_en))
    description = languages.patched(patch.i18n_description, Texts(row.description_zh, row.description_en))
    return msgspec.structs.replace(
        row,
        name_zh=name.zh,
        name_en=name.en,
        description_zh=description.zh,
        description_en=description.en,
        parent_id=row.parent_id if patch.parent_id is UNSET else _parent(patch.parent_id, pools),
        is_private=row.is_private if patch.is_private is UNSET else patch.is_private,
    )


def _parent(parent_text: str, pools: Mapping[int, PoolState]) -> int | None:
    if not parent_text:
        return None
    parent_id = ids.parse(parent_text)
    if parent_id is None or parent_id not in pools:
        raise talent_pool_not_found("parent_id", parent_text)
    return parent_id


async def _with_those_above(tx: Transaction, call: Call, pool_id: int) -> list[int]:
    """A pool's number and those of the pools it lies below."""
    found = await tx.rows(Number, "talent_pool_with_those_above", tenant_id=call.caller.tenant_id, pool_id=pool_id)
    return [pool.value for pool in found]


async def _refuse_loop(
    tx: Transaction, call: Call, pool_id: int, parent_id: int, locked: Mapping[int, PoolState]
) -> None:
    """Raise the parameter Fault for a parent that lies below the pool; RunAgain where it lies below one not locked."""
    above = await _with_those_above(tx, call, parent_id)
    if pool_id in above:
        raise parameter_fault("parent_id", "is this pool or lies below it")
    if not locked.keys() >= set(above):
        raise RunAgain


def _columns(row: PoolRow) -> dict[str, object]:
    columns = msgspec.structs.asdict(row)
    del columns["create_time"], columns["modify_time"], columns["version"]
    return columns
