"""Which server a command calls, and as which app.

A command takes the two options and opens a client with them:

    def list_(url: Url = None, profile: Profile = None) -> None:
        with connected(url, profile) as client:
            client.talent_pool_list_all()

The credentials are those of the profile that is named; else those in `RENCAI_APP_ID` and `RENCAI_APP_SECRET`; else
those of the profile `default`. The address is `--url` or `RENCAI_URL`, else the profile's. An address beside a profile
must be the profile's own: a secret goes nowhere but where `rencai login` has been with it. Nothing is sent yet.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from rencai import config
from rencai.bulk.refusals import shown
from rencai.cli import profiles
from rencai.cli.failures import InPart
from rencai.cli.options import option
from rencai.config import SettingError

if TYPE_CHECKING:
    from collections.abc import Generator

    from rencai.client import Client
    from rencai.contract.endpoint import Endpoint

Url = Annotated[str | None, option(config.URL)]
Profile = Annotated[str | None, option(config.PROFILE)]

SILENT_SECONDS = 10.0  # that a call is out before somebody is told

CLEAR_LINE = "\r\x1b[2K"

_HOW = "say `rencai login` once, or set RENCAI_URL, RENCAI_APP_ID and RENCAI_APP_SECRET"


@contextlib.contextmanager
def connected(url: str | None, profile: str | None, *, native: Endpoint | None = None) -> Generator[Client]:
    """A client of the server that is meant. Raises SettingError where that can't be told.

    `native` is a call of Rencai's own that the command can't do without: with Feishu it raises NativeCallMissing.
    Ctrl-C after a call was sent that changes something raises InPart.
    """
    from rencai.client import Client

    meant = _meant(url, profile)
    client = Client(checked_url(meant.url), meant.app_id, meant.app_secret, on_loss=_tell)
    with client, _watched(client):
        if native:
            client.check_has(native)
        try:
            yield client
        except KeyboardInterrupt as stopped:
            if client.last_change is None:
                raise
            words = "may have been done: look before you say it again"
            raise InPart(f"stopped; {client.last_change} {words}") from stopped


@contextlib.contextmanager
def _watched(client: Client) -> Generator[None]:
    """Say of a call that is out for long that it is: a server may be there and answer nothing."""
    ended = threading.Event()
    threading.Thread(target=_watch, args=(client, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _watch(client: Client, ended: threading.Event) -> None:
    from rencai.client.transport import ANSWER_SECONDS

    told: float | None = None
    while not ended.wait(1):
        since = client.waits_since
        if since is not None and since != told and time.monotonic() > since + SILENT_SECONDS:
            told = since
            words = f"has not answered for {SILENT_SECONDS:.0f} s; waiting, for {ANSWER_SECONDS:.0f} s at most"
            _tell(f"{client.base_url} {words}")


def _tell(words: str) -> None:
    """Say on standard error why nothing goes on; a bar that stands there goes on below."""
    typer.echo(f"{CLEAR_LINE if sys.stderr.isatty() else ''}{words}", err=True)


def checked_url(url: str) -> str:
    """The address of a server: http or https, a host, perhaps a port. Raises SettingError for anything else."""
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
        parts = urlsplit("")
    if not well or parts.query or parts.fragment or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise SettingError(f"--url {shown(url)} is no address of a server; say one such as http://127.0.0.1:7331")
    return url.rstrip("/")


def _meant(url: str | None, name: str | None) -> profiles.Profile:
    in_environment = None if name else _in_environment()
    if in_environment:
        app_id, app_secret = in_environment
        if not url:
            raise SettingError("no server is named beside RENCAI_APP_ID: say --url, or set RENCAI_URL")
        return profiles.Profile(url, app_id, app_secret)
    kept = _kept(name, url)
    if url and url.rstrip("/") != kept.url.rstrip("/"):
        raise SettingError(
            f"the profile {name or profiles.DEFAULT} is for {kept.url}, and --url or RENCAI_URL says {shown(url)}:"
            " leave the address out, or name the profile for it"
        )
    return kept


def _in_environment() -> tuple[str, str] | None:
    app_id, app_secret = (os.environ.get(setting.variable, "") for setting in (config.APP_ID, config.APP_SECRET))
    if bool(app_id) != bool(app_secret):
        missing = config.APP_SECRET if app_id else config.APP_ID
        raise SettingError(f"half an app's credentials: {missing.variable} is not set; set both, or neither")
    return (app_id, app_secret) if app_id else None


def _kept(name: str | None, url: str | None) -> profiles.Profile:
    kept = profiles.read()
    if found := kept.get(profiles.checked_name(name or profiles.DEFAULT)):
        return found
    if name:
        there = f"there are {', '.join(kept)}" if kept else "there is none yet"
        raise SettingError(f"there is no profile {name} ({there}); say `rencai login --profile {name}`")
    place = f"which app to call {shown(url)} as" if url else "which server to call"
    raise SettingError(f"it is not known {place}: {_HOW}")
