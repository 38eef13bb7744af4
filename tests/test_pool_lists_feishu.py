"""Lists against a server that has the compatible calls and limits alone, as Feishu, behind a network with faults.

The stand-in is this server behind a proxy, in two forms: one names the unknown ids in its error, one does not.
"""

import csv
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faulty_proxy import RATE_LIMITED, Call, Fault, FaultyProxy, faulty_proxy
from harness import Client, Server, clean_environment
from stage import Stage, figures
from typed import Typed

CHANGE = "batch_change_talent_pool"
PERSON = "/hire/v2/talents/"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """Who makes people and looks at pools, without limits and not through the proxy."""
    return server.client("feishu lists")


@pytest.fixture(scope="module")
def everybody(client: Client) -> tuple[list[str], list[str]]:
    """Who is there, and 90 of 3,000 who were and are no more: what is unknown stands anywhere among the others."""
    made = [talent_id for _ in range(3) for talent_id in client.create_talents(1000)]
    gone = set(random.Random(6).sample(made, 90))
    for talent_id in gone:
        assert client.call("DELETE", f"/rencai/v1/talents/{talent_id}").code == 0
    return [talent_id for talent_id in made if talent_id not in gone], sorted(gone)


@pytest.fixture(scope="module")
def people(everybody: tuple[list[str], list[str]]) -> list[str]:
    return everybody[0]


@pytest.fixture(params=[True, False], ids=["names unknown", "says nothing"])
def proxy(request: pytest.FixtureRequest, server: Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.url, like_feishu=True, names_unknown=request.param, slow_pause=0.02) as running:
        yield running


@pytest.fixture
def named(server: Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.url, like_feishu=True) as running:
        yield running


def on_stage(folder: Path, server: Server, client: Client, typed: Typed, proxy: FaultyProxy) -> Stage:
    """The command as an app with the documented limits, which has called nothing yet."""
    limited = Client(server.url, server.create_app("feishu lists", limits="feishu"))
    limited.http.close()
    return Stage(folder, server, limited, typed, proxy.url)


@pytest.fixture
def stage(tmp_path: Path, server: Server, client: Client, typed: Typed, proxy: FaultyProxy) -> Stage:
    return on_stage(tmp_path, server, client, typed, proxy)


@pytest.fixture
def quick(tmp_path: Path, server: Server, client: Client, typed: Typed, named: FaultyProxy) -> Stage:
    """The same where it is no matter whether unknown ids are named."""
    return on_stage(tmp_path, server, client, typed, named)


def unknown(count: int) -> list[str]:
    return [str(6930815272790114123 + number * 7_919_311) for number in range(count)]


def shuffled(*parts: list[str]) -> list[str]:
    mixed = [key for part in parts for key in part]
    random.Random(6).shuffle(mixed)
    return mixed


def assert_never_early(calls: list[Call], most: int) -> None:
    """No call came in before a second after the answer to the one that many before; and the server never complained."""
    answered = sorted(call.answered for call in calls)
    early = [number for number, call in enumerate(calls) if number >= most and call.came < answered[number - most] + 1]
    assert early == []
    assert [call for call in calls if call.told == RATE_LIMITED] == []


def failed(folder: Path) -> list[str]:
    with (folder / "people.failures.csv").open(newline="") as file:
        return [row["talent_id"] for row in csv.DictReader(file)]


def faults(proxy: FaultyProxy) -> None:
    """Each fault once for sure, and more by chance."""
    for fault in Fault:
        if fault not in (Fault.HELD, Fault.REFUSED):
            proxy.inject(fault, CHANGE)
            proxy.often(fault, 0.01, CHANGE)


def check_change(stage: Stage, client: Client, proxy: FaultyProxy, people: list[str], strangers: list[str]) -> None:
    pool = client.create_pool()
    stage.list(shuffled(people, strangers))
    faults(proxy)
    report = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    assert figures(report) == (None, None, None, len(strangers))
    assert report["undo"] is None
    assert set(client.members(pool)) == set(people)
    assert sorted(failed(stage.folder)) == sorted(strangers)
    assert_never_early(proxy.of(CHANGE), 10)
    assert {call.fault for call in proxy.of(CHANGE)} >= {Fault.CUT_AFTER, Fault.RATE_LIMITED, Fault.ERROR_AFTER}


def test_a_list_is_exact_whatever_the_network_does(
    stage: Stage, client: Client, proxy: FaultyProxy, everybody: tuple[list[str], list[str]]
) -> None:
    """Who is unknown costs more calls where the error does not name them; so fewer people there."""
    people, gone = everybody
    if not proxy.names_unknown:
        people = people[:388]
        gone = [talent_id for talent_id in gone if int(talent_id) < int(people[-1])]
    check_change(stage, client, proxy, people, gone)


@pytest.mark.soak
def test_three_thousand_where_the_error_says_nothing(
    tmp_path: Path, server: Server, client: Client, typed: Typed, everybody: tuple[list[str], list[str]]
) -> None:
    with faulty_proxy(server.url, like_feishu=True, names_unknown=False) as proxy:
        stage = on_stage(tmp_path, server, client, typed, proxy)
        check_change(stage, client, proxy, *everybody)


def test_it_goes_on_after_a_kill(quick: Stage, client: Client, named: FaultyProxy, people: list[str]) -> None:
    pool = client.create_pool()
    assert client.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", {"add": people[:1000]}).code == 0
    path = quick.list(shuffled(people[:1000], unknown(30)))
    words = ["pool", "remove", pool, str(path), "--yes", "--unknown", "skip"]
    command = subprocess.Popen(
        [sys.executable, "-m", "rencai", *words],
        env=clean_environment() | quick.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(named.of(CHANGE)) < 12:
        time.sleep(0.01)
    command.kill()
    assert command.wait() == -9
    before = len(named.of(CHANGE))
    quick.done("remove", pool, "people.csv", "--yes", "--unknown", "skip", code=3)
    assert client.members(pool) == {}
    assert sorted(failed(quick.folder)) == sorted(unknown(30))
    assert len(named.of(CHANGE)) - before <= 17  # of 22 or so: what was noted is not done again


def test_the_plan_says_what_cannot_be_known(
    quick: Stage, client: Client, named: FaultyProxy, people: list[str]
) -> None:
    pool = client.create_pool()
    quick.list([*people[:3], *unknown(1), "x"])
    out = quick.done("add", pool, "people.csv", "--dry-run").out
    assert out.count("can't be known before it is done") == 3
    assert quick.files() == {"people.csv"}
    for more in ((), ("--unknown", "fail")):
        assert "--snapshot" in quick.refused(2, "add", pool, "people.csv", "--yes", *more)
    words = quick.refused(2, "set", pool, "people.csv", "--yes", "--unknown", "skip")
    assert "can't know whom to remove" in words
    out = quick.done("add", pool, "people.csv", "--yes", "--unknown", "skip", code=3).out
    assert out.count("not told by this server") == 3
    assert "To undo" not in out
    assert "no snapshot" in quick.refused(2, "undo", "people.csv.rencai-journal", "--yes")
    assert set(client.members(pool)) == set(people[:3])
    assert all(call.fault is None for call in named.calls)


def test_a_snapshot_is_a_plan_and_a_way_back(
    quick: Stage, client: Client, named: FaultyProxy, people: list[str]
) -> None:
    pool = client.create_pool()
    assert client.add(pool, people[:40]).code == 0
    quick.list(shuffled(people[:194], unknown(6)))
    for fault in (Fault.CUT_AFTER, Fault.RATE_LIMITED, Fault.ERROR_BEFORE, Fault.CUT_AMID):
        named.inject(fault, PERSON)
    ended = quick.done("add", pool, "people.csv", "--yes", "--unknown", "skip", "--snapshot", "--json", code=3)
    assert ended.event("snapshot")["seconds"] == 10
    plan = ended.event("plan")
    assert (plan["unknown"], plan["already"], plan["to_add"]) == (6, 40, 154)
    assert figures(ended.event("report")) == (154, 0, 40, 6)
    assert set(client.members(pool)) == set(people[:194])
    assert_never_early(named.of(PERSON), 20)
    named.inject(Fault.CUT_AFTER, CHANGE)
    undone = quick.report(*ended.event("report")["undo"].split()[2:])
    assert figures(undone)[:2] == (0, 154)
    assert set(client.members(pool)) == set(people[:40])


def test_a_snapshot_of_a_removal_and_unknown_people_that_fail_it(
    quick: Stage, client: Client, named: FaultyProxy, people: list[str]
) -> None:
    pool = client.create_pool()
    assert client.add(pool, people[:30]).code == 0
    quick.list([*people[20:40], *unknown(2)])
    words = quick.refused(1, "remove", pool, "people.csv", "--yes", "--snapshot")
    assert words.startswith("nothing was changed: 2 unknown")
    assert named.of(CHANGE) == []
    assert quick.files() == {"people.csv", "people.failures.csv"}
    report = quick.report("remove", pool, "people.csv", "--snapshot", "--unknown", "skip", code=3)
    assert figures(report) == (0, 10, 10, 2)
    assert set(client.members(pool)) == set(people[:20])
    assert figures(quick.report("undo", "people.csv.rencai-journal"))[:2] == (10, 0)
    assert set(client.members(pool)) == set(people[:30])


def test_a_snapshot_that_is_broken_off_is_not_read_again(
    quick: Stage, client: Client, named: FaultyProxy, people: list[str]
) -> None:
    pool = client.create_pool()
    quick.list(people[:100])
    named.inject(Fault.SLOW, PERSON, 90)
    named.inject(Fault.REFUSED, PERSON)
    words = quick.refused(1, "add", pool, "people.csv", "--yes", "--snapshot")
    assert "99991672" in words
    assert client.members(pool) == {}
    before = len(named.of(PERSON))
    assert figures(quick.report("add", pool, "people.csv", "--snapshot")) == (100, 0, 0, 0)
    assert len(named.of(PERSON)) - before <= 60
