"""Somebody at a command line, with an app of a server in the environment."""

import json
import subprocess
import sys
from typing import Any

from harness import App, Client, Server, clean_environment
from terminal import on_terminal


class Caller:
    """An app of a tenant of its own: by the command, and by calls that arrange what the command is to find."""

    def __init__(self, server: Server, tenant: str) -> None:
        self.app: App = server.create_app(tenant)
        self.api: Client = server.client_of(self.app)
        self.environment = {
            "RENCAI_URL": server.url,
            "RENCAI_APP_ID": self.app.app_id,
            "RENCAI_APP_SECRET": self.app.app_secret,
            "TZ": "Asia/Shanghai",
        }

    def says(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command in a pipe."""
        return subprocess.run(
            [sys.executable, "-m", "rencai", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env={**clean_environment(), **self.environment, **environment},
        )

    def gets(self, *arguments: str, stdin: str = "") -> str:
        """The same for one that goes well and complains of nothing: what it prints."""
        done = self.says(*arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """The same with --json: an object a line."""
        return [json.loads(line) for line in self.gets(*arguments, "--json").splitlines()]

    def fails(self, code: int, *arguments: str, **environment: str) -> str:
        """Run a command that fails with this exit code: the one line that it says."""
        done = self.says(*arguments, **environment)
        assert (done.returncode, done.stdout) == (code, ""), done
        assert done.stderr.startswith("rencai: "), done
        assert done.stderr.count("\n") == 1, done
        return done.stderr

    def on_terminal(
        self, *arguments: str, answers: tuple[tuple[str, str], ...] = (), **environment: str
    ) -> tuple[int, str]:
        """Run the command on a terminal."""
        return on_terminal(*arguments, answers=answers, **{**self.environment, **environment})
