"""`rencai database distribute`. What needs Citus runs where RENCAI_TEST_ENGINES names it (see `citus.py`)."""

from pathlib import Path

import pytest

import stores
from harness import rencai, running_server
from lived import live
from rencai.storage import distribution, schema
from rencai.storage.tables import LEAD_TO_TENANT, all_tables
from stores import CitusStore, PostgresStore


def test_every_table_is_distributed_once_after_those_it_refers_to() -> None:
    planned = [table.name for table in distribution.plan()]
    assert sorted(planned) == sorted(table.name for table in all_tables())
    text = "\n".join(schema.scripts())
    for table in planned:
        body = text.partition(f"CREATE TABLE {table} (")[2].partition(";")[0]
        for other in planned[planned.index(table) + 1 :]:
            assert f"REFERENCES {other} " not in body, f"{table} refers to {other}, which comes later"
    for table in distribution.plan():
        kind = "create_reference_table" if table.name in LEAD_TO_TENANT else "'tenant_id', colocate_with"
        assert kind in distribution.statement_of(table)


@pytest.mark.postgresql
def test_without_citus_nothing_is_done() -> None:
    store = PostgresStore(stores.cluster())
    assert rencai("database", "migrate", "--database", store.url).returncode == 0
    done = rencai("database", "distribute", "--database", store.url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "has no Citus" in done.stderr


def test_a_file_is_not_distributed(tmp_path: Path) -> None:
    done = rencai("database", "distribute", "--database", f"sqlite:///{tmp_path}/x.db")
    assert (done.returncode, "rencai database copy" in done.stderr) == (2, True)


@pytest.mark.citus
@pytest.mark.timeout(600)
def test_on_citus_each_statement_is_one_task_and_all_agrees() -> None:
    store = CitusStore(distributed=False)
    assert rencai("database", "migrate", "--database", store.url).returncode == 0
    done = rencai("database", "distribute", "--database", store.url)
    assert done.returncode == 0, done.stderr
    assert "already" in rencai("database", "distribute", "--database", store.url).stdout
    colocated = "SELECT count(DISTINCT colocation_id) FROM citus_tables WHERE citus_table_type = 'distributed'"
    assert store.rows(colocated) == [[1]]
    lived = live(store)
    assert rencai("database", "verify", "--database", store.url).returncode == 0
    with running_server(store) as server:
        client = server.client_of(lived.app)
        assert {pool_id: client.members(pool_id) for pool_id in lived.members} == lived.members
