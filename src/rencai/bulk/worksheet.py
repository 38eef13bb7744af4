"""The rows of one sheet of a workbook, as the text that a person sees in each cell or typed into it."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from rencai.bulk import bounds
from rencai.bulk.cells import is_empty
from rencai.bulk.delimited import Record
from rencai.bulk.markup import Attributes, Elements, read
from rencai.bulk.package import Package
from rencai.bulk.refusals import ListError
from rencai.bulk.shared_strings import Strings, unescaped
from rencai.bulk.styles import Styles

_MOST_ROWS = 1 << 20  # of a sheet
_EXACT_DIGITS = 15
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")


def records(package: Package, path: str, strings: Strings, styles: Styles) -> Iterator[Record]:
    """The rows that hold anything, each with its number. Raises ListError at the first that can't be.

    Numbers of up to fifteen digits come as one writes them; longer ones, which a spreadsheet has rounded, in
    E notation, so that nobody takes them for an id. A formula comes as its last result, or where it has none as
    itself; a date as `2024-01-31` or `2024-01-31 08:30:00`.
    """
    sheet = _Sheet(package.name, strings, styles)
    for _ in read(package, path, sheet):
        for number, cells in sheet.rows:
            bounds.check_record(package.name, number, cells)
            yield number, cells
        sheet.rows.clear()


def number_text(written: str) -> str:
    """A number of a workbook as text: `8613800138000.0` and `8.6138001E+12` as digits, if they are all there."""
    if written.isdigit() and len(written) <= _EXACT_DIGITS:
        return written
    if not _NUMBER.fullmatch(written):
        return written
    number = Decimal(written)
    digits = number.normalize().as_tuple()
    if number == number.to_integral_value() and number.adjusted() >= _EXACT_DIGITS:
        return f"{number:.{max(len(digits.digits) - 1, 0)}E}"
    if number == number.to_integral_value():
        return str(int(number))
    return written


class _Sheet(Elements):
    """Collects the rows. Of what there is in a sheet it knows `row`, `c`, `v`, `f`, and `t` within `is`."""

    def __init__(self, name: str, strings: Strings, styles: Styles) -> None:
        self.rows: list[Record] = []
        self._name = name
        self._strings = strings
        self._styles = styles
        self._columns = _Columns()
        self._number = 0
        self._cells: list[str] = []
        self._length = 0
        self._column = 0
        self._cell: Attributes = {}
        self._taken: list[str] | None = None
        self._value: list[str] = []
        self._formula: list[str] = []
        self._is_aside = False
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "row": self._start_row,
            "c": self._start_cell,
            "v": self._start_value,
            "t": self._start_value,
            "f": self._start_formula,
            "rPh": self._start_aside,
        }
        self._ends: dict[str, Callable[[], None]] = {"row": self._end_row, "c": self._end_cell, "rPh": self._end_aside}

    def start(self, tag: str, attributes: Attributes) -> None:
        if act := self._starts.get(tag):
            act(attributes)

    def end(self, tag: str) -> None:
        self._taken = None
        if act := self._ends.get(tag):
            act()

    def text(self, text: str) -> None:
        if self._taken is not None:
            self._taken.append(text)
            self._length += len(text)
            if self._length > bounds.RECORD:
                raise bounds.long_record(self._name, self._number)

    def _start_row(self, attributes: Attributes) -> None:
        number = _whole(attributes.get("r", ""), self._number + 1)
        if not self._number < number <= _MOST_ROWS:
            raise ListError(f"{self._name}: row {self._number} is followed by row {number}; {_SAVE_AGAIN}")
        self._number = number
        self._cells = []
        self._length = 0
        self._column = 0

    def _end_row(self) -> None:
        if not is_empty(self._cells):
            self.rows.append((self._number, self._cells))
        self._cells = []

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._column = self._columns[reference.rstrip("0123456789")] if reference else self._column + 1
        if self._column > bounds.COLUMNS:
            raise bounds.many_columns(self._name, self._number)
        if self._column <= len(self._cells):
            raise ListError(f"{self._name}, row {self._number}: its cells are not in their order; {_SAVE_AGAIN}")
        self._cell = attributes
        self._value, self._formula = [], []

    def _end_cell(self) -> None:
        if not self._value and not self._formula:
            return
        missing = self._column - 1 - len(self._cells)
        if missing:
            self._cells += [""] * missing
        self._cells.append(self._shown("".join(self._value)))

    def _shown(self, value: str) -> str:
        kind = self._cell.get("t", "n")
        if not value and self._formula:
            return "=" + "".join(self._formula)
        if kind == "s":
            return self._strings[_whole(value, -1)]
        if kind == "n":
            style = self._cell.get("s")
            return (style and self._styles.as_moment(style, value)) or number_text(value)
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return unescaped(value)

    def _start_value(self, _: Attributes) -> None:
        if not self._is_aside:
            self._taken = self._value

    def _start_formula(self, _: Attributes) -> None:
        self._taken = self._formula

    def _start_aside(self, _: Attributes) -> None:
        self._is_aside = True

    def _end_aside(self) -> None:
        self._is_aside = False


_SAVE_AGAIN = "open it in a spreadsheet and save it again as .xlsx or CSV"


class _Columns(dict[str, int]):
    """Numbers of columns by their letters, worked out once for each."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters[:4].upper():
            if not "A" <= letter <= "Z":
                return bounds.COLUMNS + 1
            number = number * 26 + ord(letter) - 64
        if len(self) < bounds.COLUMNS:
            self[letters] = number
        return number


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
