"""What each failure is to whoever typed the command: a line, and an exit code. Imported when there is one."""

from rencai.bulk.refusals import ListError, NotWritten, printable
from rencai.cli.failures import FAILED, IN_PART, WRONG_USAGE, Failed, InPart
from rencai.client.errors import ClientError
from rencai.storage.seam import DatabaseBusy, DatabaseFailed, DatabaseRefused, DatabaseUnusable, DoneInPart, NotDone

_CODES: dict[type[Exception], int] = {
    NotWritten: FAILED,
    ListError: WRONG_USAGE,
    DatabaseUnusable: WRONG_USAGE,
    NotDone: FAILED,
    DatabaseRefused: FAILED,
    Failed: FAILED,
    ClientError: FAILED,
    DoneInPart: IN_PART,
    InPart: IN_PART,
}


def of(failure: Exception) -> tuple[str, int]:
    """What to say, and the exit code. A failure that nobody foresaw is raised again."""
    if isinstance(failure, DatabaseBusy | DatabaseFailed):
        return f"the database did not take it ({failure}); nothing was changed, try again", FAILED
    for kind, code in _CODES.items():
        if isinstance(failure, kind):
            return "\n".join(printable(line) for line in str(failure).split("\n")), code
    raise failure
