"""Databases on Citus, beside the one that RENCAI_TEST_CITUS_DSN names: its coordinator must know its workers.

Its user must be one who may make databases and extensions on all of them, without a password.
"""

import functools
import itertools
import os
import subprocess
from urllib.parse import urlsplit

from bench.cluster import programs

DSN = os.environ.get("RENCAI_TEST_CITUS_DSN", "")
# A statement of the server's that is more than one task is refused. Where tests look around, nothing is.
STRICT, LENIENT = "citus.multi_task_query_log_level = 'error'", {"citus.multi_task_query_log_level": "off"}
_KEPT = 12  # databases at once: each has a process of its own on every machine
_NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid"
_USERS = "FROM pg_stat_activity WHERE datname = '{}'"
_numbers = itertools.count(1)
_made: list[str] = []


def version() -> str:
    """The coordinator's versions of Citus and PostgreSQL."""
    ((citus, postgresql),) = asked(DSN, "SELECT split_part(citus_version(), ' ', 2), current_setting('server_version')")
    return f"{citus} on PostgreSQL {postgresql.split()[0]}"


def create(template: str = "") -> str:
    """A new database with Citus on every machine, empty or like another. Its name. Old ones that nobody uses go."""
    _make_room()
    name = f"rencai_test_{os.getpid()}_{next(_numbers)}"
    _everywhere("postgres", f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}")
    _made.append(name)
    if not template:
        _everywhere(name, "CREATE EXTENSION citus")
        _join(name)
    asked(_url(_nodes()[0], "postgres"), f"ALTER DATABASE {name} SET {STRICT}")
    return name


def freeze(name: str) -> None:
    """Let nobody into a database any more, so that others can be made like it."""
    _everywhere("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    _everywhere("postgres", f"SELECT pg_terminate_backend(pid, 1000) {_USERS.format(name)}")
    _made.remove(name)


def drop(name: str) -> None:
    """Throw a database away, on every machine."""
    _everywhere("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def drop_all() -> None:
    """Throw away all that were made and not frozen."""
    while _made:
        drop(_made.pop())


def url(name: str) -> str:
    """A database's URL."""
    return _url(_nodes()[0], name)


def asked(url: str, sql: str) -> list[list[str]]:
    """The rows that psql prints for a text."""
    command = [programs() / "psql", "-XAtq", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", sql, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\x1f") for line in done.stdout.splitlines() if line]


@functools.cache
def _nodes() -> list[list[str]]:
    """Host and port of the coordinator, which comes first, and of each worker."""
    return asked(DSN, _NODES)


def _url(node: list[str], database: str) -> str:
    host, port = node
    return f"postgresql://{urlsplit(DSN).username}@{host}:{port}/{database}"


def _everywhere(database: str, sql: str) -> None:
    for node in _nodes():
        asked(_url(node, database), sql)


def _join(name: str) -> None:
    (host, port), *workers = _nodes()
    asked(url(name), f"SELECT citus_set_coordinator_host('{host}', {port})")
    for host, port in workers:
        asked(url(name), f"SELECT citus_add_node('{host}', {port})")


def _make_room() -> None:
    for name in _made[:-_KEPT]:
        users = f"SELECT 1 {_USERS.format(name)} AND application_name = 'rencai'"
        if not asked(_url(_nodes()[0], "postgres"), users):
            _made.remove(name)
            drop(name)
