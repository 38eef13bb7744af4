"""The bare engine: the statements of a batch change in a loop in one process, without HTTP, threads or seam.

The statements are the server's, by name and in its order, on a connection like its writer's. What the server adds is
left out: it is what the ratio measures. The log is copied back in line, at the server's distance.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.work import ADD, APP_ID, REMOVE, TENANT_ID, Change, Timing, timing
from rencai import clock
from rencai.storage import queries, sqlite_units, sqlite_writer

Value = int | str

_decode_ids = msgspec.json.Decoder(list[int]).decode


class EngineJob(msgspec.Struct, frozen=True):
    """Changes to make in a database, so many in a commit; each phase for at most so many seconds."""

    database: Path
    warm_up: list[Change]
    changes: list[Change]
    group: int
    seconds: float


def run(job: EngineJob) -> dict[str, Timing]:
    """Add, add again, remove. A call's latency is that of its group."""
    engine = Engine(job.database)
    engine.phase(job.warm_up, ADD, job.group, job.seconds)
    added = engine.phase(job.changes, ADD, job.group, job.seconds)
    done = job.changes[: added.calls]
    repeated = engine.phase(done, ADD, job.group, job.seconds)
    removed = engine.phase(done, REMOVE, job.group, job.seconds)
    engine.close()
    return {"add": added, "repeat": repeated, "remove": removed}


class Engine:
    """The statements on one connection."""

    def __init__(self, database: Path) -> None:
        self.connection = sqlite_units.connect(database, sqlite_writer.WRITER_CACHE_KIB)
        self.connection.pragma("wal_autocheckpoint", sqlite_writer.CHECKPOINT_PAGES)
        self._sql = queries.load("sqlite")
        self._ids = clock.IdSource(clock.now)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def phase(self, changes: list[Change], option_type: int, group: int, seconds: float) -> Timing:
        """Make the changes in order, until they or the time are used up."""
        latencies: list[float] = []
        started, cpu_started = time.perf_counter(), time.process_time()
        now = started
        for start in range(0, len(changes), group):
            before = now
            members = changes[start : start + group]
            self._commit(members, option_type)
            now = time.perf_counter()
            latencies += [now - before] * len(members)
            if now > started + seconds:
                break
        measured = timing(latencies, now - started)
        cpu = time.process_time() - cpu_started
        return msgspec.structs.replace(measured, cpu_us=1e6 * cpu / measured.calls)

    def _commit(self, changes: list[Change], option_type: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for change in changes:
            self._change(change, adds=option_type == ADD)
        self.connection.execute("COMMIT")

    def _change(self, change: Change, *, adds: bool) -> None:
        here = f"[{change.pool_id}]"
        pool_id, version, change_time, _ = self._row("talent_pools_lock", pool_ids=here)
        wanted = sorted(change.talent_ids)
        known, members = self._row("membership_standing", pool_id=pool_id, talent_ids=_json(wanted))
        if len(_decode_ids(known)) != len(wanted):
            raise RuntimeError("a seeded person is missing")
        inside = set(_decode_ids(members))
        moved = [number for number in wanted if (number in inside) != adds]
        if moved:
            time_now = max(clock.now(), change_time + 1)
            self._apply(pool_id, version + 1, time_now, moved if adds else [], [] if adds else moved)

    def bulk(self, run_id: int, pool_id: int, version: int, talent_ids: list[int]) -> None:
        """Put people into the list of a run and into a pool, in one change and one commit, and look nothing up."""
        self.connection.execute("BEGIN IMMEDIATE")
        self._run("run_talents_stage", run_id=run_id, talent_ids=_json(talent_ids))
        self._apply(pool_id, version, clock.now() + version, talent_ids, [], str(run_id))
        self.connection.execute("COMMIT")

    def _apply(
        self, pool_id: int, version: int, time_now: int, added: list[int], removed: list[int], run_id: str = ""
    ) -> None:
        (change_id,) = self._ids.take(1)
        here: dict[str, Value] = {"pool_id": pool_id, "version": version}
        self._run(
            "change_insert",
            change_id=change_id,
            operation="talent_pool_batch_change",
            app_id=APP_ID,
            time=time_now,
            reason="",
            run_id=run_id,
            undo_of=0,
        )
        added_ids, removed_ids = _json(added), _json(removed)
        counts = {"added_count": len(added), "removed_count": len(removed)}
        part = {"change_id": change_id, "added": added_ids, "removed": removed_ids, **counts}
        self._run("change_part_insert", time=time_now, **here, **part)
        if removed:
            self._run("memberships_end_in_pool", removed_ids=removed_ids, **here)
        if added:
            self._run("memberships_begin_in_pool", added_ids=added_ids, time=time_now, **here)
        self._run("talent_pool_advance", time=time_now, **counts, **here)

    def _row(self, query: str, **values: Value) -> tuple[Any, ...]:
        return next(self._cursor(query, values))

    def _run(self, query: str, **values: Value) -> None:
        self._cursor(query, values)

    def _cursor(self, query: str, values: dict[str, Value]) -> Iterator[tuple[Any, ...]]:
        return self.connection.execute(self._sql[query], {"tenant_id": TENANT_ID, **values})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
