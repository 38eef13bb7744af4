"""`rencai` itself: its families of commands, and how every failure ends: one line, and the right exit code."""

import sys

import typer

from rencai import __version__
from rencai.cli import app, database, doctor, history, serve
from rencai.config import SettingError
from rencai.storage.seam import DatabaseBusy, DatabaseFailed, DatabaseRefused, DatabaseUnusable, DoneInPart, NotDone

FAILED = 1
WRONG_USAGE = 2
IN_PART = 3

root = typer.Typer(
    name="rencai",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An open, self-hosted talent-pool server that speaks Feishu Hire's open API.",
    epilog="Exit codes: 0 done, 1 failed with nothing changed, 2 wrong usage, 3 done in part.",
)
root.command("serve")(serve.serve)
root.command("demo")(serve.demo)
root.command("doctor")(doctor.doctor)
root.add_typer(app.commands, name="app")
root.add_typer(database.commands, name="database")
root.add_typer(history.commands, name="history")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rencai {__version__}")
        raise typer.Exit


@root.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """Run the command. Ends the process with 0 done, 1 failed with nothing changed, 2 wrong usage, 3 done in part."""
    try:
        sys.exit(root(prog_name="rencai", standalone_mode=False))
    except typer.TyperException as misuse:
        _end_misuse(misuse)
    except (SettingError, DatabaseUnusable) as wrong:
        _end(str(wrong), WRONG_USAGE)
    except NotDone as failed:
        _end(str(failed), FAILED)
    except DoneInPart as part:
        _end(str(part), IN_PART)
    except DatabaseRefused as refused:
        _end(str(refused), FAILED)
    except (DatabaseBusy, DatabaseFailed) as failed:
        _end(f"the database did not take it ({failed}); nothing was changed, try again", FAILED)


def _end_misuse(misuse: typer.TyperException) -> None:
    """Say in one line what was mistyped and where help is. A command without its rest has shown its help already."""
    context: typer.Context | None = getattr(misuse, "ctx", None)
    words = " ".join(getattr(misuse, "format_message", misuse.__str__)().split()).rstrip(".")
    if not words:
        sys.exit(WRONG_USAGE)
    _end(f"{words}; see {context.command_path if context else 'rencai'} --help", WRONG_USAGE)


def _end(words: str, code: int) -> None:
    typer.echo(f"rencai: {words}", err=True)
    sys.exit(code)
