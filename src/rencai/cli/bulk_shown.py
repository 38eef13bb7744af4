"""How a change by a list is shown: a bar on a terminal, plain lines in a pipe, an event a line with `--json`."""

import contextlib
import time
from collections.abc import Generator
from typing import Any, Protocol

import msgspec
import typer

from rencai.bulk.plans import Action, Plan, Report, Tell, UndoPlan

EVENT_SECONDS = 0.5  # between two events of progress
LINE_SECONDS = 5.0  # between two lines of progress in a pipe
UNKNOWN_FIGURE = "can't be known before it is done"
UNTOLD_FIGURE = "not told by this server"


class Shown(Protocol):
    """Where a command says what it does."""

    def tell(self, what: str, done: int, total: int | None, /) -> None:
        """How far something is, of a total where that is known."""
        ...

    def say(self, event: str, line: str, **fields: object) -> None:
        """Something that happened."""
        ...

    def plan(self, action: Action, pool: str, plan: Plan) -> None:
        """What would be done."""
        ...

    def undo_plan(self, what: str, plan: UndoPlan) -> None:
        """What would be undone."""
        ...

    def report(self, report: Report, failures: str | None) -> None:
        """What was done, and where the rows are that failed."""
        ...


@contextlib.contextmanager
def shown(*, as_json: bool) -> Generator[Shown]:
    """What shows it, for as long as the command goes on."""
    if as_json:
        yield _Events()
        return
    from rich.console import Console

    console = Console(stderr=True)
    with _bar(console) if console.is_terminal else contextlib.nullcontext(_line_teller()) as tell:
        yield _Lines(tell)


class _Events:
    """One JSON object a line on standard output."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def tell(self, what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if what == self._last[0] and now - self._last[1] < EVENT_SECONDS and done != total:
            return
        self._last = (what, now)
        self._print("progress", what=what, done=done, total=total)

    def say(self, event: str, line: str, **fields: object) -> None:
        self._print(event, **fields)

    def plan(self, action: Action, pool: str, plan: Plan) -> None:
        self._print("plan", action=action, talent_pool_id=pool, **msgspec.structs.asdict(plan))

    def undo_plan(self, what: str, plan: UndoPlan) -> None:
        self._print("plan", action="undo", of=what, **msgspec.structs.asdict(plan))

    def report(self, report: Report, failures: str | None) -> None:
        self._print("report", **msgspec.structs.asdict(report), failures=failures)

    def _print(self, event: str, **fields: object) -> None:
        typer.echo(msgspec.json.encode({"event": event, **fields}))


class _Lines:
    """Words for people: what there is to know on standard output, what passes on standard error."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def tell(self, what: str, done: int, total: int | None) -> None:
        self._tell(what, done, total)

    def say(self, event: str, line: str, **fields: object) -> None:
        typer.echo(line, err=True)

    def plan(self, action: Action, pool: str, plan: Plan) -> None:
        figures: list[tuple[str, int | None]] = [
            ("rows", plan.rows),
            ("duplicates", plan.duplicates),
            ("unknown", plan.unknown),
            ("not in the pool" if action == "remove" else "already in the pool", plan.already),
        ]
        if action != "remove":
            figures.append(("to add", plan.to_add))
        if action != "add":
            figures.append(("to remove", plan.to_remove))
        typer.echo(f"Plan: {action} {plan.talents:,} talents, pool {pool}")
        _print_figures(figures, UNKNOWN_FIGURE)

    def undo_plan(self, what: str, plan: UndoPlan) -> None:
        typer.echo(f"Plan: undo {what}")
        figures = [("to add", plan.to_add), ("to remove", plan.to_remove), ("to leave alone", plan.to_leave)]
        _print_figures(figures, UNKNOWN_FIGURE)

    def report(self, report: Report, failures: str | None) -> None:
        figures = [
            ("added", report.added),
            ("removed", report.removed),
            ("unchanged", report.unchanged),
            ("unknown", report.unknown),
            *([("left alone", report.conflicts)] if report.conflicts else []),
        ]
        typer.echo(f"{report.state.capitalize()}{': ' + report.why if report.why else ''}")
        _print_figures(figures, UNTOLD_FIGURE)
        if failures:
            typer.echo(f"The rows that failed are in {failures}, with the reason; mended, it can be fed in as it is")
        if report.undo:
            typer.echo(f"To undo it:  {report.undo}")


def _print_figures(figures: list[tuple[str, int | None]], untold: str) -> None:
    for name, figure in figures:
        typer.echo(f"  {name:<20} {untold if figure is None else f'{figure:>12,}'}")


def _line_teller() -> Tell:
    last = ("", 0.0)

    def tell(what: str, done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if what == last[0] and now - last[1] < LINE_SECONDS:
            return
        last = (what, now)
        typer.echo(f"{what}: {done:,}{'' if total is None else f' of {total:,}'}", err=True)

    return tell


@contextlib.contextmanager
def _bar(console: Any) -> Generator[Tell]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    tasks: dict[str, Any] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            for task in tasks.values():
                progress.remove_task(task)
            tasks.clear()
            tasks[what] = progress.add_task(what, total=total)
            progress.start()
        progress.update(tasks[what], completed=done, total=total)
        if total is not None and done >= total:
            progress.remove_task(tasks.pop(what))
            progress.stop()

    try:
        yield tell
    finally:
        progress.stop()
