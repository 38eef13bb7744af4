"""Workbooks (.xlsx): which sheet is read, and its rows.

Read with the standard library alone, a piece at a time. Beside it, openpyxl needs longer and holds all shared texts in
memory; calamine is faster and holds the whole sheet in memory, whatever size it claims to be.
"""

import contextlib
import posixpath
from collections.abc import Generator, Iterator

import msgspec

from rencai.bulk import package as packages
from rencai.bulk import worksheet
from rencai.bulk.delimited import Record
from rencai.bulk.markup import Attributes, Elements, read_whole
from rencai.bulk.package import Package
from rencai.bulk.refusals import ListError
from rencai.bulk.shared_strings import Strings
from rencai.bulk.sources import Source
from rencai.bulk.styles import Styles

_MOST_SHEETS = 1000


class Sheet(msgspec.Struct, frozen=True):
    """A sheet that people see: its name, as it is in the file, and its part."""

    name: str
    path: str


class Workbook:
    """A workbook of which one sheet is read: the first that is not hidden and not empty."""

    def __init__(self, package: Package, strings: Strings, styles: Styles, sheets: list[Sheet]) -> None:
        self._package = package
        self._strings = strings
        self._styles = styles
        self.sheet = next((sheet for sheet in sheets if next(self._records(sheet), None)), sheets[0])
        self.others = [sheet.name for sheet in sheets if sheet is not self.sheet]

    def records(self) -> Iterator[Record]:
        """The rows that hold anything, each with its number. Raises ListError at the first that can't be read."""
        return self._records(self.sheet)

    def _records(self, sheet: Sheet) -> Iterator[Record]:
        return worksheet.records(self._package, sheet.path, self._strings, self._styles)


@contextlib.contextmanager
def opened(source: Source) -> Generator[Workbook]:
    """A workbook to read. Raises ListError for what is none, what is broken, and what would hurt."""
    with packages.opened(source) as package:
        main = _main_part(package)
        relations = _Relations.of(package, main)
        book = _Book()
        read_whole(package, main, book)
        named = [Sheet(name, relations.sheets[key]) for name, key in book.sheets if key in relations.sheets]
        if not named:
            raise ListError(f"{source.name} is no workbook with a sheet to be seen; {packages.ADVICE}")
        styles = Styles()
        styles.begins_1904 = book.begins_1904
        if path := relations.others.get("styles"):
            read_whole(package, path, styles)
        with Strings(package, relations.others.get("sharedStrings")) as strings:
            yield Workbook(package, strings, styles, named)


def _main_part(package: Package) -> str:
    if not package.has("_rels/.rels"):
        kind = "an OpenDocument file" if package.has("content.xml") else "a zip, and no workbook"
        raise ListError(f"{package.name} is {kind}; {packages.ADVICE}")
    main = _Relations.of(package, "").others.get("officeDocument", "")
    if main.endswith(".bin"):
        raise ListError(f"{package.name} is a binary workbook (.xlsb); {packages.ADVICE}")
    return main


class _Relations(Elements):
    """Which parts belong to a part: sheets by their keys, of every other kind the one there is."""

    def __init__(self, folder: str) -> None:
        self.sheets: dict[str, str] = {}
        self.others: dict[str, str] = {}
        self._folder = folder

    @classmethod
    def of(cls, package: Package, path: str) -> "_Relations":
        """Those of the part at `path`; with none, of the whole package."""
        folder, file = posixpath.split(path)
        relations = cls(folder)
        read_whole(package, posixpath.join(folder, "_rels", f"{file}.rels"), relations)
        return relations

    def start(self, tag: str, attributes: Attributes) -> None:
        kind = attributes.get("Type", "").rpartition("/")[2]
        if tag != "Relationship" or attributes.get("TargetMode") == "External" or len(self.sheets) > _MOST_SHEETS:
            return
        path = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", ""))).lstrip("/")
        if kind == "worksheet":
            self.sheets[attributes.get("Id", "")] = path
        elif kind in ("officeDocument", "styles", "sharedStrings"):
            self.others[kind] = path


class _Book(Elements):
    """The names and keys of the sheets that are not hidden."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.begins_1904 = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "workbookPr":
            self.begins_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif tag == "sheet" and attributes.get("state", "visible") == "visible" and len(self.sheets) < _MOST_SHEETS:
            key = next((value for name, value in attributes.items() if name.endswith(" id")), "")
            self.sheets.append((attributes.get("name", ""), key))
