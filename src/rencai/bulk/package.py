"""The zip file that a workbook is: opened only where it can't hurt, and its parts read a piece at a time.

Refused before anything is unpacked: what is no workbook, what is encrypted, a directory of more parts than a workbook
has, parts that unpack to more than `_MOST_BYTES` together, and a part that was packed harder than a sheet can be.
"""

import contextlib
import re
import zipfile
import zlib
from collections.abc import Generator
from typing import IO

from rencai.bulk.refusals import ListError
from rencai.bulk.sources import PIECE, Source

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and the envelope of an encrypted .xlsx
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_MOST_BYTES = 1 << 30
_MOST_DIRECTORY = 1 << 20  # bytes of the zip's directory; a workbook of a hundred sheets has 20,000
_MOST_RATIO = 100  # a sheet is packed 5 to 30 times; deflate can do 1,000
_SMALL = 1 << 20  # below this a part may be packed as hard as it likes
_TAIL = 22 + 0xFFFF + 20 + 56  # the records at a zip's end, with the longest comment

ADVICE = "save it as .xlsx without a password, or as CSV in UTF-8"


class Package:
    """The parts of a workbook by their paths. Its methods raise ListError for what is broken."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self.name = name
        self._archive = archive
        self._paths = {path.lower(): path for path in archive.namelist()}

    def has(self, path: str) -> bool:
        """Whether there is such a part. Case does not matter, as in a spreadsheet."""
        return path.lower() in self._paths

    @contextlib.contextmanager
    def part(self, path: str) -> Generator[IO[bytes]]:
        """A part, to read from its start. Raises ListError where it is not there or broken."""
        try:
            with self._archive.open(self._paths[path.lower()]) as part:
                yield part
        except KeyError as missing:
            raise broken(self.name) from missing
        # RuntimeError, or a kind of it, is what zipfile says of an encrypted part or an unknown compression.
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as failure:
            raise broken(self.name) from failure


def is_workbook(source: Source) -> bool:
    """Whether the file is a zip, whatever its name says. Raises ListError for a workbook that can't be read."""
    with source.reader() as reader:
        head = reader.read(len(_COMPOUND))
        if head == _COMPOUND:
            is_locked = any(_ENCRYPTED in piece for piece in iter(lambda: reader.read(PIECE), b""))
            kind = "an encrypted workbook" if is_locked else "a workbook of the old kind (.xls)"
            raise ListError(f"{source.name} is {kind}; {ADVICE}")
    return head.startswith(_ZIP)


@contextlib.contextmanager
def opened(source: Source) -> Generator[Package]:
    """The parts of a workbook. Raises ListError for what is none, and for what would hurt."""
    _check_directory(source)
    with source.reader() as reader:
        try:
            archive = zipfile.ZipFile(reader)
        except (zipfile.BadZipFile, RuntimeError, OSError, ValueError) as failure:
            raise broken(source.name) from failure
        with archive:
            _check_parts(source.name, archive)
            yield Package(source.name, archive)


def broken(name: str) -> ListError:
    """For a workbook with parts that are missing or cut off."""
    return ListError(
        f"{name} is a broken workbook, or none; open it in a spreadsheet and save it again as .xlsx or CSV"
    )


def _check_directory(source: Source) -> None:
    """The directory is read into memory as a whole, so its size is looked at first."""
    with source.reader() as reader:
        reader.seek(source.size - _TAIL)
        tail = reader.read(_TAIL)
    end = tail.rfind(_END)
    if end < 0:
        raise broken(source.name)
    sizes = [int.from_bytes(tail[end + 12 : end + 16], "little")]
    sizes += [int.from_bytes(tail[at.start() + 40 : at.start() + 48], "little") for at in re.finditer(_END_64, tail)]
    sizes = [size for size in sizes if size != 0xFFFFFFFF]
    if not sizes or max(sizes) > _MOST_DIRECTORY:
        raise ListError(f"{source.name} is a zip of too many parts to be a workbook; {ADVICE}")


def _check_parts(name: str, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise ListError(f"{name} is encrypted; {ADVICE}")
    if sum(part.file_size for part in parts) > _MOST_BYTES:
        raise ListError(f"{name} unpacks to more than 1 GiB; leave only the sheet and columns that are needed")
    if any(part.file_size > max(_SMALL, part.compress_size * _MOST_RATIO) for part in parts):
        raise ListError(
            f"{name} is packed harder than a workbook can be, as zip bombs are; save it again as .xlsx or CSV"
        )
