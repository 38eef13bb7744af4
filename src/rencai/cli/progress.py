"""Long tasks on a terminal: a bar on standard error, nothing in a pipe; and what is said of one that was broken off."""

import contextlib
from collections.abc import Callable, Generator

from rencai.storage.seam import DatabaseBusy, DatabaseFailed, DoneInPart

# Is told what is being done, how much of it is done, and how much there is; None where that is not known.
Show = Callable[[str, int, int | None], None]


@contextlib.contextmanager
def shown() -> Generator[Show]:
    """A bar as long as the task goes on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def show(what: str, done: int, total: int | None) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield show


@contextlib.contextmanager
def going_on_later(task: str) -> Generator[None]:
    """For a task that goes on where it was: whatever breaks it off, the same command goes on. Raises DoneInPart."""
    try:
        yield
    except (DatabaseBusy, DatabaseFailed) as failure:
        raise DoneInPart(f"{task} was broken off ({failure}); say the same again to go on") from failure
    except KeyboardInterrupt as stopped:
        raise DoneInPart(f"{task} was broken off; say the same again to go on") from stopped
