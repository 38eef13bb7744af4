"""What `rencai doctor` looks at on PostgreSQL."""

from collections.abc import Iterator

from rencai.cli.check import Check
from rencai.main import ServeSettings
from rencai.storage.postgres_look import PostgresLook

LEAST_VERSION = 15
LIMITER_CONNECTIONS = 2  # of each process, beside those for calls
MOST_ANSWER_SECONDS = 0.01
MOST_AHEAD_SECONDS = 1.0


def checks_of(look: PostgresLook, settings: ServeSettings) -> Iterator[Check]:
    """Every check of a database and its server."""
    old = int(look.version.split(".")[0]) < LEAST_VERSION
    yield Check("engine", f"PostgreSQL {look.version}", f"take {LEAST_VERSION} or newer" if old else "")
    yield from _schema(look)
    encoding = "" if look.encoding == "UTF8" else "make it anew with `createdb --encoding=UTF8`"
    yield Check("database", f"{look.shown}, {look.bytes:,} bytes, {look.encoding}", encoding)
    yield _durability(look)
    wanted = settings.workers * (settings.database_connections + LIMITER_CONNECTIONS)
    few = "raise max_connections, or lower --workers or --database-connections" if wanted > look.connections else ""
    yield Check("connections", f"up to {wanted} of this server, of {look.connections} that the database has", few)
    slow = look.answer_seconds > MOST_ANSWER_SECONDS
    advice = "each call asks several times: run the server nearer to the database" if slow else ""
    yield Check("answer time", f"{look.answer_seconds * 1000:.2f} ms in the middle", advice)
    yield Check("rate limits", "counted in the database, for all servers on it together")
    off = abs(look.ahead) > MOST_AHEAD_SECONDS
    advice = "set both clocks right: times of changes come from this one, rate limits from that one" if off else ""
    yield Check("database clock", f"{look.ahead:+.3f} s off this one", advice)


def _schema(look: PostgresLook) -> Iterator[Check]:
    if look.schema == look.schema_known:
        yield Check("schema", str(look.schema))
        return
    found = f"{look.schema}, this program's is {look.schema_known}"
    if look.schema > look.schema_known:
        yield Check("schema", found, "run the newer rencai that this database belongs to")
    else:
        yield Check("schema", found, "stop the servers of the older program, and say `rencai database migrate`")


def _durability(look: PostgresLook) -> Check:
    """Whether what is acknowledged survives the machine's end."""
    told = {
        "fsync": look.fsync,
        "full_page_writes": look.full_page_writes,
        "synchronous_commit": look.synchronous_commit,
    }
    off = [name for name, value in told.items() if value == "off"]
    advice = f"acknowledged changes would not survive a crash: switch {' and '.join(off)} on" if off else ""
    return Check("durability", ", ".join(f"{name} {value}" for name, value in told.items()), advice)
