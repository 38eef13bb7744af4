"""The log of what was done to talents, by whom (contract §10)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import Endpoint, Tier
from rencai.contract.fields import USER_IDS, ShortText

READ = ("hire:talent:readonly", "hire:talent")

# The vendor's numbers for what the calls do, and our own for what it has none for (decision 54).
CREATED, UPDATED = 1, 2
TAG_ADDED, TAG_REMOVED = 11, 12
BLOCKED, UNBLOCKED = 20, 21
POOL_ENTERED, POOL_LEFT = 990_001, 990_002


class OperationLogQuery(msgspec.Struct, frozen=True):
    """A page of the log, 1 to 100."""

    user_id_type: Literal["open_id", "union_id", "user_id"] = "open_id"
    page_size: Annotated[int, Meta(ge=1, le=100)] = 10
    page_token: str = ""


class OperationLogFilter(msgspec.Struct, frozen=True):
    """Whose operations, and which. An app's own are found under its `app_id`. No job has any here."""

    operator_id_list: Annotated[list[ShortText], Meta(max_length=100)]
    operation_list: Annotated[list[int], Meta(max_length=100)]
    job_id_list: Annotated[list[ShortText], Meta(max_length=100)] = []


class Operator(msgspec.Struct, frozen=True):
    """Who did it: a user as the caller named them, or an app by its id."""

    id: str | UnsetType = UNSET


class OperationLog(msgspec.Struct, frozen=True):
    """One operation on one talent; time in ms. operator_type 1 an employee, 3 the system (an app)."""

    talent_id: str
    operator: Operator
    operation_type: int
    operation_time: str
    operator_type: int


class OperationLogPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of the log, newest first; `page_token` only where there is more."""

    items: list[OperationLog]
    has_more: bool
    page_token: str | UnsetType = UNSET


TALENT_OPERATION_LOG_SEARCH = Endpoint(
    name="talent_operation_log_search",
    method="POST",
    path="/open-apis/hire/v1/talent_operation_logs/search",
    summary="List operations on talents, newest first",
    source="the vendor's page talent_operation_log/search (contract §10)",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=OperationLogQuery,
    body_type=OperationLogFilter,
    reply=OperationLogPage,
    access="read",
    field_scopes={"items[].operator.id": USER_IDS},
    msg="ok",
)
