"""Talents in the shape of v2, with what stands around them (contract §9)."""

import msgspec
from msgspec import UnsetType

from rencai.contract import profiles as kept
from rencai.contract import talent_views as shapes
from rencai.contract.talent_views import TalentV2
from rencai.operations import custom_values, profiles
from rencai.operations import talent_views as views
from rencai.operations.call import Call
from rencai.operations.profiles import each
from rencai.operations.talent_objects import Objects
from rencai.operations.talent_views import TalentRow, month

INTERNSHIP = 1


class Surroundings(msgspec.Struct, frozen=True):
    """What v2 shows around a profile. What the app may not see is not set."""

    similar: list[int]
    talent_pool_ids: list[int]
    talent_pools: list[shapes.TalentPoolRef] | UnsetType
    talent_folders: list[shapes.TalentFolderRef] | UnsetType
    talent_tags: list[shapes.TalentTagRef] | UnsetType
    block_info: shapes.BlockInfo | UnsetType
    notes: list[shapes.TalentNote] | UnsetType


def shown(call: Call, row: TalentRow, objects: Objects, around: Surroundings) -> TalentV2:
    """A talent as v2 shows it."""
    talent = profiles.decoded(row.profile)
    items = _Items(call, objects)
    careers = each(talent.career_list)
    attachments = views.resume_attachments(talent)
    return TalentV2(
        talent_id=str(row.talent_id),
        basic_info=_basic_info(call, row, talent, objects),
        education_list=[items.education(item) for item in each(talent.education_list)],
        career_list=[items.career(item) for item in careers if item.career_type != INTERNSHIP],
        internship_list=[items.career(item) for item in careers if item.career_type == INTERNSHIP],
        project_list=[items.project(item) for item in each(talent.project_list)],
        works_list=[items.work(item) for item in each(talent.works_list)],
        award_list=[items.award(item) for item in each(talent.award_list)],
        language_list=[items.language(item) for item in each(talent.language_list)],
        sns_list=[items.sns(item) for item in each(talent.sns_list)],
        resume_source_list=views.resume_sources(talent),
        customized_data_list=custom_values.modules_v2(objects, talent),
        resume_attachment_id_list=attachments,
        resume_attachment_list=[shapes.ResumeAttachment(number) for number in attachments],
        interview_registration_list=[],
        registration_list=[],
        is_onboarded=row.is_onboarded,
        is_in_agency_period=False,
        top_degree=views.top_degree(each(talent.education_list)),
        similar_info_v2=shapes.SimilarInfo(bool(around.similar), [str(number) for number in around.similar]),
        talent_pool_id_list=[str(number) for number in around.talent_pool_ids],
        talent_pool_ref_list_v2=around.talent_pools,
        talent_folder_ref_list_v2=around.talent_folders,
        tag_list=around.talent_tags,
        block_info=around.block_info,
        note_list_v2=around.notes,
    )


def _basic_info(call: Call, row: TalentRow, talent: kept.NewTalent, objects: Objects) -> shapes.BasicInfoV2:
    person = talent.basic_info
    document = views.document_of(person)
    return shapes.BasicInfoV2(
        name=person.name,
        mobile_number=person.mobile,
        mobile_code=views.mobile_code(person),
        email=person.email,
        experience_years=views.years_since(call, person.start_work_time),
        age=views.years_since(call, person.birthday),
        nationality_code=person.nationality_id,
        gender=person.gender,
        current_location_code=person.current_city_code,
        hometown_location_code=person.hometown_city_code,
        preferred_location_code_list=list(each(talent.preferred_city_code_list)),
        home_address=person.current_home_address,
        identification_type=document.identification_type,
        identification_number=document.identification_number,
        birthday=views.seconds(person.birthday),
        marital_status=person.marital_status,
        customized_data_list=custom_values.fields_v2(objects, person.customized_data),
        hukou_location_code=person.hukou_location_code,
        update_time=str(row.update_time),
        create_time=str(row.create_time),
    )


class _Items:
    """Shows the items of a profile's lists."""

    def __init__(self, call: Call, objects: Objects) -> None:
        self._zone = call.zone
        self._objects = objects

    def education(self, item: kept.Education) -> shapes.EducationV2:
        return shapes.EducationV2(
            degree=item.degree,
            school_name=item.school,
            major=item.field_of_study,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            education_type=item.education_type,
            academic_ranking=item.academic_ranking,
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def career(self, item: kept.Career) -> shapes.CareerV2:
        return shapes.CareerV2(
            company_name=item.company,
            title=item.title,
            description=item.desc,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def project(self, item: kept.Project) -> shapes.ProjectV2:
        return shapes.ProjectV2(
            project_name=item.name,
            role=item.role,
            link=item.link,
            description=item.desc,
            start_time=month(self._zone, item.start_time),
            end_time=month(self._zone, item.end_time),
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def work(self, item: kept.Work) -> shapes.WorkV2:
        return shapes.WorkV2(
            id=views.shown_id(item.attachment_id, item.id),
            link=item.link,
            description=item.desc,
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def award(self, item: kept.Award) -> shapes.AwardV2:
        return shapes.AwardV2(
            award_name=item.title,
            award_time=month(self._zone, item.award_time),
            description=item.desc,
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def language(self, item: kept.Language) -> shapes.LanguageV2:
        return shapes.LanguageV2(
            language=item.language,
            proficiency=item.proficiency,
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )

    def sns(self, item: kept.Sns) -> shapes.SnsV2:
        return shapes.SnsV2(
            sns_type=item.sns_type,
            link=item.link,
            customized_data_list=custom_values.fields_v2(self._objects, item.customized_data),
        )
