"""History: every change of membership, whichever call made it, newest first."""

from harness import Client, Server


def test_changes_come_newest_first_page_by_page(server: Server) -> None:
    client = server.client("history")
    pools, people = [client.create_pool() for _ in range(2)], client.create_talents(12)
    for person in people:
        for pool_id in pools:
            client.add(pool_id, [person])
    everything = list(client.pages("/rencai/v1/changes", page_size=5))
    assert len(everything) == 24
    assert [item["id"] for item in everything] == sorted((item["id"] for item in everything), key=int, reverse=True)
    of_pool = list(client.pages(f"/rencai/v1/changes?talent_pool_id={pools[0]}", page_size=5))
    assert [item["parts"] for item in of_pool] == [
        [{"talent_pool_id": pools[0], "version": version, "added_count": 1, "removed_count": 0}]
        for version in range(12, 0, -1)
    ]
    assert {(item["operation"], item["app_id"], item["reason"]) for item in of_pool} == {
        ("talent_pool_batch_change", client.app.app_id, "")
    }


def test_a_deleted_pools_history_stays_readable(client: Client) -> None:
    pool_id, people = client.create_pool(), client.create_talents(2)
    client.add(pool_id, people)
    client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}?force=true")
    assert [change["operation"] for change in client.changes(pool_id)] == [
        "talent_pool_delete",
        "talent_pool_batch_change",
    ]
    empty = client.create_pool()
    client.call("DELETE", f"/rencai/v1/talent_pools/{empty}")
    (change,) = client.changes(empty)
    assert change["parts"] == [{"talent_pool_id": empty, "version": 1, "added": [], "removed": []}]


def test_unknown_changes_and_pools(server: Server, client: Client) -> None:
    pool_id, people = client.create_pool(), client.create_talents(1)
    change_id = client.add(pool_id, people).headers["X-Rencai-Change-Id"]
    for unknown in ("1", "x", "0" + change_id, "9" * 30):
        reply = client.call("GET", f"/rencai/v1/changes/{unknown}")
        assert (reply.status, reply.code, reply.fields) == (404, 1990003, ["change_id"])
    reply = client.call("GET", "/rencai/v1/changes?talent_pool_id=1")
    assert (reply.status, reply.code) == (400, 1002109)
    assert client.call("GET", f"/rencai/v1/changes?talent_pool_id={pool_id}").data["items"] != []
    assert server.client("other-tenant").call("GET", f"/rencai/v1/changes/{change_id}").code == 1990003


def test_a_pool_without_changes_has_an_empty_history(client: Client) -> None:
    reply = client.call("GET", f"/rencai/v1/changes?talent_pool_id={client.create_pool()}")
    assert reply.data == {"items": [], "has_more": False}
