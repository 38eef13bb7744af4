"""The command line as a stranger types it: what it says, its exit codes, and how a server begins and ends."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import stores
from harness import App, Certificate, Client, Server, clean_environment, rencai, running_server
from rencai import __version__
from stores import SqliteStore, Store


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def assert_wrong_usage(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on stderr that holds these words, exit code 2, nothing else."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert re.fullmatch(r"rencai: [^\n]{10,300}\n", done.stderr), done.stderr
    for word in words:
        assert word in done.stderr


def at_once(commands: list[list[str]], **environment: str) -> list[subprocess.CompletedProcess[str]]:
    """Run commands beside each other, to save time."""
    with ThreadPoolExecutor(4) as pool:
        return [running.result() for running in [pool.submit(rencai, *given, **environment) for given in commands]]


# Help and mistakes


def test_help_names_the_commands_and_the_exit_codes() -> None:
    done = rencai("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("serve", "demo", "app", "--version", "Exit codes"):
        assert word in done.stdout


def test_every_command_has_help() -> None:
    commands = ["serve", "app", "app create"]
    for command, done in zip(commands, at_once([[*command.split(), "--help"] for command in commands]), strict=True):
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Usage: rencai {command}" in " ".join(done.stdout.split())


def test_no_command_shows_the_help() -> None:
    done = rencai()
    assert done.returncode == 2
    assert "serve" in done.stdout + done.stderr


def test_version() -> None:
    done = rencai("--version")
    assert (done.returncode, done.stdout) == (0, f"rencai {__version__}\n")


MISTYPED = [
    (["swerve"], ["swerve", "--help"]),
    (["app", "delete"], ["delete", "--help"]),
    (["serve", "--prot", "1"], ["--prot", "--help"]),
    (["serve", "extra"], ["extra", "--help"]),
    (["serve", "--port", "x"], ["--port", "integer"]),
    (["serve", "--port", "65536"], ["--port", "65535"]),
    (["serve", "--request-timeout", "0"], ["--request-timeout", "0.1"]),
    (["serve", "--request-timeout", "nan"], ["--request-timeout"]),
    (["serve", "--request-timeout", "inf"], ["--request-timeout"]),
    (["app", "create", "--name", "n", "--scope", "hire:talent"], ["--tenant", "--help"]),
    (["app", "disable"], ["app_id", "--help"]),
]


def test_a_mistyped_command_gets_one_line(tmp_path: Path) -> None:
    done = at_once([arguments for arguments, _ in MISTYPED], RENCAI_DATABASE=url_of(tmp_path / "x.db"))
    for (_, words), mistyped in zip(MISTYPED, done, strict=True):
        assert_wrong_usage(mistyped, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_variable_that_is_wrong_is_named() -> None:
    assert_wrong_usage(rencai("serve", RENCAI_PORT="x"), "RENCAI_PORT")


# Databases that can't be used


@pytest.fixture
def unusable(tmp_path: Path) -> dict[str, Path]:
    """Places where no database of ours can be."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("this is a file with words in it, " * 100)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE things (id INTEGER)")
        other.commit()
    return {"folder": tmp_path / "folder", "text": tmp_path / "text", "other": tmp_path / "other.db"}


@pytest.mark.parametrize("command", ["serve", "app list"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("folder", ["folder", "names no file"]), ("text", ["text", "not a SQLite"]), ("other", ["another program"])],
)
def test_files_that_are_no_database_of_ours(
    unusable: dict[str, Path], command: str, name: str, words: list[str]
) -> None:
    path = unusable[name]
    before = path.read_bytes() if path.is_file() else b""
    port = ["--port", "0"] if command == "serve" else []
    assert_wrong_usage(rencai(*command.split(), "--database", url_of(path), *port), *words)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_database_urls_that_are_not_understood() -> None:
    urls = ["", "rencai.db", "sqlite:///", "mysql://localhost/rencai"]
    for done in at_once([["serve", "--database", url] for url in urls]):
        assert_wrong_usage(done, "--database", "sqlite:///PATH")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = rencai("serve", "--port", "0", "--database", url_of(tmp_path / "no" / "x.db"))
    assert_wrong_usage(done, "can't be opened")


@pytest.mark.parametrize("command", ["list", "disable cli_0123456789abcdef", "rotate-secret cli_0123456789abcdef"])
def test_a_mistyped_path_makes_no_database(tmp_path: Path, command: str) -> None:
    missing = tmp_path / "mistyped.db"
    assert_wrong_usage(rencai("app", *command.split(), "--database", url_of(missing)), "no database", str(missing))
    assert list(tmp_path.iterdir()) == []


def test_a_scope_that_nothing_asks_for_is_pointed_out(database: Store) -> None:
    options = ("--tenant", "t", "--name", "n", "--scope", "hire:talnt", "--database", database.url, "--json")
    done = rencai("app", "create", *options)
    assert (done.returncode, done.stderr.count("hire:talnt")) == (0, 1)


# Listening


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = rencai("serve", "--database", url_of(tmp_path / "x.db"), "--port", port)
    assert_wrong_usage(done, port, "in use", "--port")


def test_a_host_that_is_not_here(tmp_path: Path) -> None:
    hosts = ["256.0.0.1", "a..b", "192.0.2.1"]
    options = ["--database", url_of(tmp_path / "x.db"), "--port", "0"]
    for host, done in zip(hosts, at_once([["serve", *options, "--host", host] for host in hosts]), strict=True):
        assert_wrong_usage(done, host, "--host")


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_half_a_certificate(tmp_path: Path, certificate: Certificate, option: str) -> None:
    done = rencai("serve", "--database", url_of(tmp_path / "x.db"), "--port", "0", option, str(certificate.cert))
    assert_wrong_usage(done, "--tls-cert", "--tls-key")


@pytest.mark.parametrize(
    ("cert", "key", "named"),
    [("missing", "key", "--tls-cert"), ("cert", "missing", "--tls-key"), ("broken", "key", "--tls-cert")],
)
def test_certificates_that_cant_be_used(
    tmp_path: Path, certificate: Certificate, cert: str, key: str, named: str
) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    there = {"cert": certificate.cert, "key": certificate.key}
    files = [str(there.get(name, tmp_path / f"{name}.pem")) for name in (cert, key)]
    options = ["--port", "0", "--tls-cert", files[0], "--tls-key", files[1]]
    done = rencai("serve", "--database", url_of(tmp_path / "x.db"), *options)
    assert_wrong_usage(done, named)
    assert not (tmp_path / "x.db").exists()


def test_tls_is_spoken(database: Store, certificate: Certificate) -> None:
    with running_server(database, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=certificate.authority)
        assert httpx.get(server.url + "/healthz", verify=context).text == "ok"
        with pytest.raises(httpx.TransportError):
            httpx.get(server.url.replace("https", "http") + "/healthz")
        assert httpx.get(server.url + "/healthz", verify=context).text == "ok"


@pytest.mark.parametrize(
    ("host", "secure", "warned"), [("0.0.0.0", False, True), ("0.0.0.0", True, False), ("::1", False, False)]
)
def test_who_listens_beyond_this_machine_without_tls_is_warned(
    database: Store, certificate: Certificate, host: str, secure: bool, warned: bool
) -> None:
    options = ["--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key)] if secure else []
    public = ["--public-url", "https://talent.example.com"]
    with running_server(database, "--host", host, *public, *options) as server:
        pass
    warnings = [line["text"] for line in server.log if line["level"] == "warning"]
    assert len(warnings) == warned
    assert all("TLS" in text and "--tls-cert" in text for text in warnings)


# Settings


@contextlib.contextmanager
def serving(*options: str, cwd: Path, **environment: str) -> Generator[str]:
    """A `rencai serve` with an environment, and its URL. Ended at the end."""
    command = [sys.executable, "-m", "rencai", "serve", *options]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=cwd, env={**clean_environment(), **environment}
    )
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if '"listening"' in line)
        yield json.loads(line)["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_settings_come_from_the_environment_and_an_option_wins(tmp_path: Path) -> None:
    environment = {
        "RENCAI_DATABASE": url_of(tmp_path / "environment.db"),
        "RENCAI_HOST": "127.0.0.2",
        "RENCAI_PORT": "0",
        "RENCAI_PUBLIC_URL": "https://environment.example",
    }
    option = ["--database", url_of(tmp_path / "option.db")]
    for options, name in (([], "environment.db"), (option, "option.db")):
        with serving(*options, cwd=tmp_path, **environment) as url:
            assert url.startswith("http://127.0.0.2:")
            assert "https://environment.example/docs" in httpx.get(url + "/open-apis/hire/v1/talent_pools").text
            assert [path.name for path in tmp_path.glob("*.db")] == [name]
        (tmp_path / name).unlink()
    made = rencai(*CREATE, RENCAI_DATABASE=environment["RENCAI_DATABASE"])
    assert made.returncode == 0
    assert (tmp_path / "environment.db").exists()


def test_a_database_path_may_be_relative(tmp_path: Path) -> None:
    with serving("--database", "sqlite:///here.db", "--port", "0", cwd=tmp_path):
        assert (tmp_path / "here.db").exists()


def test_ready_in_under_two_seconds(sqlite_file: SqliteStore) -> None:
    """Of the processor's time, and with its end: of the clock's, others on a busy machine take their part.

    On SQLite alone: elsewhere it is the database server's time too.
    """
    taken: list[float] = []
    worked: list[float] = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with running_server(sqlite_file) as server:
            taken.append(server.seconds_to_ready)
            assert httpx.get(server.url + "/readyz").text == "ready"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert 0.1 < min(worked) < 2
    assert min(taken) < 8


# Apps

CREATE = ("app", "create", "--tenant", "t", "--name", "n", "--scope", "hire:talent_folder")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Iterator[Server]:
    """A server that the app commands work beside."""
    with running_server(stores.make(engine, tmp_path_factory.mktemp("command"))) as server:
        yield server


def app_command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return rencai(*arguments, RENCAI_DATABASE=server.database.url)


def test_create_says_that_it_made_the_database(tmp_path: Path) -> None:
    """A name that is mistyped is otherwise found out by nobody: the server knows nothing of the app."""
    url = f"sqlite:///{tmp_path}/mistyped.db"
    first, second = (rencai(*CREATE, "--database", url) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert f"a new database, {url}" in first.stderr
    assert "new database" not in second.stderr


def test_create_prints_the_credentials_for_people_and_for_programs(here: Server) -> None:
    for_people = app_command(here, *CREATE)
    fields = dict(line.split() for line in for_people.stdout.splitlines())
    for_programs = app_command(here, *CREATE, "--json")
    made = json.loads(for_programs.stdout)
    assert list(fields) == list(made) == ["tenant_key", "app_id", "app_secret"]
    assert fields["tenant_key"] == made["tenant_key"]
    assert (for_people.returncode, for_programs.returncode, for_programs.stderr) == (0, 0, "")
    assert for_programs.stdout.count("\n") == for_people.stderr.count("\n") == 1
    for credentials in (fields, made):
        assert re.fullmatch("cli_[0-9a-f]{16}", credentials["app_id"])
        assert len(credentials["app_secret"]) == 32
        assert here.client_of(App(**credentials)).call("GET", "/open-apis/hire/v1/talent_pools").code == 0


def test_apps_of_one_tenant_share_it(here: Server) -> None:
    one, two, other = here.create_app("one"), here.create_app("one"), here.create_app("other")
    assert one.tenant_key == two.tenant_key != other.tenant_key
    assert len({one.app_id, two.app_id, other.app_id}) == 3


def listed(server: Server) -> list[dict[str, Any]]:
    done = app_command(server, "app", "list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_list_shows_every_app_and_no_secret(here: Server) -> None:
    app = here.create_app("列表", scopes=("hire:talent",), limits="2.5")
    (row,) = [row for row in listed(here) if row["app_id"] == app.app_id]
    created = int(row.pop("create_time"))
    assert abs(created / 1000 - time.time()) < 60
    assert row == {
        "app_id": app.app_id,
        "tenant": "列表",
        "tenant_key": app.tenant_key,
        "name": "test",
        "scopes": ["hire:talent"],
        "rate_limits": "2.5",
        "is_disabled": False,
    }
    lines = app_command(here, "app", "list")
    assert (lines.returncode, lines.stderr) == (0, "")
    (cells,) = [line.split("\t") for line in lines.stdout.splitlines() if line.startswith(app.app_id)]
    assert cells[1:6] == ["列表", "test", "hire:talent", "2.5", "active"]
    assert app.app_secret not in lines.stdout + json.dumps(listed(here))


def test_disable_is_shown_and_may_be_said_twice(here: Server) -> None:
    app = here.create_app("t")
    for _ in range(2):
        done = app_command(here, "app", "disable", app.app_id)
        assert (done.returncode, done.stderr, app.app_id in done.stdout) == (0, "", True)
    assert [row["is_disabled"] for row in listed(here) if row["app_id"] == app.app_id] == [True]
    assert "disabled" in next(
        line for line in app_command(here, "app", "list").stdout.splitlines() if app.app_id in line
    )


def test_rotate_prints_a_new_secret(here: Server) -> None:
    app = here.create_app("t")
    for_people = dict(
        line.split() for line in app_command(here, "app", "rotate-secret", app.app_id).stdout.splitlines()
    )
    done = app_command(here, "app", "rotate-secret", app.app_id, "--json")
    made = json.loads(done.stdout)
    assert (done.returncode, done.stderr, list(made)) == (0, "", ["app_id", "app_secret"])
    assert made["app_id"] == for_people["app_id"] == app.app_id
    assert len({made["app_secret"], for_people["app_secret"], app.app_secret}) == 3
    assert here.client_of(App("", **made)).fetch_token()


def test_secrets_and_tokens_are_nowhere_in_the_database(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        token = client.fetch_token()
        rotated = json.loads(app_command(server, "app", "rotate-secret", client.app.app_id, "--json").stdout)
        kept = database.bytes()
    kept += database.bytes()
    assert client.app.app_id.encode() in kept
    for secret in (client.app.app_secret, rotated["app_secret"], token, token[2:]):
        assert secret.encode() not in kept


def wrong(server: Server, commands: list[list[str]], *words: str) -> None:
    """Run commands that are wrong: each says so with these words, and no app is made or changed."""
    before = listed(server)
    for done in at_once(commands, RENCAI_DATABASE=server.database.url):
        assert_wrong_usage(done, *words)
    assert listed(server) == before


def test_bad_scopes(here: Server) -> None:
    scopes = ["", "hire", "hire:talent hire:talent_folder", "hire:talent\n"]
    wrong(here, [[*CREATE, "--scope", scope] for scope in scopes], "--scope", "hire:talent_folder")


def test_bad_rate_limits(here: Server) -> None:
    limits = ["0", "-1", "x", "nan", "inf", ""]
    wrong(here, [[*CREATE, f"--rate-limits={text}"] for text in limits], "--rate-limits", "feishu, off")


def test_bad_names(here: Server) -> None:
    names = ["--tenant=", "--tenant= ", "--name=", "--name=a\nb", "--name=\x1b[31m", "--tenant=" + "x" * 256]
    wrong(here, [[*CREATE, name] for name in names], "1 to 255")


def test_unknown_apps(here: Server) -> None:
    app_ids = [("disable", "cli_0123456789abcdef"), ("disable", "a\nb"), ("rotate-secret", "x"), ("rotate-secret", "")]
    wrong(here, [["app", *given] for given in app_ids], "rencai app list")


# The end


def members_in(database: Store) -> set[str]:
    """The members of all pools, in a database that is whole and whose server left nothing to tidy up."""
    if isinstance(database, SqliteStore):
        log = database.path.with_name(database.path.name + "-wal")
        assert not log.exists() or log.stat().st_size == 0
        assert database.rows("PRAGMA integrity_check") == [["ok"]]
    return {str(talent_id) for (talent_id,) in database.rows("SELECT talent_id FROM memberships")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_in_flight_is_answered_and_a_new_one_refused(database: Store, number: signal.Signals) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, (person,) = client.create_pool(), client.create_talents(1)
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            body = json.dumps({"talent_id_list": [person], "option_type": 1}).encode()
            path = f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool"
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}\r\n"
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
            time.sleep(0.1)
            server.process.send_signal(number)
            wait_until_refused(host, int(port))
            connection.sendall(body[5:])
            reply = b"".join(iter(lambda: connection.recv(4096), b""))
        assert server.process.wait(10) == 0
        assert reply.endswith(b'{"code":0,"msg":"success","data":{}}')
        server.stop()
    assert members_in(database) == {person}


def wait_until_refused(host: str, port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("still listening")


def test_idle_connections_do_not_hold_up_the_end(database: Store) -> None:
    with running_server(database) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(20)]
            idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            idle[1].sendall(b"GET /healthz HTTP/1.1\r\n")
            time.sleep(0.1)
            started = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - started < 8


def test_an_end_under_load_loses_nothing_acknowledged(database: Store) -> None:
    with running_server(database) as server:
        client = server.client()
        pool_id, people = client.create_pool(), client.create_talents(1000)
        acknowledged: set[str] = set()

        def add(mine: list[str]) -> None:
            own = Client(server.url, client.app)
            own.token = client.token
            with contextlib.suppress(httpx.TransportError), own.http:
                for person in mine:
                    assert own.add(pool_id, [person]).code in (0, 1990001)
                    acknowledged.add(person)

        threads = [threading.Thread(target=add, args=(people[start::8],)) for start in range(8)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 100:
            time.sleep(0.005)
        assert server.stop() == 0
        for thread in threads:
            thread.join()
    assert 100 <= len(acknowledged) < len(people)
    assert members_in(database) >= acknowledged


# The demo


class Demo:
    """A running demo and what it printed; its temporary files go into a folder of their own."""

    def __init__(self, folder: Path) -> None:
        environment = {**clean_environment(), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "rencai", "demo", "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if "get_log_id()" in line:
                break

    def field(self, name: str) -> str:
        """A field of the heading."""
        match = re.search(rf"^ *{name} +(\S+)$", self.printed, re.MULTILINE)
        assert match, self.printed
        return match[1]

    def client(self) -> Client:
        return Client(self.field("base URL"), App("", self.field("app id"), self.field("app secret")))

    def between(self, first: str, last: str) -> str:
        """The lines from one that holds `first` to one that holds `last`, as they were printed."""
        lines = self.printed.splitlines()
        start = next(number for number, line in enumerate(lines) if first in line)
        end = next(number for number, line in enumerate(lines) if number >= start and last in line)
        return "\n".join(lines[start : end + 1]) + "\n"

    def end(self) -> int:
        """Ctrl-C, and the exit code."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    try:
        yield demo
    finally:
        assert demo.end() == 0
        assert list(tmp_path.iterdir()) == []


def test_the_lines_of_the_demo_work_as_printed(demo: Demo, tmp_path: Path) -> None:
    client = demo.client()
    with client.http:
        pool_id = re.findall(r"talent_pools/(\d+)/batch_change", demo.printed)[0]
        assert client.members(pool_id) == {}
        assert "deriving" not in demo.printed  # a new database is not brought up to date
        curl = subprocess.run(
            ["bash", "-euo", "pipefail"],
            input=demo.between("TOKEN=", "/talents"),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (curl.returncode, curl.stderr) == (0, "")
        three = client.members(pool_id)
        assert '"member_count":3' in curl.stdout
        assert len(three) == 3
        client.remove(pool_id, list(three))
        script = demo.between("import lark_oapi", "get_log_id()")
        sdk = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert re.fullmatch(r"0 success [0-9A-F]{34}\n", sdk.stdout), sdk
        assert client.members(pool_id).keys() == three.keys()
        assert sum(1 for _ in client.pages("/open-apis/hire/v1/talent_pools", 100)) == 10
        assert httpx.get(demo.field("pages")).status_code == 200
    assert os.listdir(tmp_path) != []


def test_listening_everywhere_without_a_public_url_is_warned_of(database: Store) -> None:
    with running_server(database, "--host", "0.0.0.0") as server:
        pass
    assert [line["event"] for line in server.log if line["level"] == "warning"] == ["no_tls", "no_public_url"]
