"""Every table of the schema, for whoever walks all of them: read from the scripts, so that none is forgotten."""

from typing import Any, cast

import apsw
import msgspec

from rencai.storage import schema

# The tables that lead to the tenant, or belong to none. Of all others each key begins with the tenant.
LEAD_TO_TENANT = frozenset({"tenants", "apps", "tokens", "schema_version", "derivation", "run_queue", "leases"})


class Table(msgspec.Struct, frozen=True):
    """A table, its columns in order, and its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def page_sql(self, holder: str, *, goes_on: bool) -> str:
        """A SELECT of all rows by key; if it goes on, of those after a key that is given column by column.

        `holder` is the parameter of the engine's driver, with `{}` for its number where they are numbered.
        """
        after = ""
        if goes_on:
            values = ", ".join(holder.format(number + 1) for number in range(len(self.key)))
            after = f"WHERE ({', '.join(self.key)}) > ({values}) "
        return f"SELECT {', '.join(self.columns)} FROM {self.name} {after}ORDER BY {', '.join(self.key)}"  # noqa: S608

    def insert_sql(self, holder: str) -> str:
        """An INSERT of one row."""
        values = ", ".join(holder.format(number + 1) for number in range(len(self.columns)))
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({values})"  # noqa: S608

    def last_key_sql(self) -> str:
        """A SELECT of the last row's key."""
        backwards = ", ".join(f"{column} DESC" for column in self.key)
        return f"SELECT {', '.join(self.key)} FROM {self.name} ORDER BY {backwards} LIMIT 1"  # noqa: S608

    def count_sql(self) -> str:
        """A SELECT of the number of rows."""
        return f"SELECT count(*) FROM {self.name}"  # noqa: S608


def all_tables() -> list[Table]:
    """The tables, each after those that it refers to."""
    connection = _empty_database()
    names = _rows(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    return [_table(connection, name) for (name,) in names]


def index_scripts() -> dict[str, str]:
    """The statement of every index that is not part of its table, by name."""
    wanted = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    return dict(_rows(_empty_database(), wanted))


def _empty_database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    schema.bring_up_to_date(connection)
    return connection


def _table(connection: apsw.Connection, name: str) -> Table:
    columns = _rows(connection, "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", name)
    key = sorted((place, column) for column, place in columns if place)
    return Table(name, tuple(column for column, _ in columns), tuple(column for _, column in key))


def _rows(connection: apsw.Connection, sql: str, *values: str) -> list[tuple[Any, ...]]:
    return cast("list[tuple[Any, ...]]", connection.execute(sql, values).fetchall())
