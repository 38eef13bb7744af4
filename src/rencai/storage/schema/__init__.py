"""The numbered schemas, forward only: `NNNN_what.sql` takes a database from number NNNN - 1 to NNNN."""

from importlib.resources import files

import apsw

from rencai.storage.seam import DatabaseUnusable, Standing

APPLICATION_ID = 0x52454E43  # "RENC": tells a file of ours from any other SQLite file
UNFINISHED_ID = 0x52454E55  # "RENU": one that `rencai database copy` is filling


def scripts() -> list[str]:
    """The scripts in order; the first takes an empty database to number 1."""
    found = sorted((file.name, file) for file in files(__name__).iterdir() if file.name.endswith(".sql"))
    return [file.read_text("utf-8") for _, file in found]


def refuse_foreign(connection: apsw.Connection) -> None:
    """Raise DatabaseUnusable for a SQLite file of another program, before anything is written to it."""
    connection.execute("BEGIN")  # one look: another process may be making the file right now
    is_fine = _is_ours(connection) or not connection.execute("SELECT count(*) FROM sqlite_schema").get
    connection.execute("COMMIT")
    if is_fine:
        return
    if connection.pragma("application_id") == UNFINISHED_ID:
        raise DatabaseUnusable("the file is an unfinished copy; say `rencai database copy` again, or name another file")
    raise DatabaseUnusable("the file is a SQLite database of another program; name another file")


def number_of(connection: apsw.Connection) -> int:
    """Which schema a SQLite file has; 0 for a file that holds nothing yet."""
    return int(connection.execute("SELECT version FROM schema_version").get) if _is_ours(connection) else 0


def bring_up_to_date(connection: apsw.Connection) -> None:
    """Run the scripts a SQLite file lacks, all in one transaction; a second process waits and then finds them run.

    Raises DatabaseUnusable for a file that a newer program has made.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _run_missing(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _run_missing(connection: apsw.Connection) -> None:
    wanted = scripts()
    version = number_of(connection)
    if version > len(wanted):
        raise DatabaseUnusable(
            f"the database has schema {version}, this program knows {len(wanted)}; run a newer rencai"
        )
    connection.pragma("application_id", APPLICATION_ID)
    for number, script in enumerate(wanted[version:], version + 1):
        connection.execute(script)
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version (version) VALUES (?)", (number,))


def standing(connection: apsw.Connection) -> Standing:
    """Which schema a SQLite file has."""
    return Standing("SQLite", number_of(connection), len(scripts()))


def _is_ours(connection: apsw.Connection) -> bool:
    return connection.pragma("application_id") == APPLICATION_ID
