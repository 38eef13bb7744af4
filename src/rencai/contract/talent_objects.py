"""Custom fields and their modules (contract §9, §10): the vendor's list; natively made, changed and switched off."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import IDEMPOTENCY_KEY, Endpoint, Tier
from rencai.contract.fields import ActiveStatus, GivenDescription, GivenName, Languages, Text

READ = ("hire:talent:readonly", "hire:talent")
WRITE = ("hire:talent",)

SINGLE_LINE, MULTI_LINE, SINGLE_SELECT, MULTI_SELECT, DATE = 1, 2, 3, 4, 5
MONTH, YEAR, SPAN, NUMBER, DEFAULT, MODULE, DAY, ATTACHMENT = 6, 7, 8, 9, 10, 11, 12, 13

ObjectType = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]


class TalentObjectPath(msgspec.Struct, frozen=True):
    """The custom field or module in the path."""

    object_id: str


class FieldOption(msgspec.Struct, frozen=True):
    """What can be chosen in a field; values name it by its key."""

    key: str
    name: Languages
    description: Languages
    active_status: int


class FieldConfig(msgspec.Struct, frozen=True):
    """What can be chosen; empty but for types 3 and 4."""

    options: list[FieldOption]


class FieldSetting(msgspec.Struct, frozen=True):
    """A field's type and what can be chosen in it.

    1 a line, 2 lines, 3 one choice, 4 several, 5 date, 6 month, 7 year, 8 span of time, 9 number, 10 default,
    11 module, 12 day, 13 attachments.
    """

    object_type: int
    config: FieldConfig


class TalentField(msgspec.Struct, frozen=True):
    """A custom field of a module."""

    id: str
    name: Languages
    description: Languages
    setting: FieldSetting
    parent_id: str
    is_customized: bool
    is_required: bool
    active_status: int


class TalentModule(msgspec.Struct, frozen=True):
    """A module and its fields. The modules of a profile's own parts have the ids 1 to 9 and are not customized."""

    id: str
    name: Languages
    description: Languages
    setting: FieldSetting
    is_customized: bool
    is_required: bool
    active_status: int
    children_list: list[TalentField]


class TalentModules(msgspec.Struct, frozen=True):
    """All modules with their fields, in order of creation."""

    items: list[TalentModule]


class TalentObject(msgspec.Struct, frozen=True):
    """A custom field (with `parent_id`) or a module, as an item of the list without its fields."""

    id: str
    name: Languages
    description: Languages
    setting: FieldSetting
    is_customized: bool
    is_required: bool
    active_status: int
    parent_id: str | UnsetType = UNSET


class GivenOption(msgspec.Struct, frozen=True):
    """A choice to offer. A `key` of one's own, or the server makes one; an option keeps its key for ever."""

    name: GivenName
    key: Annotated[Text, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    description: GivenName | UnsetType = UNSET
    active_status: ActiveStatus = 1


class GivenConfig(msgspec.Struct, frozen=True):
    """Up to 200 choices to offer."""

    options: Annotated[list[GivenOption], Meta(max_length=200)] = []


class GivenSetting(msgspec.Struct, frozen=True):
    """A new field's type, and for types 3 and 4 what can be chosen."""

    object_type: ObjectType
    config: GivenConfig | UnsetType = UNSET


class SettingPatch(msgspec.Struct, frozen=True):
    """What can be chosen from now on: options by key are changed, those left out switched off, new ones added."""

    config: GivenConfig


class NewTalentObject(msgspec.Struct, frozen=True):
    """A custom field of the module `parent_id`, or without it a module (object_type 11)."""

    name: GivenName
    setting: GivenSetting
    parent_id: str = ""
    description: GivenDescription | UnsetType = UNSET
    is_required: bool = False
    active_status: ActiveStatus = 1


class TalentObjectPatch(msgspec.Struct, frozen=True):
    """What to change of a field or module: what is left out stays; active_status 2 switches it off."""

    name: GivenName | UnsetType = UNSET
    description: GivenDescription | UnsetType = UNSET
    setting: SettingPatch | UnsetType = UNSET
    is_required: bool | UnsetType = UNSET
    active_status: ActiveStatus | UnsetType = UNSET


class OneTalentObject(msgspec.Struct, frozen=True):
    """One custom field or module."""

    talent_object: TalentObject


TALENT_OBJECT_QUERY = Endpoint(
    name="talent_object_query",
    method="GET",
    path="/open-apis/hire/v1/talent_objects/query",
    summary="List all modules with their custom fields",
    source="the vendor's page talent_object/query (contract §10)",
    scopes=READ,
    tier=Tier.TIER_7,
    reply=TalentModules,
    access="read",
    msg="ok",
)

TALENT_OBJECT_CREATE = Endpoint(
    name="talent_object_create",
    method="POST",
    path="/rencai/v1/talent_objects",
    summary="Create a custom field, or a module of them",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalentObject,
    reply=OneTalentObject,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)

TALENT_OBJECT_UPDATE = Endpoint(
    name="talent_object_update",
    method="PATCH",
    path="/rencai/v1/talent_objects/{object_id}",
    summary="Change a custom field or module, or switch it off",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentObjectPath,
    body_type=TalentObjectPatch,
    reply=OneTalentObject,
    access="write",
    request_headers=(IDEMPOTENCY_KEY,),
)
