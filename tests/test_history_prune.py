"""`rencai history prune`: what was before a moment is gone, what holds and what came after is as it was."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stores
from desk import Desk
from harness import Client, Server, clean_environment, rencai, running_server
from load import Town, town, under_load
from rencai import clock
from rencai.contract.fields import GivenName
from rencai.contract.talent_pools import BatchChange, DeleteQuery, NewTalentPool, TalentPoolPath
from rencai.contract.talents import NewTalents, TalentPath
from rencai.operations import derivation, history, talent_pools, talents, verification
from rencai.operations.call import Call, Caller
from rencai.operations.findings import Finding
from rencai.storage.seam import Database
from stores import Store

KINDS = ("changes", "parts", "past_memberships", "operation_logs")


def prune(database: Store, before: int, *more: str) -> dict[str, Any]:
    moment = datetime.fromtimestamp(before / 1000, UTC).isoformat(timespec="milliseconds")
    done = rencai("history", "prune", "--before", moment, "--json", "--database", database.url, *more)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["before"] == str(before)
    return told


def assert_agrees(database: Store) -> None:
    done = rencai("database", "verify", "--database", database.url)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def rows(database: Store) -> dict[str, int]:
    """How many rows a prune could remove there are."""
    tables = {"changes": "changes", "parts": "change_parts", "operation_logs": "operation_logs"}
    counted = {kind: f"SELECT count(*) FROM {table}" for kind, table in tables.items()}
    counted["past_memberships"] = "SELECT count(*) FROM memberships WHERE ended_version > 0"
    return {kind: database.rows(sql)[0][0] for kind, sql in counted.items()}


def entries(client: Client) -> list[Any]:
    """The log of who was created and who entered and left pools."""
    path = "/open-apis/hire/v1/talent_operation_logs/search?page_size=100"
    body = {"job_id_list": [], "operator_id_list": [client.app.app_id], "operation_list": [1, 990001, 990002]}
    reply = client.call("POST", path, body)
    assert reply.code == 0, reply
    return reply.data["items"]


def test_what_was_before_is_gone_and_the_rest_as_it_was(database: Store) -> None:
    with running_server(database) as server:
        place = town(server)
        client = place.client
        gone = client.create_pool("gone")
        client.add(gone, place.people[:5])
        assert client.call("DELETE", f"/rencai/v1/talent_pools/{gone}?force=true").code == 0
        old = {pool_id: client.changes(pool_id) for pool_id in place.pools}
        time.sleep(0.01)
        moment = clock.now()
        time.sleep(0.01)
        kept_log = len(entries(client))
        for number, pool_id in enumerate(place.pools[:3]):  # nothing more happens to the last
            client.add(pool_id, place.people[:30])
            client.remove(pool_id, place.people[number * 10 : number * 10 + 40])
        (newcomer,) = client.create_talents(1)
        members = {pool_id: client.members(pool_id) for pool_id in place.pools}
        changes = {pool_id: client.changes(pool_id) for pool_id in place.pools}
        before, new_log = rows(database), entries(client)
        said = prune(database, moment, "--dry-run")
        assert (said["dry_run"], rows(database)) == (True, before)
        day = ("--before", "2025-01-31", "--time-zone", "America/New_York", "--dry-run")
        told = rencai("history", "prune", *day, "--database", database.url).stdout
        assert told.startswith("would be removed from before 2025-01-31T00:00-05:00: 0 changes, ")
        done = prune(database, moment)
        after = rows(database)
        assert {kind: said[kind] for kind in KINDS} == {kind: done[kind] for kind in KINDS}
        assert {kind: before[kind] - after[kind] for kind in KINDS} == {kind: done[kind] for kind in KINDS}
        assert min(done[kind] for kind in KINDS) > 0
        assert {pool_id: client.members(pool_id) for pool_id in place.pools} == members
        for pool_id in place.pools[:3]:
            kept = changes[pool_id][: len(changes[pool_id]) - len(old[pool_id])]
            assert client.changes(pool_id) == kept
            assert kept
        assert client.changes(place.pools[3]) == []
        last = place.pools[3]
        assert client.call("GET", f"/rencai/v1/changes/{old[last][0]['id']}").status == 404
        assert client.call("GET", f"/rencai/v1/changes?talent_pool_id={gone}").code == 1002109
        assert kept_log == 100  # a full page of what is gone
        assert entries(client) == [item for item in new_log if int(item["operation_time"]) >= moment][:100]
        assert newcomer in {item["talent_id"] for item in entries(client)}
        assert_agrees(database)
        client.add(last, place.people[:30])  # a pool without a history goes on as well
        client.remove(last, place.people[:30])
        assert len(client.changes(last)) >= 1
        assert_agrees(database)


def test_pruning_again_removes_nothing_and_an_earlier_day_brings_nothing_back(database: Store) -> None:
    with running_server(database) as server:
        town(server)
        time.sleep(0.01)
        moment = clock.now()
        first = prune(database, moment)
        assert first["changes"] > 20
        for before in (moment, moment - 1_000_000):
            assert {kind: prune(database, before)[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0)
        assert database.rows("SELECT time FROM history_starts") == [[moment]]
        assert_agrees(database)


@pytest.fixture
def long_history(database: Store) -> Iterator[tuple[Server, Town, int]]:
    """A server with a history of several batches, and a moment after it."""
    with running_server(database) as server:
        place = town(server, people=400)
        for turn in range(300):
            for option_type in (1, 2):
                assert place.client.batch_change(place.pools[turn % 4], place.people[:50], option_type).code == 0
        time.sleep(0.01)
        yield server, place, clock.now()


def test_a_server_goes_on_meanwhile(long_history: tuple[Server, Town, int]) -> None:
    server, place, moment = long_history
    with under_load(server, place) as load:
        began = load.acknowledged
        done = prune(server.database, moment)
        assert load.acknowledged > began
    assert done["changes"] > 600
    assert done["past_memberships"] > 10_000
    assert_agrees(server.database)
    for pool_id in place.pools:
        changes = place.client.changes(pool_id)
        assert all(int(change["time"]) >= moment for change in changes)
        versions = [part["version"] for change in changes for part in change["parts"]]
        assert versions == list(range(versions[0], versions[0] - len(versions), -1))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 3), (signal.SIGKILL, -9)])
def test_broken_off_it_goes_on_and_all_agrees_in_between(
    long_history: tuple[Server, Town, int], number: signal.Signals, code: int
) -> None:
    server, place, moment = long_history
    members = {pool_id: place.client.members(pool_id) for pool_id in place.pools}
    before = rows(server.database)
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    command = [sys.executable, "-m", "rencai", "history", "prune", "--before", text]
    process = subprocess.Popen(
        [*command, "--database", server.database.url], stderr=subprocess.PIPE, text=True, env=clean_environment()
    )
    while rows(server.database) == before and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == code
    assert told == ("rencai: pruning was broken off; say the same again to go on\n" if code == 3 else "")
    halfway = rows(server.database)
    assert 0 < halfway["past_memberships"] <= before["past_memberships"]
    assert halfway["changes"] < before["changes"]
    assert_agrees(server.database)
    prune(server.database, moment)
    assert rows(server.database) == dict.fromkeys(KINDS, 0)
    assert {pool_id: place.client.members(pool_id) for pool_id in place.pools} == members
    assert_agrees(server.database)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-01-01T25:00", "20260101T", "2999-01-01"])
def test_days_that_are_none_or_still_to_come(tmp_path: Path, text: str) -> None:
    done = rencai("history", "prune", "--before", text, "--database", f"sqlite:///{tmp_path}/no.db")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--before" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "moment"),
    [
        ([], 1_767_196_800_000),  # midnight in Shanghai
        (["--time-zone", "UTC"], 1_767_225_600_000),
    ],
)
def test_a_day_begins_in_the_time_zone(database: Store, options: list[str], moment: int) -> None:
    created = ("app", "create", "--tenant", "t", "--name", "n", "--scope", "hire:talent")
    assert rencai(*created, "--database", database.url).returncode == 0
    given_day = ("history", "prune", "--before", "2026-01-01", "--json", "--database", database.url)
    assert json.loads(rencai(*given_day, *options).stdout)["before"] == str(moment)


# Any history, pruned at any moment, leaves what agrees. Times are made up, so they also stand still and go back.


class Past:
    """Makes changes at moments of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ids = clock.IdSource(clock.now)
        self.caller = Caller(1, "cli_0123456789abcdef", frozenset(), "off", b"key")

    async def call(self, operation: Any, now: int, **given_values: Any) -> Any:
        call = Call(operation.__name__, self.caller, now, self.ids.take)

        async def unit(tx: Any) -> Any:
            return (await operation(tx, call, **given_values)).data

        return await self.database.write(unit)


MOMENT = st.integers(1_000, 1_030)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "remove", "delete talent", "delete pool"]),
        st.integers(0, 2),
        st.sets(st.integers(0, 5), min_size=1),
        MOMENT,
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(DEEDS, st.lists(MOMENT, min_size=1, max_size=3))
def test_any_history_pruned_at_any_moment_agrees(
    engine: str, tmp_path_factory: pytest.TempPathFactory, deeds: list[Any], moments: list[int]
) -> None:
    store = stores.make(engine, tmp_path_factory.mktemp("past"))
    asyncio.run(_live_and_prune(store, deeds, moments))


async def _live_and_prune(store: Store, deeds: list[Any], moments: list[int]) -> None:
    created = (await Desk.open(store)).database
    past = Past(created)
    values = {"tenant_id": 1, "tenant_key": "k", "name": "n", "page_key": "", "time": 0}
    await created.write(lambda tx: tx.run("tenant_insert", **values))
    reached = {"version": derivation.VERSION, "reached_tenant_id": 0, "reached_talent_id": 0}
    await created.write(lambda tx: tx.run("derivation_state_put", **reached))
    people = [{"basic_info": {"name": f"p{number}"}} for number in range(6)]
    made = await past.call(talents.talent_batch_create, 1_000, body=msgspec.convert({"talents": people}, NewTalents))
    pools = [
        (
            await past.call(talent_pools.talent_pool_create, 1_000, body=NewTalentPool(GivenName(en_us="p")))
        ).talent_pool.id
        for _ in range(3)
    ]
    alive, standing = list(made.talent_id_list), set(pools)
    for deed, pool, who, now in deeds:
        await _do(
            past, alive, standing, deed, pools[pool], [made.talent_id_list[number] for number in sorted(who)], now
        )
    for before in moments:
        kept = await _holding(store)
        await history.history_prune(created, before, lambda _: None, dry_run=False)
        assert await _holding(store) == kept
        found: list[Finding] = []
        await verification.verify(created, found.append, lambda _kind, _rows: None)
        assert found == []
    past_parts = "SELECT 1 FROM change_parts AS p WHERE p.pool_id = m.pool_id AND p.version = m.ended_version"
    for sql in (
        f"SELECT count(*) FROM changes WHERE time < {max(moments)}",
        f"SELECT count(*) FROM memberships AS m WHERE ended_version > 0 AND NOT EXISTS ({past_parts})",
    ):
        assert await asyncio.to_thread(store.rows, sql) == [[0]]
    await created.close()


async def _do(
    past: Past, alive: list[str], standing: set[str], deed: str, pool_id: str, who: list[str], now: int
) -> None:
    here = [talent_id for talent_id in who if talent_id in alive]
    path = TalentPoolPath(pool_id)
    if deed == "delete talent" and here and len(alive) > 1:
        alive.remove(here[0])
        await past.call(talents.talent_delete, now, path=TalentPath(here[0]))
    elif deed == "delete pool" and pool_id in standing and len(standing) > 1:
        standing.remove(pool_id)
        await past.call(talent_pools.talent_pool_delete, now, path=path, query=DeleteQuery(force=True))
    elif deed in ("add", "remove") and pool_id in standing and here:
        body = msgspec.convert({"talent_id_list": here, "option_type": 1 if deed == "add" else 2}, BatchChange)
        await past.call(talent_pools.talent_pool_batch_change, now, path=path, body=body)


async def _holding(store: Store) -> list[list[Any]]:
    """The memberships that hold, and the pools."""
    holding = "SELECT * FROM memberships WHERE ended_version = 0 ORDER BY tenant_id, pool_id, talent_id"
    pools = "SELECT * FROM talent_pools ORDER BY tenant_id, pool_id"
    return [row for sql in (holding, pools) for row in await asyncio.to_thread(store.rows, sql)]


def test_what_was_before_cannot_be_asked_for_nor_undone(database: Store) -> None:
    with running_server(database) as server:
        client = server.client("moments")
        pool, other = client.create_pool(), client.create_pool()
        ann, ben = client.create_talents(2)
        client.add(pool, [ann])
        asked = {"talent_pool_id": pool, "action": "add", "from": other}
        client.add(other, [ben])
        begun = client.call("POST", "/rencai/v1/runs", asked).data["run"]["id"]
        while client.call("GET", f"/rencai/v1/runs/{begun}").data["run"]["state"] != "done":
            time.sleep(0.02)
        before = clock.now()
        time.sleep(0.01)
        moment = clock.now()
        prune(database, moment)
        time.sleep(0.01)
        client.remove(pool, [ann])
        native = "/rencai/v1"
        for path, field in (
            (f"talent_pools/{pool}/talents?at={before}", "at"),
            (f"talents/{ann}/talent_pools?at={before}", "at"),
            (f"talent_pools/{pool}/diff?from={before}&to={moment}", "from"),
        ):
            reply = client.call("GET", f"{native}/{path}")
            assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])
            assert str(moment) in reply.error["field_violations"][0]["description"]
        evaluated = client.call("POST", f"{native}/talent_pools/evaluate", {"expression": pool, "at": str(before)})
        assert (evaluated.code, evaluated.fields) == (1002002, ["at"])
        undone = client.call("POST", f"{native}/runs/{begun}/undo")
        assert (undone.status, undone.code, undone.fields) == (400, 1990003, ["run_id"])
        members = client.call("GET", f"{native}/talent_pools/{pool}/talents?at={moment}").data
        assert [item["talent_id"] for item in members["items"]] == [ann, ben]
        assert members["member_count"] == 2
        of_ben = client.call("GET", f"{native}/talents/{ben}/talent_pools?at={moment}").data["items"]
        assert [item["talent_pool_id"] for item in of_ben] == [pool, other]
        of_ann = client.call("GET", f"{native}/talents/{ann}/talent_pools?at={moment}").data["items"]
        assert [item["talent_pool_id"] for item in of_ann] == [pool]
        left = client.call("GET", f"{native}/talent_pools/{pool}/diff?from={moment}&to={clock.now()}").data["items"]
        assert left == [{"talent_id": ann, "outcome": "removed"}]
    assert_agrees(database)
