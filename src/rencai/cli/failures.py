"""How a command says that it failed, where no error of the client or of a list says it; and the exit codes."""

FAILED = 1
WRONG_USAGE = 2
IN_PART = 3


class Failed(Exception):
    """Nothing was changed. The message is one line that says what, where and what to do."""


class InPart(Exception):
    """Some of it was done. The message says what was, and how to go on."""
