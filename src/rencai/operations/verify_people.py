"""Whether what is derived from profiles is what they say: identities and texts to be found by."""

import msgspec

from rencai.contract import ids
from rencai.contract.profiles import NewTalent
from rencai.operations import profiles, search
from rencai.operations.call import Number
from rencai.operations.findings import Count, Looked, Report, walk
from rencai.operations.identities import Identity, Owner, identities_of
from rencai.operations.membership import as_json
from rencai.storage.seam import Database, Transaction, Unit

TALENTS = 200  # a page


class TalentRow(msgspec.Struct, frozen=True):
    """A talent, the profile, and the texts to be found by; None for those that are not there."""

    talent_id: int
    profile: str | None
    words: str | None
    exact: str | None


class IdentityRow(msgspec.Struct, frozen=True):
    """An identity of a talent."""

    talent_id: int
    kind: str
    value: str


Identities = dict[int, set[tuple[str, str]]]


async def verify(database: Database, tenant_id: int, report: Report, count: Count) -> None:
    """Look at every talent of a tenant and what is derived from the profile, a page a unit."""

    def step(after: int) -> Unit[Looked[int]]:
        async def unit(tx: Transaction) -> Looked[int]:
            looked = Looked[int](tenant_id)
            page = await tx.rows(TalentRow, "verify_talents", tenant_id=tenant_id, after=after, page_size=TALENTS)
            is_last = len(page) < TALENTS
            last = ids.LARGEST if is_last else page[-1].talent_id
            here = {"tenant_id": tenant_id, "after": after, "last": last}
            await _look_for_strays(tx, looked, here)
            talents = [(row, talent) for row in page if (talent := _readable(looked, row)) is not None]
            held = await _look_at_identities(tx, looked, {row.talent_id: talent for row, talent in talents}, here)
            await _look_at_texts(tx, looked, talents, held)
            looked.counted["talents"] += len(page)
            looked.next = None if is_last else last
            return looked

        return unit

    await walk(database, step, 0, report, count)


async def _look_for_strays(tx: Transaction, looked: Looked[int], here: dict[str, int]) -> None:
    for query, table in (("verify_profiles_alone", "talent_profiles"), ("verify_texts_alone", "search_texts")):
        for row in await tx.rows(Number, query, **here):
            looked.find(table, "is of a talent who is not there", talent_id=row.value)


def _readable(looked: Looked[int], row: TalentRow) -> NewTalent | None:
    if row.profile is None:
        looked.find("talents", "has no profile", talent_id=row.talent_id)
        return None
    try:
        return profiles.decoded(row.profile)
    except msgspec.MsgspecError:
        looked.find("talent_profiles", "can't be read", talent_id=row.talent_id)
        return None


async def _look_at_identities(
    tx: Transaction, looked: Looked[int], talents: dict[int, NewTalent], here: dict[str, int]
) -> dict[int, list[Identity]]:
    """The identities that talents are to hold. One of the profile may be another's, where newer rules made two one."""
    wanted = {
        talent_id: {(identity.kind, identity.value) for identity in identities_of(talent.basic_info)}
        for talent_id, talent in talents.items()
    }
    lacking = {talent_id: set(identities) for talent_id, identities in wanted.items()}
    for row in await tx.rows(IdentityRow, "verify_identities", **here):
        lacking.get(row.talent_id, set()).discard((row.kind, row.value))
        if (row.kind, row.value) not in wanted.get(row.talent_id, set()):
            looked.find("talent_identities", "is not the talent's", talent_id=row.talent_id, kind=row.kind)
    rows = as_json([[kind, value] for identities in lacking.values() for kind, value in sorted(identities)])
    taken = await tx.rows(Owner, "talent_identities_taken", tenant_id=looked.tenant_id, identities=rows)
    others = {(owner.kind, owner.value) for owner in taken}
    for talent_id, identities in lacking.items():
        for kind, _ in sorted(identities - others):
            looked.find("talent_identities", "is missing", talent_id=talent_id, kind=kind)
    return {
        talent_id: [Identity(kind, value) for kind, value in identities - (lacking[talent_id] & others)]
        for talent_id, identities in wanted.items()
    }


async def _look_at_texts(
    tx: Transaction,
    looked: Looked[int],
    talents: list[tuple[TalentRow, NewTalent]],
    held: dict[int, list[Identity]],
) -> None:
    rows: list[list[str | int]] = []
    for row, talent in talents:
        texts = search.texts_of(talent)
        if (row.words, row.exact) != (search.kept_words(texts), search.kept_exact(texts)):
            looked.find("search_texts", "is not what the profile says, or missing", talent_id=row.talent_id)
        rows += [[word, row.talent_id] for word in texts.rows(held[row.talent_id])]
    for missing in await tx.rows(
        Number, "verify_words_missing", tenant_id=looked.tenant_id, words=as_json(sorted(rows))
    ):
        looked.find("search_words", "a word of the talent is missing", talent_id=missing.value)
