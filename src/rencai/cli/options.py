"""Options made from the settings of `config.py`, so that each is described once; and those that many commands have."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rencai import config
from rencai.config import Setting


def option(setting: Setting[Any], **more: Any) -> Any:
    """The Typer option of a setting: its name, its variable in the environment, and its sentence."""
    return typer.Option(setting.option, envvar=setting.variable, help=setting.sentence, **more)


def plain_app() -> typer.Typer:
    """A family of commands, to be filled. Its sentence stands in `root.py`; help is plain text, which is quick."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


Database = Annotated[str, option(config.DATABASE)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def with_options_of(other: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that takes `**settings` the options of another, beside its own."""

    def give(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
        theirs = list(inspect.signature(other).parameters.values())
        command.__signature__ = inspect.Signature([*own, *theirs])  # pyright: ignore[reportFunctionMemberAccess]
        return command

    return give
