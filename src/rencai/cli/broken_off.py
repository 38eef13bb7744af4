"""Tasks on a database that go on where they were: what is said of one that was broken off."""

import contextlib
from collections.abc import Generator

from rencai.storage.seam import DatabaseBusy, DatabaseFailed, DoneInPart


@contextlib.contextmanager
def going_on_later(task: str) -> Generator[None]:
    """For a task that goes on where it was: whatever breaks it off, the same command goes on. Raises DoneInPart."""
    try:
        yield
    except (DatabaseBusy, DatabaseFailed) as failure:
        raise DoneInPart(f"{task} was broken off ({failure}); say the same again to go on") from failure
    except KeyboardInterrupt as stopped:
        raise DoneInPart(f"{task} was broken off; say the same again to go on") from stopped
