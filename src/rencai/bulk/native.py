"""A list and a pool of a Rencai server: the plan by dry runs, the change as one run, which the server makes.

The run's key is the journal's, so that sending it again, after whatever, begins no second one.
"""

import itertools
import time
from collections.abc import Iterator

from msgspec import UNSET

from rencai.bulk.journal import Journal
from rencai.bulk.plans import Action, Plan, Report, Tell, Unknown
from rencai.bulk.refusals import ListError
from rencai.bulk.wanted import Ids, Wanted
from rencai.client import Client, Refused
from rencai.contract.errors import RUN_OVER, TOO_MANY_RUNS
from rencai.contract.membership_changes import MOST_TALENTS
from rencai.contract.runs import Run

PIECE = 5_000  # ids in one piece of an upload, some 100 KB
FIRST_LOOK_SECONDS = 0.05
LONGEST_LOOK_SECONDS = 0.5
KEY_LIVES_SECONDS = 23 * 3600  # the server keeps it for 24 hours
TURN_SECONDS = 2.0
MOST_TURNS = 300
REASON_LENGTH = 500


def plan(client: Client, pool_id: str, action: Action, wanted: Wanted, tell: Tell) -> tuple[Plan, set[int]]:
    """What the list would do, and which of its ids are unknown. Changes nothing; raises ClientError."""
    moved = already = done = 0
    missing: set[int] = set()
    total = len(wanted.ids)
    for ids in _parts(wanted.ids, MOST_TALENTS):
        tell("planning", done, total)
        named = {"remove" if action == "remove" else "add": [str(number) for number in ids]}
        answer = client.membership_change(pool_id, **named, on_missing="skip", dry_run=True)  # pyright: ignore[reportArgumentType]
        moved += len(answer.added) + len(answer.removed)
        already += len(answer.unchanged)
        missing.update(map(int, answer.missing))
        done += len(ids)
    tell("planning", total, total)
    others = client.membership_list(pool_id, page_size=1).member_count - already if action == "set" else 0
    figures = Plan(
        rows=wanted.count,
        duplicates=wanted.duplicates,
        talents=len(wanted.ids) + len(wanted.wrong),
        unknown=len(missing) + len(wanted.wrong),
        already=already,
        to_add=0 if action == "remove" else moved,
        to_remove=moved if action == "remove" else max(0, others),
    )
    return figures, missing


class Change:
    """A run made of a list, from its beginning to its end; or taken up again, as the journal says."""

    def __init__(self, client: Client, journal: Journal, reason: str, tell: Tell) -> None:
        self._client = client
        self._journal = journal
        mark = f" [{journal.head.key[:8]}]"
        self._reason = reason[: REASON_LENGTH - len(mark)] + mark
        self._tell = tell

    def make(self, ids: Ids, on_missing: Unknown) -> Run:
        """The run, over. Raises ClientError, also where it could not be begun."""
        noted = self._journal.last("run")
        run_id = noted["id"] if noted else self._begun(ids, on_missing)
        return followed(self._client, run_id, self._tell)

    def _begun(self, ids: Ids, on_missing: Unknown) -> str:
        sent = self._journal.last("sending")
        if sent is None:
            self._journal.note("sending", time=int(time.time()))
        else:
            self._clear_up(sent["time"])
        run = self._sent(ids, on_missing)
        self._journal.note("run", id=run.id)
        return run.id

    def _sent(self, ids: Ids, on_missing: Unknown) -> Run:
        """The run, begun by the server. Waits where the app has too many at work."""
        head = self._journal.head
        for turn in itertools.count():
            try:
                return self._client.run_create_upload(
                    lines=lambda: self._lines(ids),
                    talent_pool_id=head.talent_pool_id,
                    action=head.action,  # pyright: ignore[reportArgumentType]
                    on_missing=on_missing,
                    reason=self._reason,
                    idempotency_key=head.key,
                ).run
            except Refused as refused:
                if refused.code not in (TOO_MANY_RUNS.code, RUN_OVER.code) or turn == MOST_TURNS:
                    raise
                self._tell("waiting for other runs", 0, len(ids))
                self._clear_up(int(time.time()))
                time.sleep(TURN_SECONDS)
        raise AssertionError

    def _clear_up(self, sent: int) -> None:
        """End uploads of this journal that were broken off: the server may not have seen yet that nobody sends."""
        if time.time() - sent > KEY_LIVES_SECONDS:
            raise ListError(
                f"this was broken off a day ago while it was sent; look at `rencai run list` for {self._reason[-10:]}, "
                f"and remove {self._journal.path.name}"
            )
        for run in self._client.run_list(page_size=20).items:
            if run.is_uploading and run.reason == self._reason:
                self._cancel(run.id)

    def _cancel(self, run_id: str) -> None:
        try:
            self._client.run_cancel(run_id)
        except Refused as refused:
            if refused.code != RUN_OVER.code:
                raise

    def _lines(self, ids: Ids) -> Iterator[bytes]:
        done = 0
        for part in _parts(ids, PIECE):
            self._tell("sending", done, len(ids))
            yield b"%s\n" % b"\n".join(b"%d" % number for number in part)
            done += len(part)
        self._tell("waiting for the answer", 0, len(ids))


def followed(client: Client, run_id: str, tell: Tell) -> Run:
    """A run, once it is over; `tell` hears how far it is. Raises ClientError."""
    pause = FIRST_LOOK_SECONDS
    while True:
        run = client.run_get(run_id).run
        tell("waiting for its turn" if run.state == "queued" else "changing", run.processed, run.total)
        if run.state not in ("queued", "running"):
            return run
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)


def reported(run: Run, wrong: int) -> Report:
    """The report of a run, of whose list so many keys were unknown before it began."""
    why = "" if run.error is UNSET else run.error.msg
    return Report(
        state="done" if run.state == "done" else "cancelled" if run.state == "cancelled" else "failed",
        added=run.added,
        removed=run.removed,
        unchanged=run.unchanged,
        unknown=wrong + run.missing,
        conflicts=run.conflicts,
        why=why,
        run_id=run.id,
        undo=f"rencai run undo {run.id}" if run.added or run.removed else None,
    )


def missing_of(client: Client, run: Run) -> set[int]:
    """The ids that a run did not find."""
    if not run.missing:
        return set()
    return {int(result.talent_id) for result in client.run_results(run.id) if result.outcome == "missing"}


def _parts(ids: Ids, size: int) -> Iterator[Ids]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
