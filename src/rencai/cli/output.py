"""What commands print, as it comes, so that a list may be of any length.

On a terminal a table, in a pipe a line each with tabs between and no header; with `--json` an object a line, with
`--csv` a header and cells that no spreadsheet runs. Times are local on a terminal and in a pipe, with offset and
milliseconds in CSV, and milliseconds in JSON. What does not print never gets to a terminal or a pipe.
"""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, islice
from typing import Annotated, Any, Literal

import msgspec
import typer

from rencai.bulk.cells import guarded
from rencai.bulk.refusals import printable
from rencai.config import SettingError
from rencai.contract.fields import Languages

Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Form = Literal["text", "json", "csv"]

_BATCH = 100


class Column(msgspec.Struct, frozen=True):
    """A column of a list, or a field of one thing: its name, and the text of it. Times (ms) are marked as such."""

    name: str
    of: Callable[[Any], str]
    is_time: bool = False

    def for_people(self, item: Any) -> str:
        """The text on a terminal or in a pipe."""
        text = self.of(item)
        return local_time(text) if self.is_time else printable(text)

    def for_sheets(self, item: Any) -> str:
        """The text in CSV."""
        text = self.of(item)
        return _exact_time(text) if self.is_time else text


def form_of(*, as_json: bool, as_csv: bool) -> Form:
    """What is asked for. Raises SettingError where both are."""
    if as_json and as_csv:
        raise SettingError("--json and --csv are two forms; say one of them")
    return "json" if as_json else "csv" if as_csv else "text"


def print_all(items: Iterable[Any], columns: Sequence[Column], form: Form) -> None:
    """Print a list, of which only a part is held at a time."""
    begun = iter(items)
    first = list(islice(begun, 1))  # a refusal comes before the header
    all_items = chain(first, begun)
    if form == "text" and sys.stdout.isatty():
        _print_table(all_items, columns)
        return
    with _lines() as write:
        if form == "csv":
            write(csv_line([column.name for column in columns]))
        for item in all_items:
            write(_line(item, columns, form))


def print_one(item: Any, columns: Sequence[Column], form: Form) -> None:
    """Print one thing: in JSON the thing itself, in CSV a header and a row, else a line for each field there is."""
    if form != "text":
        print_all([item], columns, form)
        return
    fields = [(column.name.replace("_", " "), column.for_people(item)) for column in columns]
    width = max(len(name) for name, _ in fields)
    for name, text in fields:
        if text and sys.stdout.isatty():
            typer.echo(f"{typer.style(f'{name:<{width}}', bold=True)}  {text}")
        elif text:
            typer.echo(f"{name}\t{text}")


def csv_line(cells: Sequence[str]) -> str:
    """A line of CSV whose cells no spreadsheet runs."""
    return ",".join(_quoted(guarded(cell).replace("\0", "\ufffd")) for cell in cells) + "\r\n"


def local_time(milliseconds: str) -> str:
    """A time as people say it, in the zone of this machine."""
    moment = _moment(milliseconds)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else printable(milliseconds)


def names(languages: Languages) -> str:
    """A name in the languages that it has."""
    both = (languages.zh_cn, languages.en_us)
    return " / ".join(dict.fromkeys(name for name in both if name))


def _exact_time(milliseconds: str) -> str:
    moment = _moment(milliseconds)
    return moment.isoformat(timespec="milliseconds") if moment else milliseconds


def _moment(milliseconds: str) -> datetime | None:
    try:
        whole, rest = divmod(int(milliseconds), 1000)
        return datetime.fromtimestamp(whole).astimezone().replace(microsecond=rest * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def _line(item: Any, columns: Sequence[Column], form: Form) -> str:
    if form == "json":
        return msgspec.json.encode(item).decode() + "\n"
    if form == "csv":
        return csv_line([column.for_sheets(item) for column in columns])
    return "\t".join(column.for_people(item) for column in columns) + "\n"


@contextmanager
def _lines() -> Generator[Callable[[str], object]]:
    """Standard output in UTF-8, with the ends of lines as they are written."""
    out = sys.stdout.buffer
    try:
        yield lambda line: out.write(line.encode("utf-8", "replace"))
    finally:
        out.flush()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell


def _is_whole(column: Column) -> bool:
    """Whether the texts of a column stay on one line: ids and times."""
    return column.is_time or column.name.endswith("id")


def _least(column: Column, width: int) -> int:
    """How narrow a column may get whose texts are so wide."""
    return width if _is_whole(column) else min(width, 20)


def _print_table(items: Iterator[Any], columns: Sequence[Column]) -> None:
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    titles = [column.name.upper().replace("_", " ") for column in columns]
    widths = [cell_len(title) for title in titles]
    is_first = True
    while batch := list(islice(items, _BATCH)):
        rows = [[column.for_people(item) for column in columns] for item in batch]
        for place, (column, *texts) in enumerate(zip(columns, *rows, strict=True)):
            widths[place] = max(widths[place], _least(column, max(map(cell_len, texts))))
        console.width = max(console.width, sum(widths) + 2 * len(widths))  # a terminal wraps, and cuts nothing off
        table = Table(box=None, pad_edge=False, show_header=is_first)
        is_first = False
        for column, title, width in zip(columns, titles, widths, strict=True):
            table.add_column(title, no_wrap=_is_whole(column), min_width=width, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    if is_first:
        typer.echo("there is none", err=True)
