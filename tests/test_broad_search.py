"""The way a keyword is looked for depends on how many have it; what is found does not."""

from pathlib import Path
from typing import Literal

import pytest

from rencai.contract.talents import TalentListQuery
from rencai.operations import search, talent_reads
from test_queries import Desk


@pytest.mark.parametrize("sort_by", [1, 4])
@pytest.mark.parametrize("keyword", ["x", "1", "x 7", "", "zz", "11@b"])
async def test_narrow_and_broad_find_the_same(
    database: Path, monkeypatch: pytest.MonkeyPatch, sort_by: Literal[1, 4], keyword: str
) -> None:
    desk = Desk(database)
    await desk.people(120, name="x{}")
    found: dict[int, list[str]] = {}
    for narrow in (0, 1_000_000):
        monkeypatch.setattr(search, "NARROW", narrow)
        found[narrow] = await _pages(desk, keyword, sort_by)
        walked = [name for name in desk.ran if name.startswith("search_broad")]
        assert bool(walked) == (not keyword or (narrow == 0 and keyword not in ("zz", "11@b")))
    await desk.database.close()
    assert found[0] == found[1_000_000]
    assert len(found[0]) == len(set(found[0]))


async def _pages(desk: Desk, keyword: str, sort_by: Literal[1, 4]) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        query = TalentListQuery(
            keyword=keyword, sort_by=sort_by, page_size=20, page_token=token, query_option="ignore_empty_error"
        )
        page = await desk.run(talent_reads.talent_list, query=query)
        found += [item.id for item in page.items]
        if not page.has_more:
            return found
        token = page.page_token
