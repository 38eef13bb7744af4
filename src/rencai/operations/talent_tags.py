"""Talent tags and who has them. Unlike pools, repeats are errors here (contract §10)."""

import msgspec
from msgspec import UNSET

from rencai.contract import ids, operation_logs
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import (
    TAG_ABSENT,
    TAG_INACTIVE,
    TAG_PRESENT,
    TAG_WRONG,
    Error,
    Fault,
    Violation,
    parameter_fault,
)
from rencai.contract.talent_tags import (
    NewTalentTag,
    OneTalentTag,
    TaggedTalentPath,
    Tagging,
    TalentTag,
    TalentTagListQuery,
    TalentTagPage,
    TalentTagPatch,
    TalentTagPath,
)
from rencai.contract.talent_views import TalentTagRef
from rencai.operations import languages, paging, users
from rencai.operations import operation_logs as logs
from rencai.operations.call import Call, Outcome
from rencai.operations.languages import Texts
from rencai.operations.membership import as_json
from rencai.operations.search import folded
from rencai.operations.talent_states import talents_named
from rencai.storage.seam import Transaction

ADD = 1
OFF = 2


class TagRow(msgspec.Struct, frozen=True):
    """A tag."""

    tag_id: int
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    type: int
    active_status: int

    @property
    def name(self) -> Texts:
        """The name in both languages."""
        return Texts(self.name_zh, self.name_en)

    @property
    def description(self) -> Texts:
        """The description in both languages."""
        return Texts(self.description_zh, self.description_en)

    def columns(self) -> dict[str, object]:
        """The row as it is kept."""
        return {**msgspec.structs.asdict(self), "folded_name": folded(f"{self.name_zh}\n{self.name_en}")}

    def shown(self) -> TalentTag:
        """The row as the wire has it."""
        return TalentTag(str(self.tag_id), self.name.shown(), self.description.shown(), self.type, self.active_status)


class Standing(msgspec.Struct, frozen=True):
    """A tag, whether it is on, and whether the talent has it."""

    tag_id: int
    active_status: int
    is_present: int


async def talent_tag(tx: Transaction, call: Call, path: TaggedTalentPath, body: Tagging) -> Outcome[Nothing]:
    """Give tags to a talent or take them off, all or none; a repeat is an error (contract §10). Statements: 4."""
    (talent_id,) = await talents_named(tx, call, "talent_id", [path.talent_id])
    here = {"tenant_id": call.caller.tenant_id, "talent_id": talent_id}
    await tx.lock("talent_lock", **here)
    numbers = {text: ids.parse(text) for text in body.tag_id_list}
    wanted = as_json(sorted(number for number in numbers.values() if number is not None))
    found = await tx.rows(Standing, "talent_tags_standing", tag_ids=wanted, **here)
    tags = {standing.tag_id: standing for standing in found}
    _refuse(TAG_WRONG, [text for text, number in numbers.items() if number not in tags])
    if body.operation == ADD:
        _refuse(TAG_INACTIVE, [str(tag.tag_id) for tag in found if tag.active_status == OFF])
        _refuse(TAG_PRESENT, [str(tag.tag_id) for tag in found if tag.is_present])
        statement, operation = "tag_associations_insert", operation_logs.TAG_ADDED
    else:
        _refuse(TAG_ABSENT, [str(tag.tag_id) for tag in found if not tag.is_present])
        statement, operation = "tag_associations_delete", operation_logs.TAG_REMOVED
    await tx.run(statement, tag_ids=wanted, **here)
    await logs.write(tx, call, operation, [talent_id] * len(tags), users.operator_of(call))
    return Outcome(Nothing())


def _refuse(error: Error, tags: list[str]) -> None:
    if tags:
        raise Fault(error, *(Violation("tag_id_list", error.msg, tag) for tag in tags))


async def talent_tag_list(tx: Transaction, call: Call, query: TalentTagListQuery) -> Outcome[TalentTagPage]:
    """A page of tags, newest first (contract §10). Statements: 1."""
    bound_to = paging.filter_of(query)
    (before,) = paging.position(call, query.page_token, (ids.LARGEST,), bound_to)
    rows = await tx.rows(
        TagRow,
        "talent_tag_page",
        tenant_id=call.caller.tenant_id,
        before=before,
        all_ids=int(not query.id_list),
        tag_ids=as_json([number for text in query.id_list if (number := ids.parse(text)) is not None]),
        type=0 if query.type is UNSET else query.type,
        include_inactive=int(query.include_inactive),
        keyword=folded(query.keyword.strip()),
        page_size=query.page_size,
    )
    shown, has_more, token = paging.page(call, rows, [(row.tag_id,) for row in rows], query.page_size, bound_to)
    return Outcome(TalentTagPage([row.shown() for row in shown], has_more, token))


async def talent_tag_create(tx: Transaction, call: Call, body: NewTalentTag) -> Outcome[OneTalentTag]:
    """Create a tag. Statements: 1."""
    (tag_id,) = call.ids(1)
    name = languages.named("name", body.name, Texts())
    description = languages.patched(body.description, Texts())
    row = TagRow(tag_id, *name, *description, body.type, body.active_status)
    await tx.run("talent_tag_insert", tenant_id=call.caller.tenant_id, **row.columns())
    return Outcome(OneTalentTag(row.shown()))


async def talent_tag_update(
    tx: Transaction, call: Call, path: TalentTagPath, body: TalentTagPatch
) -> Outcome[OneTalentTag]:
    """Change a tag; whoever has it keeps it, also when it is switched off. Statements: 2."""
    here = {"tenant_id": call.caller.tenant_id, "tag_id": ids.parse(path.tag_id)}
    await tx.lock("talent_tag_lock", **here)
    row = await tx.row(TagRow, "talent_tag_by_id", **here)
    if row is None:
        raise parameter_fault("tag_id", "names no talent tag", path.tag_id)
    patched = TagRow(
        row.tag_id,
        *languages.named("name", body.name, row.name),
        *languages.patched(body.description, row.description),
        row.type if body.type is UNSET else body.type,
        row.active_status if body.active_status is UNSET else body.active_status,
    )
    await tx.run("talent_tag_update", tenant_id=call.caller.tenant_id, **patched.columns())
    return Outcome(OneTalentTag(patched.shown()))


async def tags_of(tx: Transaction, call: Call, talent_id: int) -> list[TalentTagRef]:
    """The tags a talent has. Statements: 1."""
    rows = await tx.rows(TagRow, "talent_tags_of_talent", tenant_id=call.caller.tenant_id, talent_id=talent_id)
    return [TalentTagRef(str(row.tag_id), row.name.shown(), row.description.shown(), row.type) for row in rows]
