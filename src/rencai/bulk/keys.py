"""Keys of people, and ids that a spreadsheet has rounded: the likeliest accident of all.

A spreadsheet keeps fifteen digits of a number, and JavaScript about sixteen; an id has nineteen. Whoever opens a list
of ids as numbers and saves it has other people's ids, or nobody's. `Rounding` looks at every key of a list.

**Proof at once** is a key that no id is written like:

- E notation (`6.93E+18`), which is also how a number of a workbook comes here that has more than fifteen digits or is
  beyond 2**53: as a number it can't be told from its neighbours, whatever its digits say;
- a trailing `.0`, or other decimals (for mobiles as well: the column went through a program that made numbers of it).

**Zeros at the end** are proof only in company. Of real ids of nineteen digits one in ten thousand ends in four zeros
by chance. So for 15, 16 and 17 digits that were kept, it is counted how many of the longer ids have nothing but zeros
after them, and how many would by chance. They are refused

- where more than half do, and chance would do that in fewer than one list in a hundred: a list that was rounded as
  a whole, be it of one id;
- or where chance would do it in fewer than one list in a thousand million: a list of which a part was rounded.

Otherwise they pass: a wrong id is not in the pool, so it is among the unknown ones, where `looks_rounded` gives the
reason a name. Chance is bounded from above (Chernoff), so that a list of good ids is refused yet more seldom.
"""

import math
import re
from collections.abc import Callable
from typing import Literal

from rencai.bulk.refusals import ListError, at_rows, shown

By = Literal["id", "email", "mobile"]
KINDS: tuple[By, ...] = ("id", "email", "mobile")

_KEPT = (15, 16, 17)
_E_NOTATION = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d+")
_DECIMALS: dict[By, re.Pattern[str]] = {"id": re.compile(r"-?\d+\.\d*"), "mobile": re.compile(r"\+?\d+\.0+")}
_AS_TEXT = re.compile("""="([^"]+)"|'([+\\d].*)""")
_MOST_NAMED = 5
_WAY_OUT = ", or say --as-written if the ids do end in zeros"
_SELDOM = math.log(1e-2)
_NEVER = math.log(1e-9)
# What is pasted along with a key and can't be seen.
_INVISIBLE = " \t\r\n\f\v\x1c\x1d\x1e\x1f\x85\xa0\u2000\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\u3000\ufeff"


def trimmed(cell: str) -> str:
    """The key in a cell: without what can't be seen around it, and what people write to have a number left alone.

    That is a `'` before it, or `="..."` around it.
    """
    key = cell.strip(_INVISIBLE).strip()
    return (match[1] or match[2]) if key[:1] in ("=", "'") and (match := _AS_TEXT.fullmatch(key)) else key


def kind_of(text: str) -> By | None:
    """What a single key looks like: 15 digits or more an id, with `@` an e-mail, 5 or more digits a mobile."""
    if "@" in text:
        return "email"
    if text.isascii() and text.isdigit() and len(text) >= 15:
        return "id"
    if _E_NOTATION.fullmatch(text) or _DECIMALS["id"].fullmatch(text):
        return "id"  # so that the rounding is what is told
    digits = re.sub(r"[\s()./-]", "", text).removeprefix("+")
    return "mobile" if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20 else None


def looks_rounded(key: str) -> bool:
    """Whether an id that nobody has ends like one that was rounded (three zeros): for the reason beside it."""
    return key.isascii() and key.isdigit() and len(key) > _KEPT[0] and _zeros(key) >= 3


class Rounding:
    """Sees every key of a list, and says at its end whether a spreadsheet has been there."""

    def __init__(self, by: By) -> None:
        self._decimals = _DECIMALS.get(by)
        self._zeros_count = by == "id"
        self._proofs = _Rows()
        self._lengths: dict[int, int] = {}
        self._zeros = {kept: _Rows() for kept in _KEPT}
        self.see: Callable[[int, str], None] = self._see if self._decimals else _see_nothing

    def check(self, name: str) -> None:
        """Raise ListError, with the first rows and how many there are, where the list was rounded."""
        rows, way_out = (self._proofs, "") if self._proofs.count else (self._by_zeros(), _WAY_OUT)
        if rows is None:
            return
        where = f"{at_rows(rows.first, rows.count)}: {shown(rows.sample)}"
        raise ListError(
            f"{name} has been through a program that rounds long numbers ({where}), so it names other people or"
            f" nobody; export it anew and keep that column as text{way_out}"
        )

    def _see(self, row: int, key: str) -> None:
        if key.isdigit():
            length = len(key)
            if length > _KEPT[0] and self._zeros_count:
                self._lengths[length] = self._lengths.get(length, 0) + 1
                if key.endswith("0"):
                    self._see_zeros(row, key, length - _zeros(key))
        elif _E_NOTATION.fullmatch(key) or (self._decimals and self._decimals.fullmatch(key)):
            self._proofs.add(row, key)

    def _see_zeros(self, row: int, key: str, significant: int) -> None:
        for kept in _KEPT:
            if significant <= kept < len(key):
                self._zeros[kept].add(row, key)

    def _by_zeros(self) -> "_Rows | None":
        for kept, rows in self._zeros.items():
            longer = sum(count for length, count in self._lengths.items() if length > kept)
            expected = sum(count * 10.0 ** (kept - length) for length, count in self._lengths.items() if length > kept)
            limit = _SELDOM if rows.count * 2 > longer else _NEVER
            if rows.count > expected and _log_chance(rows.count, expected) < limit:
                return rows
        return None


class _Rows:
    """How many rows there were, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[int] = []
        self.sample = ""

    def add(self, row: int, key: str) -> None:
        self.count += 1
        if len(self.first) < _MOST_NAMED:
            self.first.append(row)
            self.sample = self.sample or key


def _zeros(key: str) -> int:
    return len(key) - len(key.rstrip("0"))


def _log_chance(count: int, expected: float) -> float:
    """An upper bound of the logarithm of the chance of `count` or more, where `expected` are expected."""
    return count * (1 + math.log(expected / count)) - expected


def _see_nothing(row: int, key: str) -> None:
    """E-mails are not numbers."""
