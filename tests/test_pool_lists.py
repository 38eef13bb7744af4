"""`rencai pool add|remove|set|undo`: a list and a pool, from the plan to the way back."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Client, Server
from stage import Stage, figures
from typed import Typed

UNKNOWN = ["6930815272790114123", "7", "6930815272790114124"]


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client("lists")


@pytest.fixture(scope="module")
def people(client: Client) -> list[str]:
    return client.create_talents(60)


@pytest.fixture
def stage(tmp_path: Path, server: Server, client: Client, typed: Typed) -> Stage:
    return Stage(tmp_path, server, client, typed)


@pytest.fixture
def pool(client: Client, people: list[str]) -> str:
    """A pool with the first twenty people in it."""
    made = client.create_pool()
    assert client.add(made, people[:20]).code == 0
    return made


def reasons(path: Path, **form: str) -> dict[str, str]:
    """The keys of a failure file with their reasons."""
    with path.open(newline="", **form) as file:  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]
        return {row["talent_id"]: row["reason"] for row in csv.DictReader(file)}


def test_add_with_its_plan_and_the_way_back(stage: Stage, client: Client, people: list[str], pool: str) -> None:
    before = client.members(pool)
    stage.list([*people[10:50], people[45], people[12]])
    seen = stage.done("add", pool, "people.csv", "--dry-run", "--json")
    plan = seen.event("plan")
    assert plan == {
        "event": "plan",
        "action": "add",
        "talent_pool_id": pool,
        "rows": 42,
        "duplicates": 2,
        "talents": 40,
        "unknown": 0,
        "already": 10,
        "to_add": 30,
        "to_remove": 0,
    }
    assert (client.members(pool), stage.files()) == (before, {"people.csv"})
    report = stage.report("add", pool, "people.csv")
    assert figures(report) == (30, 0, 10, 0)
    after = client.members(pool)
    assert set(after) == set(people[:50])
    assert {person: after[person] for person in before} == before
    undone = stage.report("undo", report["run_id"])
    assert figures(undone) == (0, 30, 0, 0)
    assert client.members(pool) == before


def test_remove_with_its_plan_and_the_way_back(stage: Stage, client: Client, people: list[str], pool: str) -> None:
    before = client.members(pool)
    stage.list(people[10:40])
    ended = stage.done("remove", pool, "people.csv", "--yes", "--json")
    plan = ended.event("plan")
    assert (plan["rows"], plan["already"], plan["to_add"], plan["to_remove"]) == (30, 20, 0, 10)
    assert figures(ended.event("report")) == (0, 10, 20, 0)
    assert set(client.members(pool)) == set(people[:10])
    assert figures(stage.report("undo", "people.csv.rencai-journal")) == (10, 0, 0, 0)
    assert client.members(pool) == before


def test_set_makes_the_pool_exactly_the_list(stage: Stage, client: Client, people: list[str], pool: str) -> None:
    before = client.members(pool)
    stage.list(people[15:45])
    ended = stage.done("set", pool, "people.csv", "--yes", "--json")
    plan = ended.event("plan")
    assert (plan["already"], plan["to_add"], plan["to_remove"]) == (5, 25, 15)
    report = ended.event("report")
    assert figures(report)[:2] == (25, 15)
    assert set(client.members(pool)) == set(people[15:45])
    stage.done(*report["undo"].split()[2:], "--yes")
    assert client.members(pool) == before


def test_the_members_of_a_pool_fed_to_set_change_nothing(stage: Stage, client: Client, pool: str) -> None:
    before, history = client.members(pool), client.changes(pool)
    stage.list(before)
    report = stage.report("set", pool, "people.csv")
    assert (figures(report), report["undo"]) == ((0, 0, 20, 0), None)
    assert (client.members(pool), client.changes(pool)) == (before, history)


def test_unknown_people_fail_the_whole(stage: Stage, client: Client, people: list[str], pool: str) -> None:
    before = client.members(pool)
    stage.list([*UNKNOWN, *people, "x"])
    words = stage.refused(1, "add", pool, "people.csv", "--yes")
    assert words == (
        "nothing was changed: 4 unknown; the rows are in people.failures.csv with the reason;"
        " say --unknown skip to leave them out"
    )
    told = reasons(stage.folder / "people.failures.csv")
    assert set(told) == {*UNKNOWN, "x"}
    assert told["7"] == "there is no talent with this id"
    assert told["x"].startswith("is no talent id")
    assert client.members(pool) == before
    assert stage.files() == {"people.csv", "people.failures.csv"}


def test_a_file_of_failures_takes_no_name_that_something_has(stage: Stage, people: list[str], pool: str) -> None:
    """Somebody may be mending the last one. What is the same is there once."""
    stage.write("my own work", "people.failures.csv")
    stage.list([*UNKNOWN, *people])
    for _ in range(2):
        assert "people.failures-2.csv" in stage.refused(1, "add", pool, "people.csv", "--yes")
    stage.list([*UNKNOWN[1:], *people])
    assert "people.failures-3.csv" in stage.refused(1, "add", pool, "people.csv", "--yes")
    assert (stage.folder / "people.failures.csv").read_text() == "my own work"
    assert set(reasons(stage.folder / "people.failures-2.csv")) == set(UNKNOWN)
    assert len(stage.files()) == 4


def test_unknown_people_are_left_out_and_fed_in_again(
    stage: Stage, client: Client, people: list[str], pool: str
) -> None:
    """The file of failures is in the form of the list, and is a list as it stands."""
    rows = [f"p{number};{person};ü" for number, person in enumerate([*people[:30], *UNKNOWN])]
    stage.write("\r\n".join(["name;Talent ID;备注", *rows, ""]).encode("utf-16"))
    report = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    assert (figures(report), report["failures"]) == ((10, 0, 20, 3), "people.failures.csv")
    assert set(client.members(pool)) == set(people[:30])
    failed = (stage.folder / "people.failures.csv").read_bytes()
    lines = failed.decode("utf-16").splitlines()
    assert failed[:2] == b"\xff\xfe"
    assert lines[0] == "name;Talent ID;备注;reason"
    assert [line.split(";")[:3] for line in lines[1:]] == [row.split(";") for row in rows[-3:]]
    again = stage.report("add", pool, "people.failures.csv", "--unknown", "skip", code=3)
    assert figures(again) == (0, 0, 0, 3)
    stage.write(failed.decode("utf-16").replace(UNKNOWN[0], people[40]).replace(";7;", f";{people[41]};"), "mended.csv")
    mended = stage.report("add", pool, "mended.csv", "--unknown", "skip", code=3)
    assert figures(mended) == (2, 0, 0, 1)
    assert set(client.members(pool)) == {*people[:30], people[40], people[41]}


def test_nobody_can_be_asked(stage: Stage, client: Client, people: list[str], pool: str) -> None:
    before = client.members(pool)
    stage.list(people)
    for action in ("add", "remove", "set"):
        assert "--yes" in stage.refused(2, action, pool, "people.csv")
    assert "--yes" in stage.refused(2, "undo", client.changes(pool)[0]["id"])
    assert (client.members(pool), stage.files()) == (before, {"people.csv"})


CHANGES: list[Callable[[Client, str, list[str]], object]] = [
    lambda client, pool, people: client.add(pool, people[20:30]),
    lambda client, pool, people: client.remove(pool, people[:5]),
]


@pytest.mark.parametrize("change", CHANGES, ids=["add", "remove"])
def test_a_single_change_is_undone(
    stage: Stage, client: Client, people: list[str], pool: str, change: Callable[[Client, str, list[str]], object]
) -> None:
    before = client.members(pool)
    change(client, pool, people)
    undone = stage.report("undo", client.changes(pool)[0]["id"])
    assert client.members(pool) == before
    stage.done(*undone["undo"].split()[2:], "--yes")
    assert client.members(pool).keys() != before.keys()
