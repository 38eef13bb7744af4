"""How a talent is shown: in the shape of v1 and in that of v2 (contract §9). Fields that are not known are left out."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.fields import Languages

OptionalText = str | UnsetType
OptionalNumber = int | UnsetType


class ShownOption(msgspec.Struct, frozen=True):
    """A choice: the option's key and name."""

    key: str
    name: Languages


class ShownSpan(msgspec.Struct, frozen=True):
    """A span of time in seconds as strings; `end_time` is `-` for until now."""

    start_time: str
    end_time: str


class AttachmentV1(msgspec.Struct, frozen=True):
    """A file of a custom field, in v1's words."""

    file_id: str
    name: OptionalText = UNSET
    content_type: OptionalText = UNSET
    file_size: OptionalNumber = UNSET


class AttachmentV2(msgspec.Struct, frozen=True):
    """A file of a custom field, in v2's words."""

    file_id: str
    file_name: OptionalText = UNSET
    content_type: OptionalText = UNSET
    file_size: OptionalNumber = UNSET


class CustomValue(msgspec.Struct, frozen=True):
    """A custom field's value: one of these, by the field's type. Times in seconds as strings."""

    content: OptionalText = UNSET
    option: ShownOption | UnsetType = UNSET
    option_list: list[ShownOption] | UnsetType = UNSET
    time_range: ShownSpan | UnsetType = UNSET
    time: OptionalText = UNSET
    number: OptionalText = UNSET


class CustomValueV1(CustomValue, frozen=True):
    """The same with v1's attachments."""

    customized_attachment: list[AttachmentV1] | UnsetType = UNSET


class CustomValueV2(CustomValue, frozen=True):
    """The same with v2's attachments."""

    customized_attachment: list[AttachmentV2] | UnsetType = UNSET


class CustomFieldV1(msgspec.Struct, frozen=True):
    """A custom field with its value."""

    object_id: str
    name: Languages
    object_type: int
    value: CustomValueV1


class CustomFieldV2(msgspec.Struct, frozen=True):
    """A custom field with its value."""

    object_id: str
    name: Languages
    object_type: int
    value: CustomValueV2


class CustomModuleV1(msgspec.Struct, frozen=True):
    """A row of a custom module: one for each row that was sent."""

    object_id: str
    name: Languages
    object_type: int
    children: list[CustomFieldV1]


class CustomModuleV2(msgspec.Struct, frozen=True):
    """A row of a custom module: one for each row that was sent."""

    module_id: str
    name: Languages
    object_type: int
    children: list[CustomFieldV2]


class City(msgspec.Struct, frozen=True):
    """A place by its code. Names are the vendor's and not known here (decision 28)."""

    city_code: str


class Nationality(msgspec.Struct, frozen=True):
    """A nationality by its code."""

    nationality_code: str


class ResumeSource(msgspec.Struct, frozen=True):
    """Where a résumé came from, by its id."""

    id: str


class Registration(msgspec.Struct, frozen=True):
    """A registration form. There are none here: lists of it are empty."""

    id: str
    registration_time: int


class ShownIdentification(msgspec.Struct, frozen=True):
    """An identity document."""

    identification_type: OptionalNumber = UNSET
    identification_number: OptionalText = UNSET


class BasicInfoV1(msgspec.Struct, frozen=True, kw_only=True):
    """Who the person is. `birthday` in seconds, `modify_time` in ms."""

    name: str
    mobile: OptionalText = UNSET
    mobile_code: OptionalText = UNSET
    mobile_country_code: OptionalText = UNSET
    email: OptionalText = UNSET
    experience_years: OptionalNumber = UNSET
    age: OptionalNumber = UNSET
    nationality: Nationality | UnsetType = UNSET
    gender: OptionalNumber = UNSET
    current_city: City | UnsetType = UNSET
    hometown_city: City | UnsetType = UNSET
    preferred_city_list: list[City]
    identification_type: OptionalNumber = UNSET
    identification_number: OptionalText = UNSET
    identification: ShownIdentification | UnsetType = UNSET
    birthday: OptionalNumber = UNSET
    creator_id: OptionalText = UNSET
    marital_status: OptionalNumber = UNSET
    current_home_address: OptionalText = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET
    modify_time: str
    hukou_location_code: OptionalText = UNSET


class EducationV1(msgspec.Struct, frozen=True, kw_only=True):
    """A school visited. Months as `YYYY-MM`, `end_time_v2` in ms."""

    id: str
    degree: OptionalNumber = UNSET
    school: OptionalText = UNSET
    field_of_study: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    end_time_v2: OptionalText = UNSET
    education_type: OptionalNumber = UNSET
    academic_ranking: OptionalNumber = UNSET
    tag_list: Annotated[list[int], Meta(max_length=0)] = []
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class CareerV1(msgspec.Struct, frozen=True, kw_only=True):
    """A job held. Months as `YYYY-MM`."""

    id: str
    company: OptionalText = UNSET
    title: OptionalText = UNSET
    desc: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    career_type: OptionalNumber = UNSET
    tag_list: Annotated[list[int], Meta(max_length=0)] = []
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class ProjectV1(msgspec.Struct, frozen=True, kw_only=True):
    """A project worked on. Months as `YYYY-MM`."""

    id: str
    name: OptionalText = UNSET
    role: OptionalText = UNSET
    link: OptionalText = UNSET
    desc: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class WorkV1(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work to look at."""

    id: str
    link: OptionalText = UNSET
    desc: OptionalText = UNSET
    name: OptionalText = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class AwardV1(msgspec.Struct, frozen=True, kw_only=True):
    """A prize won, in the year `YYYY`."""

    id: str
    title: OptionalText = UNSET
    award_time: OptionalText = UNSET
    desc: OptionalText = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class LanguageV1(msgspec.Struct, frozen=True, kw_only=True):
    """A language spoken."""

    id: str
    language: OptionalNumber = UNSET
    proficiency: OptionalNumber = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class SnsV1(msgspec.Struct, frozen=True, kw_only=True):
    """A social network account."""

    id: str
    sns_type: OptionalNumber = UNSET
    link: OptionalText = UNSET
    customized_data_list: list[CustomFieldV1] | UnsetType = UNSET


class TalentV1(msgspec.Struct, frozen=True, kw_only=True):
    """A talent as v1 shows it: in lists without custom fields, `registration_list` and `hukou_location_code`."""

    id: str
    is_in_agency_period: bool
    is_onboarded: bool
    basic_info: BasicInfoV1
    education_list: list[EducationV1]
    career_list: list[CareerV1]
    project_list: list[ProjectV1]
    works_list: list[WorkV1]
    award_list: list[AwardV1]
    language_list: list[LanguageV1]
    sns_list: list[SnsV1]
    resume_source_list: list[ResumeSource]
    interview_registration_list: list[Registration]
    registration_list: list[Registration] | UnsetType = UNSET
    resume_attachment_id_list: list[str]
    customized_data_list: list[CustomModuleV1] | UnsetType = UNSET
    top_degree: OptionalNumber = UNSET
    first_degree: int


class BasicInfoV2(msgspec.Struct, frozen=True, kw_only=True):
    """Who the person is. `birthday` in seconds, times in ms; `confidential` 2 (public) for everyone."""

    name: str
    mobile_number: OptionalText = UNSET
    mobile_code: OptionalText = UNSET
    email: OptionalText = UNSET
    experience_years: OptionalNumber = UNSET
    age: OptionalNumber = UNSET
    nationality_code: OptionalText = UNSET
    gender: OptionalNumber = UNSET
    current_location_code: OptionalText = UNSET
    hometown_location_code: OptionalText = UNSET
    preferred_location_code_list: list[str]
    home_address: OptionalText = UNSET
    identification_type: OptionalNumber = UNSET
    identification_number: OptionalText = UNSET
    birthday: OptionalNumber = UNSET
    marital_status: OptionalNumber = UNSET
    customized_data_list: list[CustomFieldV2]
    hukou_location_code: OptionalText = UNSET
    update_time: str
    create_time: str
    confidential: int = 2


class EducationV2(msgspec.Struct, frozen=True, kw_only=True):
    """A school visited. Months as `YYYY-MM`."""

    degree: OptionalNumber = UNSET
    school_name: OptionalText = UNSET
    major: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    education_type: OptionalNumber = UNSET
    academic_ranking: OptionalNumber = UNSET
    tag_list: Annotated[list[int], Meta(max_length=0)] = []
    customized_data_list: list[CustomFieldV2]


class CareerV2(msgspec.Struct, frozen=True, kw_only=True):
    """A job or an internship. Months as `YYYY-MM`."""

    company_name: OptionalText = UNSET
    title: OptionalText = UNSET
    description: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    customized_data_list: list[CustomFieldV2]


class ProjectV2(msgspec.Struct, frozen=True, kw_only=True):
    """A project worked on. Months as `YYYY-MM`."""

    project_name: OptionalText = UNSET
    role: OptionalText = UNSET
    link: OptionalText = UNSET
    description: OptionalText = UNSET
    start_time: OptionalText = UNSET
    end_time: OptionalText = UNSET
    customized_data_list: list[CustomFieldV2]


class WorkV2(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work to look at."""

    id: str
    link: OptionalText = UNSET
    description: OptionalText = UNSET
    customized_data_list: list[CustomFieldV2]


class AwardV2(msgspec.Struct, frozen=True, kw_only=True):
    """A prize won, in the month `YYYY-MM`."""

    award_name: OptionalText = UNSET
    award_time: OptionalText = UNSET
    description: OptionalText = UNSET
    customized_data_list: list[CustomFieldV2]


class LanguageV2(msgspec.Struct, frozen=True, kw_only=True):
    """A language spoken."""

    language: OptionalNumber = UNSET
    proficiency: OptionalNumber = UNSET
    customized_data_list: list[CustomFieldV2]


class SnsV2(msgspec.Struct, frozen=True, kw_only=True):
    """A social network account."""

    sns_type: OptionalNumber = UNSET
    link: OptionalText = UNSET
    customized_data_list: list[CustomFieldV2]


class ResumeAttachment(msgspec.Struct, frozen=True):
    """A résumé's file, by its id."""

    id: str


class TalentPoolRef(msgspec.Struct, frozen=True):
    """A pool the talent is in, since when (ms)."""

    id: str
    name: Languages
    description: Languages
    add_time: str


class TalentFolderRef(msgspec.Struct, frozen=True):
    """A folder the talent is in, since when (ms)."""

    folder_id: str
    name: str
    add_time: str
    owner_id: OptionalText = UNSET


class TalentTagRef(msgspec.Struct, frozen=True):
    """A tag the talent has: 1 manual, 2 automatic."""

    id: str
    name: Languages
    description: Languages
    type: int


class SimilarInfo(msgspec.Struct, frozen=True):
    """People of the same name who went to the same school or worked for the same company."""

    is_similar_talent: bool
    similar_talent_id_list: list[str]


class BlockInfo(msgspec.Struct, frozen=True):
    """Since when (ms) the talent is on the block list, who put it there, and why."""

    blocked_time: str
    creator_id: str
    reason: str


class TalentNote(msgspec.Struct, frozen=True):
    """A note, in v2's words: times in ms as strings, `privacy` 1 private, 2 public."""

    id: str
    talent_id: str
    create_time: str
    update_time: str
    content: str
    privacy: int
    creator_id: OptionalText = UNSET
    application_id: OptionalText = UNSET


class TalentV2(msgspec.Struct, frozen=True, kw_only=True):
    """A talent as v2 shows it. The fields after `talent_pool_id_list` each ask for a scope of their own."""

    talent_id: str
    basic_info: BasicInfoV2
    education_list: list[EducationV2]
    career_list: list[CareerV2]
    project_list: list[ProjectV2]
    works_list: list[WorkV2]
    award_list: list[AwardV2]
    language_list: list[LanguageV2]
    sns_list: list[SnsV2]
    resume_source_list: list[ResumeSource]
    internship_list: list[CareerV2]
    customized_data_list: list[CustomModuleV2]
    resume_attachment_id_list: list[str]
    resume_attachment_list: list[ResumeAttachment]
    interview_registration_list: list[Registration]
    registration_list: list[Registration]
    is_onboarded: bool
    is_in_agency_period: bool
    top_degree: OptionalNumber = UNSET
    similar_info_v2: SimilarInfo
    talent_pool_id_list: list[str]
    talent_pool_ref_list_v2: list[TalentPoolRef] | UnsetType = UNSET
    talent_folder_ref_list_v2: list[TalentFolderRef] | UnsetType = UNSET
    tag_list: list[TalentTagRef] | UnsetType = UNSET
    block_info: BlockInfo | UnsetType = UNSET
    note_list_v2: list[TalentNote] | UnsetType = UNSET
