"""From what a call came to, to the bytes of its reply: the vendor's envelope (contract §1, §3)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import Fault
from rencai.operations.call import Outcome

JSON = b"application/json; charset=utf-8"
JSON_LINES = b"application/x-ndjson"

_encode = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, frozen=True):
    """A reply's status, code, headers of its own, and body; a streamed one has the pieces of it that follow."""

    status: int
    code: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    pieces: AsyncIterator[str] | None = None


def succeeded(endpoint: Endpoint, outcome: Outcome[Any]) -> Reply:
    """The reply to a call that went well. A change's id and a pool's version travel in headers one may ignore."""
    headers: tuple[tuple[str, str], ...] = ()
    if outcome.change_id is not None:
        headers += (("X-Rencai-Change-Id", str(outcome.change_id)),)
    if outcome.version is not None:
        headers += (("ETag", f'"{outcome.version}"'),)
    if endpoint.bare:
        fields = msgspec.structs.asdict(outcome.data)
        return Reply(200, 0, headers, _encode({"code": 0, "msg": endpoint.msg, **fields}))
    return Reply(200, 0, headers, _encode({"code": 0, "msg": endpoint.msg, "data": outcome.data}))


def failed(endpoint: Endpoint, fault: Fault, log_id: str, public_url: str) -> Reply:
    """The reply to a call that was refused or failed (decision 15; for token calls decision 40)."""
    error = fault.error
    status = endpoint.status_of(error)
    if endpoint.bare:
        data: dict[str, object] = {"data": {}} if error is endpoint.shape_error else {}
        return Reply(status, error.code, fault.headers, _encode({"code": error.code, **data, "msg": fault.msg}))
    page = f"{public_url}/docs/errors/{error.code}"
    details: dict[str, object] = {
        "log_id": log_id,
        "troubleshooter": f"排查建议查看(Troubleshooting suggestions): {page}",
        **fault.details,
    }
    if fault.violations:
        details["field_violations"] = fault.violations
    body = _encode({"code": error.code, "msg": fault.msg, "error": details})
    return Reply(status, error.code, fault.headers, body)
