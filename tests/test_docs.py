"""The documentation is true: its commands run, and what exists is written down."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stores
from harness import clean_environment
from rencai.config import CONNECTION_SETTINGS, SETTINGS
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from stores import POSTGRESQL

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
FENCE = re.compile(r"^```(sh|expect)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", GUIDE, ids=[page.stem for page in GUIDE])
def test_the_commands_of_a_guide_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    blocks = FENCE.findall(page.read_text("utf-8"))
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n"
    script += "\n".join(text for kind, text in blocks if kind == "sh")
    place = {"PLACE": stores.make(POSTGRESQL, tmp_path).url} if "$PLACE" in script else {}
    environment = {**clean_environment(), **place, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=150, env=environment
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for kind, text in blocks:
        for line in text.splitlines() if kind == "expect" else ():
            assert line in ran.stdout, f"{page.name} promises {line!r}\n{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if not target.startswith(("http", "/docs", "/open", "/metrics", "/healthz", "/readyz")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_endpoint_error_and_setting_is_in_the_reference() -> None:
    reference = "".join(file.read_text("utf-8") for file in (ROOT / "docs" / "reference").glob("*.md"))
    for endpoint in ENDPOINTS:
        assert f"`{endpoint.method} {endpoint.path}`" in reference
    for code in ERRORS:
        assert f'<a id="{code}"></a>' in reference
    for setting in (*SETTINGS, *CONNECTION_SETTINGS):
        assert setting.secret or f"`{setting.option}`" in reference
        assert f"`{setting.variable}`" in reference


def test_every_make_target_is_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets == set(re.findall(r"^  make ([\w-]+)", shown, re.MULTILINE))


def test_each_decision_the_code_names_is_written_down() -> None:
    record = (ROOT / "docs" / "decisions" / "0001-the-wire.md").read_text("utf-8")
    written = {
        int(number) for cell in re.findall(r"^\| ([\d, ]+) \|", record, re.MULTILINE) for number in cell.split(",")
    }
    named: set[int] = set()
    for file in (ROOT / "src").rglob("*.*"):
        if file.suffix in {".py", ".sql"}:
            for numbers in re.findall(r"decisions? ((?:\d+(?:, | and | to )?)+)", file.read_text("utf-8")):
                named |= {int(number) for number in re.findall(r"\d+", numbers)}
    assert named <= written, f"write down {sorted(named - written)}"
