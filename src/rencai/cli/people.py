"""People as commands show them: whom the lists name, and what v1 and v2 say of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from rencai.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import UnsetType

    from rencai.client import Client
    from rencai.contract.talent_pools import Member


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody, with what finds them; empty where it is not known."""

    talent_id: str
    name: str
    email: str = ""
    mobile: str = ""
    add_time: str = ""
    update_time: str = ""


def named(member: Member) -> Person:
    """A member with what finds them. Raises Failed where the app may not see it."""
    if member.name is UNSET:
        raise Failed(
            "this app may not read talents: say --ids for ids alone, or `rencai app create` one with the scope"
            " hire:talent:readonly"
        )
    return Person(
        talent_id=member.talent_id,
        name=member.name,
        email=member.email or "",
        mobile=mobile_of(member.mobile_code, member.mobile_number),
        add_time=member.add_time,
    )


def everybody(client: Client, keyword: str) -> Iterator[Person]:
    """All talents, or those that keywords find, newest update first. The same calls serve Feishu."""
    from rencai.contract.talents import IGNORE_EMPTY_ERROR

    for talent in client.talent_list_all(keyword=keyword or UNSET, page_size=20, query_option=IGNORE_EMPTY_ERROR):
        known = talent.basic_info
        yield Person(
            talent_id=talent.id,
            name=known.name,
            email=known.email or "",
            mobile=mobile_of(known.mobile_code, known.mobile),
            update_time=known.modify_time,
        )


def mobile_of(code: str | UnsetType, number: str | UnsetType) -> str:
    """A mobile with its calling code, as `rencai pool add` reads it."""
    if number is UNSET or not number:
        return ""
    return f"+{code}{number}" if code else number
