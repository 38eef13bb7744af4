"""`rencai database backup`: a copy of a database that is written to is one of its past states, whole and private."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from harness import clean_environment, rencai, running_server
from load import town, under_load
from rencai.storage import schema
from stores import SqliteStore
from terminal import on_terminal


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def members_at(changes: list[dict[str, object]], pool_id: str, version: int) -> set[str]:
    """Who was in a pool when it had a version, by its changes, newest first."""
    members: set[str] = set()
    for change in reversed(changes):
        for part in change["parts"]:  # type: ignore[attr-defined]
            if part["talent_pool_id"] == pool_id and part["version"] <= version:
                members = (members | set(part["added"])) - set(part["removed"])
    return members


def test_a_copy_made_under_load_is_a_past_state(sqlite_file: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with running_server(sqlite_file) as server:
        place = town(server)
        bulk = [{"basic_info": {"name": f"b {n}"}, "self_evaluation": {"content": "x" * 10_000}} for n in range(1000)]
        for _ in range(4):  # 40 MB: several steps of the copy, with many commits between them
            assert place.client.call("POST", "/rencai/v1/talents/batch_create", {"talents": bulk}).code == 0
        with under_load(server, place) as load:
            while load.acknowledged < 20 and not load.failures:
                threading.Event().wait(0.01)
            before = load.acknowledged
            done = rencai("database", "backup", str(copy), "--database", sqlite_file.url)
            while load.acknowledged < before + 20 and not load.failures:
                threading.Event().wait(0.01)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{copy.stat().st_size:,} bytes" in done.stdout
        histories = {pool_id: place.client.changes(pool_id) for pool_id in place.pools}
    verified = rencai("database", "verify", "--database", url_of(copy))
    assert (verified.returncode, verified.stdout.endswith("all agree\n")) == (0, True), verified.stdout
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        behind = 0
        for pool_id, changes in histories.items():
            (version,) = connection.execute("SELECT version FROM talent_pools WHERE pool_id = ?", (pool_id,)).fetchone()
            wanted = "SELECT talent_id FROM memberships WHERE pool_id = ? AND ended_version = 0"
            members = {str(talent_id) for (talent_id,) in connection.execute(wanted, (pool_id,))}
            assert members == members_at(changes, pool_id, version)
            newest = max(part["version"] for part in changes[0]["parts"] if part["talent_pool_id"] == pool_id)
            behind += newest - version
        assert behind >= 20  # what was acknowledged after the copy


@pytest.fixture
def filled(sqlite_file: SqliteStore) -> SqliteStore:
    """A database with a few people, and no server on it."""
    with running_server(sqlite_file) as server:
        server.client().create_talents(1000)
    return sqlite_file


def test_the_copy_is_one_private_file(filled: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    before = os.umask(0)
    try:
        done = rencai("database", "backup", str(folder / "copy.db"), "--database", filled.url)
    finally:
        os.umask(before)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600
    # Not in the mode that needs a log beside it, so that it can be read where nothing can be written.
    assert (folder / "copy.db").read_bytes()[18:20] == b"\x01\x01"


def test_a_server_runs_on_the_copy(filled: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert rencai("database", "backup", str(copy), "--database", filled.url).returncode == 0
    with running_server(SqliteStore(copy)) as server:
        assert server.client().create_pool()


def test_nothing_is_overwritten(filled: SqliteStore, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    done = rencai("database", "backup", str(there), "--database", filled.url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rencai: {there} is there already; name another file\n"
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    ("file", "words"), [("no/such/copy.db", "check the folder"), ("", "is there already"), (".", "is there already")]
)
def test_names_that_can_be_no_file(filled: SqliteStore, tmp_path: Path, file: str, words: str) -> None:
    done = rencai("database", "backup", f"{tmp_path}/{file}", "--database", filled.url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    done = rencai("database", "backup", str(tmp_path / "copy.db"), "--database", url_of(tmp_path / "no.db"))
    assert (done.returncode, "there is no database" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(filled: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    command = f"ulimit -f 100; exec {sys.executable} -m rencai database backup {folder}/copy.db"
    done = subprocess.run(
        ["bash", "-c", f"{command} --database {filled.url}"],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "could not be written" in done.stderr
    assert "no copy was made" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_file_of_an_older_program_is_copied_as_it_is(sqlite_file: SqliteStore, tmp_path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(sqlite_file.path))) as connection:
        connection.execute(schema.scripts()[0])
        connection.execute("INSERT INTO schema_version (version) VALUES (1)")
        connection.pragma("application_id", schema.APPLICATION_ID)
    copy = tmp_path / "copy.db"
    assert rencai("database", "backup", str(copy), "--database", sqlite_file.url).returncode == 0
    for path in (sqlite_file.path, copy):
        with contextlib.closing(apsw.Connection(str(path))) as connection:
            assert schema.number_of(connection) == 1


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(filled: SqliteStore, tmp_path: Path) -> None:
    code, seen = on_terminal("database", "backup", str(tmp_path / "one.db"), "--database", filled.url)
    assert (code, "copying pages" in seen) == (0, True), seen
    done = rencai("database", "backup", str(tmp_path / "two.db"), "--database", filled.url)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
