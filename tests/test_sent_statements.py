"""What servers really send to PostgreSQL is what the rules for statements were held against, and nothing else.

The cluster writes down all that comes from a database; `test_sql_rules.py` holds every named statement to the rules.
"""

import re
from pathlib import Path

import pytest

import stores
from harness import rencai, running_server
from lived import live
from rencai.storage import queries
from stores import POSTGRESQL, PostgresStore

pytestmark = pytest.mark.postgresql

# What begins and ends transactions, what the driver asks about types, and what the server and the schema are asked for
# when a connection is opened.
ROUND_THEM = re.compile(
    r"BEGIN|COMMIT|ROLLBACK|SHOW |SELECT pg_catalog\.|WITH RECURSIVE typeinfo_tree|SELECT\s+current_setting\('jit'\)"
    r"|SELECT\s+coalesce\(\(\s+SELECT d\.description|SELECT version FROM schema_version|SELECT \(extract\(epoch"
    r"|SELECT to_regclass"
)
_SENT = re.compile(r"^(?:statement|execute [^:]*): (.*)", re.DOTALL)


def sent_to(store: PostgresStore) -> list[str]:
    """Every statement that came for a database, in the order of their coming."""
    log = (store.cluster.folder / "log").read_text("utf-8", errors="replace")
    lines = re.split(r"^(?=\w+: [A-Z]+:  )", log, flags=re.MULTILINE)
    told = [line.removeprefix(f"{store.name}: LOG:  ") for line in lines if line.startswith(f"{store.name}: LOG:  ")]
    found = [match[1].replace("\n\t", "\n").strip() for line in told if (match := _SENT.match(line))]
    return [sql for sql in found if not ROUND_THEM.match(sql)]


NAMED = queries.load(POSTGRESQL)


def known() -> set[str]:
    """Every statement that the rules were held against, as it is sent, with its locks and without."""
    numbered = [queries.numbered(sql).sql for sql in NAMED.values()]
    return {text for sql in numbered for text in (sql, queries.without_locks(sql))}


def are_joined(sql: str) -> bool:
    """Whether a statement is several of the named ones, sent as one."""
    names = re.findall(r"^(?:WITH )?(\w+) AS \($", sql, re.MULTILINE)
    named = [name for name in names if name in NAMED]
    return len(named) > 1 and queries.numbered(queries.joined(named, NAMED)).sql == sql


def test_a_server_sends_named_statements_and_nothing_else(tmp_path: Path) -> None:
    store = PostgresStore(stores.cluster())
    assert rencai("database", "migrate", "--database", store.url).returncode == 0
    store.cluster.sql("postgres", f"ALTER DATABASE {store.name} SET log_statement = 'all'")
    live(store)
    with running_server(store) as server:
        limited = server.client(limits="feishu")
        limited.add(limited.create_pool(), limited.create_talents(2))
    assert rencai("database", "verify", "--database", store.url).returncode == 0
    sent = set(sent_to(store))
    joined = {sql for sql in sent if are_joined(sql)}
    assert sent - joined - known() == set()
    assert len(sent) > 60, "the log was not read"
    assert len(joined) > 3, "what goes as one was sent one by one"
