"""XML of a workbook, by expat: no document type and so no entities, no token longer than a cell, elements as calls."""

from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

from rencai.bulk.package import Package, broken
from rencai.bulk.refusals import ListError

_PIECE = 1 << 12  # the rows of a piece are held at once, and each may be of the widest with a few bytes
_LONGEST_TOKEN = 1 << 20

Attributes = dict[str, str]


class Elements:
    """What happens in a part. `start`, `end` and `text` are called with local names, whatever prefix a writer chose."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text between them, in pieces."""


def read(package: Package, path: str, elements: Elements) -> Iterator[None]:
    """Hand a part over to `elements`, piece by piece: after each piece it is the caller's turn.

    Raises ListError for XML that is broken, or that has a document type.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    tags = _Tags()
    parser.StartElementHandler = lambda name, attributes: elements.start(tags[name], attributes)
    parser.EndElementHandler = lambda name: elements.end(tags[name])
    parser.CharacterDataHandler = elements.text
    parser.StartDoctypeDeclHandler = _refuser(package.name)
    with package.part(path) as part:
        try:
            yield from _pieces(package.name, part, parser)
        except expat.ExpatError as failure:
            raise broken(package.name) from failure


def read_whole(package: Package, path: str, elements: Elements) -> None:
    """The same for a part that is read at one go."""
    for _ in read(package, path, elements):
        pass


def _pieces(name: str, part: IO[bytes], parser: expat.XMLParserType) -> Iterator[None]:
    fed = 0
    while piece := part.read(_PIECE):
        parser.Parse(piece, False)
        fed += len(piece)
        # What expat has not handed on yet it keeps, however long it is.
        if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
            raise ListError(f"{name} has XML in it that no spreadsheet writes (a token beyond 1 MB); save it as CSV")
        yield
    parser.Parse(b"", True)
    yield


def _refuser(name: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise ListError(f"{name} has a document type in its XML, which no spreadsheet writes; save it as CSV in UTF-8")

    return refuse


class _Tags(dict[str, str]):
    """Local names of elements, worked out once for each."""

    def __missing__(self, name: str) -> str:
        local = name.rpartition(" ")[2]
        if len(self) < 1000:
            self[name] = local
        return local
