"""Log ids: what ties a reply to the server's log."""

import random
from datetime import UTC, datetime

# Ids have to differ, not to be hard to guess; asking the system for randomness on every request would cost a turn of
# the interpreter lock. The generator seeds itself from the system once.
_draw = random.Random()  # noqa: S311


def new_log_id() -> str:
    """A log id in the vendor's form: the second in UTC and 20 hex digits (contract §3)."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{_draw.getrandbits(80):020X}"
