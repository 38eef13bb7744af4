"""Everything that combined_create takes comes back from v1 and v2, each in its own shape (contract §9, §10)."""

import time
from collections.abc import Iterable
from typing import Any

import pytest

from harness import HIRE, Client, Server
from stores import Store

JUNE_30_2015 = "1435593600000"  # midnight of July in Shanghai is still June in UTC: 2015-06-29 16:00 UTC
BORN = "659980800000"  # 1990-12-01 00:00 in Shanghai, still November in UTC


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def whole_body(client: Client) -> dict[str, Any]:
    return {
        "init_source_id": "1",
        "resume_source_id": "2",
        "folder_id_list": [client.create_folder("folder", "ou_owner")],
        "creator_id": "ou_1",
        "creator_account_type": 1,
        "resume_attachment_id": "4",
        "basic_info": {
            "name": "周思远",
            "mobile": "139 0000 0009",
            "mobile_country_code": "CN_1",
            "email": "whole@example.com",
            "identification": {"identification_type": 1, "identification_number": "110"},
            "start_work_time": JUNE_30_2015,
            "birthday": BORN,
            "gender": 3,
            "nationality_id": "CN_112",
            "current_city_code": "CT_1",
            "hometown_city_code": "CT_2",
            "current_home_address": "南京路1号",
            "marital_status": 2,
            "hukou_location_code": "CN_7",
        },
        "education_list": [
            {
                "id": "77",
                "degree": 6,
                "school": "清华大学",
                "field_of_study": "考古",
                "start_time": BORN,
                "end_time": JUNE_30_2015,
                "education_type": 2,
                "academic_ranking": -1,
            },
            {"degree": 7},
        ],
        "career_list": [
            {"company": "青云", "title": "工程师", "desc": "写", "career_type": 2, "start_time": BORN},
            {"company": "远山", "title": "实习", "career_type": 1, "end_time": BORN},
        ],
        "project_list": [{"name": "a", "role": "b", "link": "c", "desc": "d", "start_time": BORN, "end_time": BORN}],
        "works_list": [{"link": "x", "desc": "y", "attachment_id": "5", "name": "z"}, {"link": "w"}],
        "award_list": [{"title": "t", "award_time": BORN, "desc": "e"}],
        "language_list": [{"language": 29, "proficiency": 5}],
        "sns_list": [{"sns_type": 11, "link": "z"}],
        "preferred_city_code_list": ["CT_3", "CT_4"],
        "self_evaluation": {"content": "好"},
    }


def without_ids(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(item["id"] for item in items)
    return [{name: value for name, value in item.items() if name != "id"} for item in items]


def test_the_whole_body_comes_back_in_the_shape_of_v1(tenant: Client) -> None:
    reply = tenant.call("POST", f"{HIRE}/talents/combined_create", whole_body(tenant))
    assert (reply.msg, reply.data["creator_id"], reply.data["creator_account_type"]) == ("ok", "ou_1", 1)
    talent = tenant.talent_v1(reply.data["talent_id"])
    person = talent["basic_info"]
    assert 10 <= person.pop("experience_years") <= 80
    assert 34 <= person.pop("age") <= 100
    assert abs(int(person.pop("modify_time")) - time.time() * 1000) < 60_000
    assert person == {
        "name": "周思远",
        "mobile": "139 0000 0009",
        "mobile_code": "86",
        "mobile_country_code": "CN_1",
        "email": "whole@example.com",
        "nationality": {"nationality_code": "CN_112"},
        "gender": 3,
        "current_city": {"city_code": "CT_1"},
        "hometown_city": {"city_code": "CT_2"},
        "preferred_city_list": [{"city_code": "CT_3"}, {"city_code": "CT_4"}],
        "identification_type": 1,
        "identification_number": "110",
        "identification": {"identification_type": 1, "identification_number": "110"},
        "birthday": int(BORN) // 1000,
        "creator_id": "ou_1",
        "marital_status": 2,
        "current_home_address": "南京路1号",
        "customized_data_list": [],
        "hukou_location_code": "CN_7",
    }
    custom: dict[str, Any] = {"customized_data_list": []}
    first, second = without_ids(talent["education_list"])
    assert talent["education_list"][0]["id"] != "77"
    assert first == {
        "degree": 6,
        "school": "清华大学",
        "field_of_study": "考古",
        "start_time": "1990-12",
        "end_time": "2015-06",
        "end_time_v2": JUNE_30_2015,
        "education_type": 2,
        "academic_ranking": -1,
        "tag_list": [],
        **custom,
    }
    assert second == {"degree": 7, "tag_list": [], **custom}
    assert without_ids(talent["career_list"]) == [
        {
            "company": "青云",
            "title": "工程师",
            "desc": "写",
            "start_time": "1990-12",
            "career_type": 2,
            "tag_list": [],
            **custom,
        },
        {"company": "远山", "title": "实习", "end_time": "1990-12", "career_type": 1, "tag_list": [], **custom},
    ]
    times = {"start_time": "1990-12", "end_time": "1990-12"}
    assert without_ids(talent["project_list"]) == [
        {"name": "a", "role": "b", "link": "c", "desc": "d", **times, **custom}
    ]
    assert talent["works_list"][0] == {"id": "5", "link": "x", "desc": "y", "name": "z", **custom}
    assert without_ids(talent["works_list"])[1] == {"link": "w", **custom}
    assert without_ids(talent["award_list"]) == [{"title": "t", "award_time": "1990", "desc": "e", **custom}]
    assert without_ids(talent["language_list"]) == [{"language": 29, "proficiency": 5, **custom}]
    assert without_ids(talent["sns_list"]) == [{"sns_type": 11, "link": "z", **custom}]
    assert talent["resume_source_list"] == [{"id": "2"}, {"id": "1"}]
    assert talent["resume_attachment_id_list"] == ["4"]
    assert (talent["top_degree"], talent["first_degree"]) == (7, 3)
    assert (talent["is_onboarded"], talent["is_in_agency_period"]) == (False, False)


def test_the_whole_body_comes_back_in_the_shape_of_v2(tenant: Client) -> None:
    body = whole_body(tenant)
    who = tenant.call("POST", f"{HIRE}/talents/combined_create", body).data["talent_id"]
    talent = tenant.talent_v2(who)
    person = talent["basic_info"]
    assert person.pop("create_time") == person.pop("update_time")
    assert person.pop("experience_years") < person.pop("age")
    assert person == {
        "name": "周思远",
        "mobile_number": "139 0000 0009",
        "mobile_code": "86",
        "email": "whole@example.com",
        "nationality_code": "CN_112",
        "gender": 3,
        "current_location_code": "CT_1",
        "hometown_location_code": "CT_2",
        "preferred_location_code_list": ["CT_3", "CT_4"],
        "home_address": "南京路1号",
        "identification_type": 1,
        "identification_number": "110",
        "birthday": int(BORN) // 1000,
        "marital_status": 2,
        "customized_data_list": [],
        "hukou_location_code": "CN_7",
        "confidential": 2,
    }
    custom: dict[str, Any] = {"customized_data_list": []}
    assert talent["education_list"][0] == {
        "degree": 6,
        "school_name": "清华大学",
        "major": "考古",
        "start_time": "1990-12",
        "end_time": "2015-06",
        "education_type": 2,
        "academic_ranking": -1,
        "tag_list": [],
        **custom,
    }
    assert talent["career_list"] == [
        {"company_name": "青云", "title": "工程师", "description": "写", "start_time": "1990-12", **custom}
    ]
    assert talent["internship_list"] == [{"company_name": "远山", "title": "实习", "end_time": "1990-12", **custom}]
    times = {"start_time": "1990-12", "end_time": "1990-12"}
    assert talent["project_list"] == [
        {"project_name": "a", "role": "b", "link": "c", "description": "d", **times, **custom}
    ]
    assert talent["works_list"][0] == {"id": "5", "link": "x", "description": "y", **custom}
    assert talent["award_list"] == [{"award_name": "t", "award_time": "1990-12", "description": "e", **custom}]
    assert talent["language_list"] == [{"language": 29, "proficiency": 5, **custom}]
    assert talent["sns_list"] == [{"sns_type": 11, "link": "z", **custom}]
    assert talent["resume_source_list"] == [{"id": "2"}, {"id": "1"}]
    assert talent["resume_attachment_id_list"] == ["4"]
    assert talent["resume_attachment_list"] == [{"id": "4"}]
    assert (talent["talent_id"], talent["top_degree"], talent["talent_pool_id_list"]) == (who, 7, [])
    (folder,) = talent["talent_folder_ref_list_v2"]
    assert abs(int(folder.pop("add_time")) - time.time() * 1000) < 60_000
    assert folder == {"folder_id": body["folder_id_list"][0], "name": "folder", "owner_id": "ou_owner"}
    assert (talent["tag_list"], talent["note_list_v2"], talent["talent_pool_ref_list_v2"]) == ([], [], [])
    assert "block_info" not in talent


def test_the_list_shows_a_summary_without_custom_fields(tenant: Client) -> None:
    who = tenant.call("POST", f"{HIRE}/talents/combined_create", whole_body(tenant)).data["talent_id"]
    (shown,) = tenant.call("GET", f"{HIRE}/talents").data["items"]
    whole = tenant.talent_v1(who)
    del whole["customized_data_list"], whole["registration_list"]
    del whole["basic_info"]["customized_data_list"], whole["basic_info"]["hukou_location_code"]
    for name, items in whole.items():
        if name.endswith("_list") and items and isinstance(items[0], dict):
            whole[name] = [{k: v for k, v in item.items() if k != "customized_data_list"} for item in items]
    assert shown == whole


COMMON_FIELDS = {
    *("basic_info", "education_list", "career_list", "project_list", "works_list", "award_list", "language_list"),
    *("sns_list", "resume_source_list", "interview_registration_list", "registration_list", "customized_data_list"),
    *("resume_attachment_id_list", "is_onboarded", "is_in_agency_period", "top_degree"),
}
FIELDS_OF_V1 = {*COMMON_FIELDS, "id", "first_degree"}
FIELDS_OF_V2 = {
    *COMMON_FIELDS,
    *("talent_id", "internship_list", "resume_attachment_list", "similar_info_v2", "talent_pool_id_list"),
    *("talent_pool_ref_list_v2", "talent_folder_ref_list_v2", "tag_list", "block_info", "note_list_v2"),
}


def test_a_talent_has_these_fields_and_says_its_pools_in_v2_only(tenant: Client) -> None:
    who = tenant.call("POST", f"{HIRE}/talents/combined_create", whole_body(tenant)).data["talent_id"]
    tenant.add(tenant.create_pool(), [who])
    block = {"talent_id": who, "option": 1, "reason": "x"}
    tenant.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", block)
    v1, v2 = tenant.talent_v1(who), tenant.talent_v2(who)
    (item,) = tenant.call("GET", f"{HIRE}/talents").data["items"]
    assert (set(v1), set(v2)) == (FIELDS_OF_V1, FIELDS_OF_V2)
    assert set(item) == FIELDS_OF_V1 - {"registration_list", "customized_data_list"}
    for talent in (v1, v2, item):
        assert {type(talent[name]) for name in ("is_onboarded", "is_in_agency_period")} == {bool}
        assert talent["interview_registration_list"] == talent.get("registration_list", []) == []


def test_the_pools_of_a_talent_are_named_in_both_languages(tenant: Client) -> None:
    name, description = {"zh_cn": "池", "en_us": "pool"}, {"zh_cn": "", "en_us": "deep"}
    pool_id = tenant.create_pool(i18n_name=name, i18n_description=description)
    who = tenant.create_talent()
    tenant.add(pool_id, [who])
    talent = tenant.talent_v2(who)
    add_time = tenant.members(pool_id)[who]
    expected = {"id": pool_id, "name": name, "description": description, "add_time": add_time}
    assert (talent["talent_pool_id_list"], talent["talent_pool_ref_list_v2"]) == ([pool_id], [expected])


def test_who_was_deleted_can_not_be_read(tenant: Client) -> None:
    who = tenant.create_talent()
    tenant.call("DELETE", f"/rencai/v1/talents/{who}")
    for path in (f"{HIRE}/talents/{who}", f"/open-apis/hire/v2/talents/{who}"):
        reply = tenant.call("GET", path)
        assert (reply.status, reply.code) == (404, 1002102)
    assert tenant.search("") == []


@pytest.mark.parametrize(
    ("part", "name", "taken", "refused"),
    [
        ("education_list", "degree", range(1, 10), (0, 10, 11)),
        ("education_list", "education_type", range(1, 6), (0, 6)),
        ("education_list", "academic_ranking", (5, 10, 20, 30, 50, -1), (0, 1, 40, 100)),
        ("career_list", "career_type", (1, 2), (0, 3, 4)),
        ("language_list", "language", range(1, 30), (0, 30)),
        ("language_list", "proficiency", range(1, 6), (0, 6)),
        ("sns_list", "sns_type", range(1, 12), (0, 12)),
    ],
)
def test_numbers_in_lists_have_their_ranges(
    client: Client, part: str, name: str, taken: Iterable[int], refused: Iterable[int]
) -> None:
    body: dict[str, Any] = {part: [{name: number} for number in taken]}
    shown = client.talent_v1(client.create_talent(**body))
    assert [item[name] for item in shown[part]] == list(taken)
    wrong = [{name: number} for number in refused]
    reply = client.call("POST", f"{HIRE}/talents/combined_create", {"basic_info": {"name": "x"}, part: wrong})
    assert (reply.code, reply.fields) == (1002002, [f"{part}[{index}].{name}" for index in range(len(wrong))])


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("gender", (1, 2, 3), (0, 4)),
        ("marital_status", (1, 2), (0, 3)),
        ("identification_type", (1, 2, 3, 4, 5, 6, 8, 9), (0, 7, 10)),
    ],
)
def test_numbers_of_a_person_have_their_ranges(
    client: Client, name: str, taken: Iterable[int], refused: Iterable[int]
) -> None:
    def given(number: int) -> dict[str, Any]:
        return {"identification": {name: number}} if name == "identification_type" else {name: number}

    for number in taken:
        who = client.create_talent(basic_info=given(number))
        assert client.talent_v1(who)["basic_info"][name] == client.talent_v2(who)["basic_info"][name] == number
    for number in refused:
        body = {"basic_info": {"name": "x", **given(number)}}
        reply = client.call("POST", f"{HIRE}/talents/combined_create", body)
        assert (reply.status, reply.code, len(reply.fields)) == (400, 1002002, 1)
        assert reply.fields[0].endswith(name)


@pytest.mark.parametrize(
    ("degrees", "top", "first"),
    [
        ([], None, 7),
        ([1, 4], 4, 1),
        ([5, 8], 8, 2),
        ([6, 7], 7, 3),
        ([7], 7, 4),
        ([8], 8, 5),
        ([9], 9, 6),
        ([9, 3], 3, 1),
    ],
)
def test_degrees(client: Client, degrees: list[int], top: int | None, first: int) -> None:
    talent = client.talent_v1(client.create_talent(education_list=[{"degree": degree} for degree in degrees]))
    assert (talent.get("top_degree"), talent["first_degree"]) == (top, first)


def test_fields_of_v2_ask_for_scopes_of_their_own(server: Server) -> None:
    everything = server.client("field-scopes")
    who = everything.create_talent(folder_id_list=[everything.create_folder()])
    tag_id = everything.create_tag()
    everything.call("POST", f"{HIRE}/talents/{who}/tag", {"operation": 1, "tag_id_list": [tag_id]})
    block = {"talent_id": who, "option": 1, "reason": "x"}
    everything.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", block)
    everything.call("POST", f"{HIRE}/notes", {"talent_id": who, "content": "x"})
    pool_id = everything.create_pool()
    everything.add(pool_id, [who])
    fields = {
        "talent_pool_ref_list_v2": ("hire:talent_folder:readonly", "hire:talent_folder"),
        "talent_folder_ref_list_v2": ("hire:talent_folder:readonly", "hire:talent_folder"),
        "tag_list": ("hire:talent_tag", "hire:talent_tag:readonly"),
        "block_info": ("hire:talent_blocklist", "hire:talent_blocklist:readonly"),
        "note_list_v2": ("hire:note", "hire:note:readonly"),
    }
    for scope in (None, *dict.fromkeys(scope for scopes in fields.values() for scope in scopes)):
        scopes = ("hire:talent:readonly",) if scope is None else ("hire:talent:readonly", scope)
        shown = server.client("field-scopes", scopes=scopes).talent_v2(who)
        assert {name for name in fields if name in shown} == {name for name, known in fields.items() if scope in known}
        assert shown["talent_pool_id_list"] == [pool_id]


def test_user_ids_of_kind_user_id_ask_for_a_scope(server: Server) -> None:
    client = server.client("user-ids")
    reply = client.call(
        "POST",
        f"{HIRE}/talents/combined_create?user_id_type=user_id",
        {"basic_info": {"name": "x"}, "creator_id": "u1"},
    )
    assert reply.data == {"talent_id": reply.data["talent_id"], "creator_account_type": 1}
    path = f"{HIRE}/talents/{reply.data['talent_id']}"
    allowed = server.client("user-ids", scopes=("hire:talent", "contact:user.employee_id:readonly"))
    for kind, shown, shown_if_allowed in (("user_id", None, "u1"), ("open_id", "u1", "u1"), ("union_id", "u1", "u1")):
        for caller, expected in ((client, shown), (allowed, shown_if_allowed)):
            info = caller.call("GET", f"{path}?user_id_type={kind}").data["talent"]["basic_info"]
            assert info.get("creator_id") == expected
    refused = client.call("GET", f"{path}?user_id_type=nickname")
    assert (refused.status, refused.code, refused.fields) == (400, 1002002, ["user_id_type"])


def test_an_unknown_talent_is_404_where_one_is_asked_for(client: Client) -> None:
    for path in (f"{HIRE}/talents/7", "/open-apis/hire/v2/talents/7", "/open-apis/hire/v2/talents/x%2Fy"):
        reply = client.call("GET", path)
        assert (reply.status, reply.code) == (404, 1002102)


def test_months_are_those_of_the_servers_time_zone(database: Store) -> None:
    from harness import running_server

    with running_server(database, "--time-zone", "UTC") as server:
        client = server.client()
        talent = client.talent_v1(client.create_talent(education_list=[{"start_time": BORN}]))
        assert talent["education_list"][0]["start_time"] == "1990-11"


@pytest.mark.parametrize("moment", ["-9999999999999", "0", "9999999999999", "99999999999999"])
def test_every_moment_that_is_taken_can_be_shown(client: Client, moment: str) -> None:
    who = client.create_talent(basic_info={"birthday": moment}, award_list=[{"award_time": moment}])
    assert client.talent_v1(who)["basic_info"]["birthday"] == int(moment) // 1000
    assert len(client.talent_v2(who)["award_list"][0]["award_time"]) == 7


@pytest.mark.parametrize("moment", ["-99999999999999", "999999999999999", "1e3", "", "１"])
def test_moments_beyond_every_calendar_are_refused(client: Client, moment: str) -> None:
    reply = client.call("POST", f"{HIRE}/talents/combined_create", {"basic_info": {"name": "x", "birthday": moment}})
    assert (reply.code, reply.fields) == (1002002, ["basic_info.birthday"])


def test_people_of_one_name_with_a_common_school_or_company_are_similar(tenant: Client) -> None:
    one = tenant.create_talent("李 明", education_list=[{"school": "北京大学"}])
    two = tenant.create_talent("李 明", education_list=[{"school": "北京大学"}], career_list=[{"company": "青云 科技"}])
    three = tenant.create_talent("李　明", career_list=[{"company": "青云 科技"}])
    tenant.create_talent("王芳", education_list=[{"school": "北京大学"}])
    tenant.create_talent("李 明", education_list=[{"school": "清华大学"}])
    tenant.create_talent("李 明", career_list=[{"company": "北京大学"}])  # the same place, but not the same thing there
    similar = {who: tenant.talent_v2(who)["similar_info_v2"] for who in (one, two, three)}
    assert similar[one] == {"is_similar_talent": True, "similar_talent_id_list": [two]}
    assert similar[two]["similar_talent_id_list"] == [one, three]
    tenant.call("DELETE", f"/rencai/v1/talents/{two}")
    assert tenant.talent_v2(one)["similar_info_v2"] == {"is_similar_talent": False, "similar_talent_id_list": []}
