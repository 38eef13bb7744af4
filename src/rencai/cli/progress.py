"""Long tasks on a terminal: a bar on standard error, nothing in a pipe."""

import contextlib
from collections.abc import Callable, Generator

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
