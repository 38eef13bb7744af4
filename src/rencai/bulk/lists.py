"""A list of people: what a command is given, as rows with a key each.

    with lists.opened(Path("people.csv")) as people:
        people.by, people.digest, people.columns        # "id", "9f86d0…", ("name", "talent_id")
        for row in people.rows():                       # again as often as wanted, from the start
            row.number, row.key, row.cells              # 2, "6930815272790114123", ["Ada", "6930815272790114123"]

What is wrong with a file is a ListError: when it is opened, at a row, or at the end of the rows, when it is known
whether a spreadsheet rounded the ids. So nothing is done before the rows have been read to their end once.
"""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from rencai.bulk import columns, delimited, encodings, package, sources, workbooks
from rencai.bulk.cells import unguarded
from rencai.bulk.columns import Columns
from rencai.bulk.delimited import Record
from rencai.bulk.encodings import Encoding
from rencai.bulk.keys import By, Rounding, trimmed
from rencai.bulk.refusals import ListError
from rencai.bulk.sources import Source

_SAMPLE = 20


class Row(msgspec.Struct, frozen=True):
    """One row. `number`: as an editor (CSV: the line it begins on) or a spreadsheet shows it.

    `cells`: as many as the list has columns. `key`: without spaces around, `""` where the row has no cell for it.
    """

    number: int
    cells: list[str]
    key: str


class Form(msgspec.Struct, frozen=True):
    """How the file is written, so that another can be written like it."""

    kind: Literal["csv", "xlsx", "plain"]  # plain: one key a line and no header
    encoding: Encoding = Encoding("utf-8")
    delimiter: str = ","
    newline: str = "\n"


class People:
    """A list that has been opened. It is closed by `opened`."""

    def __init__(self, source: Source, form: Form, records: Callable[[], Iterator[Record]], by: By | None) -> None:
        self.name = source.name
        self.digest = encodings.digest(source)
        self.sheet = ""  # of a workbook: which of its sheets this is, and which others can be seen in it
        self.other_sheets: list[str] = []
        self._source = source
        self._records = records
        first = list(itertools.islice(records(), _SAMPLE))
        if not first:
            raise ListError(f"{source.name} is empty; a list has one person a row")
        self._columns = columns.located(source.name, _unguarded(first), by)
        is_plain = form.kind != "xlsx" and not self._columns.has_header
        self.form = msgspec.structs.replace(form, kind="plain") if is_plain else form

    @property
    def by(self) -> By:
        """What the keys are."""
        return self._columns.by

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; of a list without a header the name that its one column would have."""
        return self._columns.names

    @property
    def has_header(self) -> bool:
        """Whether the first row names the columns."""
        return self._columns.has_header

    def rows(self, *, as_written: bool = False) -> Generator[Row]:
        """The rows from the first to the last, without empty ones.

        Raises ListError at a row that can't be read; and after the last one where ids have been rounded (`keys.py`),
        unless they are to be taken `as_written`.
        """
        rounding = Rounding(self.by)
        records = self._records()
        if self.has_header:
            next(records)
        for number, cells in records:
            row = _row(self.name, self._columns, number, cells)
            rounding.see(number, row.key)
            yield row
        self._source.check_unchanged()
        if not as_written:
            rounding.check(self.name)


@contextlib.contextmanager
def opened(place: Path | BinaryIO, by: By | None = None) -> Generator[People]:
    """A list from a file, or from a stream such as `sys.stdin.buffer`, which is read to its end first.

    `by` says what the keys are, and so which column they are in; without it that is found by the names of the columns
    (ids before e-mails before mobiles), or by the first keys of a list without a header. Raises ListError.
    """
    with contextlib.closing(sources.opened(place)) as source:
        if package.is_workbook(source):
            with workbooks.opened(source) as workbook:
                people = People(source, Form("xlsx"), workbook.records, by)
                people.sheet, people.other_sheets = workbook.sheet.name, workbook.others
                yield people
        else:
            yield _text(source, by)


def _text(source: Source, by: By | None) -> People:
    encoding = encodings.of(source)
    delimiter = delimited.delimiter_of(source, encoding)
    form = Form("csv", encoding, delimiter, delimited.newline_of(source, encoding))
    return People(source, form, lambda: delimited.records(source, encoding, delimiter), by)


def _unguarded(records: list[Record]) -> list[Record]:
    return [(number, [unguarded(cell) for cell in cells]) for number, cells in records]


def _row(name: str, known: Columns, number: int, cells: list[str]) -> Row:
    width = len(known.names)
    taken = [unguarded(cell) if cell[:1] == "'" else cell for cell in cells[:width]]
    if len(cells) < width:
        taken += [""] * (width - len(cells))
    elif any(cells[width + known.has_reason :]):
        raise ListError(
            f"{name}, row {number}: it has {len(cells)} cells and there are {width} columns;"
            " is a quote missing around a cell with a comma, semicolon or tab in it?"
        )
    return Row(number, taken, trimmed(taken[known.place]))
