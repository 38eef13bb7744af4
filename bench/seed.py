"""Seeded database files: people, pools, memberships with a history that agrees with them. Made once, copied a round.

The files are written past the server, in sorted order, without a log: a million bare people in seconds, a million with
a profile and all that is derived from it in about a minute.
"""

import itertools
import os
import shutil
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec

from bench import people as made_up
from bench import plain_service
from bench.work import (
    APP_ID,
    APP_SECRET,
    LIST,
    PAGE_KEY,
    SEEDED_AT,
    TENANT_ID,
    change_id,
    first_item_id,
    pool_id,
    talent_id,
    update_time,
)
from rencai.contract.profiles import NewTalent
from rencai.operations import derivation, profiles, search
from rencai.operations.call import NOBODY, Call
from rencai.operations.identities import identities_of
from rencai.operations.tokens import hash_of
from rencai.storage import schema

# The members of pools: the pool's number and the numbers of its members, both ascending.
Members = Iterable[tuple[int, Iterable[int]]]


class Rows(NamedTuple):
    """Rows of a table, by the names of their columns."""

    table: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]


_TENANTS = [(TENANT_ID, "bench", "bench", PAGE_KEY, SEEDED_AT)]
_APPS = [(APP_ID, TENANT_ID, "bench", hash_of(APP_SECRET), "hire:talent hire:talent_folder", "off", SEEDED_AT)]
_CACHE_KIB = 512 * 1024
_BATCH = 10_000


def seed_rencai(path: Path, people: int, pools: int, members: Members = ()) -> None:
    """A database of the server: people, pools, members added 50 a change, and an app without limits."""
    connection = _opened(path)
    schema.bring_up_to_date(connection)
    with connection:
        _insert_all(connection, rows_of_rencai(people, pools))
        _seed_memberships(connection, members)
    connection.close()


def seed_rencai_profiles(path: Path, people: int) -> None:
    """A database of the server: people with profiles, found by all that the server finds people by; and the app.

    Raises ValueError for so few people that planted words would have too few.
    """
    if people < made_up.LEAST_PEOPLE:
        raise ValueError(f"{people} people are too few; at least {made_up.LEAST_PEOPLE}")
    connection = _opened(path)
    schema.bring_up_to_date(connection)
    with connection:
        _insert_all(connection, rows_of_rencai(0, 0))
        with _without_index(connection, "talents_update"), _without_index(connection, "talent_identities_talent"):
            _seed_profiles(connection, people)
            _fill_identities(connection)
        _fill_words(connection)
        connection.execute("UPDATE derivation SET version = ?", (derivation.VERSION,))
    connection.close()


def seed_plain_profiles(path: Path, people: int) -> None:
    """A database of the plain service: the same people."""
    plain_service.create_tables(path)
    connection = _opened(path)
    with connection:
        for batch in _numbers(people):
            _plain_profiles(connection, list(zip(batch, made_up.made(batch, people), strict=True)), people)
    connection.close()


def seed_plain(path: Path, people: int, pools: int) -> None:
    """A database of the plain service: people and pools."""
    plain_service.create_tables(path)
    connection = _opened(path)
    with connection:
        _insert_all(connection, rows_of_plain(people, pools))
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
    connection.pragma("temp_store", "memory")
    connection.pragma("cache_size", -_CACHE_KIB)
    return connection


def rows_of_rencai(people: int, pools: int) -> Iterator[Rows]:
    """What a database of the server is seeded with, apart from memberships; in the order it can go in."""
    yield Rows("tenants", ("tenant_id", "tenant_key", "name", "page_key", "create_time"), _TENANTS)
    app = ("app_id", "tenant_id", "name", "secret_hash", "scopes", "rate_limits", "create_time")
    yield Rows("apps", app, _APPS)
    ids = (talent_id(number) for number in range(people))
    times = ("create_time", "update_time")
    yield Rows("talents", ("tenant_id", "talent_id", *times), ((TENANT_ID, who, SEEDED_AT, SEEDED_AT) for who in ids))
    texts = ("name_zh", "name_en", "description_zh", "description_en")
    yield Rows(
        "talent_pools",
        ("tenant_id", "pool_id", *texts, "is_private", "create_time", "modify_time"),
        (
            (TENANT_ID, pool_id(number), f"人才库 {number}", f"Pool {number}", "", "", 2, SEEDED_AT, SEEDED_AT)
            for number in range(pools)
        ),
    )


def rows_of_plain(people: int, pools: int) -> Iterator[Rows]:
    """What a database of the plain service is seeded with."""
    ids = (talent_id(number) for number in range(people))
    yield Rows("talents", ("id", "create_time", "update_time"), ((who, SEEDED_AT, SEEDED_AT) for who in ids))
    named = ((pool_id(number), f"Pool {number}", SEEDED_AT) for number in range(pools))
    yield Rows("pools", ("id", "name", "create_time"), named)


def _insert_all(connection: apsw.Connection, seeded: Iterable[Rows]) -> None:
    for table, columns, rows in seeded:
        holders = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holders})", rows)


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
    with _without_index(connection, "memberships_talent"):
        connection.execute(
            "INSERT INTO memberships (tenant_id, pool_id, ended_version, talent_id, began_version, add_time)"
            " SELECT p.tenant_id, p.pool_id, 0, a.value, p.version, p.time"
            " FROM change_parts AS p CROSS JOIN json_each(p.added) AS a"
        )


@contextmanager
def _without_index(connection: apsw.Connection, name: str) -> Generator[None]:
    """Do without an index inside the block, and build it anew after it: faster than keeping it."""
    index = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).get
    connection.execute(f"DROP INDEX {name}")
    yield
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


# People with profiles


def _numbers(people: int) -> Iterator[range]:
    return (range(start, min(start + _BATCH, people)) for start in range(0, people, _BATCH))


def _seed_profiles(connection: apsw.Connection, people: int) -> None:
    """Talents, profiles and search texts in order of id; identities into a table aside, to be sorted."""
    connection.execute("CREATE TEMPORARY TABLE unsorted (kind TEXT, value TEXT, talent_id BIGINT)")
    items = itertools.count(first_item_id())
    for batch in _numbers(people):
        call = Call("", NOBODY, SEEDED_AT, lambda count: list(itertools.islice(items, count)))
        talents = [
            (number, profiles.kept(call, talent))
            for number, talent in zip(batch, made_up.made(batch, people), strict=True)
        ]
        connection.executemany(
            "INSERT INTO talents (tenant_id, talent_id, create_time, update_time) VALUES (?, ?, ?, ?)",
            (
                (TENANT_ID, talent_id(number), SEEDED_AT, update_time(made_up.rank_of(number, people)))
                for number in batch
            ),
        )
        connection.executemany(
            "INSERT INTO talent_profiles (tenant_id, talent_id, profile) VALUES (?, ?, ?)",
            ((TENANT_ID, talent_id(number), profiles.encoded(talent)) for number, talent in talents),
        )
        connection.executemany(
            "INSERT INTO search_texts (tenant_id, talent_id, words, exact) VALUES (?, ?, ?, ?)",
            ((TENANT_ID, talent_id(number), *_texts(talent)) for number, talent in talents),
        )
        connection.executemany(
            "INSERT INTO temp.unsorted (kind, value, talent_id) VALUES (?, ?, ?)",
            (
                (identity.kind, identity.value, talent_id(number))
                for number, talent in talents
                for identity in identities_of(talent.basic_info)
            ),
        )


def _texts(talent: NewTalent) -> tuple[str, str]:
    texts = search.texts_of(talent)
    return "\n".join(texts.words), f" {' '.join(texts.exact)} "


def _fill_identities(connection: apsw.Connection) -> None:
    connection.execute(
        "INSERT INTO talent_identities (tenant_id, kind, value, talent_id)"
        " SELECT ?, kind, value, talent_id FROM temp.unsorted ORDER BY kind, value",
        (TENANT_ID,),
    )
    connection.execute("DROP TABLE temp.unsorted")


def _fill_words(connection: apsw.Connection) -> None:
    """The words from the texts, so that they agree; the suffixes from the words."""
    connection.execute(
        "INSERT INTO search_words (tenant_id, word, talent_id) SELECT t.tenant_id, w.value, t.talent_id"
        " FROM search_texts AS t"
        """ CROSS JOIN json_each('["' || replace(replace(t.words, char(9), '\t'), char(10), '","') || '"]') AS w"""
        " ORDER BY t.tenant_id, w.value, t.talent_id"
    )
    words = connection.execute("SELECT DISTINCT word FROM search_words WHERE instr(word, char(9)) = 0")
    connection.executemany(
        "INSERT INTO search_suffixes (tenant_id, suffix, word) VALUES (?, ?, ?)",
        ((TENANT_ID, *row) for row in search.suffixes_of(word for (word,) in words)),
    )


def _plain_profiles(connection: apsw.Connection, talents: list[tuple[int, NewTalent]], people: int) -> None:
    times = ("id", "create_time", "update_time")
    _insert(
        connection,
        "talents",
        (*times, *plain_service.GivenBasic.model_fields),
        (
            (talent_id(number), SEEDED_AT, update_time(made_up.rank_of(number, people)), talent.basic_info)
            for number, talent in talents
        ),
    )
    for table, shape, field in (
        ("educations", plain_service.GivenEducation, "education_list"),
        ("careers", plain_service.GivenCareer, "career_list"),
    ):
        rows = (
            (talent_id(number), item) for number, talent in talents for item in profiles.each(getattr(talent, field))
        )
        _insert(connection, table, ("talent_id", *shape.model_fields), rows)


def _insert(connection: apsw.Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows whose last value is a struct that has the columns for which there is no value."""
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        ((*values, *(_plain(getattr(struct, name)) for name in columns[len(values) :])) for *values, struct in rows),
    )


def _plain(value: Any) -> Any:
    return None if value is msgspec.UNSET else value
