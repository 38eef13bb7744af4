"""`rencai serve`, and `rencai demo`: the same server on a throw-away database with sample people."""

from typing import Annotated

from rencai import config
from rencai.cli import options
from rencai.cli.options import option
from rencai.config import SettingError


def serve(
    database: Annotated[str, options.DATABASE] = config.DATABASE.default,
    database_connections: Annotated[
        int, option(config.DATABASE_CONNECTIONS, min=1, max=1000)
    ] = config.DATABASE_CONNECTIONS.default,
    workers: Annotated[int, option(config.WORKERS, min=1, max=64)] = config.WORKERS.default,
    host: Annotated[str, option(config.HOST)] = config.HOST.default,
    port: Annotated[int, option(config.PORT, min=0, max=65535)] = config.PORT.default,
    tls_cert: Annotated[str | None, option(config.TLS_CERT)] = config.TLS_CERT.default,
    tls_key: Annotated[str | None, option(config.TLS_KEY)] = config.TLS_KEY.default,
    public_url: Annotated[str | None, option(config.PUBLIC_URL)] = config.PUBLIC_URL.default,
    time_zone: Annotated[str, option(config.TIME_ZONE)] = config.TIME_ZONE.default,
    queue_limit: Annotated[int, option(config.QUEUE_LIMIT, min=1)] = config.QUEUE_LIMIT.default,
    request_timeout: Annotated[
        float, option(config.REQUEST_TIMEOUT, min=0.1, max=3600)
    ] = config.REQUEST_TIMEOUT.default,
) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    The database is made where there is none. Create an app beside it with `rencai app create`.

    Example: rencai serve --database sqlite:///talent.db
    """
    if (tls_cert is None) != (tls_key is None):
        raise SettingError("--tls-cert and --tls-key go together; give both or neither")
    from rencai.main import ServeSettings
    from rencai.main import serve as run_one
    from rencai.workers import serve as run_many

    run = run_one if workers == 1 else run_many
    run(
        ServeSettings(
            database=database,
            database_connections=database_connections,
            workers=workers,
            host=host,
            port=port,
            tls_cert=tls_cert,
            tls_key=tls_key,
            public_url=public_url,
            time_zone=time_zone,
            queue_limit=queue_limit,
            request_timeout=request_timeout,
        )
    )


def demo(
    host: Annotated[str, option(config.HOST)] = config.HOST.default,
    port: Annotated[int, option(config.PORT, min=0, max=65535)] = config.PORT.default,
) -> None:
    """Run a server on a throw-away database with 1,000 sample people, and print lines to paste.

    Example: rencai demo
    """
    from rencai.cli.demo import run

    run(host, port)
