"""How talents are found by keyword: words that must all occur, any part of a word, e-mail and mobile in full.

The words are those of names, companies, schools and titles, in small letters. A name together with a school or company
is kept as a word too, which no keyword can name: people who share one are similar (contract §9).
"""

import unicodedata
from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.errors import parameter_fault
from rencai.contract.profiles import NewTalent
from rencai.operations.call import Call, Number
from rencai.operations.identities import identities_of, is_mobile, mobile_form
from rencai.operations.membership import as_json
from rencai.operations.profiles import each
from rencai.storage.seam import Transaction

OPERATORS = frozenset({"and", "or", "not"})
NARROW = 20_000  # people of a keyword up to which all are looked at and sorted; 3 µs each
WORD_LENGTH = 64  # characters of a word that are kept, and words of a person: a bound on what one body can cost
MOST_WORDS = 100
MOST_SUFFIXES = 200_000  # rows of new words in one call: about a second of the writer
_LAST = "\U0010ffff"


class Texts(msgspec.Struct, frozen=True):
    """What a person is found by: words by any part of them, and what must be given in full."""

    words: list[str]
    exact: list[str]


class Entries(msgspec.Struct, frozen=True):
    """What lets people be found: their texts, and the suffixes of words that nobody had."""

    texts: list[tuple[int, Texts]]
    suffixes: list[list[str]]


class Found(msgspec.Struct, frozen=True):
    """A talent on a page, and where it stands in the order of updates."""

    talent_id: int
    update_time: int


class Words(msgspec.Struct, frozen=True):
    """A row with a list of words."""

    words: list[str]


class Text(msgspec.Struct, frozen=True):
    """A row with one text."""

    text: str


class Keyword(msgspec.Struct, frozen=True, array_like=True):
    """A word to look for: as part of a word, or as an e-mail or mobile in full."""

    word: str
    exact: str

    @property
    def end(self) -> str:
        """The end of all texts that begin with the word."""
        return self.word + _LAST


class Page(msgspec.Struct, frozen=True):
    """Which part of the order is looked for: from `since` on (ms), before a position, so many and one more."""

    since: int
    before_time: int
    before_id: int
    page_size: int
    by_entry: bool


def texts_of(talent: NewTalent) -> Texts:
    """What a person is found by."""
    person = talent.basic_info
    schools = [item.school for item in each(talent.education_list)]
    companies = [item.company for item in each(talent.career_list)]
    titles = [item.title for item in each(talent.career_list)]
    words = [word for text in (person.name, *schools, *companies, *titles) for word in words_of(text)]
    name = " ".join(words_of(person.name))
    pairs = [f"{name}\t{' '.join(place)}" for text in (*schools, *companies) if (place := words_of(text))]
    exact = [i.value.partition(" ")[0] for i in identities_of(person) if i.kind in ("email", "mobile")]
    return Texts(list(dict.fromkeys([*words[:MOST_WORDS], *pairs[:MOST_WORDS]])), list(dict.fromkeys(exact)))


def words_of(text: str | UnsetType) -> list[str]:
    """The words of a text in the form they are compared in."""
    if text is UNSET:
        return []
    return [word[:WORD_LENGTH] for word in unicodedata.normalize("NFKC", text).lower().split()]


def similar_words(words: Iterable[str]) -> list[str]:
    """Those of a person's words that similar people share."""
    return [word for word in words if "\t" in word]


def keywords_of(keyword: str) -> list[Keyword]:
    """The words that must all occur. Raises the parameter Fault for an operator of the vendor's boolean language."""
    words = words_of(keyword)
    if used := OPERATORS.intersection(words):
        shown = ", ".join(sorted(used))
        raise parameter_fault("keyword", f"uses the operator {shown}; give only words that must all occur")
    return [Keyword(word, _exact(word)) for word in dict.fromkeys(words)]


def _exact(word: str) -> str:
    """What a word would be in full: a telephone number however it is written, or an e-mail."""
    return mobile_form(word).partition(" ")[0] if is_mobile(word) else word


async def prepared(tx: Transaction, call: Call, talents: Iterable[tuple[int, NewTalent]]) -> Entries:
    """What lets people be found, worked out before anything is written. Statements: 1.

    Raises the parameter Fault for more new words than one call may bring: each of their characters is a row.
    """
    texts = [(talent_id, texts_of(talent)) for talent_id, talent in talents]
    words = {word for _, text in texts for word in text.words if "\t" not in word}
    found = await tx.row(Words, "search_words_new", tenant_id=call.caller.tenant_id, words=as_json(sorted(words)))
    suffixes = _suffixes(found.words if found is not None else [])
    if len(suffixes) > MOST_SUFFIXES:
        told = f"bring {len(suffixes)} characters in words that nobody had; at most {MOST_SUFFIXES} a call: send fewer"
        raise parameter_fault("talents", told)
    return Entries(texts, suffixes)


async def add(tx: Transaction, call: Call, entries: Entries) -> None:
    """Let people be found. Statements: 2, and one more where they have words that nobody had."""
    tenant_id = call.caller.tenant_id
    if entries.suffixes:
        await tx.run("search_suffixes_insert", tenant_id=tenant_id, suffixes=as_json(entries.suffixes))
    rows = sorted([word, talent_id] for talent_id, text in entries.texts for word in text.words)
    await tx.run("search_words_insert", tenant_id=tenant_id, words=as_json(rows))
    kept = [[talent_id, "\n".join(text.words), _padded(text.exact)] for talent_id, text in entries.texts]
    await tx.run("search_texts_insert", tenant_id=tenant_id, texts=as_json(kept))


async def remove(tx: Transaction, call: Call, talent_id: int) -> None:
    """Let a person be found no more, and keep nothing of their words. Statements: 4, or 5."""
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    kept = await tx.row(Text, "search_text", **here)
    words = kept.text.split("\n") if kept is not None else []
    await tx.run("search_text_delete", **here)
    await tx.run("search_words_delete", words=as_json(words), **here)
    plain = as_json([word for word in words if "\t" not in word])
    unused = await tx.row(Words, "search_words_unused", tenant_id=call.caller.tenant_id, words=plain)
    if unused is not None and unused.words:
        suffixes = as_json(_suffixes(unused.words))
        await tx.run("search_suffixes_delete", tenant_id=call.caller.tenant_id, suffixes=suffixes)


async def find(tx: Transaction, call: Call, keywords: list[Keyword], page: Page) -> list[Found]:
    """A page, and one more, of the people who have all keywords; of all people where there is none.

    Statements: 1 without keywords, 2 with.
    """
    values = {
        "tenant_id": call.caller.tenant_id,
        "keywords": as_json(keywords),
        "since": page.since,
        "before_time": page.before_time,
        "before_id": page.before_id,
        "page_size": page.page_size,
    }
    driver = await _narrowest(tx, call, keywords)
    if driver is None:
        return await tx.rows(Found, "search_broad_by_entry" if page.by_entry else "search_broad_by_update", **values)
    one = {"keyword": driver.word, "end": driver.end, "exact": driver.exact, "by_entry": int(page.by_entry)}
    return await tx.rows(Found, "search_narrow", **one, **values)


async def _narrowest(tx: Transaction, call: Call, keywords: list[Keyword]) -> Keyword | None:
    """The keyword that fewest people have, if they are few enough to look at all of them."""
    if not keywords:
        return None
    rows = as_json([[keyword.word, keyword.end] for keyword in keywords])
    counts = await tx.rows(Number, "search_counts", tenant_id=call.caller.tenant_id, keywords=rows, most=NARROW + 1)
    fewest, place = min((count.value, place) for place, count in enumerate(counts))
    return keywords[place] if fewest <= NARROW else None


async def similar_to(tx: Transaction, call: Call, talent_id: int) -> list[int]:
    """People of the same name with the same school or company: the first 100. Statements: 2."""
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    kept = await tx.row(Text, "search_text", **here)
    words = as_json(similar_words(kept.text.split("\n") if kept is not None else []))
    return [found.value for found in await tx.rows(Number, "search_similar", words=words, **here)]


def _suffixes(words: Iterable[str]) -> list[list[str]]:
    return sorted([word[start:], word] for word in words for start in range(len(word)))


def _padded(exact: list[str]) -> str:
    return f" {' '.join(exact)} " if exact else ""
