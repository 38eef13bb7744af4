"""The way a keyword is looked for depends on how many have it; what is found does not."""

from typing import Literal

import msgspec

from desk import Desk
from rencai.contract.fields import UserIds
from rencai.contract.profiles import TalentUpdate
from rencai.contract.talents import TalentListQuery
from rencai.operations import talent_reads, talents
from rencai.operations.search import NARROW
from stores import PostgresStore, SqliteStore, Store


async def test_narrow_and_broad_find_the_same(desk: Desk, database: Store) -> None:
    """More people than are looked at one by one have one word, few the other; of the same people, both ways."""
    made = [who for _ in range(NARROW // 1000) for who in await desk.people(1000, name="common")]
    made += await desk.people(120, name="common rare{}")
    if isinstance(database, PostgresStore):  # as its own upkeep would do within minutes
        database.cluster.sql(database.name, "VACUUM ANALYZE")
    moved = made[-60]
    update = msgspec.convert({"talent_id": moved, "basic_info": {}}, TalentUpdate)
    await desk.run(talents.talent_combined_update, query=UserIds(), body=update)
    entered = made[::-1]
    updated = [moved, *(who for who in entered if who != moved)]
    few = set(made[-120:])
    orders: list[tuple[Literal[1, 4], list[str]]] = [(1, updated), (4, entered)]
    for sort_by, order in orders:
        assert await _found(desk, "rare", sort_by, broad=False) == [who for who in order if who in few]
        assert await _found(desk, "common rare", sort_by, broad=False) == [who for who in order if who in few]
        assert await _found(desk, "common", sort_by, broad=True) == order
        if isinstance(database, SqliteStore):  # a part of a word walks the same way; PostgreSQL takes a minute for it
            assert await _found(desk, "ommo", sort_by, broad=True) == order
        assert await _found(desk, "nobody", sort_by, broad=False) == []


async def _found(desk: Desk, keyword: str, sort_by: Literal[1, 4], *, broad: bool) -> list[str]:
    """Everybody who is found, page by page, each page by the way that is meant."""
    found: list[str] = []
    token = ""
    while True:
        query = TalentListQuery(
            keyword=keyword, sort_by=sort_by, page_size=20, page_token=token, query_option="ignore_empty_error"
        )
        page = await desk.run(talent_reads.talent_list, query=query)
        assert any(name.startswith("search_broad") for name in desk.ran) == broad
        found += [item.id for item in page.items]
        if not page.has_more:
            return found
        token = str(page.page_token)
