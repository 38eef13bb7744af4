"""`rencai doctor`: fine where all is well; else what is wrong and what to do, and exit code 1. Nothing is changed."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest

from harness import Certificate, clean_environment, rencai, running_server
from rencai import __version__
from rencai.config import SETTINGS
from rencai.storage import schema
from stores import SqliteStore
from terminal import on_terminal


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


class Told:
    """What the doctor said: the checks by name, those that found something wrong, and the settings."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        assert done.stderr == ""
        told = json.loads(done.stdout)
        self.checks: dict[str, dict[str, str]] = {check["name"]: check for check in told["checks"]}
        # A machine may have its temporary files in memory, which is wrong for a database and right for a test's.
        self.wrong = {
            name: check for name, check in self.checks.items() if check["advice"] and check["found"] != "tmpfs"
        }
        self.settings: dict[str, Any] = {setting["name"]: setting for setting in told["settings"]}
        assert told["fine"] is not any(check["advice"] for check in self.checks.values())
        assert done.returncode == (0 if told["fine"] else 1)


def doctor(*arguments: str, **environment: str) -> Told:
    return Told(rencai("doctor", "--json", *arguments, **environment))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a change in it."""
    path = tmp_path_factory.mktemp("doctor") / "rencai.db"
    with running_server(SqliteStore(path)) as server:
        client = server.client()
        assert client.add(client.create_pool(), client.create_talents(1)).code == 0
    return path


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Path:
    """A copy of it that may be spoilt."""
    path = tmp_path / "rencai.db"
    path.write_bytes(filled.read_bytes())
    path.chmod(0o600)
    return path


def test_all_is_well(database: Path) -> None:
    told = doctor("--database", url_of(database))
    assert told.wrong == {}
    assert told.checks["rencai"]["found"].startswith(f"{__version__}, Python 3.")
    assert told.checks["engine"]["found"] == f"SQLite {apsw.sqlite_lib_version()}"
    assert told.checks["schema"]["found"] == str(len(schema.scripts()))
    assert "GiB free" in told.checks["disk space"]["found"]
    assert " ms in the middle" in told.checks["fsync"]["found"]
    assert told.checks["rate limits"]["found"]
    assert told.checks["clock"]["found"].startswith("20")


def test_nothing_is_changed_also_beside_a_server(database: Path) -> None:
    before = database.read_bytes()
    assert doctor("--database", url_of(database)).wrong == {}
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == [database.name]
    with running_server(SqliteStore(database)) as server:
        assert doctor("--database", url_of(database)).wrong == {}
        assert server.client().create_pool()


def test_each_setting_is_shown_with_where_it_comes_from(database: Path) -> None:
    told = doctor("--port", "7000", RENCAI_DATABASE=url_of(database), RENCAI_PORT="8000")
    assert list(told.settings) == [setting.option for setting in SETTINGS]
    assert told.settings["--port"] == {"name": "--port", "value": "7000", "source": "argument"}
    shown = {"name": "--database", "value": url_of(database), "source": "environment"}
    assert told.settings["--database"] == shown
    assert told.settings["--host"] == {"name": "--host", "value": "127.0.0.1", "source": "default"}
    assert told.settings["--tls-key"]["value"] is None


def test_it_takes_what_the_server_takes() -> None:
    ours, theirs = rencai("doctor", "--help").stdout, rencai("serve", "--help").stdout
    for setting in SETTINGS:
        assert setting.option in theirs
        assert setting.option in ours


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cr3t@db.example/rencai",
        "postgresql://me:s3/c@r3t@db.example/rencai",
        "postgresql://db.example/rencai?user=me&password=s3cr3t",
    ],
)
def test_passwords_are_nowhere(url: str) -> None:
    for as_json in ([], ["--json"]):
        done = rencai("doctor", *as_json, RENCAI_DATABASE=url)
        assert (done.returncode, done.stderr) == (1, "")
        assert "***" in done.stdout
        assert "r3t" not in done.stdout


def spoil(database: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute(sql)
        connection.commit()


def only_wrong(told: Told, name: str, *words: str) -> None:
    assert list(told.wrong) == [name], told.wrong
    for word in words:
        assert word in told.wrong[name]["found"] + " " + told.wrong[name]["advice"]


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    only_wrong(doctor("--database", url_of(tmp_path / "no.db")), "database", "there is no database", "RENCAI_DATABASE")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_database_of_ours(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("words, " * 1000)
    only_wrong(doctor("--database", url_of(tmp_path / "text")), "database", "not a SQLite database")
    spoil(tmp_path / "other.db", "CREATE TABLE theirs (x)")
    only_wrong(doctor("--database", url_of(tmp_path / "other.db")), "database", "another program")


@pytest.mark.parametrize(("number", "words"), [(1, "brings the database up to date"), (99, "run the newer rencai")])
def test_a_schema_of_another_time(database: Path, number: int, words: str) -> None:
    spoil(database, f"UPDATE schema_version SET version = {number}")
    only_wrong(doctor("--database", url_of(database)), "schema", str(number), words)


def test_a_file_that_others_can_read(database: Path) -> None:
    database.chmod(0o644)
    only_wrong(doctor("--database", url_of(database)), "file", f"chmod 600 {database}")


def test_a_clock_that_was_set_back(database: Path) -> None:
    spoil(database, "UPDATE talent_pools SET change_time = change_time + 3600000")
    only_wrong(doctor("--database", url_of(database)), "clock", "s behind the newest change")


def test_settings_that_cant_be_used(database: Path, certificate: Certificate, tmp_path: Path) -> None:
    here = ("--database", url_of(database))
    private = [tmp_path / name for name in ("key.pem", "cert.pem")]
    for path, given in zip(private, (certificate.key, certificate.cert), strict=True):
        path.write_bytes(given.read_bytes())
        path.chmod(0o600)
    key, cert = map(str, private)
    only_wrong(doctor(*here, "--time-zone", "Asia/Nowhere"), "settings", "Asia/Nowhere")
    only_wrong(doctor(*here, "--tls-key", key), "settings", "--tls-cert and --tls-key")
    only_wrong(doctor(*here, "--tls-cert", key, "--tls-key", cert), "settings", "can't be used")


def test_a_key_that_everybody_can_read(database: Path, certificate: Certificate, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(certificate.key.read_bytes())
    options = ("--database", url_of(database), "--tls-cert", str(certificate.cert), "--tls-key", str(key))
    for mode, wrong in ((0o640, []), (0o644, ["TLS key"])):
        key.chmod(mode)
        assert list(doctor(*options).wrong) == wrong


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounts a small disk: needs root")
def test_a_disk_that_is_small_and_in_memory(database: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    commands = f"mount -t tmpfs -o size=10m tmpfs {small} && cp -p {database} {small}/x.db"
    command = f"{commands} && exec {sys.executable} -m rencai doctor --json --database sqlite:///{small}/x.db"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command], capture_output=True, text=True, timeout=60, env=clean_environment()
    )
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert (done.returncode, done.stderr) == (1, "")
    assert "it is memory" in checks["file system"]["advice"]
    assert "make room" in checks["disk space"]["advice"]


def test_colours_on_a_terminal_and_none_in_a_pipe(database: Path) -> None:
    database.chmod(0o644)
    code, seen = on_terminal("doctor", "--database", url_of(database))
    assert (code, "\x1b[" in seen) == (1, True)
    done = rencai("doctor", "--database", url_of(database))
    assert (done.returncode, done.stderr, "\x1b" in done.stdout) == (1, "", False)
    assert "\nwrong  file " in done.stdout
    assert f"chmod 600 {database}" in done.stdout
    assert "(argument)" in done.stdout
