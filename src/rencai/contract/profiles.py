"""A talent's profile: everything combined_create accepts of a person (contract §10), as sent and as kept.

It is kept as the JSON of `NewTalent`, with an `id` given to every item of its lists.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.fields import LongText, Moment, ShortText, Text

IdentificationType = Literal[1, 2, 3, 4, 5, 6, 8, 9]
IdentificationNumber = Annotated[Text, Meta(max_length=255)]
PersonName = Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=255)]
FewTexts = Annotated[list[Text], Meta(max_length=100)]

# The server's own id of an item of a list: given anew with each new list. One that is sent is not used.
ItemId = Text | UnsetType


class _Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields that a caller may leave out are not set, and stay out of what is kept."""


class CustomField(_Given, frozen=True):
    """A custom field and its value, which the wire carries as text whatever the field's type.

    Texts and numbers as they are, a choice by its key, several as JSON `["1", "2"]`, dates in ms, a span of time as
    JSON `["ms", "ms"]` (`"-"` for until now), attachments as JSON `[{"file_id": "…"}]`.
    """

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


class BasicFields(_Given, frozen=True, kw_only=True):
    """What is known of who the person is, beside the name."""

    mobile: Annotated[Text, Meta(max_length=64)] | UnsetType = UNSET
    mobile_country_code: Annotated[Text, Meta(max_length=16)] | UnsetType = UNSET
    email: Annotated[Text, Meta(max_length=320)] | UnsetType = UNSET
    identification: Identification | UnsetType = UNSET
    identification_type: IdentificationType | UnsetType = UNSET
    identification_number: IdentificationNumber | UnsetType = UNSET
    start_work_time: Moment | UnsetType = UNSET
    birthday: Moment | UnsetType = UNSET
    gender: Literal[1, 2, 3] | UnsetType = UNSET
    nationality_id: Text | UnsetType = UNSET
    current_city_code: Text | UnsetType = UNSET
    hometown_city_code: Text | UnsetType = UNSET
    current_home_address: LongText | UnsetType = UNSET
    marital_status: Literal[1, 2] | UnsetType = UNSET
    hukou_location_code: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class BasicInfo(BasicFields, frozen=True, kw_only=True):
    """Who the person is. Only the name must be there."""

    name: PersonName


class BasicInfoPatch(BasicFields, frozen=True, kw_only=True):
    """What to change of who the person is: fields left out stay as they are."""

    name: PersonName | UnsetType = UNSET


class Education(_Given, frozen=True):
    """A school visited."""

    id: ItemId = UNSET
    degree: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9] | UnsetType = UNSET
    school: Text | UnsetType = UNSET
    field_of_study: Text | UnsetType = UNSET
    start_time: Moment | UnsetType = UNSET
    end_time: Moment | UnsetType = UNSET
    education_type: Literal[1, 2, 3, 4, 5] | UnsetType = UNSET
    academic_ranking: Literal[5, 10, 20, 30, 50, -1] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Career(_Given, frozen=True):
    """A job held; `career_type` 1 internship, 2 work."""

    id: ItemId = UNSET
    company: Text | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    start_time: Moment | UnsetType = UNSET
    end_time: Moment | UnsetType = UNSET
    career_type: Literal[1, 2] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Project(_Given, frozen=True):
    """A project worked on."""

    id: ItemId = UNSET
    name: Text | UnsetType = UNSET
    role: Text | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    start_time: Moment | UnsetType = UNSET
    end_time: Moment | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Work(_Given, frozen=True):
    """A piece of work to look at."""

    id: ItemId = UNSET
    attachment_id: Text | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Award(_Given, frozen=True):
    """A prize won."""

    id: ItemId = UNSET
    title: Text | UnsetType = UNSET
    award_time: Moment | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Language(_Given, frozen=True):
    """A language spoken: which (1 to 29) and how well (1 to 5)."""

    id: ItemId = UNSET
    language: Annotated[int, Meta(ge=1, le=29)] | UnsetType = UNSET
    proficiency: Literal[1, 2, 3, 4, 5] | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Sns(_Given, frozen=True):
    """A social network account (type 1 to 11)."""

    id: ItemId = UNSET
    sns_type: Annotated[int, Meta(ge=1, le=11)] | UnsetType = UNSET
    link: Text | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class SelfEvaluation(_Given, frozen=True):
    """What the person says of themselves."""

    id: ItemId = UNSET
    content: LongText | UnsetType = UNSET
    customized_data: CustomFields | UnsetType = UNSET


class Profile(_Given, frozen=True, kw_only=True):
    """What is known of a person beside who they are (contract §10). All of it is kept."""

    init_source_id: Text | UnsetType = UNSET
    resume_source_id: Text | UnsetType = UNSET
    folder_id_list: FewTexts | UnsetType = UNSET
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


class NewTalent(Profile, frozen=True, kw_only=True):
    """A person to create, and who creates them: 1 an employee, 3 the system."""

    basic_info: BasicInfo
    creator_id: ShortText | UnsetType = UNSET
    creator_account_type: Literal[1, 3] | UnsetType = UNSET


class TalentUpdate(Profile, frozen=True, kw_only=True):
    """What to change of a talent. A list or field left out stays; a list given replaces the old one (decision 27)."""

    talent_id: str
    basic_info: BasicInfoPatch
    operator_id: ShortText | UnsetType = UNSET
    operator_account_type: Literal[1, 3] | UnsetType = UNSET
