"""Files made to hurt: none runs, paints the terminal, or eats the memory; each is refused in one line."""

import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from listing import IDS, made, refusal
from test_workbooks import SHEET, raw, sheet_of

# Reads a list in a process that may not have more memory than this beside what Python itself takes.
READ = """
import resource, sys
from pathlib import Path
from rencai.bulk import lists, workbooks
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    with lists.opened(Path(sys.argv[1])) as people:
        count = sum(1 for row in people.rows())
    print(count)
except lists.ListError as refused:
    print(refused)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


def read_apart(path: Path) -> tuple[str, int]:
    """What reading a list ends with, and by how many MB the process grew."""
    ran = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=150)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    words, grown = ran.stdout.splitlines()
    return words, int(grown)


def long_cell(path: Path) -> None:
    path.write_bytes(b"id,note\n1," + b"x" * 10_000_000 + b"\n")


def long_quoted_cell(path: Path) -> None:
    path.write_bytes(b'id,note\n1,"' + b"x\n" * 5_000_000 + b'"\n')


def long_line(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"9" * 1_000_000)


def open_quote(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'id,note\n1,"\n' + b"693081527279011\n" * 3_000_000)


def many_columns(path: Path) -> None:
    path.write_bytes(b"id" + b"," * 999_000 + b"\n")


def million_columns(path: Path) -> None:
    path.write_bytes(b"id," + b",".join(b"c%d" % number for number in range(1_000_000)) + b"\n")


def some_columns(path: Path) -> None:
    path.write_bytes(b"id,name\n1" + b"," * 20_000 + b"\n")


def nul(path: Path) -> None:
    path.write_bytes(b"id,name\n1,a\n2,\0\n" + b"3,b\n" * 1000)


def zeros(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200_000_000)


def paints(path: Path) -> None:
    path.write_bytes(b"\x1b]0;owned\x07\x1b[2Jname,\x9b31m,\xe2\x80\xae\n".replace(b"\x9b", "\x9b".encode()))


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(1, 256)) * 40_000)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (long_cell, "row 2: it is longer than 1,000,000 characters"),
        (long_quoted_cell, "row 2: a cell is longer than 32,767 characters; is a quote missing?"),
        (long_line, "row 1: it is longer than 1,000,000 characters"),
        (open_quote, "row 2: a cell is longer than 32,767 characters; is a quote missing?"),
        (many_columns, "row 1: it has more than 16,384 columns"),
        (million_columns, "row 1: it is longer than 1,000,000 characters"),
        (some_columns, "row 2: it has more than 16,384 columns"),
        (nul, "row 3: there is a NUL"),
        (zeros, "row 1: there is a NUL"),
        (paints, r'"\x1b]0;owned\x07\x1b[2Jname", "\x9b31m", "\u202e"'),
        (noise, "has an encoding that can't be read"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_text_that_would_hurt_is_refused_in_one_line(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "people.csv"
    make(path)
    said, grown = read_apart(path)
    assert words in said
    assert str(path) in said
    assert said.isprintable()
    assert len(said) < 600
    assert grown < 40


def test_a_long_cell_is_refused_at_its_row(tmp_path: Path) -> None:
    fits = f"id,note\n{IDS[0]},{'x' * 32_767}\n"
    for length in (32_769, 140_000):
        assert "row 3: a cell is longer than 32,767" in refusal(made(tmp_path, f"{fits}{IDS[1]},{'x' * length}\n"))


def bomb(path: Path) -> None:
    """42 kB that unpack to 40 MB."""
    raw(path, sheet_of("<c><v>1</v></c>" * 1_000_000))


def bomb_in_strings(path: Path) -> None:
    raw(path, sheet_of('<c t="s"><v>0</v></c>'), sharedStrings=f'<sst xmlns="{SHEET}">' + "<si/>" * 20_000_000)


def many_parts(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number}", b"")


def doctype(entities: str, cell: str) -> str:
    sheet = sheet_of(f'<c t="inlineStr"><is><t>{cell}</t></is></c>')
    return f'<?xml version="1.0"?><!DOCTYPE worksheet [{entities}]>{sheet}'


LAUGHS = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
OUTSIDE = '<!ENTITY a9 SYSTEM "file:///etc/passwd">'


def laughs(path: Path) -> None:
    raw(path, doctype(LAUGHS, "&a9;"))


def laughs_in_strings(path: Path) -> None:
    strings = f'<!DOCTYPE sst [{LAUGHS}]><sst xmlns="{SHEET}"><si><t>&a9;</t></si></sst>'
    raw(path, sheet_of('<c t="s"><v>0</v></c>'), sharedStrings=strings)


def laughs_in_styles(path: Path) -> None:
    raw(path, sheet_of(), styles=f"<!DOCTYPE s [{LAUGHS}]><s>&a9;</s>")


def outside(path: Path) -> None:
    raw(path, doctype(OUTSIDE, "&a9;"))


def random_text(count: int) -> str:
    """Text that can't be packed much."""
    return "".join(f"{number * 2_654_435_761 % 2**32:08x}" for number in range(count // 8))


def long_attribute(path: Path) -> None:
    raw(path, sheet_of(f'<c r="{random_text(10_000_000)}"><v>1</v></c>'))


def long_text(path: Path) -> None:
    raw(path, sheet_of(f'<c t="inlineStr"><is><t>{random_text(10_000_000)}</t></is></c>'))


def long_shared_text(path: Path) -> None:
    strings = f'<sst xmlns="{SHEET}"><si><t>{random_text(10_000_000)}</t></si></sst>'
    raw(path, sheet_of('<c t="s"><v>0</v></c>'), sharedStrings=strings)


def far_cell(path: Path) -> None:
    raw(path, sheet_of('<c r="XFE2"><v>1</v></c>'))


def farther_cell(path: Path) -> None:
    raw(path, sheet_of(f'<c r="{"Z" * 5000}2"><v>1</v></c>'))


def wide_rows(path: Path) -> None:
    """Few bytes for each of many rows of the widest."""
    raw(path, sheet_of(*['<c r="XFD"><v>1</v></c>'] * 10_000))


def wider_rows(path: Path) -> None:
    raw(path, sheet_of(*['<c r="ZZZZ"><v>1</v></c>'] * 10_000))


def backwards(path: Path) -> None:
    raw(path, sheet_of('<c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>'))


def far_row(path: Path) -> None:
    raw(path, sheet_of('<c><v>1</v></c></row><row r="99999999999999999999"><c><v>1</v></c></row><row r="2000000">'))


def not_there(path: Path) -> None:
    raw(path, sheet_of('<c t="s"><v>5</v></c>'))


def deep(path: Path) -> None:
    raw(path, sheet_of(random_nesting(60_000)))


def random_nesting(depth: int) -> str:
    return "".join(f"<a{n * 2_654_435_761 % 2**32:x}>" for n in range(depth))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bomb, "is packed harder than a workbook can be"),
        (bomb_in_strings, "is packed harder than a workbook can be"),
        (many_parts, "is a zip of too many parts"),
        (laughs, "has a document type in its XML"),
        (laughs_in_strings, "has a document type in its XML"),
        (laughs_in_styles, "has a document type in its XML"),
        (outside, "has a document type in its XML"),
        (long_attribute, "a token beyond 1 MB"),
        (long_text, "row 2: it is longer than 1,000,000 characters"),
        (long_shared_text, "people.xlsx: a cell is longer than 32,767 characters"),
        (far_cell, "row 2: it has more than 16,384 columns"),
        (wide_rows, "row 2: it has 16384 cells and there are 1 columns"),
        (wider_rows, "row 2: it has more than 16,384 columns"),
        (farther_cell, "row 2: it has more than 16,384 columns"),
        (backwards, "row 2: its cells are not in their order"),
        (far_row, "is followed by row 2000000"),
        (not_there, "is a broken workbook"),
        (deep, "is a broken workbook"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_workbook_that_would_hurt_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "people.xlsx"
    make(path)
    said, grown = read_apart(path)
    assert words in said
    assert str(path) in said
    assert said.isprintable()
    assert grown < 40


def test_a_workbook_that_unpacks_to_more_than_a_gigabyte_is_refused(tmp_path: Path) -> None:
    """Its directory says so, and no more than that is looked at."""
    path = raw(tmp_path / "x.xlsx", sheet_of())
    content = path.read_bytes()
    entry = content.rfind(b"PK\x01\x02")
    path.write_bytes(content[: entry + 24] + (2**31).to_bytes(4, "little") + content[entry + 28 :])
    assert "unpacks to more than 1 GiB" in refusal(path)


def test_the_size_of_a_part_is_not_believed(tmp_path: Path) -> None:
    """A part that says it is small and unpacks to more is cut there, and so is broken."""
    path = tmp_path / "x.xlsx"
    bomb(path)
    content = path.read_bytes()
    entry = content.rfind(b"PK\x01\x02")
    path.write_bytes(content[: entry + 24] + (90_000).to_bytes(4, "little") + content[entry + 28 :])
    said, grown = read_apart(path)
    assert "is a broken workbook" in said
    assert grown < 40


def lines(count: int) -> Iterator[str]:
    return (f"{6 * 10**18 + number * 7_919_311_337},姓名{number},p{number}@example.com\n" for number in range(count))


@pytest.mark.parametrize(("codec", "count"), [("utf-8", 1_000_000), ("gb18030", 300_000), ("utf-16", 300_000)])
def test_a_million_rows_need_no_memory(tmp_path: Path, codec: str, count: int) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding=codec) as file:
        file.write("talent_id,name,email\n")
        file.writelines(lines(count))
    said, grown = read_apart(path)
    assert said == str(count)
    assert grown < 30


def test_a_workbook_of_200_000_rows_needs_no_memory(tmp_path: Path) -> None:
    count = 200_000
    strings = "".join(f"<si><t>{cell}</t></si>" for line in lines(count) for cell in line.strip().split(","))
    cells = ("".join(f'<c t="s"><v>{row * 3 + place}</v></c>' for place in range(3)) for row in range(count))
    header = '<c t="inlineStr"><is><t>{}</t></is></c>'
    sheet = sheet_of(*cells).replace(
        "</c></row>", "</c>" + header.format("name") + header.format("email") + "</row>", 1
    )
    path = raw(tmp_path / "x.xlsx", sheet, sharedStrings=f'<sst xmlns="{SHEET}">{strings}</sst>')
    said, grown = read_apart(path)
    assert said == str(count)
    assert grown < 30
