"""`rencai pool add|remove|set`: a list of people and a pool, with a plan, a question, a journal and a way back."""

import shlex
import sys
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rencai.bulk import compatible, journal, lists, native, saving, wanted
from rencai.bulk.compatible import Seen
from rencai.bulk.journal import Head, Journal
from rencai.bulk.keys import KINDS
from rencai.bulk.lists import People
from rencai.bulk.lookups import Lookups
from rencai.bulk.plans import Action, Plan, Report, Unknown
from rencai.bulk.refusals import ListError, NotWritten, plain
from rencai.bulk.sheets import failures
from rencai.bulk.wanted import Wanted
from rencai.cli.bulk_shown import Shown, shown
from rencai.cli.connection import Profile, Url, connected
from rencai.cli.failures import IN_PART, Failed, InPart, unshown
from rencai.cli.options import Json, with_options_of
from rencai.cli.pools import Pool, pool_named
from rencai.cli.questions import DryRun, Reason, Yes
from rencai.client import Client, ClientError
from rencai.config import SettingError

File = Annotated[str, typer.Argument(metavar="FILE", help="CSV, XLSX, or one key a line; - is standard input.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="What the keys are: id, email or mobile. Else the columns' names say it.")
]
UnknownOption = Annotated[
    str | None,
    typer.Option("--unknown", help="People that the server does not know: fail, or skip. Else you are asked."),
]
Again = Annotated[bool, typer.Option("--again", help="Do once more what the journal says is done.")]
Snapshot = Annotated[
    bool, typer.Option("--snapshot", help="Against Feishu: read each person's pools first, 20 a second, for an undo.")
]

AsWritten = Annotated[
    bool, typer.Option("--as-written", help="Take ids that look as if a spreadsheet had rounded them.")
]


def _options(
    pool: Pool,
    file: File,
    by: ByOption = None,
    unknown: UnknownOption = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    again: Again = False,
    reason: Reason = "",
    as_written: AsWritten = False,
    as_json: Json = False,
    url: Url = None,
    profile: Profile = None,
) -> None:
    """What all three can be told."""


@with_options_of(_options)
def add(snapshot: Snapshot = False, **given: Any) -> None:
    """Add the people of a list to a pool.

    Shows what it would do, asks, does it, and says how to undo it. Broken off, the same command goes on.

    Example: rencai pool add "Go engineers" people.csv
    """
    _run("add", snapshot=snapshot, **given)


@with_options_of(_options)
def remove(snapshot: Snapshot = False, **given: Any) -> None:
    """Take the people of a list out of a pool; they stay talents.

    Shows what it would do, asks, does it, and says how to undo it. Broken off, the same command goes on.

    Example: rencai pool remove "Go engineers" people.csv --unknown skip
    """
    _run("remove", snapshot=snapshot, **given)


@with_options_of(_options)
def set_(**given: Any) -> None:
    """Make a pool exactly the people of a list.

    Shows what it would do, asks, does it, and says how to undo it. Broken off, the same command goes on.

    Example: rencai pool set "Go engineers" people.csv --dry-run
    """
    _run("set", snapshot=False, **given)


@dataclass(frozen=True)
class _Asked:
    """What the command line says."""

    action: Action
    pool: str
    file: str
    by: str | None
    unknown: str | None
    yes: bool
    dry_run: bool
    again: bool
    reason: str
    snapshot: bool
    as_written: bool
    as_json: bool

    @property
    def path(self) -> Path | None:
        """The file; None is standard input."""
        return None if self.file == "-" else Path(self.file)

    def check(self) -> None:
        """Raise SettingError for values that there are not, and where nobody can be asked."""
        if self.by is not None and self.by not in KINDS:
            raise SettingError(f"--by {plain(self.by)} is not known; say id, email or mobile")
        if self.unknown not in (None, "fail", "skip"):
            raise SettingError(f"--unknown {plain(str(self.unknown))} is not known; say fail or skip")
        if not (self.yes or self.dry_run or self.can_ask):
            raise SettingError("nobody can be asked here: say --yes to do it, or --dry-run to see what it would do")

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer; a list that comes in on standard input leaves no place for answers."""
        return self.path is not None and sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json


def _run(action: Action, *, url: str | None, profile: str | None, **given: Any) -> None:
    asked = _Asked(action=action, **given)
    asked.check()
    with ExitStack() as stack:
        client = stack.enter_context(connected(url, profile))
        place = asked.path or sys.stdin.buffer
        people = stack.enter_context(lists.opened(place, asked.by))  # pyright: ignore[reportArgumentType]
        is_native = client.is_rencai()
        if not is_native:
            _check_for_feishu(asked, client)
        pool_id = pool_named(client, asked.pool)
        head = _head(asked, people, pool_id, client)
        path = journal.place_of(asked.path, people.digest)
        noted = stack.enter_context(journal.opened(path, head, again=asked.again))
        show = stack.enter_context(shown(as_json=asked.as_json))
        work = _Work(asked, client, people, noted, show, is_native=is_native)
        _go(work, noted)


def _go(work: "_Work", noted: Journal) -> None:
    """Do the work, and say of one that is broken off how it goes on."""
    try:
        work.do()
    except KeyboardInterrupt as stopped:
        noted.is_kept = True
        raise (_broken_off(noted, "stopped") if noted.is_begun else typer.Abort()) from stopped
    except (ClientError, ListError) as failed:
        noted.is_kept = True
        if not noted.is_begun:
            raise
        raise _broken_off(noted, str(failed)) from failed
    except OSError as failed:  # all that is kept is kept by now, or has raised NotWritten
        noted.is_kept = True
        raise _broken_off(noted, unshown(failed)) from failed


def _broken_off(noted: Journal, words: str) -> Exception:
    if not noted.is_begun:
        return Failed(f"{words}; nothing was changed")
    same = shlex.join(["rencai", *(word for word in sys.argv[1:] if word != "--again")])
    if noted.done:
        return InPart(f"it is done, but {words}; the same command shows the report: {same}")
    return InPart(f"{words}; the same command goes on where it was: {same}")


def _check_for_feishu(asked: _Asked, client: Client) -> None:
    """Refuse what a server without calls of Rencai's own can't do, with the reason."""
    where = f"{client.base_url} has the compatible calls alone"
    if asked.action == "set":
        raise SettingError(f"{where}, and none that lists a pool's members: `set` can't know whom to remove")
    is_asked = asked.dry_run or (asked.can_ask and not asked.yes)
    if not asked.snapshot and (asked.unknown == "fail" or (asked.unknown is None and not is_asked)):
        raise SettingError(
            f"{where}, and tells whom it does not know only when it changes something: say --unknown skip,"
            " or --snapshot, which reads each person first"
        )


def _head(asked: _Asked, people: People, pool_id: str, client: Client) -> Head:
    return Head(
        list_name=people.name,
        digest=people.digest,
        by=people.by,
        talent_pool_id=pool_id,
        action=asked.action,
        url=client.base_url,
        app_id=client.app_id,
        key=uuid.uuid4().hex,
        time=int(time.time()),
    )


class _Work:
    """One change by a list, from the first row to the report."""

    def __init__(
        self, asked: _Asked, client: Client, people: People, noted: Journal, show: Shown, *, is_native: bool
    ) -> None:
        self._asked = asked
        self._client = client
        self._people = people
        self._noted = noted
        self._show = show
        self._is_native = is_native
        self._seen: Seen | None = None

    def do(self) -> None:
        """Plan, ask, change, report. Raises typer.Exit with 3 where some rows failed, Failed where nothing was done.

        What was begun is finished, and what was done and not told of is told; SettingError where a dry run was asked.
        """
        name = journal.shown_path(self._noted.path)
        if self._noted.is_begun and self._asked.dry_run:
            raise SettingError(f"{name} is of this list and not at its end: finish that first, without --dry-run")
        if self._noted.done:
            self._show.say("resumed", f"this is done; what it came to was not shown yet ({name})")
            self._report(*self._noted.done)
            return
        found = self._wanted()
        if self._noted.is_begun:
            self._show.say("resumed", f"going on where it was broken off ({name})")
        else:
            plan, missing = self._plan(found)
            self._show.plan(self._asked.action, self._noted.head.talent_pool_id, plan)
            policy = self._settled(plan, found, missing)
            if self._asked.dry_run:
                raise typer.Exit(IN_PART if plan.unknown and policy == "skip" else 0)
            self._ask(plan, policy)
            self._noted.note("begun", unknown=policy, reason=self._reason)
        self._finish(found, *self._changed(found))

    def _wanted(self) -> Wanted:
        lookups = Lookups(self._client, self._noted, lambda done, total: self._show.tell("looking up", done, total))
        as_written = self._asked.as_written
        show = self._show
        return wanted.of(
            self._people, lookups, lambda done: show.tell("reading rows", done, None), as_written=as_written
        )

    def _plan(self, found: Wanted) -> tuple[Plan, set[int]]:
        tell = self._show.tell
        if self._is_native:
            return native.plan(self._client, self._noted.head.talent_pool_id, self._asked.action, found, tell)
        if not self._asked.snapshot:
            return compatible.plan(self._asked.action, found, None), set()
        seconds = len(found.ids) / compatible.SEEN_A_SECOND
        words = (
            f"reading the pools of {len(found.ids):,} people, {_long(seconds)} at {compatible.SEEN_A_SECOND} a second"
        )
        self._show.say("snapshot", words, seconds=seconds)
        seen = compatible.look(self._client, self._noted, found.ids, tell)
        return compatible.plan(self._asked.action, found, seen), seen.unknown

    def _settled(self, plan: Plan, found: Wanted, missing: set[int]) -> Unknown:
        """What is done with unknown people. Raises Failed where that is to fail; they are in the failure file then."""
        if plan.unknown is None:
            return "skip"
        if not plan.unknown:
            return "fail"
        file = self._save_failures(found, missing)
        words = f"{plan.unknown:,} unknown; the rows are in {file} with the reason"
        if self._asked.unknown == "skip":
            self._show.say("unknown", words, count=plan.unknown, failures=file)
            return "skip"
        if self._asked.unknown is None and self._asked.can_ask and not self._asked.yes:
            self._show.say("unknown", words, count=plan.unknown, failures=file)
            if self._asked.dry_run or typer.confirm("Leave them out and go on?", default=False, err=True):
                return "skip"
        raise Failed(f"nothing was changed: {words}; say --unknown skip to leave them out")

    def _ask(self, plan: Plan, policy: Unknown) -> None:
        if self._asked.yes or not (plan.to_add is None or plan.to_add or plan.to_remove):
            return
        figures = [(plan.to_add, "to add"), (plan.to_remove, "to remove")]
        parts = " and ".join(f"{figure:,} {words}" for figure, words in figures if figure)
        if not typer.confirm(f"Change the pool ({parts or 'as planned'})?", default=False, err=True):
            raise Failed("nothing was changed")

    @property
    def _reason(self) -> str:
        return self._asked.reason or f"rencai pool {self._asked.action} {self._people.name}"

    def _changed(self, found: Wanted) -> tuple[Report, set[int]]:
        """The report, and the ids that the server did not know."""
        begun = self._noted.last("begun") or {}
        if self._is_native:
            change = native.Change(self._client, self._noted, begun["reason"], self._show.tell)
            run = change.make(found.ids, begun["unknown"])
            return native.reported(run, len(found.wrong)), native.missing_of(self._client, run)
        unknown = compatible.change(self._client, self._noted, found.ids, self._show.tell)
        return compatible.reported(self._noted, found, unknown), unknown

    def _finish(self, found: Wanted, report: Report, missing: set[int]) -> None:
        file = self._save_failures(found, missing) if report.unknown else None
        if report.state != "done" and not report.changed_something:
            self._noted.forget()
            raise Failed(
                f"nothing was changed: {report.why or report.state}{f'; the rows are in {file}' if file else ''}"
            )
        self._noted.note("done", report=msgspec.structs.asdict(report), failures=file)
        self._report(report, file)

    def _report(self, report: Report, failures: str | None) -> None:
        """Show what it came to, and note that it was shown; where that can't be noted it is shown once more."""
        self._show.report(report, failures)
        with suppress(NotWritten):
            self._noted.note("reported")
        if report.unknown or report.state != "done":
            raise typer.Exit(IN_PART)

    def _save_failures(self, found: Wanted, missing: set[int]) -> str:
        named = _failure_path(self._asked.path, self._people)
        path, before = saving.free(named)
        with failures(path, self._people) as write:
            for row in self._people.rows(as_written=True):  # of rounded ones it was said when they were read
                if reason := found.reason(row.key, missing):
                    write(row, reason)
        return journal.shown_path(saving.kept_once(path, before))


def _failure_path(list_path: Path | None, people: People) -> Path:
    """Beside the list, with its ending where that fits: `people.failures.csv`."""
    if list_path is None:
        return Path(f"stdin-{people.digest[:12]}.failures.csv")
    ending = ".xlsx" if people.form.kind == "xlsx" else list_path.suffix if people.form.kind == "csv" else ".csv"
    return list_path.with_name(f"{list_path.stem}.failures{ending or '.csv'}")


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s" if minutes else f"{rest} s"
