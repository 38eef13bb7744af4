"""Talents as the wire shows them: a kept profile in the shape of v1 and in that of v2 (contract §9)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract import talent_views as shapes
from rencai.contract.profiles import BasicInfo, Career, Education, Identification, NewTalent
from rencai.contract.talent_views import OptionalNumber, OptionalText, TalentV1, TalentV2
from rencai.operations import custom_values, profiles
from rencai.operations.call import Call
from rencai.operations.identities import mobile_form
from rencai.operations.profiles import each
from rencai.operations.talent_objects import Objects
from rencai.operations.users import shown_user_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INTERNSHIP = 1

# The highest of an education's degrees (contract §9), and what the lowest from college on makes of `first_degree`.
OTHER_DEGREE = 9
FIRST_DEGREES = {5: 2, 6: 3, 7: 4, 8: 5}
BELOW_COLLEGE, FIRST_OTHER, FIRST_NONE = 1, 6, 7


class TalentRow(msgspec.Struct, frozen=True):
    """What is kept of a talent: times in ms, the profile as JSON."""

    talent_id: int
    create_time: int
    update_time: int
    profile: str
    onboard_time: int | None
    overboard_time: int | None

    @property
    def is_onboarded(self) -> bool:
        """Whether the talent has come on board and not left."""
        return self.onboard_time is not None and self.overboard_time is None


def summary_v1(call: Call, row: TalentRow, user_id_type: str) -> TalentV1:
    """A talent as v1's list shows it: without custom fields."""
    return _v1(call, row, user_id_type, None)


def talent_v1(call: Call, row: TalentRow, user_id_type: str, objects: Objects) -> TalentV1:
    """A talent as v1 shows it."""
    return _v1(call, row, user_id_type, objects)


def _v1(call: Call, row: TalentRow, user_id_type: str, objects: Objects | None) -> TalentV1:
    talent = profiles.decoded(row.profile)

    def custom(given: list[custom_values.CustomField] | UnsetType) -> list[shapes.CustomFieldV1] | UnsetType:
        return UNSET if objects is None else custom_values.fields_v1(objects, given)

    return TalentV1(
        id=str(row.talent_id),
        is_in_agency_period=False,
        is_onboarded=row.is_onboarded,
        basic_info=_basic_v1(call, row, talent, user_id_type, objects),
        education_list=[
            shapes.EducationV1(
                id=_text(item.id),
                degree=item.degree,
                school=item.school,
                field_of_study=item.field_of_study,
                start_time=month(call.zone, item.start_time),
                end_time=month(call.zone, item.end_time),
                end_time_v2=item.end_time,
                education_type=item.education_type,
                academic_ranking=item.academic_ranking,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.education_list)
        ],
        career_list=[
            shapes.CareerV1(
                id=_text(item.id),
                company=item.company,
                title=item.title,
                desc=item.desc,
                start_time=month(call.zone, item.start_time),
                end_time=month(call.zone, item.end_time),
                career_type=item.career_type,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.career_list)
        ],
        project_list=[
            shapes.ProjectV1(
                id=_text(item.id),
                name=item.name,
                role=item.role,
                link=item.link,
                desc=item.desc,
                start_time=month(call.zone, item.start_time),
                end_time=month(call.zone, item.end_time),
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.project_list)
        ],
        works_list=[
            shapes.WorkV1(
                id=_text(item.attachment_id) or _text(item.id),
                link=item.link,
                desc=item.desc,
                name=item.name,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.works_list)
        ],
        award_list=[
            shapes.AwardV1(
                id=_text(item.id),
                title=item.title,
                award_time=year(call.zone, item.award_time),
                desc=item.desc,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.award_list)
        ],
        language_list=[
            shapes.LanguageV1(
                id=_text(item.id),
                language=item.language,
                proficiency=item.proficiency,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.language_list)
        ],
        sns_list=[
            shapes.SnsV1(
                id=_text(item.id),
                sns_type=item.sns_type,
                link=item.link,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.sns_list)
        ],
        resume_source_list=_resume_sources(talent),
        interview_registration_list=[],
        registration_list=UNSET if objects is None else [],
        resume_attachment_id_list=_resume_attachments(talent),
        customized_data_list=UNSET if objects is None else custom_values.modules_v1(objects, talent),
        top_degree=top_degree(each(talent.education_list)),
        first_degree=first_degree(each(talent.education_list)),
    )


def _basic_v1(
    call: Call, row: TalentRow, talent: NewTalent, user_id_type: str, objects: Objects | None
) -> shapes.BasicInfoV1:
    person = talent.basic_info
    document = document_of(person)
    return shapes.BasicInfoV1(
        name=person.name,
        mobile=person.mobile,
        mobile_code=mobile_code(person),
        mobile_country_code=person.mobile_country_code,
        email=person.email,
        experience_years=years_since(call, person.start_work_time),
        age=years_since(call, person.birthday),
        nationality=UNSET if person.nationality_id is UNSET else shapes.Nationality(person.nationality_id),
        gender=person.gender,
        current_city=_city(person.current_city_code),
        hometown_city=_city(person.hometown_city_code),
        preferred_city_list=[shapes.City(code) for code in each(talent.preferred_city_code_list)],
        identification_type=document.identification_type,
        identification_number=document.identification_number,
        identification=UNSET
        if person.identification is UNSET
        else shapes.ShownIdentification(document.identification_type, document.identification_number),
        birthday=_seconds(person.birthday),
        creator_id=shown_user_id(call, user_id_type, talent.creator_id),
        marital_status=person.marital_status,
        current_home_address=person.current_home_address,
        customized_data_list=UNSET if objects is None else custom_values.fields_v1(objects, person.customized_data),
        modify_time=str(row.update_time),
        hukou_location_code=UNSET if objects is None else person.hukou_location_code,
    )


class Surroundings(msgspec.Struct, frozen=True):
    """What v2 shows around a profile. What the app may not see is not set."""

    similar: list[int]
    talent_pool_ids: list[int]
    talent_pools: list[shapes.TalentPoolRef] | UnsetType
    talent_folders: list[shapes.TalentFolderRef] | UnsetType
    talent_tags: list[shapes.TalentTagRef] | UnsetType
    block_info: shapes.BlockInfo | UnsetType
    notes: list[shapes.TalentNote] | UnsetType


def talent_v2(call: Call, row: TalentRow, objects: Objects, around: Surroundings) -> TalentV2:
    """A talent as v2 shows it."""
    talent = profiles.decoded(row.profile)
    careers = each(talent.career_list)

    def custom(given: list[custom_values.CustomField] | UnsetType) -> list[shapes.CustomFieldV2]:
        return custom_values.fields_v2(objects, given)

    def career(item: Career) -> shapes.CareerV2:
        return shapes.CareerV2(
            company_name=item.company,
            title=item.title,
            description=item.desc,
            start_time=month(call.zone, item.start_time),
            end_time=month(call.zone, item.end_time),
            customized_data_list=custom(item.customized_data),
        )

    return TalentV2(
        talent_id=str(row.talent_id),
        basic_info=_basic_v2(call, row, talent, objects),
        education_list=[
            shapes.EducationV2(
                degree=item.degree,
                school_name=item.school,
                major=item.field_of_study,
                start_time=month(call.zone, item.start_time),
                end_time=month(call.zone, item.end_time),
                education_type=item.education_type,
                academic_ranking=item.academic_ranking,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.education_list)
        ],
        career_list=[career(item) for item in careers if item.career_type != INTERNSHIP],
        internship_list=[career(item) for item in careers if item.career_type == INTERNSHIP],
        project_list=[
            shapes.ProjectV2(
                project_name=item.name,
                role=item.role,
                link=item.link,
                description=item.desc,
                start_time=month(call.zone, item.start_time),
                end_time=month(call.zone, item.end_time),
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.project_list)
        ],
        works_list=[
            shapes.WorkV2(
                id=_text(item.attachment_id) or _text(item.id),
                link=item.link,
                description=item.desc,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.works_list)
        ],
        award_list=[
            shapes.AwardV2(
                award_name=item.title,
                award_time=month(call.zone, item.award_time),
                description=item.desc,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.award_list)
        ],
        language_list=[
            shapes.LanguageV2(
                language=item.language,
                proficiency=item.proficiency,
                customized_data_list=custom(item.customized_data),
            )
            for item in each(talent.language_list)
        ],
        sns_list=[
            shapes.SnsV2(sns_type=item.sns_type, link=item.link, customized_data_list=custom(item.customized_data))
            for item in each(talent.sns_list)
        ],
        resume_source_list=_resume_sources(talent),
        customized_data_list=custom_values.modules_v2(objects, talent),
        resume_attachment_id_list=_resume_attachments(talent),
        resume_attachment_list=[shapes.ResumeAttachment(number) for number in _resume_attachments(talent)],
        interview_registration_list=[],
        registration_list=[],
        is_onboarded=row.is_onboarded,
        is_in_agency_period=False,
        top_degree=top_degree(each(talent.education_list)),
        similar_info_v2=shapes.SimilarInfo(bool(around.similar), [str(number) for number in around.similar]),
        talent_pool_id_list=[str(number) for number in around.talent_pool_ids],
        talent_pool_ref_list_v2=around.talent_pools,
        talent_folder_ref_list_v2=around.talent_folders,
        tag_list=around.talent_tags,
        block_info=around.block_info,
        note_list_v2=around.notes,
    )


def _basic_v2(call: Call, row: TalentRow, talent: NewTalent, objects: Objects) -> shapes.BasicInfoV2:
    person = talent.basic_info
    document = document_of(person)
    return shapes.BasicInfoV2(
        name=person.name,
        mobile_number=person.mobile,
        mobile_code=mobile_code(person),
        email=person.email,
        experience_years=years_since(call, person.start_work_time),
        age=years_since(call, person.birthday),
        nationality_code=person.nationality_id,
        gender=person.gender,
        current_location_code=person.current_city_code,
        hometown_location_code=person.hometown_city_code,
        preferred_location_code_list=list(each(talent.preferred_city_code_list)),
        home_address=person.current_home_address,
        identification_type=document.identification_type,
        identification_number=document.identification_number,
        birthday=_seconds(person.birthday),
        marital_status=person.marital_status,
        customized_data_list=custom_values.fields_v2(objects, person.customized_data),
        hukou_location_code=person.hukou_location_code,
        update_time=str(row.update_time),
        create_time=str(row.create_time),
    )


# What is worked out of a profile


def month(zone: ZoneInfo, milliseconds: OptionalText) -> OptionalText:
    """A moment as `YYYY-MM`."""
    if milliseconds is UNSET:
        return UNSET
    day = _day(zone, milliseconds)
    return f"{day.year:04d}-{day.month:02d}"


def year(zone: ZoneInfo, milliseconds: OptionalText) -> OptionalText:
    """A moment as `YYYY`."""
    return UNSET if milliseconds is UNSET else f"{_day(zone, milliseconds).year:04d}"


def years_since(call: Call, milliseconds: OptionalText) -> OptionalNumber:
    """Whole years from a moment's day to the call's; not set for a day to come."""
    if milliseconds is UNSET:
        return UNSET
    then, now = _day(call.zone, milliseconds), _day(call.zone, str(call.now))
    years = now.year - then.year - ((now.month, now.day) < (then.month, then.day))
    return years if years >= 0 else UNSET


def top_degree(educations: list[Education]) -> OptionalNumber:
    """The highest degree; `other` only where there is no better one."""
    degrees = [item.degree for item in educations if item.degree is not UNSET]
    return max((degree for degree in degrees if degree != OTHER_DEGREE), default=OTHER_DEGREE if degrees else UNSET)


def first_degree(educations: list[Education]) -> int:
    """The first degree from college on, in the numbers of contract §9; else below college, other, or none."""
    degrees = {item.degree for item in educations if item.degree is not UNSET}
    higher = degrees & FIRST_DEGREES.keys()
    if higher:
        return FIRST_DEGREES[min(higher)]
    if degrees - {OTHER_DEGREE}:
        return BELOW_COLLEGE
    return FIRST_OTHER if degrees else FIRST_NONE


def _day(zone: ZoneInfo, milliseconds: str) -> datetime:
    return (EPOCH + timedelta(milliseconds=int(milliseconds))).astimezone(zone)


def _seconds(milliseconds: OptionalText) -> OptionalNumber:
    return UNSET if milliseconds is UNSET else int(milliseconds) // 1000


def _text(text: OptionalText) -> str:
    return "" if text is UNSET else text


def _city(code: OptionalText) -> shapes.City | UnsetType:
    return UNSET if code is UNSET else shapes.City(code)


def mobile_code(person: BasicInfo) -> OptionalText:
    """The calling code the mobile is compared under: a number that begins with `+` brings its own."""
    if person.mobile is UNSET:
        return UNSET
    return mobile_form(person.mobile, person.mobile_country_code).rpartition(" ")[2]


def document_of(person: BasicInfo) -> Identification:
    """The person's identity document, empty where there is none."""
    return Identification() if person.identification is UNSET else person.identification


def _resume_sources(talent: NewTalent) -> list[shapes.ResumeSource]:
    sources = dict.fromkeys(
        given for given in (talent.resume_source_id, talent.init_source_id) if given is not UNSET and given
    )
    return [shapes.ResumeSource(source) for source in sources]


def _resume_attachments(talent: NewTalent) -> list[str]:
    number = talent.resume_attachment_id
    return [] if number is UNSET or not number else [number]
