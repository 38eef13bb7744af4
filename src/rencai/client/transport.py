"""httpx as both drivers use it: how long it may take, and which of its failures are a lost call."""

from typing import Any

import httpx

from rencai.client.exchange import Lost

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0  # an upload of millions of ids is answered when all are taken in

LOSSES = (httpx.TransportError,)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def connection_options() -> dict[str, Any]:
    """What both clients are made with. Redirects are not followed: a secret goes to the address that was named."""
    return {"timeout": httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS), "follow_redirects": False}


def lost_by(loss: httpx.TransportError) -> Lost:
    """The failure in the exchange's words."""
    words = str(loss) or type(loss).__name__
    return Lost(words, was_sent=not isinstance(loss, _NEVER_SENT))
