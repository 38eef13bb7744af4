"""Log ids: what ties a reply to the server's log."""

import secrets
from datetime import UTC, datetime


def new_log_id() -> str:
    """A log id in the vendor's form: the second in UTC and 20 hex digits (contract §3)."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(10).upper()}"
