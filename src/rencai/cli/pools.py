"""Shim."""

from typing import Annotated
import typer

Pool = Annotated[str, typer.Argument(metavar="POOL", help="The pool's id or its name.")]


def pool_named(client, text):
    return text
