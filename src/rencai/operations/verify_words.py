"""Whether the words that people are found by, and the suffixes that words are found by, are somebody's."""

import hashlib

import msgspec

from rencai.operations import search
from rencai.operations.findings import Count, Looked, Report, walk
from rencai.operations.membership import as_json
from rencai.storage.seam import Database, Transaction, Unit

WORDS = 1_000  # a page


class WordRow(msgspec.Struct, frozen=True):
    """A word that a talent is found by, and what they are to be found by; None for nobody."""

    word: str
    talent_id: int
    words: str | None
    exact: str | None


class SuffixRow(msgspec.Struct, frozen=True):
    """A suffix of a word, and whether somebody has the word."""

    suffix: str
    word: str
    is_used: int


class Word(msgspec.Struct, frozen=True):
    """A row with a word."""

    word: str


async def verify(database: Database, tenant_id: int, report: Report, count: Count) -> None:
    """Look at every word and suffix of a tenant, a page a unit."""

    def words(after: tuple[str, int]) -> Unit[Looked[tuple[str, int]]]:
        async def unit(tx: Transaction) -> Looked[tuple[str, int]]:
            looked = Looked[tuple[str, int]](tenant_id)
            here = {"tenant_id": tenant_id, "word": after[0], "talent_id": after[1]}
            page = await tx.rows(WordRow, "verify_words", page_size=WORDS, **here)
            await _look_at_words(tx, looked, page)
            if len(page) == WORDS:
                looked.next = (page[-1].word, page[-1].talent_id)
            return looked

        return unit

    def suffixes(after: tuple[str, str]) -> Unit[Looked[tuple[str, str]]]:
        async def unit(tx: Transaction) -> Looked[tuple[str, str]]:
            looked = Looked[tuple[str, str]](tenant_id)
            here = {"tenant_id": tenant_id, "suffix": after[0], "word": after[1]}
            page = await tx.rows(SuffixRow, "verify_suffixes", page_size=WORDS, **here)
            for row in page:
                if not row.is_used or not row.word.endswith(row.suffix):
                    looked.find("search_suffixes", "is of a word that nobody has", word_hash=_hash(row.word))
            if len(page) == WORDS:
                looked.next = (page[-1].suffix, page[-1].word)
            return looked

        return unit

    await walk(database, words, ("", 0), report, count)
    await walk(database, suffixes, ("", ""), report, count)


async def _look_at_words(tx: Transaction, looked: Looked[tuple[str, int]], page: list[WordRow]) -> None:
    for row in page:
        if row.words is None or not search.is_kept(row.word, row.words, row.exact or ""):
            looked.find("search_words", "is not the talent's", talent_id=row.talent_id, word_hash=_hash(row.word))
    looked.counted["words"] += len(page)
    plain = {row.word for row in page if not search.is_whole(row.word)}
    rows = as_json(search.suffixes_of(plain))
    for missing in await tx.rows(Word, "verify_suffixes_missing", tenant_id=looked.tenant_id, suffixes=rows):
        looked.find("search_suffixes", "a suffix of the word is missing", word_hash=_hash(missing.word))


def _hash(word: str) -> str:
    """Tells words apart in a report, without telling what they are."""
    return hashlib.blake2b(word.encode(), digest_size=8).hexdigest()
