"""Changes, undo, moments and sets through the API beside a plain model: they agree after every step.

Before each change a dry run is made, and must say just what the change that follows says.
"""

import time
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from change_model import Moved, Plan, Tenant
from harness import Client, Reply, running_server
from models import run_model
from stores import Store

CHANGE = "/rencai/v1/talent_pools/{}/membership_changes"
MOMENTS = 4  # that are looked back to in the end
EVALUATE = "/rencai/v1/talent_pools/evaluate"


def expressions(pools: list[str]) -> st.SearchStrategy[Any]:
    """Expressions over these pools."""

    def one_of_three(operands: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(operands, min_size=1, max_size=3)
        return st.sampled_from(["union", "intersect", "minus"]).flatmap(
            lambda name: st.fixed_dictionaries({name: lists})
        )

    return st.recursive(st.sampled_from(pools), one_of_three, max_leaves=6)


class Changes(RuleBasedStateMachine):
    """Drives one tenant and the model of it; another tenant's people are strangers in it."""

    client: ClassVar[Client]
    strangers: ClassVar[list[str]]

    @initialize()
    def begin(self) -> None:
        pools = [self.client.create_pool() for _ in range(2)]
        self.tenant = Tenant(self.client.create_talents(4), pools)

    def _pool(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.tenant.open_pools), "pool")

    def _ids(self, data: st.DataObject, label: str, *, strangers: bool) -> list[str]:
        known = [*self.tenant.people, *(self.strangers + self.tenant.gone if strangers else [])]
        return data.draw(st.lists(st.sampled_from(known), max_size=6), label) if known else []

    has_pools = precondition(lambda self: bool(self.tenant.open_pools))
    has_changes = precondition(lambda self: bool(self.tenant.changes))

    # The native change

    @has_pools
    @rule(data=st.data(), on_missing=st.sampled_from(["fail", "skip"]))
    def both_lists(self, data: st.DataObject, on_missing: str) -> None:
        add = self._ids(data, "add", strangers=on_missing == "skip")
        remove = [who for who in self._ids(data, "remove", strangers=True) if who not in add]
        self._change(self._pool(data), add, remove, {"add": add, "remove": remove, "on_missing": on_missing})

    @has_pools
    @rule(data=st.data(), side=st.sampled_from(["add", "remove"]))
    def from_pools(self, data: st.DataObject, side: str) -> None:
        expression = data.draw(expressions(self.tenant.open_pools), "expression")
        found = sorted(self.tenant.evaluate(expression, lambda pool: pool.members))
        listed = self._ids(data, "the other side", strangers=False)
        add, remove = (found, listed) if side == "add" else (listed, found)
        sides = {"add": listed, "remove": listed, side: {"from": expression}}
        self._change(self._pool(data), add, remove, {**sides, "on_missing": "skip"})

    def _change(self, pool_id: str, add: list[str], remove: list[str], body: dict[str, Any]) -> None:
        dry = self.client.call("POST", CHANGE.format(pool_id), {**body, "dry_run": True})
        reply = self.client.call("POST", CHANGE.format(pool_id), body)
        assert (dry.code, dry.msg, dry.fields) == (reply.code, reply.msg, reply.fields)
        if set(add) & set(remove) or not (body["add"] or body["remove"]):
            assert reply.code == 1002002
            return
        plan = self.tenant.plan(pool_id, add, remove)
        if plan.missing and body["on_missing"] == "fail":
            assert (reply.code, [one["value"] for one in reply.error["field_violations"]]) == (1002102, plan.missing)
            return
        assert reply.code == 0, reply
        assert dry.data == {**reply.data, "change_id": None}
        self._made(reply, {pool_id: Moved(dict.fromkeys(plan.added), plan.removed)})
        assert Plan(*(reply.data[name] for name in Plan._fields)) == plan
        assert reply.data["change_id"] == reply.headers.get("X-Rencai-Change-Id")
        assert reply.data["member_count"] == len(self.tenant.pools[pool_id].members)
        assert reply.headers["ETag"] == f'"{len(self.tenant.pools[pool_id].past)}"'

    # Changes of other kinds

    @has_pools
    @rule(data=st.data(), option_type=st.sampled_from([1, 2]))
    def batch_change(self, data: st.DataObject, option_type: int) -> None:
        pool_id, ids = self._pool(data), self._ids(data, "ids", strangers=False)
        if ids:
            plan = self.tenant.plan(pool_id, *((ids, []) if option_type == 1 else ([], ids)))
            moved = Moved(dict.fromkeys(plan.added), plan.removed)
            self._made(self.client.batch_change(pool_id, ids, option_type), {pool_id: moved})

    @has_pools
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        if not self.tenant.people:
            return
        target, who = self._pool(data), data.draw(st.sampled_from(self.tenant.people), "who")
        inside = [pool_id for pool_id in self.tenant.open_pools if who in self.tenant.pools[pool_id].members]
        parts = {pool_id: Moved({}, [who]) for pool_id in inside if pool_id != target}
        if target not in inside:
            parts[target] = Moved({who: None}, [])
        self._made(self.client.move(target, who, 2), parts)

    @rule(data=st.data())
    def delete_person(self, data: st.DataObject) -> None:
        if len(self.tenant.people) < 3:
            self.tenant.people += self.client.create_talents(2)
            return
        who = data.draw(st.sampled_from(self.tenant.people), "who")
        self.tenant.people.remove(who)
        self.tenant.gone.append(who)
        inside = [pool_id for pool_id in self.tenant.open_pools if who in self.tenant.pools[pool_id].members]
        reply = self.client.call("DELETE", f"/rencai/v1/talents/{who}")
        self._made(reply, {pool_id: Moved({}, [who]) for pool_id in inside}, always=True)

    @rule(data=st.data())
    def delete_pool(self, data: st.DataObject) -> None:
        if len(self.tenant.open_pools) < 2:
            self.tenant.pools |= Tenant([], [self.client.create_pool()]).pools
            return
        pool_id = self._pool(data)
        reply = self.client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}?force=true")
        self._made(reply, {pool_id: Moved({}, list(self.tenant.pools[pool_id].members))}, always=True, gone=pool_id)

    # Undo: twice as likely, and of the newest change as often as of any

    @has_changes
    @rule(data=st.data())
    def undo_any(self, data: st.DataObject) -> None:
        self._undo(data.draw(st.sampled_from(list(self.tenant.changes)), "change"))

    @has_changes
    @rule()
    def undo_the_newest(self) -> None:
        self._undo(list(self.tenant.changes)[-1])

    @has_pools
    @rule(data=st.data(), adds=st.booleans())
    def undo_what_was_touched(self, data: st.DataObject, adds: bool) -> None:
        """Some go and come and go again, or the other way round, and the first of it is undone."""
        pool_id, before = self._pool(data), len(self.tenant.changes)
        for is_adding in (adds, not adds, adds):
            ids = self._ids(data, "ids", strangers=False)
            add, remove = (ids, []) if is_adding else ([], ids)
            self._change(pool_id, add, remove, {"add": add, "remove": remove, "on_missing": "fail"})
        for change_id in list(self.tenant.changes)[before : before + 1]:
            self._undo(change_id)

    def _undo(self, change_id: str) -> None:
        path = f"/rencai/v1/changes/{change_id}/undo"
        dry, reply = (self.client.call("POST", path, {"dry_run": is_dry}) for is_dry in (True, False))
        assert (dry.code, dry.fields) == (reply.code, reply.fields)
        if change_id in self.tenant.undone_by:
            assert (reply.code, reply.error["field_violations"][0]["value"]) == (
                1990007,
                self.tenant.undone_by[change_id],
            )
            return
        if any(self.tenant.pools[pool_id].is_deleted for pool_id in self.tenant.changes[change_id].parts):
            assert reply.code == 1002109
            return
        parts, conflicts = self.tenant.undo_plan(change_id)
        assert dry.data == {**reply.data, "change_id": None}
        assert reply.data["change_id"] == reply.headers.get("X-Rencai-Change-Id")
        assert reply.data["conflicts"] == conflicts
        assert reply.data["parts"] == [
            {"talent_pool_id": pool_id, "added": list(moved.added), "removed": moved.removed}
            for pool_id, moved in sorted(parts.items())
        ]
        self._made(reply, parts, undo_of=change_id)

    def _made(
        self, reply: Reply, parts: dict[str, Moved], *, always: bool = False, gone: str = "", undo_of: str = ""
    ) -> None:
        """The call made just this change, or none where there was nothing to do; members are what they must be."""
        assert reply.code == 0, reply
        change_id = reply.headers.get("X-Rencai-Change-Id")
        parts = {pool_id: moved for pool_id, moved in parts.items() if always or moved.added or moved.removed}
        assert (change_id is not None) == (always or bool(parts))
        if change_id is None:
            return
        change = self.client.call("GET", f"/rencai/v1/changes/{change_id}").data["change"]
        assert change.get("undo_of", "") == undo_of
        self.tenant.record(change_id, int(change["time"]), parts, undo_of)
        if gone:
            self.tenant.pools[gone].is_deleted = True
        assert change["parts"] == [
            {"talent_pool_id": pool_id, "version": version, "added": sorted(added), "removed": sorted(removed)}
            for pool_id, (version, (added, removed)) in sorted(self.tenant.changes[change_id].parts.items())
        ]
        for pool_id in parts:
            if pool_id != gone:
                assert self.client.members(pool_id) == self.tenant.pools[pool_id].shown()

    # Looking back

    @has_pools
    @has_changes
    @rule(data=st.data(), offset=st.sampled_from([-1, 0]))
    def look_back(self, data: st.DataObject, offset: int) -> None:
        times = sorted({change.time for change in self.tenant.changes.values()})
        moments = data.draw(st.lists(st.sampled_from(times), min_size=2, max_size=2), "moments")
        since, until = (moment + offset for moment in sorted(moments))
        wait_for(until)
        self._check_pool_at(self._pool(data), since, until)
        self._evaluate(data, until)

    def _check_pool_at(self, pool_id: str, since: int, until: int) -> None:
        pool, path = self.tenant.pools[pool_id], f"/rencai/v1/talent_pools/{pool_id}"
        before, after = pool.at(since), pool.at(until)
        found = {item["talent_id"]: item["add_time"] for item in self.client.pages(f"{path}/talents?at={until}", 2)}
        assert found == after
        assert self.client.call("GET", f"{path}/talents?at={until}").data["member_count"] == len(after)
        differences = self.client.pages(f"{path}/diff?from={since}&to={until}", 2)
        came, left = after.keys() - before.keys(), before.keys() - after.keys()
        meant = sorted([*((who, "added") for who in came), *((who, "removed") for who in left)])
        assert [(item["talent_id"], item["outcome"]) for item in differences] == meant

    def _check_person_at(self, who: str, moment: int) -> None:
        items = list(self.client.pages(f"/rencai/v1/talents/{who}/talent_pools?at={moment}", 2))
        assert items == [
            {"talent_pool_id": pool_id, "add_time": pool.at(moment)[who], "is_deleted": pool.is_deleted}
            for pool_id, pool in sorted(self.tenant.pools.items())
            if who in pool.at(moment)
        ]

    @has_pools
    @rule(data=st.data())
    def evaluate(self, data: st.DataObject) -> None:
        self._evaluate(data, None)

    def _evaluate(self, data: st.DataObject, moment: int | None) -> None:
        expression = data.draw(expressions(self.tenant.open_pools), "expression")
        meant = self.tenant.evaluate(expression, lambda pool: pool.members if moment is None else pool.at(moment))
        body = {"expression": expression, **({} if moment is None else {"at": str(moment)})}
        reply = self.client.call("POST", f"{EVALUATE}?page_size=1000", body)
        assert (reply.data["items"], reply.data["count"]) == (sorted(meant), len(meant))

    # The whole history, when all is done

    def teardown(self) -> None:
        if not hasattr(self, "tenant"):
            return
        in_order = sorted(self.tenant.changes.items(), key=lambda made: (made[1].time, int(made[0])))
        for _, change in in_order[:: len(in_order) // MOMENTS + 1]:
            wait_for(change.time)
            for pool_id in self.tenant.open_pools:
                self._check_pool_at(pool_id, in_order[0][1].time, change.time)
            for who in self.tenant.people:
                self._check_person_at(who, change.time)
        for pool_id, pool in self.tenant.pools.items():
            if pool.past:
                members = self._replayed(pool_id)
                assert members == (set() if pool.is_deleted else pool.members.keys())
        for who in [*self.tenant.people, *self.tenant.gone]:
            moved = [
                change_id
                for change_id, change in in_order
                if any(who in added or who in removed for _, (added, removed) in change.parts.values())
            ]
            listed = self.client.pages(f"/rencai/v1/changes?talent_id={who}&order=asc", 7)
            assert [change["id"] for change in listed] == moved

    def _replayed(self, pool_id: str) -> set[str]:
        """Who is in a pool by its history alone. What its changes undid and were undone by is what was."""
        members: set[str] = set()
        for item in self.client.pages(f"/rencai/v1/changes?talent_pool_id={pool_id}&order=asc", 7):
            change = self.client.call("GET", f"/rencai/v1/changes/{item['id']}").data["change"]
            assert change.get("undone_by", "") == self.tenant.undone_by.get(change["id"], "")
            (part,) = (part for part in change["parts"] if part["talent_pool_id"] == pool_id)
            assert not members & set(part["added"])
            assert members >= set(part["removed"])
            members = (members | set(part["added"])) - set(part["removed"])
        return members


def wait_for(moment: int) -> None:
    """Changes of one pool in one millisecond have times that are still to come."""
    while time.time_ns() // 1_000_000 < moment:
        time.sleep(0.001)


@pytest.fixture
def model(database: Store) -> Any:
    with running_server(database) as server:
        Changes.client = server.client("one")
        Changes.strangers = [*server.client("two").create_talents(1), "x", "", "007", str(2**63)]
        yield Changes


@pytest.mark.timeout(300)
def test_changes_do_what_the_model_does(model: type[Changes]) -> None:
    run_model(model, examples=35, steps=30)


@pytest.mark.soak
def test_changes_do_what_the_model_does_for_long(model: type[Changes]) -> None:
    run_model(model, examples=400, steps=60)
