"""`rencai database verify`: what agrees is passed, and every row that does not is named, one broken of each kind.

All is broken in one file, each kind in a pool or on people of its own, and one run must name just that.
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stores
from harness import Client, rencai, running_server
from load import town, under_load
from rencai.operations.event_sums import ADDED, REMOVED, Event, EventSums
from stores import Store

SECRETS = ("Secretname", "secret@example.com", "13712345678", "Geheimschule")


class Break(NamedTuple):
    """What is broken, and the rows that must be named: table, ids, words. P is the pool, A to D the people."""

    sql: str
    named: list[tuple[str, str, str]]


# The pool's history: version 1 adds A, B and C, version 2 removes C, version 3 adds D.
BEGAN = "began with a version that did not do that"
ENDED = "ended with a version that did not do that"
ENTERED = "says that the talent entered, and no membership began"
LEFT = "says that the talent left, and no membership ended"
IN_POOLS = {
    "count": Break("UPDATE talent_pools SET member_count = 4 WHERE pool_id = P", [("talent_pools", "P", "has 3")]),
    "version": Break("UPDATE talent_pools SET version = 4 WHERE pool_id = P", [("talent_pools", "P", "has version 4")]),
    "time": Break("UPDATE talent_pools SET change_time = 7 WHERE pool_id = P", [("talent_pools", "P", "of 7")]),
    "membership gone": Break(
        "DELETE FROM memberships WHERE pool_id = P AND talent_id = A",
        [("talent_pools", "P", "counts 3 members and has 2"), ("change_parts", "P 1 A", ENTERED)],
    ),
    "past membership gone": Break(
        "DELETE FROM memberships WHERE pool_id = P AND talent_id = C",
        [("change_parts", "P 1 C", ENTERED), ("change_parts", "P 2 C", LEFT)],
    ),
    "membership too many": Break(
        "INSERT INTO memberships SELECT tenant_id, pool_id, 0, C, 1, add_time FROM memberships "
        "WHERE pool_id = P AND talent_id = A",
        [
            ("talent_pools", "P", "counts 3 members and has 4"),
            ("memberships", "P C 0", "held while another"),
        ],
    ),
    "another's membership": Break(
        "UPDATE memberships SET talent_id = C WHERE pool_id = P AND talent_id = D",
        [("memberships", "P C 0", BEGAN), ("change_parts", "P 3 D", ENTERED)],
    ),
    "beginning": Break(
        "UPDATE memberships SET began_version = 2 WHERE pool_id = P AND talent_id = B",
        [("memberships", "P B 0", BEGAN), ("change_parts", "P 1 B", ENTERED)],
    ),
    "end": Break(
        "UPDATE memberships SET ended_version = 9 WHERE pool_id = P AND talent_id = C",
        [("memberships", "P C 9", ENDED), ("change_parts", "P 2 C", LEFT)],
    ),
    "end before beginning": Break(
        "UPDATE memberships SET ended_version = 1 WHERE pool_id = P AND talent_id = C",
        [
            ("memberships", "P C 1", "ended before it began"),
            ("memberships", "P C 1", ENDED),
            ("change_parts", "P 2 C", LEFT),
        ],
    ),
    "part gone": Break(
        "DELETE FROM change_parts WHERE pool_id = P AND version = 2",
        [("change_parts", "P 3 0", "does not follow version 1, part 0"), ("memberships", "P C 2", ENDED)],
    ),
    "first part gone": Break(
        "DELETE FROM change_parts WHERE pool_id = P AND version = 1",
        [
            ("change_parts", "P 2 0", "does not follow version 0"),
            ("memberships", "P A 0", "began with a version that no change has"),
            ("memberships", "P B 0", "began with a version that no change has"),
            ("memberships", "P C 2", "began with a version that no change has"),
        ],
    ),
    "header gone": Break(
        "DELETE FROM changes WHERE change_id = (SELECT change_id FROM change_parts WHERE pool_id = P AND version = 2)",
        [("change_parts", "P 2 0", "has no change")],
    ),
    "header's time": Break(
        "UPDATE changes SET time = 7 "
        "WHERE change_id = (SELECT change_id FROM change_parts WHERE pool_id = P AND version = 2)",
        [("change_parts", "P 2 0", "has another time than its change")],
    ),
    "order of times": Break(
        "UPDATE change_parts SET time = time + 1000000 WHERE pool_id = P AND version = 2",
        [
            ("change_parts", "P 2 0", "has another time than its change"),
            ("change_parts", "P 3 0", "does not follow version 2"),
        ],
    ),
    "part's number": Break(
        "UPDATE change_parts SET part = 1 WHERE pool_id = P AND version = 3",
        [("change_parts", "P 3 1", "does not follow version 2, part 0")],
    ),
    "part's count": Break(
        "UPDATE change_parts SET added_count = 2 WHERE pool_id = P AND version = 3",
        [("change_parts", "P 3 0", "counts 2 and lists 1")],
    ),
    "part's order": Break(
        "UPDATE change_parts SET added = '[' || C || ',' || B || ',' || A || ']' WHERE pool_id = P AND version = 1",
        [("change_parts", "P 1 0", "disorder")],
    ),
    "pool gone": Break(
        "DELETE FROM talent_pools WHERE pool_id = P",
        [("memberships", f"P {who} 0", "holds in a pool that is gone") for who in "ABD"],
    ),
}
ON_PEOPLE = {
    "talent gone": Break(
        "DELETE FROM talents WHERE talent_id = A",
        [
            ("talent_profiles", "A", "is of a talent who is not there"),
            ("search_texts", "A", "is of a talent who is not there"),
            ("talent_identities", "A email", "is not the talent's"),
            ("talent_identities", "A mobile", "is not the talent's"),
            ("memberships", "P A 0", "holds for a talent who is not there"),
        ],
    ),
    "profile gone": Break(
        "DELETE FROM talent_profiles WHERE talent_id = A",
        [
            ("talents", "A", "has no profile"),
            ("talent_identities", "A email", "is not the talent's"),
            ("talent_identities", "A mobile", "is not the talent's"),
        ],
    ),
    "profile unreadable": Break(
        "UPDATE talent_profiles SET profile = '{' WHERE talent_id = A",
        [
            ("talent_profiles", "A", "can't be read"),
            ("talent_identities", "A email", "is not the talent's"),
            ("talent_identities", "A mobile", "is not the talent's"),
        ],
    ),
    "identity gone": Break(
        "DELETE FROM talent_identities WHERE talent_id = A AND kind = 'email'",
        [("talent_identities", "A email", "is missing")],
    ),
    "identity too many": Break(
        "INSERT INTO talent_identities SELECT tenant_id, kind, 'other' || A, talent_id FROM talent_identities "
        "WHERE talent_id = A AND kind = 'mobile'",
        [("talent_identities", "A mobile", "is not the talent's")],
    ),
    "texts": Break(
        "UPDATE search_texts SET exact = '' WHERE talent_id = A",
        [("search_texts", "A", "is not what the profile says")],
    ),
    "texts gone": Break(
        "DELETE FROM search_texts WHERE talent_id = A",
        [("search_texts", "A", "is not what the profile says, or missing")]
        + [("search_words", "A", "is not the talent's")] * 6,  # the name in two words, school, company and two pairs
    ),
    "word gone": Break(
        "DELETE FROM search_words WHERE talent_id = A AND word = 'geheimschule'",
        [("search_words", "A", "a word of the talent is missing")],
    ),
    "word too many": Break(
        "INSERT INTO search_words SELECT tenant_id, 'geheim', A FROM talents WHERE talent_id = A",
        [("search_words", "A", "is not the talent's"), ("search_suffixes", "", "a suffix of the word is missing")],
    ),
    "suffix gone": Break(
        "DELETE FROM search_suffixes WHERE word LIKE 'only' || A AND suffix = '' || A",
        [("search_suffixes", "", "a suffix of the word is missing")],
    ),
    "suffix too many": Break(
        "INSERT INTO search_suffixes SELECT tenant_id, '' || A, 'zz' || A FROM talents WHERE talent_id = A",
        [("search_suffixes", "", "is of a word that nobody has")],
    ),
}
BREAKS = {**IN_POOLS, **ON_PEOPLE}


def create(client: Client, number: int, who: str) -> str:
    """Somebody with a name of their own, two identities, and a school."""
    person = {"email": f"{who}{number}.secret@example.com", "mobile": f"137{number:04d}{ord(who):04d}"}
    return client.create_talent(
        f"Secretname{number} {who}", basic_info=person, education_list=[{"school": "Geheimschule"}]
    )


def built(client: Client, number: int) -> dict[str, str]:
    """A pool with the history above: its id and those of its people."""
    pool_id = client.create_pool(f"pool {number}")
    people = sorted((create(client, number, who) for who in "ABCD"), key=int)
    client.add(pool_id, people[:3])
    client.remove(pool_id, [people[2]])
    client.add(pool_id, [people[3]])
    return {"P": pool_id, **dict(zip("ABCD", people, strict=True))}


def filled_in(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"\b[PABCD]\b", lambda found: ids[found[0]], text)


class Broken(NamedTuple):
    """A broken database: the ids of each kind of break, and what verify said of it."""

    ids: dict[str, dict[str, str]]
    done: subprocess.CompletedProcess[str]
    store: Store

    @property
    def findings(self) -> list[dict[str, Any]]:
        return json.loads(self.done.stdout)["findings"]


@pytest.fixture(scope="module")
def broken(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    store = stores.make(engine, tmp_path_factory.mktemp("verify"))
    with running_server(store) as server:
        client = server.client()
        ids = {name: built(client, number) for number, name in enumerate(BREAKS)}
        for number, named in enumerate(ids.values()):  # a word that nobody else has, for the suffixes
            person = {"name": f"Secretname{number} A"}
            update = {"talent_id": named["A"], "basic_info": person, "career_list": [{"company": f"only{named['A']}"}]}
            assert client.call("POST", "/open-apis/hire/v1/talents/combined_update", update).code == 0
        assert rencai("database", "verify", "--database", store.url).returncode == 0
    for name, wrong in BREAKS.items():
        assert store.spoil(filled_in(wrong.sql, ids[name])) >= 1, name
    return Broken(ids, rencai("database", "verify", "--json", "--database", store.url), store)


def is_named(finding: dict[str, Any], ids: dict[str, str], named: tuple[str, str, str]) -> bool:
    table, row, words = named
    wanted = filled_in(row, ids).split()
    return finding["table"] == table and set(wanted) <= set(finding["row"].values()) and words in finding["problem"]


@pytest.mark.parametrize("name", BREAKS)
def test_each_kind_of_broken_row_is_named(broken: Broken, name: str) -> None:
    for named in BREAKS[name].named:
        assert any(is_named(finding, broken.ids[name], named) for finding in broken.findings), (
            named,
            [f for f in broken.findings if set(broken.ids[name].values()) & set(f["row"].values())],
        )


def test_nothing_else_is_named(broken: Broken) -> None:
    expected = [(broken.ids[name], named) for name, wrong in BREAKS.items() for named in wrong.named]
    for finding in broken.findings:
        match = next((pair for pair in expected if is_named(finding, *pair)), None)
        assert match is not None, finding
        expected.remove(match)
    assert expected == []


def test_what_is_broken_ends_with_1_and_tells_nothing_of_a_person(broken: Broken) -> None:
    plain = rencai("database", "verify", "--database", broken.store.url)
    assert (broken.done.returncode, plain.returncode, plain.stderr) == (1, 1, "")
    assert json.loads(broken.done.stdout)["agree"] is False
    assert plain.stdout.endswith(f": {len(broken.findings)} do not agree\n")
    assert plain.stdout.count("\n") == len(broken.findings) + 1
    assert f"tenant 1: talent_pools pool_id={broken.ids['count']['P']}: counts 4" in plain.stdout
    for secret in ("ecret", "137000", "eheim", "only"):
        assert secret not in plain.stdout + broken.done.stdout


def test_a_database_that_agrees_is_passed_also_under_load(database: Store) -> None:
    with running_server(database) as server:
        place = town(server)
        gone = place.client.create_pool("gone")
        place.client.add(gone, place.people[:50])
        assert place.client.call("DELETE", f"/rencai/v1/talent_pools/{gone}?force=true").code == 0
        assert place.client.call("DELETE", f"/rencai/v1/talents/{place.client.create_talents(1)[0]}").code == 0
        with under_load(server, place) as load:
            done = rencai("database", "verify", "--json", "--database", database.url)
            assert load.acknowledged > 0
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads(done.stdout)
        assert (told["agree"], told["findings"]) == (True, [])
        assert told["checked"]["talent_pools"] == 5
        assert told["checked"]["talents"] == 200
        assert told["checked"]["changes"] > 40


def test_what_an_upgrade_has_not_derived_yet_is_said_and_not_called_wrong(database: Store) -> None:
    with running_server(database) as server:
        server.client().create_talents(1)
    database.run("UPDATE derivation SET version = 0")
    database.run("DELETE FROM search_texts")
    done = rencai("database", "verify", "--database", database.url)
    assert done.returncode == 1
    assert done.stdout.startswith("derivation: was not finished after an upgrade")
    assert done.stdout.endswith(": 1 do not agree\n")


def test_a_database_that_no_server_has_had_yet_agrees(database: Store) -> None:
    created = ("app", "create", "--tenant", "t", "--name", "n", "--scope", "hire:talent")
    assert rencai(*created, "--database", database.url).returncode == 0
    done = rencai("database", "verify", "--database", database.url)
    assert (done.returncode, done.stdout.endswith(": all agree\n")) == (0, True), done.stdout


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    done = rencai("database", "verify", "--database", f"sqlite:///{tmp_path}/no.db")
    assert (done.returncode, "there is no database" in done.stderr) == (2, True)


events = st.builds(Event, st.integers(1, 200_000), st.sampled_from([ADDED, REMOVED]), st.integers(1, 50))


@given(st.sets(events), st.sets(events), st.integers(1, 10))
def test_sums_are_left_over_where_two_sets_differ(one: set[Event], other: set[Event], most: int) -> None:
    sums = EventSums()
    for event in one:
        sums.add(event.version, event.kind, [event.talent_id])
    for event in other:
        sums.take(event.version, event.kind, event.talent_id)
    lots = list(sums.unequal(most))
    places = {event.place for event in one ^ other}
    assert set().union(*lots) == places
    assert sum(len(lot) for lot in lots) == len(places)
    sizes: Callable[[set[int]], int] = lambda lot: sum(e.place in lot for e in [*one, *other])  # noqa: E731
    assert all(len(lot) == 1 or sizes(lot) <= most for lot in lots)
