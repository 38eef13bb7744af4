"""`rencai api`: any call of the API, with the token fetched and the limits kept."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
import typer

from rencai.bulk.refusals import printable, shown
from rencai.cli.connection import Profile, Url, connected
from rencai.config import SettingError
from rencai.contract.endpoint import Endpoint, Nothing
from rencai.contract.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from rencai.client.exchange import Answer

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


def api(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PATCH, PUT or DELETE.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="The path with its query, from /open-apis or /rencai.")],
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file with the body, a JSON object; - is standard input.")
    ] = None,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Make any call of the API, and print the reply.

    The exit code is 1 where the reply's code is not 0. A GET, and a call that may be repeated without harm, is
    repeated when its answer is lost.

    Example: rencai api GET "/open-apis/hire/v1/talent_pools?page_size=20"

    Example: echo '{"expression": "2236593929230839808"}' | rencai api POST /rencai/v1/talent_pools/evaluate -
    """
    from rencai.client import Refused
    from rencai.client.exchange import Asked

    row, body = _row(method.upper(), path), _body(file)
    with connected(url, profile) as client:
        try:
            _print(client.call(row, Asked(body=body)))
        except Refused as refused:
            _print_body(refused.body)
            raise


def _row(method: str, path: str) -> Endpoint:
    """The row of the call, with the path as it is given; one of our own making for a call that we don't know."""
    if method not in get_args(Method):
        raise SettingError(f"{shown(method)} is no method: say one of {', '.join(get_args(Method))}")
    if not re.fullmatch(r"/(?:open-apis|rencai)/[!-~]+", path):
        raise SettingError(f"{shown(path)} is no path of the API: it begins with /open-apis/ or /rencai/")
    literal = path.replace("{", "{{").replace("}", "}}")
    for row in ENDPOINTS:
        if row.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", row.path), path.partition("?")[0]):
            return msgspec.structs.replace(row, path=literal)
    given: Any = method
    access = "read" if method == "GET" else "write"
    return Endpoint(
        name=f"{method} {path.partition('?')[0]}",
        method=given,
        path=literal,
        summary="",
        source="the command line",
        reply=Nothing,
        access=access,
        scopes=("any",),
    )


def _body(file: str | None) -> dict[str, msgspec.Raw] | None:
    if file is None:
        return None
    try:
        content = sys.stdin.buffer.read() if file == "-" else _read(file)
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as broken:
        raise SettingError(f"{shown(file)} holds no JSON object: {printable(str(broken))}") from broken


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except (OSError, ValueError) as failed:
        raise SettingError(f"{shown(file)} can't be read: {getattr(failed, 'strerror', None) or failed}") from failed


def _print(answer: Answer) -> None:
    if answer.opened is None:
        _print_body(answer.body)
        return
    try:
        for part in answer.opened.iter_bytes():
            sys.stdout.buffer.write(part)
    finally:
        answer.opened.close()
        sys.stdout.buffer.flush()


def _print_body(body: bytes) -> None:
    """As it came; indented on a terminal, where what does not print is escaped."""
    if sys.stdout.isatty():
        text = msgspec.json.format(body, indent=2).decode("utf-8", "replace")
        typer.echo("\n".join(map(printable, text.split("\n"))))
    else:
        sys.stdout.buffer.write(body.rstrip(b"\n") + b"\n")
        sys.stdout.buffer.flush()
