"""Help and completion: quick, because nothing is imported for them, and with examples that do what they say."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import Context
from typer.main import get_command

import stores
from caller import Caller
from harness import Server, clean_environment, rencai, running_server
from rencai.cli.root import root as rencai_command

HEAVY = ("httpx", "apsw", "uvicorn", "rich", "asyncio", "rencai.main", "rencai.storage", "rencai.client", "rencai.http")
# The guide runs the first two; for the third a coordinator of Citus is needed.
NOT_HERE = ("serve", "demo", "database distribute")
# What stands for a thing of the caller's own in an example.
SOME_ID = r"\b22\d{17}\b"


def commands(group: Any, name: str = "") -> dict[str, str]:
    """Every command with its help."""
    found: dict[str, str] = {}
    for each in group.list_commands(Context(group)):
        command = group.opened(each) if hasattr(group, "opened") else group.commands[each]
        if hasattr(command, "commands"):
            found |= commands(command, f"{name}{each} ")
        else:
            found[f"{name}{each}"] = command.help
    return found


COMMANDS = commands(get_command(rencai_command))
EXAMPLES = [
    (name, line.removeprefix("Example: "))
    for name, text in COMMANDS.items()
    for line in text.replace("\b", "").splitlines()
    if line.startswith("Example: ")
]


def imported_by(*arguments: str, **environment: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules that it imports."""
    script = (
        "import sys\nfrom rencai.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean_environment(), **environment},
    )
    return done.stdout, set(done.stderr.split())


def completed(typed: str) -> str:
    """What a shell gets to choose from, for a line that has been typed up to here."""
    words = typed.split(" ")
    asked = {"_RENCAI_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    return imported_by(**asked)[0]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_nothing_heavy_is_imported_for_help(arguments: list[str]) -> None:
    _, modules = imported_by(*arguments)
    assert "rencai.cli.root" in modules
    assert modules.isdisjoint(HEAVY)


def test_help_of_the_root_names_every_command_with_its_sentence() -> None:
    told, _ = imported_by("--help", COLUMNS="200")
    for name in {name.partition(" ")[0] for name in COMMANDS}:
        assert re.search(rf"^  {name} +[A-Z].*\.$", told, re.MULTILINE), name


def test_a_shell_completes_commands_options_and_what_a_family_has() -> None:
    assert completed("rencai po").split() == ["pool"]
    assert set(completed("rencai pool mem").split()) == {"members"}
    assert "--json" in completed("rencai pool members --js").split()
    assert completed("rencai x").split() == []


def test_completing_a_family_imports_nothing_heavy() -> None:
    asked = {"_RENCAI_COMPLETE": "complete_bash", "COMP_WORDS": "rencai po", "COMP_CWORD": "1"}
    assert imported_by(**asked)[1].isdisjoint(HEAVY)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed(shell: str, tmp_path: Path) -> None:
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    shown, _ = imported_by("--show-completion", shell, **environment)
    assert "_RENCAI_COMPLETE" in shown
    installed, _ = imported_by("--install-completion", shell, **environment)
    assert f"{shell} completion installed" in installed
    assert any("_RENCAI_COMPLETE" in file.read_text() for file in tmp_path.rglob("*") if file.is_file())


def test_every_command_has_examples() -> None:
    assert COMMANDS.keys() == {name for name, _ in EXAMPLES}
    for name, example in EXAMPLES:
        assert re.search(rf"\brencai {name}\b", example), example


class Stage:
    """A folder and a tenant in which the examples find what they name."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.caller = Caller(server, "examples")
        self.folder = folder
        api = self.caller.api
        names = (
            "Backend engineers",
            "Go engineers",
            "Designers",
            "Product managers",
            "To follow up",
            "Silver medallists",
        )
        self.pools = {name: api.create_pool(name) for name in names}
        self.people = api.create_talents(3)
        self.api = api
        (folder / "people.csv").write_text("talent_id\n" + "".join(f"{one}\n" for one in self.people))
        self.server = server
        for name in ("talent", "old"):
            create = ["--tenant", "t", "--name", "n", "--scope", "hire:talent"]
            assert rencai("app", "create", *create, "--database", f"sqlite:///{folder / name}.db").returncode == 0

    def own_id(self, name: str) -> str:
        """A new thing for an example that names one."""
        if name.startswith("talent"):
            return self.people[0]
        if name == "api":
            return self.pools["Designers"]
        pool = self.api.create_pool("of an example")
        if name.startswith("run"):
            reply = self.api.upload({"talent_pool_id": pool, "action": "add"}, self.people)
            return reply.data["run"]["id"] if name == "run cancel" else self.api.over(reply)["id"]
        self.api.add(pool, self.people)
        return self.api.changes(pool)[0]["id"]

    def run(self, name: str, example: str) -> subprocess.CompletedProcess[str]:
        """Run an example as it stands, in a shell."""
        line = re.sub(SOME_ID, lambda _: self.own_id(name), example)
        line = line.replace("http://127.0.0.1:7331", self.server.url)
        line = line.replace("cli_0123456789abcdef", self.server.create_app("of an example").app_id)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                **clean_environment(),
                **self.caller.environment,
                "HOME": str(self.folder),
                "XDG_CONFIG_HOME": "",
                "APP_ID": self.caller.app.app_id,
                "APP_SECRET": self.caller.app.app_secret,
                "RENCAI_DATABASE": self.server.database.url,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            input="",
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """On SQLite alone: some examples are about the file."""
    with running_server(stores.make(stores.SQLITE, tmp_path_factory.mktemp("served"))) as server:
        yield Stage(server, tmp_path_factory.mktemp("examples"))


# Nobody is there to be asked by these.
ASKS = {"login", "pool add", "pool remove"}
# A run may be over before it can be cancelled, and a test's folder may lie where no database should.
MAY_FAIL = {"run cancel", "doctor"}


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_an_example_does_what_it_says(stage: Stage, name: str, example: str) -> None:
    if name in NOT_HERE:
        assert shlex.join(shlex.split(example)).startswith(f"rencai {name}")
        return
    done = stage.run(name, example)
    asks = name in ASKS and "|" not in example
    expected = {2} if asks else {0, 1} if name in MAY_FAIL else {0}
    assert done.returncode in expected, done
    assert "Traceback" not in done.stderr
