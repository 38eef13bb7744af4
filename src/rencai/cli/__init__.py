"""The `rencai` command. Each file here is a family of commands."""

from rencai.cli.root import main

__all__ = ["main"]
