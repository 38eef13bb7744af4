"""Makes `docs/reference` and the client's methods: `make reference`. With --check it only says what is stale."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from rencai.cli.root import root as rencai_command
from rencai.config import CONNECTION_SETTINGS, SETTINGS, Setting
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
    serve = "Settings of `rencai serve`. An option wins over the variable in the environment."
    connection = (
        "Settings of the commands that call a server. `rencai login` keeps an address and an app as a profile in\n"
        "`$XDG_CONFIG_HOME/rencai/profiles.toml` (`~/.config` where that is not set), with mode 0600; it is not read\n"
        "when others can read it. A profile that is named wins over `RENCAI_APP_ID` and `RENCAI_APP_SECRET`; without\n"
        "either, the profile `default` is taken. The secret of a profile goes to that profile's address only."
    )
    tables = [serve, *_settings_table(SETTINGS), "", "## Calling a server", "", connection]
    return "\n".join(["# Settings", "", *tables, *_settings_table(CONNECTION_SETTINGS), ""])


def _settings_table(settings: Iterable[Setting[Any]]) -> list[str]:
    rows = [
        f"| {'' if setting.secret else f'`{setting.option}`'} | `{setting.variable}` "
        f"| {setting.default if setting.default is not None else ''} | {setting.sentence} |"
        for setting in settings
    ]
    return ["", "| option | environment | default | what it is |", "|---|---|---|---|", *rows]


def _commands_page() -> str:
    root: Any = get_command(rencai_command)
    root.commands = {name: root.opened(name) for name in root.commands}
    return get_docs_for_click(obj=root, ctx=Context(root, info_name="rencai"), name="rencai").strip() + "\n"


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
