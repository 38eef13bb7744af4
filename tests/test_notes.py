"""Notes: times are numbers here and strings in v2's talent (contract §10, §13)."""

import time
from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server

NOTES = f"{HIRE}/notes"


def write(client: Client, who: str, content: Any = "备注", **more: Any) -> Reply:
    return client.call("POST", NOTES, {"talent_id": who, "content": content, **more})


def test_a_note_is_written_shown_changed_and_deleted(client: Client) -> None:
    who = client.create_talent()
    made = write(client, who, creator_id="ou_1", application_id="9", privacy=1)
    note = made.data["note"]
    assert made.msg == "success"
    assert isinstance(note["create_time"], int)
    assert abs(note["create_time"] - time.time() * 1000) < 60_000
    assert note == {
        "id": note["id"],
        "talent_id": who,
        "application_id": "9",
        "is_private": True,
        "create_time": note["create_time"],
        "modify_time": note["create_time"],
        "creator_id": "ou_1",
        "content": "备注",
    }
    path = f"{NOTES}/{note['id']}"
    assert client.call("GET", path).data["note"] == note
    time.sleep(0.003)
    changed = client.call("PATCH", path, {"content": "新", "operator_id": "ou_2"}).data["note"]
    assert changed["modify_time"] > note["modify_time"]
    assert changed == {**note, "content": "新", "modify_time": changed["modify_time"]}
    (shown,) = client.talent_v2(who)["note_list_v2"]
    assert shown == {
        "id": note["id"],
        "talent_id": who,
        "application_id": "9",
        "create_time": str(note["create_time"]),
        "update_time": str(changed["modify_time"]),
        "creator_id": "ou_1",
        "content": "新",
        "privacy": 1,
    }
    assert client.call("DELETE", path).data == {}
    for method, body in (("GET", None), ("PATCH", {"content": "x"}), ("DELETE", None)):
        gone = client.call(method, path, body)
        assert (gone.status, gone.code, gone.fields) == (404 if method == "GET" else 400, 1002002, ["note_id"])
    assert client.talent_v2(who)["note_list_v2"] == []


def test_a_note_is_public_and_the_apps_unless_said_otherwise(client: Client) -> None:
    who = client.create_talent()
    note = write(client, who).data["note"]
    assert [shown["privacy"] for shown in client.talent_v2(who)["note_list_v2"]] == [2]
    assert (note["is_private"], note["creator_id"]) == (False, client.app.app_id)
    assert "application_id" not in note


def test_a_users_id_of_kind_user_id_is_left_out_without_its_scope(client: Client) -> None:
    note = write(client, client.create_talent(), creator_id="u1").data["note"]
    assert "creator_id" not in client.call("GET", f"{NOTES}/{note['id']}?user_id_type=user_id").data["note"]
    assert client.call("GET", f"{NOTES}/{note['id']}?user_id_type=people_admin_id").data["note"]["creator_id"] == "u1"


def test_notes_are_listed_newest_first_page_by_page(client: Client) -> None:
    who, other = client.create_talent(), client.create_talent()
    made = [write(client, who, str(number)).data["note"]["id"] for number in range(12)]
    write(client, other)
    assert [note["id"] for note in client.pages(f"{NOTES}?talent_id={who}", page_size=5)] == made[::-1]
    first = client.call("GET", f"{NOTES}?talent_id={who}")
    assert (len(first.data["items"]), first.data["has_more"]) == (10, True)
    for query, field in (
        ("", "talent_id"),
        (f"talent_id={who}&page_size=201", "page_size"),
        (f"talent_id={other}&page_token={first.data['page_token']}", "page_token"),
    ):
        reply = client.call("GET", f"{NOTES}?{query}")
        assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])
    unknown = client.call("GET", f"{NOTES}?talent_id=7")
    assert (unknown.status, unknown.code) == (400, 1002102)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": ""}, "content"),
        ({"content": "x" * 10_001}, "content"),
        ({"content": "a\0"}, "content"),
        ({"privacy": 3}, "privacy"),
        ({"notify_mentioned_user": 1}, "notify_mentioned_user"),
        ({"mention_entity_list": [{"offset": 0}]}, "mention_entity_list[0].user_id"),
        ({"mention_entity_list": [{"user_id": "u"}]}, "mention_entity_list[0].offset"),
        ({"mention_entity_list": [{"offset": -1, "user_id": "u"}]}, "mention_entity_list[0].offset"),
        ({"mention_entity_list": [{"offset": 4, "user_id": "u"}]}, "mention_entity_list[0].offset"),
    ],
)
def test_bad_notes_are_named(client: Client, body: dict[str, Any], field: str) -> None:
    who = client.create_talent()
    given = {"content": "a😀", **body}
    reply = write(client, who, **given)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])
    note = write(client, who).data["note"]["id"]
    if field != "privacy":
        assert client.call("PATCH", f"{NOTES}/{note}", given).fields == [field]


def test_mentions_end_with_the_content_in_units_of_utf_16(client: Client) -> None:
    mentions = [{"offset": offset, "user_id": "ou_1"} for offset in (0, 3)]
    reply = write(client, client.create_talent(), "a😀", mention_entity_list=mentions, notify_mentioned_user=True)
    assert reply.code == 0


def test_a_note_on_nobody_or_on_another_tenants_talent(server: Server, client: Client) -> None:
    other = server.client("notes-other")
    who = client.create_talent()
    note = write(client, who).data["note"]["id"]
    for unknown in ("7", who):
        assert write(other, unknown).code == 1002102
        assert other.call("GET", f"{NOTES}?talent_id={unknown}").code == 1002102
    assert other.call("GET", f"{NOTES}/{note}").status == 404
    assert other.call("DELETE", f"{NOTES}/{note}").code == 1002002
    assert client.call("GET", f"{NOTES}/{note}").code == 0
