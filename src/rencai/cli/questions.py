"""Questions before something is changed."""

import sys
from typing import Annotated

import typer

from rencai.cli.failures import Failed
from rencai.config import SettingError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Stop after the plan.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the history.")]


def check_can_ask(*, yes: bool, instead: str = "") -> None:
    """Raise SettingError where somebody must be asked, and nobody can. `instead` is what could be said in its place."""
    if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingError(f"nobody can be asked here; say --yes to do it{instead}")


def agreed(question: str, *, yes: bool) -> None:
    """Go on where somebody says yes. Raises SettingError where nobody can be asked, Failed where they say no."""
    check_can_ask(yes=yes)
    if not yes and not typer.confirm(question, default=False, err=True):
        raise Failed("nothing was changed")
