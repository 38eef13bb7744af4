"""combined_update: what is left out stays, a list given replaces the old one; identities stay unique (26, 27)."""

import threading
import time
from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def update(client: Client, who: str, **more: Any) -> Reply:
    body = {"talent_id": who, "basic_info": {}, **more}
    return client.call("POST", f"{HIRE}/talents/combined_update", body)


def test_what_is_left_out_stays(tenant: Client) -> None:
    who = tenant.create_talent(
        "周思远",
        basic_info={
            "email": "a@b.c",
            "gender": 1,
            "identification": {"identification_type": 1, "identification_number": "1"},
        },
        education_list=[{"school": "清华大学"}],
        works_list=[{"link": "x"}],
        preferred_city_code_list=["CT_1"],
        resume_source_id="1",
    )
    before = tenant.talent_v1(who)
    reply = update(tenant, who, basic_info={"gender": 2}, operator_id="ou_9")
    assert (reply.msg, reply.data) == ("ok", {"talent_id": who, "operator_id": "ou_9", "operator_account_type": 1})
    after = tenant.talent_v1(who)
    assert after["basic_info"].pop("modify_time") > before["basic_info"].pop("modify_time")
    before["basic_info"]["gender"] = 2
    assert after == before


def test_a_list_given_replaces_the_old_one_and_an_empty_one_empties_it(tenant: Client) -> None:
    who = tenant.create_talent(
        education_list=[{"school": "清华大学"}, {"school": "北京大学"}],
        career_list=[{"company": "青云"}],
        preferred_city_code_list=["CT_1"],
    )
    ids = [item["id"] for item in tenant.talent_v1(who)["education_list"]]
    assert update(tenant, who, education_list=[{"school": "浙江大学"}], career_list=[]).code == 0
    talent = tenant.talent_v1(who)
    (education,) = talent["education_list"]
    assert education["school"] == "浙江大学"
    assert education["id"] not in ids
    assert (talent["career_list"], len(talent["basic_info"]["preferred_city_list"])) == ([], 1)
    update(tenant, who, preferred_city_code_list=[])
    assert tenant.talent_v1(who)["basic_info"]["preferred_city_list"] == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("education_list", "school"),
        ("career_list", "company"),
        ("project_list", "name"),
        ("works_list", "name"),
        ("award_list", "title"),
        ("language_list", "language"),
        ("sns_list", "link"),
    ],
)
def test_each_list_is_replaced_and_stays_without_one(client: Client, name: str, field: str) -> None:
    old, new = (1, 2) if field == "language" else ("old", "new")
    before: dict[str, Any] = {name: [{field: old}, {field: old}]}
    after: dict[str, Any] = {name: [{field: new}]}
    who = client.create_talent(**before)
    update(client, who)
    assert [item[field] for item in client.talent_v1(who)[name]] == [old, old]
    assert update(client, who, **after).code == 0
    assert [item[field] for item in client.talent_v1(who)[name]] == [new]


def test_rows_of_custom_modules_are_replaced(tenant: Client) -> None:
    module = tenant.create_object(11)
    text = tenant.create_object(1, module)

    def rows(*values: str) -> list[dict[str, Any]]:
        return [{"object_id": module, "children": [[{"object_id": text, "value": value}] for value in values]}]

    def shown() -> list[str]:
        data = tenant.talent_v2(who)["customized_data_list"]
        return [child["value"]["content"] for item in data for child in item["children"]]

    who = tenant.create_talent(customized_data=rows("a", "b"))
    update(tenant, who)
    assert shown() == ["a", "b"]
    update(tenant, who, customized_data=rows("c"))
    assert shown() == ["c"]


@pytest.mark.parametrize(
    "name",
    [
        *("education_list", "career_list", "project_list", "works_list", "award_list", "language_list", "sns_list"),
        *("preferred_city_code_list", "folder_id_list"),
    ],
)
def test_each_list_takes_a_hundred_and_not_one_more(client: Client, name: str) -> None:
    item: Any = {}
    if name == "preferred_city_code_list":
        item = "CT_1"
    if name == "folder_id_list":
        item = client.create_folder()
    hundred: dict[str, Any] = {name: [item] * 100}
    who = client.create_talent(**hundred)
    assert update(client, who, **hundred).code == 0
    body: dict[str, Any] = {"basic_info": {"name": "x"}, name: [item] * 101}
    for refused in (client.call("POST", f"{HIRE}/talents/combined_create", body), update(client, who, **body)):
        assert (refused.status, refused.code, refused.fields) == (400, 1002002, [name])


def test_who_did_it_is_answered_with_their_type(client: Client) -> None:
    path = f"{HIRE}/talents/combined_create"
    for number in (1, 3):
        body = {"basic_info": {"name": "x"}, "creator_id": "ou_1", "creator_account_type": number}
        made = client.call("POST", path, body).data
        who = made["talent_id"]
        assert made == {"talent_id": who, "creator_id": "ou_1", "creator_account_type": number}
        changed = update(client, who, operator_id="ou_2", operator_account_type=number).data
        assert changed == {"talent_id": who, "operator_id": "ou_2", "operator_account_type": number}
    wrong = client.call("POST", path, {"basic_info": {"name": "x"}, "creator_account_type": 2})
    assert (wrong.code, wrong.fields) == (1002002, ["creator_account_type"])
    nameless = client.call("POST", path, {"basic_info": {}})
    assert (nameless.code, nameless.fields) == (1002002, ["basic_info.name"])


def test_folders_given_replace_the_old_ones(tenant: Client) -> None:
    first, second, third = (tenant.create_folder(name) for name in "abc")
    who = tenant.create_talent(folder_id_list=[first, second])
    since = {ref["folder_id"]: ref["add_time"] for ref in tenant.talent_v2(who)["talent_folder_ref_list_v2"]}
    time.sleep(0.005)
    update(tenant, who, folder_id_list=[second, third])
    refs = {ref["folder_id"]: ref["add_time"] for ref in tenant.talent_v2(who)["talent_folder_ref_list_v2"]}
    assert list(refs) == [second, third]
    assert refs[second] == since[second]
    assert update(tenant, who, folder_id_list=["7"]).fields == ["folder_id_list[0]"]
    update(tenant, who)
    assert len(tenant.talent_v2(who)["talent_folder_ref_list_v2"]) == 2
    update(tenant, who, folder_id_list=[])
    assert tenant.talent_v2(who)["talent_folder_ref_list_v2"] == []


def test_an_identity_of_another_is_a_conflict_and_nothing_changes(tenant: Client) -> None:
    other = tenant.create_talent(basic_info={"email": "a@b.c", "mobile": "13800000001"})
    who = tenant.create_talent("周思远", basic_info={"email": "x@y.z"})
    before = tenant.talent_v1(who)
    reply = update(tenant, who, basic_info={"name": "改名", "email": "A@B.C", "mobile": "+86 138-0000-0001"})
    assert (reply.status, reply.code, reply.fields) == (400, 1002101, ["basic_info.email", "basic_info.mobile"])
    assert {violation["value"] for violation in reply.error["field_violations"]} == {other}
    assert tenant.talent_v1(who) == before
    assert tenant.search("改名") == []


def test_ones_own_identities_can_be_given_again_and_changed_ones_are_free(tenant: Client) -> None:
    who = tenant.create_talent(basic_info={"email": "a@b.c"})
    assert update(tenant, who, basic_info={"email": "A@b.C"}).code == 0
    assert update(tenant, who, basic_info={"email": "new@b.c"}).code == 0
    assert tenant.create_talent(basic_info={"email": "a@b.c"}) != who
    assert tenant.search("new@b.c") == [who]


def test_the_flat_identification_of_the_sdks_is_taken_too(tenant: Client) -> None:
    who = tenant.create_talent(basic_info={"identification_type": 2, "identification_number": "E1"})
    update(tenant, who, basic_info={"identification_type": 2, "identification_number": "E2"})
    info = tenant.talent_v1(who)["basic_info"]
    assert (info["identification_type"], info["identification_number"]) == (2, "E2")
    body = {"identification_type": 2, "identification_number_list": ["e1", "e2"]}
    (found,) = tenant.call("POST", f"{HIRE}/talents/batch_get_id", body).data["talent_list"]
    assert found["identification_number"] == "E2"


@pytest.mark.parametrize("flat", [True, False])
def test_the_parts_of_a_document_are_updated_one_by_one(tenant: Client, flat: bool) -> None:
    def given(**parts: Any) -> dict[str, Any]:
        named = {f"identification_{name}": value for name, value in parts.items()}
        return named if flat else {"identification": named}

    def shown() -> tuple[Any, Any]:
        info = tenant.talent_v2(who)["basic_info"]
        return info.get("identification_type"), info.get("identification_number")

    who = tenant.create_talent(basic_info=given(type=1, number="A"))
    other = {"basic_info": {"name": "x", **given(type=1, number="B")}}
    for parts, expected in (({"type": 2}, (2, "A")), ({"number": "B"}, (2, "B")), ({"type": 1}, (1, "B"))):
        assert update(tenant, who, basic_info=given(**parts)).code == 0
        assert shown() == expected
    assert tenant.call("POST", f"{HIRE}/talents/combined_create", other).code == 1002105
    update(tenant, who, basic_info=given(number=""))
    assert tenant.call("POST", f"{HIRE}/talents/combined_create", other).code == 0
    bare = tenant.create_talent()
    reply = update(tenant, bare, basic_info=given(number="C"))
    assert (reply.code, reply.fields) == (1002002, ["basic_info.identification.identification_type"])


def test_values_that_were_taken_once_are_taken_again(tenant: Client) -> None:
    field = tenant.create_object(3, "1", ("a", "b"))
    kept = [{"object_id": field, "value": "a"}]
    who = tenant.create_talent(basic_info={"customized_data": kept})
    options = {"config": {"options": [{"key": "b", "name": {"en_us": "B"}}]}}
    tenant.call("PATCH", f"/rencai/v1/talent_objects/{field}", {"setting": options, "active_status": 2})
    assert update(tenant, who, basic_info={"customized_data": kept, "gender": 1}).code == 0
    changed = update(tenant, who, basic_info={"customized_data": [{"object_id": field, "value": "b"}]})
    assert changed.fields == ["basic_info.customized_data[0].object_id"]
    assert tenant.talent_v1(who)["basic_info"]["gender"] == 1


def test_a_person_is_found_by_the_new_words_only(tenant: Client) -> None:
    who = tenant.create_talent("周思远", career_list=[{"company": "青云科技", "title": "工程师"}])
    update(tenant, who, basic_info={"name": "王芳"}, career_list=[{"company": "远山数据"}])
    assert [tenant.search(word) for word in ("周思", "青云", "工程", "王芳", "远山")] == [[], [], [], [who], [who]]


def test_an_unknown_talent_is_400_on_a_write(client: Client) -> None:
    reply = update(client, "7")
    assert (reply.status, reply.code, reply.fields) == (400, 1002102, ["talent_id"])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"basic_info": {"name": ""}}, ["basic_info.name"]),
        ({"education_list": [{"degree": 10}]}, ["education_list[0].degree"]),
        ({"education_list": [{}] * 101}, ["education_list"]),
        ({"career_list": [{"career_type": 3}]}, ["career_list[0].career_type"]),
        ({"language_list": [{"language": 30}]}, ["language_list[0].language"]),
        ({"operator_account_type": 2}, ["operator_account_type"]),
        ({"basic_info": None}, ["basic_info"]),
    ],
)
def test_bad_updates_are_named(client: Client, body: dict[str, Any], fields: list[str]) -> None:
    reply = update(client, client.create_talent(), **body)
    assert (reply.code, reply.fields) == (1002002, fields)


def test_of_creates_at_once_with_one_identity_one_succeeds(server: Server, tenant: Client) -> None:
    clients = [server.client_of(tenant.app) for _ in range(16)]
    replies: list[Reply] = []
    gate = threading.Barrier(len(clients))

    def create(client: Client, number: int) -> None:
        client.token = tenant.token
        gate.wait()
        body = {"basic_info": {"name": f"n{number}", "email": "same@example.com", "mobile": f"1390000{number:04d}"}}
        replies.append(client.call("POST", f"{HIRE}/talents/combined_create", body))

    tenant.token = tenant.fetch_token()
    threads = [threading.Thread(target=create, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (made,) = [reply.data["talent_id"] for reply in replies if reply.code == 0]
    refused = [reply for reply in replies if reply.code]
    assert {(reply.code, reply.error["field_violations"][0]["value"]) for reply in refused} == {(1002105, made)}
    assert len(refused) == 15
    assert tenant.search("same@example.com") == [made]
    assert [item["id"] for item in tenant.pages(f"{HIRE}/talents", page_size=20)] == [made]
