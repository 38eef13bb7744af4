"""Talent folders (contract §10): the vendor's list and its two calls for who is in them; natively made and changed."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Nothing, Tier
from rencai.contract.errors import TALENT_FOLDER_NOT_EMPTY, TALENT_NOT_FOUND
from rencai.contract.fields import USER_IDS, ShortText, UserIds

READ = ("hire:talent_folder:readonly", "hire:talent_folder")
WRITE = ("hire:talent_folder",)
ADD = ("hire:talent", "hire:talent_folder_association")
REMOVE = ("hire:talent_folder_association",)

FolderName = Annotated[str, Meta(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$", max_length=255)]


class TalentFolderPath(msgspec.Struct, frozen=True):
    """The folder in the path."""

    folder_id: str


class TalentsAndFolder(msgspec.Struct, frozen=True):
    """1 to 200 talents, and a folder."""

    talent_id_list: Annotated[list[str], Meta(min_length=1, max_length=200)]
    folder_id: str


class FolderTalents(msgspec.Struct, frozen=True):
    """The talents that a call put into a folder or took out, and the folder."""

    talent_id_list: list[str]
    folder_id: str


class TalentFolderListQuery(UserIds, frozen=True):
    """A page of folders, 1 to 100."""

    page_size: Annotated[int, Meta(ge=1, le=100)] = 10
    page_token: str = ""


class TalentFolder(msgspec.Struct, frozen=True):
    """A folder, and the user whose it is."""

    folder_id: str
    folder_name: str
    owner_id: str | UnsetType = UNSET


class TalentFolderPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of folders; `page_token` only where there is more."""

    items: list[TalentFolder]
    has_more: bool
    page_token: str | UnsetType = UNSET


class NewTalentFolder(msgspec.Struct, frozen=True):
    """A folder to create."""

    folder_name: FolderName
    owner_id: ShortText = ""


class TalentFolderPatch(msgspec.Struct, frozen=True):
    """What to change of a folder; what is left out stays."""

    folder_name: FolderName | UnsetType = UNSET
    owner_id: ShortText | UnsetType = UNSET


class OneTalentFolder(msgspec.Struct, frozen=True):
    """One folder."""

    talent_folder: TalentFolder


TALENT_ADD_TO_FOLDER = Endpoint(
    name="talent_add_to_folder",
    method="POST",
    path="/open-apis/hire/v1/talents/add_to_folder",
    summary="Put up to 200 talents into a folder",
    source="the vendor's page talent/add_to_folder (contract §10)",
    scopes=ADD,
    tier=Tier.TIER_4,
    body_type=TalentsAndFolder,
    reply=FolderTalents,
    access="write",
    settles=True,
    errors=(TALENT_NOT_FOUND,),
    msg="ok",
)

TALENT_REMOVE_TO_FOLDER = Endpoint(
    name="talent_remove_to_folder",
    method="POST",
    path="/open-apis/hire/v1/talents/remove_to_folder",
    summary="Take up to 200 talents out of a folder; the reply lists those who were in it",
    source="the vendor's page talent/remove_to_folder (contract §10)",
    scopes=REMOVE,
    tier=Tier.TIER_7,
    body_type=TalentsAndFolder,
    reply=FolderTalents,
    access="write",
    errors=(TALENT_NOT_FOUND,),
    msg="ok",
)

TALENT_FOLDER_LIST = Endpoint(
    name="talent_folder_list",
    method="GET",
    path="/open-apis/hire/v1/talent_folders",
    summary="List talent folders in order of creation",
    source="the vendor's page talent_folder/list (contract §10)",
    scopes=READ,
    tier=Tier.TIER_4,
    query_type=TalentFolderListQuery,
    reply=TalentFolderPage,
    access="read",
    field_scopes={"items[].owner_id": USER_IDS},
)

TALENT_FOLDER_CREATE = Endpoint(
    name="talent_folder_create",
    method="POST",
    path="/rencai/v1/talent_folders",
    summary="Create a talent folder",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalentFolder,
    reply=OneTalentFolder,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)

TALENT_FOLDER_UPDATE = Endpoint(
    name="talent_folder_update",
    method="PATCH",
    path="/rencai/v1/talent_folders/{folder_id}",
    summary="Change a talent folder's name or owner",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentFolderPath,
    body_type=TalentFolderPatch,
    reply=OneTalentFolder,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)

TALENT_FOLDER_DELETE = Endpoint(
    name="talent_folder_delete",
    method="DELETE",
    path="/rencai/v1/talent_folders/{folder_id}",
    summary="Delete an empty talent folder",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentFolderPath,
    reply=Nothing,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
    errors=(TALENT_FOLDER_NOT_EMPTY,),
)
