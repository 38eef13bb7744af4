"""Makes `docs/reference` and the client's methods: `make reference`. With --check it only says what is stale."""

import html
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from rencai.config import SETTINGS
from rencai.contract import openapi, reference
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from tools import client_methods, facts

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made by `make reference` from the code. Edit the code instead. -->\n\n"


def pages() -> dict[str, str]:
    """Every reference page by file name."""
    description = msgspec.json.format(msgspec.json.encode(openapi.describe(ENDPOINTS), order="sorted"))
    return {
        "openapi.json": description.decode() + "\n",
        "endpoints.md": MADE + _for_files(reference.endpoints_page(ENDPOINTS)),
        "errors.md": MADE + _errors_page(),
        "settings.md": MADE + _settings_page(),
        "commands.md": MADE + _commands_page(),
        "facts.md": MADE.replace("the code. Edit the code", "tests/facts.toml. Edit that") + facts.page(facts.load()),
    }


def _for_files(page: str) -> str:
    """The page with links that lead through files instead of through a server."""
    return page.replace("](/docs/errors/", "](errors.md#")


def _errors_page() -> str:
    details = "\n".join(
        f'<a id="{error.code}"></a>\n\n{reference.error_page(error, ENDPOINTS).replace("#", "##", 1)}'
        for error in ERRORS.values()
    )
    return f"{_for_files(reference.errors_page(ERRORS.values()))}\n{details.replace('## Where', '### Where')}"


def _settings_page() -> str:
    rows = [
        f"| `{setting.option}` | `{setting.variable}` | {setting.default if setting.default is not None else ''} "
        f"| {setting.sentence} |"
        for setting in SETTINGS
    ]
    head = ["| option | environment | default | what it is |", "|---|---|---|---|"]
    words = "Settings of `rencai serve`. An option wins over the variable in the environment.\n"
    return "\n".join(["# Settings", "", words, *head, *rows, ""])


def _commands_page() -> str:
    made = subprocess.run(
        [sys.executable, "-m", "typer", "--app", "root", "rencai.cli.root", "utils", "docs", "--name", "rencai"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
    )
    return html.unescape(made.stdout)


def main() -> int:
    """Write what is made, or with --check compare it. 0 when it is as the code says."""
    stale: list[str] = []
    made = {FOLDER / name: text for name, text in pages().items()}
    made |= {client_methods.FOLDER / name: text for name, text in client_methods.modules().items()}
    for file, text in made.items():
        if file.exists() and file.read_text("utf-8") == text:
            continue
        stale.append(file.name)
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        print(f"what is made is stale: {', '.join(stale)}; run `make reference` and commit what it makes")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
