"""The API from outside, of this server or of Feishu itself: one typed method for each Endpoint row.

`Client` and `AsyncClient` are the same but for `await`; threads may share a `Client`. Both fetch and renew their
token, keep the documented limits ahead of time, and repeat what may be repeated. Whatever they can't do is a
`ClientError` of one line.
"""

from rencai.client.asynchronous import AsyncClient
from rencai.client.errors import AnswerUnreadable, ClientError, NativeCallMissing, Refused, Unreachable
from rencai.client.synchronous import Client

__all__ = [
    "AnswerUnreadable",
    "AsyncClient",
    "Client",
    "ClientError",
    "NativeCallMissing",
    "Refused",
    "Unreachable",
]
