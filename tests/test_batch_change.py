"""The heart: what the batch change promises, through HTTP (contract §6, decisions 2 to 11)."""

import pytest

from harness import Client, Server


@pytest.fixture
def pool_id(client: Client) -> str:
    return client.create_pool()


def test_adds_fifty_and_takes_them_out(client: Client, pool_id: str) -> None:
    people = client.create_talents(50)
    added = client.add(pool_id, people)
    assert (added.status, added.msg, added.data) == (200, "success", {})
    assert sorted(client.members(pool_id)) == sorted(people)
    removed = client.remove(pool_id, people)
    assert (removed.code, removed.data) == (0, {})
    assert client.members(pool_id) == {}
    newest, oldest = client.changes(pool_id)
    assert (oldest["parts"][0]["added"], newest["parts"][0]["removed"]) == (sorted(people), sorted(people))
    assert [newest["parts"][0]["version"], oldest["parts"][0]["version"]] == [2, 1]
    assert newest["id"] == removed.headers["X-Rencai-Change-Id"]
    assert oldest["operation"] == "talent_pool_batch_change"
    assert oldest["app_id"] == client.app.app_id


def test_repeats_are_silent(client: Client, pool_id: str) -> None:
    one, two = client.create_talents(2)
    client.add(pool_id, [one])
    before = client.members(pool_id)
    again = client.add(pool_id, [one])
    assert again.code == 0
    assert "X-Rencai-Change-Id" not in again.headers
    assert client.members(pool_id) == before
    assert "X-Rencai-Change-Id" not in client.remove(pool_id, [two]).headers
    assert len(client.changes(pool_id)) == 1
    client.add(pool_id, [one, two])
    assert client.members(pool_id)[one] == before[one]
    assert client.changes(pool_id)[0]["parts"][0]["added"] == [two]


def test_unknown_talents_are_listed_and_nothing_is_done(client: Client, foreign_talent: str, pool_id: str) -> None:
    known, deleted = client.create_talents(2)
    client.call("DELETE", f"/rencai/v1/talents/{deleted}")
    unknown = ["x", "", "9" * 30, "0" + known, f" {known}", f"+{known}", foreign_talent, deleted, "a\0b", "😀", "-1"]
    for option_type in (1, 2):
        reply = client.batch_change(pool_id, [unknown[0], known, *unknown, unknown[1]], option_type)
        assert (reply.status, reply.code) == (400, 1002102)
        assert reply.msg == f"talent not exist: [{', '.join(unknown)}]"
        expected = [{"field": "talent_id_list", "value": i, "description": "talent not exist"} for i in unknown]
        assert reply.error["field_violations"] == expected
        assert client.members(pool_id) == {}
        assert client.changes(pool_id) == []


@pytest.fixture(scope="session")
def foreign_talent(server: Server) -> str:
    """A talent of another tenant."""
    return server.client("foreign").create_talents(1)[0]


@pytest.mark.parametrize(
    "pool", ["1", "x", "%00", "9" * 30, "0123", "a%2Fb", "", "%F0%9F%98%80", "6930815272790114325"]
)
def test_unknown_pools(client: Client, pool: str) -> None:
    (known,) = client.create_talents(1)
    for ids in ([known], ["nobody"]):
        reply = client.batch_change(pool, ids, 1)
        assert (reply.status, reply.code, reply.fields) == (400, 1002109, ["talent_pool_id"])


def test_fifty_counts_before_duplicates_collapse(client: Client, pool_id: str) -> None:
    one, two = client.create_talents(2)
    assert client.add(pool_id, [one] * 49 + [two]).code == 0
    assert client.call("GET", f"/rencai/v1/talent_pools/{pool_id}/talents").data["member_count"] == 2
    reply = client.add(pool_id, [one] * 51)
    assert (reply.code, reply.fields) == (1002002, ["talent_id_list"])


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"{}", ["talent_id_list", "option_type"]),
        (b'{"talent_id_list":[1],"option_type":1}', ["talent_id_list[0]"]),
        (b'{"talent_id_list":["1",null],"option_type":1}', ["talent_id_list[1]"]),
        (b'{"talent_id_list":"1","option_type":1}', ["talent_id_list"]),
        (b'{"talent_id_list":null,"option_type":1}', ["talent_id_list"]),
        (b'{"talent_id_list":[],"option_type":1}', ["talent_id_list"]),
        (b'{"talent_id_list":["1"],"option_type":"1"}', ["option_type"]),
        (b'{"talent_id_list":["1"],"option_type":true}', ["option_type"]),
        (b'{"talent_id_list":["1"],"option_type":null}', ["option_type"]),
        (b'{"talent_id_list":["1"],"option_type":3}', ["option_type"]),
        (b'{"talent_id_list":["1"],"option_type":1.0}', ["option_type"]),
        (b'{"talent_id_list":["1"],"option_type":1e0}', ["option_type"]),
        (b'{"talent_id_list":["\\ud800"],"option_type":1}', ["body"]),
        (b'\xef\xbb\xbf{"talent_id_list":["1"],"option_type":1}', ["body"]),
        (b'{"talent_id_list":["\xff"],"option_type":1}', ["body"]),
        (b'{"talent_id_list":["1"],"option_type":1,"x":"\xff"}', ["body"]),
        (b"[]", ["body"]),
        (b"", ["body"]),
        (b'{"talent_id_list":["1"]', ["body"]),
        (b"null", ["body"]),
        (b"[" * 100_000, ["body"]),
        (b'{"talent_id_list":' + b"[" * 100_000 + b"]" * 100_000 + b"}", ["body"]),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", ["body"]),
    ],
)
def test_wrong_shapes_name_their_fields(client: Client, pool_id: str, raw: bytes, fields: list[str]) -> None:
    reply = client.call("POST", f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool", raw=raw)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)
    assert client.changes(pool_id) == []


def test_last_duplicate_key_wins_and_unknown_fields_are_ignored(client: Client, pool_id: str) -> None:
    (one,) = client.create_talents(1)
    raw = b'{"talent_id_list":["%s"],"option_type":2,"option_type":1,"more":{"a":[1]}}' % one.encode()
    assert client.call("POST", f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool", raw=raw).code == 0
    assert list(client.members(pool_id)) == [one]


def test_shape_comes_before_pool_and_pool_before_talents(client: Client) -> None:
    assert client.batch_change("1", [], 1).code == 1002002
    assert client.batch_change("1", ["nobody"], 1).code == 1002109
