"""One line of what `rencai doctor` says."""

import msgspec


class Check(msgspec.Struct, frozen=True):
    """What was looked at, what was found, and what to do about it; nothing to do where all is well."""

    name: str
    found: str
    advice: str = ""
