"""What the SQL costs: how many statements a call runs whatever its size, and that each finds its rows by index."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from rencai import clock
from rencai.contract.changes import ChangeListQuery, ChangePath
from rencai.contract.fields import GivenName, Paged
from rencai.contract.talent_pools import (
    BatchChange,
    DeleteQuery,
    Move,
    NewTalentPool,
    TalentPoolListQuery,
    TalentPoolPatch,
    TalentPoolPath,
)
from rencai.contract.talents import NewTalents, TalentPath
from rencai.operations import changes, talent_pools, talents
from rencai.operations.call import Call, Caller
from rencai.storage import queries, schema
from rencai.storage.seam import Transaction
from rencai.storage.sqlite import SqliteDatabase, open_database

# Rule 1's list: the tables that lead to the tenant, or belong to none. Everything else filters by tenant.
LEADS_TO_TENANT = {"tenants", "apps", "tokens", "schema_version", "derivation"}


class NoGauges:
    """Counts nothing."""

    def group_committed(self, units: int) -> None:
        pass

    def log_grew(self, pages: int) -> None:
        pass


class Desk:
    """Runs operations on a database and counts their statements."""

    def __init__(self, database: Path) -> None:
        self.ran: list[str] = []
        self.database: SqliteDatabase = open_database(
            database, queue_limit=10, gauges=NoGauges(), recorder=self.ran.append
        )
        self.ids = clock.IdSource(clock.now)
        self.caller = Caller(1, "cli_0123456789abcdef", frozenset(), "off", b"key")

    async def run(self, operation: Callable[..., Any], **given: msgspec.Struct) -> Any:
        """What the operation answers. `ran` then holds its statements."""
        call = Call(operation.__name__, self.caller, clock.now(), self.ids.take)
        self.ran.clear()

        async def unit(tx: Transaction) -> Any:
            return (await operation(tx, call, **given)).data

        return await self.database.write(unit)

    async def pool(self) -> TalentPoolPath:
        body = NewTalentPool(GivenName(zh_cn="池", en_us="pool"))
        return TalentPoolPath((await self.run(talent_pools.talent_pool_create, body=body)).talent_pool.id)

    async def people(self, count: int, name: str = "x") -> list[str]:
        people = [
            {"basic_info": {"name": name.format(number), "email": f"{number}@{self.ids.take(1)[0]}"}}
            for number in range(count)
        ]
        body = msgspec.convert({"talents": people}, NewTalents)
        return (await self.run(talents.talent_batch_create, body=body)).talent_id_list

    async def change(self, path: TalentPoolPath, people: list[str], option_type: Any) -> int:
        """How many statements the batch change ran."""
        body = BatchChange(people, option_type)
        await self.run(talent_pools.talent_pool_batch_change, path=path, body=body)
        return len(self.ran)


@pytest.fixture
async def desk(database: Path) -> AsyncIterator[Desk]:
    made = Desk(database)
    yield made
    await made.database.close()


@pytest.mark.parametrize("count", [1, 2, 50])
async def test_the_batch_change_runs_six_statements_and_a_repeat_two(desk: Desk, count: int) -> None:
    path, people = await desk.pool(), await desk.people(count)
    assert await desk.change(path, people, 1) == 6
    assert await desk.change(path, people, 1) == 2
    assert await desk.change(path, people, 2) == 6
    assert await desk.change(path, people, 2) == 2


@pytest.mark.parametrize("others", [0, 1, 7])
async def test_a_move_runs_a_constant_number_of_statements(desk: Desk, others: int) -> None:
    (who,) = await desk.people(1)
    for _ in range(others):
        await desk.change(await desk.pool(), [who], 1)
    await desk.run(talent_pools.talent_pool_move_talent, path=await desk.pool(), body=Move(who, 2))
    assert len(desk.ran) == 6 + bool(others)


@pytest.mark.parametrize("count", [1, 100, 1000])
async def test_creating_talents_runs_nine_statements_and_one_less_without_new_words(desk: Desk, count: int) -> None:
    await desk.people(count)
    assert len(desk.ran) == 9
    await desk.people(count)
    assert len(desk.ran) == 8


@pytest.mark.parametrize("pools", [1, 2, 20])
async def test_deleting_a_talent_runs_eighteen_statements(desk: Desk, pools: int) -> None:
    (who,) = await desk.people(1)
    for _ in range(pools):
        await desk.change(await desk.pool(), [who], 1)
    await desk.run(talents.talent_delete, path=TalentPath(who))
    assert len(desk.ran) == 18


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
        (talent_pools.membership_list, 2, {**here, "query": Paged()}),
        (talent_pools.talent_pool_create, 2, {"body": named}),
        (talent_pools.talent_pool_update, 4 if size > 1 else 3, {**here, "body": patch}),
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


def test_the_recorder_sees_statements_on_the_reader_too(database: Path) -> None:
    async def look() -> list[str]:
        desk = Desk(database)
        path = await desk.pool()
        desk.ran.clear()
        call = Call("talent_pool_get", desk.caller, 0, desk.ids.take)
        await desk.database.read(lambda tx: talent_pools.talent_pool_get(tx, call, path))
        await desk.database.close()
        return desk.ran

    assert asyncio.run(look()) == ["talent_pool_by_id"]


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
        if table in tables - LEADS_TO_TENANT and not re.search(r"\(tenant_id=\? AND \w+[=<>]\?", step):
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


@pytest.mark.parametrize(("name", "sql"), every_query(), ids=[name for name, _ in every_query()])
def test_every_table_in_a_query_is_filtered_by_tenant(name: str, sql: str) -> None:
    touched = set(re.findall(r"(?:FROM|JOIN|INTO|UPDATE) (\w+)", sql)) - {"json_each", "above", "SET", "r", "p"}
    assert touched <= LEADS_TO_TENANT or "tenant_id" in sql, f"{name}: filter by tenant, or name its table in rule 1"


def test_every_query_is_used_and_every_used_query_is_there() -> None:
    folder = Path(str(talent_pools.__file__)).parents[1]
    source = "\n".join(file.read_text() for file in sorted(folder.rglob("*.py")))
    unused = [name for name, _ in every_query() if f'"{name}"' not in source]
    assert unused == [], "delete what nothing runs"
