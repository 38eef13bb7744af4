"""How a file is refused: in one line that says what, where and what to do, and that paints no terminal."""

from collections.abc import Sequence

_MOST_SHOWN = 60
_MOST_ROWS = 5
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


class ListError(ValueError):
    """A file that can't be read, or not as a list of people. Its text is one line."""


class NotWritten(ListError):
    """A file that could not be written. What stood in its place still stands there, and nothing half done does."""


def plain(text: str, most: int = _MOST_SHOWN) -> str:
    """Text that is safe on a terminal and stays on its line: what does not print is escaped, too much is cut."""
    escaped = "".join(c if c.isprintable() and c not in '\\"' else _escape(c) for c in text[:most])
    return escaped + "…" if len(text) > most else escaped


def shown(text: str, most: int = _MOST_SHOWN) -> str:
    """The same between quotes: for what came out of a file or from a server."""
    return f'"{plain(text, most)}"'


def printable(text: str) -> str:
    """All of a text as it is, with what does not print escaped: for a cell on a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def at_rows(numbers: Sequence[int], count: int | None = None) -> str:
    """`row 7`, or `rows 7, 9, 12, 40, 41 and 3 more`. `count`: of all, where `numbers` are only the first."""
    count = len(numbers) if count is None else count
    named = ", ".join(map(str, numbers[:_MOST_ROWS]))
    more = count - min(len(numbers), _MOST_ROWS)
    return f"row{'' if count == 1 else 's'} {named}" + (f" and {more:,} more" if more else "")


def _escape(character: str) -> str:
    code = ord(character)
    short = _SHORT.get(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
