"""CSV and plain lists: records out of text, one after the other, none larger than may be.

Quotes follow RFC 4180 strictly: a quote that is not closed would swallow rows in silence, so it is refused.
"""

import csv
import io
from collections.abc import Iterator

from rencai.bulk import bounds
from rencai.bulk.cells import is_empty
from rencai.bulk.encodings import Encoding
from rencai.bulk.refusals import ListError
from rencai.bulk.sources import Source, changed

_DELIMITERS = ",;\t"
_SAMPLE = 50

Record = tuple[int, list[str]]


def records(source: Source, encoding: Encoding, delimiter: str) -> Iterator[Record]:
    """The records that hold anything, each with the line it begins on. Raises ListError at the first that can't be."""
    with source.reader() as reader:
        reader.seek(len(encoding.mark))
        text = io.TextIOWrapper(reader, encoding.codec, newline="")
        lines = _Lines(text, source.name)
        # Python's own default bounds a cell at 131,072 characters, which is above ours and so is left as it is.
        parser = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            begun = lines.count + 1
            lines.length = 0
            try:
                cells = next(parser)
            except StopIteration:
                return
            except csv.Error as broken:
                raise _broken(source.name, begun, str(broken)) from broken
            except UnicodeDecodeError as broken:  # all of it was decoded before
                raise changed(source.name) from broken
            if not is_empty(cells):
                if lines.length >= bounds.COLUMNS:  # a shorter one has neither as many cells nor one as long
                    bounds.check_record(source.name, begun, cells)
                yield begun, cells


def delimiter_of(source: Source, encoding: Encoding) -> str:
    """What stands between cells: of comma, semicolon and tab the one that cuts the first rows alike, and most often.

    A comma where none cuts anything: the file is a list with one key a line. Raises ListError for a broken file.
    """
    best, most = ",", (0.0, 1)
    for delimiter in _DELIMITERS:
        widths = _widths(source, encoding, delimiter)
        if widths and widths[0] > 1:
            most_now = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if most_now > most or most == (0.0, 1):
                best, most = delimiter, most_now
    return best


def newline_of(source: Source, encoding: Encoding) -> str:
    """What ends a line: CR LF where the first line ends so, else LF."""
    with source.reader() as reader:
        reader.seek(len(encoding.mark))
        text = io.TextIOWrapper(reader, encoding.codec, newline="")
        return "\r\n" if text.readline(bounds.RECORD).endswith("\r\n") else "\n"


def _widths(source: Source, encoding: Encoding, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for _, cells in records(source, encoding, delimiter):
            widths.append(len(cells))
            if len(widths) == _SAMPLE:
                break
    except ListError:  # it may be well with another delimiter; if not, it is said when the rows are read
        pass
    return widths


class _Lines:
    """The lines of a text, counted; `length` is how many characters of the record at hand there have been."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self.count = 0
        self.length = 0
        self._text = text
        self._name = name
        self._begun = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(bounds.RECORD + 1)
        if not line:
            raise StopIteration
        self.count += 1
        if not self.length:
            self._begun = self.count
        self.length += len(line)
        if "\0" in line:
            raise ListError(f"{self._name}, row {self.count}: there is a NUL in it, so this is no text file")
        if self.length > bounds.RECORD:
            raise bounds.long_record(self._name, self._begun)
        return line


def _broken(name: str, row: int, words: str) -> ListError:
    if "field limit" in words:
        return bounds.long_cell(name, row)
    if "unexpected end" in words:
        return ListError(f"{name}, row {row}: a quote is opened and never closed; close or remove it")
    return ListError(f"{name}, row {row}: there is text after a closing quote; write a quote inside a cell twice")
