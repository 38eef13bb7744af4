"""Talents: what a person can have (the body of combined_create, contract §10), creating many, deleting one."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import Endpoint, Nothing, Tier
from rencai.contract.errors import DUPLICATE_TALENT, TALENT_NOT_FOUND
from rencai.contract.fields import LongText, Milliseconds, Text

WRITE = ("hire:talent",)

IdentificationType = Literal[1, 2, 3, 4, 5, 6, 8, 9]
IdentificationNumber = Annotated[Text, Meta(max_length=255)]
FewTexts = Annotated[list[Text], Meta(max_length=100)]


class _Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields that a caller may leave out are not set, and stay out of what is kept."""


class CustomField(_Given, frozen=True):
    """A custom field and its value, which the wire carries as text whatever the field's type."""

    object_id: Text | UnsetType = UNSET
    value: LongText | UnsetType = UNSET


CustomFields = Annotated[list[CustomField], Meta(max_length=100)]


class CustomModule(_Given, frozen=True):
    """A custom module. `children` is kept as sent: rows of fields (the wire) or flat ones (the SDKs)."""

    object_id: Text | UnsetType = UNSET
    children: Annotated[list[CustomFields | CustomField], Meta(max_length=100)] | UnsetType = UNSET


class Identification(_Given, frozen=True):
    """An identity document (type as in contract §9)."""

    identification_type: IdentificationType | UnsetType = UNSET
    identification_number: IdentificationNumber | UnsetType = UNSET


class BasicInfo(_Given, frozen=True, kw_only=True):
    """Who the person is. Only the name must be there."""

    name: Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=255)]
    mobile: Annotated[Text, Meta(max_length=64)] | UnsetType = UNSET
    mobile_country_code: Annotated[Text, Meta(max_length=16)] | UnsetType = UNSET
    email: Annotated[Text, Meta(max_length=320)] | UnsetType = UNSET
    identification: Identification | UnsetType = UNSET
    identification_type: IdentificationType | UnsetType = UNSET
    identification_number: IdentificationNumber | UnsetType = UNSET
    start_work_time: Milliseconds | UnsetType = UNSET
    birthday: Milliseconds | UnsetType = UNSET
    gender: Literal[1, 2, 3] | UnsetType = UNSET
    nationality_id: Text | UnsetType = UNSET
    current_city_code: Text | UnsetType = UNSET
    hometown_city_code: Text | UnsetType = UNSET
    current_home_address: LongText | UnsetType = UNSET
    marital_status: Literal[1, 2] | UnsetType = UNSET
    hukou_location_code: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Education(_Given, frozen=True):
    """A school visited."""

    degree: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9] | UnsetType = UNSET
    school: Text | UnsetType = UNSET
    field_of_study: Text | UnsetType = UNSET
    start_time: Milliseconds | UnsetType = UNSET
    end_time: Milliseconds | UnsetType = UNSET
    education_type: Literal[1, 2, 3, 4, 5] | UnsetType = UNSET
    academic_ranking: Literal[5, 10, 20, 30, 50, -1] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Career(_Given, frozen=True):
    """A job held; `career_type` 1 internship, 2 work."""

    company: Text | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    start_time: Milliseconds | UnsetType = UNSET
    end_time: Milliseconds | UnsetType = UNSET
    career_type: Literal[1, 2] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Project(_Given, frozen=True):
    """A project worked on."""

    name: Text | UnsetType = UNSET
    role: Text | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    start_time: Milliseconds | UnsetType = UNSET
    end_time: Milliseconds | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Work(_Given, frozen=True):
    """A piece of work to look at."""

    attachment_id: Text | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Award(_Given, frozen=True):
    """A prize won."""

    title: Text | UnsetType = UNSET
    award_time: Milliseconds | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Language(_Given, frozen=True):
    """A language spoken: which (1 to 29) and how well (1 to 5)."""

    language: Annotated[int, Meta(ge=1, le=29)] | UnsetType = UNSET
    proficiency: Literal[1, 2, 3, 4, 5] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Sns(_Given, frozen=True):
    """A social network account (type 1 to 11)."""

    sns_type: Annotated[int, Meta(ge=1, le=11)] | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class SelfEvaluation(_Given, frozen=True):
    """What the person says of themselves."""

    content: LongText | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class NewTalent(_Given, frozen=True, kw_only=True):
    """The body of combined_create (contract §10). All of it is kept."""

    basic_info: BasicInfo
    init_source_id: Text | UnsetType = UNSET
    resume_source_id: Text | UnsetType = UNSET
    folder_id_list: FewTexts | UnsetType = UNSET
    creator_id: Text | UnsetType = UNSET
    creator_account_type: Literal[1, 3] | UnsetType = UNSET
    resume_attachment_id: Text | UnsetType = UNSET
    education_list: Annotated[list[Education], Meta(max_length=100)] | UnsetType = UNSET
    career_list: Annotated[list[Career], Meta(max_length=100)] | UnsetType = UNSET
    project_list: Annotated[list[Project], Meta(max_length=100)] | UnsetType = UNSET
    works_list: Annotated[list[Work], Meta(max_length=100)] | UnsetType = UNSET
    award_list: Annotated[list[Award], Meta(max_length=100)] | UnsetType = UNSET
    language_list: Annotated[list[Language], Meta(max_length=100)] | UnsetType = UNSET
    sns_list: Annotated[list[Sns], Meta(max_length=100)] | UnsetType = UNSET
    preferred_city_code_list: FewTexts | UnsetType = UNSET
    self_evaluation: SelfEvaluation | UnsetType = UNSET
    customized_data: Annotated[list[CustomModule], Meta(max_length=100)] | UnsetType = UNSET


class NewTalents(msgspec.Struct, frozen=True):
    """1 to 1,000 people to create: all of them or none."""

    talents: Annotated[list[NewTalent], Meta(min_length=1, max_length=1000)]


class CreatedTalents(msgspec.Struct, frozen=True):
    """The new talents' ids, in the order of the request."""

    talent_id_list: list[str]


class TalentPath(msgspec.Struct, frozen=True):
    """The talent in the path."""

    talent_id: str


TALENT_BATCH_CREATE = Endpoint(
    name="talent_batch_create",
    method="POST",
    path="/rencai/v1/talents/batch_create",
    summary="Create up to 1,000 talents: all of them or none",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    body_type=NewTalents,
    reply=CreatedTalents,
    access="write",
    errors=(DUPLICATE_TALENT,),
)

TALENT_DELETE = Endpoint(
    name="talent_delete",
    method="DELETE",
    path="/rencai/v1/talents/{talent_id}",
    summary="Delete a talent and end its memberships",
    source="our own",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentPath,
    reply=Nothing,
    access="write",
    errors=(TALENT_NOT_FOUND,),
)
