# Made by `make reference` from asynchronous.py. Edit that instead.
"""What carries the steps of a call out. `synchronous.py` is made of `asynchronous.py` by `make reference`."""

import time
from collections.abc import Iterator
from typing import Any, Self

import httpx
import msgspec

from rencai.client.exchange import (
    PATIENCE_SECONDS,
    Answer,
    Asked,
    Exchange,
    Lost,
    OnLoss,
    Request,
    Steps,
    T,
    Wait,
    decoded,
)
from rencai.client.operations import Operations
from rencai.client.transport import LOSSES, connection_options, lost_by
from rencai.contract.endpoint import Endpoint
from rencai.contract.talent_pools import TALENT_POOL_GET


class Client(Operations):
    """A client of the API: a method for each operation. Use it in `with`, or `close` it.

    `base_url` is a Rencai server's, `https://open.feishu.cn`, or `https://open.larksuite.com`. `paced` keeps
    Feishu's documented limits ahead of time; without, and with a Rencai server, the refusals are waited out. `patience`
    (s) is how long a call that may be repeated is tried again; `on_loss` is told in a line where that lasts.

    >>> with Client("http://127.0.0.1:7331", app_id, app_secret) as client:
    ...     client.membership_change(talent_pool_id, add=[talent_id])
    """

    def __init__(
        self,
        base_url: str,
        app_id: str,
        app_secret: str,
        *,
        paced: bool = True,
        patience: float = PATIENCE_SECONDS,
        on_loss: OnLoss | None = None,
    ) -> None:
        self._exchange = Exchange(base_url, app_id, app_secret, paced=paced, patience=patience, on_loss=on_loss)
        self.base_url = self._exchange.base_url
        self.app_id = app_id
        self._http = httpx.Client(**connection_options())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    @property
    def last_change(self) -> str | None:
        """The operation that was sent last of those that change something, answered or not; None where none was."""
        return self._exchange.last_change

    @property
    def waits_since(self) -> float | None:
        """When (time.monotonic) the call was sent that is out; None where none is, or a list of any length."""
        return self._exchange.waits_since

    def check_has(self, row: Endpoint) -> None:
        """Raise NativeCallMissing where it is known, without a call, that the server has no such call."""
        self._exchange.check_has(row)

    def is_rencai(self) -> bool:
        """Whether the server has Rencai's own calls."""
        return self._carry_out(self._exchange.knows_native())

    def etag_of(self, talent_pool_id: str) -> str:
        """The pool's version, to be given as `if_match`."""
        asked = Asked(path={"talent_pool_id": talent_pool_id})
        return (self.call(TALENT_POOL_GET, asked)).headers["etag"]

    def call(self, row: Endpoint, asked: Asked) -> Answer:
        """Any call by its row: the answer as it came. Raises ClientError."""
        return self._carry_out(self._exchange.call(row, asked))

    def _call(self, row: Endpoint, asked: Asked) -> Any:
        return decoded(row, self.call(row, asked))

    def _items(self, row: Endpoint, asked: Asked) -> Iterator[Any]:
        while True:
            page = self._call(row, asked)
            for item in page.items:
                yield item
            if not page.has_more:
                return
            asked = msgspec.structs.replace(asked, query={**asked.query, "page_token": page.page_token})

    def _stream(self, row: Endpoint, asked: Asked) -> Iterator[Any]:
        """Each line as the row's reply. A stream that breaks off is opened again, and what was seen passed over."""
        decode = msgspec.json.Decoder(row.reply).decode
        seen = 0
        while True:
            response: httpx.Response = (self.call(row, asked)).opened
            try:
                number = 0
                for line in response.iter_lines():
                    if number >= seen:
                        yield decode(line)
                        seen += 1
                    number += 1
                return
            except LOSSES:
                continue  # opening it again has the patience
            finally:
                response.close()

    def _carry_out(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    outcome = self._do(step)
                except Lost as lost:
                    step = steps.throw(lost)
                else:
                    step = steps.send(outcome)
        except StopIteration as over:
            return over.value

    def _do(self, step: Request | Wait) -> Any:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        try:
            content = step.lines() if step.lines else step.content
            request = self._http.build_request(step.method, step.url, headers=step.headers, content=content)
            response = self._http.send(request, stream=True)
            if step.streams and response.status_code == 200:
                return Answer(200, response.headers, b"", response)
            return Answer(response.status_code, response.headers, response.read())
        except LOSSES as loss:
            raise lost_by(loss) from loss
