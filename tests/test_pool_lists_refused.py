"""What `rencai pool add|remove|set` refuses: one line that says what, where and what to do, and nothing is changed."""

import json
import os
import socket
from pathlib import Path

import pytest

from harness import Client, Server
from stage import Stage, figures
from typed import Typed

HEADER = "talent_id\n"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client("refusals")


@pytest.fixture(scope="module")
def people(client: Client) -> list[str]:
    return client.create_talents(30)


@pytest.fixture(scope="module")
def pool(client: Client) -> str:
    """A pool that nobody ever gets into."""
    return client.create_pool()


@pytest.fixture
def stage(tmp_path: Path, server: Server, client: Client, typed: Typed) -> Stage:
    return Stage(tmp_path, server, client, typed)


FILES: dict[str, tuple[bytes | None, int, str]] = {
    "missing": (None, 2, "people.csv is not there; check the path"),
    "empty": (b"", 2, "people.csv is empty; a list has one person a row"),
    "no key column": (
        b"name,city\nAda,London\n",
        2,
        "people.csv, row 1: no column is named talent_id, email or mobile",
    ),
    "no list at all": (b"dear all\nplease add them\n", 2, "people.csv, row 1"),
    "encoding": (b"email\nM\xfcller@x.com\n", 2, "encoding"),
    "NUL": (b"talent_id\n1\x002\n", 2, "people.csv, row 2: there is a NUL in it"),
    "open quote": (b'talent_id,name\n1,"x\n2,y\n', 2, "people.csv, row 2"),
    "too many cells": (b"talent_id,name\n1,x\n2,x,y,z\n", 2, "people.csv, row 3"),
    "E notation": (b"talent_id\n6930815272790114123\n6.93082E+18\n7.1E+18\n", 2, 'rows 3, 4: "6.93082E+18"'),
    "decimals": (b"talent_id\n6930815272790114123.0\n", 2, "row 2"),
    "zeros": (HEADER.encode() + b"".join(b"693081527279%03d0000\n" % n for n in range(40)), 2, "rows 2, 3, 4, 5, 6"),
    "only a header": (b"talent_id\n", 0, ""),
}


@pytest.mark.parametrize(("content", "code", "words"), FILES.values(), ids=FILES.keys())
def test_files(stage: Stage, client: Client, pool: str, content: bytes | None, code: int, words: str) -> None:
    if content is not None:
        stage.write(content)
    ended = stage.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=code)
    assert words in ended.err
    if code:
        assert len(ended.err.splitlines()) == 1
        assert ended.out == ""
        assert stage.files() <= {"people.csv"}
    assert client.changes(pool) == []


def test_rounded_ids_are_taken_where_that_is_said(stage: Stage, client: Client, people: list[str]) -> None:
    """The way out that the refusal names is there. Nobody has such an id, so they are unknown, with the reason."""
    ids = [f"693081527279{number:03}0000" for number in range(40)]
    stage.list([*ids, *people])
    made = client.create_pool()
    assert "--as-written" in stage.refused(2, "set", made, "people.csv", "--yes")
    report = stage.report("set", made, "people.csv", "--as-written", "--unknown", "skip", code=3)
    assert figures(report) == (30, 0, 0, 40)
    assert "a spreadsheet may have rounded it" in (stage.folder / "people.failures.csv").read_text()


WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "--by": (("--by", "name"), "--by name is not known; say id, email or mobile"),
    "--unknown": (("--unknown", "ask"), "--unknown ask is not known; say fail or skip"),
    "--by without its column": (("--by", "email"), "no column is named email"),
    "an option that is not": (("--force",), "No such option: --force"),
}


@pytest.mark.parametrize(("more", "words"), WORDS.values(), ids=WORDS.keys())
def test_words(stage: Stage, client: Client, pool: str, people: list[str], more: tuple[str, ...], words: str) -> None:
    stage.write(f"name,talent_id\nx,{people[0]}\n")
    assert words in stage.refused(2, "add", pool, "people.csv", "--yes", *more)
    assert client.changes(pool) == []
    assert stage.files() == {"people.csv"}


@pytest.mark.parametrize("named", ["6930815272790114123", "x/../y?z=1#", "7" * 200])
def test_a_pool_that_is_not_there(stage: Stage, people: list[str], named: str) -> None:
    stage.list(people)
    for action in ("add", "set"):
        ended = stage.run(action, named, "people.csv", "--yes")
        assert ended.code in (1, 2), ended
        assert "pool" in ended.last
    assert stage.files() == {"people.csv"}


def test_a_wrong_secret(stage: Stage, pool: str, people: list[str]) -> None:
    stage.list(people)
    secret = "s3cr3t" * 5
    ended = stage.run("add", pool, "people.csv", "--yes", environment={"RENCAI_APP_SECRET": secret})
    assert ended.code == 1
    assert "10014" in ended.last
    assert secret not in ended.err + ended.out
    assert stage.files() == {"people.csv"}


def test_an_app_that_may_not(server: Server, stage: Stage, pool: str, people: list[str], client: Client) -> None:
    stage.list(people)
    stage.client = reader = server.client("refusals", scopes=("hire:talent_folder:readonly", "hire:talent:readonly"))
    stage.app = reader.app
    words = stage.refused(1, "add", pool, "people.csv", "--yes")
    assert "99991672" in words
    assert stage.files() == {"people.csv"}
    assert client.changes(pool) == []


def test_no_network(stage: Stage, pool: str, people: list[str]) -> None:
    """Nobody listens there; and then somebody who is no server of ours."""
    stage.list(people)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        stage.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        words = stage.refused(1, "add", pool, "people.csv", "--yes")
    assert "can't be reached" in words
    assert stage.url in words
    stage.url = f"{stage.server.url}/docs"
    assert "is it the right address?" in stage.refused(1, "add", pool, "people.csv", "--yes")
    assert stage.files() == {"people.csv"}


def test_a_folder_that_cannot_be_written(stage: Stage, client: Client, pool: str, people: list[str]) -> None:
    """No journal, no change. As whoever may write anywhere: a folder stands where the journal would."""
    stage.list(people)
    (stage.folder / "people.csv.rencai-journal").mkdir()
    words = stage.refused(1, "add", pool, "people.csv", "--yes")
    assert words.startswith("people.csv.rencai-journal can't be written: ")
    (stage.folder / "people.csv.rencai-journal").rmdir()
    os.symlink("/nowhere/at/all", stage.folder / "people.csv.rencai-journal")
    assert "can't be written" in stage.refused(1, "add", pool, "people.csv", "--yes")
    assert client.changes(pool) == []


def test_failures_that_cannot_be_written(stage: Stage, client: Client, pool: str, people: list[str]) -> None:
    """Nobody would know who was left out: so nothing is changed."""
    stage.list([*people, *(str(number) for number in range(1, 100))])
    ended = stage.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=1, largest_file=500)
    assert "people.failures.csv could not be written" in ended.last
    assert stage.files() == {"people.csv"}
    assert client.changes(pool) == []


def test_a_person_who_is_deleted_between_plan_and_change(stage: Stage, client: Client, people: list[str]) -> None:
    """The journal says that it was begun; the run finds one of them gone: nothing is changed, and it says so."""
    made, gone = client.create_pool(), client.create_talent()
    path = stage.list([*people, gone])
    report = stage.report("add", made, "people.csv")
    journal = path.with_name("people.csv.rencai-journal")
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert client.call("DELETE", f"/rencai/v1/talents/{gone}").code == 0
    client.over(client.call("POST", f"/rencai/v1/runs/{report['run_id']}/undo", {}))
    lines[0]["key"] = "another"  # as if it had not been sent
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines[:2]))
    words = stage.refused(1, "add", made, "people.csv", "--yes")
    assert words.startswith("nothing was changed: ")
    assert gone in (stage.folder / "people.failures.csv").read_text()
    assert not journal.exists()
    assert client.members(made) == {}
