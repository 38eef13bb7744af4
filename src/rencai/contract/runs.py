"""Runs: changes of any size, evaluated or uploaded, made in slices (decision 39)."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Tier
from rencai.contract.errors import (
    CHANGE_NOT_FOUND,
    RUN_NOT_FOUND,
    RUN_NOT_OVER,
    RUN_OVER,
    RUN_UNDONE,
    TALENT_POOL_NOT_FOUND,
    TOO_MANY_RUNS,
    UPLOAD_BROKEN_OFF,
)
from rencai.contract.fields import Paged
from rencai.contract.membership_changes import Expression, Reason
from rencai.contract.talent_pools import READ, WRITE

Action = Literal["add", "remove", "set"]
OnMissing = Literal["fail", "skip"]


class NewRun(msgspec.Struct, frozen=True, rename={"source": "from"}):
    """What to do with a pool and the talents of another, or of an expression over pools, as they are now.

    `set` makes the pool exactly these. `on_missing` decides what unknown ids do: `fail` changes nothing at all, `skip`
    does the rest.
    """

    talent_pool_id: str
    action: Action
    source: str | Expression
    on_missing: OnMissing = "fail"
    reason: Reason = ""


class UploadedRun(msgspec.Struct, frozen=True):
    """The same in the query, where the ids come as `text/plain`, one a line."""

    talent_pool_id: str
    action: Action
    on_missing: OnMissing = "fail"
    reason: Reason = ""


class RunPath(msgspec.Struct, frozen=True):
    """The run in the path."""

    run_id: str


class RunUndo(msgspec.Struct, frozen=True):
    """Why."""

    reason: Reason = ""


class RunError(msgspec.Struct, frozen=True):
    """Why a run failed: a code of the error table, and what it means here."""

    code: int
    msg: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run: how far it is, and what became of its ids so far.

    `total` counts each id once; while the ids are being sent (`is_uploading`) it counts lines. `conflicts` are ids that
    an undo leaves alone. Times in ms; `ids_per_second` and `remaining_seconds` while it is running.
    """

    id: str
    talent_pool_id: str
    action: Literal["add", "remove", "set", "undo"]
    on_missing: OnMissing
    reason: str
    app_id: str
    state: Literal["queued", "running", "done", "cancelled", "failed"]
    is_uploading: bool
    total: int
    processed: int
    added: int
    removed: int
    unchanged: int
    missing: int
    conflicts: int
    create_time: str
    start_time: str | UnsetType = UNSET
    end_time: str | UnsetType = UNSET
    ids_per_second: float | UnsetType = UNSET
    remaining_seconds: float | UnsetType = UNSET
    error: RunError | UnsetType = UNSET
    undo_of: str | UnsetType = UNSET
    undone_by: str | UnsetType = UNSET


class OneRun(msgspec.Struct, frozen=True):
    """One run."""

    run: Run


class RunPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of runs."""

    items: list[Run]
    has_more: bool
    page_token: str | UnsetType = UNSET


class RunResult(msgspec.Struct, frozen=True):
    """What became of one id: a line of its own. A conflict, an id that an undo leaves alone, has its reason."""

    talent_id: str
    outcome: Literal["added", "removed", "unchanged", "missing", "conflict"]
    reason: str | UnsetType = UNSET


RUN_CREATE = Endpoint(
    name="run_create",
    method="POST",
    path="/rencai/v1/runs",
    summary="Add, remove or set any number of talents, from pools or from a list of ids, one a line",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewRun,
    upload_type=UploadedRun,
    reply=OneRun,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    starts_work=True,
    errors=(TALENT_POOL_NOT_FOUND, TOO_MANY_RUNS, RUN_OVER, UPLOAD_BROKEN_OFF),
)

RUN_LIST = Endpoint(
    name="run_list",
    method="GET",
    path="/rencai/v1/runs",
    summary="List runs, newest first",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=Paged,
    reply=RunPage,
    access="read",
)

RUN_GET = Endpoint(
    name="run_get",
    method="GET",
    path="/rencai/v1/runs/{run_id}",
    summary="Show one run",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=RunPath,
    reply=OneRun,
    access="read",
    errors=(RUN_NOT_FOUND,),
)

RUN_CANCEL = Endpoint(
    name="run_cancel",
    method="POST",
    path="/rencai/v1/runs/{run_id}/cancel",
    summary="Stop a run where it is; what it has done stays",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=RunPath,
    reply=OneRun,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(RUN_NOT_FOUND, RUN_OVER),
)

RUN_UNDO = Endpoint(
    name="run_undo",
    method="POST",
    path="/rencai/v1/runs/{run_id}/undo",
    summary="Begin a run that puts back what a run did, but for what later changes have touched",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=RunPath,
    body_type=RunUndo,
    body_may_be_absent=True,
    reply=OneRun,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    starts_work=True,
    errors=(RUN_NOT_FOUND, RUN_NOT_OVER, RUN_UNDONE, TALENT_POOL_NOT_FOUND, CHANGE_NOT_FOUND, TOO_MANY_RUNS),
)

RUN_RESULTS = Endpoint(
    name="run_results",
    method="GET",
    path="/rencai/v1/runs/{run_id}/results",
    summary="What became of each id so far, by id, a JSON object a line",
    source="our own",
    scopes=READ,
    tier=Tier.TIER_4,
    path_type=RunPath,
    reply=RunResult,
    streams=True,
    access="read",
    errors=(RUN_NOT_FOUND,),
)
