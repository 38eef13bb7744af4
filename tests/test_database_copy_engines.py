"""`rencai database copy` between SQLite and PostgreSQL, there and back: all is there, and it goes on where it was."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import stores
from harness import clean_environment, rencai, running_server
from lived import Lived, live
from rencai.storage.tables import all_tables
from stores import PostgresStore, SqliteStore, Store

pytestmark = pytest.mark.postgresql


def held(store: Store) -> dict[str, Any]:
    """Every row of every table."""
    return {table.name: sorted(store.rows(f"SELECT * FROM {table.name}"), key=str) for table in all_tables()}


def checks_of(store: Store) -> list[list[Any]]:
    """What rows are checked by: foreign keys and indexes."""
    keys = (
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('f', 'p', 'u')"
    )
    indexes = "SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return sorted([*store.rows(keys), *store.rows(indexes)])


def copy(source: Store, target: Store, *more: str) -> subprocess.CompletedProcess[str]:
    return rencai("database", "copy", source.url, target.url, *more)


@pytest.fixture
def target() -> PostgresStore:
    return PostgresStore(stores.cluster())


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(SqliteStore(tmp_path_factory.mktemp("copy") / "rencai.db"))


def test_there_and_back_everything_is_the_same(lived_in: Lived, target: PostgresStore, tmp_path: Path) -> None:
    source, back, again = lived_in.store, SqliteStore(tmp_path / "back.db"), PostgresStore(stores.cluster())
    before = held(source)
    made = PostgresStore(stores.cluster())
    assert rencai("database", "migrate", "--database", made.url).returncode == 0
    for one, other in ((source, target), (target, back), (target, again)):
        done = copy(one, other)
        assert (done.returncode, done.stderr) == (0, "")
        assert "rows and checksums are the same" in done.stdout
        assert held(other) == before
    assert checks_of(target) == checks_of(again) == checks_of(made)
    for store in (target, back):
        assert rencai("database", "verify", "--database", store.url).returncode == 0
        with running_server(store) as server:
            client = server.client_of(lived_in.app)
            assert {pool_id: client.members(pool_id) for pool_id in lived_in.members} == lived_in.members


def begun(source: Store, target: PostgresStore) -> subprocess.Popen[str]:
    """A copy that has begun to put people into the target."""
    command = [sys.executable, "-m", "rencai", "database", "copy", source.url, target.url]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean_environment()
    )
    there = "SELECT count(*) FROM pg_class WHERE relname = 'talent_profiles'"
    while process.poll() is None:
        if target.rows(there) == [[1]] and target.rows("SELECT count(*) FROM talent_profiles") != [[0]]:
            break
        time.sleep(0.002)
    return process


def test_broken_off_it_is_no_database_and_goes_on(lived_in: Lived, target: PostgresStore) -> None:
    process = begun(lived_in.store, target)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (3, "rencai: the copy was broken off; say the same again to go on\n")
    for command in (["serve", "--port", "0"], ["app", "list"], ["database", "migrate"]):
        refused = rencai(*command, "--database", target.url)
        assert (refused.returncode, "unfinished copy" in refused.stderr) == (1, True)
    done = copy(lived_in.store, target)
    assert (done.returncode, done.stderr) == (0, "")
    assert held(target) == held(lived_in.store)


def test_killed_it_goes_on_wherever_it_was(lived_in: Lived, target: PostgresStore) -> None:
    draw = random.Random(4)
    for _ in range(4):
        process = begun(lived_in.store, target)
        time.sleep(draw.random() / 5)
        process.kill()
        process.communicate(timeout=30)
    last = copy(lived_in.store, target)
    assert last.returncode == 0 or "not empty" in last.stderr  # the copy may have been done before the kill
    assert held(target) == held(lived_in.store)


def test_a_source_that_was_written_to_in_between_is_found_out(target: PostgresStore, tmp_path: Path) -> None:
    lived = live(SqliteStore(tmp_path / "rencai.db"))
    process = begun(lived.store, target)
    process.kill()
    process.communicate(timeout=30)
    lived.store.run("UPDATE talents SET update_time = update_time + 1")
    done = copy(lived.store, target)
    assert (done.returncode, done.stderr.count("\n"), "start a new copy" in done.stderr) == (2, 1, True)
    assert rencai("app", "list", "--database", target.url).returncode == 1


def refused(source: Store, target: Store, code: int, *words: str) -> None:
    done = copy(source, target)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done
    for word in words:
        assert word in done.stderr


def test_targets_and_sources_that_wont_do(lived_in: Lived, target: PostgresStore, tmp_path: Path) -> None:
    used = PostgresStore(stores.cluster())
    with running_server(used) as server:
        server.client().create_pool()
        refused(used, SqliteStore(tmp_path / "new.db"), 2, "another rencai is connected", "stop it first")
    refused(lived_in.store, used, 2, "not empty")
    refused(target, SqliteStore(tmp_path / "new.db"), 2, "has schema 0")
    target.run("CREATE TABLE theirs (x bigint)")
    refused(lived_in.store, target, 1, "another program")


def test_a_password_is_refused_in_either_place(tmp_path: Path) -> None:
    secret = "postgresql://rencai:geheim@127.0.0.1/rencai"
    for pair in ((secret, f"sqlite:///{tmp_path}/new.db"), (f"sqlite:///{tmp_path}/new.db", secret)):
        done = rencai("database", "copy", *pair)
        assert (done.returncode, "passfile" in done.stderr, "geheim" in done.stderr) == (2, True, False)
