"""Ids on the wire: decimal int64 as JSON strings (contract §1), matched as exact strings (decision 4)."""

from collections.abc import Sequence

import msgspec

LARGEST = 2**63 - 1

_decode = msgspec.json.Decoder(list[int]).decode


def parse(text: str) -> int | None:
    """The number an id stands for, or None for a string that can't be an id of ours.

    No trimming, sign or leading zero: `"01"`, `" 1"` and `"+1"` name nothing.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or text[0] == "0":
        return None
    number = int(text)
    return number if number <= LARGEST else None


def parse_all(texts: Sequence[str]) -> Sequence[int | None]:
    """The same of each, read as one list of JSON where all are ids, which costs a quarter."""
    joined = ",".join(texts)
    if joined.isascii() and joined.replace(",", "").isdigit():
        try:
            numbers = _decode(f"[{joined}]")
        except msgspec.DecodeError:  # an empty text, a leading zero, far too many digits
            numbers = []
        # As many numbers as texts: none of them holds a comma.
        if len(numbers) == len(texts) and min(numbers) > 0 and max(numbers) <= LARGEST:
            return numbers
    return [parse(text) for text in texts]
