"""`rencai login`: asks for an address and an app, checks them, and keeps them as a profile."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from rencai import config
from rencai.cli import profiles
from rencai.cli.connection import Url, checked_url
from rencai.cli.options import option
from rencai.config import SettingError


def login(url: Url = None, profile: Annotated[str, option(config.PROFILE)] = profiles.DEFAULT) -> None:
    """Keep the address of a server and an app's credentials.

    Asks for the address (unless --url says it), the app's id and its secret, which is not shown; without a terminal
    they are read from standard input, a line each. They are checked by getting a token, and kept in a file that only
    you can read. A profile of this name that is there is replaced.

    Example: rencai login

    Example: printf '%s\\n' "$APP_ID" "$APP_SECRET" | rencai login --url http://127.0.0.1:7331 --profile work
    """
    profiles.checked_name(profile)
    profiles.read()  # a file that can't be used is said before anybody types
    address = checked_url(url or _asked("Address of the server"))
    given = profiles.Profile(address, _asked("App id"), _asked("App secret", hidden=True))
    _check(given)
    profiles.write(profile, given)
    typer.echo(f"{given.url} takes the app {given.app_id}; kept as the profile {profile} in {profiles.path()}")


def _asked(what: str, *, hidden: bool = False) -> str:
    if sys.stdin.isatty():
        text: str = getpass(f"{what} (it is not shown): ") if hidden else typer.prompt(what, err=True)
    else:
        text = sys.stdin.readline()
    if not text.strip():
        raise SettingError(f"{what.lower()}: nothing was given; give it on a terminal, or as a line of standard input")
    return text.strip()


def _check(given: profiles.Profile) -> None:
    """Get a token. Raises ClientError where the server gives none."""
    from rencai.client import Client

    with Client(given.url, given.app_id, given.app_secret) as client:
        client.tenant_token_create(app_id=given.app_id, app_secret=given.app_secret)
