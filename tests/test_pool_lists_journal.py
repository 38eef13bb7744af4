"""The journal beside a list: what is broken off goes on, what is done is not done twice, nothing else is touched."""

import fcntl
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from faulty_proxy import Fault, faulty_proxy
from harness import Client, Server, clean_environment
from stage import Stage, figures
from typed import Typed

JOURNAL = "people.csv.rencai-journal"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client("journals")


@pytest.fixture(scope="module")
def people(client: Client) -> list[str]:
    return client.create_talents(40)


@pytest.fixture
def stage(tmp_path: Path, server: Server, client: Client, typed: Typed, people: list[str]) -> Stage:
    made = Stage(tmp_path, server, client, typed)
    made.list([*people, "7"])
    return made


def test_what_is_done_is_not_done_twice(stage: Stage, client: Client, people: list[str]) -> None:
    pool, other = client.create_pool(), client.create_pool()
    stage.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=3)
    kept = (stage.folder / JOURNAL).read_bytes()
    assert (stage.folder / JOURNAL).stat().st_mode & 0o777 == 0o600
    for action, meant in (("add", pool), ("add", other), ("remove", pool), ("set", pool)):
        words = stage.refused(2, action, meant, "people.csv", "--yes", "--unknown", "skip")
        assert "was done" in words
        assert "--again" in words
        assert JOURNAL in words
    stage.list(people[:3])
    assert "sha256" in stage.refused(2, "add", pool, "people.csv", "--yes")
    assert (stage.folder / JOURNAL).read_bytes() == kept
    assert figures(stage.report("remove", pool, "people.csv", "--again")) == (0, 3, 0, 0)
    assert (stage.folder / f"{JOURNAL}.old").read_bytes() == kept
    assert client.members(other) == {}
    assert len(client.changes(pool)) == 2


def test_what_is_broken_off_is_finished_before_anything_else(stage: Stage, client: Client, people: list[str]) -> None:
    pool, other = client.create_pool(), client.create_pool()
    with faulty_proxy(stage.server.url) as proxy:
        stage.url = proxy.url
        proxy.inject(Fault.REFUSED, "/rencai/v1/runs/")  # the run is begun, and then nothing is seen of it
        ended = stage.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=3)
        same = f"the same command goes on where it was: rencai pool add {pool} people.csv --yes --unknown skip"
        assert ended.last.endswith(same)
        for action, meant in (("add", other), ("remove", pool), ("set", pool)):
            words = stage.refused(2, action, meant, "people.csv", "--yes", "--unknown", "skip", "--again")
            assert "which was broken off; finish that first" in words
        stage.list(people[:3], "other.csv")
        stage.list(people[:3])
        assert "broken off" in stage.refused(2, "add", pool, "people.csv", "--yes")
        stage.list([*people, "7"])
        ended = stage.done("add", pool, "people.csv", "--yes", "--json", code=3)
    assert figures(ended.event("report")) == (40, 0, 0, 1)
    assert [event["event"] for event in ended.events].count("plan") == 0
    assert set(client.members(pool)) == set(people)
    assert len(client.changes(pool)) == 1
    assert client.members(other) == {}


def steps(stage: Stage) -> list[dict[str, object]]:
    return steps_of((stage.folder / JOURNAL).read_bytes())


def steps_of(journal: bytes) -> list[dict[str, object]]:
    return [{**json.loads(line), "time": None} for line in journal.splitlines()]


def test_a_journal_cut_anywhere_is_taken_up(stage: Stage, client: Client, people: list[str]) -> None:
    """As `kill -9` and full disks leave it: whole lines, then perhaps a torn one. All is done, once, and told."""
    pool = client.create_pool()
    told = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    whole = (stage.folder / JOURNAL).read_bytes()
    lines = whole.splitlines(keepends=True)
    assert [step.get("event") for step in steps(stage)] == [None, "begun", "sending", "run", "done", "reported"]
    history = client.changes(pool)
    for number in range(2, len(lines)):
        for torn in (b"", lines[number][:-1], lines[number][:5]):
            (stage.folder / JOURNAL).write_bytes(b"".join(lines[:number]) + torn)
            report = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
            assert report == told
            assert steps(stage) == steps_of(whole)
    assert client.changes(pool) == history


def cut_before_report(stage: Stage) -> None:
    """Leave the journal as a command that is killed once all is done, and before it says so."""
    *lines, _ = (stage.folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (stage.folder / JOURNAL).write_bytes(b"".join(lines))


def test_a_report_that_was_not_shown_is_shown_once(stage: Stage, client: Client, people: list[str]) -> None:
    """By the same command, and by no other: with the exit code that it had, and the line that undoes it."""
    pool, other = client.create_pool(), client.create_pool()
    words = ("add", pool, "people.csv", "--yes", "--unknown", "skip")
    first = stage.done(*words, code=3)
    cut_before_report(stage)
    assert "was done" in stage.refused(2, "add", other, "people.csv", "--yes", "--unknown", "skip")
    assert "without --dry-run" in stage.refused(2, *words, "--dry-run")
    shown = stage.done(*words, code=3)
    assert shown.out == first.out[first.out.index("Done") :]
    assert "To undo it:  rencai run undo" in shown.out
    assert "was done" in stage.refused(2, *words)
    cut_before_report(stage)
    again = stage.done(*words, "--again", "--json", code=3)
    assert figures(again.event("report")) == (0, 0, 40, 1)
    assert again.event("plan")["already"] == 40
    assert (len(client.changes(pool)), client.members(other)) == (1, {})
    stage.list(people[:3])
    told = stage.report("remove", pool, "people.csv", "--again")
    cut_before_report(stage)
    ended = stage.done("remove", pool, "people.csv", "--yes", "--json")
    assert [event["event"] for event in ended.events] == ["resumed", "report"]
    assert ended.event("report") == told
    assert len(client.changes(pool)) == 2


def test_a_dry_run_finishes_nothing(stage: Stage, client: Client) -> None:
    pool = client.create_pool()
    with faulty_proxy(stage.server.url) as proxy:
        stage.url = proxy.url
        proxy.inject(Fault.REFUSED, "action=add")  # the upload
        stage.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=3)
        assert "without --dry-run" in stage.refused(2, "add", pool, "people.csv", "--dry-run")
    assert client.changes(pool) == []


def test_a_disk_that_is_full_at_any_step(stage: Stage, client: Client, people: list[str]) -> None:
    """Whatever was not taken down was not done, or is done by the same command once there is room."""
    codes: set[int] = set()
    for size in (1, 200, 300, 384, 430, 480, 512, 540, 570, 600):
        pool = client.create_pool()
        ended = stage.run("add", pool, "people.csv", "--yes", "--unknown", "skip", "--json", largest_file=size)
        codes.add(ended.code)
        if ended.code == 1:
            assert "make room" in ended.last
            assert client.changes(pool) == []
            assert JOURNAL not in stage.files()
        report = stage.report("add", pool, "people.csv", "--unknown", "skip", "--again", code=3)
        assert figures(report) in ((40, 0, 0, 1), (0, 0, 40, 1))
        assert set(client.members(pool)) == set(people)
        assert len(client.changes(pool)) == 1
        for path in stage.folder.glob("people.csv.*"):
            path.unlink()
    assert codes == {1, 3}


def test_output_that_nobody_takes(stage: Stage, client: Client, people: list[str]) -> None:
    """A full disk, or a pipe whose reader is gone: the exit code still says whether something was changed."""
    pool = client.create_pool()
    words = [sys.executable, "-m", "rencai", "pool", "add", pool, "people.csv", "--yes", "--json", "--unknown", "skip"]
    with faulty_proxy(stage.server.url) as proxy, Path("/dev/full").open("wb") as full:
        stage.url = proxy.url
        given: dict[str, Any] = {"cwd": stage.folder, "env": clean_environment() | stage.environment}
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, **given)
        assert (ended.returncode, client.changes(pool)) == (1, [])
        assert "rencai: what it shows can't be written: no space left" in str(ended.stderr)
        proxy.inject(Fault.HELD, "/rencai/v1/runs/")
        command = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **given)
        assert command.stdout is not None
        while not [call for call in proxy.of("/rencai/v1/runs/") if call.told is not None]:
            time.sleep(0.01)
        command.stdout.close()
        command.stdout = None
        proxy.release()
        _, err = command.communicate()
        assert command.returncode == 3, err
        assert "the same command goes on" in str(err)
        assert figures(stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)) == (40, 0, 0, 1)
        undo = [sys.executable, "-m", "rencai", "pool", "undo", JOURNAL, "--yes"]
        ended = subprocess.run(undo, stdout=full, stderr=subprocess.PIPE, text=True, **given)
        assert ended.returncode == 3
        assert "what it shows can't be written: no space left" in ended.stderr
        assert re.search(r"rencai run show \d+", ended.stderr)
        assert client.members(pool) == {}


def test_two_commands_at_once(stage: Stage, client: Client) -> None:
    pool = client.create_pool()
    with (stage.folder / JOURNAL).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        words = stage.refused(2, "add", pool, "people.csv", "--yes", "--unknown", "skip")
    assert words == f"another command is at work with {JOURNAL}; wait for it"
    assert client.changes(pool) == []


@pytest.mark.parametrize(
    "content", [b"hello\n", b'{"a":1}\n', b"\0\xff\n", b"[]\n", "talent_id\n7\n".encode("utf-16"), b"1" * 100 + b"\n"]
)
def test_what_is_no_journal_is_left_as_it_is(stage: Stage, client: Client, content: bytes) -> None:
    pool = client.create_pool()
    (stage.folder / JOURNAL).write_bytes(content)
    words = stage.refused(2, "add", pool, "people.csv", "--yes", "--again", "--unknown", "skip")
    assert words == f"{JOURNAL} is no journal of rencai; move it away"
    assert (stage.folder / JOURNAL).read_bytes() == content
    assert "no journal" in stage.refused(2, "undo", JOURNAL, "--yes")


def test_a_journal_with_a_broken_line_is_not_guessed_at(stage: Stage, client: Client) -> None:
    pool = client.create_pool()
    stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    lines = (stage.folder / JOURNAL).read_bytes().splitlines(keepends=True)
    for broken in (b"\0\0\0\n", b"{}\n", b'{"event":7}\n', b'{"event":"run"}\n'):
        (stage.folder / JOURNAL).write_bytes(b"".join([*lines[:3], broken]))
        assert "line 4" in stage.refused(2, "add", pool, "people.csv", "--yes", "--unknown", "skip")
        assert "line 4" in stage.refused(2, "undo", JOURNAL, "--yes")
    assert len(client.changes(pool)) == 1


def test_again_that_changes_nothing_leaves_the_way_back_there(stage: Stage, client: Client) -> None:
    """A dry run, and what ends before anything is changed, as one does that a broken list ends."""
    pool = client.create_pool()
    skip = ("--unknown", "skip")
    stage.report("add", pool, "people.csv", *skip, code=3)
    kept = (stage.folder / JOURNAL).read_bytes()
    stage.done("add", pool, "people.csv", "--again", "--dry-run", *skip, code=3)
    assert (stage.folder / JOURNAL).read_bytes() == kept
    stage.refused(1, "add", pool, "people.csv", "--again", "--yes")
    assert (stage.folder / JOURNAL).read_bytes() == kept
    assert "was done" in stage.refused(2, "add", pool, "people.csv", "--yes", *skip)
    assert figures(stage.report("undo", JOURNAL)) == (0, 40, 0, 0)


def test_a_server_that_is_away_for_a_while_is_told_of_once(stage: Stage, client: Client) -> None:
    pool = client.create_pool()
    with faulty_proxy(stage.server.url) as proxy:
        stage.url = proxy.url
        proxy.inject(Fault.CUT_BEFORE, "/rencai/v1/runs?", times=6)  # 3 s at least
        ended = stage.done("add", pool, "people.csv", "--yes", "--json", "--unknown", "skip", code=3)
    assert figures(ended.event("report")) == (40, 0, 0, 1)
    told = [line for line in ended.err.splitlines() if "trying again" in line]
    assert len(told) == 1, ended
    assert re.fullmatch(f"{proxy.url} can't be reached; trying again for \\d\\d s more", told[0]), told


def test_undo_with_a_list_says_which_is_its_journal(stage: Stage, client: Client) -> None:
    pool = client.create_pool()
    stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    assert stage.refused(2, "undo", "people.csv", "--yes") == f"people.csv is a list; name its journal: {JOURNAL}"


def test_standard_input_has_its_journal_in_this_folder(stage: Stage, client: Client, people: list[str]) -> None:
    pool = client.create_pool()
    given = "".join(f"{person}\n" for person in [*people, "7"]).encode()
    assert "--yes" in stage.refused(2, "add", pool, "-", stdin=given)
    report = stage.report("add", pool, "-", "--unknown", "skip", stdin=given, code=3)
    assert figures(report) == (40, 0, 0, 1)
    assert report["failures"].startswith("stdin-")
    assert (stage.folder / report["failures"]).read_text() == "talent_id,reason\n7,there is no talent with this id\n"
    (journal,) = stage.folder.glob("stdin-*.rencai-journal")
    assert "was done" in stage.refused(2, "add", pool, "-", "--yes", stdin=given)
    two = "\n".join(people[:2]).encode()  # one alone is taken for rounded if its id happens to end in three zeros
    assert figures(stage.report("add", pool, "-", stdin=two)) == (0, 0, 2, 0)
    assert figures(stage.report("undo", journal.name)) == (0, 40, 0, 0)
    assert client.members(pool) == {}


def test_the_journal_of_another_server_or_app_undoes_nothing(stage: Stage, client: Client, server: Server) -> None:
    pool = client.create_pool()
    stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    other = Stage(stage.folder, server, server.client("journals"), stage.typed)
    assert "call that one" in other.refused(2, "undo", JOURNAL, "--yes")
    assert "was done" in other.refused(2, "add", pool, "people.csv", "--yes", "--unknown", "skip")
    assert "not there" in stage.refused(2, "undo", "nothing.rencai-journal", "--yes")
    assert len(client.members(pool)) == 40


def test_a_command_that_is_at_work_is_not_disturbed(stage: Stage, client: Client, people: list[str]) -> None:
    """By another like it; nor does that one wait."""
    pool = client.create_pool()
    with faulty_proxy(stage.server.url) as proxy:
        stage.url = proxy.url
        proxy.inject(Fault.HELD, "/rencai/v1/runs/")
        words = ["pool", "add", pool, "people.csv", "--yes", "--unknown", "skip"]
        first = subprocess.Popen(
            [sys.executable, "-m", "rencai", *words],
            cwd=stage.folder,
            env=clean_environment() | stage.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not [call for call in proxy.of("/rencai/v1/runs/") if call.told is not None]:
            time.sleep(0.01)
        assert "another command is at work" in stage.refused(2, *words[1:])
        assert "another command is at work" in stage.refused(2, "undo", JOURNAL, "--yes")
        proxy.release()
        assert first.wait(60) == 3
    assert set(client.members(pool)) == set(people)
    assert len(client.changes(pool)) == 1
