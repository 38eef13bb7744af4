"""Lists of e-mails and mobiles: who is meant by them, however they are written."""

import csv
from pathlib import Path

import pytest

from faulty_proxy import Fault, faulty_proxy
from harness import Client, Server
from stage import Stage, figures
from typed import Typed

MOBILES = [
    {"mobile": "138 0013 8000"},
    {"mobile": "+86 13800138001"},
    {"mobile": "4155552671", "mobile_country_code": "US_1"},
    {"mobile": "+225 0701020304"},  # a national number that begins with 0
    {"mobile": "13800138004", "email": "Ada@Example.com"},
]


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client("lists of people")


@pytest.fixture(scope="module")
def people(client: Client) -> list[str]:
    return [client.create_talent(basic_info=info) for info in MOBILES]


@pytest.fixture
def stage(tmp_path: Path, server: Server, client: Client, typed: Typed) -> Stage:
    return Stage(tmp_path, server, client, typed)


def failed(stage: Stage, column: str) -> dict[str, str]:
    with (stage.folder / "people.failures.csv").open(newline="") as file:
        return {row[column]: row["reason"] for row in csv.DictReader(file)}


def test_mobiles_in_every_form(stage: Stage, client: Client, people: list[str]) -> None:
    pool = client.create_pool()
    written = ["13800138000", "+86 138-0013-8000", "１３８００１３８０００", "008613800138000", "86 13800138001"]
    written += ["+1 (415) 555-2671", "+2250701020304"]
    wrong = ["13900000000", "12ab", "1-800-FLOWERS", "138x0013y8004", "4155552671", "+", "+86"]
    stage.list([*written, *wrong, ""], header="name,手机号", name="people.csv")
    stage.write("name,手机号\n" + "".join(f"x,{text}\n" for text in [*written, *wrong, ""]))
    report = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
    assert figures(report) == (4, 0, 0, 8)
    assert set(client.members(pool)) == set(people[:4])
    told = failed(stage, "手机号")
    assert set(told) == {*("'+" + text[1:] if text[:1] == "+" else text for text in wrong), ""}
    assert told["13900000000"] == told["4155552671"] == "nobody has this mobile"
    assert all("no mobile number" in told[text] for text in ("12ab", "1-800-FLOWERS", "138x0013y8004"))


def test_several_rows_name_one_person(stage: Stage, client: Client, people: list[str]) -> None:
    """All of them are that person, and duplicates: none is unknown because another was found."""
    pool = client.create_pool()
    stage.list(["ada@example.com", "ADA@EXAMPLE.COM ", "ａｄａ@example.com", "ada@example.com"], header="email")
    ended = stage.done("add", pool, "people.csv", "--yes", "--json")
    assert (ended.event("plan")["rows"], ended.event("plan")["duplicates"]) == (4, 3)
    assert figures(ended.event("report")) == (1, 0, 0, 0)
    assert set(client.members(pool)) == {people[4]}


def test_by_says_which_column_is_meant(stage: Stage, client: Client, people: list[str]) -> None:
    pool = client.create_pool()
    stage.write(f"talent_id,email,mobile\n{people[0]},ada@example.com,4155552671\n")
    stage.report("add", pool, "people.csv", "--by", "email")
    assert set(client.members(pool)) == {people[4]}


def test_one_bad_mobile_among_many_costs_few_calls(stage: Stage, client: Client, people: list[str]) -> None:
    """Where the server refuses a hundred for one that it does not like, they are asked by halves, not one by one."""
    pool = client.create_pool()
    stage.list(["13800138000", *(f"139001390{number:02}" for number in range(99))], header="mobile")
    with faulty_proxy(stage.server.url, refusal=1002009) as proxy:
        stage.url = proxy.url
        proxy.inject(Fault.REFUSED, "batch_get_id")
        report = stage.report("add", pool, "people.csv", "--unknown", "skip", code=3)
        assert len(proxy.of("batch_get_id")) == 3
    assert figures(report) == (1, 0, 0, 99)
    assert set(client.members(pool)) == {people[0]}


def test_what_was_looked_up_is_kept_only_where_it_was_broken_off(stage: Stage, client: Client) -> None:
    """Somebody who is created after the refusal is known to the next command; after a break nothing is asked twice."""
    pool = client.create_pool()
    stage.list(["late@example.com"], header="email")
    with faulty_proxy(stage.server.url) as proxy:
        stage.url = proxy.url
        assert "1 unknown" in stage.refused(1, "add", pool, "people.csv", "--yes")
        late = client.create_talent(basic_info={"email": "late@example.com"})
        proxy.inject(Fault.REFUSED, "membership_changes")
        assert "99991672" in stage.refused(1, "add", pool, "people.csv", "--yes")
        assert len(proxy.of("batch_get_id")) == 2
        stage.report("add", pool, "people.csv")
        assert len(proxy.of("batch_get_id")) == 2
    assert set(client.members(pool)) == {late}
