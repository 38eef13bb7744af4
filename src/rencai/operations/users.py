"""Who does it: a user as the caller names them, or else the app. Users are not known here; their ids pass through."""

import re
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from rencai.contract.fields import USER_IDS
from rencai.operations.call import Call

EMPLOYEE = 1
SYSTEM = 3
USER_ID = "user_id"
_APP_ID = re.compile(r"cli_[0-9a-f]{16}")


class Operator(NamedTuple):
    """An operator's id and account type: 1 an employee, 3 the system, which is an app by its own id."""

    id: str
    account_type: int


def operator_of(call: Call, user_id: str | UnsetType = UNSET, account_type: int | UnsetType = UNSET) -> Operator:
    """Whom the caller names, an employee unless said otherwise; the app where it names nobody."""
    if user_id is UNSET or not user_id:
        return Operator(call.caller.app_id, SYSTEM)
    return Operator(user_id, EMPLOYEE if account_type is UNSET else account_type)


def shown_user_id(call: Call, user_id_type: str, user_id: str | UnsetType) -> str | UnsetType:
    """A user's id in a reply; left out where there is none, and by contract §1 without the scope for user_id."""
    if user_id is UNSET or not user_id:
        return UNSET
    if user_id_type == USER_ID and not call.caller.may(USER_IDS):
        return UNSET
    return user_id


def shown_operator_id(call: Call, user_id_type: str, operator_id: str) -> str | UnsetType:
    """The same for whoever did something: an id of the form of an app's is nobody's user_id, and always shown."""
    if _APP_ID.fullmatch(operator_id):
        return operator_id
    return shown_user_id(call, user_id_type, operator_id)
