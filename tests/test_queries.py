"""What the SQL costs: how many statements a call runs whatever its size, and that each finds its rows by index."""

import re
from pathlib import Path

import apsw
import msgspec
import pytest

from bench.cluster import version
from desk import Desk
from harness import rencai
from rencai.contract.changes import ChangeListQuery, ChangePath, Undo
from rencai.contract.fields import GivenName
from rencai.contract.membership_changes import Expression, FromPools, MembershipChange
from rencai.contract.talent_pools import (
    BatchChange,
    DeleteQuery,
    DiffQuery,
    MembershipsPath,
    MembersQuery,
    Move,
    NewTalentPool,
    TalentPoolListQuery,
    TalentPoolPatch,
    TalentPoolPath,
)
from rencai.contract.talents import TalentPath
from rencai.operations import changes, membership_changes, moments, talent_pools, talents, undo
from rencai.operations.call import Call
from rencai.storage import queries, schema
from rencai.storage.postgres_links import SETTINGS
from stores import POSTGRESQL, PostgresStore, cluster

# Rule 1's list: the tables that lead to the tenant, or belong to none. Everything else filters by tenant.
LEADS_TO_TENANT = {"tenants", "apps", "tokens", "schema_version", "derivation", "run_queue", "leases"}
ONE_ROW_A_TENANT = {"history_starts"}


@pytest.mark.parametrize("count", [1, 2, 50])
async def test_the_batch_change_runs_six_statements_and_a_repeat_two(desk: Desk, count: int) -> None:
    path, people = await desk.pool(), await desk.people(count)
    assert await desk.change(path, people, 1) == 6
    assert await desk.change(path, people, 1) == 2
    assert await desk.change(path, people, 2) == 6
    assert await desk.change(path, people, 2) == 2


@pytest.mark.parametrize("count", [2, 10_000])
async def test_a_native_change_and_its_undo_run_as_many_statements_for_ten_thousand_ids(desk: Desk, count: int) -> None:
    path, other = await desk.pool(), await desk.pool()
    people = [who for _ in range(0, count, 1000) for who in await desk.people(min(count, 1000))]
    half = count // 2
    both = MembershipChange(add=people[half:], remove=people[:half])
    named = Expression(minus=[other.talent_pool_id, path.talent_pool_id])
    assert await _statements(desk, path, MembershipChange(add=people[:half])) == 6
    assert await _statements(desk, path, MembershipChange(add=people, dry_run=True)) == 2
    more = 2 * (count > 2)  # many members that lie side by side are ended without naming each
    assert await _statements(desk, path, both) == 7 + more
    assert await _statements(desk, path, both) == 2
    assert await _statements(desk, other, MembershipChange(add=people)) == 6
    assert await _statements(desk, path, MembershipChange(add=FromPools(named))) == 6 + 3
    for _ in range(2):
        (newest, *_rest) = (await desk.run(changes.change_list, query=ChangeListQuery(run_id=""))).items
        await desk.run(undo.change_undo, path=ChangePath(newest.id), body=Undo(dry_run=True))
        assert len(desk.ran) == 4 + desk.again
        await desk.run(undo.change_undo, path=ChangePath(newest.id), body=Undo())
        budget = (9 + more if newest.operation == "membership_change" else 10) + desk.again
        assert len(desk.ran) == budget, desk.ran


async def _statements(desk: Desk, path: TalentPoolPath, body: MembershipChange) -> int:
    await desk.run(membership_changes.membership_change, path=path, body=body)
    return len(desk.ran)


@pytest.mark.parametrize(("holes", "form"), [(0, "memberships_end_between_clear"), (1, "memberships_end_in_pool")])
async def test_many_members_are_ended_the_same_whether_they_lie_side_by_side_or_not(
    desk: Desk, holes: int, form: str
) -> None:
    path, people = await desk.pool(), await desk.people(140)
    everybody = MembersQuery(page_size=200)
    for changed in (people[10:100], people[:10], people[100:]):
        await _statements(desk, path, MembershipChange(add=changed))
    leaving = [*people[10:50], *people[50 + holes : 130]]
    before = (await desk.run(moments.membership_list, path=path, query=everybody)).items
    await _statements(desk, path, MembershipChange(remove=leaving))
    assert form in desk.ran
    (removal, *_) = (await desk.run(changes.change_list, query=ChangeListQuery())).items
    now = (await desk.run(moments.membership_list, path=path, query=everybody)).items
    assert now == [member for member in before if member.talent_id not in leaving]
    assert len(now) == 20 + holes
    at = MembersQuery(at=str(int(removal.time) - 1), page_size=200)
    assert (await desk.run(moments.membership_list, path=path, query=at)).items == before
    await desk.run(undo.change_undo, path=ChangePath(removal.id), body=Undo())
    assert (await desk.run(moments.membership_list, path=path, query=everybody)).items == before


@pytest.mark.parametrize(
    ("among", "touched", "is_counted"), [(0, 0, True), (100, 0, True), (101, 0, False), (0, 1, False)]
)
async def test_undoing_an_add_of_many_counts_them_where_that_is_enough(
    desk: Desk, among: int, touched: int, is_counted: bool
) -> None:
    """`among` them are so many who came by another change; of the rest `touched` left since and came back."""
    path, everybody = await desk.pool(), await desk.people(202)
    others = everybody[1 : 1 + among]
    coming = [*everybody[:1], *everybody[1 + among : 100 + among]]
    assert len(coming) == 100
    await _statements(desk, path, MembershipChange(add=others or everybody[-1:]))
    await _statements(desk, path, MembershipChange(add=coming))
    (addition, *_) = (await desk.run(changes.change_list, query=ChangeListQuery())).items
    for option_type in (2, 1) if touched else ():
        await desk.change(path, coming[50 : 50 + touched], option_type)
    undone = await desk.run(undo.change_undo, path=ChangePath(addition.id), body=Undo())
    assert "memberships_begun_between" in desk.ran
    assert ("memberships_begun_stand" not in desk.ran) == is_counted
    assert [conflict.talent_id for conflict in undone.conflicts] == coming[50 : 50 + touched]
    left = (await desk.run(moments.membership_list, path=path, query=MembersQuery(page_size=200))).items
    assert {member.talent_id for member in left} == {*(others or everybody[-1:]), *coming[50 : 50 + touched]}


async def test_the_undo_with_the_most_statements_runs_fifteen(desk: Desk) -> None:
    path, people = await desk.pool(), await desk.people(155)
    await desk.change(path, people[:5], 1)
    await _statements(desk, path, MembershipChange(add=people[5:], remove=people[:5]))
    (both, *_) = (await desk.run(changes.change_list, query=ChangeListQuery())).items
    await desk.change(path, people[154:], 2)
    undone = await desk.run(undo.change_undo, path=ChangePath(both.id), body=Undo())
    assert [conflict.talent_id for conflict in undone.conflicts] == people[154:]
    assert len(desk.ran) == 15 + desk.again, desk.ran


@pytest.mark.parametrize("others", [0, 1, 7])
async def test_a_move_runs_a_constant_number_of_statements(desk: Desk, others: int) -> None:
    (who,) = await desk.people(1)
    for _ in range(others):
        await desk.change(await desk.pool(), [who], 1)
    await desk.run(talent_pools.talent_pool_move_talent, path=await desk.pool(), body=Move(who, 2))
    assert len(desk.ran) == 6 + bool(others) + desk.again


@pytest.mark.parametrize("count", [1, 100, 1000])
async def test_creating_talents_runs_nine_statements_and_one_less_without_new_words(desk: Desk, count: int) -> None:
    await desk.people(count)
    assert len(desk.ran) == 9 + desk.again
    await desk.people(count)
    assert len(desk.ran) == 8


@pytest.mark.parametrize("pools", [1, 2, 20])
async def test_deleting_a_talent_runs_eighteen_statements(desk: Desk, pools: int) -> None:
    (who,) = await desk.people(1)
    for _ in range(pools):
        await desk.change(await desk.pool(), [who], 1)
    await desk.run(talents.talent_delete, path=TalentPath(who))
    assert len(desk.ran) == 18 + desk.again


@pytest.mark.parametrize("count", [0, 1, 50])
async def test_deleting_a_pool_runs_six_statements(desk: Desk, count: int) -> None:
    path = await desk.pool()
    if count:
        await desk.change(path, await desk.people(count), 1)
    await desk.run(talent_pools.talent_pool_delete, path=path, query=DeleteQuery(force=True))
    assert len(desk.ran) == 6


@pytest.mark.parametrize("size", [1, 30])
async def test_every_other_call_runs_a_constant_number(desk: Desk, size: int) -> None:
    people = await desk.people(size)
    paths = [await desk.pool() for _ in range(size)]
    for path in paths:
        await desk.change(path, people, 1)
    pool_id = paths[0].talent_pool_id
    here: dict[str, msgspec.Struct] = {"path": paths[0]}
    changed = (await desk.run(changes.change_list, query=ChangeListQuery())).items[0].id
    named = NewTalentPool(GivenName(zh_cn="x"), parent_id=pool_id)
    patch = TalentPoolPatch(parent_id=paths[-1].talent_pool_id, is_private=1) if size > 1 else TalentPoolPatch()
    for operation, budget, given in (
        (changes.change_list, 2, {"query": ChangeListQuery()}),
        (changes.change_list, 3, {"query": ChangeListQuery(talent_pool_id=pool_id)}),
        (changes.change_get, 2, {"path": ChangePath(changed)}),
        (talent_pools.talent_pool_list, 1, {"query": TalentPoolListQuery(page_size=100)}),
        (talent_pools.talent_pool_list, 1, {"query": TalentPoolListQuery(id_list=[pool_id])}),
        (talent_pools.talent_pool_get, 1, here),
        (moments.membership_list, 2, {**here, "query": MembersQuery()}),
        (moments.membership_list, 5, {**here, "query": MembersQuery(at="1")}),
        (moments.membership_list_of_talent, 2, {"path": MembershipsPath(people[0]), "query": MembersQuery()}),
        (moments.membership_diff, 6, {**here, "query": DiffQuery(since="1", until="2")}),
        (changes.change_list, 2, {"query": ChangeListQuery(talent_id=people[0])}),
        (changes.change_list, 2, {"query": ChangeListQuery(run_id="x")}),
        (membership_changes.membership_change, 2, {**here, "body": MembershipChange(add=people, dry_run=True)}),
        (membership_changes.membership_change, 2, {**here, "body": MembershipChange(add=people)}),
        (undo.change_undo, 4 + desk.again, {"path": ChangePath(changed), "body": Undo(dry_run=True)}),
        (talent_pools.talent_pool_create, 2, {"body": named}),
        (talent_pools.talent_pool_update, 5 if size > 1 else 3, {**here, "body": patch}),
    ):
        await desk.run(operation, **given)
        assert len(desk.ran) == budget, (operation.__name__, desk.ran)


async def test_times_and_versions_rise_though_the_clock_stands_still(desk: Desk) -> None:
    path, people = await desk.pool(), await desk.people(2)
    for option_type in (1, 2, 1, 2):
        call = Call("talent_pool_batch_change", desk.caller, 1_000, desk.ids.take)
        body = msgspec.convert({"talent_id_list": people, "option_type": option_type}, BatchChange)
        await desk.database.write(
            lambda tx, call=call, body=body: talent_pools.talent_pool_batch_change(tx, call, path, body)
        )
    page = await desk.run(changes.change_list, query=ChangeListQuery(talent_pool_id=path.talent_pool_id))
    assert [int(item.time) for item in page.items] == [1_003, 1_002, 1_001, 1_000]
    assert [item.parts[0].version for item in page.items] == [4, 3, 2, 1]


async def test_the_recorder_sees_statements_on_the_reader_too(desk: Desk) -> None:
    path = await desk.pool()
    desk.forget()
    call = Call("talent_pool_get", desk.caller, 0, desk.ids.take)
    await desk.database.read(lambda tx: talent_pools.talent_pool_get(tx, call, path))
    assert desk.ran == ["talent_pool_by_id"]


def every_query() -> list[tuple[str, str]]:
    return sorted(queries.load("sqlite").items())


def plan_of(connection: apsw.Connection, sql: str) -> list[str]:
    names = set(re.findall(r":(\w+)", sql))
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(names, "[]"))]


def steps_without_tenant(connection: apsw.Connection, sql: str) -> list[str]:
    """The steps of the plan that touch a table by less than the tenant and one more column of a key."""
    tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    aliases = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN) (\w+) AS (\w+)", sql) if table in tables}
    wrong: list[str] = []
    for step in plan_of(connection, sql):
        match = re.match(r"(?:SEARCH|SCAN) (\w+)", step)
        table = aliases.get(match[1], match[1]) if match else ""
        by_key = r"\(tenant_id=\?\)" if table in ONE_ROW_A_TENANT else r"\(tenant_id=\? AND (\w+|\([\w,]+\))[=<>]"
        if table in tables - LEADS_TO_TENANT and not re.search(by_key, step):
            wrong.append(step)
    return wrong


@pytest.fixture(scope="module")
def empty() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    schema.bring_up_to_date(connection)
    return connection


@pytest.mark.parametrize(("name", "sql"), every_query(), ids=[name for name, _ in every_query()])
def test_every_query_finds_its_rows_by_an_index_that_begins_with_the_tenant(
    empty: apsw.Connection, name: str, sql: str
) -> None:
    assert steps_without_tenant(empty, sql) == [], f"{name}: make its plan search by tenant and key"


def test_the_plan_check_sees_a_walk_over_a_tenant(empty: apsw.Connection) -> None:
    walk = "SELECT m.talent_id FROM memberships AS m WHERE m.tenant_id = :tenant_id AND m.add_time = :time"
    assert steps_without_tenant(empty, walk)
    assert steps_without_tenant(empty, "SELECT talent_id FROM talents")


def walks(plan: list[str]) -> list[str]:
    """The steps of PostgreSQL's plan that touch a tenant's table by less than the tenant and one more column."""
    wrong: list[str] = []
    for step, following in zip(plan, [*plan[1:], ""], strict=True):
        scan = re.search(r"(Seq|Index|Index Only|Bitmap Index) Scan(?: Backward)?(?: using \w+)? on (\w+)", step)
        if scan is None or scan[2].startswith((*LEADS_TO_TENANT, *ONE_ROW_A_TENANT)):
            continue
        if scan[1] == "Seq" or not re.search(r"Index Cond: \(.*\btenant_id = .* AND .*\)", following):
            wrong.append(f"{step.strip()} {following.strip()}")
    return wrong


def fill(store: PostgresStore) -> list[str]:
    """Statements that put 20,000 rows of one tenant into each table, so that the planner has something to choose by."""
    columns: dict[str, list[str]] = {}
    types = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    for table, column, kind in store.rows(f"{types} ORDER BY table_name, ordinal_position"):
        value = "1" if column == "tenant_id" else "i" if kind == "bigint" else "'text' || i"
        columns.setdefault(table, []).append(value)
    tables = [table for table in columns if table not in LEADS_TO_TENANT]
    rows = [
        f"INSERT INTO {table} SELECT {', '.join(columns[table])}"
        f" FROM generate_series(1, {1 if table in ONE_ROW_A_TENANT else 20_000}) AS i"
        for table in tables
    ]
    return ["SET session_replication_role = replica", *rows, "ANALYZE"]


@pytest.mark.postgresql
def test_every_query_finds_its_rows_so_on_postgresql_too() -> None:
    if int(version().split(".")[0]) < 16:
        pytest.skip("EXPLAIN (GENERIC_PLAN) came with version 16")
    store = PostgresStore(cluster())
    assert rencai("database", "migrate", "--database", store.url).returncode == 0
    walk = "SELECT talent_id FROM memberships WHERE tenant_id = :tenant_id AND add_time = :time ORDER BY talent_id"
    asked = [*queries.load(POSTGRESQL).items(), ("a walk", walk)]
    script = [*fill(store), *(f"SET {name} = '{value}'" for name, value in SETTINGS.items())]
    for name, sql in asked:
        script += [f"SELECT '== {name}'", f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {queries.numbered(sql).sql}"]
    plans: dict[str, list[str]] = {}
    printed = store.cluster.sql(store.name, ";\n".join(script))
    for line in "\n".join(cell for row in printed for cell in row).splitlines():
        if line.startswith("== "):
            plans[line.removeprefix("== ")] = []
        else:
            plans[list(plans)[-1]].append(line)
    assert list(plans) == [name for name, _ in asked]
    assert walks(plans.pop("a walk")), "the check sees no walk over a tenant"
    assert {name: wrong for name, plan in plans.items() if (wrong := walks(plan))} == {}


def test_every_query_is_used_and_every_used_query_is_there() -> None:
    folder = Path(str(talent_pools.__file__)).parents[1]
    source = "\n".join(file.read_text() for file in sorted(folder.rglob("*.py")))
    unused = [name for name, _ in every_query() if f'"{name}"' not in source]
    assert unused == [], "delete what nothing runs"
