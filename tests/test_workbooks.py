"""Workbooks as different programs write them: every cell as the text that a person sees, the right sheet, its rows."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from listing import IDS, keys, made, refusal, rows
from rencai.bulk import lists
from rencai.bulk.worksheet import number_text

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def saved(path: Path, table: list[list[Any]], **other_sheets: list[list[Any]]) -> Path:
    """A workbook by openpyxl."""
    book = openpyxl.Workbook()
    for cells in table:
        book.worksheets[0].append(cells)
    for name, cells in other_sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


def raw(path: Path, sheet_data: str, **parts: str) -> Path:
    """A workbook of which the test writes the sheet's XML. `parts`: further ones, such as `sharedStrings`."""
    relations = [
        f'<Relationship Id="r{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>' for name in ("worksheet", *parts)
    ]
    main = f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="/x/book.xml"/>'
    sheets = '<sheets><sheet name="People" q:id="rworksheet"/></sheets>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{RELATIONS}">{main}</Relationships>')
        archive.writestr("x/book.xml", f'<workbook xmlns="{SHEET}" xmlns:q="{OFFICE}">{sheets}</workbook>')
        archive.writestr(
            "x/_rels/book.xml.rels", f'<Relationships xmlns="{RELATIONS}">{"".join(relations)}</Relationships>'
        )
        archive.writestr("x/worksheet.xml", sheet_data)
        for name, content in parts.items():
            archive.writestr(f"x/{name}.xml", content)
    return path


def sheet_of(*cells: str) -> str:
    """A sheet with the column id, and these cells below it."""
    below = "".join(f"<row>{cell}</row>" for cell in cells)
    header = '<row><c t="inlineStr"><is><t>id</t></is></c></row>'
    return f'<worksheet xmlns="{SHEET}"><sheetData>{header}{below}</sheetData></worksheet>'


def test_a_workbook_is_known_by_its_bytes_and_read_like_csv(tmp_path: Path) -> None:
    table = [["姓名", "人才ID", None, "手机"], ["张三", IDS[0], None, 13800138000], [], [None, IDS[1]], ["", "", "x"]]
    path = saved(tmp_path / "people.xlsx", table).rename(tmp_path / "people.csv")
    with lists.opened(path) as people:
        assert (people.form.kind, people.by, people.columns) == ("xlsx", "id", ("姓名", "人才ID", "", "手机"))
        assert [(row.number, row.key, row.cells) for row in people.rows()] == [
            (2, IDS[0], ["张三", IDS[0], "", "13800138000"]),
            (4, IDS[1], ["", IDS[1], "", ""]),
            (5, "", ["", "", "x", ""]),
        ]
    assert keys(path, "mobile") == ["13800138000", "", ""]


def test_cells_are_what_a_person_sees(tmp_path: Path) -> None:
    when = datetime.datetime(2024, 1, 31, 8, 30)  # noqa: DTZ001 - a workbook knows no zone
    cells: list[Any] = [
        1,
        -2,
        0.1,
        True,
        when,
        when.date(),
        when.time(),
        "=1+1",
        "é\n中",
        123456789012345,
        "00123",
        1e-7,
    ]
    path = saved(tmp_path / "x.xlsx", [["id", *"abcdefghijkl"], [IDS[0], *cells]])
    shown = ["1", "-2", "0.1", "TRUE", "2024-01-31 08:30:00", "2024-01-31", "08:30:00"]
    shown += ["=1+1", "é\n中", "123456789012345", "00123", "1e-07"]
    assert rows(path)[0].cells[1:] == shown


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("13800138000", "13800138000"),
        ("8613800138000.0", "8613800138000"),
        ("8.613800138E+12", "8613800138000"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", "1.234567890123456E+15"),
        ("6.9308152727901102E+18", "6.9308152727901102E+18"),
        ("6930815272790114123", "6.930815272790114123E+18"),
        ("1E+18", "1E+18"),
        ("0.5", "0.5"),
        ("-3.0", "-3"),
        ("0", "0"),
        ("0E-5", "0"),
        ("1E999999999", "1E999999999"),
        ("NaN", "NaN"),
    ],
)
def test_numbers_come_whole_or_so_that_nobody_takes_them_for_ids(written: str, text: str) -> None:
    assert number_text(written) == text


@pytest.mark.parametrize(
    "number", [6930815272790114123, 6930815272790110000, 6.93e18, 9007199254740993, 1234567890123456]
)
def test_an_id_that_is_a_number_is_refused(tmp_path: Path, number: float) -> None:
    path = saved(tmp_path / "x.xlsx", [["talent_id"], [IDS[0]], [number], [IDS[1]]])
    words = refusal(path)
    assert "(row 3: " in words
    assert "keep that column as text" in words


def test_a_short_id_as_a_number_is_whole(tmp_path: Path) -> None:
    assert keys(saved(tmp_path / "x.xlsx", [["talent_id"], [42], [123456789012345]])) == ["42", "123456789012345"]


def test_a_formula_comes_as_its_result_and_without_one_as_itself(tmp_path: Path) -> None:
    cells = ['<c t="str"><f>A1&amp;1</f><v>17</v></c>', "<c><f>A1+1</f></c>", '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>']
    assert keys(raw(tmp_path / "x.xlsx", sheet_of(*cells)), "id") == ["17", "=A1+1", "#DIV/0!"]


def test_texts_may_be_shared_in_parts_escaped_and_have_reading_aids(tmp_path: Path) -> None:
    strings = (
        f'<s:sst xmlns:s="{SHEET}"><s:si><s:t>17</s:t></s:si><s:si><s:r><s:t>1</s:t></s:r><s:r><s:t>8</s:t></s:r>'
        "<s:rPh><s:t>ka</s:t></s:rPh></s:si><s:si/><s:si><s:t>a_x000D_b_x005F_x000D_</s:t></s:si></s:sst>"
    )
    cells = [f'<c t="s"><v>{number}</v></c>' for number in range(4)]
    path = raw(tmp_path / "x.xlsx", sheet_of(*cells), sharedStrings=strings)
    assert keys(path, "id") == ["17", "18", "a\rb_x000D_"]


def test_many_shared_texts_in_any_order(tmp_path: Path) -> None:
    count = 30_000
    strings = "".join(f"<si><t>{IDS[0][:13]}{number:06} 姓名</t></si>" for number in range(count))
    order = [number * 7_919 % count for number in range(count)]
    cells = sheet_of(*(f'<c t="s"><v>{number}</v></c>' for number in order))
    path = raw(tmp_path / "x.xlsx", cells, sharedStrings=f'<sst xmlns="{SHEET}">{strings}</sst>')
    assert keys(path) == [f"{IDS[0][:13]}{number:06} 姓名" for number in order]


def test_the_first_sheet_that_is_seen_and_not_empty_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.xlsx", [], hidden=[["id"], ["1"]], people=[["id"], [IDS[0]]], other=[["id"], ["3"]])
    book = openpyxl.load_workbook(path)
    book["hidden"].sheet_state = "hidden"
    book.save(path)
    with lists.opened(path) as people:
        assert [row.key for row in people.rows()] == [IDS[0]]
        assert (people.sheet, people.other_sheets) == ("people", ["Sheet", "other"])


def test_a_list_without_header_and_one_that_is_empty(tmp_path: Path) -> None:
    assert keys(saved(tmp_path / "x.xlsx", [[IDS[0]], [IDS[1]]])) == IDS[:2]
    assert "is empty" in refusal(saved(tmp_path / "x.xlsx", []))
    assert 'there are "a", "b"' in refusal(saved(tmp_path / "x.xlsx", [["a", "b"]]))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"content.xml": ""}, "is an OpenDocument file"),
        ({"a.txt": ""}, "is a zip, and no workbook"),
        ({"_rels/.rels": ""}, "broken workbook"),
        ({"_rels/.rels": f'<R><Relationship Type="{OFFICE}/officeDocument" Target="xl/workbook.bin"/></R>'}, ".xlsb"),
        (
            {"_rels/.rels": f'<R><Relationship Type="{OFFICE}/officeDocument" Target="xl/book.xml"/></R>'},
            "broken workbook",
        ),
        ({"_rels/.rels": "<R/>"}, "broken workbook"),
    ],
)
def test_what_is_no_workbook_is_told_with_what_to_do(tmp_path: Path, parts: dict[str, str], words: str) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert words in refusal(path)
    assert "save it" in refusal(path)


def test_old_and_encrypted_workbooks_are_told_apart(tmp_path: Path) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)
    assert "of the old kind (.xls)" in refusal(made(tmp_path, head, "x.xls"))
    locked = head + "EncryptedPackage".encode("utf-16-le")
    assert "an encrypted workbook; save it as .xlsx without a password" in refusal(made(tmp_path, locked, "x.xlsx"))


def test_a_workbook_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path / "x.xlsx", [["id"], *([each] for each in IDS)]).read_bytes()
    for length in (4, 100, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        assert "save it" in refusal(made(tmp_path, whole[:length], "cut.xlsx"))
    spoilt = bytearray(whole)
    for place in range(300, len(whole) - 2000, 97):
        spoilt[place] ^= 0xFF
    assert "save it" in refusal(made(tmp_path, bytes(spoilt), "spoilt.xlsx"))
