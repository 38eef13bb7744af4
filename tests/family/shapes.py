"""A talent in words that v1, v2 and the model share, so that the three can be held against each other."""

from typing import Any

from family.world import Talent, Tenant, document_of, identities_of

Json = dict[str, Any]

# Our word for a field, v1's and v2's.
_PERSON = (
    ("name", "name", "name"),
    ("mobile", "mobile", "mobile_number"),
    ("mobile_code", "mobile_code", "mobile_code"),
    ("email", "email", "email"),
    ("experience_years", "experience_years", "experience_years"),
    ("age", "age", "age"),
    ("gender", "gender", "gender"),
    ("identification_type", "identification_type", "identification_type"),
    ("identification_number", "identification_number", "identification_number"),
    ("birthday", "birthday", "birthday"),
    ("marital_status", "marital_status", "marital_status"),
    ("home_address", "current_home_address", "home_address"),
    ("hukou", "hukou_location_code", "hukou_location_code"),
    ("update_time", "modify_time", "update_time"),
    ("values", "customized_data_list", "customized_data_list"),
)
_DATES = (("start_time", "start_time", "start_time"), ("end_time", "end_time", "end_time"))
_CAREER = (
    ("company", "company", "company_name"),
    ("title", "title", "title"),
    ("desc", "desc", "description"),
    *_DATES,
)
_ITEMS = {
    "education_list": (
        ("school", "school", "school_name"),
        ("field_of_study", "field_of_study", "major"),
        ("degree", "degree", "degree"),
        ("education_type", "education_type", "education_type"),
        ("academic_ranking", "academic_ranking", "academic_ranking"),
        *_DATES,
    ),
    "project_list": (
        ("name", "name", "project_name"),
        ("role", "role", "role"),
        ("link", "link", "link"),
        ("desc", "desc", "description"),
        *_DATES,
    ),
    "works_list": (("id", "id", "id"), ("link", "link", "link"), ("desc", "desc", "description")),
    "award_list": (("title", "title", "award_name"), ("desc", "desc", "description")),
    "language_list": (("language", "language", "language"), ("proficiency", "proficiency", "proficiency")),
    "sns_list": (("sns_type", "sns_type", "sns_type"), ("link", "link", "link")),
}
_SAME = (
    "is_onboarded",
    "is_in_agency_period",
    "resume_source_list",
    "resume_attachment_id_list",
    "interview_registration_list",
    "registration_list",
)
_SHOWN_MOMENTS = ("start_time", "end_time")


def of_v1(shown: Json) -> Json:
    """A talent of v1 in our words."""
    person = shown["basic_info"]
    common = {ours: person.get(v1) for ours, v1, _ in _PERSON}
    common |= {
        "id": shown["id"],
        "nationality": person.get("nationality", {}).get("nationality_code"),
        "current_city": person.get("current_city", {}).get("city_code"),
        "hometown_city": person.get("hometown_city", {}).get("city_code"),
        "preferred": [city["city_code"] for city in person["preferred_city_list"]],
        "award_years": [item.get("award_time") for item in shown["award_list"]],
        "top_degree": shown.get("top_degree"),
        "modules": shown["customized_data_list"],
    }
    for name, fields in _ITEMS.items():
        common[name] = [_item(item, [(ours, v1) for ours, v1, _ in fields]) for item in shown[name]]
    careers = [
        (item.get("career_type"), _item(item, [(ours, v1) for ours, v1, _ in _CAREER])) for item in shown["career_list"]
    ]
    common["career_list"] = [item for kind, item in careers if kind != 1]
    common["internship_list"] = [item for kind, item in careers if kind == 1]
    return common | {name: shown[name] for name in _SAME}


def of_v2(shown: Json) -> Json:
    """A talent of v2 in our words: the part that v1 shows too."""
    person = shown["basic_info"]
    common = {ours: person.get(v2) for ours, _, v2 in _PERSON}
    common |= {
        "id": shown["talent_id"],
        "nationality": person.get("nationality_code"),
        "current_city": person.get("current_location_code"),
        "hometown_city": person.get("hometown_location_code"),
        "preferred": person["preferred_location_code_list"],
        "award_years": [item["award_time"][:4] if "award_time" in item else None for item in shown["award_list"]],
        "top_degree": shown.get("top_degree"),
        "modules": [_as_in_v1(module) for module in shown["customized_data_list"]],
    }
    lists = {**_ITEMS, "career_list": _CAREER, "internship_list": _CAREER}
    for name, fields in lists.items():
        common[name] = [_item(item, [(ours, v2) for ours, _, v2 in fields]) for item in shown[name]]
    return common | {name: shown[name] for name in _SAME}


def _item(item: Json, names: list[tuple[str, str]]) -> Json:
    found = {ours: item.get(theirs) for ours, theirs in names}
    return {**found, "values": item["customized_data_list"]}


def _as_in_v1(module: Json) -> Json:
    return {("object_id" if name == "module_id" else name): value for name, value in module.items()}


def of_model(tenant: Tenant, talent: Talent) -> Json:
    """A talent of the model in our words: the part that it knows."""
    profile, person = talent.profile, talent.person
    document = document_of(person)
    mobile = identities_of(person).get("mobile", "")
    degrees = [item["degree"] for item in profile.get("education_list", []) if "degree" in item]
    careers = profile.get("career_list", [])
    return {
        "id": talent.talent_id,
        "name": person["name"],
        "mobile": person.get("mobile"),
        "mobile_code": mobile.partition(" ")[2] or None,
        "email": person.get("email"),
        "gender": person.get("gender"),
        "identification_type": document.get("identification_type"),
        "identification_number": document.get("identification_number"),
        "birthday": int(person["birthday"]) // 1000 if "birthday" in person else None,
        "home_address": person.get("current_home_address"),
        "update_time": talent.update_time,
        "values": tenant.shown_values(person.get("customized_data", [])),
        "current_city": person.get("current_city_code"),
        "preferred": profile.get("preferred_city_code_list", []),
        "resume_source_list": [{"id": profile["resume_source_id"]}] if "resume_source_id" in profile else [],
        "is_onboarded": talent.standing == "on board",
        "is_in_agency_period": False,
        "top_degree": max((degree for degree in degrees if degree != 9), default=9 if degrees else None),
        "modules": [
            {
                "object_id": module["object_id"],
                "name": {"zh_cn": "", "en_us": tenant.fields[module["object_id"]].name},
                "object_type": 11,
                "children": tenant.shown_values(row),
            }
            for module in profile.get("customized_data", [])
            for row in module["children"]
        ],
        **{name: [_kept(name, item) for item in profile.get(name, [])] for name in _ITEMS},
        "career_list": [_kept("career_list", item) for item in careers if item.get("career_type") != 1],
        "internship_list": [_kept("career_list", item) for item in careers if item.get("career_type") == 1],
    }


def _kept(name: str, item: Json) -> Json:
    """An item of a list as sent, but for its moments, which are shown as months and years."""
    fields = _ITEMS.get(name, _CAREER)
    found = {ours: item.get(ours) for ours, _, _ in fields if ours not in _SHOWN_MOMENTS}
    if name == "works_list":
        found["id"] = item["attachment_id"]
    return {**found, "values": []}


def without_moments(common: Json) -> Json:
    """What v1 and v2 show, without the months that the model does not work out."""
    lists = (*_ITEMS, "career_list", "internship_list")
    return common | {
        name: [{k: v for k, v in item.items() if k not in _SHOWN_MOMENTS} for item in common[name]] for name in lists
    }
