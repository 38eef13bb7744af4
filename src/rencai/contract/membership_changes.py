"""The native change of membership, and expressions over pools (decisions 33, 34, 38)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, IF_MATCH, Endpoint, Tier
from rencai.contract.errors import (
    TALENT_NOT_FOUND,
    TALENT_POOL_MOVED_ON,
    TALENT_POOL_NOT_FOUND,
    TOO_MANY_TALENTS,
)
from rencai.contract.fields import Milliseconds, Paged, Text
from rencai.contract.talent_pools import READ, WRITE, TalentPoolPath

MOST_TALENTS = 10_000

Reason = Annotated[Text, Meta(max_length=500)]
RunLabel = Annotated[Text, Meta(max_length=64)]
Ids = Annotated[list[str], Meta(max_length=MOST_TALENTS)]


class Expression(msgspec.Struct, frozen=True):
    """One of three: who is in any of the pools, in all of them, or in the first and none of the others.

    Each list holds pool ids, or expressions in their turn: up to 32 pools, 8 deep.
    """

    union: "Operands | UnsetType" = UNSET
    intersect: "Operands | UnsetType" = UNSET
    minus: "Operands | UnsetType" = UNSET


Operands = Annotated[list[str | Expression], Meta(min_length=1, max_length=32)]


class FromPools(msgspec.Struct, frozen=True, rename={"source": "from"}):
    """The talents of a pool, or of an expression over pools."""

    source: str | Expression


class MembershipChange(msgspec.Struct, frozen=True, kw_only=True):
    """Talents to put into the pool and to take out of it, 10,000 in all, in one change.

    `on_missing` decides what unknown ids do: `fail` refuses the call, `skip` does the rest. `dry_run` shows what would
    be done. `reason` and `run_id`, a label of the caller's own, stand in the history.
    """

    add: Ids | FromPools = []
    remove: Ids | FromPools = []
    on_missing: Literal["fail", "skip"] = "fail"
    dry_run: bool = False
    reason: Reason = ""
    run_id: RunLabel = ""


class MembershipChanged(msgspec.Struct, frozen=True):
    """One answer for each id, in input order, `add` before `remove`; no `change_id` where nothing was changed."""

    change_id: str | None
    added: list[str]
    removed: list[str]
    unchanged: list[str]
    missing: list[str]
    member_count: int


class Evaluation(msgspec.Struct, frozen=True):
    """A pool or an expression over pools to evaluate, now or as it was at a moment (ms)."""

    expression: str | Expression
    at: Milliseconds | UnsetType = UNSET


class Evaluated(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many talents there are, and a page of their ids, ascending."""

    count: int
    items: list[str]
    has_more: bool
    page_token: str | UnsetType = UNSET


MEMBERSHIP_CHANGE = Endpoint(
    name="membership_change",
    method="POST",
    path="/rencai/v1/talent_pools/{talent_pool_id}/membership_changes",
    summary="Add and remove up to 10,000 talents in one change, or see what that would do",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPoolPath,
    body_type=MembershipChange,
    reply=MembershipChanged,
    access="write",
    etag=True,
    request_headers=(IDEMPOTENCY_KEY, IF_MATCH),
    errors=(TALENT_POOL_NOT_FOUND, TALENT_NOT_FOUND, TALENT_POOL_MOVED_ON, TOO_MANY_TALENTS),
)

TALENT_POOL_EVALUATE = Endpoint(
    name="talent_pool_evaluate",
    method="POST",
    path="/rencai/v1/talent_pools/evaluate",
    summary="List who is in an expression over pools, without changing anything",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=Paged,
    body_type=Evaluation,
    reply=Evaluated,
    access="read",
    errors=(TALENT_POOL_NOT_FOUND,),
)
