"""`rencai database`: the database as a whole. All but migrating and copying go on beside a running server."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rencai import config
from rencai.cli import broken_off, progress
from rencai.cli.options import Database, Json, plain_app, refuse_password
from rencai.operations import verification
from rencai.operations.findings import Finding
from rencai.storage import copying
from rencai.storage.copying import TableSum

commands = plain_app()

Url = Annotated[
    str,
    typer.Argument(
        help="A database: sqlite:///PATH or postgresql://USER@HOST/NAME.", metavar="URL", callback=refuse_password
    ),
]


@commands.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The new file to copy to; one that is there is not overwritten.")],
    database: Database = config.DATABASE.default,
) -> None:
    """Copy a SQLite database as it is at this moment, also beside a running server.

    The copy is one file with mode 0600, and is on the disk when this ends.

    Example: rencai database backup 2026-11-24.db
    """
    from rencai.main import database_backed_up

    with progress.shown() as show:
        size = database_backed_up(database, file, lambda done, total: show("copying pages", done, total))
    typer.echo(f"{file} holds {size:,} bytes")


@commands.command("verify")
def verify(database: Database = config.DATABASE.default, as_json: Json = False) -> None:
    """Check that memberships, counts, versions, changes, identities and search rows agree; changes nothing.

    Every row that does not is named by its ids, and the exit code is 1. Goes on beside a running server.

    Example: rencai database verify --database sqlite:///talent.db
    """
    findings: list[Finding] = []
    with progress.shown() as show:
        checked = asyncio.run(_verified(database, findings, show))
    if as_json:
        typer.echo(msgspec.json.encode({"agree": not findings, "checked": checked, "findings": findings}))
    else:
        _print_findings(findings, checked)
    if findings:
        raise typer.Exit(1)


async def _verified(url: str, findings: list[Finding], show: progress.Show) -> Counter[str]:
    from rencai.main import database_opened

    seen: Counter[str] = Counter()

    def count(what: str, rows: int) -> None:
        seen[what] += rows
        show(what.replace("_", " "), seen[what], None)

    async with database_opened(url, may_make=False) as opened:
        return await verification.verify(opened, findings.append, count)


def _print_findings(findings: list[Finding], checked: Counter[str]) -> None:
    for finding in findings:
        row = " ".join(f"{name}={value}" for name, value in finding.row.items())
        tenant = f"tenant {finding.tenant}: " if finding.tenant else ""
        typer.echo(f"{tenant}{finding.table} {row}: {finding.problem}".replace(" :", ":"))
    looked = ", ".join(f"{number:,} {kind.replace('_', ' ')}" for kind, number in checked.items())
    verdict = f"{len(findings):,} do not agree" if findings else "all agree"
    typer.echo(f"{looked}: {verdict}")


@commands.command("copy")
def copy(source: Url, target: Url, as_json: Json = False) -> None:
    """Copy a database into another one that is empty, and compare both: rows and checksums of every table.

    No server may run on the first meanwhile. Broken off, the same command goes on where it was; until it is done the
    second is no database that a server takes. Either may be SQLite or PostgreSQL.

    Example: rencai database copy sqlite:///old.db sqlite:///new.db
    """
    with broken_off.going_on_later("the copy"), progress.shown() as show:
        sums = asyncio.run(_copied(source, target, show))
    _print_sums(sums, as_json)


async def _copied(source: str, target: str, show: progress.Show) -> list[TableSum]:
    from rencai.main import copy_opened

    async with copy_opened(source, target) as (opened, made):
        return await copying.copy(opened, made, show)


def _print_sums(sums: list[TableSum], as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode({"tables": sums}))
        return
    for table in sums:
        typer.echo(f"{table.name:<22}{table.rows:>14,}  {table.checksum}")
    typer.echo(f"{len(sums)} tables copied; rows and checksums are the same on both sides")


@commands.command("status")
def status(database: Database = config.DATABASE.default, as_json: Json = False) -> None:
    """Say which schema the database has, and which one this program needs. Changes nothing.

    The exit code is 1 where they differ.

    Example: rencai database status
    """
    from rencai.main import database_standing

    found = asyncio.run(database_standing(database))
    if as_json:
        typer.echo(msgspec.json.encode({**msgspec.structs.asdict(found), "state": found.state}))
    else:
        typer.echo(f"{found.engine}: schema {found.version}, this program needs {found.wanted}: {found.advice}")
    if found.version != found.wanted:
        raise typer.Exit(1)


@commands.command("migrate")
def migrate(database: Database = config.DATABASE.default) -> None:
    """Bring the schema up to date, or make it in an empty database; forward only.

    Safe beside another that does the same. Servers of an older program must be stopped first.

    Example: rencai database migrate
    """
    from rencai.main import database_migrated

    before, after = asyncio.run(database_migrated(database))
    if before.version == after.version:
        typer.echo(f"the schema is up to date: {after.version}")
    else:
        typer.echo(f"the schema was {before.version}, it is {after.version} now")


@commands.command("distribute")
def distribute(
    database: Database = config.DATABASE.default,
    shards: Annotated[int, typer.Option(min=1, max=1024, help="Into how many parts each table is cut.")] = 32,
) -> None:
    """Spread the tables over the machines of Citus, by tenant; all that belongs to a tenant lies on one of them.

    Stop the servers first: tables are locked while they move. Broken off, the same command goes on.

    Example: rencai database distribute --database postgresql://rencai@db.example.com/rencai
    """
    from rencai.main import database_distributed

    with broken_off.going_on_later("distributing"), progress.shown() as show:
        moved = asyncio.run(database_distributed(database, shards, show))
    typer.echo(
        f"{len(moved)} tables distributed: {', '.join(moved)}" if moved else "all tables are distributed already"
    )
