"""Talents by the vendor's Node clients: created, shown in both shapes, updated, listed, and found by identity."""

import time
from typing import Any

import pytest

from node_clients import ClientFailure, LarkMcp, NodeClient, NodeSdk
from node_person import (
    LISTS,
    PERSON,
    custom_rows,
    expected_v1,
    expected_v2,
    identities,
    new_word,
    texts,
    without_item_ids,
)
from node_place import Place, filled

CREATE = "hire.v1.talent.combinedCreate"
UPDATE = "hire.v1.talent.combinedUpdate"
GET = "hire.v1.talent.get"
GET_V2 = "hire.v2.talent.get"
LIST = "hire.v1.talent.list"
BATCH_GET_ID = "hire.v1.talent.batchGetId"


def create(node: NodeClient, data: dict[str, Any]) -> str:
    answer = node.call(CREATE, data=data)
    assert answer.code == 0, answer
    return answer.data["talent_id"]


def update(node: NodeClient, who: str, **data: Any) -> None:
    answer = node.call(UPDATE, data={"talent_id": who, "basic_info": {}, **data})
    assert (answer.code, answer.data["talent_id"]) == (0, who), answer


def v1(node: NodeClient, who: str) -> dict[str, Any]:
    answer = node.call(GET, path={"talent_id": who})
    assert answer.code == 0, answer
    assert set(answer.data) == {"talent"}
    return answer.data["talent"]


def v2(node: NodeClient, who: str) -> dict[str, Any]:
    answer = node.call(GET_V2, path={"talent_id": who}, params={"user_id_type": "open_id"})
    assert answer.code == 0, answer
    return answer.data


@pytest.fixture
def own() -> dict[str, Any]:
    return identities()


@pytest.fixture
def who(node: NodeClient, things: dict[str, str], own: dict[str, Any]) -> str:
    """A person made by the client with all that it can send."""
    whole = {**PERSON, "basic_info": {**PERSON["basic_info"], **own}}
    answer = node.call(CREATE, params={"user_id_type": "open_id"}, data=filled(whole, things))
    assert (answer.code, answer.data["creator_id"], answer.data["creator_account_type"]) == (0, "ou_creator", 1)
    assert set(answer.data) == {"talent_id", "creator_id", "creator_account_type"}
    return answer.data["talent_id"]


def test_v1_shows_what_was_sent(node: NodeClient, things: dict[str, str], who: str, own: dict[str, Any]) -> None:
    shown = without_item_ids(v1(node, who))
    assert shown.pop("customized_data_list") == custom_rows(things, "object_id", "E1")
    assert abs(time.time() * 1000 - int(shown["basic_info"].pop("modify_time"))) < 60_000
    assert shown == expected_v1(who, own)


def test_v2_shows_the_same(node: NodeClient, things: dict[str, str], who: str, own: dict[str, Any]) -> None:
    shown = v2(node, who)
    assert shown.pop("customized_data_list") == custom_rows(things, "module_id", "E1")
    assert shown.pop("similar_info_v2").keys() == {"is_similar_talent", "similar_talent_id_list"}
    (folder,) = shown.pop("talent_folder_ref_list_v2")
    times = [folder.pop("add_time"), *(shown["basic_info"].pop(name) for name in ("create_time", "update_time"))]
    assert times == [v1(node, who)["basic_info"]["modify_time"]] * 3
    assert folder == {"folder_id": things["FOLDER"], "name": "Berlin", "owner_id": "ou_owner"}
    assert shown == expected_v2(who, own)


def test_the_list_shows_it_in_short(node: NodeClient, who: str, own: dict[str, Any]) -> None:
    (shown,) = node.call(LIST, params={"keyword": own["email"]}).data["items"]
    whole = v1(node, who)
    for part in (whole, whole["basic_info"], *(item for name in LISTS for item in whole[name])):
        del part["customized_data_list"]
    del whole["registration_list"]
    assert shown == whole


# What the MCP server's own schema drops or refuses, which the SDK sends as it is.


def test_rows_of_a_custom_module(place: Place, kind: type[NodeClient], things: dict[str, str]) -> None:
    rows = [[{"object_id": "LINE", "value": line}, {"object_id": "CHOICE", "value": "eu"}] for line in ("E1", "E2")]
    data = filled(
        {"basic_info": {"name": "Li"}, "customized_data": [{"object_id": "MODULE", "children": rows}]}, things
    )
    if kind is LarkMcp:
        with pytest.raises(ClientFailure, match=r"expected object, received array at data\.customized_data"):
            place.speak(kind).call(CREATE, data=data)
        return
    who = create(place.speak(kind), data)
    assert v1(place.speak(kind), who)["customized_data_list"] == custom_rows(things, "object_id", "E1", "E2")
    assert v2(place.speak(kind), who)["customized_data_list"] == custom_rows(things, "module_id", "E1", "E2")


def test_what_only_the_sdk_sends(place: Place, things: dict[str, str]) -> None:
    node = place.speak(NodeSdk)
    basic_info = {
        "name": "Li",
        "current_home_address": "1 Street",
        "marital_status": 1,
        "hukou_location_code": "CT_5",
        "identification_type": 1,
        "identification_number": "11x",
        "customized_data": [{"object_id": "SCORE", "value": "2.5"}],
    }
    education = {"school": "Fudan", "customized_data": [{"object_id": "GRADE", "value": "A"}]}
    work = {"name": "Poster", "link": "https://w.example"}
    lists = {"education_list": [education], "works_list": [work], "resume_source_id": "source-2"}
    who = create(node, filled({"basic_info": basic_info, **lists}, things))
    shown, shown_v2 = v1(node, who), v2(node, who)
    score = {"object_id": things["SCORE"], "name": texts("Score"), "object_type": 9, "value": {"number": "2.5"}}
    grade = {"object_id": things["GRADE"], "name": texts("Grade"), "object_type": 1, "value": {"content": "A"}}
    for talent in (shown, shown_v2):
        person = talent["basic_info"]
        assert person["customized_data_list"] == [score]
        assert talent["education_list"][0]["customized_data_list"] == [grade]
        assert (person["marital_status"], person["hukou_location_code"]) == (1, "CT_5")
        assert (person["identification_type"], person["identification_number"]) == (1, "11x")
        assert talent["resume_source_list"] == [{"id": "source-2"}]
    assert (shown["basic_info"]["current_home_address"], shown_v2["basic_info"]["home_address"]) == ("1 Street",) * 2
    assert (shown["works_list"][0]["name"], shown["works_list"][0]["id"].isdigit()) == ("Poster", True)


# Changes


def test_who_changes_and_creates_is_the_app_where_nobody_is_named(place: Place, node: NodeClient) -> None:
    app = place.client.app.app_id
    made = node.call(CREATE, data={"basic_info": {"name": "Li"}})
    who = made.data["talent_id"]
    assert made.data == {"talent_id": who, "creator_id": app, "creator_account_type": 3}
    data = {"talent_id": who, "basic_info": {}}
    named = {"operator_id": "ou_boss", "operator_account_type": 1}
    assert node.call(UPDATE, data={**data, **named}).data == {"talent_id": who, **named}
    assert node.call(UPDATE, data=data).data == {"talent_id": who, "operator_id": app, "operator_account_type": 3}


def test_an_update_leaves_what_it_does_not_name(node: NodeClient, who: str) -> None:
    before = v1(node, who)
    time.sleep(0.002)
    update(node, who, basic_info={"gender": 1}, award_list=[{"title": "Second"}], folder_id_list=[])
    after = v1(node, who)
    assert int(after["basic_info"].pop("modify_time")) > int(before["basic_info"].pop("modify_time"))
    (award,) = after.pop("award_list")
    (old,) = before.pop("award_list")
    assert award["id"] != old["id"]
    assert award == {"id": award["id"], "title": "Second", "customized_data_list": []}
    before["basic_info"]["gender"] = 1
    assert after == before
    assert v2(node, who)["talent_folder_ref_list_v2"] == []


def test_a_list_given_replaces_the_old_one(node: NodeClient, things: dict[str, str], who: str) -> None:
    child = {"object_id": "LINE", "value": "E9"}
    custom = filled([{"object_id": "MODULE", "children": [child]}], things)
    update(
        node,
        who,
        education_list=[{"school": "Peking", "degree": 8}],
        preferred_city_code_list=["CT_9"],
        customized_data=custom,
    )
    after = v1(node, who)
    assert [(item["school"], item["degree"]) for item in after["education_list"]] == [("Peking", 8)]
    assert (after["top_degree"], after["first_degree"]) == (8, 5)
    assert after["basic_info"]["preferred_city_list"] == [{"city_code": "CT_9"}]
    (row,) = after["customized_data_list"]
    assert [field["value"] for field in row["children"]] == [{"content": "E9"}]


def test_empty_lists_empty(node: NodeClient, who: str) -> None:
    names = (*LISTS, "preferred_city_code_list", "customized_data", "folder_id_list")
    update(node, who, **{name: [] for name in names})
    after, after_v2 = v1(node, who), v2(node, who)
    assert [after[name] for name in LISTS] == [[]] * len(LISTS)
    assert [after_v2[name] for name in (*LISTS, "internship_list")] == [[]] * (len(LISTS) + 1)
    assert (after["customized_data_list"], after["basic_info"]["preferred_city_list"]) == ([], [])
    assert after_v2["talent_folder_ref_list_v2"] == []
    assert (after["first_degree"], "top_degree" in after) == (7, False)


# Lists


@pytest.fixture
def found(node: NodeClient) -> tuple[str, list[str]]:
    """A word that three people share, and who they are: the eldest entry was updated last."""
    word = new_word()
    people: list[str] = []
    for number in range(3):
        people.append(create(node, {"basic_info": {"name": f"{word} no{number}"}}))
        time.sleep(0.002)  # a millisecond of its own for each
    update(node, people[0])
    return word, people


def listed(node: NodeClient, **params: Any) -> list[str]:
    return [item["id"] for item in node.items(LIST, params=params)]


def test_the_list_pages_and_sorts(node: NodeClient, found: tuple[str, list[str]]) -> None:
    word, (first, second, third) = found
    for page_size in (1, 2, 20):
        assert listed(node, keyword=word, page_size=page_size) == [first, third, second]
        assert listed(node, keyword=word, page_size=page_size, sort_by=4) == [third, second, first]
    assert listed(node, keyword=f"NO1 {word}") == [second]
    page = node.call(LIST, params={"keyword": word, "page_size": 2}).data
    assert (page.keys(), page["has_more"]) == ({"items", "has_more", "page_token"}, True)


def test_the_list_since_and_until(node: NodeClient, found: tuple[str, list[str]]) -> None:
    word, (first, second, third) = found
    last = v1(node, third)["basic_info"]["modify_time"]
    assert listed(node, keyword=word, update_start_time=last) == [first, third]
    assert listed(node, keyword=word, update_end_time=last) == [third, second]
    assert listed(node, keyword=word, update_start_time=last, update_end_time=last) == [third]


def test_an_empty_list_where_it_is_asked_for(node: NodeClient) -> None:
    answer = node.call(LIST, params={"keyword": "nobodyatall", "query_option": "ignore_empty_error"})
    assert (answer.code, answer.data) == (0, {"items": [], "has_more": False})


def test_people_are_found_by_all_that_is_asked(node: NodeClient, who: str, own: dict[str, Any]) -> None:
    number = own["identification"]["identification_number"]
    by_mobile = {"mobile_code": "86", "mobile_number_list": [own["mobile"], "13999999999"]}
    by_email = {"email_list": [own["email"].upper()]}
    by_document = {"identification_type": 2, "identification_number_list": [number]}
    base = {"talent_id": who, "is_onboarded": False}
    mobile = {"mobile_code": "86", "mobile_number": own["mobile"]}
    document = {"identification_type": 2, "identification_number": number}
    for asked, shown in (
        (by_mobile, mobile),
        (by_email, {"email": own["email"]}),
        (by_document, document),
        ({**by_mobile, **by_email, **by_document}, {**mobile, **document, "email": own["email"]}),
    ):
        answer = node.call(BATCH_GET_ID, data=asked)
        assert (answer.code, answer.data) == (0, {"talent_list": [{**base, **shown}]})
    assert node.call(BATCH_GET_ID, data={**by_email, "mobile_number_list": ["13999999999"]}).data == {"talent_list": []}
