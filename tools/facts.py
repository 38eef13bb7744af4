"""The facts of `tests/facts.toml`: read, held against their rules, and made into a page.

`python -m tools.facts --unlinked` prints the facts that have neither a test nor a reason yet.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "facts.toml"
MOST_TESTS = 3
SECTIONS = {
    1: "Conventions of all calls",
    2: "The gateway",
    3: "The body of an error, the log id",
    4: "The two token calls",
    5: "Rate limits",
    6: "The batch change",
    7: "The pool list",
    8: "The move of one talent",
    9: "Talents: list and get",
    10: "The other calls",
    11: "The error table",
}


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fact about the vendor's wire, and the tests that hold it or the reason why it is not kept."""

    id: str
    fact: str
    tests: list[str] = []
    not_kept: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Section and number, to sort by."""
        found = re.fullmatch(r"([1-9]\d*)\.([1-9]\d*)", self.id)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    @property
    def section(self) -> int:
        """The section of the contract that the fact is from."""
        return self.place[0]

    def __str__(self) -> str:
        return f"{self.id} {self.fact}"


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    facts: list[Fact]


def parse(text: str) -> list[Fact]:
    """The facts in a TOML text. Raises msgspec.ValidationError for a key or type that is none of theirs."""
    return msgspec.convert(tomllib.loads(text), Facts).facts


def load() -> list[Fact]:
    """The project's facts."""
    return parse(DATA.read_text("utf-8"))


# The rules. Each returns what breaks it, so that all of it is seen at once.


def misplaced(facts: Sequence[Fact]) -> list[str]:
    """Ids that are of no section, or not above the id before them: twice the same, or out of order."""
    homeless = [fact.id for fact in facts if fact.section not in SECTIONS]
    return homeless + [after.id for before, after in pairwise(facts) if after.place <= before.place]


def unlinked(facts: Iterable[Fact]) -> list[Fact]:
    """Facts with neither a test nor a reason."""
    return [fact for fact in facts if not fact.tests and not fact.not_kept]


def torn(facts: Iterable[Fact]) -> list[Fact]:
    """Facts that are kept and not kept."""
    return [fact for fact in facts if fact.tests and fact.not_kept]


def overloaded(facts: Iterable[Fact]) -> list[Fact]:
    """Facts with more tests than a reader follows, or the same one twice."""
    return [fact for fact in facts if len(fact.tests) > MOST_TESTS or len(set(fact.tests)) < len(fact.tests)]


def unknown_tests(facts: Iterable[Fact], known: set[str]) -> list[str]:
    """Tests that are named and not there."""
    return sorted({name for fact in facts for name in fact.tests} - known)


def codes_without_fact(facts: Iterable[Fact], codes: Iterable[int]) -> list[int]:
    """Error codes that no fact names."""
    named = {int(number) for fact in facts for number in re.findall(r"\d+", fact.fact)}
    return sorted(set(codes) - named)


def tests_in(name: str, source: str) -> set[str]:
    """The tests of a file as facts name them: `tests/test_x.py::test_y`, or with a class between."""
    body = ast.parse(source).body
    found = {f"{name}::{test}" for test in _test_names(body)}
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found |= {f"{name}::{node.name}::{test}" for test in _test_names(node.body)}
    return found


def _test_names(body: Iterable[ast.stmt]) -> list[str]:
    functions = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [function.name for function in functions if function.name.startswith("test_")]


def known_tests() -> set[str]:
    """Every test of the project."""
    files = sorted((ROOT / "tests").glob("test_*.py"))
    return {test for file in files for test in tests_in(f"tests/{file.name}", file.read_text("utf-8"))}


# The page


def page(facts: Sequence[Fact]) -> str:
    """The facts by section with the tests that hold them, and then those that are not kept, with the reason."""
    kept = [fact for fact in facts if not fact.not_kept]
    dropped = [fact for fact in facts if fact.not_kept]
    missing = len(unlinked(facts))
    held = f"; {missing} of these have no test yet" if missing else ", and a test holds each"
    lines = [
        "# Facts",
        "",
        "What is known of the vendor's wire, fact by fact. The number begins with the section of the contract",
        "([what the sections are](../decisions/0001-the-wire.md)).",
        "",
        f"This server keeps {len(kept)} of them{held}. [It does not keep {len(dropped)}](#not-kept).",
        "",
    ]
    for section, group in groupby(kept, key=lambda fact: fact.section):
        rows = [f"| {fact.id} | {_cell(fact.fact)} | {_links(fact.tests)} |" for fact in group]
        lines += [f"## §{section} {SECTIONS[section]}", "", "| number | fact | held by |", "|---|---|---|", *rows, ""]
    rows = [f"| {fact.id} | {_cell(fact.fact)} | {_cell(fact.not_kept)} |" for fact in dropped]
    return "\n".join([*lines, "## Not kept", "", "| number | fact | why not |", "|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _links(tests: Iterable[str]) -> str:
    return "<br>".join(_link(*test.split("::")) for test in tests) or "no test yet"


def _link(file: str, *names: str) -> str:
    return f"[{'::'.join(names)}](../../{file})"


def _summary(facts: Sequence[Fact]) -> str:
    open_facts = unlinked(facts)
    lines: list[str] = []
    for section, group in groupby(open_facts, key=lambda fact: fact.section):
        lines += [f"§{section} {SECTIONS[section]}", *(f"  {fact}" for fact in group), ""]
    return "\n".join([*lines, f"{len(open_facts)} of {len(facts)} facts have neither a test nor a reason"])


def main() -> int:
    """Print the facts that are not linked yet. 0 when there are none."""
    if sys.argv[1:] != ["--unlinked"]:
        print("say `python -m tools.facts --unlinked`; the page is made by `make reference`", file=sys.stderr)
        return 2
    facts = load()
    print(_summary(facts))
    return 1 if unlinked(facts) else 0


if __name__ == "__main__":
    sys.exit(main())
