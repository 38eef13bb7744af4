"""`rencai app`: apps and their secrets. Works on the database itself, also beside a running server."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
import typer

from rencai import clock, config
from rencai.cli.failures import after_change
from rencai.cli.options import Database, Json, plain_app
from rencai.cli.output import Column, print_all
from rencai.config import SettingError
from rencai.contract.endpoints import ENDPOINTS
from rencai.limits import FEISHU, factor_of
from rencai.operations import apps
from rencai.operations.apps import App, AppCreated, Credentials, NewApp
from rencai.storage.seam import Transaction

commands = plain_app()

SCOPES = sorted(
    {
        scope
        for endpoint in ENDPOINTS
        for scopes in (endpoint.scopes, *endpoint.field_scopes.values())
        for scope in scopes
    }
)

LISTED = (
    Column("app_id", lambda app: app.app_id),
    Column("tenant", lambda app: app.tenant),
    Column("name", lambda app: app.name),
    Column("scopes", lambda app: app.scopes),
    Column("limits", lambda app: app.rate_limits),
    Column("state", lambda app: "disabled" if app.is_disabled else "active"),
    Column("create_time", lambda app: str(app.create_time), is_time=True),
)

AppId = Annotated[str, typer.Argument(help="The app's id, cli_ and 16 hex digits.")]


@commands.command("create")
def create(
    tenant: Annotated[str, typer.Option(help="The tenant's name; it is made if there is none.")],
    name: Annotated[str, typer.Option(help="The app's name.")],
    scope: Annotated[
        list[str],
        typer.Option(help=f"A scope the app has; repeat it for more. This server asks for {', '.join(SCOPES)}."),
    ],
    rate_limits: Annotated[
        str, typer.Option(help="feishu (the documented limits), off, or a factor on them such as 2.5.")
    ] = FEISHU,
    database: Database = config.DATABASE.default,
    as_json: Json = False,
) -> None:
    """Create an app. Its secret is printed once and kept nowhere in clear.

    Example: rencai app create --tenant acme --name sync --scope hire:talent_folder --scope hire:talent
    """
    new = NewApp(_named(tenant, "--tenant"), _named(name, "--name"), _scopes(scope), _rate_limits(rate_limits))
    credentials = Credentials.drawn()

    async def unit(tx: Transaction) -> AppCreated:
        return await apps.app_create(tx, new, credentials, clock.now())

    is_new = _is_new_file(database)
    _print(_in_database(database, unit, may_make=True), as_json)
    if is_new:
        typer.echo(f"It is in a new database, {database}; serve that one.", err=True)
    for unasked in sorted(set(new.scopes).difference(SCOPES)):
        typer.echo(f"No endpoint of this server asks for the scope {unasked}: is it spelled right?", err=True)


@commands.command("list")
def list_(database: Database = config.DATABASE.default, as_json: Json = False) -> None:
    """List the apps of all tenants, oldest first.

    Example: rencai app list
    """
    found: list[App] = _in_database(database, apps.app_list)
    if as_json:
        typer.echo(msgspec.json.encode([_shown(app) for app in found]))
    else:
        print_all(found, LISTED, "text")


@commands.command("disable")
def disable(app_id: AppId, database: Database = config.DATABASE.default) -> None:
    """Disable an app for good. Its tokens stop within 5 seconds; `rencai app create` makes another.

    Example: rencai app disable cli_0123456789abcdef
    """

    async def unit(tx: Transaction) -> bool:
        return await apps.app_disable(tx, app_id)

    _known(_in_database(database, unit), app_id)
    with after_change():
        typer.echo(f"{app_id} is disabled for good; its tokens stop within 5 seconds")


@commands.command("rotate-secret")
def rotate_secret(app_id: AppId, database: Database = config.DATABASE.default, as_json: Json = False) -> None:
    """Give an app a new secret. The old one stops at once, its tokens within 5 seconds.

    Example: rencai app rotate-secret cli_0123456789abcdef
    """
    app_secret = Credentials.drawn().app_secret

    async def unit(tx: Transaction) -> bool:
        return await apps.app_rotate_secret(tx, app_id, app_secret)

    _known(_in_database(database, unit), app_id)
    _print(Credentials(app_id, app_secret), as_json)


def _in_database(url: str, unit: Callable[[Transaction], Awaitable[Any]], *, may_make: bool = False) -> Any:
    from rencai.main import database_opened

    async def run() -> Any:
        async with database_opened(url, may_make=may_make) as database:
            return await database.write(unit)

    return asyncio.run(run())


def _named(text: str, place: str) -> str:
    if not text.strip() or len(text) > 255 or not text.isprintable():
        raise SettingError(f"{place} needs a name of 1 to 255 printable characters")
    return text


def _scopes(scopes: list[str]) -> tuple[str, ...]:
    for scope in scopes:
        if not re.fullmatch(r"[a-z_]+(:[a-z_.]+)+", scope):
            words = "say one such as hire:talent_folder; `rencai app create --help` lists them"
            raise SettingError(f"--scope {scope!r} is no scope; {words}")
    return tuple(dict.fromkeys(scopes))


def _is_new_file(database: str) -> bool:
    named = config.database_of(database)
    return isinstance(named, config.SqliteFile) and not named.path.exists()


def _rate_limits(text: str) -> str:
    try:
        factor_of(text)
    except ValueError as wrong:
        raise SettingError(f"--rate-limits {wrong}") from wrong
    return text


def _known(found: bool, app_id: str) -> None:
    if not found:
        raise SettingError(f"there is no app {app_id!r}; `rencai app list` shows those there are")


def _print(made: AppCreated | Credentials, as_json: bool) -> None:
    with after_change():
        if as_json:
            typer.echo(msgspec.json.encode(made))
            return
        for field, value in msgspec.structs.asdict(made).items():
            typer.echo(f"{field:<12}{value}")
    typer.echo("The secret is shown this once. Keep it where only the caller can read it.", err=True)


def _shown(app: App) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(app),
        "scopes": app.scopes.split(),
        "is_disabled": bool(app.is_disabled),
        "create_time": str(app.create_time),
    }
