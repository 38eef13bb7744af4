"""A person with all that both of the vendor's Node clients can send, and how v1 and v2 show them (contract §9, §10)."""

import itertools
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

# Midnights in Shanghai, the server's own time zone, in milliseconds.
YEAR_1990, YEAR_2012, YEAR_2016, YEAR_2020 = "631123200000", "1325347200000", "1451577600000", "1577808000000"

# All that both clients can send of a person beside what nobody else may have.
PERSON: dict[str, Any] = {
    "init_source_id": "source-1",
    "folder_id_list": ["FOLDER"],
    "creator_id": "ou_creator",
    "creator_account_type": 1,
    "resume_attachment_id": "file-1",
    "basic_info": {
        "name": "王 Wang",
        "mobile_country_code": "CN_1",
        "start_work_time": YEAR_2016,
        "birthday": YEAR_1990,
        "gender": 2,
        "nationality_id": "CN_1",
        "current_city_code": "CT_1",
        "hometown_city_code": "CT_2",
    },
    "education_list": [
        {
            "degree": 6,
            "school": "Tongji",
            "field_of_study": "Physics",
            "start_time": YEAR_2012,
            "end_time": YEAR_2016,
            "education_type": 1,
            "academic_ranking": 10,
        },
        {"degree": 7, "school": "Fudan", "academic_ranking": -1},
    ],
    "career_list": [
        {"company": "Acme", "title": "Intern", "desc": "Tea", "start_time": YEAR_2012, "career_type": 1},
        {"company": "Acme", "title": "Lead", "start_time": YEAR_2016, "end_time": YEAR_2020, "career_type": 2},
    ],
    "project_list": [
        {
            "name": "Bridge",
            "role": "Lead",
            "link": "https://b.example",
            "desc": "Built",
            "start_time": YEAR_2016,
            "end_time": YEAR_2020,
        }
    ],
    "works_list": [{"attachment_id": "file-2", "link": "https://w.example", "desc": "A poster"}],
    "award_list": [{"title": "First", "award_time": YEAR_2020, "desc": "Of two"}],
    "language_list": [{"language": 1, "proficiency": 5}],
    "sns_list": [{"sns_type": 1, "link": "https://s.example"}],
    "preferred_city_code_list": ["CT_3", "CT_4"],
    "self_evaluation": {"content": "Diligent"},
    # One row, as both clients' types have it.
    "customized_data": [
        {
            "object_id": "MODULE",
            "children": [{"object_id": "LINE", "value": "E1"}, {"object_id": "CHOICE", "value": "eu"}],
        }
    ],
}

# What it is in v1, without the ids of list items, who has it, and what changes with the years.
SHOWN_V1: dict[str, Any] = {
    "is_in_agency_period": False,
    "is_onboarded": False,
    "basic_info": {
        "name": "王 Wang",
        "mobile_code": "86",
        "mobile_country_code": "CN_1",
        "nationality": {"nationality_code": "CN_1"},
        "gender": 2,
        "current_city": {"city_code": "CT_1"},
        "hometown_city": {"city_code": "CT_2"},
        "preferred_city_list": [{"city_code": "CT_3"}, {"city_code": "CT_4"}],
        "identification_type": 2,
        "birthday": 631123200,
        "creator_id": "ou_creator",
        "customized_data_list": [],
    },
    "education_list": [
        {
            "degree": 6,
            "school": "Tongji",
            "field_of_study": "Physics",
            "start_time": "2012-01",
            "end_time": "2016-01",
            "end_time_v2": YEAR_2016,
            "education_type": 1,
            "academic_ranking": 10,
            "tag_list": [],
            "customized_data_list": [],
        },
        {"degree": 7, "school": "Fudan", "academic_ranking": -1, "tag_list": [], "customized_data_list": []},
    ],
    "career_list": [
        {
            "company": "Acme",
            "title": "Intern",
            "desc": "Tea",
            "start_time": "2012-01",
            "career_type": 1,
            "tag_list": [],
            "customized_data_list": [],
        },
        {
            "company": "Acme",
            "title": "Lead",
            "start_time": "2016-01",
            "end_time": "2020-01",
            "career_type": 2,
            "tag_list": [],
            "customized_data_list": [],
        },
    ],
    "project_list": [
        {
            "name": "Bridge",
            "role": "Lead",
            "link": "https://b.example",
            "desc": "Built",
            "start_time": "2016-01",
            "end_time": "2020-01",
            "customized_data_list": [],
        }
    ],
    "works_list": [{"id": "file-2", "link": "https://w.example", "desc": "A poster", "customized_data_list": []}],
    "award_list": [{"title": "First", "award_time": "2020", "desc": "Of two", "customized_data_list": []}],
    "language_list": [{"language": 1, "proficiency": 5, "customized_data_list": []}],
    "sns_list": [{"sns_type": 1, "link": "https://s.example", "customized_data_list": []}],
    "resume_source_list": [{"id": "source-1"}],
    "interview_registration_list": [],
    "registration_list": [],
    "resume_attachment_id_list": ["file-1"],
    "top_degree": 7,
    "first_degree": 3,
}

# And in v2, beside what is around a person.
SHOWN_V2: dict[str, Any] = {
    "basic_info": {
        "name": "王 Wang",
        "mobile_code": "86",
        "nationality_code": "CN_1",
        "gender": 2,
        "current_location_code": "CT_1",
        "hometown_location_code": "CT_2",
        "preferred_location_code_list": ["CT_3", "CT_4"],
        "identification_type": 2,
        "birthday": 631123200,
        "customized_data_list": [],
        "confidential": 2,
    },
    "education_list": [
        {
            "degree": 6,
            "school_name": "Tongji",
            "major": "Physics",
            "start_time": "2012-01",
            "end_time": "2016-01",
            "education_type": 1,
            "academic_ranking": 10,
            "tag_list": [],
            "customized_data_list": [],
        },
        {"degree": 7, "school_name": "Fudan", "academic_ranking": -1, "tag_list": [], "customized_data_list": []},
    ],
    "internship_list": [
        {
            "company_name": "Acme",
            "title": "Intern",
            "description": "Tea",
            "start_time": "2012-01",
            "customized_data_list": [],
        }
    ],
    "career_list": [
        {
            "company_name": "Acme",
            "title": "Lead",
            "start_time": "2016-01",
            "end_time": "2020-01",
            "customized_data_list": [],
        }
    ],
    "project_list": [
        {
            "project_name": "Bridge",
            "role": "Lead",
            "link": "https://b.example",
            "description": "Built",
            "start_time": "2016-01",
            "end_time": "2020-01",
            "customized_data_list": [],
        }
    ],
    "works_list": [
        {"id": "file-2", "link": "https://w.example", "description": "A poster", "customized_data_list": []}
    ],
    "award_list": [
        {"award_name": "First", "award_time": "2020-01", "description": "Of two", "customized_data_list": []}
    ],
    "language_list": [{"language": 1, "proficiency": 5, "customized_data_list": []}],
    "sns_list": [{"sns_type": 1, "link": "https://s.example", "customized_data_list": []}],
    "resume_source_list": [{"id": "source-1"}],
    "resume_attachment_id_list": ["file-1"],
    "resume_attachment_list": [{"id": "file-1"}],
    "interview_registration_list": [],
    "registration_list": [],
    "is_onboarded": False,
    "is_in_agency_period": False,
    "top_degree": 7,
    "talent_pool_id_list": [],
    "talent_pool_ref_list_v2": [],
    "tag_list": [],
    "note_list_v2": [],
}

# The lists of v1 whose items have an id of the server's own.
NUMBERED = ("education_list", "career_list", "project_list", "award_list", "language_list", "sns_list")
LISTS = (*NUMBERED, "works_list")

_numbers = itertools.count(1)


def identities() -> dict[str, Any]:
    """What one person alone has."""
    number = next(_numbers)
    document = {"identification_type": 2, "identification_number": f"E{number:08}"}
    mobile, email = f"1380000{number:04}", f"wang{number}@example.com"
    return {"mobile": mobile, "email": email, "identification": document}


def new_word() -> str:
    """A word that is nobody's yet."""
    return f"qilin{next(_numbers)}"


def years_since(year: int) -> int:
    """Whole years since a year began."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).year - year


def without_item_ids(talent: dict[str, Any]) -> dict[str, Any]:
    """A talent of v1 without its lists' ids, each of which is a number as a string and no other's."""
    lists = {name: [dict(item) for item in talent[name]] for name in NUMBERED}
    found = [item.pop("id") for items in lists.values() for item in items]
    assert all(number.isdigit() for number in found)
    assert len(set(found)) == len(found)
    return {**talent, **lists}


def expected_v1(who: str, own: dict[str, Any]) -> dict[str, Any]:
    number = own["identification"]["identification_number"]
    ages = {"age": years_since(1990), "experience_years": years_since(2016)}
    basic_info = {**SHOWN_V1["basic_info"], **own, **ages, "identification_number": number}
    return {**SHOWN_V1, "id": who, "basic_info": basic_info}


def expected_v2(who: str, own: dict[str, Any]) -> dict[str, Any]:
    number = own["identification"]["identification_number"]
    ages = {"age": years_since(1990), "experience_years": years_since(2016)}
    own = {"mobile_number": own["mobile"], "email": own["email"], "identification_number": number}
    return {**SHOWN_V2, "talent_id": who, "basic_info": {**SHOWN_V2["basic_info"], **own, **ages}}


def texts(name: str) -> dict[str, str]:
    return {"zh_cn": "", "en_us": name}


def custom_rows(things: dict[str, str], key: str, *rows: str) -> list[dict[str, Any]]:
    """Rows of the custom module with one line each and the choice EU, as they are shown."""
    choice = {"option": {"key": "eu", "name": texts("Union")}}
    where = {"object_id": things["CHOICE"], "name": texts("Where"), "object_type": 3, "value": choice}
    return [
        {
            key: things["MODULE"],
            "name": texts("Visas"),
            "object_type": 11,
            "children": [
                {"object_id": things["LINE"], "name": texts("Number"), "object_type": 1, "value": {"content": line}},
                where,
            ],
        }
        for line in rows
    ]
