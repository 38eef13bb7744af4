"""Pools on the command line: by id or by name, whichever is at hand."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from rencai.bulk.refusals import plain, shown
from rencai.cli.failures import Failed
from rencai.cli.output import names
from rencai.config import SettingError

if TYPE_CHECKING:
    from rencai.client import Client
    from rencai.contract.talent_pools import TalentPool

Pool = Annotated[str, typer.Argument(metavar="POOL", help="A pool by its id, or by its name in either language.")]

PAGE = 100
_MOST_CHOICES = 20


def pool_named(client: Client, text: str) -> str:
    """The id of the pool that is meant, by its id or by one of its names. The same calls serve Feishu.

    Raises Failed (exit code 1) where there is none, with names that are like it; SettingError (exit code 2) where
    several have the name, with their ids to choose from.
    """
    return pool_meant(client, text).id


def pool_meant(client: Client, text: str) -> TalentPool:
    """The same, all that the list shows of it."""
    if looks_like_id(text) and (found := client.talent_pool_list(id_list=[text]).items):
        return found[0]
    known: list[str] = []
    called: list[TalentPool] = []
    for pool in client.talent_pool_list_all(page_size=PAGE):
        own = {pool.i18n_name.zh_cn, pool.i18n_name.en_us}
        known.extend(own)
        if text in own and text:
            called.append(pool)
    if not called:
        raise Failed(_unknown(text, known))
    if len(called) > 1:
        raise SettingError(_ambiguous(text, called))
    return called[0]


def looks_like_id(text: str) -> bool:
    """Whether a text can be the id of a pool: digits alone."""
    return text.isascii() and text.isdigit()


def _unknown(text: str, known: list[str]) -> str:
    like = ", ".join(shown(name) for name in get_close_matches(text, [name for name in known if name], 3))
    hint = f"did you mean {like}? " if like else ""
    return f"there is no pool {shown(text)}; {hint}`rencai pool list` shows those there are"


def _ambiguous(text: str, pools: list[TalentPool]) -> str:
    choices = [f"  {pool.id}  {plain(names(pool.i18n_name), 80)}{_under(pool)}" for pool in pools[:_MOST_CHOICES]]
    more = len(pools) - len(choices)
    return "\n".join(
        [
            f"{len(pools)} pools have the name {shown(text)}; say the id of the one you mean:",
            *choices,
            *([f"  and {more} more"] if more else []),
        ]
    )


def _under(pool: TalentPool) -> str:
    return f"  under {pool.parent_id}" if pool.parent_id else ""
