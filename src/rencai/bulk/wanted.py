"""Which people a list names: their ids, each once, and what is wrong with the other keys.

A million ids take 16 MB here: the rows themselves are not kept, and read again where one must be shown.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rencai.bulk.keys import By, looks_rounded
from rencai.bulk.lists import People

NO_ID = "is no talent id, which is a whole number of up to 19 digits"
NO_TALENT = "there is no talent with this id"
MAYBE_ROUNDED = "there is no talent with this id; a spreadsheet may have rounded it"
EMPTY = "the cell is empty"

_ID = re.compile(r"[1-9][0-9]{0,18}")
_LARGEST = 2**63 - 1

Ids: TypeAlias = "array[int]"

# What finds the talents of e-mails or mobiles: for each key its id, or the reason why there is none.
Lookup = Callable[[By, list[str]], list[str]]


@dataclass(frozen=True)
class Wanted:
    """`ids` ascending, each once; `count` of rows; `duplicates` among them; `wrong` keys with their reasons."""

    ids: Ids
    count: int
    duplicates: int
    wrong: dict[str, str]
    found: dict[str, int] | None = None  # by e-mail or mobile, where that is what the list has

    def reason(self, key: str, missing: set[int]) -> str | None:
        """Why a row failed, or None where it did not; `missing` are ids that the server does not know."""
        if key in self.wrong:
            return self.wrong[key]
        number = int(key) if self.found is None else self.found[key]
        if number not in missing:
            return None
        return MAYBE_ROUNDED if looks_rounded(key) else NO_TALENT


def of(people: People, lookup: Lookup, tell: Callable[[int], None], *, as_written: bool = False) -> Wanted:
    """The people that a list names; `tell` hears how many rows have been read. Raises ListError, ClientError.

    `as_written` takes ids that look rounded.
    """
    keys = _keys(people, tell, as_written=as_written)
    return _by_id(keys) if people.by == "id" else _by_identity(people.by, keys, lookup)


def _by_id(keys: Iterator[str]) -> Wanted:
    numbers: Ids = array("q")
    wrong: dict[str, str] = {}
    wrong_again = 0
    for key in keys:
        if _ID.fullmatch(key) and (number := int(key)) <= _LARGEST:
            numbers.append(number)
        elif key in wrong:
            wrong_again += 1
        else:
            wrong[key] = NO_ID if key else EMPTY
    count = len(numbers) + len(wrong) + wrong_again
    ids = _each_once(numbers)
    return Wanted(ids, count, len(numbers) - len(ids) + wrong_again, wrong)


def _by_identity(by: By, keys: Iterator[str], lookup: Lookup) -> Wanted:
    once: dict[str, None] = {}
    count = 0
    for key in keys:
        once[key] = None
        count += 1
    asked = [key for key in once if key]
    wrong = {"": EMPTY} if "" in once else {}
    found: dict[str, int] = {}
    for key, answer in zip(asked, lookup(by, asked), strict=True):
        if answer.isdecimal():
            found[key] = int(answer)
        else:
            wrong[key] = answer
    ids = _each_once(array("q", found.values()))
    return Wanted(ids, count, count - len(ids) - len(wrong), wrong, found)


def _keys(people: People, tell: Callable[[int], None], *, as_written: bool) -> Iterator[str]:
    for count, row in enumerate(people.rows(as_written=as_written), 1):
        if count % 10_000 == 0:
            tell(count)
        yield row.key


def _each_once(numbers: Ids) -> Ids:
    once: Ids = array("q")
    last = None
    for number in sorted(numbers):
        if number != last:
            once.append(number)
            last = number
    return once
