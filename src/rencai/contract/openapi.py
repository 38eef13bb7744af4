"""The OpenAPI 3.1 description, from the Endpoint rows alone. It says no more and no less than what is answered.

Requests stay open, for unknown fields are ignored (decision 5). Replies are closed: a field, status, code or header
that is not here is never sent, and `tests/test_schemathesis.py` holds the server to it.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai import __version__
from rencai.contract.endpoint import ETAG_FORM, IDEMPOTENCY_KEY, IF_MATCH, KEY_FORM, REQUEST_HEADERS, Endpoint
from rencai.contract.errors import BODY_TOO_LARGE, KEY_IN_USE, OVERLOADED, RATE_LIMITED, Error

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
LOG_ID = "^[0-9]{14}[0-9A-F]{20}$"


class FieldViolation(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    description: str
    value: str | UnsetType = UNSET


class PermissionViolation(msgspec.Struct, frozen=True):
    """A scope that would have let the call through."""

    type: str
    subject: str


class ErrorDetails(msgspec.Struct, frozen=True):
    """What helps to find out what went wrong."""

    log_id: Annotated[str, Meta(pattern=LOG_ID)]
    troubleshooter: Annotated[str, Meta(pattern="/docs/errors/[0-9]+$")]
    field_violations: Annotated[list[FieldViolation], Meta(min_length=1)] | UnsetType = UNSET
    permission_violations: Annotated[list[PermissionViolation], Meta(min_length=1)] | UnsetType = UNSET


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every refusal."""

    code: int
    msg: str
    error: ErrorDetails


class BareErrorBody(msgspec.Struct, frozen=True):
    """The body of a refused token call. `data` is there, and empty, where the body was at fault."""

    code: int
    msg: str
    data: Annotated[dict[str, str], Meta(max_length=0)] | UnsetType = UNSET


def describe(endpoints: Iterable[Endpoint]) -> Json:
    """The whole description of these endpoints."""
    rows = tuple(endpoints)
    schemas = _Schemas(rows)
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rencai",
            "version": __version__,
            "description": "A talent-pool server that speaks Feishu Hire's open API, and native calls beside it.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "headers": _HEADERS,
            "securitySchemes": {"tenant_access_token": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Schemas:
    """The schemas of all types. What is asked stays open, what is shown is closed.

    A type that is both has two components, the shown one with `Shown` behind its name.
    """

    def __init__(self, rows: tuple[Endpoint, ...]) -> None:
        self.bodies, self.components = _of_types([row.body_type for row in rows if row.body_type is not None])
        self.queries: dict[type, Json] = {}
        for kind in dict.fromkeys(kind for row in rows for kind in (row.query_type, row.upload_type) if kind):
            found, components = _of_types([kind])
            self.queries[kind] = components.pop(_name(found[kind]))
            self.components |= components
        shown, components = _of_types([ErrorBody, BareErrorBody, *(row.reply for row in rows)])
        names = {name: f"{name}Shown" if name in self.components else name for name in components}
        self._shown: dict[type, Json] = _renamed(shown, names)
        # The fields of a bare reply stand beside `code` and `msg`: only the whole of it can be closed.
        open_ones = {_name(shown[row.reply]) for row in rows if row.bare}
        for name, schema in _renamed(components, names).items():
            closes = "properties" in schema and name not in open_ones
            self.components[names[name]] = {**schema, "additionalProperties": False} if closes else schema

    def success(self, row: Endpoint) -> Json:
        """The body of a reply with `code` 0."""
        envelope: Json = {"code": {"const": 0}, "msg": {"const": row.msg}}
        data = self._shown[row.reply]
        if row.bare:
            return {"allOf": [_object(envelope), data], "unevaluatedProperties": False}
        return {**_object({**envelope, "data": data}), "additionalProperties": False}

    def line(self, row: Endpoint) -> Json:
        """A line of a streamed reply."""
        return self._shown[row.reply]

    def refusal(self, row: Endpoint, errors: Iterable[Error]) -> Json:
        """The body of a reply with the code of one of these errors."""
        codes = sorted({error.code for error in errors})
        return {"allOf": [self._shown[BareErrorBody if row.bare else ErrorBody], _object({"code": {"enum": codes}})]}


def _of_types(kinds: list[type]) -> tuple[dict[type, Json], Json]:
    """The schema of each type, and the components that these schemas refer to."""
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return dict(zip(kinds, schemas, strict=True)), components


def _name(reference: Json) -> str:
    return reference["$ref"].rpartition("/")[2]


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with every reference to a component under the component's new name."""
    if isinstance(schema, list):
        return [_renamed(part, names) for part in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    parts = cast("dict[Any, Any]", schema)
    if "$ref" in parts:
        return {**parts, "$ref": _REF.format(name=names[_name(parts)])}
    return {key: _renamed(part, names) for key, part in parts.items()}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _operation(row: Endpoint, schemas: _Schemas) -> Json:
    operation: Json = {
        "operationId": row.name,
        "summary": row.summary,
        "description": _words(row),
        "parameters": [
            *_path_parameters(row),
            *_query_parameters(schemas.queries[row.query_type]),
            *(_HEADER_PARAMETERS[name] for name in row.request_headers),
        ],
        "responses": _responses(row, schemas),
    }
    if row.upload_type is not None:
        operation["parameters"] += _query_parameters(schemas.queries[row.upload_type], is_optional=True)
    if row.body_type is not None:
        operation["requestBody"] = _request_body(row, schemas.bodies[row.body_type])
    if row.scopes:
        operation["security"] = [{"tenant_access_token": []}]
    return operation


def _request_body(row: Endpoint, schema: Json) -> Json:
    content: Json = {"application/json": {"schema": schema}}
    limit = f"At most {row.body_limit} bytes."
    if row.upload_type is not None:
        content["text/plain"] = {"schema": {"type": "string"}}
        limit += " As text/plain: an id a line, of any length; the parameters in the query then say what to do."
    return {"description": limit, "required": not row.body_may_be_absent, "content": content}


def _words(row: Endpoint) -> str:
    scopes = "Any of the scopes " + ", ".join(row.scopes) + "." if row.scopes else "No token."
    limit = f" Limit: {row.tier.label}." if row.tier else ""
    return f"{scopes}{limit} Source: {row.source}."


def _path_parameters(row: Endpoint) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", row.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: Json, *, is_optional: bool = False) -> list[Json]:
    required = () if is_optional else query["required"]
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema, "explode": True}
        for name, schema in query["properties"].items()
    ]


def _responses(row: Endpoint, schemas: _Schemas) -> Json:
    by_status: dict[int, list[Error]] = {}
    for error in (*row.all_errors, *((BODY_TOO_LARGE,) if row.body_type is not None else ())):
        by_status.setdefault(row.status_of(error), []).append(error)
    beside = by_status.pop(200, [])
    bodies = [schemas.success(row), *([schemas.refusal(row, beside)] if beside else [])]
    content = _json(bodies[0] if len(bodies) == 1 else {"anyOf": bodies})
    if row.streams:
        content = {"application/x-ndjson": {"schema": schemas.line(row)}}
    responses = {
        "200": {
            "description": "; ".join(["Success", *_codes(beside)]),
            "headers": _headers(
                *(("X-Rencai-Change-Id",) if row.access == "write" else ()), *(("ETag",) if row.etag else ())
            ),
            "content": content,
        }
    }
    for status, errors in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "; ".join(_codes(errors)),
            "headers": _headers(*_HEADERS_OF_STATUS.get(status, ())),
            "content": _json(schemas.refusal(row, errors)),
        }
    return responses


def _codes(errors: Iterable[Error]) -> list[str]:
    return [f"{code}: {msg}" for code, msg in {error.code: error.msg for error in errors}.items()]


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _headers(*more: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Tt-Logid", "X-Request-Id", *more)}


_HEADERS_OF_STATUS = {
    RATE_LIMITED.status: ("x-ogw-ratelimit-limit", "x-ogw-ratelimit-reset", "Retry-After"),
    OVERLOADED.status: ("Retry-After",),
    KEY_IN_USE.status: ("Retry-After",),
}


def _header(words: str, schema: Json, *, always: bool = True) -> Json:
    return {"description": words, "required": always, "schema": schema}


_LOG_ID: Json = {"type": "string", "pattern": LOG_ID}
_COUNT: Json = {"type": "integer", "minimum": 1}
_HEADERS: Json = {
    "X-Tt-Logid": _header("The id of this call in the server's log.", _LOG_ID),
    "X-Request-Id": _header("The same id.", _LOG_ID),
    "X-Rencai-Change-Id": _header(
        "The change that the call made; absent where it made none.",
        {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
        always=False,
    ),
    "ETag": _header(
        "The pool's version, for If-Match; not where the past is shown.",
        {"type": "string", "pattern": f"^{ETAG_FORM}$"},
        always=False,
    ),
    "x-ogw-ratelimit-limit": _header("The calls that the limit lets through.", _COUNT),
    "x-ogw-ratelimit-reset": _header("Whole seconds to wait.", _COUNT),
    "Retry-After": _header("Whole seconds to wait.", _COUNT, always=False),  # not every 409 is a matter of time
}

_HEADER_PARAMETERS: Json = {
    name: {
        "name": name,
        "in": "header",
        "required": False,
        "description": REQUEST_HEADERS[name],
        "schema": {"type": "string", "pattern": f"^{form}$"},
    }
    for name, form in ((IDEMPOTENCY_KEY, KEY_FORM), (IF_MATCH, ETAG_FORM))
}
