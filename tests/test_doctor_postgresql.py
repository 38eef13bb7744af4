"""`rencai doctor` on PostgreSQL: what is wrong and what to do. The tests' own cluster does not wait for its disk."""

from collections.abc import Iterator

import pytest

import stores
from bench.cluster import version
from harness import rencai, running_server
from rencai.storage import schema
from stores import PostgresStore
from test_doctor import doctor

pytestmark = pytest.mark.postgresql

AT_RISK = {"durability"}


@pytest.fixture
def served() -> Iterator[PostgresStore]:
    """A database with a server on it."""
    store = PostgresStore(stores.cluster())
    with running_server(store) as server:
        client = server.client()
        assert client.add(client.create_pool(), client.create_talents(1)).code == 0
        yield store


def test_all_but_the_disk_is_well(served: PostgresStore) -> None:
    before = served.bytes()
    told = doctor("--database", served.url)
    assert told.wrong.keys() == AT_RISK
    assert "fsync and full_page_writes and synchronous_commit on" in told.wrong["durability"]["advice"]
    found = {name: check["found"] for name, check in told.checks.items()}
    assert found["engine"] == f"PostgreSQL {version()}"
    assert found["schema"] == str(len(schema.scripts()))
    assert "UTF8" in found["database"]
    assert " ms in the middle" in found["answer time"]
    assert "for all servers on it together" in found["rate limits"]
    assert "up to 10 of this server" in found["connections"]
    assert served.bytes() == before


def test_more_connections_than_the_database_has(served: PostgresStore) -> None:
    told = doctor("--database", served.url, "--workers", "40")
    assert told.wrong.keys() == {*AT_RISK, "connections"}
    assert "max_connections" in told.wrong["connections"]["advice"]


@pytest.mark.parametrize(("number", "words"), [(1, "rencai database migrate"), (99, "run the newer rencai")])
def test_a_schema_of_another_time(number: int, words: str) -> None:
    store = PostgresStore(stores.cluster())
    assert rencai("database", "migrate", "--database", store.url).returncode == 0
    store.run(f"UPDATE schema_version SET version = {number}")
    told = doctor("--database", store.url)
    assert told.wrong.keys() == {*AT_RISK, "schema"}
    assert words in told.wrong["schema"]["advice"]


def test_databases_that_are_none_or_away() -> None:
    store = PostgresStore(stores.cluster())
    assert "none" not in doctor("--database", store.url.replace(store.name, "none")).checks["database"]["advice"]
    store.run("CREATE TABLE theirs (x bigint)")
    assert "another program" in doctor("--database", store.url).wrong["database"]["found"]
    away = doctor(RENCAI_DATABASE="postgresql://rencai:geheim@127.0.0.1:1/rencai")
    assert "check host and port" in away.wrong["database"]["advice"]
    assert "geheim" not in str(away.checks) + str(away.settings)
