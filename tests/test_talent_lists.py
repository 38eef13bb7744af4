"""The list of talents: keywords, order, times, pages (contract §9, decisions 25, 51 to 53)."""

import time
from typing import Any

import pytest

from harness import HIRE, Client, Server


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


@pytest.fixture(scope="module")
def people(server: Server) -> tuple[Client, dict[str, str]]:
    client = server.client("keywords")
    made = {
        "zhang": client.create_talent("张三", career_list=[{"company": "青云科技", "title": "产品 经理"}]),
        "ada": client.create_talent(
            "Ada Lovelace",
            basic_info={"email": "Ada@Example.com", "mobile": "+44 20 7946 0958"},
            education_list=[{"school": "University of London"}],
        ),
        "li": client.create_talent(
            "李四",
            basic_info={"mobile": "138-0013-8000"},
            career_list=[{"company": "Ｃ＋＋ 公司", "title": "Senior Engineer", "desc": "Rust"}],
            project_list=[{"name": "Hidden"}],
        ),
        "noor": client.create_talent("Noor", basic_info={"mobile": "0044 7911 123456"}),
        "o'neil": client.create_talent("O'Neil%_\\", education_list=[{"school": '"ETH" Zürich (ZH)'}]),
    }
    return client, made


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("张三", ["zhang"]),
        ("三", ["zhang"]),
        ("云科", ["zhang"]),
        ("青云科技", ["zhang"]),
        ("技", ["zhang"]),
        ("经理 产品", ["zhang"]),
        ("张 经", ["zhang"]),
        ("张 engineer", []),
        ("产品经理", []),
        ("ada", ["ada"]),
        ("LOVE", ["ada"]),
        ("lond versity", ["ada"]),
        ("a", ["o'neil", "li", "ada"][2:]),
        ("ada@example.com", ["ada"]),
        ("example.com", []),
        ("ada@example", []),
        ("2079460958", ["ada"]),
        ("+442079460958", ["ada"]),
        ("１３８００１３８０００", ["li"]),
        ("13800138000", ["li"]),
        ("138-0013-8000", ["li"]),
        ("1380013800", []),
        ("李四 13800138000", ["li"]),
        ("张三 13800138000", []),
        ("c++", ["li"]),
        ("Ｃ＋＋", ["li"]),
        ("rust", []),
        ("hidden", []),
        ("o'neil", ["o'neil"]),
        ("%", ["o'neil"]),
        ("_", ["o'neil"]),
        ("\\", ["o'neil"]),
        ('"eth"', ["o'neil"]),
        ("zürich", ["o'neil"]),
        ("(zh)", ["o'neil"]),
        ("candor", []),
        ("00447911123456", ["noor"]),
        ("447911123456", ["noor"]),
        ("7911123456", ["noor"]),
        ("911123456", []),
        ("noor 0044 7911 123456", []),
        ("noor 447911123456", ["noor"]),
        ("  ", ["o'neil", "noor", "li", "ada", "zhang"]),
    ],
)
def test_all_words_must_occur(people: tuple[Client, dict[str, str]], keyword: str, found: list[str]) -> None:
    client, made = people
    assert client.search(keyword) == [made[name] for name in found]


def test_what_similar_people_share_is_no_word_of_theirs(people: tuple[Client, dict[str, str]]) -> None:
    client, _ = people
    for digit in "0123456789abcdefghijklmnop":  # beside a word that only one has, who has it not in a word
        assert client.search(f"{digit} 张三") == [], digit


@pytest.mark.parametrize("keyword", ["张三 and 产品", "a OR b", "NOT x", "ａｎｄ"])
def test_operators_are_refused(client: Client, keyword: str) -> None:
    reply = client.call("GET", f"{HIRE}/talents?keyword={keyword}")
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, ["keyword"])
    assert "operator" in reply.error["field_violations"][0]["description"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"),
        ("page_size=21", "page_size"),
        ("page_size=x", "page_size"),
        ("sort_by=0", "sort_by"),
        ("sort_by=5", "sort_by"),
        ("sort_by=x", "sort_by"),
        ("update_start_time=x", "update_start_time"),
        ("update_end_time=1.5", "update_end_time"),
        ("query_option=nothing", "query_option"),
        ("user_id_type=x", "user_id_type"),
        ("page_token=bm9wZQ==", "page_token"),
        ("keyword=%00", "keyword"),
        ("keyword=" + "x" * 256, "keyword"),
    ],
)
def test_bad_queries_are_named(client: Client, query: str, field: str) -> None:
    reply = client.call("GET", f"{HIRE}/talents?{query}")
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])


def test_nobody_on_the_first_page_is_an_error_unless_it_is_ignored(tenant: Client) -> None:
    for query in ("", "?keyword=nobody", "?update_end_time=5"):
        reply = tenant.call("GET", f"{HIRE}/talents{query}")
        assert (reply.status, reply.code) == (400, 1002102)
    ignored = tenant.call("GET", f"{HIRE}/talents?query_option=ignore_empty_error")
    assert (ignored.msg, ignored.data) == ("ok", {"items": [], "has_more": False})


def listed(client: Client, **query: Any) -> list[str]:
    path = "&".join(f"{name}={value}" for name, value in query.items())
    return [item["id"] for item in client.pages(f"{HIRE}/talents?{path}", page_size=3)]


def test_pages_hold_everybody_in_the_order_asked_for(tenant: Client) -> None:
    made = tenant.create_talents(7)  # all in one millisecond
    made += [tenant.create_talent("张三") for _ in range(3)]
    time.sleep(0.002)
    tenant.call("POST", f"{HIRE}/talents/combined_update", {"talent_id": made[2], "basic_info": {}})
    by_update = [made[2], *reversed(made[:2] + made[3:])]
    assert listed(tenant, sort_by=1) == listed(tenant, sort_by=2) == listed(tenant, sort_by=3) == by_update
    assert listed(tenant) == by_update
    assert listed(tenant, sort_by=4) == made[::-1]
    assert listed(tenant, keyword="talent") == [who for who in by_update if who in made[:7]]
    assert listed(tenant, keyword="talent", sort_by=4) == made[6::-1]


def test_times_bound_the_last_update_both_ends_included(tenant: Client) -> None:
    made: list[str] = []
    for _ in range(3):
        made.append(tenant.create_talent())
        time.sleep(0.003)
    times = [tenant.talent_v1(who)["basic_info"]["modify_time"] for who in made]
    assert listed(tenant, update_start_time=times[1]) == [made[2], made[1]]
    assert listed(tenant, update_end_time=times[1]) == [made[1], made[0]]
    assert listed(tenant, update_start_time=times[1], update_end_time=times[1]) == [made[1]]
    assert listed(tenant, update_start_time=times[1], update_end_time=times[1], sort_by=4) == [made[1]]
    assert listed(tenant, update_start_time=-5, keyword="某人", update_end_time=times[0]) == [made[0]]


def test_a_page_token_is_bound_to_its_query_and_tenant(server: Server, tenant: Client) -> None:
    tenant.create_talents(3)
    token = tenant.call("GET", f"{HIRE}/talents?page_size=1").data["page_token"]
    assert tenant.call("GET", f"{HIRE}/talents?page_size=2&page_token={token}").code == 0
    other = server.client("page-token-other")
    other.create_talents(3)
    for client, query in (
        (tenant, "keyword=talent"),
        (tenant, "sort_by=4"),
        (tenant, "update_start_time=1"),
        (other, ""),
    ):
        reply = client.call("GET", f"{HIRE}/talents?page_token={token}&{query}")
        assert (reply.code, reply.fields) == (1002002, ["page_token"])


def test_pages_are_stable_while_people_come_and_go(tenant: Client) -> None:
    made = tenant.create_talents(6)[::-1]
    first = tenant.call("GET", f"{HIRE}/talents?page_size=3&sort_by=4").data
    tenant.create_talents(2)
    tenant.call("DELETE", f"/rencai/v1/talents/{made[1]}")
    tenant.call("DELETE", f"/rencai/v1/talents/{made[3]}")
    rest = tenant.call("GET", f"{HIRE}/talents?page_size=3&sort_by=4&page_token={first['page_token']}").data
    assert [item["id"] for item in first["items"] + rest["items"]] == [*made[:3], *made[4:]]


def test_the_last_page_may_be_empty_without_an_error(tenant: Client) -> None:
    made = tenant.create_talents(2)
    token = tenant.call("GET", f"{HIRE}/talents?page_size=1&sort_by=4").data["page_token"]
    tenant.call("DELETE", f"/rencai/v1/talents/{made[0]}")
    reply = tenant.call("GET", f"{HIRE}/talents?page_size=1&sort_by=4&page_token={token}")
    assert (reply.code, reply.data["items"]) == (0, [])


def test_nothing_of_a_deleted_person_stays_in_the_search_tables(server: Server, tenant: Client) -> None:
    who = tenant.create_talent("Zyxwvut Qponmlk", education_list=[{"school": "Zyxwvut School"}])
    other = tenant.create_talent("Zyxwvut")
    tenant.call("DELETE", f"/rencai/v1/talents/{who}")
    store = server.database
    assert store.rows("SELECT count(*) FROM search_suffixes WHERE word = 'qponmlk'") == [[0]]
    assert store.rows(f"SELECT count(*) FROM search_words WHERE talent_id = {int(who)}") == [[0]]
    assert store.rows(f"SELECT count(*) FROM search_texts WHERE talent_id = {int(who)}") == [[0]]
    assert tenant.search("xwvu") == [other]
    tenant.call("DELETE", f"/rencai/v1/talents/{other}")
    assert tenant.search("xwvu") == []


def test_very_long_words_are_looked_at_up_to_48_characters(tenant: Client) -> None:
    who = tenant.create_talent("x" * 47 + "yz" + "w" * 100)
    assert (tenant.search("xy"), tenant.search("yz"), tenant.search("w")) == ([who], [], [])
    assert tenant.search("x" * 48) == []


def test_a_long_email_is_looked_for_in_full(tenant: Client) -> None:
    email = "a" * 90 + "@example.com"
    who = tenant.create_talent(basic_info={"email": email})
    tenant.create_talent(basic_info={"email": email[:64] + "@b"})
    assert (tenant.search(email), tenant.search(email[:64])) == ([who], [])


@pytest.mark.parametrize(
    ("mobile", "country", "keyword"),
    [
        ("1 650 253 0000", "US_1", "16502530000"),
        ("1 650 253 0000", "US_1", "6502530000"),
        ("89123456789", "RU_7", "89123456789"),
        ("0612345678", "IT_39", "0612345678"),
        ("13800138777", None, "+86 13800138777"),
        ("+8613800138000", None, "+8613800138000"),
        ("138-0013-8003", None, "138 0013 8003"),
    ],
)
def test_a_mobile_is_found_however_it_is_written(
    tenant: Client, mobile: str, country: str | None, keyword: str
) -> None:
    info = {"mobile": mobile, **({"mobile_country_code": country} if country else {})}
    who = tenant.create_talent(basic_info=info)
    assert tenant.search(keyword) == [who]
    assert tenant.search(keyword[:-1]) == []


def test_at_most_ten_words_are_looked_for(client: Client) -> None:
    reply = client.call("GET", f"{HIRE}/talents?keyword={'%20'.join('abcdefghijk')}")
    assert (reply.code, reply.fields) == (1002002, ["keyword"])


def test_the_last_characters_there_are_end_no_word_early(tenant: Client) -> None:
    first, second = tenant.create_talent("q7\U0010ffffz"), tenant.create_talent("q8\ud7ff\ue000")
    assert tenant.search("q7") == tenant.search("q7\U0010ffff") == tenant.search("\U0010ffffz") == [first]
    assert tenant.search("q8") == tenant.search("\ud7ff") == [second]


def test_both_cases_are_one_in_every_language(tenant: Client) -> None:
    who = tenant.create_talent("STRASSE École Ωmega")
    assert tenant.search("straße") == tenant.search("ÉCOLE ωMEGA") == [who]


def test_found_by_any_of_the_hundred_careers(tenant: Client) -> None:
    who = tenant.create_talent(career_list=[{"company": f"公司{number:03d}号"} for number in range(99)])
    assert tenant.search("公司098") == [who]
