"""Lists of people for the tests: files made, read to their end, and refused."""

from pathlib import Path

import pytest

from rencai.bulk import lists
from rencai.bulk.keys import By
from rencai.bulk.lists import Row
from rencai.bulk.refusals import ListError

# Ids as the server gives them: nineteen digits.
IDS = [str(6930815272790114123 + number * 7_919_311) for number in range(1000)]


def made(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(path: Path, by: By | None = None) -> list[Row]:
    with lists.opened(path, by) as people:
        return list(people.rows())


def keys(path: Path, by: By | None = None) -> list[str]:
    return [row.key for row in rows(path, by)]


def refusal(path: Path, by: By | None = None) -> str:
    """What the list is refused with: one line that no terminal minds."""
    with pytest.raises(ListError) as refused:
        rows(path, by)
    words = str(refused.value)
    assert words.isprintable(), ascii(words)
    assert len(words) < 600
    return words
