"""Undoing, whatever it is: the plan, the question, progress, the report, and what is said where it is broken off."""

from contextlib import AbstractContextManager, ExitStack
from typing import Annotated, Any, Protocol

import typer

from rencai.bulk import undoing
from rencai.bulk.plans import Report
from rencai.bulk.undoing import Way
from rencai.cli.bulk_shown import Shown, shown
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.failures import Failed, InPart, unshown
from rencai.cli.options import Json, with_options_of
from rencai.cli.questions import DryRun, Reason, Yes, agreed, check_can_ask
from rencai.client import Client, ClientError

What = Annotated[
    str, typer.Argument(metavar="CHANGE|RUN|JOURNAL", help="The id of a change or of a run, or the journal of a list.")
]


def options(
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """What every undo can be told, to be handed to `undone`."""


class Open(Protocol):
    """What finds the way back, for as long as it is gone."""

    def __call__(self, client: Client, /) -> AbstractContextManager[Way]:
        """Of a server."""
        ...


@with_options_of(options)
def undo(what: What, **given: Any) -> None:
    """Put back what a run, a change or a list did, but for people whom a later change has touched.

    Shows what it would do, asks, does it, and says how to undo that. The exit code is 3 where somebody was left alone,
    and 1 where everybody was. With --yes it does it at once.

    Example: rencai pool undo 2236593929230839808 --dry-run

    Example: rencai pool undo 2236593929230839808 --yes
    """
    undone(lambda client: undoing.opened(client, what), **given)


def undone(
    open_way: Open, *, dry_run: bool, yes: bool, reason: str, as_json: bool, url: str | None, profile: str | None
) -> None:
    """Undo, or with `dry_run` show what that would do; the plan comes where somebody can read it before.

    Raises Failed where nothing was changed, InPart where somebody was left alone or it was broken off.
    """
    check_can_ask(yes=yes or dry_run, instead=", or --dry-run to see what it would do")
    with ExitStack() as stack:
        client = stack.enter_context(connected(url, profile))
        way = stack.enter_context(open_way(client))
        show = stack.enter_context(shown(as_json=as_json))
        try:
            if dry_run or not yes:
                show.undo_plan(way.name, way.plan(show.tell))
            if dry_run:
                return
            agreed(f"Undo {way.name}?", yes=yes)
            _do(way, reason, show)
        except KeyboardInterrupt as stopped:
            raise (_broken_off(way, "stopped") if way.look_on else typer.Abort()) from stopped
        except ClientError as failed:
            if way.look_on is None:
                raise
            raise _broken_off(way, str(failed)) from failed
        except OSError as failed:
            raise _broken_off(way, unshown(failed)) from failed


def _do(way: Way, reason: str, show: Shown) -> None:
    report = way.undo(reason, show.tell)
    show.report(report, None)
    _end(report)


def _broken_off(way: Way, words: str) -> Exception:
    return InPart(f"{words}; {way.look_on}") if way.look_on else Failed(f"{words}; nothing was changed")


def _end(report: Report) -> None:
    """Raise what an undo came to that did not do all."""
    left = report.conflicts + report.unknown
    words = f"it is {report.state}" if report.state != "done" else ""
    if left:
        words = f"{left:,} were left alone, because a later change has touched them, or they are gone"
    if words:
        raise InPart(words) if report.changed_something else Failed(f"nothing was changed: {words}")
