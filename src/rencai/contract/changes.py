"""Changes: what each change of membership did, through whichever call it came (decision 30)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Tier
from rencai.contract.errors import CHANGE_NOT_FOUND, CHANGE_UNDONE, TALENT_POOL_NOT_FOUND
from rencai.contract.fields import Milliseconds, Paged, Text
from rencai.contract.talent_pools import READ, WRITE


class ChangePath(msgspec.Struct, frozen=True):
    """The change in the path."""

    change_id: str


class ChangeListQuery(Paged, frozen=True):
    """A page of changes: of a pool (a deleted one too), of a talent, by an app, an operation or a label, in a time.

    Times in ms, both ends included; newest first unless `order` is `asc`.
    """

    talent_pool_id: str = ""
    talent_id: str = ""
    app_id: str = ""
    operation: Text = ""
    run_id: Text = ""
    start_time: Milliseconds | UnsetType = UNSET
    end_time: Milliseconds | UnsetType = UNSET
    order: Literal["desc", "asc"] = "desc"


class Undo(msgspec.Struct, frozen=True):
    """Why, and whether only to see what it would do."""

    dry_run: bool = False
    reason: Annotated[Text, Meta(max_length=500)] = ""


class UndonePart(msgspec.Struct, frozen=True):
    """What an undo did to one pool, ids ascending."""

    talent_pool_id: str
    added: list[str]
    removed: list[str]


class Conflict(msgspec.Struct, frozen=True):
    """A talent that an undo leaves alone in a pool, and why."""

    talent_pool_id: str
    talent_id: str
    reason: str


class Undone(msgspec.Struct, frozen=True):
    """What an undo put back, and what it left alone; no `change_id` where nothing was put back."""

    change_id: str | None
    parts: list[UndonePart]
    conflicts: list[Conflict]


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
    """One change: who did what, when (ms) and why, what it undid or what undid it, and its parts without ids."""

    id: str
    operation: str
    app_id: str
    time: str
    reason: str
    run_id: str
    parts: list[PartSummary]
    undo_of: str | UnsetType = UNSET
    undone_by: str | UnsetType = UNSET


class Change(msgspec.Struct, frozen=True):
    """One change with the ids of its parts."""

    id: str
    operation: str
    app_id: str
    time: str
    reason: str
    run_id: str
    parts: list[Part]
    undo_of: str | UnsetType = UNSET
    undone_by: str | UnsetType = UNSET


class ChangePage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of changes."""

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
    summary="List changes of membership",
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

CHANGE_UNDO = Endpoint(
    name="change_undo",
    method="POST",
    path="/rencai/v1/changes/{change_id}/undo",
    summary="Put back what a change did, but for what later changes have touched",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=ChangePath,
    body_type=Undo,
    reply=Undone,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(CHANGE_NOT_FOUND, CHANGE_UNDONE, TALENT_POOL_NOT_FOUND),
)
