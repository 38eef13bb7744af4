"""`rencai run`: changes of any size, which the server makes by itself."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rencai.bulk.undoing import OfRun
from rencai.cli import progress
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.failures import Failed, InPart, after_change
from rencai.cli.options import Json, plain_app, with_options_of
from rencai.cli.output import Column, Csv, form_of, print_all, print_one
from rencai.cli.undo import options, undone

if TYPE_CHECKING:
    from rencai.client import Client
    from rencai.contract.runs import Run

commands = plain_app()

PAGE = 100

LISTED = (
    Column("id", lambda run: run.id),
    Column("state", lambda run: run.state),
    Column("action", lambda run: run.action),
    Column("pool_id", lambda run: run.talent_pool_id),
    Column("total", lambda run: str(run.total)),
    Column("processed", lambda run: str(run.processed)),
    Column("added", lambda run: str(run.added)),
    Column("removed", lambda run: str(run.removed)),
    Column("missing", lambda run: str(run.missing)),
    Column("create_time", lambda run: run.create_time, is_time=True),
    Column("reason", lambda run: run.reason),
)
SHOWN = (
    *LISTED[:-2],
    Column("unchanged", lambda run: str(run.unchanged)),
    Column("conflicts", lambda run: str(run.conflicts)),
    Column("error", lambda run: f"{run.error.msg} ({run.error.code})" if run.error else ""),
    Column("reason", lambda run: run.reason),
    Column("app_id", lambda run: run.app_id),
    Column("undo_of", lambda run: run.undo_of or ""),
    Column("undone_by", lambda run: run.undone_by or ""),
    Column("create_time", lambda run: run.create_time, is_time=True),
    Column("end_time", lambda run: run.end_time or "", is_time=True),
)

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run.")]


@commands.command("list")
def list_(as_json: Json = False, as_csv: Csv = False, url: Url = None, profile: Profile = None) -> None:
    """List runs, newest first.

    Example: rencai run list
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        print_all(client.run_list_all(page_size=PAGE), LISTED, form)


@commands.command("show")
def show(
    run: RunId,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is over, with a bar on a terminal.")] = False,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Show one run, and how far it is.

    With --wait the exit code says how it ended: 0 done, 1 nothing was changed, 3 done in part.

    Example: rencai run show 2236593929230839808

    Example: rencai run show 2236593929230839808 --wait --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        found = _followed(client, run) if wait else client.run_get(run).run
    print_one(found, SHOWN, form)
    if wait:
        _end(found)


@commands.command("cancel")
def cancel(run: RunId, as_json: Json = False, url: Url = None, profile: Profile = None) -> None:
    """Stop a run where it is. What it has done stays; `rencai run undo` puts it back.

    Example: rencai run cancel 2236593929230839808
    """
    with connected(url, profile) as client:
        stopped = client.run_cancel(run).run
    with after_change():
        print_one(stopped, SHOWN, form_of(as_json=as_json, as_csv=False))


@commands.command("undo")
@with_options_of(options)
def undo(run: RunId, **given: Any) -> None:
    """Put back what a run did, but for people whom a later change has touched.

    Shows what it would do, asks, does it, which is a run as well and can be undone. The exit code is 3 where somebody
    was left alone, and 1 where everybody was. With --yes it does it at once.

    Example: rencai run undo 2236593929230839808 --dry-run

    Example: rencai run undo 2236593929230839808 --yes
    """
    undone(lambda client: nullcontext(OfRun(client, run)), **given)


def _followed(client: Client, run_id: str) -> Run:
    from rencai.bulk.native import followed

    with progress.shown() as display:
        return followed(client, run_id, display)


def _end(run: Run) -> None:
    """Raise what a run came to that did not do all."""
    why = f": {run.error.msg} ({run.error.code})" if run.error else ""
    words = f"the run {run.id} is {run.state}{why}"
    if run.state != "done" and not (run.added or run.removed):
        raise Failed(f"{words}; nothing was changed")
    if run.state != "done":
        raise InPart(f"{words}; it added {run.added:,} and removed {run.removed:,}: `rencai run undo {run.id}`")
    if run.missing or run.conflicts:
        raise InPart(f"{words}, without {run.missing:,} unknown and {run.conflicts:,} left alone")
