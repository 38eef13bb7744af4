"""What each failure is to whoever typed the command: a line, and an exit code. Imported when there is one."""

import errno

from rencai.bulk.refusals import ListError, NotWritten, printable
from rencai.cli.failures import FAILED, IN_PART, WRONG_USAGE, Failed, InPart, unshown
from rencai.client.errors import ClientError, NoId
from rencai.storage.seam import DatabaseBusy, DatabaseFailed, DatabaseRefused, DatabaseUnusable, DoneInPart, NotDone

_CODES: dict[type[Exception], int] = {
    NotWritten: FAILED,
    ListError: WRONG_USAGE,
    DatabaseUnusable: WRONG_USAGE,
    NotDone: FAILED,
    DatabaseRefused: FAILED,
    Failed: FAILED,
    NoId: WRONG_USAGE,
    ClientError: FAILED,
    DoneInPart: IN_PART,
    InPart: IN_PART,
}

_MAY_BE_DONE = "may have been done"

# A file that can't be written is told as NotWritten, a database as DatabaseFailed: what is left is standard output.
_NOT_TAKEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def of(failure: Exception) -> tuple[str, int]:
    """What to say, and the exit code. A failure that nobody foresaw is raised again."""
    if isinstance(failure, DatabaseBusy | DatabaseFailed):
        return f"the database did not take it ({failure}); nothing was changed, try again", FAILED
    if isinstance(failure, OSError) and failure.errno in _NOT_TAKEN:
        return unshown(failure), FAILED
    for kind, code in _CODES.items():
        if isinstance(failure, kind):
            words = "\n".join(printable(line) for line in str(failure).split("\n"))
            if not isinstance(failure, ClientError) or not failure.may_be_done:
                return words, code
            look = "" if _MAY_BE_DONE in words else f"; it {_MAY_BE_DONE}: look before you repeat it"
            return words + look, IN_PART
    raise failure
