"""`rencai history`: how long history is kept. Works beside a running server."""

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from rencai import clock, config
from rencai.cli import broken_off, moments, progress
from rencai.cli.options import Database, Json, option, plain_app
from rencai.config import SettingError
from rencai.operations import history
from rencai.operations.history import Pruned

commands = plain_app()


@commands.command("prune")
def prune(
    before: Annotated[str, typer.Option(help="A day such as 2026-01-31, or a moment such as 2026-01-31T12:00+08:00.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    time_zone: Annotated[str, option(config.TIME_ZONE)] = config.TIME_ZONE.default,
    database: Database = config.DATABASE.default,
    as_json: Json = False,
) -> None:
    """Remove changes, past memberships and operation logs from before a day. There is no way back.

    What holds now stays, and so does all history from that day on. Goes on in small steps beside a running server;
    broken off, the same command goes on where it was. A day or a moment without an offset is one of --time-zone.

    Example: rencai history prune --before 2025-01-01 --dry-run
    """
    moment = _moment(before, time_zone)
    with broken_off.going_on_later("pruning"), progress.shown() as show:
        pruned = asyncio.run(_pruned(database, moment, dry_run, show))
    if as_json:
        typer.echo(msgspec.json.encode({**msgspec.structs.asdict(pruned), "before": str(moment), "dry_run": dry_run}))
    else:
        told = ", ".join(f"{rows:,} {kind.replace('_', ' ')}" for kind, rows in msgspec.structs.asdict(pruned).items())
        day = datetime.fromtimestamp(moment / 1000, config.time_zone(time_zone))
        typer.echo(
            f"{'would be removed' if dry_run else 'removed'} from before {day.isoformat(timespec='minutes')}: {told}"
        )


async def _pruned(url: str, moment: int, dry_run: bool, show: progress.Show) -> Pruned:
    from rencai.main import database_opened

    def report(so_far: Pruned) -> None:
        show("pruning", sum(msgspec.structs.astuple(so_far)), None)

    async with database_opened(url, may_make=False) as opened:
        return await history.history_prune(opened, moment, report, dry_run=dry_run)


def _moment(text: str, time_zone: str) -> int:
    """Milliseconds since 1970. A day begins at midnight of the time zone."""
    milliseconds = moments.moment(text, "--before", config.time_zone(time_zone))
    if milliseconds > clock.now():
        raise SettingError(f"--before {text} is still to come; name a day that has been")
    return milliseconds
