"""The error table: every code a reply can carry, with its HTTP status, its words and what to do about it.

Codes below 1990001 are the vendor's (contract §2, §4, §5, §11); 1990001 to 1990999 are our own (decision 22).
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Error(msgspec.Struct, frozen=True):
    """One row of the table: `code` and `msg` go on the wire, `meaning` and `mend` into the pages."""

    code: int
    status: int
    msg: str
    meaning: str
    mend: str


class Violation(msgspec.Struct, frozen=True):
    """What is wrong with one field: its place in the request, and the rule it breaks.

    `value` is set only where the caller needs it to know which id or record is meant.
    """

    field: str
    description: str
    value: str | UnsetType = UNSET


class Fault(Exception):
    """A refusal. It carries a row of the table; raised inside a unit of work it undoes the unit.

    `msg` stands in for the row's words where a fault says more (ids, scopes), `headers` go out with it.
    """

    def __init__(
        self,
        error: Error,
        *violations: Violation,
        msg: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(error.code)
        self.error = error
        self.msg = error.msg if msg is None else msg
        self.violations = violations
        self.headers = headers
        self.details = details or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """So that one raised in the writer's process arrives whole."""
        return _fault, (self.error, self.violations, self.msg, self.headers, self.details)


def _fault(
    error: Error,
    violations: tuple[Violation, ...],
    msg: str,
    headers: tuple[tuple[str, str], ...],
    details: dict[str, object],
) -> Fault:
    return Fault(error, *violations, msg=msg, headers=headers, details=details)


SYSTEM_ERROR = Error(
    1002001,
    500,
    "system error",
    "Something failed inside the server. Nothing of the call was done, or where the connection to the database broke"
    " while it committed, all of it.",
    "Look whether it was done, and repeat the call if not, or with its key. If it fails again, look the log id up in"
    " the server's log.",
)
PARAMETER_ERROR = Error(
    1002002,
    400,
    "parameter error",
    "A part of the request does not have the declared type, size or form.",
    "Read `error.field_violations`: it names each field and the rule it breaks.",
)
BODY_TOO_LARGE = msgspec.structs.replace(
    PARAMETER_ERROR,
    status=413,
    msg="request body too large",
)
NOTE_NOT_FOUND = msgspec.structs.replace(
    PARAMETER_ERROR,
    msg="note not exist",
)
PAGE_SIZE_ILLEGAL = Error(
    1002004,
    400,
    "illegal page_size",
    "`page_size` of the pool list is not a whole number from 1 to 100.",
    "Send a number from 1 to 100, or leave `page_size` out.",
)
ID_LIST_TOO_LONG = Error(
    1002005,
    400,
    "id_list is too long",
    "`id_list` of the pool list names more than 50 ids.",
    "Ask for at most 50 ids at a time.",
)
MOBILE_INCORRECT = Error(
    1002009,
    400,
    "mobile not correct",
    "`mobile_code` is no calling code, or `mobile_number_list` holds something that is no telephone number.",
    "Send a calling code of digits such as 86, and numbers of digits; blanks, hyphens and brackets are fine.",
)
TALENT_CONFLICT = Error(
    1002101,
    400,
    "update talent id conflict",
    "The new e-mail, mobile or identification number is another talent's.",
    "`error.field_violations` names the field and the talent that has it. Use that talent, or correct the value.",
)
TALENT_NOT_FOUND = Error(
    1002102,
    400,
    "talent not exist",
    "At least one talent id names no talent of this tenant. Nothing was changed.",
    "`error.field_violations` lists every unknown id. Take them out, or correct them, and call again.",
)
DUPLICATE_TALENT = Error(
    1002105,
    400,
    "duplicate talent",
    "A talent with the same e-mail, mobile or identification number is already there, or twice in the list.",
    "`error.field_violations` names the place and the talent that has it. Use that talent, or correct the value.",
)
TALENT_POOL_NOT_FOUND = Error(
    1002109,
    400,
    "talent pool not exist",
    "The talent pool id names no pool of this tenant.",
    "Take the id from the list of talent pools.",
)
TAG_WRONG = Error(
    1002111,
    400,
    "talent tag id is wrong",
    "At least one tag id names no tag of this tenant. Nothing was changed.",
    "Take the ids from the list of talent tags.",
)
TAG_INACTIVE = Error(
    1002112,
    400,
    "talent tag is not enabled",
    "At least one of the tags to give is switched off. Nothing was changed.",
    "Switch the tag on with `active_status` 1, or leave it out.",
)
TAG_PRESENT = Error(
    1002113,
    400,
    "talent already has the tag",
    "The talent has at least one of the tags to give. Nothing was changed.",
    "Leave out the tags that `error.field_violations` names.",
)
TAG_ABSENT = Error(
    1002114,
    400,
    "talent does not have the tag",
    "The talent lacks at least one of the tags to take off. Nothing was changed.",
    "Leave out the tags that `error.field_violations` names.",
)
INVALID_PARAM = Error(
    10003,
    200,
    "invalid param",
    "The body of a token call lacks `app_id` or `app_secret`, or `app_id` is not `cli_` and 16 hex digits.",
    "Send both as strings, as `rencai app create` printed them: an app id is cli_ and 16 hex digits.",
)
APP_UNKNOWN = Error(
    10014,
    200,
    "app id not exists",
    "No app has this `app_id`, or the secret is not its secret, or the app is disabled; `msg` says which.",
    "Compare the id with `rencai app list` on the server's own database; a lost secret is replaced by "
    "`rencai app rotate-secret`, a disabled app by another from `rencai app create`.",
)
APP_SECRET_INVALID = msgspec.structs.replace(
    APP_UNKNOWN,
    msg="app secret invalid",
)
APP_DISABLED = msgspec.structs.replace(
    APP_UNKNOWN,
    msg="app is disabled",
)
RATE_LIMITED = Error(
    99991400,
    429,
    "request trigger frequency limit",
    "The app has used up this endpoint's limit for now. The call was not counted.",
    "Wait as many seconds as `x-ogw-ratelimit-reset` says, then repeat the call.",
)
TOKEN_MISSING = Error(
    99991661,
    400,
    "Missing access token for authorization. Please make a request with token attached.",
    "There is no `Authorization` header, or it does not start with `Bearer `.",
    "Send `Authorization: Bearer <tenant_access_token>`.",
)
TOKEN_INVALID = Error(
    99991663,
    400,
    "Invalid access token for authorization. Please make a request with token attached.",
    "The tenant access token is not ours, has expired, or its app was disabled or given a new secret.",
    "Fetch a new token with the app id and secret.",
)
USER_TOKEN_INVALID = Error(
    99991668,
    400,
    "Invalid access token for authorization. Please make a request with token attached.",
    "A user access token was sent; this endpoint takes tenant access tokens.",
    "Send a tenant access token (`t-…`).",
)
TOKEN_FORM = Error(
    99991671,
    400,
    "Invalid token: must start with t-/u-",
    "What stands after `Bearer ` is no access token.",
    "Send a tenant access token (`t-…`).",
)
SCOPE_MISSING = Error(
    99991672,
    400,
    "Access denied. One of the following scopes is required: [%s]",
    "The app has none of the scopes that this endpoint asks for.",
    "Create an app with one of the scopes named in `msg`.",
)
OVERLOADED = Error(
    1990001,
    503,
    "server busy",
    "More calls are waiting for the database than the server lets wait. Nothing of the call was done.",
    "Wait as many seconds as `Retry-After` says, then repeat the call.",
)
TALENT_POOL_NOT_EMPTY = Error(
    1990002,
    400,
    "talent pool not empty",
    "The pool has members, or pools below it, and can't be deleted as it is.",
    "Delete or move the pools named in `error.field_violations` first; members go with `?force=true`.",
)
CHANGE_NOT_FOUND = Error(
    1990003,
    400,
    "change not exist",
    "The change id names no change of this tenant.",
    "Take the id from the list of changes, or from the header `X-Rencai-Change-Id`. The id of a run goes to the calls"
    " of runs, which undo one as well.",
)
TALENT_FOLDER_NOT_EMPTY = Error(
    1990004,
    400,
    "talent folder not empty",
    "The folder has talents in it and can't be deleted as it is.",
    "Take its talents out with `remove_to_folder` first.",
)
KEY_REUSED = Error(
    1990005,
    422,
    "idempotency key reused",
    "The `Idempotency-Key` was used in the last 24 hours for the same call with another body. Nothing was done.",
    "Take a new key for each thing to do; send the old body to get the old reply.",
)
KEY_IN_USE = Error(
    1990006,
    409,
    "idempotency key in use",
    "A call with the same `Idempotency-Key` is being worked on, and was not done after 5 seconds.",
    "Wait as many seconds as `Retry-After` says, then repeat the call with the same key and body.",
)
CHANGE_UNDONE = Error(
    1990007,
    409,
    "change already undone",
    "The change was undone before; `error.field_violations` names the change that did it.",
    "To have its effect again, undo the change that is named.",
)
TALENT_POOL_MOVED_ON = Error(
    1990008,
    412,
    "talent pool moved on",
    "The pool's version is no longer the one in `If-Match`. Nothing was done.",
    "Read the pool again, decide again, and send its new `ETag`.",
)
TOO_MANY_TALENTS = Error(
    1990009,
    400,
    "too many talents",
    "The expression names more than 10,000 talents, or pools of more than 1,000,000 members in all.",
    "Begin a run with `POST /rencai/v1/runs`: it takes any number. Or narrow the expression.",
)
RUN_NOT_FOUND = Error(
    1990020,
    400,
    "run not exist",
    "The run id names no run of this tenant.",
    "Take the id from the list of runs. The id of a change goes to the calls of changes.",
)
TOO_MANY_RUNS = Error(
    1990021,
    409,
    "too many runs",
    "The app has one run at work and four that wait, uploads among them. Nothing was done.",
    "Wait until one of them is over, or cancel one.",
)
RUN_OVER = Error(
    1990022,
    409,
    "run is over",
    "The run is done, cancelled or failed, so there is nothing to cancel or to send to it.",
    "Look at its `state`. What it did can be undone.",
)
RUN_NOT_OVER = Error(
    1990023,
    409,
    "run is not over",
    "The run is queued or running; only one that is over can be undone.",
    "Cancel it, or wait until it is done, then undo it.",
)
RUN_UNDONE = Error(
    1990024,
    409,
    "run already undone",
    "The run was undone before; `error.field_violations` names the run that does it or did it.",
    "To do it again, undo the run that undid it.",
)
UPLOAD_BROKEN_OFF = Error(
    1990025,
    408,
    "upload broken off",
    "The list of ids did not arrive whole: the client went away or was silent too long, or the server ended. "
    "Nothing was changed.",
    "Send the whole list again.",
)

ERRORS: dict[int, Error] = {
    error.code: error
    for error in (
        INVALID_PARAM,
        APP_UNKNOWN,
        SYSTEM_ERROR,
        PARAMETER_ERROR,
        PAGE_SIZE_ILLEGAL,
        ID_LIST_TOO_LONG,
        MOBILE_INCORRECT,
        TALENT_CONFLICT,
        TALENT_NOT_FOUND,
        DUPLICATE_TALENT,
        TALENT_POOL_NOT_FOUND,
        TAG_WRONG,
        TAG_INACTIVE,
        TAG_PRESENT,
        TAG_ABSENT,
        OVERLOADED,
        TALENT_POOL_NOT_EMPTY,
        CHANGE_NOT_FOUND,
        TALENT_FOLDER_NOT_EMPTY,
        KEY_REUSED,
        KEY_IN_USE,
        CHANGE_UNDONE,
        TALENT_POOL_MOVED_ON,
        TOO_MANY_TALENTS,
        RUN_NOT_FOUND,
        TOO_MANY_RUNS,
        RUN_OVER,
        RUN_NOT_OVER,
        RUN_UNDONE,
        UPLOAD_BROKEN_OFF,
        RATE_LIMITED,
        TOKEN_MISSING,
        TOKEN_INVALID,
        USER_TOKEN_INVALID,
        TOKEN_FORM,
        SCOPE_MISSING,
    )
}


def talents_not_found(field: str, missing: list[str]) -> Fault:
    """The fault for unknown talents (decision 3): all of them as violations, the first 50 in `msg`."""
    shown = ", ".join(missing[:50])
    violations = (Violation(field, TALENT_NOT_FOUND.msg, talent_id) for talent_id in missing)
    return Fault(TALENT_NOT_FOUND, *violations, msg=f"{TALENT_NOT_FOUND.msg}: [{shown}]")


def talent_pool_not_found(field: str, talent_pool_id: str) -> Fault:
    """The fault for a pool id that names no pool of the tenant."""
    violation = Violation(field, TALENT_POOL_NOT_FOUND.msg, talent_pool_id)
    return Fault(TALENT_POOL_NOT_FOUND, violation)


def note_not_found(note_id: str) -> Fault:
    """The fault for a note id that names no note of the tenant: the vendor has no code of its own (decision 44)."""
    return Fault(NOTE_NOT_FOUND, Violation("note_id", NOTE_NOT_FOUND.msg, note_id))


def parameter_fault(field: str, description: str, value: str | UnsetType = UNSET) -> Fault:
    """The fault for one field that breaks a rule the types can't say."""
    return Fault(PARAMETER_ERROR, Violation(field, description, value))
