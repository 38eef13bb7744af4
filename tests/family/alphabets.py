"""Few texts in many spellings, so that people meet: the same name, school, company, e-mail or mobile time and again."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

NAMES = ("王 小明", "王小明", "Wang Xiaoming", "ＷＡＮＧ　xiaoming", "Andrea Li", "andrea  LI", "李 雷")
SCHOOLS = ("清华大学", "Tsinghua University", "tsinghua  university", "北京 大学")
COMPANIES = ("字节跳动", "Andes Co", "ａｎｄｅｓ co", "清华同方")
TITLES = ("后端 工程师", "Back-end Engineer", "Manager")
EMAILS = ("Ann@Example.com", " ann@example.com", "ａｎｎ@example.com", "bo@example.com", "BO@example.com", "")
DOCUMENTS = (
    {"identification_type": 1, "identification_number": "11x"},
    {"identification_type": 1, "identification_number": " １１X"},
    {"identification_type": 2, "identification_number": "11X"},
)
USERS = ("ou_ann", "ou_bo")
MOMENTS = ("631123200000", "1577808000000")


class Mobile(NamedTuple):
    """A telephone number: what is dialled within the country, and the country's calling code."""

    number: str
    code: str


# How a mobile is written, with which country beside it, and whose number it is.
MOBILES: dict[tuple[str, str], Mobile] = {
    ("13800138000", ""): Mobile("13800138000", "86"),
    ("１３８００１３８０００", "CN_1"): Mobile("13800138000", "86"),
    ("+86 138 0013 8000", ""): Mobile("13800138000", "86"),
    (" 138-0013-8000 ", "86"): Mobile("13800138000", "86"),
    ("139 0013 9000", "CN_1"): Mobile("13900139000", "86"),
    ("13900139000", ""): Mobile("13900139000", "86"),
    ("+1 212 555 0100", ""): Mobile("2125550100", "1"),
    ("2125550100", "US_1"): Mobile("2125550100", "1"),
}

# What is tried as the value of a custom field: each fits some types and not others.
VALUES = ("3", "x", "a", "b", "1577808000000")

_educations = st.fixed_dictionaries(
    {},
    optional={
        "school": st.sampled_from(SCHOOLS),
        "degree": st.integers(1, 9),
        "field_of_study": st.sampled_from(["Physics", "数学"]),
        "start_time": st.sampled_from(MOMENTS),
    },
)
_careers = st.fixed_dictionaries(
    {},
    optional={
        "company": st.sampled_from(COMPANIES),
        "title": st.sampled_from(TITLES),
        "career_type": st.sampled_from([1, 2]),
        "end_time": st.sampled_from(MOMENTS),
    },
)
_lists: dict[str, Any] = {
    "education_list": st.lists(_educations, max_size=2),
    "career_list": st.lists(_careers, max_size=2),
    "project_list": st.lists(st.just({"name": "Apollo", "role": "lead", "end_time": MOMENTS[1]}), max_size=1),
    "award_list": st.lists(st.just({"title": "Gold", "award_time": MOMENTS[1]}), max_size=1),
    "language_list": st.lists(st.just({"language": 1, "proficiency": 5}), max_size=1),
    "sns_list": st.lists(st.just({"sns_type": 1, "link": "https://example.com/a"}), max_size=1),
    "works_list": st.lists(st.just({"attachment_id": "77", "name": "Poster", "desc": "blue"}), max_size=1),
    "preferred_city_code_list": st.lists(st.sampled_from(["CT_1", "CT_2"]), max_size=2, unique=True),
    "resume_source_id": st.just("5"),
}
_persons: dict[str, Any] = {
    "email": st.sampled_from(EMAILS),
    "phone": st.sampled_from(sorted(MOBILES)),
    "identification": st.sampled_from(DOCUMENTS),
    "gender": st.integers(1, 3),
    "birthday": st.sampled_from(MOMENTS),
    "current_city_code": st.sampled_from(["CT_1", "CT_2"]),
    "current_home_address": st.just("北京"),
}
_names = st.sampled_from(NAMES)


def _created(person: dict[str, Any]) -> dict[str, Any]:
    """A person whose drawn telephone is written in the two fields that the wire has for it."""
    if "phone" not in person:
        return person
    mobile, country = person["phone"]
    rest = {name: value for name, value in person.items() if name != "phone"}
    return {**rest, "mobile": mobile, **({"mobile_country_code": country} if country else {})}


def _updated(person: dict[str, Any]) -> dict[str, Any]:
    """The same for an update, which leaves the country that is kept unless one is given: here one always is."""
    person = _created(person)
    return (
        {**person, "mobile_country_code": person.get("mobile_country_code", "CN_1")} if "mobile" in person else person
    )


new_persons = st.fixed_dictionaries({"name": _names}, optional=_persons).map(_created)
changed_persons = st.fixed_dictionaries({}, optional={"name": _names, **_persons}).map(_updated)
profiles = st.fixed_dictionaries({}, optional=_lists)
operators = st.fixed_dictionaries({}, optional={"id": st.sampled_from(USERS), "account_type": st.sampled_from([1, 3])})
