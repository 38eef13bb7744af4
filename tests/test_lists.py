"""Lists of people as they come: CSV, plain lists and streams, their encodings, and the column that holds the keys."""

import codecs
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from listing import IDS, keys, made, refusal, rows
from rencai.bulk import lists
from rencai.bulk.keys import By

TABLE = f"name,talent_id\n张三,{IDS[0]}\n李四,{IDS[1]}\n"


@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("gb18030", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_each_encoding_is_read_and_told(tmp_path: Path, codec: str, mark: bytes, newline: str) -> None:
    path = made(tmp_path, mark + TABLE.replace("\n", newline).encode(codec))
    with lists.opened(path) as people:
        assert (people.form.encoding.codec, people.form.encoding.mark) == (codec, mark)
        assert [row.cells for row in people.rows()] == [["张三", IDS[0]], ["李四", IDS[1]]]
        assert people.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (people.by, people.columns, people.has_header) == ("id", ("name", "talent_id"), True)


@pytest.mark.parametrize(
    "content",
    [
        "email\nm@x.com\nMüller@x.com\n".encode("latin-1"),
        "名前;email\n山田;a@x.com\n".encode("utf-32"),
        b"\x89PNG\r\n\x1a\n\xff\xfe\xfd",
        b"\xef\xbb\xbfemail\nm\xff@x.com\n",
    ],
)
def test_any_other_encoding_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    words = refusal(made(tmp_path, content))
    assert "encoding" in words
    assert "save it as CSV in UTF-8" in words


def test_an_encoding_is_held_to_the_last_byte(tmp_path: Path) -> None:
    """The first megabytes are ASCII, and a byte that is no UTF-8 comes late, on the border of what is read at once."""
    line = (IDS[0] + "\n").encode()
    many = line * 150_000
    late = made(tmp_path, b"id\n" + many + "name 张三\n".encode("gb18030") + line)
    with lists.opened(late) as people:
        assert people.form.encoding.codec == "gb18030"
    assert "row 150003 is no text in UTF-8" in refusal(made(tmp_path, codecs.BOM_UTF8 + b"id\n" + many + b"x\n\xff\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_stands_between_cells_is_found(tmp_path: Path, delimiter: str) -> None:
    others = "".join({",", ";", "\t"} - {delimiter})
    content = delimiter.join(["name", "email", "note"]) + "\n"
    content += delimiter.join([f'"Ada{delimiter}L"', "ada@x.com", f"a{others}b{others}c"]) + "\n"
    assert [row.cells for row in rows(made(tmp_path, content))] == [
        [f"Ada{delimiter}L", "ada@x.com", f"a{others}b{others}c"]
    ]


@pytest.mark.parametrize(
    ("header", "by", "name"),
    [
        ("email,mobile,talent_id", "id", "talent_id"),
        ("ID,Email", "id", "ID"),
        ("id,人才 ID", "id", "人才 ID"),
        ("Phone,E-mail", "email", "E-mail"),
        ("Phone, E_Mail ", "email", " E_Mail "),
        ("姓名,电子邮箱,手机", "email", "电子邮箱"),
        ("姓名,手机 号", "mobile", "手机 号"),
        ("name,电话", "mobile", "电话"),
        ("name,Mobile Number", "mobile", "Mobile Number"),
        ("ｎａｍｅ,ＩＤ", "id", "ＩＤ"),
    ],
)
def test_the_column_of_keys_is_found_by_its_name(tmp_path: Path, header: str, by: str, name: str) -> None:
    names = header.split(",")
    path = made(tmp_path, header + "\n" + ",".join(f"cell {place}" for place in range(len(names))) + "\n")
    with lists.opened(path) as people:
        assert (people.by, people.columns) == (by, tuple(names))
        assert [row.key for row in people.rows()] == [f"cell {names.index(name)}"]


def test_by_says_which_column_is_taken(tmp_path: Path) -> None:
    path = made(tmp_path, f"talent_id,email,mobile\n{IDS[0]},a@x.com,+8613800138000\n")
    kinds: tuple[By, ...] = ("id", "email", "mobile")
    assert [keys(path, by) for by in kinds] == [[IDS[0]], ["a@x.com"], ["+8613800138000"]]
    words = refusal(made(tmp_path, f"talent_id,note\n{IDS[0]},x\n"), "email")
    assert "no column is named email" in words
    assert '"talent_id", "note"' in words


@pytest.mark.parametrize(
    ("content", "by"),
    [
        (f"{IDS[0]}\n{IDS[1]}\n", "id"),
        ("a@x.com\nb@x.com\n", "email"),
        ("13800138000\n13800138001\n", "mobile"),
        ("+86 138-0013-8000\n", "mobile"),
        ("'+8613800138000\n", "mobile"),
    ],
)
def test_a_plain_list_tells_what_its_keys_are(tmp_path: Path, content: str, by: str) -> None:
    path = made(tmp_path, content, "people.txt")
    with lists.opened(path) as people:
        assert (people.by, people.form.kind, people.has_header) == (by, "plain", False)
        assert [row.key for row in people.rows()] == content.replace("'", "").splitlines()
        assert next(people.rows()).number == 1


def test_a_plain_list_of_unclear_keys_is_refused_until_by_says_it(tmp_path: Path) -> None:
    mixed = made(tmp_path, f"{IDS[0]}\na@x.com\n")
    assert "rows 1 and 2 hold keys of different kinds; say --by" in refusal(mixed)
    assert keys(mixed, "email") == [IDS[0], "a@x.com"]
    short = made(tmp_path, "17\n18\n")
    assert "talent_id, email or mobile" in refusal(short)
    assert keys(short, "id") == ["17", "18"]


def test_a_first_row_that_is_neither_header_nor_key_is_not_passed_over(tmp_path: Path) -> None:
    words = refusal(made(tmp_path, f"candidates\n{IDS[0]}\n"))
    assert 'row 1: "candidates"' in words
    assert "row 1" in refusal(made(tmp_path, "n/a\na@x.com\n"), "email")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("name,city\nAda,London\n", '"name", "city"'),
        ("email,E-Mail\na@x.com,b@x.com\n", "2 columns are named email"),
        (f"id,name\n{IDS[0]},Ada, of London\n", "row 2: it has 3 cells and there are 2 columns"),
        (f'id,name\n{IDS[0]},"Ada\n{IDS[1]},Bo\n', "row 2: a quote is opened and never closed"),
        (f'id,name\n{IDS[0]},"Ada" L\n', "row 2: there is text after a closing quote"),
    ],
)
def test_a_list_that_would_lose_rows_is_refused(tmp_path: Path, content: str, words: str) -> None:
    assert words in refusal(made(tmp_path, content))


def test_rows_have_the_numbers_that_an_editor_shows(tmp_path: Path) -> None:
    content = f'\nid,note\n{IDS[0]},"one\ntwo\r\nthree"\n\n , \n{IDS[1]},\n{IDS[2]}\n,no key\n'
    found = [(row.number, row.key, row.cells[1]) for row in rows(made(tmp_path, content))]
    assert found == [(3, IDS[0], "one\ntwo\r\nthree"), (8, IDS[1], ""), (9, IDS[2], ""), (10, "", "no key")]


def test_keys_come_without_what_cannot_be_seen_and_cells_as_they_are(tmp_path: Path) -> None:
    path = made(tmp_path, f"id\n \u200b{IDS[0]}\u3000\xa0\n\ufeff{IDS[1]}\n")
    assert keys(path) == IDS[:2]
    assert rows(path)[0].cells == [f" \u200b{IDS[0]}\u3000\xa0"]


@pytest.mark.parametrize("written", [f"'{IDS[0]}", f'"=""{IDS[0]}"""', f'"\t{IDS[0]}"'])
def test_numbers_that_were_written_as_text_are_keys(tmp_path: Path, written: str) -> None:
    assert keys(made(tmp_path, f"id,name\n{written},Ada\n")) == [IDS[0]]
    assert keys(made(tmp_path, "mobile,name\n'+8613800138000,Ada\n")) == ["+8613800138000"]


def test_a_reason_of_an_earlier_run_is_passed_over(tmp_path: Path) -> None:
    path = made(tmp_path, f"id,name,reason\n{IDS[0]},Ada,nobody has it\n")
    with lists.opened(path) as people:
        assert people.columns == ("id", "name")
        assert [row.cells for row in people.rows()] == [[IDS[0], "Ada"]]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_characters_with_a_zero_are_no_riddle(tmp_path: Path, codec: str) -> None:
    content = f"name,talent_id\n一一\u3000一,{IDS[0]}\n".encode(codec)  # 一 is 4E00
    assert keys(made(tmp_path, content)) == [IDS[0]]


def test_a_list_is_read_as_often_as_wanted_and_by_many_at_once(tmp_path: Path) -> None:
    with lists.opened(made(tmp_path, "id\n" + "\n".join(IDS))) as people:
        pairs = list(zip(people.rows(), people.rows(), strict=True))
        assert [first.key for first, _ in pairs] == [second.key for _, second in pairs] == IDS


def test_a_list_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, f"id\n{IDS[0]}\n")
    with lists.opened(path) as people:
        assert len(list(people.rows())) == 1
        path.write_bytes(b"id\n\xff\n")
        with pytest.raises(lists.ListError, match="was changed while it was read"):
            list(people.rows())
    path.write_text(f"id\n{IDS[0]}\n")
    with lists.opened(path) as people:
        found = people.rows()
        assert next(found).key == IDS[0]
        path.write_text(f"id\n{IDS[0]}\n\n")
        with pytest.raises(lists.ListError, match="was changed while it was read"):
            list(found)


def test_a_stream_is_kept_and_read_twice() -> None:
    with lists.opened(io.BytesIO(TABLE.encode("utf-16"))) as people:
        assert [row.key for row in people.rows()] == [row.key for row in people.rows()] == IDS[:2]
        assert people.name == "standard input"
        assert people.digest == hashlib.sha256(TABLE.encode("utf-16")).hexdigest()


def test_standard_input_and_pipes_by_path(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rencai.bulk import lists\n"
        "place = sys.stdin.buffer if sys.argv[1] == '-' else Path(sys.argv[1])\n"
        "with lists.opened(place) as people: print([row.key for row in people.rows()] * 2)"
    )
    for place in ("-", "/dev/stdin"):
        ran = subprocess.run([sys.executable, "-c", code, place], input=TABLE.encode(), capture_output=True)
        assert ran.stdout.decode().count(IDS[1]) == 2, ran.stderr


def test_a_path_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "none.csv")
    assert "is a folder" in refusal(tmp_path)
    assert "can't be read" in refusal(tmp_path / "a\0b")
    assert "\\x1b[31m" in refusal(tmp_path / "\x1b[31mred.csv")
    if os.geteuid():
        locked = made(tmp_path, TABLE)
        locked.chmod(0)
        assert "permission denied" in refusal(locked)
