"""The reference pages as Markdown, from the Endpoint rows and the error table.

The server shows them under `/docs`, and `docs/reference` keeps them to read without one.
"""

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import msgspec

from rencai.contract.endpoint import REQUEST_HEADERS, Endpoint
from rencai.contract.errors import PARAMETER_ERROR, Error
from rencai.contract.fields import USER_IDS

Schema = dict[str, Any]


def index_page() -> str:
    """Where to begin."""
    return """# Rencai

A talent-pool server that speaks Feishu Hire's open API, with native calls beside it under `/rencai/v1`.

- [Endpoints](/docs/endpoints): every call, with its scopes, limit, fields and errors
- [Errors](/docs/errors): every code, what it means and what to do
- [openapi.json](/openapi.json): the same for programs
- [/metrics](/metrics) for Prometheus, [/healthz](/healthz) and [/readyz](/readyz) for whoever watches over it

A call carries `Authorization: Bearer <tenant_access_token>`, which the first endpoint hands out for the app id and
secret that `rencai app create` printed. Every reply carries a log id in `X-Tt-Logid`; the server's log has a line
with it.
"""


def endpoints_page(endpoints: Iterable[Endpoint]) -> str:
    """Every endpoint with its scopes, limit, fields, reply and errors, and the types inside of them."""
    rows = tuple(endpoints)
    sections = "\n".join(_endpoint_section(endpoint) for endpoint in rows)
    words = "Ids are decimal strings, times are milliseconds since 1970 as strings."
    return f"# Endpoints\n\n{words}\n\n{sections}\n{_types_section(rows)}"


def errors_page(errors: Iterable[Error]) -> str:
    """The table of all codes."""
    rows = [f"| [{e.code}](/docs/errors/{e.code}) | {e.status} | {e.msg} | {e.meaning} |" for e in errors]
    head = ["| code | HTTP | msg | meaning |", "|---|---|---|---|"]
    words = (
        "A refusal changes nothing. 1002102, 1002109, 1990003 and 1990020 come with HTTP 404 on the GET of that one "
        "thing, and so does 1002002 for a note; 1002002 comes with 413 for a body that is too large.\n"
    )
    return "\n".join(["# Errors", "", words, *head, *rows, ""])


def error_page(error: Error, endpoints: Iterable[Endpoint]) -> str:
    """One code: what it means, what to do, where it comes up."""
    rows = [e for e in endpoints if error.code in {known.code for known in e.all_errors}]
    where = [f"- `{e.method} {e.path}`, HTTP {_statuses(e, error)}" for e in rows]
    return "\n".join(
        [
            f"# {error.code} {error.msg}",
            "",
            error.meaning,
            "",
            f"**What to do.** {error.mend}",
            "",
            "## Where it comes up",
            "",
            *where,
            "",
        ]
    )


def _statuses(endpoint: Endpoint, error: Error) -> str:
    is_shape = error.code == PARAMETER_ERROR.code and endpoint.body_type is not None
    statuses = sorted({endpoint.status_of(known) for known in endpoint.all_errors if known.code == error.code})
    words = " or ".join(str(status) for status in statuses)
    return words + (" (413 for a body that is too large)" if is_shape else "")


def _endpoint_section(endpoint: Endpoint) -> str:
    scopes = _scopes(endpoint.scopes) or "none, and no token"
    lines = [
        f"## {endpoint.name}",
        "",
        f"`{endpoint.method} {endpoint.path}`",
        "",
        f"{endpoint.summary}.",
        "",
        f"Scope: {scopes}. Limit: {endpoint.tier.label if endpoint.tier else 'none'}. Source: {endpoint.source}.",
        "",
    ]
    lines += _request_headers(endpoint)
    lines += _field_scopes(endpoint)
    lines += _fields("Query", endpoint.query_type)
    lines += _fields("Body", endpoint.body_type) if endpoint.body_type else []
    if endpoint.upload_type is not None:
        lines += _fields("Query with a body of `text/plain`, one id a line", endpoint.upload_type)
    title = "A line of the reply" if endpoint.streams else "Reply" if endpoint.bare else "Reply (`data`)"
    lines += _fields(title, endpoint.reply)
    codes = sorted({error.code for error in endpoint.all_errors})
    lines += ["Errors: " + ", ".join(f"[{code}](/docs/errors/{code})" for code in codes), ""]
    return "\n".join(lines)


def _request_headers(endpoint: Endpoint) -> list[str]:
    if not endpoint.request_headers:
        return []
    return ["Headers:", "", *(f"- `{name}`: {REQUEST_HEADERS[name]}" for name in endpoint.request_headers), ""]


def _field_scopes(endpoint: Endpoint) -> list[str]:
    if not endpoint.field_scopes:
        return []
    rows = [
        f"- `{field}`{' with `user_id_type=user_id`' if scopes == USER_IDS else ''}: {_scopes(scopes)}"
        for field, scopes in endpoint.field_scopes.items()
    ]
    return ["Fields of the reply that are left out without a scope of their own:", "", *rows, ""]


def _scopes(scopes: tuple[str, ...]) -> str:
    return " or ".join(f"`{scope}`" for scope in scopes)


def _types_section(endpoints: tuple[Endpoint, ...]) -> str:
    """The types that stand inside of bodies and replies, each once."""
    outer = {
        kind for e in endpoints for kind in (e.query_type, e.reply, e.body_type, e.upload_type) if kind is not None
    }
    _, components = msgspec.json.schema_components(sorted(outer, key=lambda kind: kind.__name__))
    inner = sorted(components.keys() - {kind.__name__ for kind in outer})
    lines = ["# Types", "", "What stands inside of the bodies and replies above.", ""]
    for name in inner:
        lines += [f"## {name}", "", *_table(components[name])]
    return "\n".join(lines)


def _fields(title: str, kind: type[msgspec.Struct]) -> list[str]:
    if not msgspec.structs.fields(kind):
        return []
    _, components = msgspec.json.schema_components([kind])
    return [f"{title}:", "", *_table(components[kind.__name__])]


def _table(schema: Schema) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_kind_words(field)} | {'yes' if name in required else 'no'} |"
        for name, field in schema["properties"].items()
    ]
    return [cleandoc(schema["description"]), "", "| field | type | required |", "|---|---|---|", *rows, ""]


def _kind_words(schema: Schema) -> str:
    """A field's type in words: `array of string (at least 1, at most 50)`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind_words(option) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(option) for option in schema["enum"])
    inner = f" of {_kind_words(schema['items'])}" if "items" in schema else ""
    bounds = [f"{words} {schema[key]}" for key, words in _BOUNDS.items() if schema.get(key) not in (None, "", [])]
    return f"{schema.get('type', 'any')}{inner}" + (f" ({', '.join(bounds)})" if bounds else "")


_BOUNDS = {
    "minimum": "from",
    "maximum": "to",
    "minItems": "at least",
    "maxItems": "at most",
    "minLength": "at least",
    "maxLength": "at most",
    "default": "default",
}
