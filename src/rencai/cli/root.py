"""`rencai` itself: its families of commands, and how every failure ends: one line, and the right exit code."""

import sys

import typer

from rencai import __version__
from rencai.cli.failures import WRONG_USAGE
from rencai.cli.families import Families, Family
from rencai.config import SettingError

STOPPED = 130


class _Commands(Families):
    table = {  # noqa: RUF012 - nobody changes it
        "serve": Family("Run the server until SIGTERM or Ctrl-C.", "rencai.cli.serve"),
        "demo": Family("Run a server on a throw-away database with 1,000 sample people.", "rencai.cli.serve"),
        "doctor": Family("Look the set-up over, and say what to do.", "rencai.cli.doctor"),
        "app": Family("Apps: who may call, with which scopes and limits.", "rencai.cli.app"),
        "database": Family("The database as a whole: its schema, back up, verify, copy.", "rencai.cli.database"),
        "history": Family("How long history is kept.", "rencai.cli.history"),
        "login": Family("Keep the address of a server and an app's credentials.", "rencai.cli.login"),
        "pool": Family("Talent pools: look at them, and change them.", "rencai.cli.pool"),
        "talent": Family("People.", "rencai.cli.talent"),
        "change": Family("Changes of membership: who, what, when, and the way back.", "rencai.cli.change"),
        "run": Family("Changes of any size that a server makes by itself.", "rencai.cli.run"),
        "api": Family("Make any call of the API.", "rencai.cli.api"),
    }


root = typer.Typer(
    name="rencai",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An open, self-hosted talent-pool server that speaks Feishu Hire's open API, and commands that call one.",
    epilog="Exit codes: 0 done, 1 failed with nothing changed, 2 wrong usage, 3 done in part or perhaps,"
    " 130 stopped with Ctrl-C before anything was sent that changes something.",
)


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
    """Run the command. Ends the process with 0 done, 1 failed with nothing changed, 2 wrong usage, 3 done in part or
    perhaps, and 130 stopped with Ctrl-C."""
    try:
        sys.exit(root(prog_name="rencai", standalone_mode=False))
    except typer.TyperException as misuse:
        _end_misuse(misuse)
    except typer.Abort:
        _end("stopped; nothing was changed", STOPPED)
    except SettingError as wrong:
        _end(str(wrong), WRONG_USAGE)
    except Exception as failure:
        from rencai.cli import endings

        words, code = endings.of(failure)
        _end(words, code)


def _end_misuse(misuse: typer.TyperException) -> None:
    """Say in one line what was mistyped and where help is; a family without a command is shown its help."""
    context: typer.Context | None = getattr(misuse, "ctx", None)
    message: str = getattr(misuse, "format_message", misuse.__str__)()
    if message.startswith("Usage: "):  # a family without a command
        typer.echo(message, err=True)
        sys.exit(WRONG_USAGE)
    words = " ".join(message.split()).rstrip(".")
    _end(f"{words}; see {context.command_path if context else 'rencai'} --help", WRONG_USAGE)


def _end(words: str, code: int) -> None:
    typer.echo(f"rencai: {words}", err=True)
    sys.exit(code)
