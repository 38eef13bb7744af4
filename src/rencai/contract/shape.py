"""From what came in to typed values, and from what does not fit to one violation a field (decision 5).

Decoding is one typed pass. Only when that fails is the input looked at again, field by field, to name them all.
"""

import math
import re
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec import UnsetType

from rencai.contract.errors import PARAMETER_ERROR, Fault, Violation

MOST_VIOLATIONS = 50
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_RULES = (
    (re.compile(r"Expected `(?:array|str)` of length <= (\d+).*"), r"the max len is \1"),
    (re.compile(r"Expected `(?:array|str)` of length >= (\d+).*"), r"the min len is \1"),
    (re.compile(r"Expected `int` (>=|<=) (-?\d+).*"), r"must be \1 \2"),
    (re.compile(r"Object missing required field `(\w+)`.*"), r"\1 is required"),
    (re.compile(r"Expected `str` matching regex '\^\[\^.*"), "must not contain NUL"),
    (re.compile(r"Expected `str` matching regex '(.*)'"), r"must match \1"),
    (re.compile(r"Expected (.*), got (.*)"), r"expected \1, got \2"),
)


class Decoder:
    """Decodes JSON bodies into one struct type."""

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def decode(self, body: bytes) -> msgspec.Struct:
        """The body as the struct. Raises the parameter Fault with a violation for each field that does not fit."""
        try:
            body.decode()  # msgspec passes over fields it does not know without checking their UTF-8
            return self._typed(body)
        except UnicodeDecodeError as broken:
            raise Fault(PARAMETER_ERROR, Violation("body", "is not valid UTF-8")) from broken
        except RecursionError as deep:
            raise Fault(PARAMETER_ERROR, Violation("body", "is nested too deeply")) from deep
        except msgspec.DecodeError as broken:
            raise Fault(PARAMETER_ERROR, Violation("body", f"is not JSON: {broken}")) from broken

    def _typed(self, body: bytes) -> msgspec.Struct:
        try:
            return self._decode(body)
        except msgspec.ValidationError as misfit:
            value = msgspec.json.decode(body)
            found = _violations(value, self._kind, "")
            if not found:
                # A key that came twice, and did not fit the first time: the last one wins.
                return msgspec.convert(value, self._kind)
            raise Fault(PARAMETER_ERROR, *found[:MOST_VIOLATIONS]) from misfit


class QueryDecoder:
    """Decodes query strings into one struct type: texts, whole numbers, booleans and lists of texts.

    A list is read from repeated keys and from the comma form alike (decision 20).
    """

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self._kind = kind
        self._plain = {field.encode_name: _plain(field.type) for field in msgspec.structs.fields(kind)}

    def decode(self, query: str) -> msgspec.Struct:
        """The query as the struct. Raises the parameter Fault as a body would; unknown keys are ignored."""
        given: dict[str, list[str]] = {}
        for key, text in parse_qsl(query, keep_blank_values=True):
            if key in self._plain:
                given.setdefault(key, []).append(text)
        values = {key: _from_texts(texts, self._plain[key]) for key, texts in given.items()}
        try:
            return msgspec.convert(values, self._kind)
        except msgspec.ValidationError as misfit:
            raise _fault(values, self._kind, misfit) from misfit


def _from_texts(texts: list[str], plain: object) -> object:
    if plain is list:
        return [part for text in texts for part in text.split(",")]
    text = texts[-1]
    if plain is int and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if plain is bool and text.lower() in {"true", "false"}:  # the vendor's Python client sends True and False
        return text.lower() == "true"
    return text


def _fault(value: object, kind: object, misfit: msgspec.ValidationError) -> Fault:
    found = _violations(value, kind, "")
    if not found:
        place = _PLACE.search(str(misfit))
        found = [Violation(place[1] if place else "body", _rule(str(misfit)))]
    return Fault(PARAMETER_ERROR, *found[:MOST_VIOLATIONS])


def _violations(value: object, kind: object, place: str) -> list[Violation]:
    """What does not fit in `value`, as deep as it can be told: the innermost fields, not their parents."""
    try:
        msgspec.convert(value, cast("type[Any]", kind))
    except msgspec.ValidationError as misfit:
        inner = _inner_violations(value, kind, place)
        return inner or [Violation(place or "body", _options(value, kind) or _rule(str(misfit)))]
    return []


def _inner_violations(value: object, kind: object, place: str) -> list[Violation]:
    plain = _plain(kind)
    if isinstance(value, list) and plain is list:
        if len(cast("list[object]", value)) > _most_items(kind):
            return []  # its length is the violation; looking into a list without end would only cost time
        items = cast("list[object]", value)
        item_kind = get_args(_unwrapped(kind))[0]
        found: list[Violation] = []
        for index, item in enumerate(items):
            found += _violations(item, item_kind, f"{place}[{index}]")
            if len(found) >= MOST_VIOLATIONS:
                break
        return found
    if isinstance(value, dict) and isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return _struct_violations(cast("dict[str, object]", value), plain, place)
    return []


def _struct_violations(value: dict[str, object], kind: type[msgspec.Struct], place: str) -> list[Violation]:
    found: list[Violation] = []
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        where = f"{place}.{name}" if place else name
        if name in value:
            found += _violations(value[name], field.type, where)
        elif field.required:
            found.append(Violation(where, f"{name} is required"))
    return found


def _unwrapped(hint: object) -> object:
    """A hint without Annotated and without UNSET: `Annotated[list[str], …] | UnsetType` is `list[str]`."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _unwrapped(get_args(hint)[0])
    if origin in (Union, UnionType):
        kinds = [arg for arg in get_args(hint) if arg is not UnsetType]
        return _unwrapped(kinds[0]) if len(kinds) == 1 else hint
    return hint


def _most_items(hint: object) -> float:
    """How long a list may be, by its own hint."""
    if get_origin(hint) in (Union, UnionType):
        return max(_most_items(arg) for arg in get_args(hint))
    limits = [meta.max_length for meta in get_args(hint)[1:] if isinstance(meta, msgspec.Meta)]
    return min((limit for limit in limits if limit is not None), default=math.inf)


def _plain(hint: object) -> object:
    hint = _unwrapped(hint)
    if get_origin(hint) is Literal:
        return cast("type[Any]", type(get_args(hint)[0]))
    return get_origin(hint) or hint


def _options(value: object, kind: object) -> str | None:
    hint = _unwrapped(kind)
    if get_origin(hint) is Literal and isinstance(value, type(get_args(hint)[0])):
        return "must be one of " + ", ".join(str(option) for option in get_args(hint))
    return None


def _rule(message: str) -> str:
    message = _PLACE.sub("", message)
    for pattern, rule in _RULES:
        if pattern.fullmatch(message):
            return pattern.sub(rule, message)
    return message
