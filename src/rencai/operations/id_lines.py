"""Ids out of a stream of bytes, one a line, many at a time: what is done for each line is done by C.

A line ends with LF or CRLF, the last may lack its end, and an empty one holds no id. A text that can't be an id is
kept beside a number below 0 that follows from it, so that it is told as unknown like any other (decision 4).
"""

import hashlib

import msgspec

from rencai.contract import ids
from rencai.contract.errors import Fault, parameter_fault
from rencai.operations.membership import as_json

MOST_BYTES = 64  # of a line
_DIGITS_AND_ENDS = b"0123456789\n"

_decode_ids = msgspec.json.Decoder(list[int]).decode


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
        numbers = _plain_numbers(block)
        if numbers is None:
            numbers = sorted(self._numbers(block.split(b"\n")[:-1]))
        self.numbers += numbers
        self._lines += block.count(b"\n")

    def _numbers(self, lines: list[bytes]) -> list[int]:
        if max(map(len, lines), default=0) > MOST_BYTES:
            place = next(place for place, line in enumerate(lines, 1) if len(line) > MOST_BYTES)
            raise self._wrong(place, f"is longer than {MOST_BYTES} bytes")
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


def _plain_numbers(block: bytes) -> list[int] | None:
    """The ids of lines that hold nothing else, ascending; None where one is empty or no id.

    They are read as a list of JSON, a third of the cost of `int` on each. Sorting what came together costs little,
    and spares the sorting of everything most of its work.
    """
    if block.translate(None, _DIGITS_AND_ENDS):
        return None
    try:
        numbers = sorted(_decode_ids(b"[" + block[:-1].replace(b"\n", b",") + b"]"))
    except msgspec.DecodeError:  # an empty line, a leading zero, far too many digits
        return None
    return numbers if not numbers or (numbers[0] > 0 and numbers[-1] <= ids.LARGEST) else None


def _number_of(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 2)
