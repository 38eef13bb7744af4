"""Seeded database files: people, pools, memberships with a history that agrees with them. Made once, copied a round.

The files are written past the server, in sorted order, without a log: a million people in seconds.
"""

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import msgspec

from bench import plain_service
from bench.work import APP_ID, APP_SECRET, LIST, SEEDED_AT, TENANT_ID, change_id, pool_id, talent_id
from rencai.operations.tokens import hash_of
from rencai.storage import schema

# The members of pools: the pool's number and the numbers of its members, both ascending.
Members = Iterable[tuple[int, Iterable[int]]]

_CACHE_KIB = 512 * 1024


def seed_rencai(path: Path, people: int, pools: int, members: Members = ()) -> None:
    """A database of the server: people, pools, members added 50 a change, and an app without limits."""
    connection = _opened(path)
    schema.bring_up_to_date(connection)
    with connection:
        _seed_app(connection)
        _seed_people(connection, people)
        _seed_pools(connection, pools)
        _seed_memberships(connection, members)
    connection.close()


def seed_plain(path: Path, people: int, pools: int) -> None:
    """A database of the plain service: people and pools."""
    plain_service.create_tables(path)
    connection = _opened(path)
    with connection:
        rows = ((talent_id(number), SEEDED_AT, SEEDED_AT) for number in range(people))
        connection.executemany("INSERT INTO talents (id, create_time, update_time) VALUES (?, ?, ?)", rows)
        named = ((pool_id(number), f"Pool {number}", SEEDED_AT) for number in range(pools))
        connection.executemany("INSERT INTO pools (id, name, create_time) VALUES (?, ?, ?)", named)
    connection.close()


def copied(seeded: Path, target: Path) -> Path:
    """A copy to work on, on disk before the clock starts."""
    shutil.copyfile(seeded, target)
    handle = os.open(target, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return target


def removed(path: Path) -> None:
    """Take a database away, with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "off")
    connection.pragma("synchronous", "off")
    connection.pragma("cache_size", -_CACHE_KIB)
    return connection


def _seed_app(connection: apsw.Connection) -> None:
    connection.execute(
        "INSERT INTO tenants (tenant_id, tenant_key, name, page_key, create_time) VALUES (?, ?, ?, ?, ?)",
        (TENANT_ID, "bench", "bench", "00" * 32, SEEDED_AT),
    )
    connection.execute(
        "INSERT INTO apps (app_id, tenant_id, name, secret_hash, scopes, rate_limits, create_time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (APP_ID, TENANT_ID, "bench", hash_of(APP_SECRET), "hire:talent hire:talent_folder", "off", SEEDED_AT),
    )


def _seed_people(connection: apsw.Connection, people: int) -> None:
    connection.executemany(
        "INSERT INTO talents (tenant_id, talent_id, create_time, update_time) VALUES (?, ?, ?, ?)",
        ((TENANT_ID, talent_id(number), SEEDED_AT, SEEDED_AT) for number in range(people)),
    )


def _seed_pools(connection: apsw.Connection, pools: int) -> None:
    connection.executemany(
        "INSERT INTO talent_pools (tenant_id, pool_id, name_zh, name_en, description_zh, description_en,"
        " is_private, create_time, modify_time) VALUES (?, ?, ?, ?, '', '', 2, ?, ?)",
        (
            (TENANT_ID, pool_id(number), f"人才库 {number}", f"Pool {number}", SEEDED_AT, SEEDED_AT)
            for number in range(pools)
        ),
    )


def _seed_memberships(connection: apsw.Connection, members: Members) -> None:
    """History first; memberships and the pools' columns are computed from it, so they agree."""
    connection.executemany(
        "INSERT INTO change_parts (tenant_id, change_id, pool_id, part, version, time, added_count, removed_count,"
        " added, removed) VALUES (?, ?, ?, 0, ?, ?, ?, 0, ?, '[]')",
        _parts(members),
    )
    connection.execute(
        "INSERT INTO changes (tenant_id, change_id, operation, app_id, time, reason)"
        " SELECT tenant_id, change_id, 'talent_pool_batch_change', ?, time, '' FROM change_parts",
        (APP_ID,),
    )
    _fill_memberships(connection)
    connection.execute(
        "UPDATE talent_pools SET version = p.version, change_time = p.time, member_count = p.members"
        " FROM (SELECT pool_id, max(version) AS version, max(time) AS time, sum(added_count) AS members"
        "  FROM change_parts GROUP BY pool_id) AS p WHERE talent_pools.pool_id = p.pool_id"
    )


def _fill_memberships(connection: apsw.Connection) -> None:
    """In the order of the primary key; the other index is built afterwards, which is faster."""
    index = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'memberships_talent'").get
    connection.execute("DROP INDEX memberships_talent")
    connection.execute(
        "INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)"
        " SELECT p.tenant_id, p.pool_id, 0, a.value, p.version, p.time"
        " FROM change_parts AS p CROSS JOIN json_each(p.added) AS a"
    )
    connection.execute(index)


def _parts(members: Members) -> Iterator[tuple[int, int, int, int, int, int, str]]:
    """One row a change of 50: tenant, change, pool, version, time, how many, their ids as JSON."""
    numbers = itertools.count()
    for pool, people in members:
        for version, batch in enumerate(_batches(people), 1):
            number = next(numbers)
            added = msgspec.json.encode([talent_id(person) for person in batch]).decode()
            yield (TENANT_ID, change_id(number), pool_id(pool), version, SEEDED_AT + number, len(batch), added)


def _batches(people: Iterable[int]) -> Iterator[list[int]]:
    numbers = iter(people)
    while batch := list(itertools.islice(numbers, LIST)):
        yield batch
