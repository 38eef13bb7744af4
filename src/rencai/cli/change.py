"""`rencai change`: what changed who is in pools, through whichever call, and the way back."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from rencai.bulk.undoing import OfChange
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.moments import moment
from rencai.cli.options import Json, plain_app, with_options_of
from rencai.cli.output import Column, Csv, Form, form_of, print_all, print_one
from rencai.cli.pools import looks_like_id, pool_named
from rencai.cli.undo import options, undone
from rencai.contract.changes import CHANGE_LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rencai.contract.changes import Change

commands = plain_app()

PAGE = 100

LISTED = (
    Column("id", lambda change: change.id),
    Column("time", lambda change: change.time, is_time=True),
    Column("operation", lambda change: change.operation),
    Column("added", lambda change: str(sum(part.added_count for part in change.parts))),
    Column("removed", lambda change: str(sum(part.removed_count for part in change.parts))),
    Column("pool_ids", lambda change: " ".join(dict.fromkeys(part.talent_pool_id for part in change.parts))),
    Column("app_id", lambda change: change.app_id),
    Column("undone_by", lambda change: change.undone_by or ""),
    Column("reason", lambda change: change.reason),
)
SHOWN = (
    Column("id", lambda change: change.id),
    Column("time", lambda change: change.time, is_time=True),
    Column("operation", lambda change: change.operation),
    Column("app_id", lambda change: change.app_id),
    Column("reason", lambda change: change.reason),
    Column("run_id", lambda change: change.run_id),
    Column("undo_of", lambda change: change.undo_of or ""),
    Column("undone_by", lambda change: change.undone_by or ""),
)
MOVED = (
    Column("pool_id", lambda moved: moved.talent_pool_id),
    Column("talent_id", lambda moved: moved.talent_id),
    Column("outcome", lambda moved: moved.outcome),
)

ChangeId = Annotated[str, typer.Argument(metavar="CHANGE", help="The id of a change.")]


class Moved(msgspec.Struct, frozen=True):
    """Somebody who came into a pool, or left it."""

    talent_pool_id: str
    talent_id: str
    outcome: str


@commands.command("list")
def list_(
    pool: Annotated[str | None, typer.Option(help="Of this pool: its id, of a deleted one too, or its name.")] = None,
    talent: Annotated[str | None, typer.Option(help="Of this person.")] = None,
    run: Annotated[str | None, typer.Option(help="Of this run, or with this label.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Since a day, or a moment.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to a moment.")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """List changes of membership, newest first.

    Example: rencai change list --pool "Backend engineers"

    Example: rencai change list --from 2026-11-24 --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    given: dict[str, Any] = {
        "talent_id": talent,
        "run_id": run,
        "start_time": str(moment(since, "--from")) if since else None,
        "end_time": str(moment(until, "--to")) if until else None,
    }
    with connected(url, profile, native=CHANGE_LIST) as client:
        if pool is not None:
            given["talent_pool_id"] = pool if looks_like_id(pool) else pool_named(client, pool)
        asked = {name: value for name, value in given.items() if value is not None}
        print_all(client.change_list_all(page_size=PAGE, **asked), LISTED, form)


@commands.command("show")
def show(
    change: ChangeId, as_json: Json = False, as_csv: Csv = False, url: Url = None, profile: Profile = None
) -> None:
    """Show one change and whom it moved; in a pipe and in CSV only those.

    Example: rencai change show 2236593929230839808

    Example: rencai change show 2236593929230839808 --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        found = client.change_get(change).change
    _print(found, form)


@commands.command("undo")
@with_options_of(options)
def undo(change: ChangeId, **given: Any) -> None:
    """Put back what a change did, but for people whom a later change has touched.

    Shows what it would do, asks, does it. An undo is a change as well, and can be undone. The exit code is 3 where
    somebody was left alone, and 1 where everybody was. With --yes it does it at once.

    Example: rencai change undo 2236593929230839808 --dry-run

    Example: rencai change undo 2236593929230839808 --yes
    """
    undone(lambda client: nullcontext(OfChange(client, change)), **given)


def _print(change: Change, form: Form) -> None:
    if form == "json":
        print_one(change, SHOWN, form)
        return
    if form == "text" and sys.stdout.isatty():
        print_one(change, SHOWN, form)
    print_all(_moved(change), MOVED, form)


def _moved(change: Change) -> Iterator[Moved]:
    for part in change.parts:
        for outcome, talent_ids in (("added", part.added), ("removed", part.removed)):
            for talent_id in talent_ids:
                yield Moved(part.talent_pool_id, talent_id, outcome)
