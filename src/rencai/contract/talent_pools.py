"""Talent pools: the heart (contract §6), list and move (§7, §8), and the native calls that make and show them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, IF_MATCH, Endpoint, Nothing, Tier
from rencai.contract.errors import (
    ID_LIST_TOO_LONG,
    PAGE_SIZE_ILLEGAL,
    TALENT_NOT_FOUND,
    TALENT_POOL_MOVED_ON,
    TALENT_POOL_NOT_EMPTY,
    TALENT_POOL_NOT_FOUND,
)
from rencai.contract.fields import GivenDescription, GivenName, Languages, Milliseconds, Paged, YesNo

WRITE = ("hire:talent_folder",)
READ = ("hire:talent_folder:readonly", "hire:talent_folder")
PEOPLE_READ = ("hire:talent:readonly", "hire:talent")


class TalentPoolPath(msgspec.Struct, frozen=True):
    """The pool in the path."""

    talent_pool_id: str


class BatchChange(msgspec.Struct, frozen=True):
    """1 to 50 talent ids, and what to do with them: 1 adds them to the pool, 2 takes them out."""

    talent_id_list: Annotated[list[str], Meta(min_length=1, max_length=50)]
    option_type: Literal[1, 2]


class TalentPoolListQuery(msgspec.Struct, frozen=True):
    """A page of pools, or those of up to 50 ids."""

    page_size: Annotated[int, Meta(ge=1, le=100)] = 10
    page_token: str = ""
    id_list: Annotated[list[str], Meta(max_length=50)] = []


class TalentPool(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pool as the vendor's list shows it (contract §7). A root pool has no `parent_id`; times in ms."""

    id: str
    i18n_name: Languages
    i18n_description: Languages
    is_private: int
    create_time: str
    modify_time: str
    parent_id: str = ""


class TalentPoolPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of pools; `page_token` only where there is more."""

    items: list[TalentPool]
    has_more: bool
    page_token: str | UnsetType = UNSET


class Move(msgspec.Struct, frozen=True):
    """A talent to put into the pool: `add_type` 1 leaves its other pools alone, 2 takes it out of them."""

    talent_id: str
    add_type: Literal[1, 2]


class Moved(msgspec.Struct, frozen=True):
    """The pool and the talent now in it."""

    talent_pool_id: str
    talent_id: str


class NewTalentPool(msgspec.Struct, frozen=True):
    """A pool to create. It needs a name in one language; `is_private` 2 (everyone) unless said otherwise."""

    i18n_name: GivenName
    i18n_description: GivenDescription | UnsetType = UNSET
    parent_id: str = ""
    is_private: YesNo = 2


class TalentPoolPatch(msgspec.Struct, frozen=True):
    """What to change: fields and languages that are left out stay; an empty `parent_id` makes a root pool."""

    i18n_name: GivenName | UnsetType = UNSET
    i18n_description: GivenDescription | UnsetType = UNSET
    parent_id: str | UnsetType = UNSET
    is_private: YesNo | UnsetType = UNSET


class OneTalentPool(msgspec.Struct, frozen=True):
    """One pool."""

    talent_pool: TalentPool


class DeleteQuery(msgspec.Struct, frozen=True):
    """`force=true` deletes a pool that has members; they stay talents."""

    force: bool = False


class Member(msgspec.Struct, frozen=True):
    """A talent in the pool, since when (ms), and on request who that is now."""

    talent_id: str
    add_time: str
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    mobile_code: str | UnsetType = UNSET
    mobile_number: str | UnsetType = UNSET


class MembersQuery(Paged, frozen=True):
    """A page of members, now or as they were at a moment (ms).

    `with_people` adds each one's name, e-mail and mobile, of those who are still there, for apps that may read talents.
    """

    at: Milliseconds | UnsetType = UNSET
    with_people: bool = False


class MembershipsQuery(Paged, frozen=True):
    """A page of pools, now or as they were at a moment (ms)."""

    at: Milliseconds | UnsetType = UNSET


class MembershipsPath(msgspec.Struct, frozen=True):
    """The talent in the path."""

    talent_id: str


class Membership(msgspec.Struct, frozen=True):
    """A pool the talent is in, since when (ms), and whether the pool has been deleted since."""

    talent_pool_id: str
    add_time: str
    is_deleted: bool


class MembershipPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of a talent's memberships by pool id."""

    items: list[Membership]
    has_more: bool
    page_token: str | UnsetType = UNSET


class DiffQuery(Paged, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """A page of what is different at two moments (ms)."""

    since: Milliseconds
    until: Milliseconds


class Difference(msgspec.Struct, frozen=True):
    """A talent who is in the pool at the second moment alone (added), or at the first alone (removed)."""

    talent_id: str
    outcome: Literal["added", "removed"]


class DifferencePage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of differences by talent id."""

    items: list[Difference]
    has_more: bool
    page_token: str | UnsetType = UNSET


class MemberPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of members by talent id, and how many there are in all."""

    items: list[Member]
    has_more: bool
    member_count: int
    page_token: str | UnsetType = UNSET


TALENT_POOL_BATCH_CHANGE = Endpoint(
    name="talent_pool_batch_change",
    method="POST",
    path="/open-apis/hire/v1/talent_pools/{talent_pool_id}/batch_change_talent_pool",
    summary="Add up to 50 talents to a pool, or take them out",
    source="the vendor's page talent_pool/batch_change_talent_pool (contract §6)",
    scopes=WRITE,
    tier=Tier.TIER_7,
    path_type=TalentPoolPath,
    body_type=BatchChange,
    reply=Nothing,
    access="write",
    settles=True,
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_POOL_NOT_FOUND, TALENT_NOT_FOUND),
)

TALENT_POOL_LIST = Endpoint(
    name="talent_pool_list",
    method="GET",
    path="/open-apis/hire/v1/talent_pools",
    summary="List talent pools in order of creation",
    source="the vendor's page talent_pool/search (contract §7)",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=TalentPoolListQuery,
    reply=TalentPoolPage,
    access="read",
    field_errors={"page_size": PAGE_SIZE_ILLEGAL, "id_list": ID_LIST_TOO_LONG},
    msg="SUCCESS",
)

TALENT_POOL_MOVE_TALENT = Endpoint(
    name="talent_pool_move_talent",
    method="POST",
    path="/open-apis/hire/v1/talent_pools/{talent_pool_id}/talent_relationship",
    summary="Put one talent into a pool, and out of its others if asked",
    source="the vendor's page talent_pool/move_talent (contract §8)",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    body_type=Move,
    reply=Moved,
    access="write",
    settles=True,
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_POOL_NOT_FOUND, TALENT_NOT_FOUND),
    msg="SUCCESS",
)

TALENT_POOL_CREATE = Endpoint(
    name="talent_pool_create",
    method="POST",
    path="/rencai/v1/talent_pools",
    summary="Create a talent pool",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalentPool,
    reply=OneTalentPool,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_POOL_NOT_FOUND,),
)

TALENT_POOL_GET = Endpoint(
    name="talent_pool_get",
    method="GET",
    path="/rencai/v1/talent_pools/{talent_pool_id}",
    summary="Show one talent pool",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    reply=OneTalentPool,
    access="read",
    etag=True,
    errors=(TALENT_POOL_NOT_FOUND,),
)

TALENT_POOL_UPDATE = Endpoint(
    name="talent_pool_update",
    method="PATCH",
    path="/rencai/v1/talent_pools/{talent_pool_id}",
    summary="Change a talent pool's name, description, visibility or parent",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    body_type=TalentPoolPatch,
    reply=OneTalentPool,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_POOL_NOT_FOUND,),
)

TALENT_POOL_DELETE = Endpoint(
    name="talent_pool_delete",
    method="DELETE",
    path="/rencai/v1/talent_pools/{talent_pool_id}",
    summary="Delete a talent pool; one with members only by force",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    query_type=DeleteQuery,
    reply=Nothing,
    access="write",
    request_headers=(IDEMPOTENCY_KEY, IF_MATCH),
    errors=(TALENT_POOL_NOT_FOUND, TALENT_POOL_NOT_EMPTY, TALENT_POOL_MOVED_ON),
)

MEMBERSHIP_LIST = Endpoint(
    name="membership_list",
    method="GET",
    path="/rencai/v1/talent_pools/{talent_pool_id}/talents",
    summary="List a pool's members by talent id, now or at a moment",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    query_type=MembersQuery,
    reply=MemberPage,
    access="read",
    etag=True,
    errors=(TALENT_POOL_NOT_FOUND,),
    field_scopes={f"items[].{field}": PEOPLE_READ for field in ("name", "email", "mobile_code", "mobile_number")},
)

MEMBERSHIP_DIFF = Endpoint(
    name="membership_diff",
    method="GET",
    path="/rencai/v1/talent_pools/{talent_pool_id}/diff",
    summary="List who came into a pool and who left it between two moments",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    query_type=DiffQuery,
    reply=DifferencePage,
    access="read",
    errors=(TALENT_POOL_NOT_FOUND,),
)

MEMBERSHIP_LIST_OF_TALENT = Endpoint(
    name="membership_list_of_talent",
    method="GET",
    path="/rencai/v1/talents/{talent_id}/talent_pools",
    summary="List the pools a talent is in, now or at a moment",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=MembershipsPath,
    query_type=MembershipsQuery,
    reply=MembershipPage,
    access="read",
    errors=(TALENT_NOT_FOUND,),
)
