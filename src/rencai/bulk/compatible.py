"""A list and a pool of a server that has the compatible calls alone, as Feishu: fifty ids a call, ten calls a second.

Feishu tells neither who is in a pool nor, before a call, whom it does not know. Both can be read from each person, 20 a
second: the snapshot, without which there is no way back. Parts are made in any order and noted when they are done; one
that was made and not noted is made again, which is silent on members and non-members (contract §6).
"""

import contextlib
import queue
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from rencai.bulk.journal import Journal
from rencai.bulk.plans import Action, Plan, Report, Tell
from rencai.bulk.refusals import ListError
from rencai.bulk.wanted import Ids, Wanted
from rencai.client import Client, Refused
from rencai.contract.errors import TALENT_NOT_FOUND

R = TypeVar("R")

MOST_AT_ONCE = 50
SEEN_AT_ONCE = 20
SEEN_A_SECOND = 20
WORKERS = 4  # so that the pace is kept where an answer takes longer than a tenth of a second
ADD, REMOVE = 1, 2


def plan(action: Action, wanted: Wanted, seen: "Seen | None") -> Plan:
    """What the list would do; what is not known without a snapshot is None."""
    known = None if seen is None else len(wanted.ids) - len(seen.unknown)
    inside = None if seen is None else len(seen.members)
    others = None if known is None or inside is None else known - inside
    adds = action == "add"
    return Plan(
        rows=wanted.count,
        duplicates=wanted.duplicates,
        talents=len(wanted.ids) + len(wanted.wrong),
        unknown=None if seen is None else len(seen.unknown) + len(wanted.wrong),
        already=inside if adds else others,
        to_add=others if adds else 0,
        to_remove=0 if adds else inside,
    )


class Seen:
    """Who of a list was in the pool before, and whom the server does not know."""

    def __init__(self, members: set[int], unknown: set[int]) -> None:
        self.members = members
        self.unknown = unknown


def seen_before(journal: Journal) -> Seen:
    """The snapshot as far as the journal has it."""
    noted = journal.all("seen")
    members = {int(talent_id) for part in noted for talent_id in part["members"]}
    return Seen(members, {int(talent_id) for part in noted for talent_id in part["unknown"]})


def look(client: Client, journal: Journal, ids: Ids, tell: Tell) -> Seen:
    """Read each person's pools, and note them. Raises ClientError."""
    pool_id = journal.head.talent_pool_id

    def seen(part: Sequence[str]) -> dict[str, Any]:
        members: list[str] = []
        unknown: list[str] = []
        for talent_id in part:
            try:
                if pool_id in client.talent_get_v2(talent_id).talent_pool_id_list:
                    members.append(talent_id)
            except Refused as refused:
                if refused.code != TALENT_NOT_FOUND.code:
                    raise
                unknown.append(talent_id)
        return {"ids": list(part), "members": members, "unknown": unknown}

    _in_parts(journal, "seen", ids, SEEN_AT_ONCE, seen, lambda done: tell("reading people", done, len(ids)))
    return seen_before(journal)


def change(client: Client, journal: Journal, ids: Ids, tell: Tell) -> set[int]:
    """Add the talents or take them out; returns those that the server does not know. Raises ClientError."""
    pool_id = journal.head.talent_pool_id
    option = ADD if journal.head.action == "add" else REMOVE

    def changed(part: Sequence[str]) -> dict[str, Any]:
        return {"unknown": sifted(client, pool_id, part, option)}

    _in_parts(journal, "part", ids, MOST_AT_ONCE, changed, lambda done: tell("changing", done, len(ids)))
    return {int(talent_id) for part in journal.all("part") for talent_id in part["unknown"]}


def reported(journal: Journal, wanted: Wanted, unknown: set[int]) -> Report:
    """The report of a change that is over."""
    added = removed = unchanged = None
    undo = None
    if journal.last("seen"):
        figures = plan(journal.head.action, wanted, seen_before(journal))  # pyright: ignore[reportArgumentType]
        added, removed, unchanged = figures.to_add, figures.to_remove, figures.already
        undo = shlex.join(["rencai", "pool", "undo", str(journal.path)])
    missed = len(unknown) + len(wanted.wrong)
    return Report(state="done", added=added, removed=removed, unchanged=unchanged, unknown=missed, undo=undo)


def undo(client: Client, journal: Journal, tell: Tell) -> tuple[int, int]:
    """Put back what a change with a snapshot did; returns how many were added and removed. Raises ClientError.

    What others did to the same people since then is not known here, and not spared. May be said again.
    """
    back, adds = back_of(journal)
    for start in range(0, len(back), MOST_AT_ONCE):
        tell("putting back", start, len(back))
        sifted(client, journal.head.talent_pool_id, back[start : start + MOST_AT_ONCE], ADD if adds else REMOVE)
    tell("putting back", len(back), len(back))
    return (len(back), 0) if adds else (0, len(back))


def back_of(journal: Journal) -> tuple[list[str], bool]:
    """Whom a change has moved, and whether putting them back adds them. Raises ListError without a snapshot."""
    if not journal.all("seen"):
        raise ListError("there is no snapshot in the journal, so it is not known who was in the pool before")
    was = seen_before(journal)
    adds = journal.head.action == "remove"
    known = (int(talent_id) for part in journal.all("seen") for talent_id in part["ids"])
    return [str(number) for number in known if number not in was.unknown and (number in was.members) == adds], adds


def sifted(client: Client, pool_id: str, ids: Sequence[str], option: int) -> list[str]:
    """Change these; returns the unknown among them, by what the error says, or where it says nothing by halving."""
    if not ids:
        return []
    try:
        client.talent_pool_batch_change(pool_id, talent_id_list=list(ids), option_type=option)  # pyright: ignore[reportArgumentType]
        return []
    except Refused as refused:
        if refused.code != TALENT_NOT_FOUND.code:
            raise
        named = _named(refused, ids)
    if named:
        return [*named, *sifted(client, pool_id, [talent_id for talent_id in ids if talent_id not in named], option)]
    return _halved(client, pool_id, ids, option)


def _halved(client: Client, pool_id: str, ids: Sequence[str], option: int) -> list[str]:
    """The same for ids that were refused together, not told which: where one half is well, the other is not."""
    if len(ids) == 1:
        return list(ids)
    left, right = ids[: len(ids) // 2], ids[len(ids) // 2 :]
    unknown = sifted(client, pool_id, left, option)
    is_refused = not unknown and len(right) > 1  # of a single one it is asked, before it is called unknown
    return unknown + (_halved if is_refused else sifted)(client, pool_id, right, option)


def _named(refused: Refused, ids: Sequence[str]) -> list[str]:
    told = {str(violation.value) for violation in refused.violations} | set(re.findall(r"[0-9]+", refused.msg))
    return [talent_id for talent_id in ids if talent_id in told]


def _in_parts(
    journal: Journal,
    event: str,
    ids: Ids,
    size: int,
    work: Callable[[Sequence[str]], dict[str, Any]],
    told: Callable[[int], None],
) -> None:
    """Do the parts that the journal has not got, and note each; `told` hears how many ids are done."""
    noted = {part["start"] for part in journal.all(event)}
    starts = range(0, len(ids), size)
    left = [start for start in starts if start not in noted]
    done = sum(min(size, len(ids) - start) for start in starts if start in noted)
    told(done)
    parts = {start: [str(number) for number in ids[start : start + size]] for start in left}
    for start, result in _in_threads(work, parts):
        journal.note(event, start=start, **result)
        done += min(size, len(ids) - start)
        told(done)


def _in_threads(work: Callable[[Sequence[str]], R], parts: dict[int, list[str]]) -> Iterator[tuple[int, R]]:
    """Each part's start and result, as they come. The first failure ends it; what is under way is not waited for.

    The threads are daemons, so that Ctrl-C ends the command at once.
    """
    left: queue.SimpleQueue[tuple[int, list[str]]] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[int, R] | BaseException] = queue.SimpleQueue()
    over = threading.Event()
    for item in parts.items():
        left.put(item)

    def run() -> None:
        with contextlib.suppress(queue.Empty):
            while not over.is_set():
                start, part = left.get_nowait()
                try:
                    results.put((start, work(part)))
                except BaseException as failure:
                    results.put(failure)
                    return

    for _ in range(min(WORKERS, len(parts))):
        threading.Thread(target=run, daemon=True).start()
    try:
        for _ in parts:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        over.set()
