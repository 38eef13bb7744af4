"""Talents (contract §9, §10): list, show, create, update, find by identity; natively create many and delete one."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract import notes, talent_pools, talent_states, talent_tags
from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Nothing, Tier
from rencai.contract.errors import (
    DUPLICATE_TALENT,
    MOBILE_INCORRECT,
    SYSTEM_ERROR,
    TALENT_CONFLICT,
    TALENT_NOT_FOUND,
)
from rencai.contract.fields import USER_IDS, Milliseconds, PeopleIds, Text, UserIds
from rencai.contract.profiles import IdentificationNumber, IdentificationType, NewTalent, TalentUpdate
from rencai.contract.talent_views import TalentV1, TalentV2

WRITE = ("hire:talent",)
READ = ("hire:talent:readonly", "hire:talent")
ONBOARD_STATUS = ("hire:talent_onboard_status:readonly",)

IGNORE_EMPTY_ERROR: Literal["ignore_empty_error"] = "ignore_empty_error"


class TalentPath(msgspec.Struct, frozen=True):
    """The talent in the path."""

    talent_id: str


class TalentListQuery(PeopleIds, frozen=True):
    """Which talents, in which order: 1 update time, 2 relevance, 3 application time, 4 time of entry; newest first.

    `keyword` is one or several words that must all occur; times in ms, both ends included. An empty result is an
    error unless `query_option` says otherwise.
    """

    keyword: Annotated[Text, Meta(max_length=255)] = ""
    update_start_time: Milliseconds | UnsetType = UNSET
    update_end_time: Milliseconds | UnsetType = UNSET
    page_size: Annotated[int, Meta(ge=1, le=20)] = 10
    page_token: str = ""
    sort_by: Literal[1, 2, 3, 4] = 1
    query_option: Literal["ignore_empty_error"] | UnsetType = UNSET


class TalentPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of talents; `page_token` only where there is more."""

    items: list[TalentV1]
    has_more: bool
    page_token: str | UnsetType = UNSET


class OneTalent(msgspec.Struct, frozen=True):
    """One talent."""

    talent: TalentV1


class CreatedTalent(msgspec.Struct, frozen=True):
    """The new talent, and who created it: 1 an employee, 3 the system (an app, by its own id)."""

    talent_id: str
    creator_account_type: int
    creator_id: str | UnsetType = UNSET


class UpdatedTalent(msgspec.Struct, frozen=True):
    """The talent, and who updated it: 1 an employee, 3 the system (an app, by its own id)."""

    talent_id: str
    operator_account_type: int
    operator_id: str | UnsetType = UNSET


class IdentityQuery(msgspec.Struct, frozen=True):
    """Mobiles, e-mails and identification numbers, up to 100 of each. A talent must match each kind that is given."""

    mobile_code: Annotated[Text, Meta(max_length=16)] = "86"
    mobile_number_list: Annotated[list[Text], Meta(max_length=100)] = []
    email_list: Annotated[list[Text], Meta(max_length=100)] = []
    identification_type: IdentificationType | UnsetType = UNSET
    identification_number_list: Annotated[list[IdentificationNumber], Meta(max_length=100)] = []


class FoundTalent(msgspec.Struct, frozen=True):
    """A talent by its identities: those of the kinds that were asked for."""

    talent_id: str
    mobile_code: str | UnsetType = UNSET
    mobile_number: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    identification_type: int | UnsetType = UNSET
    identification_number: str | UnsetType = UNSET
    is_onboarded: bool | UnsetType = UNSET


class FoundTalents(msgspec.Struct, frozen=True):
    """The talents that match."""

    talent_list: list[FoundTalent]


class NewTalents(msgspec.Struct, frozen=True):
    """1 to 1,000 people to create: all of them or none."""

    talents: Annotated[list[NewTalent], Meta(min_length=1, max_length=1000)]


class CreatedTalents(msgspec.Struct, frozen=True):
    """The new talents' ids, in the order of the request."""

    talent_id_list: list[str]


TALENT_LIST = Endpoint(
    name="talent_list",
    method="GET",
    path="/open-apis/hire/v1/talents",
    summary="List talents, all or those that keywords name",
    source="the vendor's page talent/list (contract §9)",
    scopes=READ,
    tier=Tier.TIER_8,
    query_type=TalentListQuery,
    reply=TalentPage,
    access="read",
    errors=(TALENT_NOT_FOUND,),
    field_scopes={"items[].basic_info.creator_id": USER_IDS},
    msg="ok",
)

TALENT_GET = Endpoint(
    name="talent_get",
    method="GET",
    path="/open-apis/hire/v1/talents/{talent_id}",
    summary="Show one talent in the shape of v1",
    source="the vendor's page talent/get (contract §9)",
    scopes=READ,
    tier=Tier.TIER_8,
    path_type=TalentPath,
    query_type=PeopleIds,
    reply=OneTalent,
    access="read",
    errors=(TALENT_NOT_FOUND,),
    field_scopes={"talent.basic_info.creator_id": USER_IDS},
    msg="ok",
)

TALENT_GET_V2 = Endpoint(
    name="talent_get_v2",
    method="GET",
    path="/open-apis/hire/v2/talents/{talent_id}",
    summary="Show one talent in the shape of v2, with pools, folders, tags, notes and block list",
    source="the vendor's page hire-v2/talent/get (contract §9)",
    scopes=READ,
    tier=Tier.TIER_8,
    path_type=TalentPath,
    query_type=PeopleIds,
    reply=TalentV2,
    access="read",
    errors=(TALENT_NOT_FOUND,),
    field_scopes={
        "talent_pool_ref_list_v2": talent_pools.READ,
        "talent_folder_ref_list_v2": talent_pools.READ,
        "tag_list": talent_tags.READ,
        "block_info": talent_states.BLOCK_READ,
        "note_list_v2": notes.READ,
        "talent_folder_ref_list_v2[].owner_id": USER_IDS,
        "note_list_v2[].creator_id": USER_IDS,
    },
)

TALENT_COMBINED_CREATE = Endpoint(
    name="talent_combined_create",
    method="POST",
    path="/open-apis/hire/v1/talents/combined_create",
    summary="Create one talent with everything that is known of them",
    source="the vendor's page talent/combined_create (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_4,
    query_type=UserIds,
    body_type=NewTalent,
    reply=CreatedTalent,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(DUPLICATE_TALENT,),
    field_scopes={"creator_id": USER_IDS},
    msg="ok",
)

TALENT_COMBINED_UPDATE = Endpoint(
    name="talent_combined_update",
    method="POST",
    path="/open-apis/hire/v1/talents/combined_update",
    summary="Update what is known of one talent",
    source="the vendor's page talent/combined_update (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_4,
    query_type=UserIds,
    body_type=TalentUpdate,
    reply=UpdatedTalent,
    access="write",
    settles=True,
    errors=(TALENT_NOT_FOUND, TALENT_CONFLICT),
    field_scopes={"operator_id": USER_IDS},
    msg="ok",
)

TALENT_BATCH_GET_ID = Endpoint(
    name="talent_batch_get_id",
    method="POST",
    path="/open-apis/hire/v1/talents/batch_get_id",
    summary="Find talents by mobile, e-mail and identification number",
    source="the vendor's page talent/batch_get_id (contract §10)",
    scopes=READ,
    tier=Tier.TIER_4,
    body_type=IdentityQuery,
    reply=FoundTalents,
    access="read",
    errors=(MOBILE_INCORRECT,),
    statuses={SYSTEM_ERROR.code: 200},
    field_scopes={"talent_list[].is_onboarded": ONBOARD_STATUS},
    msg="ok",
)

TALENT_BATCH_CREATE = Endpoint(
    name="talent_batch_create",
    method="POST",
    path="/rencai/v1/talents/batch_create",
    summary="Create up to 1,000 talents: all of them or none",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalents,
    reply=CreatedTalents,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(DUPLICATE_TALENT,),
)

TALENT_DELETE = Endpoint(
    name="talent_delete",
    method="DELETE",
    path="/rencai/v1/talents/{talent_id}",
    summary="Delete a talent and all that is known of them, and end their memberships",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPath,
    reply=Nothing,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_NOT_FOUND,),
)
