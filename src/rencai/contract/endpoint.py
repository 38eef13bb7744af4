"""The Endpoint row: all that is decided about one call before anything is done.

Route, decoding, scope, limit, envelope, OpenAPI and the reference pages follow from the row.
"""

import enum
from collections.abc import Mapping
from typing import Literal

import msgspec

from rencai.contract import errors as table
from rencai.contract.errors import Error


class Window(msgspec.Struct, frozen=True):
    """At most `calls` accepted calls in any `seconds` seconds."""

    calls: int
    seconds: float


class Tier(enum.Enum):
    """The documented limits, per endpoint, app and tenant (contract §5). All windows of a tier apply."""

    TIER_2 = (Window(20, 60.0),)
    TIER_4 = (Window(1000, 60.0), Window(50, 1.0))
    TIER_7 = (Window(10, 1.0),)
    TIER_8 = (Window(20, 1.0),)

    @property
    def label(self) -> str:
        """The tier as the reference pages write it: `10/s`, `1000/min and 50/s`."""
        return " and ".join(f"{w.calls}/{'s' if w.seconds == 1 else 'min'}" for w in self.value)


IDEMPOTENCY_KEY = "Idempotency-Key"
IF_MATCH = "If-Match"
KEY_FORM = r"[\x21-\x7e]{1,255}"
ETAG_FORM = r'"[0-9]{1,18}"'
REQUEST_HEADERS = {
    IDEMPOTENCY_KEY: "The call is done once in 24 hours for each key; a repeat gets the first reply.",
    IF_MATCH: "The call is done only while the pool has this ETag.",
}


class Nothing(msgspec.Struct, frozen=True):
    """An empty object: what a call without path parameters, query or data has in that place."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the API.

    `name` is the operation's name everywhere. `path` has `{parameter}` segments, whose names are the fields
    of `path_type`. A call without `scopes` is open to everyone. `access` says whether the operation may
    change anything; `read_first` takes the writer only when it turns out that it must. `field_errors` gives
    fields of the query an error of their own in place of `shape_error`, `statuses` gives codes an HTTP status
    that is not the table's. `field_scopes` names fields of the reply that are left out unless the app has one
    of the scopes beside them (contract §1); user ids only where they are of the kind `user_id`. `bare` replies
    have their fields at the top level, and errors without `error` (contract §4). `request_headers` decide how
    the call is made: with an idempotency key (decision 35), only on a pool of a known version. Replies
    with `etag` carry the pool's version. A call with an `upload_type` takes a body of lines too, `text/plain`
    and of any length, and then its query is of that type. A reply that `streams` is lines of JSON, a `reply`
    each, without envelope. A call that `starts_work` leaves something to be done in the background. A call that
    `settles` may be made again without harm when its reply was lost: it says how things shall be, not what to add.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    summary: str
    source: str
    reply: type[msgspec.Struct]
    access: Literal["read", "read_first", "write"]
    scopes: tuple[str, ...] = ()
    tier: Tier | None = None
    path_type: type[msgspec.Struct] = Nothing
    query_type: type[msgspec.Struct] = Nothing
    body_type: type[msgspec.Struct] | None = None
    errors: tuple[Error, ...] = ()
    shape_error: Error = table.PARAMETER_ERROR
    field_errors: dict[str, Error] = {}
    statuses: dict[int, int] = {}
    field_scopes: Mapping[str, tuple[str, ...]] = {}
    msg: str = "success"
    bare: bool = False
    request_headers: tuple[str, ...] = ()
    etag: bool = False
    upload_type: type[msgspec.Struct] | None = None
    body_may_be_absent: bool = False
    streams: bool = False
    starts_work: bool = False
    settles: bool = False

    @property
    def native(self) -> bool:
        """Whether the call is our own addition and not one of the vendor's."""
        return self.path.startswith("/rencai/")

    @property
    def body_limit(self) -> int:
        """The most bytes a body may have (decision 14)."""
        return (16 if self.native else 1) * 2**20

    @property
    def reads_one(self) -> bool:
        """Whether this is a GET of one thing, which answers 404 where others answer 400 (decision 44)."""
        return self.method == "GET" and self.path.endswith("}")

    def status_of(self, error: Error) -> int:
        """The HTTP status this endpoint answers an error with."""
        if self.reads_one and error in _MISSING_THINGS:
            return 404
        return self.statuses.get(error.code, error.status)

    @property
    def all_errors(self) -> tuple[Error, ...]:
        """Every error the call can answer: its own, and those of token, scope, limit and queue."""
        gateway = (
            table.TOKEN_MISSING,
            table.TOKEN_INVALID,
            table.USER_TOKEN_INVALID,
            table.TOKEN_FORM,
            table.SCOPE_MISSING,
        )
        limits = (table.RATE_LIMITED,) if self.tier else ()
        shared = (self.shape_error, *self.field_errors.values(), table.SYSTEM_ERROR, table.OVERLOADED)
        keyed = (table.KEY_REUSED, table.KEY_IN_USE) if IDEMPOTENCY_KEY in self.request_headers else ()
        return (*self.errors, *shared, *keyed, *limits, *(gateway if self.scopes else ()))


_MISSING_THINGS = frozenset(
    (
        table.TALENT_NOT_FOUND,
        table.TALENT_POOL_NOT_FOUND,
        table.CHANGE_NOT_FOUND,
        table.NOTE_NOT_FOUND,
        table.RUN_NOT_FOUND,
    )
)
