"""`rencai doctor`: looks the set-up over, and says what is wrong and what to do."""

from typing import Any

import msgspec
import typer

from rencai.cli.options import Json, with_options_of
from rencai.cli.serve import serve
from rencai.config import SETTINGS

_SOURCES = {"COMMANDLINE": "argument", "ENVIRONMENT": "environment"}


@with_options_of(serve)
def doctor(context: typer.Context, as_json: Json = False, **settings: Any) -> None:
    """Look over the program, its settings, the database and its disk, and the clock; say what to do.

    Give it what `rencai serve` is given. The exit code is 1 where something is wrong. Nothing is changed.

    Example: rencai doctor --database sqlite:///talent.db
    """
    from rencai.cli.checks import all_checks, masked
    from rencai.main import ServeSettings

    checks = list(all_checks(ServeSettings(**settings)))
    shown = [
        {
            "name": setting.option,
            "value": _shown(settings[setting.name], masked),
            "source": _source(context, setting.name),
        }
        for setting in SETTINGS
    ]
    wrong = [check for check in checks if check.advice]
    if as_json:
        typer.echo(msgspec.json.encode({"fine": not wrong, "checks": checks, "settings": shown}))
    else:
        _print(checks, shown)
    if wrong:
        raise typer.Exit(1)


def _shown(value: object, masked: Any) -> str | None:
    return None if value is None else masked(str(value))


def _source(context: typer.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return _SOURCES.get(source.name, "default") if source is not None else "default"


def _print(checks: list[Any], settings: list[dict[str, str | None]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        mark = Text("wrong", "bold red") if check.advice else Text("fine ", "green")
        console.print(mark, Text(f" {check.name:<14}"), Text(check.found))
        if check.advice:
            console.print(Text(f"      {'':<15} {check.advice}", "yellow"))
    console.print("\nSettings")
    width = max(len(str(setting["name"])) for setting in settings)
    for setting in settings:
        value = "-" if setting["value"] is None else setting["value"]
        console.print(Text(f"  {setting['name']:<{width}}  {value}  "), Text(f"({setting['source']})", "dim"))
