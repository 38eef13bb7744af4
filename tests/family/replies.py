"""What calls answer: the codes, and that a reply is the one that was foreseen."""

import time
from typing import Any

from family.world import Tenant
from harness import Reply

HIRE = "/open-apis/hire/v1"
NATIVE = "/rencai/v1"

MISFIT, CONFLICT, NOBODY, DUPLICATE, NO_POOL = 1002002, 1002101, 1002102, 1002105, 1002109
TAG_WRONG, TAG_OFF, TAG_PRESENT, TAG_ABSENT = 1002111, 1002112, 1002113, 1002114
POOL_NOT_EMPTY, FOLDER_NOT_EMPTY = 1990002, 1990004


def refused(reply: Reply, code: int, values: list[str] | None = None) -> None:
    """The call was refused with a code and, where given, for just these ids."""
    assert reply.code == code, reply
    if values is not None:
        assert sorted(v["value"] for v in reply.error["field_violations"]) == sorted(values)


def done(reply: Reply, data: dict[str, Any] | None = None) -> Any:
    """The call went well and, where given, answered just this."""
    assert reply.code == 0, reply
    assert data is None or reply.data == data, (reply.data, data)
    return reply.data


def now() -> int:
    """The clock, which the server shares."""
    return time.time_ns() // 1_000_000


def missing(tenant: Tenant, ids: list[str]) -> list[str]:
    """Those of some ids that name nobody."""
    return [talent_id for talent_id in dict.fromkeys(ids) if talent_id not in tenant.talents]
