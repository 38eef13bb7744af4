"""Talent folders and who is in them."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract import ids
from rencai.contract.endpoint import Nothing
from rencai.contract.errors import (
    PARAMETER_ERROR,
    TALENT_FOLDER_NOT_EMPTY,
    Fault,
    Violation,
    parameter_fault,
)
from rencai.contract.talent_folders import (
    FolderTalents,
    NewTalentFolder,
    OneTalentFolder,
    TalentFolder,
    TalentFolderListQuery,
    TalentFolderPage,
    TalentFolderPatch,
    TalentFolderPath,
    TalentsAndFolder,
)
from rencai.contract.talent_views import TalentFolderRef
from rencai.operations import paging, users
from rencai.operations.call import Call, Number, Outcome
from rencai.operations.membership import as_json
from rencai.operations.profiles import each
from rencai.operations.talent_states import Known, talents_named
from rencai.storage.seam import Transaction

NO_FOLDER = "names no talent folder"


class FolderRow(msgspec.Struct, frozen=True):
    """A folder."""

    folder_id: int
    folder_name: str
    owner_id: str

    def shown(self, call: Call, user_id_type: str = "open_id") -> TalentFolder:
        """The row as the wire has it."""
        owner_id = users.shown_user_id(call, user_id_type, self.owner_id)
        return TalentFolder(str(self.folder_id), self.folder_name, owner_id)


class FolderOfTalent(msgspec.Struct, frozen=True):
    """A folder the talent is in."""

    folder_id: int
    folder_name: str
    owner_id: str
    add_time: int


async def talent_add_to_folder(tx: Transaction, call: Call, body: TalentsAndFolder) -> Outcome[FolderTalents]:
    """Put talents into a folder, all or none (contract §10). Who is in it already stays. Statements: 3."""
    folder = await _folder(tx, call, body.folder_id)
    talents = await talents_named(tx, call, "talent_id_list", body.talent_id_list)
    await associate(tx, call, [(talent_id, [folder.folder_id]) for talent_id in talents])
    return Outcome(FolderTalents(list(dict.fromkeys(body.talent_id_list)), body.folder_id))


async def talent_remove_to_folder(tx: Transaction, call: Call, body: TalentsAndFolder) -> Outcome[FolderTalents]:
    """Take talents out of a folder (contract §10). The reply lists those who were in it. Statements: 4."""
    folder = await _locked_folder(tx, call, body.folder_id)
    talents = await talents_named(tx, call, "talent_id_list", body.talent_id_list)
    here = {"tenant_id": call.caller.tenant_id, "folder_id": folder.folder_id, "talent_ids": as_json(talents)}
    found = await tx.row(Known, "folder_associations_in", **here)
    inside = {str(number) for number in (found.known if found else [])}
    await tx.run("folder_associations_delete", **here)
    removed = [text for text in dict.fromkeys(body.talent_id_list) if text in inside]
    return Outcome(FolderTalents(removed, body.folder_id))


async def talent_folder_list(tx: Transaction, call: Call, query: TalentFolderListQuery) -> Outcome[TalentFolderPage]:
    """A page of folders in order of creation (contract §10). Statements: 1."""
    (after,) = paging.position(call, query.page_token, (0,))
    rows = await tx.rows(
        FolderRow,
        "talent_folder_page",
        tenant_id=call.caller.tenant_id,
        after=after,
        page_size=query.page_size,
    )
    shown, has_more, token = paging.page(call, rows, [(row.folder_id,) for row in rows], query.page_size)
    return Outcome(TalentFolderPage([row.shown(call, query.user_id_type) for row in shown], has_more, token))


async def talent_folder_create(tx: Transaction, call: Call, body: NewTalentFolder) -> Outcome[OneTalentFolder]:
    """Create a folder. Statements: 1."""
    (folder_id,) = call.ids(1)
    row = FolderRow(folder_id, body.folder_name, body.owner_id)
    await tx.run("talent_folder_insert", tenant_id=call.caller.tenant_id, **msgspec.structs.asdict(row))
    return Outcome(OneTalentFolder(row.shown(call)))


async def talent_folder_update(
    tx: Transaction, call: Call, path: TalentFolderPath, body: TalentFolderPatch
) -> Outcome[OneTalentFolder]:
    """Change a folder's name or owner. Statements: 2."""
    row = await _locked_folder(tx, call, path.folder_id)
    patched = msgspec.structs.replace(
        row,
        folder_name=row.folder_name if body.folder_name is UNSET else body.folder_name,
        owner_id=row.owner_id if body.owner_id is UNSET else body.owner_id,
    )
    await tx.run("talent_folder_update", tenant_id=call.caller.tenant_id, **msgspec.structs.asdict(patched))
    return Outcome(OneTalentFolder(patched.shown(call)))


async def talent_folder_delete(tx: Transaction, call: Call, path: TalentFolderPath) -> Outcome[Nothing]:
    """Delete a folder that nobody is in. Statements: 3."""
    row = await _locked_folder(tx, call, path.folder_id)
    here = {"tenant_id": call.caller.tenant_id, "folder_id": row.folder_id}
    if (first := await tx.row(Number, "talent_folder_first_talent", **here)) is not None:
        raise Fault(TALENT_FOLDER_NOT_EMPTY, Violation("folder_id", "a talent is in it", str(first.value)))
    await tx.run("talent_folder_delete", **here)
    return Outcome(Nothing())


async def folders_named(
    tx: Transaction, call: Call, given: Sequence[tuple[str, list[str] | UnsetType]]
) -> list[list[int]]:
    """The numbers of folders by their ids, list by list, each list with its place in the request.

    Raises the parameter Fault with every id that names no folder. Statements: 1, or none without ids.
    """
    numbers = {text: ids.parse(text) for _, texts in given for text in each(texts)}
    if not numbers:
        return [[] for _ in given]
    wanted = as_json(sorted({number for number in numbers.values() if number is not None}))
    found = await tx.row(Known, "talent_folders_known", tenant_id=call.caller.tenant_id, folder_ids=wanted)
    known = set(found.known if found else [])
    unknown = [
        Violation(f"{place}[{index}]", NO_FOLDER, text)
        for place, texts in given
        for index, text in enumerate(each(texts))
        if numbers[text] not in known
    ]
    if unknown:
        raise Fault(PARAMETER_ERROR, *unknown[:50])
    return [sorted({int(text) for text in each(texts)}) for _, texts in given]


async def associate(tx: Transaction, call: Call, talents: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Put each talent into its folders. Statements: 1, or none without folders."""
    rows = sorted([folder_id, talent_id] for talent_id, folders in talents for folder_id in folders)
    if rows:
        await tx.run(
            "folder_associations_insert",
            tenant_id=call.caller.tenant_id,
            associations=as_json(rows),
            time=call.now,
        )


async def folders_of(tx: Transaction, call: Call, talent_id: int, user_id_type: str) -> list[TalentFolderRef]:
    """The folders a talent is in. Statements: 1."""
    rows = await tx.rows(
        FolderOfTalent, "talent_folders_of_talent", tenant_id=call.caller.tenant_id, talent_id=talent_id
    )
    return [
        TalentFolderRef(
            str(row.folder_id),
            row.folder_name,
            str(row.add_time),
            users.shown_user_id(call, user_id_type, row.owner_id),
        )
        for row in rows
    ]


async def _locked_folder(tx: Transaction, call: Call, folder_id: str) -> FolderRow:
    await tx.lock("talent_folder_lock", tenant_id=call.caller.tenant_id, folder_id=ids.parse(folder_id))
    return await _folder(tx, call, folder_id)


async def _folder(tx: Transaction, call: Call, folder_id: str) -> FolderRow:
    here = {"tenant_id": call.caller.tenant_id, "folder_id": ids.parse(folder_id)}
    row = await tx.row(FolderRow, "talent_folder_by_id", **here)
    if row is None:
        raise parameter_fault("folder_id", NO_FOLDER, folder_id)
    return row
