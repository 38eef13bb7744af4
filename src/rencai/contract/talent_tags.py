"""Talent tags (contract §10): the vendor's list and its call that tags; natively made, changed and switched off."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Nothing, Tier
from rencai.contract.errors import TAG_ABSENT, TAG_INACTIVE, TAG_PRESENT, TAG_WRONG, TALENT_NOT_FOUND
from rencai.contract.fields import ActiveStatus, GivenDescription, GivenName, Languages, Text

READ = ("hire:talent_tag", "hire:talent_tag:readonly")
WRITE = ("hire:talent_tag",)
TAG_TALENTS = ("hire:talent",)

TagType = Literal[1, 2]


class TaggedTalentPath(msgspec.Struct, frozen=True):
    """The talent in the path."""

    talent_id: str


class TalentTagPath(msgspec.Struct, frozen=True):
    """The tag in the path."""

    tag_id: str


class Tagging(msgspec.Struct, frozen=True):
    """1 to 100 tags; 1 gives them to the talent, 2 takes them off. A repeat is an error here."""

    operation: Literal[1, 2]
    tag_id_list: Annotated[list[str], Meta(min_length=1, max_length=100)]


class TalentTagListQuery(msgspec.Struct, frozen=True):
    """A page of tags: those whose name holds `keyword`, of up to 100 ids, of a type; switched-off ones if asked for."""

    keyword: Annotated[Text, Meta(max_length=255)] = ""
    id_list: Annotated[list[str], Meta(max_length=100)] = []
    type: TagType | UnsetType = UNSET
    include_inactive: bool = False
    page_size: Annotated[int, Meta(ge=1, le=100)] = 20
    page_token: str = ""


class TalentTag(msgspec.Struct, frozen=True):
    """A tag: type 1 manual, 2 automatic; active_status 1 on, 2 off."""

    id: str
    name: Languages
    description: Languages
    type: int
    active_status: int


class TalentTagPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of tags, newest first; `page_token` only where there is more."""

    items: list[TalentTag]
    has_more: bool
    page_token: str | UnsetType = UNSET


class NewTalentTag(msgspec.Struct, frozen=True):
    """A tag to create. It needs a name in one language."""

    name: GivenName
    description: GivenDescription | UnsetType = UNSET
    type: TagType = 1
    active_status: ActiveStatus = 1


class TalentTagPatch(msgspec.Struct, frozen=True):
    """What to change of a tag: what is left out stays; active_status 2 switches it off."""

    name: GivenName | UnsetType = UNSET
    description: GivenDescription | UnsetType = UNSET
    type: TagType | UnsetType = UNSET
    active_status: ActiveStatus | UnsetType = UNSET


class OneTalentTag(msgspec.Struct, frozen=True):
    """One tag."""

    talent_tag: TalentTag


TALENT_TAG = Endpoint(
    name="talent_tag",
    method="POST",
    path="/open-apis/hire/v1/talents/{talent_id}/tag",
    summary="Give tags to a talent, or take them off",
    source="the vendor's page talent/tag (contract §10)",
    scopes=TAG_TALENTS,
    tier=Tier.TIER_8,
    path_type=TaggedTalentPath,
    body_type=Tagging,
    reply=Nothing,
    access="write",
    errors=(TALENT_NOT_FOUND, TAG_WRONG, TAG_INACTIVE, TAG_PRESENT, TAG_ABSENT),
    msg="ok",
)

TALENT_TAG_LIST = Endpoint(
    name="talent_tag_list",
    method="GET",
    path="/open-apis/hire/v1/talent_tags",
    summary="List talent tags, newest first",
    source="the vendor's page talent_tag/list (contract §10)",
    scopes=READ,
    tier=Tier.TIER_8,
    query_type=TalentTagListQuery,
    reply=TalentTagPage,
    access="read",
    msg="ok",
)

TALENT_TAG_CREATE = Endpoint(
    name="talent_tag_create",
    method="POST",
    path="/rencai/v1/talent_tags",
    summary="Create a talent tag",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalentTag,
    reply=OneTalentTag,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)

TALENT_TAG_UPDATE = Endpoint(
    name="talent_tag_update",
    method="PATCH",
    path="/rencai/v1/talent_tags/{tag_id}",
    summary="Change a talent tag, or switch it off",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentTagPath,
    body_type=TalentTagPatch,
    reply=OneTalentTag,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)
