"""Bodies and replies of any length: a piece at a time, with a deadline for each, so that memory stays bounded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from rencai.contract.errors import UPLOAD_BROKEN_OFF, Fault, Violation

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Connection(Protocol):
    """What a stream needs of the connection that it comes or goes by."""

    request_timeout: float

    @property
    def is_gone(self) -> bool:
        """Whether the client is gone."""
        ...

    def stream_body(self) -> None:
        """Leave the deadline of the body to the application."""
        ...

    def drop(self) -> None:
        """Let go of the client at once."""
        ...


async def pieces_of_body(connection: Connection, receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes. Raises the Fault 1990025 where the client goes away or is silent for too long."""
    connection.stream_body()
    patience = connection.request_timeout
    while True:
        try:
            async with asyncio.timeout(patience):
                message = await receive()
        except TimeoutError as silent:
            raise Fault(UPLOAD_BROKEN_OFF, Violation("body", f"nothing came for {patience:g} s")) from silent
        if message["type"] == "http.disconnect":
            raise Fault(UPLOAD_BROKEN_OFF, Violation("body", "the client went away"))
        yield message["body"]
        if not message.get("more_body"):
            return


async def send_pieces(connection: Connection, send: Send, pieces: AsyncIterator[str]) -> None:
    """Send what comes, as the client takes it. A client that takes nothing for too long is dropped."""
    async for piece in pieces:
        if connection.is_gone:
            return
        try:
            body = {"type": "http.response.body", "body": piece.encode(), "more_body": True}
            async with asyncio.timeout(connection.request_timeout):
                await send(body)
        except TimeoutError:
            connection.drop()
            return
    await send({"type": "http.response.body", "body": b""})
