"""Notes on talents."""

import msgspec
from msgspec import UNSET

from rencai.contract import ids
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import note_not_found, parameter_fault
from rencai.contract.fields import UserIds
from rencai.contract.notes import Mention, NewNote, Note, NoteListQuery, NotePage, NotePatch, NotePath, OneNote
from rencai.contract.talent_views import TalentNote
from rencai.operations import paging, users
from rencai.operations.call import Call, Outcome
from rencai.operations.membership import as_json
from rencai.operations.talent_states import talents_named
from rencai.storage.seam import Transaction

PRIVATE = 1
SHOWN_WITH_TALENT = 200  # as many as the list shows on a page


class NoteRow(msgspec.Struct, frozen=True):
    """A note; times in ms, empty texts where nothing was said."""

    note_id: int
    talent_id: int
    application_id: str
    creator_id: str
    content: str
    privacy: int
    create_time: int
    modify_time: int

    def shown(self, call: Call, user_id_type: str) -> Note:
        """The note in the words of its own calls."""
        return Note(
            id=str(self.note_id),
            talent_id=str(self.talent_id),
            is_private=self.privacy == PRIVATE,
            create_time=self.create_time,
            modify_time=self.modify_time,
            content=self.content,
            creator_id=users.shown_operator_id(call, user_id_type, self.creator_id),
            application_id=self.application_id or UNSET,
        )

    def shown_with_talent(self, call: Call, user_id_type: str) -> TalentNote:
        """The note in the words of v2's talent."""
        return TalentNote(
            id=str(self.note_id),
            talent_id=str(self.talent_id),
            create_time=str(self.create_time),
            update_time=str(self.modify_time),
            content=self.content,
            privacy=self.privacy,
            creator_id=users.shown_operator_id(call, user_id_type, self.creator_id),
            application_id=self.application_id or UNSET,
        )


async def note_create(tx: Transaction, call: Call, query: UserIds, body: NewNote) -> Outcome[OneNote]:
    """Write a note on a talent (contract §10). Statements: 2."""
    (talent_id,) = await talents_named(tx, call, "talent_id", [body.talent_id])
    _refuse_offsets(body.content, body.mention_entity_list)
    (note_id,) = call.ids(1)
    creator = users.operator_of(call, body.creator_id)
    row = NoteRow(
        note_id,
        talent_id,
        "" if body.application_id is UNSET else body.application_id,
        creator.id,
        body.content,
        body.privacy,
        call.now,
        call.now,
    )
    columns = msgspec.structs.asdict(row)
    del columns["create_time"], columns["modify_time"]
    mentions = as_json(body.mention_entity_list)
    await tx.run("note_insert", tenant_id=call.caller.tenant_id, mentions=mentions, time=call.now, **columns)
    return Outcome(OneNote(row.shown(call, query.user_id_type)))


async def note_list(tx: Transaction, call: Call, query: NoteListQuery) -> Outcome[NotePage]:
    """A page of a talent's notes, newest first (contract §10). Statements: 2."""
    (talent_id,) = await talents_named(tx, call, "talent_id", [query.talent_id])
    (before,) = paging.position(call, query.page_token, (ids.LARGEST,), query.talent_id)
    rows = await _page(tx, call, talent_id, before, query.page_size)
    positions = [(row.note_id,) for row in rows]
    shown, has_more, token = paging.page(call, rows, positions, query.page_size, query.talent_id)
    return Outcome(NotePage([row.shown(call, query.user_id_type) for row in shown], has_more, token))


async def note_get(tx: Transaction, call: Call, path: NotePath, query: UserIds) -> Outcome[OneNote]:
    """One note (contract §10). Statements: 1."""
    return Outcome(OneNote((await _note(tx, call, path.note_id)).shown(call, query.user_id_type)))


async def note_update(tx: Transaction, call: Call, path: NotePath, query: UserIds, body: NotePatch) -> Outcome[OneNote]:
    """Change a note's content; its creator stays (contract §10). Statements: 2."""
    row = await _locked_note(tx, call, path.note_id)
    _refuse_offsets(body.content, body.mention_entity_list)
    await tx.run(
        "note_update",
        tenant_id=call.caller.tenant_id,
        note_id=row.note_id,
        content=body.content,
        mentions=as_json(body.mention_entity_list),
        time=call.now,
    )
    changed = msgspec.structs.replace(row, content=body.content, modify_time=call.now)
    return Outcome(OneNote(changed.shown(call, query.user_id_type)))


async def note_delete(tx: Transaction, call: Call, path: NotePath) -> Outcome[Nothing]:
    """Delete a note (contract §10). Statements: 2."""
    row = await _locked_note(tx, call, path.note_id)
    await tx.run("note_delete", tenant_id=call.caller.tenant_id, note_id=row.note_id)
    return Outcome(Nothing())


async def notes_of(tx: Transaction, call: Call, talent_id: int, user_id_type: str) -> list[TalentNote]:
    """A talent's newest notes, 200 at most, in the words of v2. Statements: 1."""
    rows = await _page(tx, call, talent_id, ids.LARGEST, SHOWN_WITH_TALENT - 1)
    return [row.shown_with_talent(call, user_id_type) for row in rows]


async def _page(tx: Transaction, call: Call, talent_id: int, before: int, page_size: int) -> list[NoteRow]:
    return await tx.rows(
        NoteRow,
        "note_page",
        tenant_id=call.caller.tenant_id,
        talent_id=talent_id,
        before=before,
        page_size=page_size,
    )


async def _locked_note(tx: Transaction, call: Call, note_id: str) -> NoteRow:
    await tx.lock("note_lock", tenant_id=call.caller.tenant_id, note_id=ids.parse(note_id))
    return await _note(tx, call, note_id)


async def _note(tx: Transaction, call: Call, note_id: str) -> NoteRow:
    row = await tx.row(NoteRow, "note_by_id", tenant_id=call.caller.tenant_id, note_id=ids.parse(note_id))
    if row is None:
        raise note_not_found(note_id)
    return row


def _refuse_offsets(content: str, mentions: list[Mention]) -> None:
    """Offsets end with the content, counted as the vendor's clients count: in units of UTF-16."""
    length = len(content.encode("utf-16-le")) // 2
    for index, mention in enumerate(mentions):
        if mention.offset > length:
            raise parameter_fault(f"mention_entity_list[{index}].offset", f"must be from 0 to {length}")
