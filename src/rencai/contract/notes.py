"""Notes on talents (contract §10). Their times are JSON numbers here, and strings in v2's talent (contract §13)."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import Endpoint, Nothing, Tier
from rencai.contract.errors import NOTE_NOT_FOUND, TALENT_NOT_FOUND
from rencai.contract.fields import USER_IDS, LongText, ShortText, UserIds, YesNo

READ = ("hire:note:readonly", "hire:note")
WRITE = ("hire:note",)

Content = Annotated[LongText, Meta(min_length=1)]


class NotePath(msgspec.Struct, frozen=True):
    """The note in the path."""

    note_id: str


class Mention(msgspec.Struct, frozen=True):
    """A user named in a note, and where: `offset` from 0 to the length of the content, in characters."""

    offset: Annotated[int, Meta(ge=0, le=20_000)]
    user_id: ShortText


Mentions = Annotated[list[Mention], Meta(max_length=100)]


class NewNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note to write; `privacy` 1 private, 2 public. Nobody is notified: there are no users here to be notified."""

    talent_id: str
    content: Content
    application_id: ShortText | UnsetType = UNSET
    creator_id: ShortText | UnsetType = UNSET
    privacy: YesNo = 2
    notify_mentioned_user: bool = False
    mention_entity_list: Mentions = []


class NotePatch(msgspec.Struct, frozen=True):
    """A note's new content. Who changes it goes into no record but the log."""

    content: Content
    operator_id: ShortText | UnsetType = UNSET
    notify_mentioned_user: bool = False
    mention_entity_list: Mentions = []


class NoteListQuery(UserIds, frozen=True, kw_only=True):
    """A page of one talent's notes, 1 to 200."""

    talent_id: str
    page_size: Annotated[int, Meta(ge=1, le=200)] = 10
    page_token: str = ""


class Note(msgspec.Struct, frozen=True):
    """A note; times in ms, as numbers."""

    id: str
    talent_id: str
    is_private: bool
    create_time: int
    modify_time: int
    content: str
    creator_id: str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET


class NotePage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of notes, newest first; `page_token` only where there is more."""

    items: list[Note]
    has_more: bool
    page_token: str | UnsetType = UNSET


class OneNote(msgspec.Struct, frozen=True):
    """One note."""

    note: Note


_CREATOR = {"creator_id": USER_IDS}

NOTE_CREATE = Endpoint(
    name="note_create",
    method="POST",
    path="/open-apis/hire/v1/notes",
    summary="Write a note on a talent",
    source="the vendor's page note/create (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_8,
    query_type=UserIds,
    body_type=NewNote,
    reply=OneNote,
    access="write",
    errors=(TALENT_NOT_FOUND,),
    field_scopes=_CREATOR,
)

NOTE_LIST = Endpoint(
    name="note_list",
    method="GET",
    path="/open-apis/hire/v1/notes",
    summary="List a talent's notes, newest first",
    source="the vendor's page note/list (contract §10)",
    scopes=READ,
    tier=Tier.TIER_8,
    query_type=NoteListQuery,
    reply=NotePage,
    access="read",
    errors=(TALENT_NOT_FOUND,),
    field_scopes=_CREATOR,
)

NOTE_GET = Endpoint(
    name="note_get",
    method="GET",
    path="/open-apis/hire/v1/notes/{note_id}",
    summary="Show one note",
    source="the vendor's page note/get (contract §10)",
    scopes=READ,
    tier=Tier.TIER_8,
    path_type=NotePath,
    query_type=UserIds,
    reply=OneNote,
    access="read",
    errors=(NOTE_NOT_FOUND,),
    field_scopes=_CREATOR,
)

NOTE_UPDATE = Endpoint(
    name="note_update",
    method="PATCH",
    path="/open-apis/hire/v1/notes/{note_id}",
    summary="Change a note's content",
    source="the vendor's page note/patch (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_8,
    path_type=NotePath,
    query_type=UserIds,
    body_type=NotePatch,
    reply=OneNote,
    access="write",
    settles=True,
    errors=(NOTE_NOT_FOUND,),
    field_scopes=_CREATOR,
)

NOTE_DELETE = Endpoint(
    name="note_delete",
    method="DELETE",
    path="/open-apis/hire/v1/notes/{note_id}",
    summary="Delete a note",
    source="the vendor's page note/delete (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_8,
    path_type=NotePath,
    reply=Nothing,
    access="write",
    errors=(NOTE_NOT_FOUND,),
)
