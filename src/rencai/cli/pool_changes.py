"""What changes a pool itself: making, naming, moving and deleting it. In `pool.py` they get their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import UNSET

from rencai.cli.connection import Profile, Url, connected
from rencai.cli.failures import Failed, after_change
from rencai.cli.options import Json
from rencai.cli.output import Column, form_of, names, print_one
from rencai.cli.pools import Pool, pool_meant, pool_named
from rencai.cli.questions import Yes, agreed
from rencai.config import SettingError
from rencai.contract.fields import GivenDescription, GivenName
from rencai.contract.talent_pools import TALENT_POOL_CREATE, TALENT_POOL_DELETE, TALENT_POOL_UPDATE

if TYPE_CHECKING:
    from rencai.client import Client

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name, as Chinese readers see it.")]
English = Annotated[str | None, typer.Option("--english", help="The name as English readers see it.")]
Description = Annotated[str | None, typer.Option(help="What the pool is for, as Chinese readers see it.")]
Under = Annotated[str | None, typer.Option(metavar="POOL", help="The pool to put it under, by id or by name.")]

MADE = (Column("id", lambda pool: pool.id), Column("name", lambda pool: names(pool.i18n_name)))


def create(
    name: Name,
    english: English = None,
    description: Description = None,
    under: Under = None,
    private: Annotated[bool, typer.Option("--private", help="Not for everyone.")] = False,
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Create a pool, and print its id.

    Example: rencai pool create "数据工程师" --english "Data engineers"
    """
    given: dict[str, Any] = {"i18n_name": _name(name, english), "is_private": 1 if private else 2}
    if description is not None:
        given["i18n_description"] = GivenDescription(zh_cn=description)
    with connected(url, profile, native=TALENT_POOL_CREATE) as client:
        if under is not None:
            given["parent_id"] = pool_named(client, under)
        made = client.talent_pool_create(**given).talent_pool
    with after_change():
        print_one(made, MADE, form_of(as_json=as_json, as_csv=False))


def rename(
    pool: Pool,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name, as Chinese readers see it.")],
    english: English = None,
    description: Description = None,
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Give a pool another name. A name or description that is not said stays.

    Example: rencai pool rename "To follow up" "待联系" --english "To call"
    """
    given: dict[str, Any] = {"i18n_name": _name(name, english)}
    if description is not None:
        given["i18n_description"] = GivenDescription(zh_cn=description)
    with connected(url, profile, native=TALENT_POOL_UPDATE) as client:
        _update(client, pool, as_json, given)


def move(
    pool: Pool,
    under: Under = None,
    to_root: Annotated[bool, typer.Option("--root", help="Put it under no other pool.")] = False,
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Put a pool under another one, or under none.

    Example: rencai pool move "Designers" --under "Product managers"

    Example: rencai pool move "Designers" --root
    """
    if (under is None) != to_root:
        raise SettingError("say where to: --under POOL, or --root")
    with connected(url, profile, native=TALENT_POOL_UPDATE) as client:
        parent = "" if under is None else pool_named(client, under)
        _update(client, pool, as_json, {"parent_id": parent})


def delete(
    pool: Pool,
    force: Annotated[bool, typer.Option("--force", help="Also a pool with people in it; they stay talents.")] = False,
    yes: Yes = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """Delete a pool. There is no way back.

    Example: rencai pool delete "Silver medallists" --yes
    """
    with connected(url, profile, native=TALENT_POOL_DELETE) as client:
        meant = pool_meant(client, pool)
        count = client.membership_list(meant.id, page_size=1).member_count
        etag = client.etag_of(meant.id)
        if count and not force:
            raise Failed(f"there are {count:,} people in the pool {meant.id}; say --force to delete it all the same")
        what = Column("name", lambda found: names(found.i18n_name)).for_people(meant)
        agreed(f"Delete the pool {what} ({meant.id}) with {count:,} people in it?", yes=yes)
        client.talent_pool_delete(meant.id, force=force, if_match=etag)
    with after_change():
        typer.echo(f"deleted the pool {what} ({meant.id})")


def _name(chinese: str, english: str | None) -> GivenName:
    return GivenName(zh_cn=chinese, en_us=UNSET if english is None else english)


def _update(client: Client, pool: str, as_json: bool, given: dict[str, Any]) -> None:
    changed = client.talent_pool_update(pool_named(client, pool), **given).talent_pool
    with after_change():
        print_one(changed, MADE, form_of(as_json=as_json, as_csv=False))
