"""`rencai database copy`: a whole database goes into an empty one, and whatever breaks it off, it goes on."""

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import App, Server, clean_environment, rencai, running_server
from lived import live
from rencai.storage.tables import all_tables
from stores import SqliteStore
from terminal import on_terminal


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def held(path: Path) -> dict[str, Any]:
    """Every row of every table, and every index."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        schema = sorted(connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall(), key=str)
        rows = {
            table.name: sorted(connection.execute(f"SELECT * FROM {table.name}"), key=str) for table in all_tables()
        }
        return {"schema": schema, "id": connection.execute("PRAGMA application_id").fetchone(), **rows}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, App, dict[str, dict[str, str]]]:
    """A database with something in every table, an app of it, and its pools' members."""
    path = tmp_path_factory.mktemp("copy") / "rencai.db"
    lived = live(SqliteStore(path))
    return path, lived.app, lived.members


def copy(source: Path, target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return rencai("database", "copy", url_of(source), url_of(target), *more)


def test_everything_is_there_and_a_server_goes_on_with_it(
    lived_in: tuple[Path, App, dict[str, dict[str, str]]], tmp_path: Path
) -> None:
    source, app, members = lived_in
    target = tmp_path / "new.db"
    before = held(source)
    assert [name for name, rows in before.items() if not rows] == [
        "run_queue",
        "rate_windows",
    ]  # runs are over, limits counted in memory
    done = copy(source, target, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = {table["name"]: table["rows"] for table in json.loads(done.stdout)["tables"]}
    assert told == {table.name: len(before[table.name]) for table in all_tables()}
    assert held(target) == before == held(source)
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db"]
    assert rencai("database", "verify", "--database", url_of(target)).returncode == 0
    with running_server(SqliteStore(target)) as server:
        client = server.client_of(app)
        assert {pool_id: client.members(pool_id) for pool_id in members} == members


def limited(source: Path, target: Path, kibibytes: int) -> subprocess.CompletedProcess[str]:
    """A copy on a disk that is full when the file has so many KiB."""
    command = f"ulimit -f {kibibytes}; exec {sys.executable} -m rencai database copy {url_of(source)} {url_of(target)}"
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, env=clean_environment())


def test_one_that_a_full_disk_broke_off_is_no_database_and_goes_on(
    lived_in: tuple[Path, App, dict[str, dict[str, str]]], tmp_path: Path
) -> None:
    source, _, _ = lived_in
    target = tmp_path / "new.db"
    broken = limited(source, target, 12_000)
    assert (broken.returncode, broken.stdout, broken.stderr.count("\n")) == (3, "", 1), broken.stderr
    assert "say the same again to go on" in broken.stderr
    with contextlib.closing(sqlite3.connect(target)) as connection:
        (there,) = connection.execute("SELECT count(*) FROM talent_profiles").fetchone()
    assert 0 < there < 3202
    for command in (["serve", "--port", "0"], ["app", "list"]):
        refused = rencai(*command, "--database", url_of(target))
        assert (refused.returncode, "unfinished copy" in refused.stderr) == (2, True)
    done = copy(source, target)
    assert (done.returncode, done.stderr) == (0, "")
    assert held(target) == held(source)


def test_one_that_was_killed_goes_on_wherever_it_was(
    lived_in: tuple[Path, App, dict[str, dict[str, str]]], tmp_path: Path
) -> None:
    source, _, _ = lived_in
    target = tmp_path / "new.db"
    draw = random.Random(4)
    for _ in range(6):
        command = [sys.executable, "-m", "rencai", "database", "copy", url_of(source), url_of(target)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=clean_environment())
        while not target.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(draw.random() / 3)
        process.kill()
        process.wait()
        if not target.exists() or "unfinished" in rencai("app", "list", "--database", url_of(target)).stderr:
            continue
        target.unlink()  # it had not begun, or was done
    assert copy(source, target).returncode == 0
    assert held(target) == held(source)


def test_a_source_that_was_written_to_in_between_is_found_out(tmp_path: Path) -> None:
    database, target = tmp_path / "rencai.db", tmp_path / "new.db"
    with running_server(SqliteStore(database)) as server:
        people = [{"basic_info": {"name": f"b{n}"}, "self_evaluation": {"content": "x" * 9_000}} for n in range(1000)]
        client = server.client()
        app = client.app
        for _ in range(2):
            assert client.call("POST", "/rencai/v1/talents/batch_create", {"talents": people}).code == 0
    assert limited(database, target, 12_000).returncode == 3
    with running_server(SqliteStore(database)) as server:
        client = server.client_of(app)
        pool_id = client.create_pool()
        assert client.call("DELETE", f"/rencai/v1/talents/{people_of(database)[0]}").code == 0
    done = copy(database, target)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "start a new copy" in done.stderr
    assert rencai("app", "list", "--database", url_of(target)).returncode == 2
    target.unlink()
    assert copy(database, target).returncode == 0
    assert pool_id


def people_of(path: Path) -> list[int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT talent_id FROM talents ORDER BY talent_id")]


def refused(source: Path, target: Path, *words: str) -> None:
    before = target.read_bytes() if target.is_file() else None
    done = copy(source, target)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    for word in words:
        assert word in done.stderr
    assert (target.read_bytes() if target.is_file() else None) == before


def small_file(server: Server) -> Path:
    assert isinstance(server.database, SqliteStore)
    return server.database.path


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A server on a small database."""
    with running_server(SqliteStore(tmp_path / "small.db")) as server:
        server.client().create_talents(3)
        yield server


def test_targets_and_sources_that_wont_do(small: Server, tmp_path: Path) -> None:
    target, other = tmp_path / "new.db", tmp_path / "other.db"
    refused(small_file(small), target, "another rencai serves", "stop it first")
    small.stop()
    assert not target.exists()
    refused(tmp_path / "no.db", target, "there is no database")
    refused(small_file(small), small_file(small), "not empty")
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    refused(small_file(small), other, "another program")
    refused(other, target, "another program")
    (tmp_path / "text").write_text("words, " * 1000)
    refused(small_file(small), tmp_path / "text", "not a SQLite database")
    refused(small_file(small), tmp_path / "no" / "new.db", "can't be opened")


def test_an_unfinished_copy_of_another_database_is_not_gone_on_with(
    lived_in: tuple[Path, App, dict[str, dict[str, str]]], small: Server, tmp_path: Path
) -> None:
    small.stop()
    target = tmp_path / "new.db"
    assert limited(lived_in[0], target, 12_000).returncode == 3
    refused(small_file(small), target, "unfinished copy of another database")


def test_a_source_of_another_schema_is_refused(small: Server, tmp_path: Path) -> None:
    small.stop()
    with contextlib.closing(sqlite3.connect(small_file(small))) as connection:
        connection.execute("UPDATE schema_version SET version = 2")
        connection.commit()
    refused(small_file(small), tmp_path / "new.db", "has schema 2", "this program knows")


def test_progress_is_shown_on_a_terminal(lived_in: tuple[Path, App, dict[str, dict[str, str]]], tmp_path: Path) -> None:
    code, seen = on_terminal("database", "copy", url_of(lived_in[0]), url_of(tmp_path / "new.db"))
    assert (code, "comparing" in seen, "rows and checksums are the same" in seen) == (0, True, True), seen
