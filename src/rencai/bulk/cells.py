"""Cells that a spreadsheet would run: how they are guarded when we write, and taken back when we read.

A spreadsheet takes a cell that begins with one of `DANGEROUS` for a formula. We write a `'` before it, and take it off
again. That `'=a` stays what it is, a `'` is written before it as well, and one is taken off: reading gives back exactly
what was written, whatever it was.
"""

import re

# = + - @, tab and line ends; and the full-width forms, which Chinese and Japanese spreadsheets may take for the same.
_DANGEROUS = "=+\\-@\t\r\n＝＋－＠"
_TO_GUARD = re.compile(f"'*[{_DANGEROUS}]")
_GUARDED = re.compile(f"''*[{_DANGEROUS}]")


def guarded(cell: str) -> str:
    """The cell as it is written: with a `'` in front where a spreadsheet would run it."""
    return "'" + cell if _TO_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before `guarded`."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell


def is_empty(cells: list[str]) -> bool:
    """Whether a row holds nothing that can be seen."""
    return not any(cells) or "".join(cells).isspace()
