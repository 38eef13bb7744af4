"""`rencai talent`: people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from msgspec import UnsetType

from rencai.cli.connection import Profile, Url, connected
from rencai.cli.exports import To, check_place, export
from rencai.cli.options import Json, plain_app
from rencai.cli.output import Column, Csv, form_of, names, print_all, print_one
from rencai.cli.people import everybody, mobile_of

commands = plain_app()

PEOPLE = (
    Column("talent_id", lambda person: person.talent_id),
    Column("name", lambda person: person.name),
    Column("email", lambda person: person.email),
    Column("mobile", lambda person: person.mobile),
    Column("update_time", lambda person: person.update_time, is_time=True),
)
SHOWN = (
    Column("talent_id", lambda talent: talent.talent_id),
    Column("name", lambda talent: talent.basic_info.name),
    Column("email", lambda talent: talent.basic_info.email or ""),
    Column("mobile", lambda talent: mobile_of(talent.basic_info.mobile_code, talent.basic_info.mobile_number)),
    Column("pools", lambda talent: _listed(talent.talent_pool_ref_list_v2, lambda pool: names(pool.name))),
    Column("pool_ids", lambda talent: " ".join(talent.talent_pool_id_list)),
    Column("folders", lambda talent: _listed(talent.talent_folder_ref_list_v2, lambda folder: folder.name)),
    Column("tags", lambda talent: _listed(talent.tag_list, lambda tag: names(tag.name))),
    Column("schools", lambda talent: _listed(talent.education_list, lambda school: school.school_name or "")),
    Column("companies", lambda talent: _listed(talent.career_list, lambda job: job.company_name or "")),
    Column("onboarded", lambda talent: "yes" if talent.is_onboarded else ""),
    Column("blocked", lambda talent: talent.block_info.reason if talent.block_info else ""),
    Column("create_time", lambda talent: talent.basic_info.create_time, is_time=True),
    Column("update_time", lambda talent: talent.basic_info.update_time, is_time=True),
)

Keyword = Annotated[str, typer.Option("--keyword", help="Only those whom these words find, all of them.")]


def _listed(things: list[Any] | UnsetType, name: Callable[[Any], str]) -> str:
    return ", ".join(filter(None, map(name, things or [])))


@commands.command("list")
def list_(
    keyword: Annotated[str, typer.Argument(metavar="[WORDS]", help="Only those whom these words find.")] = "",
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """List people, those who were changed last first. Works against Feishu as well.

    Example: rencai talent list "清华大学 后端"

    Example: rencai talent list --json
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        print_all(everybody(client, keyword), PEOPLE, form)


@commands.command("show")
def show(
    talent: Annotated[str, typer.Argument(metavar="TALENT", help="The id of a person.")],
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Show one person, with pools, folders and tags; with --json all that is known. Works against Feishu as well.

    Example: rencai talent show 2236113594801106944
    """
    form = form_of(as_json=as_json, as_csv=as_csv)
    with connected(url, profile) as client:
        print_one(client.talent_get_v2(talent), SHOWN, form)


@commands.command("export")
def export_(file: To, keyword: Keyword = "", as_json: Json = False, url: Url = None, profile: Profile = None) -> None:
    """Write people into a file: id, name, e-mail, mobile. Works against Feishu as well.

    The file can be fed to `rencai pool add`. A workbook keeps the ids whatever is done with it; a spreadsheet that
    opens CSV by itself rounds them, so import it there with the first column as text. Cells that a spreadsheet would
    run have a ' in front. Twenty people are read in a call.

    Example: rencai talent export everybody.xlsx

    Example: rencai talent export - --keyword "清华大学" --json
    """
    check_place(file, as_json=as_json)
    with connected(url, profile) as client:
        export(everybody(client, keyword), PEOPLE, file, as_json=as_json, total=None)
