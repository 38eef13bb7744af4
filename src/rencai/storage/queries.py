"""The named SQL of `queries/*.sql`.

A block begins with `-- name: some_name`, comment lines below it say what it does and costs, and it ends with the
next name. Parameters are written `:name`. A name is given once; what differs between engines gets one block an
engine, marked `-- name: some_name [sqlite]`.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple

_PARAMETER = re.compile(r"(?<!:):([a-z_]\w*)")  # not the :: of a cast
_CHANGES = re.compile(r"^\s*(INSERT|UPDATE|DELETE) ", re.MULTILINE)
_LOCKS = re.compile(r"\n *FOR (NO KEY UPDATE|UPDATE|KEY SHARE)( OF \w+)?$", re.MULTILINE)
_BLOCK = re.compile(r"^-- name: (\w+)(?: \[(\w+)\])?$", re.MULTILINE)


def load(engine: str) -> dict[str, str]:
    """The statements of an engine by name. Raises ValueError for a name that is given twice."""
    found: dict[str, str] = {}
    for file in sorted(files("rencai.storage").joinpath("queries").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            _add_blocks(found, file.name, file.read_text("utf-8"), engine)
    return found


def _add_blocks(found: dict[str, str], file: str, text: str, engine: str) -> None:
    parts = _BLOCK.split(text)
    for name, only, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if only not in (None, engine):
            continue
        if name in found:
            raise ValueError(f"{file}: the query {name} is given twice for {engine}; give each name once")
        found[name] = _without_comments(body)


def _without_comments(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip().rstrip(";")


class Numbered(NamedTuple):
    """A statement whose parameters go by number: its SQL with $1, $2 and so on, and their names in that order."""

    sql: str
    names: tuple[str, ...]


def numbered(sql: str) -> Numbered:
    """A statement with parameters by name, for an engine that numbers them. A name's second use is its first number."""
    names: list[str] = []

    def number_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return Numbered(_PARAMETER.sub(number_of, sql), tuple(names))


def joined(names: Iterable[str], statements: Mapping[str, str]) -> str:
    """Several statements that change something as one, for PostgreSQL: it does each, in no order that can be told."""
    return "WITH " + ",\n".join(f"{name} AS (\n{statements[name]}\n)" for name in names) + "\nSELECT"


def changes(sql: str) -> bool:
    """Whether a statement changes rows. The word that says so begins a line."""
    return _CHANGES.search(sql) is not None


def without_locks(sql: str) -> str:
    """A statement for units that only read: it locks nothing. The words that lock are a line of their own."""
    return _LOCKS.sub("", sql)
