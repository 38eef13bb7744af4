"""Ids that a spreadsheet has rounded: found, named by their rows, and good ids left alone."""

import random
from pathlib import Path

import pytest

from listing import IDS, keys, made, refusal, rows
from rencai.bulk import lists
from rencai.bulk.keys import looks_rounded

ADVICE = "export it anew and keep that column as text"


def column(folder: Path, ids: list[str]) -> Path:
    return made(folder, "talent_id,name\n" + "".join(f"{each},x\n" for each in ids))


@pytest.mark.parametrize(
    "rounded", ["6.93E+18", "6.93E18", "6.93082e+18", '"6,93E+18"', "6930815272790114000.0", "123.0"]
)
def test_one_number_among_good_ids_is_proof(tmp_path: Path, rounded: str) -> None:
    words = refusal(column(tmp_path, [*IDS[:30], rounded, *IDS[30:]]))
    assert "(row 32: " in words
    assert ADVICE in words


def test_the_first_rows_are_named_and_all_are_counted(tmp_path: Path) -> None:
    words = refusal(column(tmp_path, ["6.93E+18"] * 1200))
    assert 'rows 2, 3, 4, 5, 6 and 1,195 more: "6.93E+18"' in words


@pytest.mark.parametrize("kept", [15, 16, 17])
@pytest.mark.parametrize("count", [3, 1000])
def test_a_list_that_was_rounded_as_a_whole_is_refused(tmp_path: Path, kept: int, count: int) -> None:
    ids = [each[:kept] + "0" * (len(each) - kept) for each in IDS[:count]]
    assert "--as-written" in refusal(column(tmp_path, ids))
    with lists.opened(column(tmp_path, ids)) as people:
        assert [row.key for row in people.rows(as_written=True)] == ids


@pytest.mark.parametrize("rounded", ["6930815272790110000", "6930815272790114000"])
def test_a_list_of_one_is_refused(tmp_path: Path, rounded: str) -> None:
    assert rounded in refusal(column(tmp_path, [rounded]))


def test_a_part_that_was_rounded_is_found_in_a_long_list(tmp_path: Path) -> None:
    ids = IDS[:900] + [each[:15] + "0000" for each in IDS[900:940]]
    words = refusal(column(tmp_path, ids))
    assert "rows 902, 903, 904, 905, 906 and 35 more" in words


def test_one_id_that_ends_in_zeros_is_no_proof(tmp_path: Path) -> None:
    ids = [*IDS[:500], "6930815272790110000", *IDS[500:]]
    assert keys(column(tmp_path, ids)) == ids
    assert len(keys(column(tmp_path, [*IDS[:50], "6930815272790110000"]))) == 51
    assert len(keys(column(tmp_path, [*IDS[:3], "6930815272790110000"]))) == 4
    assert looks_rounded("6930815272790110000")
    assert looks_rounded("6930815272790114000")
    assert not any(map(looks_rounded, IDS[:300]))


def test_good_ids_are_not_refused(tmp_path: Path) -> None:
    """100 lists of 20 to 10,000 ids, as they are given: by chance some 20 of these ids end in four zeros or more."""
    draw = random.Random(6)
    ids = [str(draw.randrange(6 * 10**18, 7 * 10**18)) for _ in range(210_000)]
    assert sum(each.endswith("0000") for each in ids) > 10
    for start in range(0, 200_000, 2_000):
        size = draw.choice([20, 100, 1_000, 10_000])
        assert len(rows(column(tmp_path, ids[start : start + size]))) == size


def test_mobiles_have_zeros_and_no_decimals(tmp_path: Path) -> None:
    path = made(tmp_path, "mobile,name\n1380000000000000,x\n+8613800000000,y\n")
    assert keys(path) == ["1380000000000000", "+8613800000000"]
    assert "(row 2: " in refusal(made(tmp_path, "mobile,name\n8.6138E+12,x\n"))
    assert "(row 2: " in refusal(made(tmp_path, "mobile,name\n13800138000.0,x\n"))
    assert keys(made(tmp_path, "email\n1.0@x.com\n1e5\n")) == ["1.0@x.com", "1e5"]
