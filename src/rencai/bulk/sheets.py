"""Sheets of people, written so that they open in a spreadsheet without running, and can be read by `lists.py` again."""

import contextlib
import io
import re
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from rencai.bulk import bounds, new_workbook
from rencai.bulk.cells import guarded
from rencai.bulk.columns import REASON
from rencai.bulk.encodings import Encoding
from rencai.bulk.lists import Form, People, Row
from rencai.bulk.refusals import NotWritten, plain
from rencai.bulk.saving import saved

# Writes one row.
Write = Callable[[Sequence[str]], object]

EXCEL = Form("csv", Encoding("utf-8", b"\xef\xbb\xbf"), newline="\r\n")  # CSV that a spreadsheet opens rightly
CSV = Form("csv")  # for programs
WORKBOOK = Form("xlsx")  # what keeps its ids when it is opened in a spreadsheet and saved again
_MOST_ROWS = 1 << 20  # of a workbook


@contextlib.contextmanager
def written(path: Path, columns: Sequence[str], form: Form = EXCEL) -> Generator[Write]:
    """Write a sheet with these columns: yields what writes a row. The file is there when the block ends well.

    Raises NotWritten where it can't be written; then there is nothing new at `path`.
    """
    with saved(path) as file, _rows(file, form) as write:
        count = 0

        def write_guarded(cells: Sequence[str]) -> None:
            nonlocal count
            count += 1
            _check(path, form, count, cells)
            write([guarded(cell).replace("\0", "\ufffd") for cell in cells])

        write_guarded(columns)
        yield write_guarded


@contextlib.contextmanager
def failures(path: Path, people: People) -> Generator[Callable[[Row, str], object]]:
    """Write what failed of a list: yields what writes a row of it with its reason.

    In the list's own form, encoding and columns, with a column `reason` at the end, which is passed over when the file
    is read. A plain list gets a header, for it has two columns then. Raises NotWritten.
    """
    form = people.form
    if form.kind == "plain":
        form = msgspec.structs.replace(form, kind="csv")
    with written(path, (*people.columns, REASON), form) as write:
        yield lambda row, reason: write((*row.cells, reason))


@contextlib.contextmanager
def _rows(file: IO[bytes], form: Form) -> Generator[Write]:
    if form.kind == "xlsx":
        with new_workbook.written(file) as write:
            yield write
        return
    file.write(form.encoding.mark)
    to_quote = re.compile(f'["\\r\\n{form.delimiter}]')

    def quoted(cell: str) -> str:  # as `csv` does, which up to Python 3.12 forgets a CR
        return '"' + cell.replace('"', '""') + '"' if to_quote.search(cell) else cell

    text = io.TextIOWrapper(file, form.encoding.codec, errors="replace", newline="")
    try:
        yield lambda cells: text.write(form.delimiter.join(map(quoted, cells)) + form.newline)
    finally:
        text.detach()  # which writes the rest, and leaves the file open


def _check(path: Path, form: Form, row: int, cells: Sequence[str]) -> None:
    """What could not be read again is not written."""
    if max(map(len, cells), default=0) > bounds.CELL:
        raise NotWritten(
            f"{plain(str(path), 200)} was not written: a cell of row {row} is beyond {bounds.CELL:,} characters"
        )
    if form.kind == "xlsx" and row > _MOST_ROWS:
        raise NotWritten(f"{plain(str(path), 200)} was not written: no workbook holds {row:,} rows; write CSV")
