"""Talents in the shape of v1 (contract §9)."""

from msgspec import UNSET, UnsetType

from rencai.contract import profiles as kept
from rencai.contract import talent_views as shapes
from rencai.contract.talent_views import OptionalText, TalentV1
from rencai.operations import custom_values, profiles
from rencai.operations import talent_views as views
from rencai.operations.call import Call
from rencai.operations.profiles import each
from rencai.operations.talent_objects import Objects
from rencai.operations.talent_views import TalentRow, month, year
from rencai.operations.users import shown_user_id


def shown(call: Call, row: TalentRow, user_id_type: str, objects: Objects | None) -> TalentV1:
    """A talent as v1 shows it; without `objects` the summary of the list, which has no custom fields."""
    talent = profiles.decoded(row.profile)
    items = _Items(call, objects)
    educations = each(talent.education_list)
    return TalentV1(
        id=str(row.talent_id),
        is_in_agency_period=False,
        is_onboarded=row.is_onboarded,
        basic_info=_basic_info(call, row, talent, user_id_type, objects),
        education_list=[items.education(item) for item in educations],
        career_list=[items.career(item) for item in each(talent.career_list)],
        project_list=[items.project(item) for item in each(talent.project_list)],
        works_list=[items.work(item) for item in each(talent.works_list)],
        award_list=[items.award(item) for item in each(talent.award_list)],
        language_list=[items.language(item) for item in each(talent.language_list)],
        sns_list=[items.sns(item) for item in each(talent.sns_list)],
        resume_source_list=views.resume_sources(talent),
        interview_registration_list=[],
        registration_list=UNSET if objects is None else [],
        resume_attachment_id_list=views.resume_attachments(talent),
        customized_data_list=UNSET if objects is None else custom_values.modules_v1(objects, talent),
        top_degree=views.top_degree(educations),
        first_degree=views.first_degree(educations),
    )


def _basic_info(
    call: Call, row: TalentRow, talent: kept.NewTalent, user_id_type: str, objects: Objects | None
) -> shapes.BasicInfoV1:
    person = talent.basic_info
    document = views.document_of(person)
    return shapes.BasicInfoV1(
        name=person.name,
        mobile=person.mobile,
        mobile_code=views.mobile_code(person),
        mobile_country_code=person.mobile_country_code,
        email=person.email,
        experience_years=views.years_since(call, person.start_work_time),
        age=views.years_since(call, person.birthday),
        nationality=UNSET if person.nationality_id is UNSET else shapes.Nationality(person.nationality_id),
        gender=person.gender,
        current_city=_city(person.current_city_code),
        hometown_city=_city(person.hometown_city_code),
        preferred_city_list=[shapes.City(code) for code in each(talent.preferred_city_code_list)],
        identification_type=document.identification_type,
        identification_number=document.identification_number,
        identification=_identification(person),
        birthday=views.seconds(person.birthday),
        creator_id=shown_user_id(call, user_id_type, talent.creator_id),
        marital_status=person.marital_status,
        current_home_address=person.current_home_address,
        customized_data_list=_custom(objects, person.customized_data),
        modify_time=str(row.update_time),
        hukou_location_code=UNSET if objects is None else person.hukou_location_code,
    )


class _Items:
    """Shows the items of a profile's lists."""

    def __init__(self, call: Call, objects: Objects | None) -> None:
        self._zone = call.zone
        self._objects = objects

    def education(self, item: kept.Education) -> shapes.EducationV1:
        return shapes.EducationV1(
            id=views.shown_id(item.id),
            degree=item.degree,
            school=item.school,
            field_of_study=item.field_of_study,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            end_time_v2=item.end_time,
            education_type=item.education_type,
            academic_ranking=item.academic_ranking,
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def career(self, item: kept.Career) -> shapes.CareerV1:
        return shapes.CareerV1(
            id=views.shown_id(item.id),
            company=item.company,
            title=item.title,
            desc=item.desc,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            career_type=item.career_type,
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def project(self, item: kept.Project) -> shapes.ProjectV1:
        return shapes.ProjectV1(
            id=views.shown_id(item.id),
            name=item.name,
            role=item.role,
            link=item.link,
            desc=item.desc,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def work(self, item: kept.Work) -> shapes.WorkV1:
        return shapes.WorkV1(
            id=views.shown_id(item.attachment_id, item.id),
            link=item.link,
            desc=item.desc,
            name=item.name,
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def award(self, item: kept.Award) -> shapes.AwardV1:
        return shapes.AwardV1(
            id=views.shown_id(item.id),
            title=item.title,
            award_time=year(self._zone, item.award_time),
            desc=item.desc,
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def language(self, item: kept.Language) -> shapes.LanguageV1:
        return shapes.LanguageV1(
            id=views.shown_id(item.id),
            language=item.language,
            proficiency=item.proficiency,
            customized_data_list=_custom(self._objects, item.customized_data),
        )

    def sns(self, item: kept.Sns) -> shapes.SnsV1:
        return shapes.SnsV1(
            id=views.shown_id(item.id),
            sns_type=item.sns_type,
            link=item.link,
            customized_data_list=_custom(self._objects, item.customized_data),
        )


def _custom(
    objects: Objects | None, given: list[kept.CustomField] | UnsetType
) -> list[shapes.CustomFieldV1] | UnsetType:
    return UNSET if objects is None else custom_values.fields_v1(objects, given)


def _city(code: OptionalText) -> shapes.City | UnsetType:
    return UNSET if code is UNSET else shapes.City(code)


def _identification(person: kept.BasicInfo) -> shapes.ShownIdentification | UnsetType:
    given = person.identification
    if given is UNSET:
        return UNSET
    return shapes.ShownIdentification(given.identification_type, given.identification_number)
