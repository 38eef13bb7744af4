"""Somebody of whom everything is known: as the vendor's Python client can send it, and as v1 and v2 show it."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from lark_oapi.api.hire import v1

ZONE = ZoneInfo("Asia/Shanghai")


class Fields(NamedTuple):
    """Custom fields: of each type in the basic information and in a module, and one in each other part."""

    basic: dict[int, str]
    module: str
    children: dict[int, str]
    parts: dict[int, str]


OPTIONS = [{"key": key, "name": {"zh_cn": f"选项 {key}", "en_us": f"option {key}"}} for key in ("a", "b")]
MOMENT, MOMENT_SECONDS = "1627379423000", "1627379423"
FILE = {"file_id": "7250161881116838204", "content_type": "application/pdf", "file_size": 2048}

# By type: the value as it is sent, and as it is shown but for the name of a file.
VALUES: dict[int, tuple[str, dict[str, Any]]] = {
    1: ("一行", {"content": "一行"}),
    2: ("two\nlines", {"content": "two\nlines"}),
    3: ("a", {"option": OPTIONS[0]}),
    4: ('["a", "b"]', {"option_list": OPTIONS}),
    5: (MOMENT, {"time": MOMENT_SECONDS}),
    6: (MOMENT, {"time": MOMENT_SECONDS}),
    7: (MOMENT, {"time": MOMENT_SECONDS}),
    8: (f'["{MOMENT}", "-"]', {"time_range": {"start_time": MOMENT_SECONDS, "end_time": "-"}}),
    9: ("2.5", {"number": "2.5"}),
    12: (MOMENT, {"time": MOMENT_SECONDS}),
    13: (json.dumps([{**FILE, "name": "cv.pdf"}]), {"customized_attachment": [FILE]}),
}
FILE_NAME = {"v1": "name", "v2": "file_name"}
EDUCATION, CAREER, PROJECT, WORKS, AWARD, LANGUAGE, SNS, SELF_EVALUATION = range(2, 10)


def name_of(object_type: int) -> dict[str, str]:
    return {"zh_cn": f"类型 {object_type}", "en_us": f"type {object_type}"}


def ms(year: int, month: int = 1) -> str:
    """The first moment of a month in Shanghai, in ms."""
    return str(int(datetime(year, month, 1, tzinfo=ZONE).timestamp() * 1000))


def person(mark: str, fields: Fields, folders: list[str]) -> dict[str, Any]:
    """A body with everything that the SDK's models of combined_create have."""

    def custom(part: int) -> dict[str, Any]:
        return {"customized_data": [{"object_id": fields.parts[part], "value": f"part {part}"}]}

    return {
        "init_source_id": "6900000000000000001",
        "resume_source_id": "6900000000000000002",
        "folder_id_list": folders,
        "creator_id": "ou_creator",
        "creator_account_type": 1,
        "resume_attachment_id": "6900000000000000003",
        "basic_info": {
            "name": f"林小满{mark}",
            "mobile": f"138{mark:0>8}",
            "mobile_country_code": "CN_1",
            "email": f"xiaoman-{mark}@example.com",
            "identification_type": 2,
            "identification_number": f"PASSPORT{mark}",
            "identification": {"identification_type": 1, "identification_number": f"CARD{mark}"},
            "start_work_time": ms(2015),
            "birthday": ms(1990),
            "gender": 2,
            "nationality_id": "CN_1",
            "current_city_code": "CT_1",
            "hometown_city_code": "CT_2",
            "customized_data": [{"object_id": fields.basic[kind], "value": VALUES[kind][0]} for kind in VALUES],
        },
        "education_list": [
            {
                "id": "1",
                "degree": 6,
                "school": f"大学{mark}",
                "field_of_study": "数学",
                "start_time": ms(2008, 9),
                "end_time": ms(2012, 7),
                "education_type": 1,
                "academic_ranking": 5,
                **custom(EDUCATION),
            }
        ],
        "career_list": [
            {
                "id": "1",
                "company": "Acme",
                "title": "engineer",
                "desc": "built things",
                "start_time": ms(2015, 2),
                "end_time": ms(2020, 3),
                "career_type": career_type,
                **custom(CAREER),
            }
            for career_type in (1, 2)
        ],
        "project_list": [
            {
                "id": "1",
                "name": "Rocket",
                "role": "lead",
                "link": "https://example.com/rocket",
                "desc": "flew",
                "start_time": ms(2016, 1),
                "end_time": ms(2017, 12),
                **custom(PROJECT),
            }
        ],
        "works_list": [
            {"id": "1", "link": "https://example.com/w", "desc": "a book", "attachment_id": "77", **custom(WORKS)}
        ],
        "award_list": [{"id": "1", "title": "gold", "award_time": ms(2018, 5), "desc": "first", **custom(AWARD)}],
        "language_list": [{"id": "1", "language": 29, "proficiency": 5, **custom(LANGUAGE)}],
        "sns_list": [{"id": "1", "sns_type": 11, "link": "https://example.com/me", **custom(SNS)}],
        "preferred_city_code_list": ["CT_3", "CT_4"],
        "self_evaluation": {"id": "1", "content": "curious", **custom(SELF_EVALUATION)},
        "customized_data": [
            {
                "object_id": fields.module,
                "children": [{"object_id": fields.children[kind], "value": VALUES[kind][0]} for kind in VALUES],
            }
        ],
    }


def absent(model: Any, sent: dict[str, Any], place: str = "") -> Iterator[str]:
    """What the SDK's model has and a body has not. A custom field has a value and a module children, never both."""
    for name, kind in model._types.items():
        where = f"{place}.{name}"
        if name not in sent:
            if model is not v1.TalentCustomizedDataObjectValue or not {"value", "children"} & sent.keys():
                yield where
            continue
        inner = (get_args(kind) or (kind,))[0]
        if hasattr(inner, "_types"):
            items = sent[name] if isinstance(sent[name], list) else [sent[name]]
            assert items, where
            for item in items:
                yield from absent(inner, item, where)


def shown_custom(objects: dict[int, str], shape: str) -> list[dict[str, Any]]:
    """The values of all types as they are shown."""
    file = {**FILE, FILE_NAME[shape]: "cv.pdf"}
    values = {kind: shown for kind, (_, shown) in VALUES.items()} | {13: {"customized_attachment": [file]}}
    return [
        {"object_id": objects[kind], "name": name_of(kind), "object_type": kind, "value": value}
        for kind, value in values.items()
    ]


def shown_line(fields: Fields, part: int) -> dict[str, Any]:
    """The one custom value of a part as it is shown."""
    line = {"object_id": fields.parts[part], "name": name_of(1), "object_type": 1}
    return {"customized_data_list": [{**line, "value": {"content": f"part {part}"}}]}


def years_since(year: int) -> int:
    """Whole years since the first of January of a year."""
    return datetime.now(ZONE).year - year


def shown_v1(mark: str, fields: Fields) -> dict[str, Any]:
    """What v1 shows of `person`, but for the ids that the server gave and the time of the change."""
    return {
        "is_in_agency_period": False,
        "is_onboarded": False,
        "basic_info": {
            "name": f"林小满{mark}",
            "mobile": f"138{mark:0>8}",
            "mobile_code": "86",
            "mobile_country_code": "CN_1",
            "email": f"xiaoman-{mark}@example.com",
            "experience_years": years_since(2015),
            "age": years_since(1990),
            "nationality": {"nationality_code": "CN_1"},
            "gender": 2,
            "current_city": {"city_code": "CT_1"},
            "hometown_city": {"city_code": "CT_2"},
            "preferred_city_list": [{"city_code": "CT_3"}, {"city_code": "CT_4"}],
            "identification_type": 1,
            "identification_number": f"CARD{mark}",
            "identification": {"identification_type": 1, "identification_number": f"CARD{mark}"},
            "birthday": int(ms(1990)) // 1000,
            "creator_id": "ou_creator",
            "customized_data_list": shown_custom(fields.basic, "v1"),
        },
        "education_list": [
            {
                "degree": 6,
                "school": f"大学{mark}",
                "field_of_study": "数学",
                "start_time": "2008-09",
                "end_time": "2012-07",
                "end_time_v2": ms(2012, 7),
                "education_type": 1,
                "academic_ranking": 5,
                "tag_list": [],
                **shown_line(fields, EDUCATION),
            }
        ],
        "career_list": [
            {
                "company": "Acme",
                "title": "engineer",
                "desc": "built things",
                "start_time": "2015-02",
                "end_time": "2020-03",
                "career_type": career_type,
                "tag_list": [],
                **shown_line(fields, CAREER),
            }
            for career_type in (1, 2)
        ],
        "project_list": [
            {
                "name": "Rocket",
                "role": "lead",
                "link": "https://example.com/rocket",
                "desc": "flew",
                "start_time": "2016-01",
                "end_time": "2017-12",
                **shown_line(fields, PROJECT),
            }
        ],
        "works_list": [
            {"id": "77", "link": "https://example.com/w", "desc": "a book", **shown_line(fields, WORKS)},
        ],
        "award_list": [{"title": "gold", "award_time": "2018", "desc": "first", **shown_line(fields, AWARD)}],
        "language_list": [{"language": 29, "proficiency": 5, **shown_line(fields, LANGUAGE)}],
        "sns_list": [{"sns_type": 11, "link": "https://example.com/me", **shown_line(fields, SNS)}],
        "resume_source_list": [{"id": "6900000000000000002"}, {"id": "6900000000000000001"}],
        "interview_registration_list": [],
        "registration_list": [],
        "resume_attachment_id_list": ["6900000000000000003"],
        "customized_data_list": [
            {
                "object_id": fields.module,
                "name": name_of(11),
                "object_type": 11,
                "children": shown_custom(fields.children, "v1"),
            }
        ],
        "top_degree": 6,
        "first_degree": 3,
    }


def without_custom_fields(talent: dict[str, Any]) -> dict[str, Any]:
    """What v1's list shows of a talent whom v1 shows so: the custom fields and the registrations are left out."""
    items = {name: value for name, value in talent.items() if name not in ("customized_data_list", "registration_list")}
    return {name: _without_custom(value) for name, value in items.items()}


def _without_custom(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_custom(item) for item in value]
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if name != "customized_data_list"}
    return value


def take_given_ids(talent: dict[str, Any]) -> list[str]:
    """Take the ids of the items of lists out of what v1 shows, but for those of works: these were sent."""
    lists = ("education_list", "career_list", "project_list", "award_list", "language_list", "sns_list")
    return [item.pop("id") for name in lists for item in talent[name]]


def shown_v2(mark: str, fields: Fields) -> dict[str, Any]:
    """What v2 shows of `person`, but for ids, times and what is around a profile."""
    career = {
        "company_name": "Acme",
        "title": "engineer",
        "description": "built things",
        "start_time": "2015-02",
        "end_time": "2020-03",
        **shown_line(fields, CAREER),
    }
    return {
        "basic_info": {
            "name": f"林小满{mark}",
            "mobile_number": f"138{mark:0>8}",
            "mobile_code": "86",
            "email": f"xiaoman-{mark}@example.com",
            "experience_years": years_since(2015),
            "age": years_since(1990),
            "nationality_code": "CN_1",
            "gender": 2,
            "current_location_code": "CT_1",
            "hometown_location_code": "CT_2",
            "preferred_location_code_list": ["CT_3", "CT_4"],
            "identification_type": 1,
            "identification_number": f"CARD{mark}",
            "birthday": int(ms(1990)) // 1000,
            "customized_data_list": shown_custom(fields.basic, "v2"),
            "confidential": 2,
        },
        "education_list": [
            {
                "degree": 6,
                "school_name": f"大学{mark}",
                "major": "数学",
                "start_time": "2008-09",
                "end_time": "2012-07",
                "education_type": 1,
                "academic_ranking": 5,
                "tag_list": [],
                **shown_line(fields, EDUCATION),
            }
        ],
        "career_list": [career],
        "internship_list": [career],
        "project_list": [
            {
                "project_name": "Rocket",
                "role": "lead",
                "link": "https://example.com/rocket",
                "description": "flew",
                "start_time": "2016-01",
                "end_time": "2017-12",
                **shown_line(fields, PROJECT),
            }
        ],
        "works_list": [
            {"id": "77", "link": "https://example.com/w", "description": "a book", **shown_line(fields, WORKS)}
        ],
        "award_list": [
            {"award_name": "gold", "award_time": "2018-05", "description": "first", **shown_line(fields, AWARD)}
        ],
        "language_list": [{"language": 29, "proficiency": 5, **shown_line(fields, LANGUAGE)}],
        "sns_list": [{"sns_type": 11, "link": "https://example.com/me", **shown_line(fields, SNS)}],
        "resume_source_list": [{"id": "6900000000000000002"}, {"id": "6900000000000000001"}],
        "customized_data_list": [
            {
                "module_id": fields.module,
                "name": name_of(11),
                "object_type": 11,
                "children": shown_custom(fields.children, "v2"),
            }
        ],
        "resume_attachment_id_list": ["6900000000000000003"],
        "resume_attachment_list": [{"id": "6900000000000000003"}],
        "interview_registration_list": [],
        "registration_list": [],
        "is_onboarded": False,
        "is_in_agency_period": False,
        "top_degree": 6,
        "similar_info_v2": {"is_similar_talent": False, "similar_talent_id_list": []},
        "talent_pool_id_list": [],
        "talent_pool_ref_list_v2": [],
        "tag_list": [],
        "note_list_v2": [],
    }
