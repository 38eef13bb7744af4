"""Every setting: its name, type, default and a sentence. The command's options and the pages follow from these."""

import re
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec

T = TypeVar("T")


class Setting(msgspec.Struct, Generic[T], frozen=True):
    """One setting: the option `--name`, and the variable `RENCAI_NAME` in the environment.

    What is `secret` has the variable alone: an argument stands in the list of processes, for everybody to read.
    """

    name: str
    default: T
    sentence: str
    secret: bool = False

    @property
    def option(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The variable in the environment."""
        return "RENCAI_" + self.name.upper()


DATABASE = Setting(
    "database",
    "sqlite:///rencai.db",
    "The database: sqlite:///PATH, relative or absolute, or postgresql://USER@HOST/NAME, hosts separated by commas.",
)
DATABASE_CONNECTIONS = Setting(
    "database_connections", 8, "How many connections to PostgreSQL each process opens at most."
)
WORKERS = Setting("workers", 1, "How many server processes share the port. More than one needs PostgreSQL.")
HOST = Setting("host", "127.0.0.1", "The address to listen on.")
PORT = Setting("port", 7331, "The port to listen on; 0 takes a free one and prints it.")
TLS_CERT: Setting[str | None] = Setting("tls_cert", None, "A PEM file with the certificate chain, to speak https.")
TLS_KEY: Setting[str | None] = Setting("tls_key", None, "The PEM file with the certificate's key.")
PUBLIC_URL: Setting[str | None] = Setting(
    "public_url", None, "The address clients know the server by, for links in error bodies."
)
TIME_ZONE = Setting("time_zone", "Asia/Shanghai", "The time zone in which moments are shown as years, months and ages.")
QUEUE_LIMIT = Setting("queue_limit", 1024, "How many calls may wait for the database before the next is answered 503.")
REQUEST_TIMEOUT = Setting(
    "request_timeout", 30.0, "Seconds a client has for sending a whole request, headers and body."
)

SETTINGS: tuple[Setting[Any], ...] = (
    DATABASE,
    DATABASE_CONNECTIONS,
    WORKERS,
    HOST,
    PORT,
    TLS_CERT,
    TLS_KEY,
    PUBLIC_URL,
    TIME_ZONE,
    QUEUE_LIMIT,
    REQUEST_TIMEOUT,
)

URL: Setting[str | None] = Setting(
    "url", None, "The server to call: http://127.0.0.1:7331, or https://open.feishu.cn for Feishu itself."
)
PROFILE: Setting[str | None] = Setting(
    "profile", None, "The profile to call with, as `rencai login --profile NAME` keeps it."
)
APP_ID: Setting[str | None] = Setting("app_id", None, "The app to call as. Goes with RENCAI_APP_SECRET.", secret=True)
APP_SECRET: Setting[str | None] = Setting("app_secret", None, "The app's secret.", secret=True)

# What the commands need that call a server: an address and an app.
CONNECTION_SETTINGS: tuple[Setting[Any], ...] = (URL, PROFILE, APP_ID, APP_SECRET)


class SettingError(ValueError):
    """A setting that can't be used. The message is one line that says why and what to do."""


def time_zone(name: str) -> ZoneInfo:
    """The time zone of a name such as Asia/Shanghai. Raises SettingError for one there is not."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise SettingError(
            f"--time-zone {name!r} is no time zone; say a name such as Asia/Shanghai or UTC"
        ) from unknown


class SqliteFile(msgspec.Struct, frozen=True):
    """A database in a file."""

    path: Path


class PostgresUrl(msgspec.Struct, frozen=True):
    """A PostgreSQL database: a URL for each of its hosts, and all of it as it may be shown, without the password."""

    hosts: tuple[str, ...]
    shown: str


def database_of(url: str) -> SqliteFile | PostgresUrl:
    """The database that a URL names. Raises SettingError for one that is not understood."""
    if url.startswith("sqlite:///"):
        return SqliteFile(Path(_sqlite_path(url)))
    if url.startswith(("postgresql://", "postgres://")):
        return _postgres_url(url)
    raise SettingError(f"--database {_without_password(url)!r} is not understood; {_FORMS}")


_FORMS = "say sqlite:///PATH, such as sqlite:///rencai.db, or postgresql://USER@HOST/NAME"


def _sqlite_path(url: str) -> str:
    """The path in a sqlite:/// URL: `sqlite:///a.db` is relative, `sqlite:////srv/a.db` absolute."""
    path = url.removeprefix("sqlite:///")
    if not path:
        raise SettingError(f"--database {url!r} is not understood; {_FORMS}")
    if path.startswith((":", "file:")) or Path(path).name in ("", "..") or Path(path).is_dir():
        raise SettingError(f"--database {url!r} names no file; say sqlite:///PATH, such as sqlite:///rencai.db")
    return path


def _postgres_url(url: str) -> PostgresUrl:
    """A URL for each host: hosts are separated by commas, or stand in the query as `host`."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError as wrong:
        raise SettingError(f"--database {_without_password(url)!r} is not understood; {_FORMS}") from wrong
    user, at, hosts = parts.netloc.rpartition("@")
    in_query = dict(query).get("host", "")
    if hosts or not in_query:
        urls = [parts._replace(netloc=f"{user}{at}{host}") for host in hosts.split(",")]
    else:
        rest = [(name, value) for name, value in query if name != "host"]
        urls = [_with_host(parts, rest, host) for host in in_query.split(",")]
    return PostgresUrl(tuple(url.geturl() for url in urls), _without_password(url))


def _with_host(parts: SplitResult, rest: list[tuple[str, str]], host: str) -> SplitResult:
    return parts._replace(query=urlencode([*rest, ("host", host)], quote_via=quote))


def holds_password(url: str) -> bool:
    """Whether a database's URL holds a password, which must not stand in a list of processes."""
    return _without_password(url) != url


def _without_password(url: str) -> str:
    """The URL as it may be shown."""
    shown = re.sub(r"(://[^:@/?]*):.*@", r"\1@", url)
    return re.sub(r"([?&](?:ssl)?password=)[^&]+", r"\1***", shown)
