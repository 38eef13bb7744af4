"""Ids out of a stream of bytes, one a line, many at a time: what is done for each line is done by C.

A line ends with LF or CRLF, the last may lack its end, and an empty one holds no id. A text that can't be an id is
kept beside a number below 0 that follows from it, so that it is told as unknown like any other (decision 4).
"""

import hashlib

from rencai.contract import ids
from rencai.contract.errors import Fault, parameter_fault
from rencai.operations.membership import as_json

MOST_BYTES = 64  # of a line
_DIGITS_AND_ENDS = b"0123456789\n"


class IdLines:
    """Takes bytes in. `numbers` holds the ids so far, `texts` what is no id: rows of a number and the text as JSON."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.texts: list[tuple[int, str]] = []
        self._rest = b""
        self._lines = 0

    @property
    def count(self) -> int:
        """How many ids and texts there are to hand over."""
        return len(self.numbers) + len(self.texts)

    def feed(self, piece: bytes) -> None:
        """Take bytes in. Raises the parameter Fault for a line that is too long or no UTF-8, with its number."""
        received = self._rest + piece
        end = received.rfind(b"\n") + 1
        self._rest = received[end:]
        self._take(received[:end])
        if len(self._rest) > MOST_BYTES + 1:  # a CR may stand at its end
            raise self._wrong(1, f"is longer than {MOST_BYTES} bytes")

    def end(self) -> None:
        """Take the last line in, if it had no end. Raises as `feed` does."""
        if self._rest:
            self.feed(b"\n")

    def hand_over(self) -> tuple[list[int], list[tuple[int, str]]]:
        """What has been taken in since the last time, numbers ascending."""
        taken = sorted(self.numbers), self.texts
        self.numbers, self.texts = [], []
        return taken

    def _take(self, block: bytes) -> None:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        lines = block.split(b"\n")[:-1]
        if lines and max(map(len, lines)) > MOST_BYTES:
            place = next(place for place, line in enumerate(lines, 1) if len(line) > MOST_BYTES)
            raise self._wrong(place, f"is longer than {MOST_BYTES} bytes")
        # Sorting what came together costs little here, and spares the sorting of everything most of its work.
        self.numbers += sorted(self._numbers(block, lines))
        self._lines += len(lines)

    def _numbers(self, block: bytes, lines: list[bytes]) -> list[int]:
        has_only_digits = not block.translate(None, _DIGITS_AND_ENDS)
        if has_only_digits and not block.startswith(b"0") and b"\n0" not in block:
            numbers = [*map(int, filter(None, lines))]
            if max(numbers, default=0) <= ids.LARGEST:
                return numbers
        return [number for place, line in enumerate(lines, 1) if line and (number := self._number(place, line))]

    def _number(self, place: int, line: bytes) -> int | None:
        """The number of one line; None for a text, which is kept."""
        try:
            text = line.decode()
        except UnicodeDecodeError as broken:
            raise self._wrong(place, "is not valid UTF-8") from broken
        number = ids.parse(text)
        if number is None:
            self.texts.append((_number_of(text), as_json(text)))
        return number

    def _wrong(self, place: int, words: str) -> Fault:
        return parameter_fault("body", f"line {self._lines + place} {words}")


def _number_of(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 2)
