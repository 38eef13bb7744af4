"""The client's methods, made of the Endpoint rows; and the client that waits, made of the one that is awaited."""

import inspect
import keyword
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType
from ruff import find_ruff_bin

from rencai.contract import endpoints
from rencai.contract.endpoint import IDEMPOTENCY_KEY, IF_MATCH, Endpoint, Nothing
from rencai.contract.endpoints import ENDPOINTS

FOLDER = Path(__file__).parents[1] / "src" / "rencai" / "client"
MADE = "# Made by `make reference` from the Endpoint rows. Edit those instead.\n"
MADE_SYNC = "# Made by `make reference` from asynchronous.py. Edit that instead.\n"

# What stands in a client that is awaited, and what in one that waits.
_SYNC = (
    (r"\basync (with|for|def)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bimport asyncio\b", "import time"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\bAsync(Client|Operations|Iterator|Iterable)\b", r"\1"),
    (r"\basync_operations\b", "operations"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\.a(close|read|iter_lines)\(", r".\1("),
)

_HEAD = '''"""A method for each operation, with the fields of its row as arguments; what is left out is not sent."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from rencai.client.exchange import Asked
from rencai.contract.endpoint import Endpoint
'''

_BASE = '''

class AsyncOperations(ABC):
    """The calls of the API. Each raises ClientError; `Refused` carries the code, and the fields that are wrong."""

    @abstractmethod
    async def _call(self, row: Endpoint, asked: Asked) -> Any: ...

    @abstractmethod
    def _items(self, row: Endpoint, asked: Asked) -> AsyncIterator[Any]: ...

    @abstractmethod
    def _stream(self, row: Endpoint, asked: Asked) -> AsyncIterator[Any]: ...
'''


def modules() -> dict[str, str]:
    """The made modules by file name."""
    awaited = _operations()
    driver = (FOLDER / "asynchronous.py").read_text()
    return {
        "async_operations.py": _formed(MADE + awaited),
        "operations.py": _formed(MADE + _waiting(awaited)),
        "synchronous.py": _formed(MADE_SYNC + _waiting(driver)),
    }


def _formed(source: str) -> str:
    """The source as `make format` leaves it."""
    for how in (("check", "--fix", "--exit-zero", "--quiet", "--select=I,F401,UP"), ("format", "--quiet")):
        ruff = [find_ruff_bin(), *how, "--stdin-filename", str(FOLDER / "made.py"), "-"]
        source = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout
    return source


def _waiting(source: str) -> str:
    for pattern, words in _SYNC:
        source = re.sub(pattern, words, source)
    return source


def _operations() -> str:
    used: set[str] = set()
    methods = "".join(method for row in ENDPOINTS for method in _methods(row, used))
    lines = [f"from rencai.contract{name if name[0] == '.' else f' import {name}'}\n" for name in sorted(used)]
    return _HEAD + "".join(lines) + _BASE + methods


def _methods(row: Endpoint, used: set[str]) -> list[str]:
    if row.streams:
        return [_method(row, row.name, "def", f"AsyncIterator[{_type(row.reply, used)}]", "_stream", used)]
    reply = "None" if row.reply is Nothing else _type(row.reply, used)
    made = [_method(row, row.name, "async def", reply, "_call", used)]
    if _is_paged(row):
        item = get_args(next(field.type for field in msgspec.structs.fields(row.reply) if field.name == "items"))[0]
        made.append(_method(row, f"{row.name}_all", "def", f"AsyncIterator[{_type(item, used)}]", "_items", used))
    if row.upload_type is not None:
        made.append(_method(row, f"{row.name}_upload", "async def", reply, "_call", used, uploads=True))
    return made


def _is_paged(row: Endpoint) -> bool:
    return "page_token" in row.query_type.__struct_fields__ and "items" in row.reply.__struct_fields__


def _method(
    row: Endpoint, name: str, kind: str, reply: str, through: str, used: set[str], *, uploads: bool = False
) -> str:
    query = row.upload_type if uploads else row.query_type
    assert query is not None
    skipped = {"page_token"} if through == "_items" else set[str]()
    path = [f"{field.name}: str" for field in msgspec.structs.fields(row.path_type)]
    parts = {"path": msgspec.structs.fields(row.path_type), "query": _without(query, skipped)}
    if row.body_type is not None and not uploads:
        parts["body"] = msgspec.structs.fields(row.body_type)
    named = [_argument(field, used) for part in ("query", "body") for field in parts.get(part, ())]
    if uploads:
        named.insert(0, "lines: Callable[[], AsyncIterable[bytes]]")
    named += [f"{_header(header)}: str | None = None" for header in row.request_headers]
    arguments = ["self", *path, *(["*", *sorted(named, key=lambda argument: "=" in argument)] if named else [])]
    asked = [f"{part}={_mapping(fields)}" for part, fields in parts.items() if fields or part == "body"]
    asked += ["lines=lines"] if uploads else []
    asked += [f"{_header(header)}={_header(header)}" for header in row.request_headers]
    result = ("" if reply == "None" else "return ") + ("await " if kind.startswith("async") else "")
    call = f"{result}self.{through}({_constant(row, used)}, Asked({', '.join(asked)}))"
    paged = ", page after page" if through == "_items" else ""
    words = f"{row.summary}{paged}. `{row.method} {row.path}`"
    return (
        f"\n    {kind} {name}({', '.join(arguments)}) -> {reply}:\n"
        f'        """{_docstring(words, row, uploads=uploads)}"""\n'
        f"        {call}\n"
    )


def _docstring(words: str, row: Endpoint, *, uploads: bool) -> str:
    summary, _, address = words.partition(". `")
    lines = [*_wrapped(f"{summary}."), "", f"`{address}"]
    if uploads:
        lines.append("`lines` gives the ids, one a line, anew for each try.")
    if row.errors:
        named = ", ".join(dict.fromkeys(f"{error.code} {error.msg}" for error in row.errors))
        lines += _wrapped(f"Refused with {named}.")
    return "\n        ".join(lines).replace("\n        \n", "\n\n") + "\n        "


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, 100)


def _without(kind: type[msgspec.Struct], names: set[str]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return tuple(field for field in msgspec.structs.fields(kind) if field.name not in names)


def _argument(field: msgspec.structs.FieldInfo, used: set[str]) -> str:
    kind = _type(field.type, used)
    return f"{field.name}: {kind}" if field.required else f"{field.name}: {kind} | UnsetType = UNSET"


def _mapping(fields: tuple[msgspec.structs.FieldInfo, ...]) -> str:
    return "{" + ", ".join(f'"{field.encode_name}": {field.name}' for field in fields) + "}"


def _header(name: str) -> str:
    return {IDEMPOTENCY_KEY: "idempotency_key", IF_MATCH: "if_match"}[name]


def _constant(row: Endpoint, used: set[str]) -> str:
    """The row by its name: `talents.TALENT_GET`."""
    constant = row.name.upper()
    for name, module in inspect.getmembers(endpoints, inspect.ismodule):
        if getattr(module, constant, None) is row:
            used.add(f".{name} import {constant}")
            return constant
    sys.exit(f"no module of contract has {constant}: the row's constant has the row's name in capitals")


def _type(hint: Any, used: set[str]) -> str:
    """A type as it is written, without the rules that only the server checks."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _type(get_args(hint)[0], used)
    if origin in (Union, UnionType):
        kinds = [_type(kind, used) for kind in get_args(hint) if kind is not UnsetType]
        return " | ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, get_args(hint)))}]".replace("'", '"')
    if origin is not None:
        return f"{origin.__name__}[{', '.join(_type(kind, used) for kind in get_args(hint))}]"
    if isinstance(hint, type) and hint.__module__.startswith("rencai.contract."):
        module = hint.__module__.rpartition(".")[2]
        used.add(module)
        return f"{module}.{hint.__name__}"
    name = "None" if hint is type(None) else getattr(hint, "__name__", str(hint))
    assert not keyword.iskeyword(name) or name == "None"
    return name
