"""Sheets that we write: whole or not there, safe in a spreadsheet, and read again as what they were."""

import codecs
import contextlib
import csv
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from listing import IDS, made, rows
from rencai.bulk import lists, sheets
from rencai.bulk.encodings import Encoding
from rencai.bulk.lists import Form
from rencai.bulk.refusals import NotWritten
from rencai.bulk.saving import saved

DANGEROUS = ["=1+1", "+86138", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1", "''+1", "'", "'quoted'", ""]
FORMS = [sheets.EXCEL, sheets.CSV, sheets.WORKBOOK, Form("csv", Encoding("utf-16-le", codecs.BOM_UTF16_LE), ";")]


def written(path: Path, form: Form, cells: list[str]) -> Path:
    with sheets.written(path, ["talent_id", "note"], form) as write:
        for key, cell in zip(IDS, cells, strict=False):
            write([key, cell])
    return path


@pytest.mark.parametrize("form", FORMS)
def test_cells_that_would_run_are_guarded_and_come_back(tmp_path: Path, form: Form) -> None:
    path = written(tmp_path / "out.xlsx", form, DANGEROUS)
    assert [row.cells[1] for row in rows(path)] == DANGEROUS
    if form.kind == "csv":
        text = path.read_bytes().removeprefix(form.encoding.mark).decode(form.encoding.codec)
        seen = [cells[1] for cells in csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter)]
    else:
        seen = [str(cells[1].value) for cells in openpyxl.load_workbook(path).worksheets[0].iter_rows()]
    assert not [cell for cell in seen if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))]


def test_a_workbook_of_ours_opens_elsewhere_with_every_id_a_text(tmp_path: Path) -> None:
    path = written(tmp_path / "out.xlsx", sheets.WORKBOOK, ["张三 <&>", " b ", "c\nd"])
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["talent_id", "note"],
        [IDS[0], "张三 <&>"],
        [IDS[1], " b "],
        [IDS[2], "c\nd"],
    ]
    assert {(cell.data_type, cell.number_format) for row in sheet.iter_rows() for cell in row} == {("s", "@")}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            codecs.BOM_UTF8 + f"名;ID\r\n张三;{IDS[0]}\r\n".encode(),
            codecs.BOM_UTF8 + f"名;ID;reason\r\n张三;{IDS[0]};不在\r\n".encode(),
        ),
        (f"名,ID\n张三,{IDS[0]}\n".encode("gb18030"), f"名,ID,reason\n张三,{IDS[0]},不在\n".encode("gb18030")),
        (f"名,ID\n张三,{IDS[0]}\n".encode("utf-16"), f"名,ID,reason\n张三,{IDS[0]},不在\n".encode("utf-16")),
        (f"ID,reason\n{IDS[0]},old\n".encode(), f"ID,reason\n{IDS[0]},不在\n".encode()),
        (f"{IDS[0]}\n".encode(), f"talent_id,reason\n{IDS[0]},不在\n".encode()),
        (b"+8613800138000\n", "mobile,reason\n'+8613800138000,不在\n".encode()),
    ],
)
def test_failures_have_the_form_of_the_list_and_can_be_fed_back(
    tmp_path: Path, content: bytes, expected: bytes
) -> None:
    failed = tmp_path / "failed.csv"
    with lists.opened(made(tmp_path, content)) as people, sheets.failures(failed, people) as fail:
        for row in people.rows():
            fail(row, "不在")
    assert failed.read_bytes() == expected
    assert [row.key for row in rows(failed)] == [row.key for row in rows(tmp_path / "people.csv")]


def test_failures_of_a_workbook_are_a_workbook(tmp_path: Path) -> None:
    given = written(tmp_path / "people.xlsx", sheets.WORKBOOK, ["=1", "b"])
    with lists.opened(given) as people, sheets.failures(tmp_path / "failed.xlsx", people) as fail:
        for row in people.rows():
            fail(row, "nobody has it")
    with lists.opened(tmp_path / "failed.xlsx") as again:
        assert (again.form.kind, again.columns) == ("xlsx", ("talent_id", "note"))
        assert [row.cells for row in again.rows()] == [[IDS[0], "=1"], [IDS[1], "b"]]
    assert openpyxl.load_workbook(tmp_path / "failed.xlsx").worksheets[0]["C2"].value == "nobody has it"


def test_bytes_are_saved_to_the_last(tmp_path: Path) -> None:
    with saved(tmp_path / "x") as file:
        file.write(b"x")
    assert (tmp_path / "x").read_bytes() == b"x"


def test_a_sheet_is_private_and_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    path = made(tmp_path, "old")
    path.chmod(0o644)
    written(path, sheets.CSV, ["x"])
    assert path.read_text() == f"talent_id,note\n{IDS[0]},x\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["people.csv"]


@pytest.mark.parametrize("form", [sheets.CSV, sheets.WORKBOOK])
def test_a_failure_within_leaves_what_was_there(tmp_path: Path, form: Form) -> None:
    path = made(tmp_path, "old")
    with contextlib.suppress(ConnectionError), sheets.written(path, ["id"], form) as write:
        write([IDS[0]])
        raise ConnectionError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["people.csv"]


@pytest.mark.parametrize("form", ["CSV", "WORKBOOK"])
@pytest.mark.parametrize("count", [3_000, 30_000])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, form: str, count: int) -> None:
    """The disk is full at the last bytes, or long before; a limit of the process stands for it."""
    code = (
        "import resource, sys, hashlib; from pathlib import Path; from rencai.bulk import sheets\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "with sheets.written(Path(sys.argv[1]), ['id'], getattr(sheets, sys.argv[2])) as write:\n"
        "    for number in range(int(sys.argv[3])): write([hashlib.sha256(b'%d' % number).hexdigest()])\n"
    )
    path = made(tmp_path, "old")
    command = [sys.executable, "-W", "error", "-c", code, str(path), form, str(count)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 1
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("rencai.bulk.refusals.NotWritten"), ran.stderr
    assert f"{path} could not be written: file too large" in last
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["people.csv"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="no such file or directory"):
        written(tmp_path / "none" / "x.csv", sheets.CSV, [])
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotWritten, match="could not be written"):
        written(tmp_path / "folder", sheets.CSV, [])
    assert os.listdir(tmp_path) == ["folder"]


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="a cell of row 2 is beyond 32,767 characters"):
        written(tmp_path / "x.csv", sheets.CSV, ["x" * 32_768])
    longest = "=" * 32_767
    assert rows(written(tmp_path / "x.csv", sheets.CSV, [longest]))[0].cells[1] == longest
    assert rows(written(tmp_path / "x.xlsx", sheets.WORKBOOK, [longest]))[0].cells[1] == longest
