"""Talents shown: lists by keyword and time, one in the shape of v1 or v2, and found by identity."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract import talent_views as shapes
from rencai.contract.errors import MOBILE_INCORRECT, Fault, Violation, parameter_fault, talents_not_found
from rencai.contract.fields import PeopleIds
from rencai.contract.talent_views import TalentV2
from rencai.contract.talents import (
    ONBOARD_STATUS,
    TALENT_GET_V2,
    FoundTalent,
    FoundTalents,
    IdentityQuery,
    OneTalent,
    TalentListQuery,
    TalentPage,
    TalentPath,
)
from rencai.operations import (
    identities,
    notes,
    paging,
    profiles,
    search,
    talent_folders,
    talent_states,
    talent_tags,
    talent_v1,
    talent_v2,
)
from rencai.operations import talent_views as views
from rencai.operations.call import Call, Outcome
from rencai.operations.languages import Texts
from rencai.operations.membership import as_json
from rencai.operations.talent_objects import objects_of_tenant
from rencai.operations.talent_pools import pools_of_talent
from rencai.operations.talent_views import TalentRow
from rencai.storage.seam import Transaction

BY_ENTRY = 4


class PoolOfTalent(msgspec.Struct, frozen=True):
    """A pool the talent is in."""

    pool_id: int
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    add_time: int


async def talent_list(tx: Transaction, call: Call, query: TalentListQuery) -> Outcome[TalentPage]:
    """A page of talents, newest first (contract §9). An empty first page is the Fault 1002102 (decision 25).

    Statements: 2, with keywords 3.
    """
    keywords = search.keywords_of(query.keyword)
    bound_to = paging.filter_of(query)
    latest = ids.LARGEST if query.update_end_time is UNSET else int(query.update_end_time)
    before_time, before_id = paging.position(call, query.page_token, (latest, ids.LARGEST), bound_to)
    by_entry = query.sort_by == BY_ENTRY
    page = search.Page(
        since=0 if query.update_start_time is UNSET else int(query.update_start_time),
        before_time=latest if by_entry else before_time,
        before_id=before_id,
        page_size=query.page_size,
        by_entry=by_entry,
    )
    found = await search.find(tx, call, keywords, page)
    if not found and not query.page_token and query.query_option is UNSET:
        words = "nobody is found; say query_option=ignore_empty_error to get an empty list"
        raise Fault(talents_not_found("keyword", []).error, Violation("query_option", words))
    positions = [(row.update_time, row.talent_id) for row in found]
    shown, has_more, token = paging.page(call, found, positions, query.page_size, bound_to)
    rows = {row.talent_id: row for row in await talent_rows(tx, call, [row.talent_id for row in shown])}
    items = [talent_v1.shown(call, rows[row.talent_id], query.user_id_type, None) for row in shown]
    return Outcome(TalentPage(items, has_more, token))


async def talent_get(tx: Transaction, call: Call, path: TalentPath, query: PeopleIds) -> Outcome[OneTalent]:
    """One talent in the shape of v1 (contract §9). Statements: 2."""
    row = await _row(tx, call, path.talent_id)
    objects = await objects_of_tenant(tx, call)
    return Outcome(OneTalent(talent_v1.shown(call, row, query.user_id_type, objects)))


async def talent_get_v2(tx: Transaction, call: Call, path: TalentPath, query: PeopleIds) -> Outcome[TalentV2]:
    """One talent in the shape of v2 (contract §9). Fields that ask for a scope are left out without it.

    Statements: 11 at most.
    """
    row = await _row(tx, call, path.talent_id)
    objects = await objects_of_tenant(tx, call)
    pool_ids = sorted(await pools_of_talent(tx, call, row.talent_id) or [])
    around = talent_v2.Surroundings(
        similar=await search.similar_to(tx, call, row.talent_id),
        talent_pool_ids=pool_ids,
        talent_pools=await _pool_refs(tx, call, row.talent_id, pool_ids)
        if _may_see(call, "talent_pool_ref_list_v2")
        else UNSET,
        talent_folders=await talent_folders.folders_of(tx, call, row.talent_id, query.user_id_type)
        if _may_see(call, "talent_folder_ref_list_v2")
        else UNSET,
        talent_tags=await talent_tags.tags_of(tx, call, row.talent_id) if _may_see(call, "tag_list") else UNSET,
        block_info=await talent_states.block_of(tx, call, row.talent_id) if _may_see(call, "block_info") else UNSET,
        notes=await notes.notes_of(tx, call, row.talent_id, query.user_id_type)
        if _may_see(call, "note_list_v2")
        else UNSET,
    )
    return Outcome(talent_v2.shown(call, row, objects, around))


async def talent_batch_get_id(tx: Transaction, call: Call, body: IdentityQuery) -> Outcome[FoundTalents]:
    """Talents who match one value of every kind that is given (contract §10). Statements: 2."""
    wanted = _wanted(body)
    rows = as_json([[kind, value] for kind, values in wanted.items() for value in values])
    owners = await tx.rows(
        identities.Owner, "talent_identities_taken", tenant_id=call.caller.tenant_id, identities=rows
    )
    kinds: dict[int, set[str]] = {}
    for owner in owners:
        kinds.setdefault(owner.talent_id, set()).add(owner.kind)
    matching = sorted(talent_id for talent_id, found in kinds.items() if found == wanted.keys())
    may_see_status = call.caller.may(ONBOARD_STATUS)
    rows_found = await talent_rows(tx, call, matching)
    return Outcome(FoundTalents([_found(row, wanted, may_see_status) for row in rows_found]))


def _wanted(body: IdentityQuery) -> dict[str, list[str]]:
    """The normal forms asked for, by kind. Raises the Faults of bad mobiles and of a missing type."""
    wanted: dict[str, list[str]] = {}
    if body.mobile_number_list:
        wanted["mobile"] = _mobiles(body)
    if body.email_list:
        wanted["email"] = [identities.email_form(email) for email in body.email_list]
    if body.identification_number_list:
        if body.identification_type is UNSET:
            raise parameter_fault("identification_type", "is required with identification_number_list")
        kind = body.identification_type
        numbers = body.identification_number_list
        wanted["identification"] = [identities.identification_form(kind, number) for number in numbers]
    return wanted


def _mobiles(body: IdentityQuery) -> list[str]:
    wrong = [
        Violation(f"mobile_number_list[{index}]", "is no telephone number")
        for index, mobile in enumerate(body.mobile_number_list)
        if not identities.is_mobile(mobile)
    ]
    if not identities.is_calling_code(body.mobile_code):
        wrong.insert(0, Violation("mobile_code", "is no calling code, such as 86"))
    if wrong:
        raise Fault(MOBILE_INCORRECT, *wrong)
    return [identities.mobile_form(mobile, body.mobile_code) for mobile in body.mobile_number_list]


def _found(row: TalentRow, wanted: dict[str, list[str]], may_see_status: bool) -> FoundTalent:
    person = profiles.decoded(row.profile).basic_info
    document = views.document_of(person)
    with_mobile, with_document = "mobile" in wanted, "identification" in wanted
    return FoundTalent(
        talent_id=str(row.talent_id),
        mobile_code=views.mobile_code(person) if with_mobile else UNSET,
        mobile_number=person.mobile if with_mobile else UNSET,
        email=person.email if "email" in wanted else UNSET,
        identification_type=document.identification_type if with_document else UNSET,
        identification_number=document.identification_number if with_document else UNSET,
        is_onboarded=row.is_onboarded if may_see_status else UNSET,
    )


async def talent_rows(tx: Transaction, call: Call, talent_ids: Sequence[int]) -> list[TalentRow]:
    """What is kept of these talents, of those there are. Statements: 1."""
    return await tx.rows(
        TalentRow, "talent_rows", tenant_id=call.caller.tenant_id, talent_ids=as_json(list(talent_ids))
    )


async def _row(tx: Transaction, call: Call, talent_id: str) -> TalentRow:
    number = ids.parse(talent_id)
    rows = [] if number is None else await talent_rows(tx, call, [number])
    if not rows:
        raise talents_not_found("talent_id", [talent_id])
    return rows[0]


def _may_see(call: Call, field: str) -> bool:
    return call.caller.may(TALENT_GET_V2.field_scopes[field])


async def _pool_refs(tx: Transaction, call: Call, talent_id: int, pool_ids: list[int]) -> list[shapes.TalentPoolRef]:
    pools = await tx.rows(
        PoolOfTalent,
        "talent_pool_refs",
        tenant_id=call.caller.tenant_id,
        talent_id=talent_id,
        pool_ids=as_json(pool_ids),
    )
    return [
        shapes.TalentPoolRef(
            str(pool.pool_id),
            Texts(pool.name_zh, pool.name_en).shown(),
            Texts(pool.description_zh, pool.description_en).shown(),
            str(pool.add_time),
        )
        for pool in pools
    ]
