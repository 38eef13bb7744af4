"""Sheets of people, written so that they open in a spreadsheet without running, and can be read by `lists.py` again."""

import contextlib
import csv
import io
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from rencai.bulk.cells import guarded
from rencai.bulk.columns import REASON
from rencai.bulk.encodings import Encoding
from rencai.bulk.lists import Form, People, Row
from rencai.bulk.saving import saved

# Writes one row.
Write = Callable[[Sequence[str]], None]

EXCEL = Form("csv", Encoding("utf-8", b"\xef\xbb\xbf"), newline="\r\n")
CSV = Form("csv", newline="\r\n")


@contextlib.contextmanager
def written(path: Path, columns: Sequence[str], form: Form = EXCEL) -> Generator[Write]:
    """Write a sheet with these columns: yields what writes a row. The file is there when the block ends well.

    Raises NotWritten where it can't be written; then there is nothing new at `path`.
    """
    with saved(path) as file, _text(file, form.encoding) as text:
        writer = csv.writer(text, delimiter=form.delimiter, lineterminator=form.newline)

        def write(cells: Sequence[str]) -> None:
            writer.writerow([guarded(cell).replace("\0", "\ufffd") for cell in cells])

        write(columns)
        yield write


@contextlib.contextmanager
def failures(path: Path, people: People) -> Generator[Callable[[Row, str], None]]:
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
def _text(file: IO[bytes], encoding: Encoding) -> Generator[io.TextIOWrapper]:
    """Text into a file that stays open."""
    file.write(encoding.mark)
    text = io.TextIOWrapper(file, encoding.codec, errors="replace", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()
