"""Page tokens: where a list goes on, signed by the tenant's key and bound to the list and its filter (decision 19)."""

import base64
import binascii
import hmac
import struct
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.errors import parameter_fault
from rencai.operations.call import Call

T = TypeVar("T")
Position = tuple[int, ...]
_MAC_BYTES = 16


def filter_of(query: Any) -> str:
    """What a page token of a list is bound to: its query but for the page."""
    return msgspec.json.encode(msgspec.structs.replace(query, page_token="", page_size=1)).decode()


def position(call: Call, token: str, start: Position, bound_to: str = "") -> Position:
    """The position a token stands for; `start` without one. Raises the parameter Fault for one that is not ours."""
    if not token:
        return start
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    form = _form(start)
    numbers = raw[: form.size]
    if len(raw) != form.size + _MAC_BYTES or not hmac.compare_digest(raw[form.size :], _mac(call, numbers, bound_to)):
        raise parameter_fault("page_token", "is not a page_token of this list; start again without one")
    return form.unpack(numbers)


def page(
    call: Call, found: Sequence[T], positions: Sequence[Position], page_size: int, bound_to: str = ""
) -> tuple[list[T], bool, str | UnsetType]:
    """What a list shows of the `page_size` + 1 rows found: the rows, `has_more` and `page_token`."""
    if len(found) <= page_size:
        return list(found), False, UNSET
    last = positions[page_size - 1]
    raw = _form(last).pack(*last)
    token = base64.urlsafe_b64encode(raw + _mac(call, raw, bound_to)).decode("ascii")
    return list(found[:page_size]), True, token


def _form(numbers: Position) -> struct.Struct:
    return struct.Struct(f">{len(numbers)}q")


def _mac(call: Call, raw: bytes, bound_to: str) -> bytes:
    message = f"{call.operation}\0{bound_to}\0".encode() + raw
    return hmac.digest(call.caller.page_key, message, "sha256")[:_MAC_BYTES]
