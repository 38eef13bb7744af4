"""Files of people as commands write them: CSV or a workbook, by the file's name; or CSV or JSON on standard output."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from rencai.bulk import sheets
from rencai.cli import progress
from rencai.cli.output import Column, print_all
from rencai.config import SettingError

To = Annotated[
    str, typer.Argument(metavar="FILE", help="A new file: CSV, or a workbook where it ends in .xlsx; - prints it.")
]

PRINTED = "-"
_OTHERS = {".json", ".jsonl", ".xls", ".ods"}  # what a file of that name is expected to hold, it would not


def check_place(file: str, *, as_json: bool) -> None:
    """Raise SettingError for a file that is there already, or a form that it can't have."""
    if file == PRINTED:
        return
    if as_json:
        raise SettingError("--json prints; say - in place of the file, and > to put it into one")
    ending = Path(file).suffix.lower()
    if ending in _OTHERS:
        raise SettingError(f"{file} ends in {ending}, and would hold CSV; name a file that ends in .csv or .xlsx")
    if Path(file).exists():
        raise SettingError(f"{file} is there already; name a new file, or remove it")


def export(items: Iterable[Any], columns: Sequence[Column], file: str, *, as_json: bool, total: int | None) -> None:
    """Write all items, a few at a time, with a bar on a terminal. Raises NotWritten; then there is no file."""
    with progress.shown() as show:
        counted = _counted(items, show, total)
        if file == PRINTED:
            print_all(counted, columns, "json" if as_json else "csv")
            return
        form = sheets.WORKBOOK if file.lower().endswith(".xlsx") else sheets.EXCEL
        count = 0
        with sheets.written(Path(file), [column.name for column in columns], form) as write:
            for item in counted:
                write([column.for_sheets(item) for column in columns])
                count += 1
    typer.echo(f"{file} holds {count:,} people")


def _counted(items: Iterable[Any], show: progress.Show, total: int | None) -> Iterable[Any]:
    for done, item in enumerate(items):
        if done % 50 == 0:
            show("reading", done, total)
        yield item
