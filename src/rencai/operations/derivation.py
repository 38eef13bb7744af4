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
from rencai.operations.call import Call, Caller, Number
from rencai.operations.identities import identities_of
from rencai.operations.membership import as_json
from rencai.operations.talents import Owner
from rencai.storage.seam import Database, Transaction

VERSION = 1
BATCH = 500
_MOMENT = re.compile(MOMENT)
_TIMES = ("start_time", "end_time", "award_time", "start_work_time", "birthday")


class StoredTalent(msgspec.Struct, frozen=True):
    """A profile as JSON."""

    talent_id: int
    profile: str


async def bring_up_to_date(
    database: Database, clock: Callable[[], int], take_ids: Callable[[int], list[int]], report: Callable[[int], None]
) -> None:
    """Make the derived rows of every talent anew, if they were made by older rules.

    It goes on in batches, each a unit of its own, and may be broken off and begun again. `report` is told how many
    talents are done, after each batch.
    """
    if await database.read(_version) >= VERSION:
        return
    done = 0
    for tenant in await database.read(_tenants):
        after = 0
        while True:
            call = Call("derivation", Caller(tenant.value, "", frozenset(), "off", b""), clock(), take_ids)
            last, count = await database.write(_unit(call, after))
            if not count:
                break
            after, done = last, done + count
            report(done)
    await database.write(_finish)


async def _version(tx: Transaction) -> int:
    row = await tx.row(Number, "derivation_version")
    return VERSION if row is None else row.value


async def _tenants(tx: Transaction) -> list[Number]:
    return await tx.rows(Number, "tenants_all")


async def _finish(tx: Transaction) -> None:
    await tx.run("derivation_version_put", version=VERSION)


def _unit(call: Call, after: int) -> Callable[[Transaction], Any]:
    async def unit(tx: Transaction) -> tuple[int, int]:
        call.begin_attempt()
        here = {"tenant_id": call.caller.tenant_id, "after": after, "batch_size": BATCH}
        rows = await tx.rows(StoredTalent, "talents_to_derive", **here)
        for row in rows:
            await _derive(tx, call, row)
        return (rows[-1].talent_id if rows else after), len(rows)

    return unit


async def _derive(tx: Transaction, call: Call, row: StoredTalent) -> None:
    here = {"tenant_id": call.caller.tenant_id, "talent_id": row.talent_id}
    talent = _readable(row.profile)
    items = [item for name in profiles.LISTS for item in profiles.each(getattr(talent, name))]
    if any(item.id is msgspec.UNSET for item in items):
        talent = profiles.kept(call, talent)
    talent = msgspec.structs.replace(talent, basic_info=profiles.one_place(talent.basic_info))
    await tx.run("talent_profile_update", profile=profiles.encoded(talent), **here)
    await tx.run("talent_identities_delete", **here)
    rows = [[i.kind, i.value, row.talent_id] for i in identities_of(talent.basic_info)]
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=here["tenant_id"], identities=as_json(rows))
    # Two people whom the old rules told apart may be one to the new: whoever came first keeps the identity.
    others = {(owner.kind, owner.value) for owner in taken}
    free = [identity for identity in rows if (identity[0], identity[1]) not in others]
    await tx.run("talent_identities_insert", tenant_id=here["tenant_id"], identities=as_json(free))
    await search.remove(tx, call, row.talent_id)
    await search.add(tx, call, await search.prepared(tx, call, [(row.talent_id, talent)]))


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
