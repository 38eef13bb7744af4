"""Why a call came to nothing. The text of each is one line that says what happened and what to do."""

from collections.abc import Sequence

from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import ERRORS, Violation


class ClientError(Exception):
    """A call that came to nothing; or, where it `may_be_done`, one that would change something and was sent, and nobody
    knows whether it was done: an answer was lost, or told of a system error (1002001), or could not be read.
    """

    may_be_done = False


class Unreachable(ClientError):
    """The server could not be reached, or the connection was lost and the call may not be repeated."""


class NoId(ClientError):
    """Something given as an id would make the path another call's: it is empty, or dots. Nothing was sent."""


class NativeCallMissing(ClientError):
    """The call is one of Rencai's own, and the server is not Rencai."""

    def __init__(self, row: Endpoint, base_url: str) -> None:
        super().__init__(
            f"{row.name} is a call of Rencai's own, which {base_url} does not have; "
            "use a Rencai server, or the calls under /open-apis"
        )


class AnswerUnreadable(ClientError):
    """The server answered in a form that is not the API's: another server, or a proxy in between."""

    def __init__(self, words: str, *, may_be_done: bool) -> None:
        super().__init__(words)
        self.may_be_done = may_be_done


class Refused(ClientError):
    """The server refused the call, with a code of the error table.

    `violations` name the fields, and with them the unknown ids; `log_id` finds the call in the server's log; `body` is
    the reply as it came.
    """

    def __init__(
        self,
        row: Endpoint,
        code: int,
        msg: str,
        violations: Sequence[Violation] = (),
        log_id: str = "",
        body: bytes = b"",
    ) -> None:
        known = ERRORS.get(code)
        named = "; ".join(f"{violation.field}: {violation.description}" for violation in violations[:3])
        words = [f"{row.name}: {msg} ({code})", named, known.mend if known else "", log_id and f"log id {log_id}"]
        super().__init__("; ".join(word.rstrip(".") for word in words if word))
        self.operation = row.name
        self.code = code
        self.msg = msg
        self.violations = tuple(violations)
        self.log_id = log_id
        self.body = body
