"""The HTTP API beside a plain model of it: whatever order calls come in, both agree after every step.

Membership, add_time, counts and changes are read through the API, past memberships in the store.
"""

from typing import Any, ClassVar, NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from harness import Client, Reply, Server, running_server
from models import run_model
from stores import Store


class Ended(NamedTuple):
    """A past membership: who, from which version of the pool to which, and the add_time it showed."""

    talent_id: str
    began: int
    ended: int
    add_time: str


class Held(NamedTuple):
    """A membership that holds."""

    began: int
    add_time: str


class ModelPool:
    """What a pool must look like."""

    def __init__(self) -> None:
        self.members: dict[str, Held] = {}
        self.past: list[Ended] = []
        self.changes: list[tuple[str, list[str], list[str]]] = []  # change id, added, removed
        self.is_deleted = False

    def changed(self, change: dict[str, Any], added: list[str], removed: list[str]) -> None:
        """Write a change down, as the plain rules have it."""
        version = len(self.changes) + 1
        self.changes.append((change["id"], sorted(added), sorted(removed)))
        for talent_id in removed:
            held = self.members.pop(talent_id)
            self.past.append(Ended(talent_id, held.began, version, held.add_time))
        for talent_id in added:
            self.members[talent_id] = Held(version, change["time"])


class Tenant:
    """One tenant: its client, its pools and people."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pools: dict[str, ModelPool] = {}
        self.people: list[str] = []
        self.gone: list[str] = []

    @property
    def open_pools(self) -> list[str]:
        """The pools that are there."""
        return [pool_id for pool_id, pool in self.pools.items() if not pool.is_deleted]


class Api(RuleBasedStateMachine):
    """Drives two tenants of one server and the model of each."""

    server: ClassVar[Server]
    clients: ClassVar[tuple[Client, Client]]

    @initialize()
    def begin(self) -> None:
        self.tenants = [Tenant(client) for client in self.clients]
        for tenant in self.tenants:
            tenant.people = tenant.client.create_talents(4)
            for _ in range(2):
                tenant.pools[tenant.client.create_pool()] = ModelPool()

    def _pick(self, data: st.DataObject) -> tuple[Tenant, Tenant]:
        index = data.draw(st.integers(0, 1), "tenant")
        return self.tenants[index], self.tenants[1 - index]

    @rule(data=st.data())
    def create_pool(self, data: st.DataObject) -> None:
        tenant, _ = self._pick(data)
        if len(tenant.open_pools) < 3:
            tenant.pools[tenant.client.create_pool()] = ModelPool()

    @rule(data=st.data(), count=st.integers(1, 3))
    def create_people(self, data: st.DataObject, count: int) -> None:
        tenant, _ = self._pick(data)
        tenant.people += tenant.client.create_talents(count)

    # Three rules of one kind, so that the heart is beaten more often than the rest.

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        self._batch_change(data, 1)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self._batch_change(data, 2)

    @rule(data=st.data())
    def come_go_and_come_again(self, data: st.DataObject) -> None:
        tenant, _ = self._pick(data)
        if not (tenant.open_pools and tenant.people):
            return
        pool_id = data.draw(st.sampled_from(tenant.open_pools), "pool")
        ids = data.draw(st.lists(st.sampled_from(tenant.people), min_size=1, max_size=4), "ids")
        for option_type in data.draw(st.lists(st.sampled_from([1, 2]), min_size=2, max_size=5), "option types"):
            self._change(tenant, pool_id, ids, option_type)

    def _batch_change(self, data: st.DataObject, option_type: int) -> None:
        tenant, _ = self._pick(data)
        if not (tenant.open_pools and tenant.people):
            return
        pool_id = data.draw(st.sampled_from(tenant.open_pools), "pool")
        ids = data.draw(st.lists(st.sampled_from(tenant.people), min_size=1, max_size=8), "ids")
        self._change(tenant, pool_id, ids, option_type)

    def _change(self, tenant: Tenant, pool_id: str, ids: list[str], option_type: int) -> None:
        reply = tenant.client.batch_change(pool_id, ids, option_type)
        members = tenant.pools[pool_id].members
        added = [i for i in dict.fromkeys(ids) if i not in members] if option_type == 1 else []
        removed = [i for i in dict.fromkeys(ids) if i in members] if option_type == 2 else []
        self._expect_change(tenant, reply, "talent_pool_batch_change", {pool_id: (added, removed)})

    @rule(data=st.data(), add_type=st.sampled_from([1, 2]))
    def move(self, data: st.DataObject, add_type: int) -> None:
        tenant, _ = self._pick(data)
        if not (tenant.open_pools and tenant.people):
            return
        pool_id = data.draw(st.sampled_from(tenant.open_pools), "pool")
        who = data.draw(st.sampled_from(tenant.people), "who")
        reply = tenant.client.move(pool_id, who, add_type)
        parts: dict[str, tuple[list[str], list[str]]] = {}
        if who not in tenant.pools[pool_id].members:
            parts[pool_id] = ([who], [])
        for other in tenant.open_pools if add_type == 2 else ():
            if other != pool_id and who in tenant.pools[other].members:
                parts[other] = ([], [who])
        self._expect_change(tenant, reply, "talent_pool_move_talent", parts)

    @rule(data=st.data(), option_type=st.sampled_from([1, 2]))
    def unknown_ids(self, data: st.DataObject, option_type: int) -> None:
        tenant, other = self._pick(data)
        if not tenant.open_pools:
            return
        pool_id = data.draw(st.sampled_from(tenant.open_pools), "pool")
        strangers = st.sampled_from([*other.people, *tenant.gone, "x", "", "007", str(2**63)])
        unknown = data.draw(st.lists(strangers, min_size=1, max_size=3), "unknown")
        known = data.draw(st.lists(st.sampled_from(tenant.people or ["y"]), max_size=3), "known")
        ids = data.draw(st.permutations(known + unknown), "ids")
        reply = tenant.client.batch_change(pool_id, ids, option_type)
        missing = [i for i in dict.fromkeys(ids) if i not in tenant.people]
        assert (reply.code, [v["value"] for v in reply.error["field_violations"]]) == (1002102, missing)

    @rule(data=st.data())
    def unknown_pool(self, data: st.DataObject) -> None:
        tenant, other = self._pick(data)
        deleted = [pool_id for pool_id in tenant.pools if pool_id not in tenant.open_pools]
        pool_id = data.draw(st.sampled_from([*other.pools, *deleted, "x"]), "pool")
        who = tenant.people[0] if tenant.people else "y"
        assert tenant.client.add(pool_id, [who]).code == 1002109
        assert tenant.client.move(pool_id, who, 2).code == 1002109
        assert tenant.client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}?force=true").code == 1002109

    @rule(data=st.data())
    def delete_person(self, data: st.DataObject) -> None:
        tenant, other = self._pick(data)
        if not tenant.people:
            return
        who = data.draw(st.sampled_from(tenant.people), "who")
        assert other.client.call("DELETE", f"/rencai/v1/talents/{who}").code == 1002102
        reply = tenant.client.call("DELETE", f"/rencai/v1/talents/{who}")
        tenant.people.remove(who)
        tenant.gone.append(who)
        parts: dict[str, tuple[list[str], list[str]]] = {
            pool_id: ([], [who]) for pool_id in tenant.open_pools if who in tenant.pools[pool_id].members
        }
        self._expect_change(tenant, reply, "talent_delete", parts, always=True)

    @rule(data=st.data())
    def delete_pool(self, data: st.DataObject) -> None:
        tenant, _ = self._pick(data)
        if not tenant.open_pools:
            return
        pool_id = data.draw(st.sampled_from(tenant.open_pools), "pool")
        members = list(tenant.pools[pool_id].members)
        if members:
            assert tenant.client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}").code == 1990002
        reply = tenant.client.call("DELETE", f"/rencai/v1/talent_pools/{pool_id}?force=true")
        self._expect_change(tenant, reply, "talent_pool_delete", {pool_id: ([], members)}, always=True)
        tenant.pools[pool_id].is_deleted = True

    def _expect_change(
        self,
        tenant: Tenant,
        reply: Reply,
        operation: str,
        parts: dict[str, tuple[list[str], list[str]]],
        *,
        always: bool = False,
    ) -> None:
        """The call went well and made just this change, or none where there was nothing to do."""
        assert reply.code == 0, reply
        change_id = reply.headers.get("X-Rencai-Change-Id")
        moved = {pool_id: part for pool_id, part in parts.items() if always or part[0] or part[1]}
        assert (change_id is not None) == (bool(moved) or always)
        if change_id is None:
            return
        change = tenant.client.call("GET", f"/rencai/v1/changes/{change_id}").data["change"]
        assert (change["operation"], change["app_id"]) == (operation, tenant.client.app.app_id)
        for pool_id, (added, removed) in moved.items():
            tenant.pools[pool_id].changed(change, added, removed)
        assert {part["talent_pool_id"]: part for part in change["parts"]} == {
            pool_id: {
                "talent_pool_id": pool_id,
                "version": len(tenant.pools[pool_id].changes),
                "added": sorted(added),
                "removed": sorted(removed),
            }
            for pool_id, (added, removed) in moved.items()
        }

    def check_invariants(self, *_: object, **__: object) -> None:  # type: ignore[override]
        """After every step: the API and the store say what the model says."""
        for tenant in getattr(self, "tenants", ()):
            for pool_id, pool in tenant.pools.items():
                self._check_pool(tenant, pool_id, pool)

    def _check_pool(self, tenant: Tenant, pool_id: str, pool: ModelPool) -> None:
        client = tenant.client
        listed = list(client.pages(f"/rencai/v1/changes?talent_pool_id={pool_id}", page_size=7)) if pool.changes else []
        assert [item["id"] for item in listed] == [change_id for change_id, _, _ in reversed(pool.changes)]
        times = [int(item["time"]) for item in listed]
        assert times == sorted(set(times), reverse=True)
        counts = [
            (part["version"], part["added_count"], part["removed_count"])
            for item in listed
            for part in item["parts"]
            if part["talent_pool_id"] == pool_id
        ]
        expected = [(i + 1, len(a), len(r)) for i, (_, a, r) in enumerate(pool.changes)]
        assert counts == expected[::-1]
        assert self._past_in_store(pool_id) == sorted(pool.past)
        page = client.call("GET", f"/rencai/v1/talent_pools/{pool_id}/talents")
        if pool.is_deleted:
            assert page.code == 1002109
            return
        assert page.data["member_count"] == len(pool.members)
        shown = {item["talent_id"]: item["add_time"] for item in page.data["items"]}
        assert shown == {talent_id: held.add_time for talent_id, held in pool.members.items()}

    def _past_in_store(self, pool_id: str) -> list[Ended]:
        rows = self.store.rows(
            "SELECT talent_id, began_version, ended_version, add_time FROM memberships "
            f"WHERE pool_id = {int(pool_id)} AND ended_version > 0"
        )
        return sorted(Ended(str(who), began, ended, str(time)) for who, began, ended, time in rows)

    store: ClassVar[Store]


@pytest.fixture
def model(database: Store) -> Any:
    with running_server(database) as server:
        Api.server = server
        Api.clients = (server.client("one"), server.client("two"))
        Api.store = database
        yield Api


@pytest.mark.timeout(300)
def test_the_api_does_what_the_model_does(model: type[Api]) -> None:
    run_model(model, examples=40, steps=40)


@pytest.mark.soak
def test_the_api_does_what_the_model_does_for_long(model: type[Api]) -> None:
    run_model(model, examples=100, steps=60)
