"""`rencai pool undo`: the way back from whatever changed a pool."""

from typing import Annotated

import typer

from rencai.bulk.plans import Report
from rencai.bulk.undoing import undone
from rencai.cli.bulk_shown import Shown, shown
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.failures import IN_PART, InPart
from rencai.cli.options import Json
from rencai.cli.questions import Reason, Yes, agreed
from rencai.client import Client, ClientError

What = Annotated[
    str, typer.Argument(metavar="CHANGE|RUN|JOURNAL", help="The id of a change or of a run, or the journal of a list.")
]


def undo(
    what: What, yes: Yes = False, reason: Reason = "", as_json: Json = False, url: Url = None, profile: Profile = None
) -> None:
    """Put back what a change did, but for people whom a later change has touched: they are left alone.

    An undo is a change as well, and can be undone.

    Example: rencai pool undo 2236593929230839808 --yes
    """
    agreed(f"Undo {what}?", yes=yes)
    with connected(url, profile) as client, shown(as_json=as_json) as show:
        report = _undone(client, what, reason, show)
        show.report(report, None)
    if report.conflicts or report.state != "done":
        raise typer.Exit(IN_PART)


def _undone(client: Client, what: str, reason: str, show: Shown) -> Report:
    """The report. Raises InPart where it is broken off and may have been begun."""
    is_begun = False

    def tell(what_now: str, done: int, total: int) -> None:
        nonlocal is_begun
        is_begun = True
        show.tell(what_now, done, total)

    how = "and may have been begun: `rencai run list` shows whether the server is at it; else say the same again"
    try:
        return undone(client, what, reason, tell)
    except KeyboardInterrupt as stopped:
        raise InPart(f"the undo was stopped, {how}") from stopped
    except ClientError as failed:
        if not is_begun:
            raise
        raise InPart(f"{failed}; the undo was broken off, {how}") from failed
