"""Options made from the settings of `config.py`, so that each is described once; and those that many commands have."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rencai import config
from rencai.config import Setting, SettingError


def option(setting: Setting[Any], **more: Any) -> Any:
    """The Typer option of a setting: its name, its variable in the environment, and its sentence."""
    return typer.Option(setting.option, envvar=setting.variable, help=setting.sentence, **more)


def plain_app() -> typer.Typer:
    """A family of commands, to be filled. Its sentence stands in `root.py`; help is plain text, which is quick."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def refuse_password(context: typer.Context, parameter: typer.CallbackParam, url: str) -> str:
    """Refuse a password in an argument, where everybody on the machine can read it."""
    source = context.get_parameter_source(parameter.name or "")
    if source is not None and source.name == "COMMANDLINE" and config.holds_password(url):
        words = "everybody on this machine can read it there; put the URL into RENCAI_DATABASE, or the password into a"
        name = config.DATABASE.option if parameter.name == config.DATABASE.name else f"the {parameter.name}"
        raise SettingError(f"{name} holds a password: {words} passfile (?passfile=FILE, mode 0600)")
    return url


DATABASE = option(config.DATABASE, callback=refuse_password)
Database = Annotated[str, DATABASE]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def with_options_of(other: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that takes `**settings` the options of another, beside its own."""

    def give(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
        theirs = list(inspect.signature(other).parameters.values())
        both = sorted([*own, *theirs], key=lambda parameter: parameter.default is not parameter.empty)
        command.__signature__ = inspect.Signature(both)  # pyright: ignore[reportFunctionMemberAccess]
        return command

    return give
