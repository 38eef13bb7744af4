"""Which column holds the keys, and whether the first row is a header: by the names of the columns."""

import unicodedata
from collections.abc import Sequence

import msgspec

from rencai.bulk.delimited import Record
from rencai.bulk.keys import KINDS, By, kind_of, trimmed
from rencai.bulk.refusals import ListError, plain, shown

REASON = "reason"
# In this order: the first that is there is taken. Case, spaces, `_` and `-` don't matter.
NAMES: dict[By, tuple[str, ...]] = {
    "id": ("talentid", "人才id", "人才编号", "id"),
    "email": ("email", "emailaddress", "mail", "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "邮件"),
    "mobile": (
        *("mobile", "mobilenumber", "mobilephone", "phone", "phonenumber", "cellphone", "telephone", "tel"),
        *("手机号", "手机号码", "手机", "移动电话", "电话", "电话号码", "联系电话"),
    ),
}
OWN_NAMES: dict[By, str] = {"id": "talent_id", "email": "email", "mobile": "mobile"}
_MOST_LISTED = 8


class Columns(msgspec.Struct, frozen=True):
    """The columns of a list: their names, where the keys are and what they are, and whether row 1 says so."""

    names: tuple[str, ...]
    place: int
    by: By
    has_header: bool
    has_reason: bool = False  # a column of ours at the end, which is not in `names`


def located(name: str, rows: Sequence[Record], by: By | None) -> Columns:
    """The columns of a list that begins with these rows. `by`: take this kind, whatever else is there.

    Raises ListError where it can't be told; the text says what to do.
    """
    row, first = rows[0]
    if found := _named(name, first, by):
        return found
    if len(first) > 1:
        full = [cell for cell in first if trimmed(cell)]
        listed = ", ".join(shown(cell, 20) for cell in full[:_MOST_LISTED]) + (
            ", …" if len(full) > _MOST_LISTED else ""
        )
        wanted = OWN_NAMES[by] if by else "talent_id, email or mobile"
        raise ListError(f"{name}, row {row}: no column is named {wanted} (there are {listed}); name it so in that row")
    taken = _told(name, [(number, trimmed(cells[0])) for number, cells in rows], by)
    return Columns((OWN_NAMES[taken],), 0, taken, has_header=False)


def _told(name: str, keys: Sequence[tuple[int, str]], by: By | None) -> By:
    """What the keys of a list without a header are."""
    row, key = keys[0]
    kind = kind_of(key)
    if by and (kind or key.isdigit()):
        return by
    if kind is None:
        raise ListError(
            f"{name}, row {row}: {shown(key)} is no id, e-mail or mobile, nor the name of such a column;"
            " name the column talent_id, email or mobile, or remove the row"
        )
    for other_row, other in keys:
        if kind_of(other) not in (kind, None):
            raise ListError(
                f"{name}: rows {row} and {other_row} hold keys of different kinds; say --by, or name the column"
            )
    return kind


def _named(name: str, first: Sequence[str], by: By | None) -> Columns | None:
    has_reason = len(first) > 1 and _normal(first[-1]) == REASON
    names = tuple(first[:-1] if has_reason else first)
    normal = [_normal(cell) for cell in names]
    for kind in (by,) if by else KINDS:
        for alias in NAMES[kind]:
            if (count := normal.count(alias)) > 1:
                raise ListError(f"{name}: {count} columns are named {plain(alias)}; leave only one of them")
            if count:
                return Columns(names, normal.index(alias), kind, has_header=True, has_reason=has_reason)
    return None


def _normal(cell: str) -> str:
    text = unicodedata.normalize("NFKC", trimmed(cell)).casefold()
    return "".join(character for character in text if character not in "_-" and not character.isspace())
