"""The facts about the vendor's wire are in order: each is held by a test that exists, or says why it is not kept."""

import pytest
from msgspec import ValidationError

from rencai.contract.errors import ERRORS
from tools import facts
from tools.facts import Fact

FIRST_OF_OUR_OWN = 1990001
LAST_OF_OUR_OWN = 1990999


@pytest.fixture(scope="module")
def ours() -> list[Fact]:
    return facts.load()


def test_ids_are_unique_ascending_and_of_a_section(ours: list[Fact]) -> None:
    assert facts.misplaced(ours) == []
    assert {fact.section for fact in ours} == facts.SECTIONS.keys()


def test_every_fact_has_tests_or_a_reason(ours: list[Fact]) -> None:
    assert [str(fact) for fact in facts.unlinked(ours)] == []


def test_no_fact_has_both_or_too_many(ours: list[Fact]) -> None:
    assert facts.torn(ours) == []
    assert facts.overloaded(ours) == []


def test_every_test_that_is_named_exists(ours: list[Fact]) -> None:
    assert facts.unknown_tests(ours, facts.known_tests()) == []


def test_every_code_of_the_vendor_has_a_fact(ours: list[Fact]) -> None:
    vendors = [code for code in ERRORS if not FIRST_OF_OUR_OWN <= code <= LAST_OF_OUR_OWN]
    assert len(vendors) > 10
    assert facts.codes_without_fact(ours, vendors) == []


def test_no_fact_is_told_twice_or_breaks_its_row(ours: list[Fact]) -> None:
    words = [fact.fact for fact in ours]
    assert len(set(words)) == len(words)
    assert [text for text in words if text != text.strip() or "\n" in text or not text.endswith(".")] == []


# Each rule is seen to fail


def made(*ids: str, tests: list[str] | None = None, not_kept: str = "") -> list[Fact]:
    return [Fact(number, "Pools are blue.", tests or [], not_kept) for number in ids]


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [
        (("1.1", "1.1"), ["1.1"]),
        (("1.2", "1.1"), ["1.1"]),
        (("2.1", "1.1"), ["1.1"]),
        (("1.9", "1.10", "2.1", "11.1"), []),
        (("1.1", "12.1"), ["12.1"]),
        (("1.01",), ["1.01"]),
        (("0.1",), ["0.1"]),
        (("1",), ["1"]),
    ],
)
def test_ids_out_of_place_are_found(ids: tuple[str, ...], wrong: list[str]) -> None:
    assert facts.misplaced(made(*ids)) == wrong


def test_facts_with_neither_or_both_are_found() -> None:
    neither, kept = made("1.1")[0], made("1.2", tests=["tests/test_x.py::test_y"])[0]
    dropped = made("1.3", not_kept="Pools are green here.")[0]
    both = made("1.4", tests=["tests/test_x.py::test_y"], not_kept="Pools are green here.")[0]
    assert facts.unlinked([neither, kept, dropped, both]) == [neither]
    assert facts.torn([neither, kept, dropped, both]) == [both]


def test_too_many_tests_and_the_same_one_twice_are_found() -> None:
    many, twice, three = (made("1.1", tests=tests)[0] for tests in (list("abcd"), list("aa"), list("abc")))
    assert facts.overloaded([many, twice, three]) == [many, twice]


def test_tests_that_do_not_exist_are_found() -> None:
    source = "def test_one(): ...\nasync def test_two(): ...\ndef helper(): ...\n"
    source += "class TestAll:\n    def test_three(self): ...\n"
    known = facts.tests_in("tests/test_x.py", source)
    names = ["test_one", "test_two", "TestAll::test_three", "test_three", "helper", "test_one[a]"]
    named = made("1.1", tests=[f"tests/test_x.py::{name}" for name in names])
    assert facts.unknown_tests(named, known) == [
        f"tests/test_x.py::{name}" for name in ("helper", "test_one[a]", "test_three")
    ]
    assert facts.unknown_tests(made("1.1", tests=["tests/test_z.py::test_one"]), known) != []


def test_codes_that_no_fact_names_are_found() -> None:
    told = [Fact("1.1", "An unknown pool is HTTP 400, 1002109.")]
    assert facts.codes_without_fact(told, [1002109, 100210, 1002102]) == [100210, 1002102]


@pytest.mark.parametrize(
    "text",
    [
        'facts = [{ id = "1.1" }]',
        'facts = [{ id = 1.1, fact = "x" }]',
        'facts = [{ id = "1.1", fact = "x", test = "y" }]',
    ],
)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        facts.parse(text)


def test_the_page_has_kept_and_dropped_facts_apart() -> None:
    kept, dropped = made("6.1", tests=["tests/test_x.py::test_y"]), made("6.2", not_kept="Ours are a|b.")
    held, _, rest = facts.page([*kept, *made("7.1"), *dropped]).partition("## Not kept")
    assert "| 6.1 | Pools are blue. | [test_y](../../tests/test_x.py) |" in held
    assert "| 7.1 | Pools are blue. | no test yet |" in held
    assert "6.2" not in held
    assert "| 6.2 | Pools are blue. | Ours are a\\|b. |" in rest
