"""`rencai pool`: talent pools and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from rencai.cli import bulk, pool_changes, undo
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.exports import To, check_place, export
from rencai.cli.moments import moment
from rencai.cli.options import Json, plain_app
from rencai.cli.output import Column, Csv, form_of, names, print_all, print_one
from rencai.cli.people import named
from rencai.cli.pools import PAGE, Pool, pool_meant, pool_named
from rencai.contract.talent_pools import MEMBERSHIP_DIFF, MEMBERSHIP_LIST

if TYPE_CHECKING:
    from rencai.client import Client
    from rencai.contract.talent_pools import TalentPool

commands = plain_app()

MEMBERS_PAGE = 1000

LISTED = (
    Column("id", lambda pool: pool.id),
    Column("name", lambda pool: names(pool.i18n_name)),
    Column("parent_id", lambda pool: pool.parent_id),
    Column("visibility", lambda pool: _VISIBILITY[pool.is_private]),
    Column("create_time", lambda pool: pool.create_time, is_time=True),
)
SHOWN = (
    Column("id", lambda shown: shown["id"]),
    Column("name", lambda shown: names(shown["i18n_name"])),
    Column("description", lambda shown: names(shown["i18n_description"])),
    Column("parent_id", lambda shown: shown.get("parent_id", "")),
    Column("visibility", lambda shown: _VISIBILITY[shown["is_private"]]),
    Column("members", lambda shown: str(shown.get("member_count", ""))),
    Column("create_time", lambda shown: shown["create_time"], is_time=True),
    Column("modify_time", lambda shown: shown["modify_time"], is_time=True),
)
MEMBERS = (
    Column("talent_id", lambda member: member.talent_id),
    Column("add_time", lambda member: member.add_time, is_time=True),
)
EXPORTED = (
    Column("talent_id", lambda person: person.talent_id),
    Column("name", lambda person: person.name),
    Column("email", lambda person: person.email),
    Column("mobile", lambda person: person.mobile),
    Column("add_time", lambda person: person.add_time, is_time=True),
)
DIFFERENCES = (
    Column("talent_id", lambda difference: difference.talent_id),
    Column("outcome", lambda difference: difference.outcome),
)
_VISIBILITY = {1: "private", 2: "everyone"}

At = Annotated[str | None, typer.Option(help="As they were then: a day, or a moment such as 2026-01-31T12:00.")]


@commands.command("list")
def list_(as_json: Json = False, as_csv: Csv = False, url: Url = None, profile: Profile = None) -> None:
    """List all pools, in order of creation. Works against Feishu as well.

    Example: rencai pool list

    Example: rencai pool list --csv
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        print_all(client.talent_pool_list_all(page_size=PAGE), LISTED, form)


@commands.command("show")
def show(pool: Pool, as_json: Json = False, as_csv: Csv = False, url: Url = None, profile: Profile = None) -> None:
    """Show one pool, and how many are in it, which Feishu does not tell.

    Example: rencai pool show "Backend engineers"

    Example: rencai pool show "Backend engineers" --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        found = pool_meant(client, pool)
        shown = msgspec.structs.asdict(found) | _count(client, found)
        print_one(shown, SHOWN, form)


@commands.command("members")
def members(
    pool: Pool,
    at: At = None,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """List who is in a pool, by id, and since when.

    Example: rencai pool members "Backend engineers"

    Example: rencai pool members "Backend engineers" --at 2026-11-24 --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    then: dict[str, Any] = {} if at is None else {"at": str(moment(at, "--at"))}
    with connected(url, profile, native=MEMBERSHIP_LIST) as client:
        print_all(client.membership_list_all(pool_named(client, pool), page_size=MEMBERS_PAGE, **then), MEMBERS, form)


@commands.command("export")
def export_(
    pool: Pool,
    file: To,
    only_ids: Annotated[
        bool,
        typer.Option(
            "--ids", help="Leave out names, e-mails and mobiles, for which an app needs hire:talent:readonly."
        ),
    ] = False,
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Write who is in a pool into a file: id, name, e-mail, mobile, and since when.

    The file can be fed to `rencai pool set` again. A workbook keeps the ids whatever is done with it; a spreadsheet
    that opens CSV by itself rounds them, so import it there with the first column as text. Cells that a spreadsheet
    would run have a ' in front.

    Example: rencai pool export "Backend engineers" people.xlsx

    Example: rencai pool export "Backend engineers" - --ids
    """
    check_place(file, as_json=as_json)
    columns = [column for column in EXPORTED if not only_ids or column.name in ("talent_id", "add_time")]
    with connected(url, profile, native=MEMBERSHIP_LIST) as client:
        pool_id = pool_named(client, pool)
        total = client.membership_list(pool_id, page_size=1).member_count
        members = client.membership_list_all(pool_id, page_size=MEMBERS_PAGE, with_people=not only_ids)
        items = members if only_ids else map(named, members)
        export(items, columns, file, as_json=as_json, total=total)


@commands.command("diff")
def diff(
    pool: Pool,
    since: Annotated[str, typer.Option("--from", help="The first moment: a day, or one such as 2026-01-31T12:00.")],
    until: Annotated[str | None, typer.Option("--to", help="The second moment; now, where it is left out.")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """List who came into a pool and who left it between two moments.

    Example: rencai pool diff "Backend engineers" --from 2026-11-24
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    first = str(moment(since, "--from"))
    last = str(moment(until, "--to")) if until else ""
    with connected(url, profile, native=MEMBERSHIP_DIFF) as client:
        pool_id = pool_named(client, pool)
        last = last or _newest(client, pool_id, first)
        found = client.membership_diff_all(pool_id, since=first, until=last, page_size=MEMBERS_PAGE)
        print_all(found, DIFFERENCES, form)


commands.command("create")(pool_changes.create)
commands.command("rename")(pool_changes.rename)
commands.command("move")(pool_changes.move)
commands.command("delete")(pool_changes.delete)
commands.command("add")(bulk.add)
commands.command("remove")(bulk.remove)
commands.command("set")(bulk.set_)
commands.command("undo")(undo.undo)


def _count(client: Client, pool: TalentPool) -> dict[str, Any]:
    if not client.is_rencai():
        return {}
    return {"member_count": client.membership_list(pool.id, page_size=1).member_count}


def _newest(client: Client, pool_id: str, since: str) -> str:
    """The time of the pool's newest change, by the server's clock: what holds since then holds now."""
    changes = client.change_list(talent_pool_id=pool_id, page_size=1).items
    return max([since, *(change.time for change in changes)], key=int)
