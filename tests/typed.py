"""The command as it is typed, many times: a process that has it imported and forks for each, so that none waits for it.

What runs is the command itself, with an environment, folder and files of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness import clean_environment

_FORKS = """
import contextlib, io, json, os, resource, sys, traceback
from rencai.cli import main
from rencai.bulk import lookups, native
import rencai.cli.undo, rich.progress, phonenumbers

def run(asked):
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, (path, flags) in enumerate(((asked["stdin"], os.O_RDONLY), (asked["out"], 1), (asked["err"], 1))):
        os.dup2(os.open(path, flags), number)
    if asked["largest_file"]:  # what is said goes into pipes
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest_file"],) * 2)
    sys.argv = ["rencai", *asked["arguments"]]
    main()

# A command that gets nowhere, so that what comes before is ready as well.
os.environ.update(RENCAI_URL="http://127.0.0.1:9", RENCAI_APP_ID="x", RENCAI_APP_SECRET="x")
sys.argv = ["rencai", "pool", "add", "1", "/nowhere", "--yes"]
with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
    main()

for line in sys.stdin.buffer:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            run(json.loads(line))
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of what it complained."""
        return self.err.rstrip("\n").rpartition("\n")[2]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    def event(self, name: str) -> dict[str, Any]:
        """The one event of this name."""
        (found,) = [event for event in self.events if event["event"] == name]
        return found


class _Heard(threading.Thread):
    """What is written into a pipe with a name."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._said = b""
        os.mkfifo(path)
        self.start()

    def run(self) -> None:
        self._said = self._path.read_bytes()

    def text(self) -> str:
        self.join()
        return self._said.decode()


class Typed:
    """A process that runs commands. To be closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment()
        )

    def run(
        self,
        folder: Path,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        stdin: bytes = b"",
        largest_file: int = 0,
    ) -> Ended:
        """Run `rencai` with these arguments in that folder, and wait for it. `largest_file` is as of `ulimit -f`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as place:
            given, out, err = (Path(place) / name for name in ("in", "out", "err"))
            given.write_bytes(stdin)
            heard = [_Heard(path) for path in (out, err)]
            asked = {
                "folder": str(folder),
                "arguments": arguments,
                "environment": {**clean_environment(), **environment},
                "largest_file": largest_file,
                "stdin": str(given),
                "out": str(out),
                "err": str(err),
            }
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return Ended(code, *(said.text() for said in heard))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
