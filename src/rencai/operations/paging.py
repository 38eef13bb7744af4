"""Page tokens: where a list goes on, signed by the tenant's key and bound to the list and its filter (decision 19)."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import TypeVar

from msgspec import UNSET, UnsetType

from rencai.contract.errors import parameter_fault
from rencai.operations.call import Call

T = TypeVar("T")
_MAC_BYTES = 16


def position(call: Call, token: str, start: int, bound_to: str = "") -> int:
    """The position a token stands for; `start` without one. Raises the parameter Fault for one that is not ours."""
    if not token:
        return start
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if not hmac.compare_digest(raw[8:], _mac(call, raw[:8], bound_to)):
        raise parameter_fault("page_token", "is not a page_token of this list; start again without one")
    return int.from_bytes(raw[:8])


def page(
    call: Call, found: Sequence[T], positions: Sequence[int], page_size: int, bound_to: str = ""
) -> tuple[list[T], bool, str | UnsetType]:
    """What a list shows of the `page_size` + 1 rows found: the rows, `has_more` and `page_token`."""
    if len(found) <= page_size:
        return list(found), False, UNSET
    raw = positions[page_size - 1].to_bytes(8)
    token = base64.urlsafe_b64encode(raw + _mac(call, raw, bound_to)).decode("ascii")
    return list(found[:page_size]), True, token


def _mac(call: Call, raw: bytes, bound_to: str) -> bytes:
    message = f"{call.operation}\0{bound_to}\0".encode() + raw
    return hmac.digest(call.caller.page_key, message, "sha256")[:_MAC_BYTES]
