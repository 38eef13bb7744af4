"""Runs: changes of any size, from pools or from a list, seen, cancelled and undone (decision 39)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness import App, Client, Reply, Server, running_server
from stores import Store

RUNS = "/rencai/v1/runs"


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def begin(client: Client, pool: str, action: str, source: Any, **more: Any) -> Reply:
    return client.call("POST", RUNS, {"talent_pool_id": pool, "action": action, "from": source, **more})


def given(pool: str, action: str, **more: str) -> dict[str, str]:
    return {"talent_pool_id": pool, "action": action, **more}


def undo(client: Client, run: dict[str, Any], **body: str) -> Reply:
    return client.call("POST", f"{RUNS}/{run['id']}/undo", body)


def counts(run: dict[str, Any]) -> dict[str, int]:
    names = ("total", "processed", "added", "removed", "unchanged", "missing", "conflicts")
    return {name: run[name] for name in names if run[name]}


def test_a_list_is_added_and_every_id_is_told_once(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(5)
    tenant.add(pool, people[:2])
    before = tenant.members(pool)
    query = given(pool, "add", on_missing="skip", reason="spring")
    begun = tenant.upload(query, [people[4], *people[:4], "404", "x y", "007", people[0], "404"])
    fresh = begun.data["run"]
    assert (fresh["state"], fresh["is_uploading"], fresh["total"]) == ("queued", False, 8)
    run = tenant.over(begun)
    assert counts(run) == {"total": 8, "processed": 8, "added": 3, "unchanged": 2, "missing": 3}
    assert (run["state"], run["reason"], run["app_id"]) == ("done", "spring", tenant.app.app_id)
    assert int(run["create_time"]) <= int(run["start_time"]) <= int(run["end_time"])
    assert tenant.results(run["id"]) == {
        **dict.fromkeys(people[:2], "unchanged"),
        **dict.fromkeys(people[2:], "added"),
        **dict.fromkeys(("404", "x y", "007"), "missing"),
    }
    members = tenant.members(pool)
    assert set(members) == set(people)
    assert members.items() >= before.items()
    assert tenant.call("GET", f"{RUNS}/{run['id']}").data["run"] == run
    (item,) = tenant.pages(f"/rencai/v1/changes?run_id={run['id']}")
    assert (item["operation"], item["reason"], item["run_id"]) == ("run_create", "spring", run["id"])


def test_a_list_is_removed_or_set(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(6)
    tenant.add(pool, people[:4])
    run = tenant.over(tenant.upload(given(pool, "remove"), [people[0], people[5]]))
    assert counts(run) == {"total": 2, "processed": 2, "removed": 1, "unchanged": 1}
    run = tenant.over(tenant.upload(given(pool, "set"), [people[1], people[4], people[5]]))
    assert counts(run) == {"total": 5, "processed": 5, "added": 2, "removed": 2, "unchanged": 1}
    assert set(tenant.members(pool)) == {people[1], people[4], people[5]}
    assert tenant.results(run["id"]) == {
        **dict.fromkeys(people[2:4], "removed"),
        **dict.fromkeys(people[4:], "added"),
        people[1]: "unchanged",
    }
    assert counts(tenant.over(tenant.upload(given(pool, "set"), b""))) == {"total": 3, "processed": 3, "removed": 3}
    assert tenant.members(pool) == {}
    assert counts(tenant.over(tenant.upload(given(pool, "add"), b""))) == {}


def test_an_expression_is_evaluated_as_the_pools_were(tenant: Client) -> None:
    one, two, target, people = *(tenant.create_pool() for _ in range(3)), tenant.create_talents(6)
    tenant.add(one, people[:4])
    tenant.add(two, people[2:])
    tenant.add(target, people[5:])
    run = tenant.over(begin(tenant, target, "add", {"minus": [one, two]}))
    assert counts(run) == {"total": 2, "processed": 2, "added": 2}
    run = tenant.over(begin(tenant, target, "set", {"union": [{"intersect": [one, two]}, target]}, reason="r"))
    assert set(tenant.members(target)) == {*people[:4], people[5]}
    assert counts(run) == {"total": 5, "processed": 5, "added": 2, "unchanged": 3}
    run = tenant.over(begin(tenant, target, "remove", target))
    assert (tenant.members(target), run["removed"]) == ({}, 5)
    assert counts(tenant.over(begin(tenant, target, "add", target))) == {}


def test_one_unknown_id_fails_all_of_a_run_unless_it_is_to_be_skipped(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(3)
    tenant.call("DELETE", f"/rencai/v1/talents/{people[2]}")
    run = tenant.over(tenant.upload(given(pool, "add"), [*people, "nobody"]))
    assert counts(run) == {"total": 4, "missing": 2}
    assert (run["state"], run["error"]["code"]) == ("failed", 1002102)
    assert "2 of 4" in run["error"]["msg"]
    assert tenant.results(run["id"]) == dict.fromkeys(("nobody", people[2]), "missing")
    assert tenant.members(pool) == {}
    assert tenant.changes(pool) == []


def test_a_run_is_undone_and_that_again(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(6)
    tenant.add(pool, people[:4])
    before = tenant.members(pool)
    run = tenant.over(tenant.upload(given(pool, "set"), people[3:]))
    after = tenant.members(pool)
    undone = tenant.over(undo(tenant, run, reason="oops"))
    assert (undone["action"], undone["reason"], undone["undo_of"]) == ("undo", "oops", run["id"])
    assert counts(undone) == {"total": 5, "processed": 5, "added": 3, "removed": 2}
    assert tenant.members(pool) == before
    assert tenant.call("GET", f"{RUNS}/{run['id']}").data["run"]["undone_by"] == undone["id"]
    (change,) = tenant.pages(f"/rencai/v1/changes?run_id={undone['id']}")
    (first,) = tenant.pages(f"/rencai/v1/changes?run_id={run['id']}")
    assert (change["operation"], change["undo_of"], first["undone_by"]) == ("run_undo", first["id"], change["id"])
    refused = undo(tenant, run)
    assert (refused.status, refused.code) == (409, 1990024)
    assert refused.error["field_violations"][0]["value"] == undone["id"]
    redone = tenant.over(undo(tenant, undone))
    assert set(tenant.members(pool)) == set(after)
    assert counts(redone) == {"total": 5, "processed": 5, "added": 2, "removed": 3}
    tenant.over(undo(tenant, redone))
    assert tenant.members(pool) == before


def test_an_undo_leaves_alone_what_was_touched_later_and_says_so(tenant: Client) -> None:
    pool, (a, b, c, d, e) = tenant.create_pool(), tenant.create_talents(5)
    tenant.add(pool, [d, e])
    run = tenant.over(tenant.upload(given(pool, "set"), [a, b, c]))
    tenant.remove(pool, [a])
    tenant.add(pool, [a])
    tenant.call("DELETE", f"/rencai/v1/talents/{d}")
    undone = tenant.over(undo(tenant, run))
    assert counts(undone) == {"total": 5, "processed": 5, "added": 1, "removed": 2, "conflicts": 2}
    assert tenant.results(undone["id"]) == {
        a: "a later change has touched it",
        d: "the talent has been deleted",
        b: "removed",
        c: "removed",
        e: "added",
    }
    assert set(tenant.members(pool)) == {a, e}
    (change,) = tenant.pages(f"/rencai/v1/changes?run_id={run['id']}")
    again = tenant.over(begin(tenant, pool, "set", pool))
    assert counts(again) == {"total": 2, "processed": 2, "unchanged": 2}
    assert counts(tenant.over(undo(tenant, again))) == {}
    other = tenant.over(tenant.upload(given(pool, "add"), [b]))
    (change,) = tenant.pages(f"/rencai/v1/changes?run_id={other['id']}")
    tenant.call("POST", f"/rencai/v1/changes/{change['id']}/undo", {})
    assert tenant.results(tenant.over(undo(tenant, other))["id"]) == {b: "its change was undone before"}


def insert_waiting(database: Store, tenant_id: int, app_id: str, pool: str, count: int, first: int = 1) -> list[str]:
    """Runs whose upload goes on elsewhere for as long as anybody asks."""
    made = [str(number) for number in range(first, first + count)]
    for run_id in made:
        database.run(
            "INSERT INTO runs (tenant_id, run_id, app_id, pool_id, action, on_missing, reason, source, undo_of,"
            " create_time, state, step, position, total)"
            f" VALUES ({tenant_id}, {run_id}, '{app_id}', {pool}, 'add', 'skip', '', '', 0, 5, 'uploading', 'check',"
            " 0, 0)"
        )
        database.run(f"INSERT INTO run_queue VALUES ('{app_id}', {run_id}, {tenant_id}, 'run_create', 0, {2**62})")
    return made


def test_an_app_has_one_run_at_work_and_four_that_wait(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        pool, people = client.create_pool(), client.create_talents(1)
        insert_waiting(database, 1, client.app.app_id, pool, 4)
        assert client.over(client.upload(given(pool, "add"), people))["added"] == 1
        insert_waiting_one_more(database, client.app.app_id)
        for refused in (client.upload(given(pool, "add"), people), begin(client, pool, "add", pool)):
            assert (refused.status, refused.code) == (409, 1990021)
        done = next(item for item in client.pages(RUNS) if item["state"] == "done")
        assert undo(client, done).code == 1990021
        assert server.client_of(server.create_app()).upload(given(pool, "add"), people).code == 0
        cancelled = client.call("POST", f"{RUNS}/1/cancel").data["run"]
        assert (cancelled["state"], cancelled["is_uploading"]) == ("cancelled", False)
        assert client.over(client.upload(given(pool, "add"), people))["unchanged"] == 1


def insert_waiting_one_more(database: Store, app_id: str) -> None:
    database.run(f"INSERT INTO run_queue VALUES ('{app_id}', 99, 1, 'run_create', 0, {2**62})")


def test_a_run_that_is_over_is_not_cancelled_and_one_that_is_not_over_not_undone(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        pool, people = client.create_pool(), client.create_talents(1)
        run = client.over(client.upload(given(pool, "add"), people))
        refused = client.call("POST", f"{RUNS}/{run['id']}/cancel")
        assert (refused.status, refused.code, refused.fields) == (409, 1990022, ["run_id"])
        insert_waiting(database, 1, client.app.app_id, pool, 1)
        assert undo(client, {"id": "1"}).code == 1990023
        client.call("POST", f"{RUNS}/1/cancel")
        assert counts(client.over(undo(client, {"id": "1"}))) == {}


def test_lists_are_newest_first_page_by_page(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(1)
    made = [tenant.over(tenant.upload(given(pool, "add"), people)) for _ in range(3)]
    assert list(tenant.pages(RUNS)) == made[::-1]
    assert list(tenant.pages(RUNS, page_size=1)) == made[::-1]


def test_the_id_of_a_run_is_no_label_for_a_change(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(1)
    run = tenant.over(tenant.upload(given(pool, "add"), people))
    body = {"remove": people, "run_id": run["id"]}
    refused = tenant.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", body)
    assert (refused.code, refused.fields) == (1002002, ["run_id"])
    assert len(tenant.members(pool)) == 1


def test_other_tenants_see_nothing_and_name_nothing(server: Server, tenant: Client) -> None:
    other = server.client("runs-other")
    pool, people = other.create_pool(), other.create_talents(1)
    run = other.over(other.upload(given(pool, "add"), people))
    mine = tenant.create_pool()
    for path in ("", "/cancel", "/undo", "/results"):
        method = "POST" if path in ("/cancel", "/undo") else "GET"
        for run_id in (run["id"], "x", "7"):
            reply = tenant.call(method, f"{RUNS}/{run_id}{path}")
            assert (reply.status, reply.code, reply.fields) == (400 if path else 404, 1990020, ["run_id"])
    assert list(tenant.pages(RUNS)) == []
    reply = tenant.upload(given(pool, "add"), people)
    assert (reply.code, reply.fields) == (1002109, ["talent_pool_id"])
    reply = begin(tenant, mine, "add", {"union": [mine, pool]})
    assert (reply.code, reply.fields) == (1002109, ["from.union[1]"])
    run = tenant.over(tenant.upload(given(mine, "add"), people))
    assert (run["state"], tenant.members(mine)) == ("failed", {})


def test_a_pool_that_goes_away_fails_its_runs(tenant: Client) -> None:
    pool, people = tenant.create_pool(), tenant.create_talents(2)
    run = tenant.over(tenant.upload(given(pool, "add"), people))
    tenant.call("DELETE", f"/rencai/v1/talent_pools/{pool}?force=true")
    reply = undo(tenant, run)
    assert (reply.status, reply.code, reply.fields) == (400, 1002109, ["talent_pool_id"])


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"action": "take"}, ["action"]),
        ({"action": None}, ["action"]),
        ({"talent_pool_id": 7}, ["talent_pool_id"]),
        ({"on_missing": "ask"}, ["on_missing"]),
        ({"reason": "x" * 501}, ["reason"]),
        ({"reason": "\0"}, ["reason"]),
        ({"from": 7}, ["from"]),
        ({"from": {"union": []}}, ["from"]),
        ({"from": {}}, ["from"]),
        ({"from": {"union": ["1"], "minus": ["1"]}}, ["from"]),
    ],
)
def test_wrong_bodies_name_their_fields(tenant: Client, change: dict[str, Any], fields: list[str]) -> None:
    pool = tenant.create_pool()
    reply = tenant.call("POST", RUNS, {"talent_pool_id": pool, "action": "add", "from": pool, **change})
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, fields)
    assert list(tenant.pages(RUNS)) == []


def test_what_is_required_is_required(tenant: Client) -> None:
    assert tenant.call("POST", RUNS, {}).fields == ["talent_pool_id", "action", "from"]
    assert tenant.call("POST", RUNS, raw=b"").fields == ["body"]
    assert tenant.call("POST", f"{RUNS}/1/undo", raw=b"[]").fields == ["body"]
    assert begin(tenant, "7", "add", "7").code == 1002109


def test_scopes(server: Server) -> None:
    reader = server.client("readers", scopes=("hire:talent_folder:readonly",))
    assert reader.call("GET", RUNS).code == 0
    assert reader.call("GET", f"{RUNS}/7").code == 1990020
    for path in ("", "/7/cancel", "/7/undo"):
        assert reader.call("POST", RUNS + path, {}).code == 99991672
    assert reader.upload(given("7", "add"), b"").code == 99991672
    assert server.client("readers", scopes=("hire:talent",)).call("GET", f"{RUNS}/7/results").code == 99991672


def test_calls_of_runs_may_be_repeated_with_a_key(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        pool, people = client.create_pool(), client.create_talents(2)
        client.add(pool, people)
        key = {"Idempotency-Key": "k"}
        body = {"talent_pool_id": pool, "action": "remove", "from": pool}
        first = client.call("POST", RUNS, body, headers=key)
        run = client.over(first)
        assert client.call("POST", RUNS, body, headers=key).data == first.data
        assert client.call("POST", RUNS, {**body, "reason": "x"}, headers=key).code == 1990005
        undone = client.call("POST", f"{RUNS}/{run['id']}/undo", {}, headers=key)
        assert client.call("POST", f"{RUNS}/{run['id']}/undo", headers=key).data == undone.data
        assert client.over(undone)["added"] == 2
        insert_waiting(database, 1, client.app.app_id, pool, 1)
        cancelled = client.call("POST", f"{RUNS}/1/cancel", headers=key)
        assert client.call("POST", f"{RUNS}/1/cancel", headers=key).data == cancelled.data
        assert len(list(client.pages(RUNS))) == 3


def test_several_apps_work_at_once_and_each_in_its_order(
    server: Server, tenant: Client, request: pytest.FixtureRequest
) -> None:
    """Each of an app's runs adds what the one before removed, so that any other order would show."""
    apps = [tenant.app, server.create_app(request.node.name)]
    people = tenant.create_talents(3)
    pools = [tenant.create_pool() for _ in apps]

    def work(app: App, pool: str) -> None:
        client = server.client_of(app)
        begun = [client.upload(given(pool, action), people) for action in ("add", "remove", "add", "remove", "add")]
        done = [client.over(reply) for reply in begun]
        assert [run["added"] + run["removed"] for run in done] == [3] * 5

    crowd([lambda app=app, pool=pool: work(app, pool) for app, pool in zip(apps, pools, strict=True)])
    assert [set(tenant.members(pool)) for pool in pools] == [set(people)] * 2


def crowd(work: list[Callable[[], None]]) -> None:
    failed: list[BaseException] = []

    def one(each: Callable[[], None]) -> None:
        try:
            each()
        except BaseException as failure:
            failed.append(failure)

    threads = [threading.Thread(target=one, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
