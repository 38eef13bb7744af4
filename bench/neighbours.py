"""What the neighbours are asked in a round: lists of people, people by keyword, one person, people created."""

import random
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET

from bench import people
from bench.sizes import Sizes
from bench.work import APP_ID, PAGE_KEY, TENANT_ID, talent_id, update_time
from rencai.contract.talents import TALENT_LIST, TalentListQuery
from rencai.operations import paging
from rencai.operations.call import Call, Caller

CREATE = "combined_create"
FIRST_PAGE, DEEP_PAGE = "list, first page", "list, page from the middle"
FIRST_BY_ENTRY, DEEP_BY_ENTRY = "list by entry, first page", "list by entry, page from the middle"
PAIR, COMMON = "list, keywords of 10,000 and 1,000", "list, keyword of several 100,000"
ONE_V1, ONE_V2 = "one talent, v1", "one talent, v2"

PAGE_SIZE = 20
BY_UPDATE, BY_ENTRY = 1, 4
_LIST = "/open-apis/hire/v1/talents"
_MANY = 500  # different targets, where a target is drawn


def by_keyword(plant: people.Plant) -> str:
    """The operation of a keyword that only the plant's people have."""
    return f"list, keyword of {plant.matches:,}, {'Latin' if plant.word.isascii() else 'Chinese'}"


class Work:
    """A round's requests. Bodies are never handed out twice: each creates a person."""

    def __init__(self, sizes: Sizes, number: int) -> None:
        self._people = sizes.profiles
        self._draw = random.Random(f"neighbours {number}")
        self._next = sizes.profiles
        self._caller = Caller(TENANT_ID, APP_ID, frozenset(), "off", bytes.fromhex(PAGE_KEY))

    def reads(self) -> dict[str, list[str]]:
        """The targets of each read of the server."""
        one = [str(talent_id(number)) for number in self._some()]
        return {
            FIRST_PAGE: [_list()],
            DEEP_PAGE: [self._deep(BY_UPDATE, rank) for rank in self._middle()],
            FIRST_BY_ENTRY: [_list(sort_by=BY_ENTRY)],
            DEEP_BY_ENTRY: [self._deep(BY_ENTRY, number) for number in self._middle()],
            **{by_keyword(plant): [_list(keyword=plant.word)] for plant in people.PLANTS},
            PAIR: [_list(keyword=" ".join(plant.word for plant in people.PAIR))],
            COMMON: [_list(keyword=people.COMMON)],
            ONE_V1: [f"{_LIST}/{number}" for number in one],
            ONE_V2: [f"/open-apis/hire/v2/talents/{number}" for number in one],
        }

    def plain_reads(self) -> dict[str, list[str]]:
        """The targets of each read of the plain service, which finds people by LIKE."""
        plant = next(plant for plant in people.CHINESE if plant.matches == 1_000)
        return {FIRST_PAGE: [_list()], by_keyword(plant): [_list(keyword=plant.word)]}

    def bodies(self, count: int) -> list[bytes]:
        """Bodies that create people whom nobody has created."""
        start = -(-self._next // 1_000) * 1_000
        self._next = start + count
        return [msgspec.json.encode(talent) for talent in people.made(range(start, self._next), self._people)]

    def _some(self) -> list[int]:
        return self._draw.sample(range(self._people), _MANY)

    def _middle(self) -> list[int]:
        """Places about half-way through a list: between two and three fifths of all people come before."""
        return self._draw.sample(range(self._people * 2 // 5, self._people * 3 // 5), _MANY)

    def _deep(self, sort_by: int, place: int) -> str:
        """The page after the person of a place, by the token that the server hands out there."""
        query = TalentListQuery(page_size=PAGE_SIZE, sort_by=BY_UPDATE if sort_by == BY_UPDATE else BY_ENTRY)
        number = place if sort_by == BY_ENTRY else people.number_at(place, self._people)
        position = (update_time(people.rank_of(number, self._people)), talent_id(number))
        call = Call(TALENT_LIST.name, self._caller, 0, lambda _count: [])
        _, _, token = paging.page(call, [0, 0], [position] * 2, 1, paging.filter_of(query))
        if token is UNSET:
            raise RuntimeError("there is no page after this one")
        return _list(sort_by=sort_by, page_token=token)


def _list(**given: str | int) -> str:
    return f"{_LIST}?{urlencode({'page_size': PAGE_SIZE, **given})}"
