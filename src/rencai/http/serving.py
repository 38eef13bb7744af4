"""The HTTP server as uvicorn runs it: how it listens, how it ends, its certificate."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Generator
from pathlib import Path

import uvicorn

from rencai.config import SettingError
from rencai.http.app import Application
from rencai.http.protocol import StrictProtocol


class Server(uvicorn.Server):
    """uvicorn's server, which ends with exit code 0 on a signal: an end in order is no failure (decision 50)."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Let SIGTERM and SIGINT end the server, once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self.should_exit = True


def server_of(application: Application, cert: str | None, key: str | None, request_timeout: float) -> Server:
    """What serves an application, over TLS where there is a certificate, with so many seconds for a request."""
    StrictProtocol.request_timeout = request_timeout
    config = uvicorn.Config(
        application,
        http=StrictProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=cert,
        ssl_keyfile=key,
        timeout_keep_alive=75,  # longer than client pools keep a connection, so that they close it first
        timeout_graceful_shutdown=int(request_timeout) + 5,
    )
    return Server(config)


def check_certificate(cert: str | None, key: str | None) -> None:
    """Try the certificate before anything is opened. Raises SettingError that names the file."""
    if cert is None or key is None:
        return
    for option, file in (("--tls-cert", cert), ("--tls-key", key)):
        if not Path(file).is_file():
            raise SettingError(f"{option} {file} is no file; name a PEM file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as failure:
        words = f"the certificate can't be used ({failure}); check --tls-cert {cert} and --tls-key"
        raise SettingError(words) from failure
