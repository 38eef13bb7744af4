"""Which encoding a text file has: decided once, on all its bytes, before a row of it is believed.

A byte order mark decides. Without one, UTF-16 shows by the zeros in every other byte of what is written in ASCII;
then UTF-8 is tried, then GB18030, each strictly and to the last byte. As GB18030 reads almost anything, text in it
must also look like it: in Latin-1 and its kin a letter with an accent is followed by a plain one, which would be a rare
character of GB18030; a file where most are such is refused. Big5 is not told from GB18030: its names come out wrong,
but the bytes come back as they were when failures are written.
"""

import codecs
import hashlib
import re

import msgspec

from rencai.bulk.refusals import ListError
from rencai.bulk.sources import PIECE, Source

ADVICE = "save it as CSV in UTF-8"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 1 << 16
_ASCII = re.compile("[\x00-\x7f]+")
_PAIRS = re.compile(rb"[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|([@-~])|[\x80-\xfe])")
_ENOUGH_PAIRS = 2000


class Encoding(msgspec.Struct, frozen=True):
    """How text is written: the codec's name, and the mark in front, which is empty where there is none."""

    codec: str
    mark: bytes = b""


def digest(source: Source) -> str:
    """The SHA-256 of all bytes, as hex."""
    with source.reader() as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()


def of(source: Source) -> Encoding:
    """The encoding of all the file. Raises ListError where it is none that we know."""
    with source.reader() as reader:
        head = reader.read(_HEAD)
    if marked := _marked(source, head):
        candidates = [marked]
    elif wide := _wide(head):
        candidates = [Encoding(wide)]
    else:
        candidates = [Encoding("utf-8"), Encoding("gb18030")]
    rows: list[int] = []
    for candidate in candidates:
        if row := _broken_at(source, candidate):
            rows.append(row)
        elif candidate.codec == "gb18030" and not _looks_like_gb18030(source):
            raise _unknown(source, "its text is not in UTF-8, UTF-16 or GB18030")
        else:
            return candidate
    raise _unknown(source, f"row {max(rows)} is no text in {_listed(candidates)}")


def _marked(source: Source, head: bytes) -> Encoding | None:
    for mark, codec in _MARKS:
        if head.startswith(mark):
            if not codec:
                raise _unknown(source, "its text is in UTF-32")
            return Encoding(codec, mark)
    return None


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: a fifth of the first characters or more have a zero in the half that is one for ASCII.

    Some have it in the other half, such as 一 (4E00).
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not head or max(even, odd) * 10 < len(head) or min(even, odd) * 3 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _broken_at(source: Source, encoding: Encoding) -> int:
    """The row at which the text stops being in this encoding, or 0."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    rows = 1
    with source.reader() as reader:
        reader.seek(len(encoding.mark))
        more = True
        while more:
            piece = reader.read(PIECE)
            more = bool(piece)
            try:
                rows += decoder.decode(piece, final=not more).count("\n")
            except UnicodeDecodeError as broken:
                return rows + broken.object[: broken.start].decode(encoding.codec, "replace").count("\n")
    return 0


def _looks_like_gb18030(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("gb18030")()
    pairs = rare = 0
    with source.reader() as reader:
        while pairs < _ENOUGH_PAIRS and (piece := reader.read(PIECE)):
            for match in _PAIRS.finditer(_ASCII.sub("", decoder.decode(piece)).encode("gb18030")):
                pairs += 1
                rare += match[1] is not None
    return rare * 2 < pairs


def _listed(candidates: list[Encoding]) -> str:
    return " or ".join(each.codec.upper() for each in candidates)


def _unknown(source: Source, words: str) -> ListError:
    return ListError(f"{source.name} has an encoding that can't be read: {words}; {ADVICE}")
