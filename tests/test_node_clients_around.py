"""What is around a talent by the vendor's Node clients: folders, tags, fields, states, notes, and the operation log."""

import itertools
import time
from typing import Any

import pytest

from node_clients import Answer, LarkMcp, NodeClient
from node_place import Place

GET_V2 = "hire.v2.talent.get"
ADD_TO_FOLDER = "hire.v1.talent.addToFolder"
REMOVE_TO_FOLDER = "hire.v1.talent.removeToFolder"
FOLDERS = "hire.v1.talentFolder.list"
TAG = "hire.v1.talent.tag"
TAGS = "hire.v1.talentTag.list"
OBJECTS = "hire.v1.talentObject.query"
ONBOARD = "hire.v1.talent.onboardStatus"
BLOCK = "hire.v1.talentBlocklist.changeTalentBlock"
EXTERNAL_CREATE = "hire.v1.talentExternalInfo.create"
EXTERNAL_UPDATE = "hire.v1.talentExternalInfo.update"
LOGS = "hire.v1.talentOperationLog.search"
NOTE_CREATE = "hire.v1.note.create"
NOTE_GET = "hire.v1.note.get"
NOTE_PATCH = "hire.v1.note.patch"
NOTE_LIST = "hire.v1.note.list"
NOTE_DELETE = "hire.v1.note.delete"

_numbers = itertools.count(1)


def v2(node: NodeClient, who: str) -> dict[str, Any]:
    """A talent in the shape of v2, which is where all of this shows."""
    answer = node.call(GET_V2, path={"talent_id": who}, params={"user_id_type": "open_id"})
    assert answer.code == 0, answer
    return answer.data


def is_now(milliseconds: Any) -> bool:
    return abs(time.time() * 1000 - int(milliseconds)) < 60_000


@pytest.fixture
def who(place: Place) -> str:
    return place.client.create_talents(1)[0]


# Folders


def test_people_go_into_a_folder_and_out_again(place: Place, node: NodeClient) -> None:
    folder_id = place.make("talent_folders", {"folder_name": "Paris", "owner_id": "ou_1"})["folder_id"]
    one, two, other = place.client.create_talents(3)
    both = {"talent_id_list": [two, one], "folder_id": folder_id}
    for _ in ("once", "again, in silence"):
        answer = node.call(ADD_TO_FOLDER, data=both)
        assert (answer.code, answer.data) == (0, both)
    (shown,) = v2(node, one)["talent_folder_ref_list_v2"]
    assert is_now(shown.pop("add_time"))
    assert shown == {"folder_id": folder_id, "name": "Paris", "owner_id": "ou_1"}
    for inside in ([two], []):
        answer = node.call(REMOVE_TO_FOLDER, data={"talent_id_list": [other, two], "folder_id": folder_id})
        assert (answer.code, answer.data) == (0, {"talent_id_list": inside, "folder_id": folder_id})
    assert [len(v2(node, talent)["talent_folder_ref_list_v2"]) for talent in (one, two, other)] == [1, 0, 0]


def test_folders_are_listed_page_by_page(place: Place, node: NodeClient, things: dict[str, str]) -> None:
    made = [place.make("talent_folders", {"folder_name": name, "owner_id": f"ou_{name}"}) for name in ("a", "b")]
    every = node.items(FOLDERS, params={"page_size": 1, "user_id_type": "open_id"})
    assert every[-2:] == made
    berlin = {"folder_id": things["FOLDER"], "folder_name": "Berlin", "owner_id": "ou_owner"}
    assert berlin in every[:-2]
    page = node.call(FOLDERS, params={"page_size": 1}).data
    assert (page["items"], page["has_more"], page.keys()) == (every[:1], True, {"items", "has_more", "page_token"})


# Tags


def test_a_person_is_tagged_and_no_more(node: NodeClient, things: dict[str, str], who: str) -> None:
    name = {"zh_cn": "快", "en_us": "fast"}
    tag = {"id": things["TAG"], "name": name, "description": {"zh_cn": "", "en_us": ""}, "type": 1}
    for operation, tags in ((1, [tag]), (2, [])):
        data = {"operation": operation, "tag_id_list": [things["TAG"]]}
        answer = node.call(TAG, path={"talent_id": who}, data=data)
        assert (answer.code, answer.data) == (0, {})
        assert v2(node, who)["tag_list"] == tags


def test_tags_are_listed_newest_first(place: Place, node: NodeClient) -> None:
    word = f"lucky{next(_numbers)}"
    made = [
        place.make("talent_tags", {"name": {"en_us": f"{word} {number}"}, "type": kind, "active_status": status})
        for number, kind, status in ((1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 1, 1))
    ]
    one, two, three, four = made

    def listed(**params: Any) -> list[dict[str, Any]]:
        return node.items(TAGS, params={"keyword": word.upper(), **params})

    assert listed() == [four, two, one]
    assert listed(page_size=1) == [four, two, one]
    assert listed(page_size=2, include_inactive=True) == [four, three, two, one]
    assert listed(type=2) == [two]
    assert listed(id_list=[one["id"], "404", four["id"]]) == [four, one]
    assert node.call(TAGS, params={"keyword": word, "page_size": 3}).data == {
        "items": [four, two, one],
        "has_more": False,
    }
    assert one["name"] == {"zh_cn": "", "en_us": f"{word} 1"}


# Custom fields


def test_modules_are_shown_with_their_fields(node: NodeClient, things: dict[str, str]) -> None:
    answer = node.call(OBJECTS)
    assert (answer.code, answer.data.keys()) == (0, {"items"})
    modules = {module["id"]: module for module in answer.data["items"]}
    assert [number for number in modules if len(number) == 1] == [str(number) for number in range(1, 10)]
    assert (modules["1"]["is_customized"], modules["1"]["name"]["en_us"]) == (False, "Basic information")
    visas = modules[things["MODULE"]]
    assert (visas["is_customized"], visas["setting"]["object_type"], visas["active_status"]) == (True, 11, 1)
    line, choice = visas["children_list"]
    none = {"zh_cn": "", "en_us": ""}
    assert line == {
        "id": things["LINE"],
        "name": {"zh_cn": "", "en_us": "Number"},
        "description": none,
        "setting": {"object_type": 1, "config": {"options": []}},
        "parent_id": things["MODULE"],
        "is_customized": True,
        "is_required": False,
        "active_status": 1,
    }
    assert (choice["id"], choice["setting"]["object_type"]) == (things["CHOICE"], 3)
    union = {"key": "eu", "name": {"zh_cn": "", "en_us": "Union"}, "description": none, "active_status": 1}
    assert choice["setting"]["config"]["options"][0] == union


# States


def test_a_person_comes_on_board_and_leaves(node: NodeClient, who: str) -> None:
    for data, on_board in (
        ({"operation": 1, "onboard_time": "1577808000000"}, True),
        ({"operation": 2, "overboard_time": "1612108800000"}, False),
    ):
        answer = node.call(ONBOARD, path={"talent_id": who}, data=data)
        assert (answer.code, answer.data) == (0, {})
        assert v2(node, who)["is_onboarded"] is on_board
        assert node.call("hire.v1.talent.get", path={"talent_id": who}).data["talent"]["is_onboarded"] is on_board


def test_a_person_is_blocked_and_no_more(place: Place, node: NodeClient, who: str) -> None:
    answer = node.call(BLOCK, data={"talent_id": who, "option": 1, "reason": "forged papers"})
    assert (answer.code, answer.data) == (0, {})
    block = v2(node, who)["block_info"]
    assert is_now(block.pop("blocked_time"))
    assert block == {"creator_id": place.client.app.app_id, "reason": "forged papers"}
    answer = node.call(BLOCK, data={"talent_id": who, "option": 2})
    assert (answer.code, answer.data) == (0, {})
    assert "block_info" not in v2(node, who)


def test_when_another_system_made_a_person(node: NodeClient, who: str) -> None:
    for operation, moment in ((EXTERNAL_CREATE, "1577808000000"), (EXTERNAL_UPDATE, "1612108800000")):
        answer = node.call(operation, path={"talent_id": who}, data={"external_create_time": moment})
        info = {"talent_id": who, "external_create_time": moment}
        assert (answer.code, answer.data) == (0, {"external_info": info})


# Notes


def noted(node: NodeClient, who: str, content: str, **more: Any) -> dict[str, Any]:
    answer = node.call(NOTE_CREATE, data={"talent_id": who, "content": content, **more})
    assert (answer.code, answer.data.keys()) == (0, {"note"})
    return answer.data["note"]


def test_a_note_is_shown_as_it_was_written(node: NodeClient, who: str) -> None:
    said = {"application_id": "7", "creator_id": "ou_writer"}
    mentions = {"notify_mentioned_user": False, "mention_entity_list": [{"offset": 0, "user_id": "ou_1"}]}
    note = noted(node, who, "@Li is good", privacy=1, **said, **mentions)
    assert note == {
        "id": note["id"],
        "talent_id": who,
        "is_private": True,
        "create_time": note["create_time"],
        "modify_time": note["create_time"],
        "content": "@Li is good",
        **said,
    }
    assert type(note["create_time"]) is int
    assert is_now(note["create_time"])
    answer = node.call(NOTE_GET, path={"note_id": note["id"]}, params={"user_id_type": "open_id"})
    assert (answer.code, answer.data) == (0, {"note": note})
    moment = str(note["create_time"])
    shown = {"id": note["id"], "talent_id": who, "content": "@Li is good", "privacy": 1, **said}
    assert v2(node, who)["note_list_v2"] == [{**shown, "create_time": moment, "update_time": moment}]


def test_a_note_changes_and_goes(node: NodeClient, who: str) -> None:
    note = noted(node, who, "good")
    time.sleep(0.002)
    mentions = {"notify_mentioned_user": True, "mention_entity_list": [{"offset": 6, "user_id": "ou_1"}]}
    data = {"content": "better", "operator_id": "ou_boss", **mentions}
    answer = node.call(NOTE_PATCH, path={"note_id": note["id"]}, params={"user_id_type": "open_id"}, data=data)
    changed = answer.data["note"]
    assert changed["modify_time"] > note["modify_time"]
    assert changed == {**note, "content": "better", "modify_time": changed["modify_time"]}
    (shown,) = v2(node, who)["note_list_v2"]
    assert (shown["privacy"], shown["content"], shown["update_time"]) == (2, "better", str(changed["modify_time"]))
    gone = node.call(NOTE_DELETE, path={"note_id": note["id"]})
    assert (gone.code, gone.data) == (0, {})
    assert node.call(NOTE_LIST, params={"talent_id": who}).data == {"items": [], "has_more": False}


def test_notes_are_listed_newest_first(node: NodeClient, who: str) -> None:
    notes = [noted(node, who, f"note {number}") for number in range(3)]
    for page_size in (1, 2, 200):
        assert node.items(NOTE_LIST, params={"talent_id": who, "page_size": page_size}) == notes[::-1]
    page = node.call(NOTE_LIST, params={"talent_id": who, "page_size": 2, "user_id_type": "open_id"}).data
    assert (page["items"], page["has_more"]) == (notes[:0:-1], True)


# The operation log


def search(node: NodeClient, operators: list[str], operations: list[int], **params: Any) -> Answer:
    answer = node.call(LOGS, params=params, data={"operator_id_list": operators, "operation_list": operations})
    assert answer.code == 0, answer
    return answer


def test_what_an_app_did_is_on_record(place: Place, node: NodeClient, things: dict[str, str], who: str) -> None:
    app, pool_id = place.client.app.app_id, place.client.create_pool()
    for operation in (1, 2):
        tagging = {"operation": operation, "tag_id_list": [things["TAG"]]}
        assert node.call(TAG, path={"talent_id": who}, data=tagging).code == 0
        assert node.call(BLOCK, data={"talent_id": who, "option": operation, "reason": "x"}).code == 0
        place.client.batch_change(pool_id, [who], operation)
    answer = search(node, [app], [11, 12, 20, 21, 990001, 990002], page_size=6, user_id_type="open_id")
    items = answer.data["items"]
    assert [item["operation_type"] for item in items] == [990002, 21, 12, 990001, 20, 11]
    for item in items:
        assert is_now(item.pop("operation_time"))
        del item["operation_type"]
        assert item == {"talent_id": who, "operator": {"id": app}, "operator_type": 3}


def test_what_an_employee_did_is_on_record_page_by_page(node: NodeClient, kind: type[NodeClient]) -> None:
    boss = f"ou_boss_{'mcp' if kind is LarkMcp else 'sdk'}"
    created = {"basic_info": {"name": "Li"}, "creator_id": boss, "creator_account_type": 1}
    people = [node.call("hire.v1.talent.combinedCreate", data=created).data["talent_id"] for _ in range(2)]
    updated = {"talent_id": people[0], "basic_info": {}, "operator_id": boss, "operator_account_type": 1}
    assert node.call("hire.v1.talent.combinedUpdate", data=updated).code == 0
    data = {"operator_id_list": [boss], "operation_list": [1, 2]}
    items = node.items(LOGS, params={"page_size": 1}, data=data)
    assert [(item["talent_id"], item["operation_type"]) for item in items] == [
        (people[0], 2),
        (people[1], 1),
        (people[0], 1),
    ]
    assert {(item["operator"]["id"], item["operator_type"]) for item in items} == {(boss, 1)}
    assert node.call(LOGS, data={**data, "job_id_list": ["1"]}).data == {"items": [], "has_more": False}
