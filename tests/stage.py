"""What the tests of `rencai pool add|remove|set|undo` work with: a folder with lists, people, and the command."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness import App, Client, Server
from typed import Ended, Typed


class Stage:
    """A folder, a server's app, and the command in that folder as that app."""

    def __init__(self, folder: Path, server: Server, client: Client, typed: Typed, url: str = "") -> None:
        self.folder = folder
        self.server = server
        self.client = client
        self.typed = typed
        self.url = url or server.url
        self.app: App = client.app

    @property
    def environment(self) -> dict[str, str]:
        """What says who calls where."""
        return {
            "RENCAI_URL": self.url,
            "RENCAI_APP_ID": self.app.app_id,
            "RENCAI_APP_SECRET": self.app.app_secret,
            "XDG_CONFIG_HOME": str(self.folder / "config"),
        }

    def list(self, ids: Iterable[str], name: str = "people.csv", header: str = "talent_id") -> Path:
        """A list of these keys."""
        return self.write("".join(f"{line}\n" for line in (header, *ids)), name)

    def write(self, content: str | bytes, name: str = "people.csv") -> Path:
        """A file."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self, *arguments: str, stdin: bytes = b"", largest_file: int = 0, environment: dict[str, str] | None = None
    ) -> Ended:
        """`rencai pool` with these arguments. It never shows a secret, and never fails with anything but a line."""
        settings = self.environment | (environment or {})
        ended = self.typed.run(self.folder, ("pool", *arguments), settings, stdin=stdin, largest_file=largest_file)
        shown = ended.out + ended.err
        assert "Traceback" not in shown, shown
        assert self.app.app_secret not in shown
        assert not re.search(r"\bt-[0-9A-Za-z_-]{30,}", shown)
        assert ended.code in (0, 1, 2, 3), ended
        return ended

    def done(self, *arguments: str, code: int = 0, **more: Any) -> Ended:
        """The same where it is known how it ends."""
        ended = self.run(*arguments, **more)
        assert ended.code == code, ended
        return ended

    def refused(self, code: int, *arguments: str, **more: Any) -> str:
        """What a command complains in one line that nothing stands before on standard output."""
        ended = self.done(*arguments, code=code, **more)
        assert ended.last.startswith("rencai: "), ended
        assert ended.last.isprintable()
        return ended.last.removeprefix("rencai: ")

    def report(self, *arguments: str, code: int = 0, **more: Any) -> dict[str, Any]:
        """The report of a command that is not asked back."""
        return self.done(*arguments, "--yes", "--json", code=code, **more).event("report")

    def files(self) -> set[str]:
        """The names of what is in the folder."""
        return {path.name for path in self.folder.iterdir()}


FIGURES = ("added", "removed", "unchanged", "unknown")


def figures(report: dict[str, Any]) -> tuple[int, int, int, int]:
    """What a report counts: added, removed, unchanged, unknown."""
    added, removed, unchanged, unknown = (report[name] for name in FIGURES)
    return added, removed, unchanged, unknown
