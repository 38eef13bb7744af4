"""`rencai change`, `run`, `talent` and `api` as they are typed."""

import csv
import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from caller import Caller
from faulty_proxy import Fault, faulty_proxy
from harness import HIRE, Server


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    return Caller(server, "change-commands")


@pytest.fixture
def pool(caller: Caller) -> str:
    return caller.api.create_pool(f"pool {time.monotonic_ns()}")


@pytest.fixture
def people(caller: Caller, pool: str) -> list[str]:
    """Three people, and the change that put them into the pool."""
    people = caller.api.create_talents(3)
    assert caller.api.add(pool, people).code == 0
    return people


def newest(caller: Caller, pool: str) -> str:
    return caller.objects("change", "list", "--pool", pool)[0]["id"]


# Changes


def plan_of(what: str, to_add: int, to_remove: int, to_leave: int) -> dict[str, Any]:
    """The event that says what an undo would do."""
    figures = {"to_add": to_add, "to_remove": to_remove, "to_leave": to_leave}
    return {"event": "plan", "action": "undo", "of": what, **figures}


def test_changes_are_listed_and_shown(caller: Caller, pool: str, people: list[str]) -> None:
    caller.api.remove(pool, people[:1])
    removed, added = caller.objects("change", "list", "--pool", pool)
    assert [line.split("\t")[3:6] for line in caller.gets("change", "list", "--pool", pool).splitlines()] == [
        ["0", "1", pool],
        ["3", "0", pool],
    ]
    name = caller.objects("pool", "show", pool)[0]["i18n_name"]["en_us"]
    assert caller.objects("change", "list", "--pool", name) == [removed, added]
    assert [c["id"] for c in caller.objects("change", "list", "--talent", people[0])] == [removed["id"], added["id"]]
    assert caller.objects("change", "list", "--pool", pool, "--to", added["time"]) == [added]
    assert caller.gets("change", "show", added["id"]).splitlines() == [f"{pool}\t{one}\tadded" for one in people]
    (shown,) = caller.objects("change", "show", removed["id"])
    assert shown["parts"][0]["removed"] == people[:1]
    rows = list(csv.DictReader(io.StringIO(caller.gets("change", "show", added["id"], "--csv"), newline="")))
    assert [row["talent_id"] for row in rows] == people
    _, seen = caller.on_terminal("change", "show", added["id"])
    assert "talent_pool_batch_change" in seen
    assert "1990003" in caller.fails(1, "change", "show", "1")


def test_a_deleted_pool_keeps_its_changes(caller: Caller, pool: str, people: list[str]) -> None:
    caller.gets("pool", "delete", pool, "--force", "--yes")
    assert len(caller.objects("change", "list", "--pool", pool)) == 2


def test_undoing_a_change_shows_the_plan_and_asks(caller: Caller, pool: str, people: list[str]) -> None:
    change = newest(caller, pool)
    planned = caller.gets("change", "undo", change, "--dry-run")
    assert re.findall(r"\d+$", planned, re.MULTILINE) == [change, "0", "3", "0"]
    assert caller.objects("change", "undo", change, "--dry-run") == [plan_of(f"the change {change}", 0, 3, 0)]
    nobody = caller.says("change", "undo", change)
    assert (nobody.returncode, nobody.stdout, "--yes" in nobody.stderr) == (2, "", True)
    assert caller.on_terminal("change", "undo", change, answers=(("[y/N]", "n"),))[0] == 1
    assert set(caller.api.members(pool)) == set(people)
    before = caller.api.members(pool)
    code, seen = caller.on_terminal("change", "undo", change, answers=(("[y/N]", "y"),))
    assert (code, caller.api.members(pool)) == (0, {})
    back = re.search(r"To undo it:  rencai (change undo \d+)", seen)
    assert back
    assert caller.says(*back[1].split(), "--yes").returncode == 0
    assert caller.api.members(pool) == before  # add_time included
    done = caller.says("change", "undo", change, "--yes")
    assert (done.returncode, "1990007" in done.stderr) == (1, True)


def test_whom_a_later_change_has_touched_is_left_alone(caller: Caller, pool: str, people: list[str]) -> None:
    change = newest(caller, pool)
    caller.api.remove(pool, people[:1])
    caller.api.add(pool, people[:1])
    done = caller.says("change", "undo", change, "--yes", "--json")
    assert (done.returncode, json.loads(done.stdout)["conflicts"]) == (3, 1)
    assert "1 were left alone" in done.stderr
    assert set(caller.api.members(pool)) == {people[0]}
    other = caller.api.create_pool("all touched")
    caller.api.add(other, people[:1])
    only = newest(caller, other)
    caller.api.remove(other, people[:1])
    caller.api.add(other, people[:1])
    nothing = caller.says("change", "undo", only, "--yes")
    assert (nothing.returncode, "nothing was changed" in nothing.stderr) == (1, True)


# Runs


def begun(caller: Caller, pool: str, ids: list[str], **query: str) -> str:
    """A run's id."""
    reply = caller.api.upload({"talent_pool_id": pool, "action": "add", **query}, ids)
    assert reply.code == 0
    return reply.data["run"]["id"]


def test_a_run_is_waited_for_shown_and_put_back(caller: Caller, pool: str) -> None:
    people = caller.api.create_talents(20)
    run = begun(caller, pool, people)
    (shown,) = caller.objects("run", "show", run, "--wait")
    assert (shown["state"], shown["added"]) == ("done", 20)
    assert caller.gets("run", "list").splitlines()[0].split("\t")[:3] == [run, "done", "add"]
    assert dict(line.split("\t") for line in caller.gets("run", "show", run).splitlines())["added"] == "20"
    for command in ("run", "pool"):
        *_, plan = caller.objects(command, "undo", run, "--dry-run")
        assert plan == plan_of(f"the run {run}", 0, 20, 0)
    assert caller.says("run", "undo", run).returncode == 2
    assert len(caller.api.members(pool)) == 20
    caller.api.remove(pool, people[:1])
    caller.api.add(pool, people[:1])
    done = caller.says("run", "undo", run, "--yes", "--json")
    assert done.returncode == 3
    back = json.loads(done.stdout.splitlines()[-1])
    assert (back["removed"], back["conflicts"], list(caller.api.members(pool))) == (19, 1, people[:1])
    assert caller.says(*back["undo"].removeprefix("rencai ").split(), "--yes").returncode == 0
    assert len(caller.api.members(pool)) == 20
    assert "1990024" in caller.fails(1, "run", "undo", run, "--yes")
    again = caller.says("run", "undo", run, "--dry-run")
    assert (again.returncode, "1990007" in again.stderr) == (1, True)


def test_waiting_for_a_run_tells_how_it_ended(caller: Caller, pool: str) -> None:
    people = caller.api.create_talents(2)
    failed = caller.says("run", "show", begun(caller, pool, [*people, "1"]), "--wait")
    assert (failed.returncode, "nothing was changed" in failed.stderr) == (1, True)
    skipped = caller.says("run", "show", begun(caller, pool, [*people, "1"], on_missing="skip"), "--wait")
    assert (skipped.returncode, "1 unknown" in skipped.stderr) == (3, True)
    over = skipped.stdout.splitlines()[0].split("\t")[1]
    assert "1990022" in caller.fails(1, "run", "cancel", over)
    assert "1990020" in caller.fails(1, "run", "show", "1")


@pytest.mark.parametrize("nobody", ["", ".", ".."])
def test_what_is_no_id_is_asked_of_nobody(caller: Caller, nobody: str) -> None:
    """As a variable of a shell that is not set: it would be the path of another call."""
    for command in (("change", "show"), ("run", "show"), ("talent", "show"), ("run", "cancel")):
        assert f"{nobody!r} is no " in caller.fails(2, *command, nobody)


def test_a_terminal_that_is_too_narrow_for_a_table_wraps_it_and_loses_nothing(caller: Caller, pool: str) -> None:
    """Nor does a row of a later batch that is wider than all of the first, for lists are printed as they come."""
    (one,) = caller.api.create_talents(1)
    reason = "x" * 20
    path = f"/rencai/v1/talent_pools/{pool}/membership_changes"
    assert caller.api.call("POST", path, {"add": [one], "reason": reason}).code == 0
    for change in (caller.api.remove, caller.api.add) * 51:
        change(pool, [one])
    in_a_pipe = caller.gets("change", "list", "--pool", pool).splitlines()[-1]
    _, seen = caller.on_terminal("change", "list", "--pool", pool, COLUMNS="60")
    on_a_terminal = seen.splitlines()[-1]
    assert reason in on_a_terminal
    assert on_a_terminal.split() == in_a_pipe.split()


def test_a_bar_on_a_terminal(caller: Caller, pool: str) -> None:
    code, seen = caller.on_terminal("run", "show", begun(caller, pool, caller.api.create_talents(3)), "--wait")
    assert (code, "━" in seen, "done" in seen) == (0, True, True)


# People


def test_people_are_found_listed_shown_and_exported(caller: Caller, pool: str, tmp_path: Path) -> None:
    word = f"w{time.monotonic_ns()}"
    more = {"email": "d@example.com", "mobile": "13900139000", "mobile_country_code": "CN_1"}
    person = caller.api.create_talent(f"{word} =cmd", basic_info=more)
    caller.api.add(pool, [person])
    (found,) = caller.objects("talent", "list", word)
    assert (found["talent_id"], found["email"], found["mobile"]) == (person, "d@example.com", "+8613900139000")
    assert caller.gets("talent", "list", word).split("\t")[:2] == [person, f"{word} =cmd"]
    assert caller.gets("talent", "list", "nobody-has-this") == ""
    shown = dict(line.split("\t") for line in caller.gets("talent", "show", person).splitlines())
    assert (shown["name"], shown["pool ids"]) == (f"{word} =cmd", pool)
    assert caller.objects("talent", "show", person)[0]["talent_pool_id_list"] == [pool]
    sheet = tmp_path / "all.csv"
    assert "1 people" in caller.gets("talent", "export", str(sheet), "--keyword", word)
    assert person in sheet.read_text("utf-8-sig").splitlines()[1]
    assert "1002102" in caller.fails(1, "talent", "show", "1")


# Any call


def test_any_call_can_be_made(caller: Caller, pool: str, tmp_path: Path) -> None:
    reply = json.loads(caller.gets("api", "get", f"{HIRE}/talent_pools?page_size=1"))
    assert (reply["code"], len(reply["data"]["items"])) == (0, 1)
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"expression": pool}))
    by_file = caller.gets("api", "POST", "/rencai/v1/talent_pools/evaluate?page_size=1", str(body))
    assert json.loads(by_file)["data"]["count"] == 0
    assert caller.gets("api", "POST", "/rencai/v1/talent_pools/evaluate", "-", stdin=body.read_text())
    run = begun(caller, pool, caller.api.create_talents(2))
    caller.objects("run", "show", run, "--wait")
    lines = caller.gets("api", "GET", f"/rencai/v1/runs/{run}/results").splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["added", "added"]


def test_a_reply_that_refuses_is_printed_too(caller: Caller) -> None:
    done = caller.says("api", "GET", "/rencai/v1/changes/1")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, 1990003)
    assert re.fullmatch(r"rencai: change_get: [^\n]*\(1990003\)[^\n]*\n", done.stderr)
    unknown = caller.fails(1, "api", "GET", "/open-apis/hire/v1/jobs")
    assert "GET /open-apis/hire/v1/jobs" in unknown


@pytest.mark.parametrize(
    ("fault", "method", "path", "code", "words"),
    [
        (Fault.CUT_AFTER, "POST", "combined_create", 3, "may have been done"),
        (Fault.REFUSED, "POST", "combined_create", 3, "1002001"),
        (Fault.REFUSED, "GET", "1002001", 1, "1002001"),
    ],
)
def test_what_may_have_been_done_is_not_called_undone(
    caller: Caller, server: Server, tmp_path: Path, fault: Fault, method: str, path: str, code: int, words: str
) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"basic_info": {"name": "once"}}))
    with faulty_proxy(server.url) as proxy:
        proxy.refusal = 1002001
        proxy.inject(fault, path, times=100)
        given = [str(body)] if method == "POST" else []
        done = caller.says("api", method, f"{HIRE}/talents/{path}", *given, RENCAI_URL=proxy.url)
        assert (done.returncode, words in done.stderr) == (code, True)
    assert len(proxy.of(path)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["TAKE", "/rencai/v1/runs"], "no method"),
        (["GET", "rencai/v1/runs"], "no path"),
        (["GET", "/healthz"], "no path"),
        (["POST", "/rencai/v1/runs", "/no/such"], "can't be read"),
        (["POST", "/rencai/v1/runs", "-"], "no JSON object"),
    ],
)
def test_what_is_no_call_is_not_sent(caller: Caller, arguments: list[str], words: str) -> None:
    assert words in caller.fails(2, "api", *arguments)
