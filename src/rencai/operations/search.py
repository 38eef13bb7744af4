"""How talents are found by keyword: words that must all occur, any part of a word, e-mail and mobile in full.

The words are those of names, companies, schools and titles. A name together with a school, or with a company, is kept
as a word too, which no keyword can name: people who share one are similar (contract §9).
"""

import hashlib
import unicodedata
from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract.errors import parameter_fault
from rencai.contract.profiles import NewTalent
from rencai.operations.call import Call, Number
from rencai.operations.identities import (
    Identity,
    digits_of,
    email_form,
    identities_named,
    identity_texts,
    is_mobile,
    spellings,
)
from rencai.operations.membership import as_json
from rencai.operations.profiles import each
from rencai.storage.seam import RunAgain, Transaction

OPERATORS = frozenset({"and", "or", "not"})
NARROW = 20_000  # people of a keyword up to which all are looked at and sorted; 2 µs each, 4 with other keywords
MOST_KEYWORDS = 10
WORD_LENGTH = 48  # characters of a word that are kept, and words of a person: a bound on what one body can cost
MOST_WORDS = 100
MOST_SUFFIXES = 100_000  # rows of new words in one call: half a second of the writer
LEAST_DIGITS = 8  # from which on a keyword with blanks in it is taken for one telephone number
# After the last character before the surrogates, which no text holds, comes the first after them. Nothing comes after
# the last of all; two of it stand for that.
_AFTER = {"\ud7ff": "\ue000", "\U0010ffff": "\U0010ffff" * 2}
_CAPITALS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")
_PAIR = "\t"  # begins a word that similar people share; _EXACT one that must be given in full
_EXACT = " "


class Texts(msgspec.Struct, frozen=True):
    """What a person is found by: words by any part of them, and what must be given in full."""

    words: list[str]
    exact: list[str]

    def plain(self) -> list[str]:
        """The words that a keyword can be a part of."""
        return [word for word in self.words if not word.startswith(_PAIR)]

    def rows(self, identities: Iterable[Identity] = ()) -> list[str]:
        """Them as words of the table that says who has them; without those by which an identity is found anyway."""
        found = {text for identity in identities for text in identity_texts(identity)}
        return self.words + [_EXACT + text for text in self.exact if text not in found]


class Person(msgspec.Struct, frozen=True):
    """Who is to be found, by what, and the identities that are theirs."""

    talent_id: int
    texts: Texts
    identities: list[Identity]


class Entries(msgspec.Struct, frozen=True):
    """What lets people be found: rows of their texts and words, and the suffixes of words that nobody had."""

    texts: list[list[str | int]]
    words: list[list[str | int]]
    suffixes: list[list[str]]


class Found(msgspec.Struct, frozen=True):
    """A talent on a page, and where it stands in the order of updates."""

    talent_id: int
    update_time: int


class Words(msgspec.Struct, frozen=True):
    """A row with a list of words."""

    words: list[str]


class KeptTexts(msgspec.Struct, frozen=True):
    """A person's texts as they are kept."""

    words: str
    exact: str


class Keyword(msgspec.Struct, frozen=True, array_like=True):
    """A word to look for: as part of a word, or as an e-mail or mobile in full, which is most people's identity."""

    word: str
    exact: str

    @property
    def end(self) -> str:
        """The first text after all that begin with the word."""
        last = self.word[-1]
        return self.word[:-1] + (_AFTER[last] if last in _AFTER else chr(ord(last) + 1))


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
    name = _parts(person.name)
    schools = [("school", _parts(item.school)) for item in each(talent.education_list)]
    companies = [("company", _parts(item.company)) for item in each(talent.career_list)]
    titles = [_parts(item.title) for item in each(talent.career_list)]
    places = [place for place in schools + companies if place[1]]
    words = [word[:WORD_LENGTH] for parts in (name, *(place[1] for place in places), *titles) for word in parts]
    exact = [] if person.email is UNSET or not person.email else [folded(email_form(person.email))]
    if person.mobile is not UNSET:
        exact += spellings(person.mobile, person.mobile_country_code)
    shared = _pairs(name, places[:MOST_WORDS])
    return Texts(list(dict.fromkeys([*words[:MOST_WORDS], *shared])), list(dict.fromkeys(exact)))


def _pairs(name: list[str], places: list[tuple[str, list[str]]]) -> list[str]:
    """The words that people of a name who share a place have in common.

    Hashes: neither part has an end of its own. The name's comes first, so that a person's lie on one page.
    """
    start = _PAIR + _hash(" ".join(name), 6)
    return [start + _hash("\n".join([kind, " ".join(place)]), 8) for kind, place in places]


def _hash(text: str, size: int) -> str:
    """A hash in capital letters: no keyword, which is folded, occurs in it."""
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest().translate(_CAPITALS)


def folded(text: str) -> str:
    """A text in the form it is compared in: Unicode's compatible characters and both cases are one."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _parts(text: str | UnsetType) -> list[str]:
    return [] if text is UNSET else folded(text).split()


def keywords_of(keyword: str) -> list[Keyword]:
    """The words that must all occur. Raises the parameter Fault for an operator of the vendor's boolean language."""
    words = list(dict.fromkeys(_parts(keyword)))
    if used := OPERATORS.intersection(words):
        shown = ", ".join(sorted(used))
        raise parameter_fault("keyword", f"uses the operator {shown}; give only words that must all occur")
    if len(words) > 1 and is_mobile(keyword) and len(digits_of(keyword)) >= LEAST_DIGITS:
        return [Keyword(" ".join(words), digits_of(keyword))]
    if len(words) > MOST_KEYWORDS:
        raise parameter_fault("keyword", f"holds more than {MOST_KEYWORDS} words")
    return [Keyword(word, digits_of(word) if is_mobile(word) else word) for word in words]


async def prepared(tx: Transaction, call: Call, people: Iterable[Person]) -> Entries:
    """What lets people be found, worked out before anything is written. Statements: 1.

    Raises the parameter Fault for more new words than one call may bring: each of their characters is a row.
    """
    texts: list[list[str | int]] = []
    rows: list[list[str | int]] = []
    for person in people:
        texts.append([person.talent_id, kept_words(person.texts), kept_exact(person.texts)])
        rows += [[word, person.talent_id] for word in person.texts.rows(person.identities)]
    words = sorted({str(word) for word, _ in rows if not str(word).startswith((_PAIR, _EXACT))})
    found = await tx.row(Words, "search_words_new", tenant_id=call.caller.tenant_id, words=as_json(words))
    suffixes = suffixes_of(found.words if found is not None else [])
    if len(suffixes) > MOST_SUFFIXES:
        told = f"bring {len(suffixes)} characters in words that nobody had; at most {MOST_SUFFIXES} a call: send fewer"
        raise parameter_fault("talents", told)
    return Entries(texts, sorted(rows), suffixes)


async def add(tx: Transaction, call: Call, entries: Entries) -> None:
    """Let people be found. Statements: 2, one more where they have new words, and two where those must be held."""
    tenant_id = call.caller.tenant_id
    if entries.suffixes:
        await tx.run("search_suffixes_insert", tenant_id=tenant_id, suffixes=as_json(entries.suffixes))
        await _hold(tx, call, sorted({word for _, word in entries.suffixes}))
    inserts = ["search_words_insert", "search_texts_insert"]
    await tx.run_all(inserts, tenant_id=tenant_id, words=as_json(entries.words), texts=as_json(entries.texts))


async def _hold(tx: Transaction, call: Call, words: list[str]) -> None:
    """Hold words that were brought: another may have brought them first. Raises RunAgain for one that went again."""
    here = {"tenant_id": call.caller.tenant_id, "words": as_json(words)}
    if await tx.lock("search_words_hold", **here):
        gone = await tx.row(Words, "search_words_new", **here)
        if gone is not None and gone.words:
            raise RunAgain


async def remove(tx: Transaction, call: Call, talent_id: int) -> None:
    """Let a person be found no more, and keep nothing of their words. Statements: 4, or 5."""
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    texts = await _kept(tx, call, talent_id)
    plain = as_json(texts.plain())
    await tx.lock("search_words_lock", tenant_id=call.caller.tenant_id, words=plain)
    await tx.run("search_text_delete", **here)
    await tx.run("search_words_delete", words=as_json(texts.rows()), **here)
    unused = await tx.row(Words, "search_words_unused", tenant_id=call.caller.tenant_id, words=plain)
    if unused is not None and unused.words:
        suffixes = as_json(suffixes_of(unused.words))
        await tx.run("search_suffixes_delete", tenant_id=call.caller.tenant_id, suffixes=suffixes)


async def replace(tx: Transaction, call: Call, talent_id: int, old: NewTalent, talent: NewTalent) -> None:
    """Let a person be found by what they are now. Their identities have been put before.

    Statements: none where that is the same, else 8 to 10.
    """
    before, after = texts_of(old), texts_of(talent)
    if before == after:
        return
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    # All at once and in order, or two updates that swap words wait for each other.
    both = sorted({*before.plain(), *after.plain()})
    await tx.lock("search_words_lock", tenant_id=call.caller.tenant_id, words=as_json(both))
    identities = await tx.rows(Identity, "talent_identities_of", **here)
    await remove(tx, call, talent_id)
    await add(tx, call, await prepared(tx, call, [Person(talent_id, after, identities)]))


async def _kept(tx: Transaction, call: Call, talent_id: int) -> Texts:
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    row = await tx.row(KeptTexts, "search_text", **here)
    return Texts([], []) if row is None else Texts(row.words.split("\n") if row.words else [], row.exact.split())


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
    values["keywords"] = as_json([keyword for keyword in keywords if keyword is not driver])
    one = {"keyword": driver.word, "end": driver.end, "exact": driver.exact, "by_entry": int(page.by_entry)}
    identities = as_json(identities_named(driver.exact))
    return await tx.rows(Found, "search_narrow", identities=identities, **one, **values)


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
    texts = await _kept(tx, call, talent_id)
    words = as_json([word for word in texts.words if word.startswith(_PAIR)])
    return [found.value for found in await tx.rows(Number, "search_similar", words=words, **here)]


def suffixes_of(words: Iterable[str]) -> list[list[str]]:
    """Rows of [suffix, word] for each of the words."""
    return sorted([word[start:], word] for word in words for start in range(len(word)))


def kept_words(texts: Texts) -> str:
    """A person's words as they are kept."""
    return "\n".join(texts.words)


def kept_exact(texts: Texts) -> str:
    """What must be given in full, as it is kept."""
    return f" {' '.join(texts.exact)} " if texts.exact else ""


def is_kept(row: str, words: str, exact: str) -> bool:
    """Whether a row of the table of words is among a person's texts as they are kept."""
    if row.startswith(_EXACT):
        return f"{row} " in exact
    return f"\n{row}\n" in f"\n{words}\n"


def is_whole(row: str) -> bool:
    """Whether a row of the table of words has no suffixes: an e-mail, a mobile, or what similar people share."""
    return row.startswith((_EXACT, _PAIR))
