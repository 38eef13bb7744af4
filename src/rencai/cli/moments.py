"""Moments as they are typed: a day, a time of a day, or milliseconds."""

from datetime import datetime, tzinfo

from rencai.bulk.refusals import shown
from rencai.config import SettingError

_FEWEST_DIGITS = 11  # of milliseconds; fewer are a day such as 20260131


def moment(text: str, option: str, zone: tzinfo | None = None) -> int:
    """Milliseconds since 1970. A day begins at midnight of the zone: this machine's, unless another is said.

    Raises SettingError, which names the option.
    """
    if text.isascii() and text.isdigit() and _FEWEST_DIGITS <= len(text) <= 15:
        return int(text)
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone) if zone else found.astimezone()
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError, OSError) as wrong:
        words = "say a day such as 2026-01-31, or a moment such as 2026-01-31T12:00+08:00"
        raise SettingError(f"{option} {shown(text)} is no moment; {words}") from wrong
