"""The rules for SQL that runs on SQLite, PostgreSQL and Citus, held against every statement and every table there is.

`docs/decisions/0007-postgresql.md` says why. A breach is found here, without Citus.
"""

import re
from collections.abc import Callable, Iterator

import pytest

from rencai.storage import queries, schema
from rencai.storage.tables import LEAD_TO_TENANT
from stores import POSTGRESQL, SQLITE

# The tables that lead to the tenant, or belong to none: on Citus they are reference tables. Nothing else may be there.
WITHOUT_TENANT = {"tenants", "apps", "tokens", "schema_version", "derivation", "run_queue", "leases"}
# One process on SQLite counts in memory, and lets calls with one key go one after the other.
ALONE = {"rate_window_take", "rate_window_times", "idempotency_key_lock"}
ONE_ROW = {"schema_version", "derivation"}  # tables of one row

SCHEMA = "\n".join(re.sub(r"--.*", "", script) for script in schema.scripts())
_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\)", re.DOTALL)
_KEY = re.compile(r"(PRIMARY KEY|UNIQUE|FOREIGN KEY|REFERENCES \w+) \(([^)]*)\)")
_KEY_COLUMN = re.compile(r"^\s+(\w+) \w+ NOT NULL (?:PRIMARY KEY|UNIQUE)", re.MULTILINE)
_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX (\w+) ON (\w+) \(([^)]*)\)")
TABLES: dict[str, str] = dict(_TABLE.findall(SCHEMA))
STATEMENTS = [(engine, name, sql) for engine in (SQLITE, POSTGRESQL) for name, sql in queries.load(engine).items()]


def names_of(text: str) -> list[str]:
    return [name.split()[0] for name in text.split(",")]


def keys_of(table: str) -> set[tuple[str, ...]]:
    """The columns of a table's primary and unique keys."""
    found = {tuple(names_of(cols)) for kind, cols in _KEY.findall(TABLES[table]) if kind in ("PRIMARY KEY", "UNIQUE")}
    found |= {tuple(names_of(cols)) for unique, _, on, cols in _INDEX.findall(SCHEMA) if unique and on == table}
    return found | {(name,) for name in _KEY_COLUMN.findall(TABLES[table])}


# Rules about a statement: each tells what is wrong, and what mends it.


def references(sql: str) -> Iterator[tuple[str, str | None]]:
    """The tables that a statement names, each with its alias."""
    for name, alias in re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO) (\w+)(?: AS (\w+))?", sql):
        if name in TABLES:
            yield name, alias or None


def unfiltered(sql: str) -> Iterator[str]:
    """Rule 1: every table of a tenant is filtered by the tenant, each by itself."""
    bare = len(re.findall(r"(?<![.\w])tenant_id = :tenant_id\b", sql))
    for table, alias in references(sql):
        if table in WITHOUT_TENANT:
            continue
        named = alias or table
        if re.search(rf"\b{named}\.tenant_id = (:tenant_id|\w\.tenant_id)\b", sql):
            continue
        if re.search(rf"INSERT INTO {table}(?: AS \w+)? \(\s*tenant_id\b", sql) and ":tenant_id" in sql:
            continue
        bare -= 1
        if alias is not None or bare < 0:
            yield f"{table} is read or changed for all tenants; add {named}.tenant_id = :tenant_id"


def clocks_and_dice(sql: str) -> Iterator[str]:
    """Rule 2: times and ids are parameters."""
    for word in re.findall(r"(?i)\b(now|random|nextval|clock_timestamp|datetime|gen_random_uuid|randomblob)\s*\(", sql):
        yield f"{word}() gives every engine and replica its own value; hand it in as a parameter"
    for word in re.findall(r"\bCURRENT_(?:TIMESTAMP|DATE|TIME)\b", sql):
        yield f"{word} is the engine's clock; hand the time in as a parameter"


def writes_in_a_cte(sql: str) -> Iterator[str]:
    """Rule 3: nothing is written inside a CTE."""
    if re.search(r"\bAS (?:MATERIALIZED )?\(\s*(?:INSERT|UPDATE|DELETE)\b", sql):
        yield "writes inside a CTE, which Citus does in many commands and SQLite not at all; make it two statements"


def forbidden(sql: str) -> Iterator[str]:
    """Rule 6: what one of the engines has not, or does otherwise."""
    for word in re.findall(r"(?i)\b(TRIGGER|LISTEN|NOTIFY|MERGE INTO|pg_advisory\w*|pg_try_advisory\w*|SERIAL)\b", sql):
        yield f"{word} is not on every engine; a row, a unique key or a row lock does the same"


def unordered(sql: str) -> Iterator[str]:
    """Rule 9: rows come in an order, unless there is one at most."""
    is_read = sql.startswith(("SELECT", "WITH")) and not queries.changes(sql)
    if not is_read or re.search(r"(?:^|\n)ORDER BY|(?<=\S) ORDER BY \w+(?: DESC)?(?:\nLIMIT| LIMIT|\nFOR|;|$)", sql):
        return
    if _ONE_ROW.search(sql) or has_whole_key(sql):
        return
    yield "hands out rows in any order; add ORDER BY, or filter by all columns of a unique key"


# An aggregate without GROUP BY, or a walk that ends in one row.
_ONE_ROW = re.compile(
    r"(?:^|\n)SELECT\s+(?:CAST\()?(?:coalesce\(\s*)?(?:count|sum|max|min|ARRAY|array_agg|json_group_array|string_agg"
    r"|group_concat)\((?![\s\S]*\nGROUP BY)|\nSELECT low FROM s WHERE low = high$"
)


def has_whole_key(sql: str) -> bool:
    """Whether the outer query takes one row by a unique key of its first table."""
    first = re.search(r"\nFROM (\w+)|(?<=\w) FROM (\w+)", sql)
    table = (first[1] or first[2]) if first else ""
    if table not in TABLES or table in ONE_ROW:
        return table in ONE_ROW
    given = set(re.findall(r"(\w+) = :\w+", sql))
    return any(given >= set(key) for key in keys_of(table))


RULES: tuple[Callable[[str], Iterator[str]], ...] = (
    unfiltered,
    clocks_and_dice,
    writes_in_a_cte,
    forbidden,
    unordered,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_statement_keeps_the_rule(rule: Callable[[str], Iterator[str]]) -> None:
    breaches = [f"{name} [{engine}]: {said}" for engine, name, sql in STATEMENTS for said in rule(sql)]
    assert breaches == []


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        (unfiltered, "SELECT talent_id FROM talents WHERE talent_id = :talent_id"),
        (
            unfiltered,
            "SELECT 1 FROM talents AS t JOIN notes AS n ON n.talent_id = t.talent_id WHERE t.tenant_id = :tenant_id",
        ),
        (unfiltered, "SELECT 1 FROM talents WHERE tenant_id = :tenant_id AND EXISTS (SELECT 1 FROM notes)"),
        (unfiltered, "INSERT INTO notes (note_id) VALUES (:note_id)"),
        (unfiltered, "UPDATE talents SET update_time = :time"),
        (unfiltered, "DELETE FROM talents AS t WHERE t.talent_id = :tenant_id"),
        (clocks_and_dice, "UPDATE apps SET create_time = now()"),
        (clocks_and_dice, "SELECT CURRENT_TIMESTAMP"),
        (writes_in_a_cte, "WITH x AS (\n    INSERT INTO notes VALUES (1) RETURNING *) SELECT * FROM x"),
        (forbidden, "SELECT pg_advisory_xact_lock(1)"),
        (unordered, "SELECT talent_id FROM talents WHERE tenant_id = :tenant_id"),
        (unordered, "SELECT version\nFROM change_parts\nWHERE tenant_id = :tenant_id AND pool_id = :pool_id"),
    ],
)
def test_the_rule_sees_a_breach(rule: Callable[[str], Iterator[str]], sql: str) -> None:
    assert list(rule(sql))


# Rules about the engines' pairs


def parameters(sql: str) -> set[str]:
    return set(queries.numbered(sql).names)


def test_what_one_engine_runs_the_other_runs_too_with_the_same_parameters() -> None:
    sqlite, postgresql = queries.load(SQLITE), queries.load(POSTGRESQL)
    assert sqlite.keys() - postgresql.keys() == set(), "write the [postgresql] block beside it"
    for name, sql in postgresql.items():
        if name in sqlite:
            assert parameters(sql) == parameters(sqlite[name]), f"{name}: both blocks take the same parameters"
        elif name not in ALONE:
            assert queries.without_locks(sql) != sql, f"{name}: what PostgreSQL alone runs may only lock"


# Rules about the schema


def test_every_key_of_a_tenants_table_begins_with_the_tenant() -> None:
    assert TABLES.keys() >= WITHOUT_TENANT
    assert LEAD_TO_TENANT == WITHOUT_TENANT
    for table, body in TABLES.items():
        keys = [*(columns for _, columns in _KEY.findall(body)), *_KEY_COLUMN.findall(body)]
        keys += [columns for _, _, on, columns in _INDEX.findall(SCHEMA) if on == table]
        if table in WITHOUT_TENANT:
            continue
        assert keys, f"{table}: give it a primary key"
        wrong = [columns for columns in keys if not columns.startswith("tenant_id")]
        assert wrong == [], f"{table}: let the key begin with tenant_id, or name the table in rule 1"
        assert "tenant_id BIGINT NOT NULL" in body, f"{table}: tenant_id BIGINT NOT NULL comes first"


def test_the_schema_has_nothing_that_an_engine_lacks() -> None:
    wrong = r"(?i)\b(TRIGGER|SEQUENCE|SERIAL|AUTOINCREMENT|IDENTITY|SET NULL|CURRENT_\w+|now\(\)|JSONB|BOOLEAN)\b"
    assert re.findall(wrong, SCHEMA) == []
    kinds = set(re.findall(r"^    \w+ ([A-Z]+)\b", SCHEMA, re.MULTILINE)) - {"KEY"}
    assert kinds <= {"BIGINT", "TEXT"}, "the common types are BIGINT and TEXT"
