"""Talent folders: who is in them, the list, and the native calls (contract §10)."""

import time
from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def change(client: Client, verb: str, talent_ids: Any, folder_id: Any) -> Reply:
    body = {"talent_id_list": talent_ids, "folder_id": folder_id}
    return client.call("POST", f"{HIRE}/talents/{verb}_to_folder", body)


def folders_of(client: Client, who: str) -> list[str]:
    return [ref["folder_id"] for ref in client.talent_v2(who)["talent_folder_ref_list_v2"]]


def test_talents_go_into_a_folder_and_out_again(client: Client) -> None:
    folder, people = client.create_folder(), client.create_talents(200)
    added = change(client, "add", people, folder)
    assert (added.msg, added.data) == ("ok", {"talent_id_list": people, "folder_id": folder})
    assert folders_of(client, people[7]) == [folder]
    half = [*people[100:], people[100]]
    assert change(client, "remove", half, folder).data == {"talent_id_list": people[100:], "folder_id": folder}
    removed = change(client, "remove", people, folder)
    assert removed.data == {"talent_id_list": people[:100], "folder_id": folder}
    assert folders_of(client, people[7]) == []


def test_who_is_in_a_folder_stays_since_when_they_came(client: Client) -> None:
    folder, who = client.create_folder(), client.create_talent()
    change(client, "add", [who], folder)
    before = client.talent_v2(who)
    time.sleep(0.003)
    assert change(client, "add", [who, who], folder).data["talent_id_list"] == [who]
    assert client.talent_v2(who) == before


def test_one_unknown_talent_and_nothing_is_done(client: Client) -> None:
    folder, who = client.create_folder(), client.create_talent()
    change(client, "add", [who], folder)
    for verb in ("add", "remove"):
        reply = change(client, verb, ["7", who, "x", "7"], folder)
        assert (reply.status, reply.code) == (400, 1002102)
        assert [violation["value"] for violation in reply.error["field_violations"]] == ["7", "x"]
    assert folders_of(client, who) == [folder]


@pytest.mark.parametrize("verb", ["add", "remove"])
@pytest.mark.parametrize(
    ("talent_ids", "folder_id", "fields"),
    [
        ([], "1", ["talent_id_list"]),
        (["1"] * 201, "1", ["talent_id_list"]),
        ([1], "1", ["talent_id_list[0]"]),
        (["1"], 1, ["folder_id"]),
        (["1"], "1", ["folder_id"]),
        (["1"], "", ["folder_id"]),
    ],
)
def test_bad_bodies_are_named(client: Client, verb: str, talent_ids: Any, folder_id: Any, fields: list[str]) -> None:
    reply = change(client, verb, talent_ids, folder_id)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)


def test_folders_of_a_new_talent_must_exist(tenant: Client) -> None:
    body = {"basic_info": {"name": "x"}, "folder_id_list": [tenant.create_folder(), "7", "y"]}
    reply = tenant.call("POST", f"{HIRE}/talents/combined_create", body)
    assert (reply.code, reply.fields) == (1002002, ["folder_id_list[1]", "folder_id_list[2]"])
    batch = tenant.call("POST", "/rencai/v1/talents/batch_create", {"talents": [{"basic_info": {"name": "x"}}, body]})
    assert batch.fields == ["talents[1].folder_id_list[1]", "talents[1].folder_id_list[2]"]
    assert tenant.call("GET", f"{HIRE}/talents").code == 1002102


def test_folders_are_listed_page_by_page_in_order_of_creation(tenant: Client) -> None:
    made = [tenant.create_folder(f"f{number}", "ou_1") for number in range(12)]
    first = tenant.call("GET", f"{HIRE}/talent_folders")
    assert (first.msg, len(first.data["items"]), first.data["has_more"]) == ("success", 10, True)
    listed = list(tenant.pages(f"{HIRE}/talent_folders", page_size=5))
    assert [item["folder_id"] for item in listed] == made
    assert listed[3] == {"folder_id": made[3], "folder_name": "f3", "owner_id": "ou_1"}
    for page_size in ("0", "101", "x"):
        assert tenant.call("GET", f"{HIRE}/talent_folders?page_size={page_size}").fields == ["page_size"]
    hidden = tenant.call("GET", f"{HIRE}/talent_folders?user_id_type=user_id").data["items"][0]
    assert "owner_id" not in hidden


def test_a_folder_is_renamed_and_deleted_once_it_is_empty(tenant: Client) -> None:
    folder, who = tenant.create_folder("old", "ou_1"), tenant.create_talent()
    path = f"/rencai/v1/talent_folders/{folder}"
    reply = tenant.call("PATCH", path, {"folder_name": "new"})
    assert reply.data == {"talent_folder": {"folder_id": folder, "folder_name": "new", "owner_id": "ou_1"}}
    change(tenant, "add", [who], folder)
    assert tenant.talent_v2(who)["talent_folder_ref_list_v2"][0]["name"] == "new"
    full = tenant.call("DELETE", path)
    assert (full.status, full.code, full.error["field_violations"][0]["value"]) == (400, 1990004, who)
    tenant.call("DELETE", f"/rencai/v1/talents/{who}")
    assert tenant.call("DELETE", path).data == {}
    gone = tenant.call("DELETE", path)
    assert (gone.status, gone.code, gone.fields) == (400, 1002002, ["folder_id"])
    assert tenant.call("PATCH", path, {"folder_name": "x"}).code == 1002002


@pytest.mark.parametrize("name", ["", "  ", "a\0", 7, "x" * 256])
def test_a_folder_needs_a_name(client: Client, name: Any) -> None:
    reply = client.call("POST", "/rencai/v1/talent_folders", {"folder_name": name})
    assert (reply.code, reply.fields) == (1002002, ["folder_name"])


def test_another_tenants_folder_is_no_folder(server: Server, client: Client) -> None:
    other = server.client("folders-other")
    folder, who = client.create_folder(), other.create_talent()
    assert change(other, "add", [who], folder).fields == ["folder_id"]
    assert other.call("DELETE", f"/rencai/v1/talent_folders/{folder}").code == 1002002
    assert folder not in {item["folder_id"] for item in other.pages(f"{HIRE}/talent_folders", page_size=100)}
