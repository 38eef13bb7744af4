"""Pools and people at a moment: who was in, and what is different (decision 37)."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.errors import parameter_fault
from rencai.contract.talent_pools import (
    MEMBERSHIP_LIST,
    Difference,
    DifferencePage,
    DiffQuery,
    Member,
    MemberPage,
    Membership,
    MembershipPage,
    MembershipsPath,
    MembershipsQuery,
    MembersQuery,
    TalentPoolPath,
)
from rencai.operations import membership, paging, profiles
from rencai.operations.call import Call, Number, Outcome
from rencai.operations.history import start_of
from rencai.operations.membership import PoolState
from rencai.operations.talent_reads import talent_rows
from rencai.operations.talent_states import talents_named
from rencai.operations.talent_views import mobile_code
from rencai.storage.seam import Transaction


class MemberRow(msgspec.Struct, frozen=True):
    """A member, and the add_time that is shown."""

    talent_id: int
    add_time: int


class DifferenceRow(msgspec.Struct, frozen=True):
    """A talent who came (1) or left (-1)."""

    talent_id: int
    sign: int


class MembershipRow(msgspec.Struct, frozen=True):
    """A pool that a talent was in."""

    pool_id: int
    add_time: int
    is_deleted: int


async def past(tx: Transaction, call: Call, field: str, moment: str) -> int:
    """A moment of a request. Raises the parameter Fault for one that is still to come, or of which nothing is kept.

    Statements: 1.
    """
    at = int(moment)
    if at > call.now:
        raise parameter_fault(field, "is in the future; ask for a moment that has been")
    start = await start_of(tx, call.caller.tenant_id)
    if start and at < start:
        raise parameter_fault(field, f"is before {start}, where the history that is kept begins; ask for a later one")
    return at


async def version_at(tx: Transaction, call: Call, pool: PoolState, at: int) -> int:
    """The version that a pool had at a moment. Statements: 1, or none for one after its last change."""
    if at >= pool.change_time:
        return pool.version
    here = {"tenant_id": call.caller.tenant_id, "pool_id": pool.pool_id}
    found = await tx.row(Number, "talent_pool_version_at", version=pool.version, at=at, **here)
    return 0 if found is None else found.value


async def membership_list(
    tx: Transaction, call: Call, path: TalentPoolPath, query: MembersQuery
) -> Outcome[MemberPage]:
    """A page of a pool's members by talent id, now or at a moment. Statements: 2; at a moment 5 at most. With
    people one more.

    The version goes with the members of now: there is nothing to change in the past.
    """
    at = None if query.at is UNSET else await past(tx, call, "at", query.at)
    bound_to = f"{path.talent_pool_id} {at}"
    (after,) = paging.position(call, query.page_token, (0,), bound_to)
    pool = await membership.look_at_pool(tx, call, path.talent_pool_id)
    here = {"tenant_id": call.caller.tenant_id, "pool_id": pool.pool_id}
    page = {"after": after, "page_size": query.page_size}
    count = pool.member_count
    if at is None:
        rows = await tx.rows(MemberRow, "membership_page", **here, **page)
    else:
        version = await version_at(tx, call, pool, at)
        rows = await tx.rows(MemberRow, "membership_page_at", version=version, **here, **page)
        growth = await tx.row(Number, "talent_pool_growth_since", version=version, **here)
        count -= growth.value if growth is not None else 0
    positions = [(row.talent_id,) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, bound_to)
    people = await _people(tx, call, shown) if query.with_people else {}
    items = [people.get(row.talent_id) or Member(str(row.talent_id), str(row.add_time)) for row in shown]
    return Outcome(MemberPage(items, has_more, count, token), version=pool.version if at is None else None)


async def _people(tx: Transaction, call: Call, rows: Sequence[MemberRow]) -> dict[int, Member]:
    """The members of whom the caller may see who they are, with that; none of them where it may not."""
    if not call.caller.may(MEMBERSHIP_LIST.field_scopes["items[].name"]):
        return {}
    known = await talent_rows(tx, call, [row.talent_id for row in rows])
    persons = {row.talent_id: profiles.decoded(row.profile).basic_info for row in known}
    return {
        row.talent_id: Member(
            str(row.talent_id),
            str(row.add_time),
            name=person.name,
            email=person.email,
            mobile_code=mobile_code(person),
            mobile_number=person.mobile,
        )
        for row in rows
        if (person := persons.get(row.talent_id))
    }


async def membership_diff(
    tx: Transaction, call: Call, path: TalentPoolPath, query: DiffQuery
) -> Outcome[DifferencePage]:
    """Who is in the pool at one of two moments alone, by talent id. Statements: 6 at most."""
    since, until = await past(tx, call, "from", query.since), await past(tx, call, "to", query.until)
    if since > until:
        raise parameter_fault("to", "must not be before from")
    bound_to = f"{path.talent_pool_id} {since} {until}"
    (after,) = paging.position(call, query.page_token, (0,), bound_to)
    pool = await membership.look_at_pool(tx, call, path.talent_pool_id)
    rows = await tx.rows(
        DifferenceRow,
        "membership_differences",
        tenant_id=call.caller.tenant_id,
        pool_id=pool.pool_id,
        since=await version_at(tx, call, pool, since),
        until=await version_at(tx, call, pool, until),
        after=after,
        page_size=query.page_size,
    )
    positions = [(row.talent_id,) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, bound_to)
    items = [Difference(str(row.talent_id), "added" if row.sign > 0 else "removed") for row in shown]
    return Outcome(DifferencePage(items, has_more, token))


async def membership_list_of_talent(
    tx: Transaction, call: Call, path: MembershipsPath, query: MembershipsQuery
) -> Outcome[MembershipPage]:
    """A page of the pools a talent is in, now or at a moment, by pool id. Statements: 2, or 3."""
    at = ids.LARGEST if query.at is UNSET else await past(tx, call, "at", query.at)
    bound_to = f"{path.talent_id} {at}"
    (after,) = paging.position(call, query.page_token, (0,), bound_to)
    (talent_id,) = await talents_named(tx, call, "talent_id", [path.talent_id])
    rows = await tx.rows(
        MembershipRow,
        "memberships_of_talent_at",
        tenant_id=call.caller.tenant_id,
        talent_id=talent_id,
        at=at,
        after=after,
        page_size=query.page_size,
    )
    positions = [(row.pool_id,) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, bound_to)
    items = [Membership(str(row.pool_id), str(row.add_time), bool(row.is_deleted)) for row in shown]
    return Outcome(MembershipPage(items, has_more, token))
