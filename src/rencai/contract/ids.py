"""Ids on the wire: decimal int64 as JSON strings (contract §1), matched as exact strings (decision 4)."""

LARGEST = 2**63 - 1


def parse(text: str) -> int | None:
    """The number an id stands for, or None for a string that can't be an id of ours.

    No trimming, sign or leading zero: `"01"`, `" 1"` and `"+1"` name nothing.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or text[0] == "0":
        return None
    number = int(text)
    return number if number <= LARGEST else None
