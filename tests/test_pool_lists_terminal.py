"""`rencai pool add` on a terminal: it asks, shows how far it is, and can be stopped at any time."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import seed, work
from dialog import CTRL_C, Dialog, dialog
from faulty_proxy import Fault, FaultyProxy, faulty_proxy
from harness import App, Client, Server, running_server
from stage import Stage, figures
from stores import SqliteStore
from typed import Typed

MANY, EVERYBODY = 20_000, 80_000
APP = App("bench", work.APP_ID, work.APP_SECRET)
PEOPLE = [str(work.talent_id(number)) for number in range(MANY)]
RUNS = "/rencai/v1/runs"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with people and pools of its own."""
    database = tmp_path_factory.mktemp("town") / "rencai.db"
    seed.seed_rencai(database, EVERYBODY, 8)
    with running_server(SqliteStore(database)) as running:
        yield running


@pytest.fixture
def client(town: Server) -> Client:
    return town.client_of(APP)


@pytest.fixture
def proxy(town: Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(town.url) as running:
        yield running
        running.release()


@pytest.fixture
def stage(tmp_path: Path, town: Server, client: Client, typed: Typed, proxy: FaultyProxy) -> Stage:
    return Stage(tmp_path, town, client, typed, proxy.url)


def test_it_asks_and_no_is_no(stage: Stage, client: Client, proxy: FaultyProxy) -> None:
    pool = str(work.pool_id(0))
    stage.list([*PEOPLE[:10], "7"])
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv") as at:
        at.wait_for("Leave them out and go on? [y/N]")
        assert "1 unknown; the rows are in people.failures.csv" in at.seen
        at.type("y\n")
        at.wait_for("Change the pool (10 to add)? [y/N]")
        at.type("n\n")
        assert at.ended() == 1
        assert at.seen.rstrip().endswith("rencai: nothing was changed")
    assert client.members(pool) == {}
    assert stage.files() == {"people.csv", "people.failures.csv"}
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv") as at:
        at.wait_for("Leave them out and go on? [y/N]")
        at.type("\n")
        assert at.ended() == 1
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv", "--unknown", "skip") as at:
        at.wait_for("Change the pool (10 to add)? [y/N]")
        assert at.interrupted() == 130
        assert "nothing was changed" in at.seen
    assert [call for call in proxy.of(RUNS) if call.method == "POST"] == []
    assert stage.files() == {"people.csv", "people.failures.csv"}


def test_progress_is_shown_before_the_server_has_answered(stage: Stage, client: Client, proxy: FaultyProxy) -> None:
    """From the confirmation on something moves, however slow the server is; and then it says what was done."""
    pool = str(work.pool_id(1))
    stage.list(PEOPLE)
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv") as at:
        at.wait_for("Change the pool (20,000 to add)? [y/N]")
        proxy.inject(Fault.HELD, RUNS)  # the next: the upload
        at.seen = ""
        at.type("y\n")
        at.wait_for("sending")
        at.wait_for("waiting for the answer")
        assert "Done" not in at.seen
        proxy.release()
        assert at.ended() == 0
        assert "\x1b[" in at.seen  # a bar
        assert "To undo it:  rencai " in at.seen
    assert set(client.members(pool)) == set(PEOPLE)


def test_ctrl_c_is_answered_while_the_server_is_silent(stage: Stage, client: Client, proxy: FaultyProxy) -> None:
    pool = str(work.pool_id(2))
    stage.list(PEOPLE)
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv", "--yes") as at:
        proxy.inject(Fault.HELD, f"{RUNS}/")
        at.wait_for("sending")
        while not [call for call in proxy.of(f"{RUNS}/") if call.told is not None]:
            time.sleep(0.01)
        at.type(CTRL_C)
        assert at.ended() == 3  # the answer is still held
        assert f"stopped; the same command goes on where it was: rencai pool add {pool} people.csv --yes" in at.seen
    proxy.release()
    assert figures(stage.report("add", pool, "people.csv")) == (MANY, 0, 0, 0)
    assert set(client.members(pool)) == set(PEOPLE)
    assert sum(len(part["added"]) for change in client.changes(pool) for part in change["parts"]) == MANY


@pytest.mark.parametrize("held", ["membership_changes", RUNS], ids=["planning", "sending"])
def test_ctrl_c_before_anything_is_known_to_be_done(
    stage: Stage, client: Client, proxy: FaultyProxy, held: str
) -> None:
    pool = str(work.pool_id(3 if held == RUNS else 4))
    stage.list(PEOPLE)
    with dialog(stage.folder, stage.environment, "pool", "add", pool, "people.csv", "--unknown", "fail") as at:
        if held == RUNS:
            at.wait_for("Change the pool")
            at.type("y\n")
        proxy.inject(Fault.HELD, held)
        while not [call for call in proxy.of(held) if call.told is not None and call.fault]:
            time.sleep(0.01)
        at.type(CTRL_C)
        code = at.ended()
        assert (code, "nothing was changed" in at.seen) == ((3, False) if held == RUNS else (130, True)), at.seen
    proxy.release()
    stage.report("add", pool, "people.csv", "--unknown", "fail")
    assert set(client.members(pool)) == set(PEOPLE)
    assert sum(len(part["added"]) for change in client.changes(pool) for part in change["parts"]) == MANY


def test_ctrl_c_against_feishu(stage: Stage, client: Client, town: Server, proxy: FaultyProxy) -> None:
    pool = str(work.pool_id(5))
    stage.list(PEOPLE[:1000])
    proxy.like_feishu = True
    words = ["pool", "add", pool, "people.csv", "--yes", "--unknown", "skip"]
    with dialog(stage.folder, stage.environment, *words) as at:
        at.wait_for("changing")
        while len(proxy.of("batch_change")) < 4:
            time.sleep(0.01)
        proxy.inject(Fault.HELD, "batch_change", 10)
        while len([call for call in proxy.of("batch_change") if call.fault and call.told is not None]) < 4:
            time.sleep(0.01)
        at.type(CTRL_C)
        assert at.ended() == 3
        assert "the same command goes on where it was" in at.seen
        assert "Traceback" not in at.seen
    proxy.release()
    assert stage.report("add", pool, "people.csv", "--unknown", "skip")["unknown"] == 0
    assert set(client.members(pool)) == set(PEOPLE[:1000])


def test_undo_asks_as_well(stage: Stage, client: Client) -> None:
    pool = str(work.pool_id(6))
    assert client.add(pool, PEOPLE[:5]).code == 0
    change = client.changes(pool)[0]["id"]
    for answer, code, left in (("n", 1, 5), ("y", 0, 0)):
        with dialog(stage.folder, stage.environment, "pool", "undo", change) as at:
            at.wait_for(f"Undo the change {change}? [y/N]")
            at.type(f"{answer}\n")
            assert at.ended() == code
        assert len(client.members(pool)) == left


def stopped(at: Dialog) -> int:
    """Type Ctrl-C, which is answered soon, whatever the command waits for: the exit code."""
    began = time.monotonic()
    at.type(CTRL_C)
    code = at.ended()
    assert time.monotonic() - began < 5
    return code


def until_held(proxy: FaultyProxy, path: str) -> None:
    while not [call for call in proxy.of(path) if call.fault is Fault.HELD and call.told is not None]:
        time.sleep(0.01)


@pytest.mark.parametrize("command", ["pool", "run", "change"])
def test_an_undo_that_is_stopped_does_not_say_that_nothing_was_changed(
    stage: Stage, client: Client, proxy: FaultyProxy, command: str
) -> None:
    """Nobody knows whether the server has it: it says what tells that."""
    pool = client.create_pool()
    stage.list(PEOPLE[:100])
    what = stage.report("add", pool, "people.csv")["run_id"]
    if command == "change":
        what = client.changes(pool)[0]["id"]
    kind = "change" if command == "change" else "run"
    with dialog(stage.folder, stage.environment, command, "undo", what, "--yes") as at:
        proxy.inject(Fault.HELD, "/undo")
        until_held(proxy, "/undo")
        assert stopped(at) == 3
        assert f"rencai: stopped; it may have been {'done' if kind == 'change' else 'begun'}" in at.seen
        assert f"`rencai {kind} show {what}" in at.seen
        assert "nothing was changed" not in at.seen


@pytest.mark.parametrize("command", ["pool", "run"])
def test_an_undo_that_the_server_goes_on_with(stage: Stage, client: Client, proxy: FaultyProxy, command: str) -> None:
    """Stopped, it says where to look on."""
    pool = client.create_pool()
    stage.list(PEOPLE)
    run_id = stage.report("add", pool, "people.csv")["run_id"]
    with dialog(stage.folder, stage.environment, command, "undo", run_id) as at:
        at.wait_for(f"Undo the run {run_id}? [y/N]")
        assert "to remove                  20,000" in at.seen
        proxy.inject(Fault.SLOW, f"{RUNS}/")
        proxy.inject(Fault.HELD, f"{RUNS}/", 2)
        at.type("y\n")
        until_held(proxy, f"{RUNS}/")
        assert stopped(at) == 3
    proxy.release()
    undone_by = client.call("GET", f"{RUNS}/{run_id}").data["run"]["undone_by"]
    assert f"stopped; the server goes on with it; to see how it ends: rencai run show {undone_by} --wait" in at.seen
    client.over(client.call("GET", f"{RUNS}/{undone_by}"))
    assert client.members(pool) == {}


def test_an_undo_shows_how_far_it_is(stage: Stage, client: Client, proxy: FaultyProxy) -> None:
    pool = client.create_pool()
    stage.list(str(work.talent_id(number)) for number in range(EVERYBODY))
    run_id = stage.report("add", pool, "people.csv")["run_id"]
    with dialog(stage.folder, stage.environment, "run", "undo", run_id, "--yes") as at:
        at.wait_for("changing")
        at.wait_for("0000/80000")
        assert re.search(r"[m ][1-7]0000/80000", at.seen)
        assert at.ended() == 0
        assert "To undo it:  rencai run undo " in at.seen
    assert client.members(pool) == {}


def test_a_plan_to_undo_that_is_stopped_changes_nothing(stage: Stage, client: Client, proxy: FaultyProxy) -> None:
    pool = client.create_pool()
    assert client.add(pool, PEOPLE[:5]).code == 0
    change = client.changes(pool)[0]["id"]
    proxy.inject(Fault.HELD, "/undo")
    with dialog(stage.folder, stage.environment, "change", "undo", change, "--dry-run") as at:
        until_held(proxy, "/undo")
        assert stopped(at) == 130
        assert "stopped; nothing was changed" in at.seen
    assert len(client.members(pool)) == 5


@pytest.mark.parametrize(("dry", "code"), [("false", 3), ("true", 130)])
def test_a_call_that_is_stopped_while_it_is_out_may_have_been_done(
    stage: Stage, proxy: FaultyProxy, dry: str, code: int
) -> None:
    path = f"/rencai/v1/talent_pools/{work.pool_id(5)}/membership_changes"
    stage.write(f'{{"add": ["{PEOPLE[0]}"], "dry_run": {dry}}}'.encode(), "body.json")
    proxy.inject(Fault.HELD, path)
    with dialog(stage.folder, stage.environment, "api", "POST", path, "body.json") as at:
        until_held(proxy, path)
        assert stopped(at) == code
        words = "stopped; membership_change may have been done: look before you say it again"
        assert (words in at.seen) == (code == 3)


def test_a_server_that_does_not_answer_is_named(stage: Stage, proxy: FaultyProxy) -> None:
    proxy.inject(Fault.HELD, "talent_pools")
    with dialog(stage.folder, stage.environment, "pool", "list") as at:
        at.wait_for(f"{proxy.url} has not answered for 10 s")
        proxy.release()
        assert at.ended() == 0
        assert at.seen.count("has not answered") == 1


def test_a_hostile_list_paints_no_terminal(stage: Stage, client: Client) -> None:
    """Neither its cells nor its name."""
    stage.write("name,talent_id\n\x1b[31mred\x1b[0m,\x1b]0;owned\x07\n=cmd,\x9b31m\n".encode(), "people.csv")
    pool = str(work.pool_id(7))
    with dialog(stage.folder, stage.environment | {"TERM": "dumb"}, "pool", "add", pool, "people.csv", "--yes") as at:
        assert at.ended() == 1
        assert "2 unknown" in at.seen
        assert "\x1b" not in at.seen.replace("\x1b[?25", "")
    name = "a\x1b[31m.csv"
    stage.write("x,y\n1,2\n", name)
    with dialog(stage.folder, stage.environment | {"TERM": "dumb"}, "pool", "add", pool, name, "--yes") as at:
        assert at.ended() == 2
        assert "\x1b" not in at.seen
