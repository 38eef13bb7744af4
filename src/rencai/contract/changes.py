"""Changes: what each change of membership did, through whichever call it came (decision 30)."""

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.endpoint import Endpoint, Tier
from rencai.contract.errors import CHANGE_NOT_FOUND, TALENT_POOL_NOT_FOUND
from rencai.contract.fields import Paged
from rencai.contract.talent_pools import READ


class ChangePath(msgspec.Struct, frozen=True):
    """The change in the path."""

    change_id: str


class ChangeListQuery(Paged, frozen=True):
    """A page of changes, of one pool if `talent_pool_id` is given (a deleted one too)."""

    talent_pool_id: str = ""


class PartSummary(msgspec.Struct, frozen=True):
    """What a change did to one pool: the pool's version after it, and how many came and went."""

    talent_pool_id: str
    version: int
    added_count: int
    removed_count: int


class Part(msgspec.Struct, frozen=True):
    """What a change did to one pool, with the talent ids in ascending order."""

    talent_pool_id: str
    version: int
    added: list[str]
    removed: list[str]


class ChangeSummary(msgspec.Struct, frozen=True):
    """One change: who did what, when (ms) and why, and its parts without ids."""

    id: str
    operation: str
    app_id: str
    time: str
    reason: str
    parts: list[PartSummary]


class Change(msgspec.Struct, frozen=True):
    """One change with the ids of its parts."""

    id: str
    operation: str
    app_id: str
    time: str
    reason: str
    parts: list[Part]


class ChangePage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of changes, newest first."""

    items: list[ChangeSummary]
    has_more: bool
    page_token: str | UnsetType = UNSET


class OneChange(msgspec.Struct, frozen=True):
    """One change."""

    change: Change


CHANGE_LIST = Endpoint(
    name="change_list",
    method="GET",
    path="/rencai/v1/changes",
    summary="List changes of membership, newest first",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=ChangeListQuery,
    reply=ChangePage,
    access="read",
    errors=(TALENT_POOL_NOT_FOUND,),
)

CHANGE_GET = Endpoint(
    name="change_get",
    method="GET",
    path="/rencai/v1/changes/{change_id}",
    summary="Show one change with the talents it moved",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=ChangePath,
    reply=OneChange,
    access="read",
    errors=(CHANGE_NOT_FOUND,),
)
