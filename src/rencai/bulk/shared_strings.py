"""The shared strings of a workbook: kept in a temporary file, for a workbook may have more of them than memory."""

import os
import re
import tempfile
from array import array
from types import TracebackType

from rencai.bulk import bounds
from rencai.bulk.markup import Attributes, Elements, read
from rencai.bulk.package import Package, broken
from rencai.bulk.refusals import ListError

_WINDOW = 1 << 16
_MOST = 8_000_000
# Not the halves of characters, and no NUL: no text that can be sent or written has them.
_ESCAPE = re.compile("_x(?!0000|[Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """Text of a cell with `_x000D_` and its like made characters again."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class Strings:
    """The strings by number. Read from the package when made; the file goes with `close`."""

    def __init__(self, package: Package, path: str | None) -> None:
        self._name = package.name
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._ends = array("Q", [0])
        self._start = 0
        self._window = b""
        if path:
            self._fill(package, path)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise broken(self._name)
        start, end = self._ends[number], self._ends[number + 1]
        if start < self._start or end > self._start + len(self._window):
            self._start, self._window = start, os.pread(self._file.fileno(), max(_WINDOW, end - start), start)
        return self._window[start - self._start : end - self._start].decode("utf-8")

    def __enter__(self) -> "Strings":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _fill(self, package: Package, path: str) -> None:
        items = _Items(package.name)
        end = 0
        try:
            for _ in read(package, path, items):
                for text in items.texts:
                    end += self._file.write(text.encode("utf-8"))
                    self._ends.append(end)
                items.texts.clear()
                if len(self._ends) > _MOST:
                    raise ListError(f"{package.name} has more than {_MOST:,} texts; leave only what is needed in it")
            self._file.flush()
        except OSError as failure:
            words = (failure.strerror or str(failure)).lower()
            raise ListError(
                f"the texts of {package.name} can't be kept in {tempfile.gettempdir()}: {words}"
            ) from failure


class _Items(Elements):
    """Collects `<si>`: its texts joined, without the reading aid (`rPh`) that Chinese and Japanese have beside them."""

    def __init__(self, name: str) -> None:
        self.texts: list[str] = []
        self._name = name
        self._parts: list[str] = []
        self._length = 0
        self._depth_aside = 0
        self._is_text = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "rPh":
            self._depth_aside += 1
        self._is_text = tag == "t" and not self._depth_aside

    def end(self, tag: str) -> None:
        self._is_text = False
        if tag == "rPh":
            self._depth_aside -= 1
        elif tag == "si":
            self.texts.append(unescaped("".join(self._parts)))
            self._parts, self._length = [], 0

    def text(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)
            self._length += len(text)
            if self._length > bounds.CELL * 2:  # escaped, a character may take seven; nobody writes a whole cell so
                raise bounds.long_text(self._name)
