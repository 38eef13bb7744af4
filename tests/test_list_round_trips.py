"""Whatever is written is read again as it was: any cells, any form, any encoding."""

import codecs
import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rencai.bulk import lists, sheets
from rencai.bulk.cells import guarded, unguarded
from rencai.bulk.encodings import Encoding
from rencai.bulk.lists import Form
from rencai.bulk.new_workbook import written as workbook_written
from rencai.bulk.refusals import plain

ANYTHING = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TRICKY = st.sampled_from(
    [*"'=+-@\t\r\n,;\" ＝一", "_x000D_", "_x005F_", "\x1b[31m", "6.93E+18", "\u2028", "\ufeff", "<&>]]>"]
)
BEGINNING = st.sampled_from(["", "", "'", "''", "=", "'=", "''+", "''@"])
CELL = st.builds(str.__add__, BEGINNING, st.lists(st.one_of(TRICKY, ANYTHING), max_size=8).map("".join))
CHINESE = st.text(st.characters(codec="gb2312", exclude_characters="\0"), max_size=8)
ENCODINGS = [
    Encoding("utf-8"),
    Encoding("utf-8", codecs.BOM_UTF8),
    Encoding("utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("utf-16-be", codecs.BOM_UTF16_BE),
]
UNMARKED = [Encoding("gb18030"), Encoding("utf-16-le"), Encoding("utf-16-be")]
DELIMITERS = st.sampled_from(",;\t")
NEWLINES = st.sampled_from(["\n", "\r\n"])
FORMS = st.one_of(
    st.just(Form("xlsx")), st.builds(Form, st.just("csv"), st.sampled_from(ENCODINGS), DELIMITERS, NEWLINES)
)
UNMARKED_FORMS = st.builds(Form, st.just("csv"), st.sampled_from(UNMARKED), DELIMITERS, NEWLINES)


def rows_of(cell: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    ids = st.integers(10**18, 9 * 10**18).map(str)
    return st.lists(st.tuples(cell, ids, cell).map(list), max_size=8)


def round_trip(form: Form, table: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, failed = Path(folder, "people"), Path(folder, "failed")
        with sheets.written(path, ["name", "talent_id", "note"], form) as write:
            for cells in table:
                write(cells)
        # Few letters of GB18030 may be UTF-8 as well, and that is then believed.
        assume(form.encoding.codec != "gb18030" or not is_utf8(path.read_bytes()))
        assume(table)
        with lists.opened(path) as people:
            assert people.form == form
            assert [row.cells for row in people.rows(as_written=True)] == table
            with sheets.failures(failed, people) as fail:
                for row in people.rows(as_written=True):
                    fail(row, row.cells[0])
        with lists.opened(failed) as again:
            assert again.form == form
            assert [row.cells for row in again.rows(as_written=True)] == table


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(FORMS, rows_of(CELL))
@settings(deadline=None, max_examples=150)
def test_any_cells_in_any_form(form: Form, table: list[list[str]]) -> None:
    round_trip(form, table)


@given(UNMARKED_FORMS, rows_of(CHINESE))
@settings(deadline=None, max_examples=100)
def test_chinese_in_encodings_that_nothing_marks(form: Form, table: list[list[str]]) -> None:
    round_trip(form, table)


@given(CELL)
def test_a_guard_is_taken_off_exactly(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text())
def test_nothing_paints_a_terminal(text: str) -> None:
    assert plain(text).isprintable()
    assert len(plain(text)) <= 60 * 10 + 1


def test_the_same_rows_are_the_same_workbook(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with (tmp_path / name).open("wb") as file, workbook_written(file) as write:
            write(["talent_id"])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
