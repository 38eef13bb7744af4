"""The OpenAPI 3.1 description, from the Endpoint rows alone."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from rencai import __version__
from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import Error

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"


class FieldViolation(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    description: str
    value: str = ""


class PermissionViolation(msgspec.Struct, frozen=True):
    """A scope that would have let the call through."""

    type: str
    subject: str


class ErrorDetails(msgspec.Struct, frozen=True):
    """What helps to find out what went wrong."""

    log_id: str
    troubleshooter: str
    field_violations: list[FieldViolation] = []
    permission_violations: list[PermissionViolation] = []


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every refusal."""

    code: int
    msg: str
    error: ErrorDetails


class BareErrorBody(msgspec.Struct, frozen=True):
    """The body of a refused token call."""

    code: int
    msg: str
    data: dict[str, str] = {}


def describe(endpoints: Iterable[Endpoint]) -> Json:
    """The whole description of these endpoints."""
    rows = tuple(endpoints)
    kinds: list[type] = [ErrorBody, BareErrorBody]
    for row in rows:
        kinds += [kind for kind in (row.reply, row.query_type, row.body_type) if kind is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    by_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, by_kind, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rencai",
            "version": __version__,
            "description": "A talent-pool server that speaks Feishu Hire's open API, and native calls beside it.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"tenant_access_token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(row: Endpoint, by_kind: dict[type, Json], components: Json) -> Json:
    operation: Json = {
        "operationId": row.name,
        "summary": row.summary,
        "description": _words(row),
        "parameters": [*_path_parameters(row), *_query_parameters(row, components)],
        "responses": _responses(row, by_kind),
    }
    if row.body_type is not None:
        content = {"application/json": {"schema": by_kind[row.body_type]}}
        operation["requestBody"] = {"required": True, "content": content}
    if row.scopes:
        operation["security"] = [{"tenant_access_token": []}]
    return operation


def _words(row: Endpoint) -> str:
    scopes = "Any of the scopes " + ", ".join(row.scopes) + "." if row.scopes else "No token."
    limit = f" Limit: {row.tier.label}." if row.tier else ""
    return f"{scopes}{limit} Source: {row.source}."


def _path_parameters(row: Endpoint) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", row.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(row: Endpoint, components: Json) -> list[Json]:
    properties = components.get(row.query_type.__name__, {}).get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": schema, "explode": True}
        for name, schema in properties.items()
    ]


def _responses(row: Endpoint, by_kind: dict[type, Json]) -> Json:
    envelope = {"code": {"const": 0}, "msg": {"type": "string"}}
    if row.bare:
        success: Json = {"allOf": [{"type": "object", "properties": envelope}, by_kind[row.reply]]}
    else:
        success = {
            "type": "object",
            "properties": {**envelope, "data": by_kind[row.reply]},
            "required": ["code", "msg", "data"],
        }
    responses: Json = {"200": _response("Success", success)}
    by_status: dict[int, list[Error]] = {}
    for error in row.all_errors:
        by_status.setdefault(row.status_of(error), []).append(error)
    refusal = by_kind[BareErrorBody if row.bare else ErrorBody]
    for status, errors in sorted(by_status.items()):
        words = "; ".join(f"{code}: {msg}" for code, msg in {error.code: error.msg for error in errors}.items())
        if status == 200:
            responses["200"] = _response(f"Success, or {words}", {"anyOf": [success, refusal]})
        else:
            responses[str(status)] = _response(words, refusal)
    if row.body_type is not None:
        responses["413"] = _response(f"The body has more than {row.body_limit} bytes", refusal)
    return responses


def _response(words: str, schema: Json) -> Json:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
