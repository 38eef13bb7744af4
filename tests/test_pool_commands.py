"""`rencai pool` as it is typed: what it prints for people and for programs, and what it does to pools."""

import csv
import io
import json
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest
from rich.cells import cell_len

from caller import Caller
from faulty_proxy import faulty_proxy
from harness import Server, clean_environment

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    caller = Caller(server, "pool-commands")
    caller.api.create_pool("Backend", i18n_name={"zh_cn": "后端工程师", "en_us": "Backend"})
    caller.api.create_pool("Designers")
    return caller


@pytest.fixture
def filled(caller: Caller) -> tuple[str, list[str]]:
    """A new pool with three people."""
    pool, people = caller.api.create_pool(f"filled {time.monotonic_ns()}"), caller.api.create_talents(3)
    assert caller.api.add(pool, people).code == 0
    return pool, people


# Looking


def test_a_list_in_a_pipe_is_lines_with_tabs(caller: Caller) -> None:
    lines = [line.split("\t") for line in caller.gets("pool", "list").splitlines()]
    assert {len(line) for line in lines} == {5}
    assert lines[0][1:4] == ["后端工程师 / Backend", "", "everyone"]
    assert re.fullmatch(r"\d{19}", lines[0][0])
    assert datetime.fromisoformat(lines[0][4])


def test_a_list_for_programs(caller: Caller) -> None:
    pools = caller.objects("pool", "list")
    assert pools[0]["i18n_name"] == {"zh_cn": "后端工程师", "en_us": "Backend"}
    rows = list(csv.DictReader(io.StringIO(caller.gets("pool", "list", "--csv"), newline="")))
    assert [row["id"] for row in rows] == [pool["id"] for pool in pools]
    moment = datetime.fromisoformat(rows[0]["create_time"])
    assert (moment.timestamp() * 1000, moment.utcoffset()) == (int(pools[0]["create_time"]), timedelta(hours=8))
    assert "--csv" in caller.fails(2, "pool", "list", "--json", "--csv")


def test_a_table_on_a_terminal_stands_straight_with_chinese_in_it(caller: Caller) -> None:
    code, seen = caller.on_terminal("pool", "list")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in seen.splitlines()]
    assert code == 0
    assert lines[0].split() == ["ID", "NAME", "PARENT", "ID", "VISIBILITY", "CREATE", "TIME"]
    place = cell_len(lines[0][: lines[0].index("VISIBILITY")])
    assert {cell_len(line[: line.index("everyone")]) for line in lines[1:]} == {place}
    assert any("后端工程师" in line for line in lines)


def test_what_came_from_a_server_never_paints(caller: Caller) -> None:
    name = "red \x1b[31m\x07\tand\n\u202ewrong"
    caller.api.create_pool(name)
    for seen in (caller.gets("pool", "list"), caller.on_terminal("pool", "list")[1]):
        assert "red \\x1b[31m\\x07\\tand\\n\\u202ewrong" in seen
        assert "\x1b[31m" not in seen
    assert "\\x1b" in caller.fails(1, "pool", "show", "red \x1b[31m")
    caller.gets("pool", "delete", name, "--yes")


def test_pools_are_named_by_id_or_by_name(caller: Caller) -> None:
    (pool,) = [pool for pool in caller.objects("pool", "list") if pool["i18n_name"]["en_us"] == "Backend"]
    shown = [caller.objects("pool", "show", name) for name in (pool["id"], "Backend", "后端工程师")]
    assert shown == [[{"parent_id": "", **pool, "member_count": 0}]] * 3


def test_a_pool_that_is_not_there(caller: Caller) -> None:
    said = caller.fails(1, "pool", "members", "Desiners")
    assert '"Desiners"' in said
    assert '"Designers"' in said
    assert "rencai pool list" in said
    assert "rencai pool list" in caller.fails(1, "pool", "show", "1")
    assert "rencai pool list" in caller.fails(1, "pool", "show", "")


def test_a_name_that_several_pools_have_is_a_choice(caller: Caller) -> None:
    twins = {caller.api.create_pool("twin"), caller.api.create_pool("twin")}
    done = caller.says("pool", "show", "twin")
    assert (done.returncode, done.stdout) == (2, "")
    assert set(re.findall(r"\d{19}", done.stderr)) == twins
    for pool in twins:
        caller.gets("pool", "delete", pool, "--yes")


def test_members_now_and_then(caller: Caller, filled: tuple[str, list[str]]) -> None:
    pool, people = filled
    before = caller.api.members(pool)[people[0]]  # no two changes of a pool have one time, a clock's reading might
    assert caller.api.remove(pool, people[:1]).code == 0
    assert [member["talent_id"] for member in caller.objects("pool", "members", pool)] == people[1:]
    assert [line.split("\t")[0] for line in caller.gets("pool", "members", pool).splitlines()] == people[1:]
    then = caller.objects("pool", "members", pool, "--at", before)
    assert [member["talent_id"] for member in then] == people
    moment = datetime.fromtimestamp(int(before) / 1000, SHANGHAI)
    assert caller.objects("pool", "members", pool, "--at", moment.isoformat()) == then
    assert caller.objects("pool", "members", pool, "--at", moment.replace(tzinfo=None).isoformat()) == then
    (gone,) = caller.objects("pool", "diff", pool, "--from", before)
    assert gone == {"talent_id": people[0], "outcome": "removed"}
    assert caller.gets("pool", "diff", pool, "--from", before, "--to", before) == ""
    assert "--at" in caller.fails(2, "pool", "members", pool, "--at", "yesterday")


def test_more_members_than_a_page_and_a_reader_that_has_seen_enough(caller: Caller) -> None:
    pool, people = caller.api.create_pool("many"), caller.api.create_talents(1000) + caller.api.create_talents(200)
    change = {"add": people}
    assert caller.api.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", change).code == 0
    lines = caller.gets("pool", "members", "many").splitlines()
    assert [line.split("\t")[0] for line in lines] == sorted(people)
    code, seen = caller.on_terminal("pool", "members", "many")
    assert code == 0
    assert [line.split()[0] for line in seen.splitlines()[1:]] == sorted(people)
    script = f"{sys.executable} -m rencai pool members many | head -1"
    environment = {**clean_environment(), **caller.environment}
    head = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert (head.stdout.count("\n"), head.stderr) == (1, "")


# Files


def test_an_export_is_a_sheet_that_runs_nothing_and_can_be_fed_back(caller: Caller, tmp_path: Path) -> None:
    pool = caller.api.create_pool("exported")
    bomb = caller.api.create_talent("=HYPERLINK(1)", basic_info={"email": "e@example.com"})
    other = caller.api.create_talent('王 , "伟"', basic_info={"mobile": "13800138000", "mobile_country_code": "CN_1"})
    caller.api.add(pool, [bomb, other])
    sheet, book = tmp_path / "p.csv", tmp_path / "p.xlsx"
    assert "2 people" in caller.gets("pool", "export", pool, str(sheet))
    assert "2 people" in caller.gets("pool", "export", pool, str(book))
    assert "would hold CSV" in caller.fails(2, "pool", "export", pool, str(tmp_path / "p.json"))
    rows = list(csv.reader(io.StringIO(sheet.read_text("utf-8-sig"), newline="")))
    assert rows[0] == ["talent_id", "name", "email", "mobile", "add_time"]
    assert [row[:4] for row in rows[1:]] == [
        [bomb, "'=HYPERLINK(1)", "e@example.com", ""],
        [other, '王 , "伟"', "", "'+8613800138000"],
    ]
    cells = [list(row) for row in openpyxl.load_workbook(book).worksheets[0].values]
    assert [row[0] for row in cells] == ["talent_id", bomb, other]  # as text, so no program rounds them
    assert {path.stat().st_mode & 0o777 for path in (sheet, book)} == {0o600}
    printed = caller.gets("pool", "export", pool, "-")
    assert list(csv.reader(io.StringIO(printed, newline=""))) == rows
    (first, _) = [json.loads(line) for line in caller.gets("pool", "export", pool, "-", "--json").splitlines()]
    assert first["name"] == "=HYPERLINK(1)"
    assert caller.gets("pool", "export", pool, "-", "--ids").splitlines()[0] == "talent_id,add_time"
    before = caller.api.changes(pool)
    for path in (sheet, book):
        assert caller.says("pool", "set", pool, str(path), "--yes").returncode == 0
    assert caller.api.changes(pool) == before


def test_names_are_exported_to_whom_may_read_people(
    caller: Caller, server: Server, filled: tuple[str, list[str]]
) -> None:
    pool, people = filled
    app = server.create_app("pool-commands", scopes=("hire:talent_folder:readonly",))
    narrow = {"RENCAI_APP_ID": app.app_id, "RENCAI_APP_SECRET": app.app_secret}
    assert "hire:talent:readonly" in caller.fails(1, "pool", "export", pool, "-", **narrow)
    ids = caller.says("pool", "export", pool, "-", "--ids", **narrow)
    assert [line.partition(",")[0] for line in ids.stdout.splitlines()[1:]] == people


def test_an_export_of_many_asks_little(caller: Caller, server: Server) -> None:
    pool, people = caller.api.create_pool("many to export"), caller.api.create_talents(1000)
    change = {"add": [*people, *caller.api.create_talents(200)]}
    assert caller.api.call("POST", f"/rencai/v1/talent_pools/{pool}/membership_changes", change).code == 0
    with faulty_proxy(server.url) as proxy:
        done = caller.says("pool", "export", pool, "-", RENCAI_URL=proxy.url)
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 1201)
        assert len(proxy.calls) < 10


def test_an_export_overwrites_nothing(caller: Caller, filled: tuple[str, list[str]], tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    assert str(there) in caller.fails(2, "pool", "export", filled[0], str(there))
    assert there.read_text() == "mine"
    assert "could not be written" in caller.fails(1, "pool", "export", filled[0], str(tmp_path / "no" / "x.csv"))


# Output that nobody takes


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("pool list", 1, "what it shows can't be written: no space left on device"),
        ("pool list --json", 1, "what it shows"),
        ("pool show Backend", 1, "what it shows"),
        ("pool members {filled}", 1, "what it shows"),
        ("pool export {filled} -", 1, "what it shows"),
        ("change list --json", 1, "what it shows"),
        ("api GET /rencai/v1/runs", 1, "what it shows"),
        ("pool create void", 3, "it is done, but what it shows can't be written: no space left on device"),
        ("pool rename {filled} void", 3, "it is done, but"),
        ("pool delete {filled} --force --yes", 3, "it is done, but"),
    ],
)
def test_a_full_disk_takes_no_output(
    caller: Caller, filled: tuple[str, list[str]], arguments: str, code: int, words: str
) -> None:
    command = [sys.executable, "-m", "rencai", *arguments.format(filled=filled[0]).split()]
    environment = {**clean_environment(), **caller.environment}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert done.stderr.startswith(f"rencai: {words}")


# Changing pools


def test_a_pool_is_made_named_moved_and_deleted(caller: Caller) -> None:
    (made,) = caller.objects("pool", "create", "数据", "--english", "Data", "--under", "Backend", "--private")
    assert (made["i18n_name"], made["is_private"]) == ({"zh_cn": "数据", "en_us": "Data"}, 1)
    caller.gets("pool", "rename", "数据", "数据组", "--description", "算法")
    caller.gets("pool", "move", "Data", "--root")
    (shown,) = caller.objects("pool", "show", made["id"])
    assert shown["i18n_name"] == {"zh_cn": "数据组", "en_us": "Data"}
    assert (shown["i18n_description"]["zh_cn"], shown["parent_id"]) == ("算法", "")
    caller.gets("pool", "move", "Data", "--under", "Designers")
    assert caller.objects("pool", "show", "Data")[0]["parent_id"] != ""
    assert "--under" in caller.fails(2, "pool", "move", "Data")
    assert caller.gets("pool", "create", "plain").splitlines()[1] == "name\tplain"
    for name in ("Data", "plain"):
        assert name in caller.gets("pool", "delete", name, "--yes")
    assert "there is no pool" in caller.fails(1, "pool", "show", "Data")


def test_deleting_asks(caller: Caller, filled: tuple[str, list[str]]) -> None:
    pool, _ = filled
    assert "--force" in caller.fails(1, "pool", "delete", pool, "--yes")
    assert "--yes" in caller.fails(2, "pool", "delete", pool, "--force")
    refused, seen = caller.on_terminal("pool", "delete", pool, "--force", answers=(("[y/N]", "n"),))
    assert (refused, "3 people" in seen, "nothing was changed" in seen) == (1, True, True)
    assert len(caller.api.members(pool)) == 3
    assert caller.on_terminal("pool", "delete", pool, "--force", answers=(("[y/N]", "y"),))[0] == 0
    assert "there is no pool" in caller.fails(1, "pool", "show", pool)


# Feishu, and what is out of reach


def test_what_only_rencai_can_do_is_refused_for_feishu_without_a_call(caller: Caller) -> None:
    commands = ["members 1", "export 1 -", "create x", "rename 1 x", "move 1 --root", "delete 1 --yes"]
    for command in [*commands, "diff 1 --from 2026-01-01"]:
        said = caller.fails(1, "pool", *command.split(), RENCAI_URL="https://open.feishu.cn")
        assert "https://open.feishu.cn does not have" in said


def test_pools_are_listed_and_shown_where_the_native_calls_are_missing(
    caller: Caller, server: Server, filled: tuple[str, list[str]]
) -> None:
    with faulty_proxy(server.url, like_feishu=True) as feishu:
        there = {"RENCAI_URL": feishu.url}
        listed = caller.says("pool", "list", **there)
        assert (listed.returncode, filled[0] in listed.stdout) == (0, True)
        shown = caller.says("pool", "show", filled[0], **there)
        assert (shown.returncode, "members" in shown.stdout) == (0, False)
        assert "membership_list is a call of Rencai's own" in caller.fails(1, "pool", "members", filled[0], **there)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"RENCAI_APP_SECRET": "x" * 32}, ["app secret invalid", "10014"]),
        ({"RENCAI_APP_ID": "cli_0123456789abcdef"}, ["10003", "10014"]),
        ({"RENCAI_URL": "http://127.0.0.1:1"}, ["http://127.0.0.1:1", "look whether it runs"]),
        ({"RENCAI_URL": "http://no-such-host.invalid"}, ["no-such-host.invalid", "look whether it runs"]),
    ],
)
def test_what_cant_be_reached_is_one_line(caller: Caller, wrong: dict[str, str], words: list[str]) -> None:
    said = caller.fails(1, "pool", "list", **wrong)
    assert any(word in said for word in words), said
