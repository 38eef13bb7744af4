"""The rules that are programs: each is seen to fail on code that breaks it, and to pass on ours."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from rencai.contract.endpoint import Endpoint, Nothing
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from rencai.contract.talent_pools import TALENT_POOL_BATCH_CHANGE, OneTalentPool
from rencai.contract.talents import NewTalents
from rencai.main import operations_for

ROOT = Path(__file__).parents[1]
LINTER = Path(sys.executable).parent / "lint-imports"


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(tree / "src"), "PATH": "/usr/bin:/bin"}
    return subprocess.run([LINTER, "--no-cache"], cwd=tree, capture_output=True, text=True, env=environment)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code to break."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("contract/ids.py", "import rencai.operations.call", "Imports go one way"),
        ("storage/seam.py", "import rencai.operations.call", "Imports go one way"),
        ("operations/talents.py", "import rencai.dispatch", "Imports go one way"),
        ("operations/talents.py", "import apsw", "Only storage knows a database driver"),
        ("operations/talents.py", "import httptools", "Operations and storage know no HTTP"),
        ("http/app.py", "import rencai.main", "Imports go one way"),
        ("bulk/lists.py", "import rencai.http.replies", "Imports go one way"),
        ("bulk/lists.py", "import rencai.operations.call", "The client, and what it works on, knows no server"),
        ("bulk/lists.py", "import rencai.background.runs", "The client, and what it works on, knows no server"),
        ("cli/pool.py", "import rencai.operations.call", "Commands that call a server know no server"),
        ("cli/pools.py", "import rencai.cli.broken_off", "Commands that call a server know no server"),
        ("new_part.py", "", "Imports go one way"),
    ],
)
def test_an_import_against_the_direction_is_refused(tree: Path, module: str, line: str, rule: str) -> None:
    with (tree / "src" / "rencai" / module).open("a") as file:
        file.write(f"\n{line}\n")
    found = lint(tree)
    assert found.returncode == 1
    assert re.search(rf"{rule}(?:(?!KEPT|BROKEN).)* BROKEN", found.stdout.replace("\n", " ")), found.stdout


def test_our_imports_go_one_way(tree: Path) -> None:
    found = lint(tree)
    assert found.returncode == 0, found.stdout


def changed(**fields: object) -> tuple[Endpoint, ...]:
    return (msgspec.structs.replace(TALENT_POOL_BATCH_CHANGE, **fields),)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (changed(name="talent_pool_forget"), "no operation has this name"),
        (changed(body_type=NewTalents), "the row declares"),
        (changed(body_type=None), "the row declares"),
        (changed(reply=OneTalentPool), "the row replies"),
        (changed(path="/open-apis/hire/v1/batch_change"), "the row declares"),
    ],
)
def test_a_row_and_an_operation_that_disagree_stop_the_start(rows: tuple[Endpoint, ...], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        operations_for(rows)


def test_every_row_has_its_operation() -> None:
    assert set(operations_for(ENDPOINTS)) == {endpoint.name for endpoint in ENDPOINTS}


def test_names_paths_and_errors_are_given_once() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        assert {error.code for error in endpoint.all_errors} <= ERRORS.keys()
        assert endpoint.native or endpoint.path.startswith("/open-apis/")
        assert endpoint.reply is not Nothing or endpoint.access == "write"


def test_no_file_is_too_long_to_read() -> None:
    long = {
        file.name: count
        for file in (ROOT / "src").rglob("*.py")
        if (count := len(lines := file.read_text("utf-8").splitlines())) > 500 and "Made by" not in lines[0]
    }
    assert long == {}, "cut it along its decisions"


def test_stale_reference_pages_fail_the_check(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", ".git", "build", "bench"))
    check = [sys.executable, "-m", "tools.reference", "--check"]
    fresh = subprocess.run(check, cwd=tree, capture_output=True, text=True)
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    (tree / "docs" / "reference" / "errors.md").write_text("old")
    stale = subprocess.run(check, cwd=tree, capture_output=True, text=True)
    assert (stale.returncode, stale.stdout.count("errors.md"), stale.stdout.count("make reference")) == (1, 1, 1)
