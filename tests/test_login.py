"""`rencai login` and the profiles it keeps: who may read them, and where a secret goes."""

import tomllib
from pathlib import Path

import pytest

from caller import Caller
from harness import Server
from terminal import on_terminal


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    return Caller(server, "login")


@pytest.fixture
def home(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, where no server is known but by login."""
    for name in ("RENCAI_URL", "RENCAI_APP_ID", "RENCAI_APP_SECRET"):
        monkeypatch.setitem(caller.environment, name, "")
    monkeypatch.setitem(caller.environment, "HOME", str(tmp_path))
    monkeypatch.setitem(caller.environment, "XDG_CONFIG_HOME", "")
    return tmp_path


def typed(caller: Caller, server: Server, secret: str = "") -> str:
    return f"{server.url}\n{caller.app.app_id}\n{secret or caller.app.app_secret}\n"


def test_login_reads_lines_where_there_is_no_terminal(caller: Caller, server: Server, home: Path) -> None:
    done = caller.says("login", stdin=typed(caller, server))
    assert (done.returncode, done.stderr) == (0, "")
    assert caller.app.app_secret not in done.stdout
    file = home / ".config" / "rencai" / "profiles.toml"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    kept = tomllib.loads(file.read_text())
    assert kept == {"default": {"url": server.url, "app_id": caller.app.app_id, "app_secret": caller.app.app_secret}}
    assert caller.objects("pool", "list") == []


def test_login_asks_on_a_terminal_and_shows_no_secret(caller: Caller, server: Server, home: Path) -> None:
    answers = [("Address", server.url), ("App id", caller.app.app_id), ("App secret", caller.app.app_secret)]
    code, seen = on_terminal("login", "--profile", "work", answers=answers, **caller.environment)
    assert code == 0
    assert caller.app.app_id in seen
    assert caller.app.app_secret not in seen
    assert "login" in caller.fails(2, "pool", "list")
    assert caller.objects("pool", "list", "--profile", "work") == []
    assert caller.says("pool", "list", RENCAI_PROFILE="work").returncode == 0


def test_what_a_server_does_not_take_is_not_kept(caller: Caller, server: Server, home: Path) -> None:
    before = caller.says("login", stdin=typed(caller, server))
    file = home / ".config" / "rencai" / "profiles.toml"
    kept = file.read_bytes()
    assert before.returncode == 0
    wrong = caller.says("login", stdin=typed(caller, server, "x" * 32))
    assert (wrong.returncode, "app secret invalid" in wrong.stderr, wrong.stderr.count("\n")) == (1, True, 1)
    nowhere = caller.says("login", "--url", "http://127.0.0.1:1", stdin="cli_0123456789abcdef\nx\n")
    assert (nowhere.returncode, "can't be reached" in nowhere.stderr) == (1, True)
    for given, words in (("", "address"), (f"{server.url}\n", "app id"), ("nonsense\na\nb\n", "no address")):
        done = caller.says("login", stdin=given)
        assert (done.returncode, words in done.stderr, done.stderr.count("\n")) == (2, True, 1)
    assert file.read_bytes() == kept


def test_other_profiles_stay(caller: Caller, server: Server, home: Path) -> None:
    for name in ("one", "two", "one"):
        assert caller.says("login", "--profile", name, stdin=typed(caller, server)).returncode == 0
    assert list(tomllib.loads((home / ".config/rencai/profiles.toml").read_text())) == ["one", "two"]
    said = caller.fails(2, "pool", "list", "--profile", "three")
    assert "one, two" in said
    assert "letters" in caller.fails(2, "pool", "list", "--profile", "a/b")
    assert "letters" in caller.fails(2, "login", "--profile", "a b\n")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_profiles_that_others_can_read_are_not_read(caller: Caller, server: Server, home: Path, mode: int) -> None:
    assert caller.says("login", stdin=typed(caller, server)).returncode == 0
    file = home / ".config" / "rencai" / "profiles.toml"
    file.chmod(mode)
    for command in (["pool", "list"], ["login"]):
        assert f"chmod 600 {file}" in caller.fails(2, *command)


@pytest.mark.parametrize("text", ["[default", "default = 3", '[default]\nurl = "x"\n', "[default]\nurl = 3\n", "\xff"])
def test_a_file_that_is_none_of_ours(caller: Caller, home: Path, text: str) -> None:
    file = home / ".config" / "rencai" / "profiles.toml"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    file.chmod(0o600)
    assert str(file) in caller.fails(2, "pool", "list")


def test_the_folder_of_settings_may_be_elsewhere(caller: Caller, server: Server, home: Path) -> None:
    elsewhere = str(home / "elsewhere")
    assert caller.says("login", stdin=typed(caller, server), XDG_CONFIG_HOME=elsewhere).returncode == 0
    assert (home / "elsewhere" / "rencai" / "profiles.toml").exists()


def test_a_secret_goes_to_its_own_address_only(caller: Caller, server: Server, home: Path) -> None:
    assert caller.says("login", stdin=typed(caller, server)).returncode == 0
    said = caller.fails(2, "pool", "list", "--url", "http://127.0.0.1:1")
    assert "http://127.0.0.1:1" in said
    assert server.url in said
    assert caller.says("pool", "list", "--url", server.url + "/").returncode == 0


def test_half_of_what_is_needed_is_named(caller: Caller, server: Server, home: Path) -> None:
    assert "rencai login" in caller.fails(2, "pool", "list")
    assert "rencai login" in caller.fails(2, "pool", "list", "--url", server.url)
    assert "RENCAI_APP_SECRET" in caller.fails(2, "pool", "list", RENCAI_APP_ID="x")
    assert "RENCAI_APP_ID" in caller.fails(2, "pool", "list", RENCAI_APP_SECRET="x")
    assert "--url" in caller.fails(2, "pool", "list", RENCAI_APP_ID="x", RENCAI_APP_SECRET="x")
    for url in ("ftp://x", "x", "http://", "http://a b", "http://u:p@h", "http://h?x", "http://h:x", "http://\x1b[1m"):
        both = {"RENCAI_APP_ID": "x", "RENCAI_APP_SECRET": "x"}
        assert "no address" in caller.fails(2, "pool", "list", "--url", url, **both)
