"""The root of the commands: it knows each by its name and a sentence, and opens its file when it is called.

So help and completion of the root need none of what the commands need: no server, no database, no HTTP.
"""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from rencai.cli.options import plain_app


class Family(NamedTuple):
    """A command, or a family of them: what it is for, and where it is.

    A module has a Typer app named `commands`, or a function named like the command. `more` are modules that add
    commands to the first one's app.
    """

    sentence: str
    module: str
    more: tuple[str, ...] = ()


class Families(TyperGroup):
    """A group whose commands stand for files that are opened when one is called."""

    table: dict[str, Family]

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=family.sentence) for name, family in self.table.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments begin with, in full."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.opened(name) if name in self.table else command, rest

    def opened(self, name: str) -> Any:
        """A command in full, with the sentence of the table."""
        family = self.table[name]
        module, *_ = [importlib.import_module(place) for place in (family.module, *family.more)]
        app: typer.Typer | None = getattr(module, "commands", None)
        command: Any = get_group(app) if app else get_command(_of_one(name, getattr(module, name)))
        command.name, command.short_help = name, family.sentence
        command.help = command.help or family.sentence
        return command


def _of_one(name: str, function: Callable[..., None]) -> typer.Typer:
    app = plain_app()
    app.command(name)(function)
    return app
