"""Shim."""

import typer
from rencai.cli import bulk, bulk_undo

commands = typer.Typer(no_args_is_help=True)
commands.command("add")(bulk.add)
commands.command("remove")(bulk.remove)
commands.command("set")(bulk.set_)
commands.command("undo")(bulk_undo.undo)
