"""Rows derived from profiles, made anew where a newer program reads more out of a profile than the one before.

Identities, search texts and ids of list items follow from a profile by rules that are code. `VERSION` counts the
rules; a database says by which its rows were made.
"""

import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

from rencai.contract.fields import MOMENT
from rencai.contract.profiles import NewTalent
from rencai.operations import profiles, search
from rencai.operations.apps import tenant_ids
from rencai.operations.call import Call, Caller, CallUnit, Number
from rencai.operations.identities import Owner, identities_of
from rencai.operations.membership import as_json
from rencai.operations.talents import ProfileRow
from rencai.storage.seam import Database, Transaction

VERSION = 2
BATCH = 500
_MOMENT = re.compile(MOMENT)
_TIMES = ("start_time", "end_time", "award_time", "start_work_time", "birthday")


class StoredTalent(msgspec.Struct, frozen=True):
    """A profile as JSON."""

    talent_id: int
    profile: str


class State(msgspec.Struct, frozen=True):
    """By which rules the rows were made, and the last talent that was made anew."""

    version: int
    tenant_id: int
    talent_id: int


class Progress(msgspec.Struct, frozen=True):
    """How far it is: talents done and to be done in this run, and those who lost an identity in the last batch."""

    done: int
    total: int
    sharing: list[int]


async def bring_up_to_date(
    database: Database,
    clock: Callable[[], int],
    take_ids: Callable[[int], list[int]],
    report: Callable[[Progress], None],
    is_ending: Callable[[], bool],
) -> None:
    """Make the derived rows of every talent anew, if they were made by older rules.

    It goes on in batches, each a unit that notes how far it is, so that it can be broken off and goes on there.
    `report` is told after each batch; `is_ending` is asked before each.
    """
    state = await database.read(_state)
    if state.version >= VERSION:
        return
    tenants = [tenant_id for tenant_id in await database.read(tenant_ids) if tenant_id >= state.tenant_id]
    total = sum([(await database.read(_counting(tenant_id))).value for tenant_id in tenants])
    done = 0
    for tenant_id in tenants:
        after = state.talent_id if tenant_id == state.tenant_id else 0
        while not is_ending():
            call = Call("derivation", Caller(tenant_id, "", frozenset(), "off", b""), clock(), take_ids)
            last, count, sharing = await database.write(CallUnit(_derive_batch, call, {"after": after}))
            if not count:
                break
            after, done = last, done + count
            report(Progress(done, total, sharing))
    if not is_ending():
        await database.write(_finish)


async def settle(tx: Transaction) -> None:
    """Note that nobody's rows were made by older rules, where there is nobody yet. Statements: 3 or more."""
    if (await _state(tx)).version < VERSION and not await is_behind(tx):
        await _finish(tx)


async def is_behind(tx: Transaction) -> bool:
    """Whether there is anybody whose rows were made by older rules."""
    if (await _state(tx)).version >= VERSION:
        return False
    counts = [await _counting(tenant_id)(tx) for tenant_id in await tenant_ids(tx)]
    return any(count.value for count in counts)


async def _state(tx: Transaction) -> State:
    state = await tx.row(State, "derivation_state")
    return State(VERSION, 0, 0) if state is None else state


def _counting(tenant_id: int) -> Callable[[Transaction], Any]:
    async def unit(tx: Transaction) -> Number:
        return await tx.row(Number, "talents_count", tenant_id=tenant_id) or Number(0)

    return unit


async def _finish(tx: Transaction) -> None:
    await tx.run("derivation_state_put", version=VERSION, reached_tenant_id=0, reached_talent_id=0)


async def _derive_batch(tx: Transaction, call: Call, after: int) -> tuple[int, int, list[int]]:
    """Make the rows of the talents after one anew: the last of them, how many, and who lost an identity."""
    here = {"tenant_id": call.caller.tenant_id, "after": after, "batch_size": BATCH}
    rows = await tx.rows(StoredTalent, "talents_to_derive", **here)
    sharing = [row.talent_id for row in rows if not await _derive(tx, call, row)]
    last = rows[-1].talent_id if rows else after
    reached = {"reached_tenant_id": call.caller.tenant_id, "reached_talent_id": last}
    await tx.run("derivation_state_put", version=VERSION - 1, **reached)
    return last, len(rows), sharing


async def _derive(tx: Transaction, call: Call, row: StoredTalent) -> bool:
    """Make a talent's rows anew. Whether it kept all its identities."""
    here = {"tenant_id": call.caller.tenant_id, "talent_id": row.talent_id}
    if await tx.lock("talent_lock", **here):
        current = await tx.row(ProfileRow, "talent_profile", **here)
        if current is None:
            return True  # deleted meanwhile
        row = StoredTalent(row.talent_id, current.profile)
    talent = _readable(row.profile)
    items = [item for name in profiles.LISTS for item in profiles.each(getattr(talent, name))]
    if any(item.id is msgspec.UNSET for item in items):
        talent = profiles.kept(call, talent)
    talent = msgspec.structs.replace(talent, basic_info=profiles.one_place(talent.basic_info))
    await tx.run("talent_profile_update", profile=profiles.encoded(talent), **here)
    await tx.run("talent_identities_delete", **here)
    identities = list(identities_of(talent.basic_info))
    rows = as_json([[i.kind, i.value] for i in identities])
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=here["tenant_id"], identities=rows)
    # Two people whom the old rules told apart may be one to the new: whoever came first keeps the identity.
    others = {(owner.kind, owner.value) for owner in taken}
    free = [i for i in identities if (i.kind, i.value) not in others]
    rows = as_json([[i.kind, i.value, row.talent_id] for i in free])
    await tx.run("talent_identities_insert", tenant_id=here["tenant_id"], identities=rows)
    await search.remove(tx, call, row.talent_id)
    await search.add(
        tx, call, await search.prepared(tx, call, [search.Person(row.talent_id, search.texts_of(talent), free)])
    )
    return len(free) == len(identities)


def _readable(stored: str) -> NewTalent:
    """A profile, also one from before times were bounded: those beyond every calendar are dropped."""
    try:
        return profiles.decoded(stored)
    except msgspec.ValidationError:
        return msgspec.convert(_bounded(msgspec.json.decode(stored)), NewTalent)


def _bounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_bounded(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    items = cast("dict[str, Any]", value).items()
    return {name: _bounded(item) for name, item in items if name not in _TIMES or _MOMENT.fullmatch(str(item))}
