"""The way back from whatever changed a pool: a run, a change, or a list's journal with a snapshot."""

from pathlib import Path

from rencai.bulk import compatible, journal, native
from rencai.bulk.plans import Report, Tell
from rencai.bulk.refusals import ListError
from rencai.client import Client, Refused
from rencai.contract.errors import RUN_NOT_FOUND


def undone(client: Client, what: str, reason: str, tell: Tell) -> Report:
    """Put back what the run or change of this id did, or the list of the journal at this path.

    Raises ClientError; ListError for a journal that can't be undone.
    """
    if not what.isdecimal():
        return _of_journal(client, Path(what), reason, tell)
    try:
        run = client.run_undo(what, reason=reason).run
    except Refused as refused:
        if refused.code != RUN_NOT_FOUND.code:
            raise
        return _of_change(client, what, reason)
    return native.reported(native.followed(client, run.id, tell), 0)


def _of_change(client: Client, change_id: str, reason: str) -> Report:
    done = client.change_undo(change_id, reason=reason)
    return Report(
        state="done",
        added=sum(len(part.added) for part in done.parts),
        removed=sum(len(part.removed) for part in done.parts),
        unchanged=0,
        unknown=0,
        conflicts=len(done.conflicts),
        undo=f"rencai pool undo {done.change_id}" if done.change_id else None,
    )


def _of_journal(client: Client, path: Path, reason: str, tell: Tell) -> Report:
    with journal.taken_up(path) as noted:
        head = noted.head
        if (head.url, head.app_id) != (client.base_url, client.app_id):
            raise ListError(f"{journal.shown_path(path)} is of {head.url} and the app {head.app_id}; call that one")
        if not noted.is_begun:
            raise ListError(f"{journal.shown_path(path)} is of a change that was not begun; there is nothing to undo")
        if run := noted.last("run"):
            return undone(client, run["id"], reason, tell)
        if noted.last("sending"):
            raise ListError(
                "this was broken off while it was sent; say its command again to finish it, and undo it then"
            )
        added, removed = compatible.undo(client, noted, tell)
        noted.note("undone", added=added, removed=removed)
    return Report(state="done", added=added, removed=removed, unchanged=None, unknown=0)
