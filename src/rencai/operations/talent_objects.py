"""Custom fields and their modules: made and changed here, and looked up by whatever checks and shows their values."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from rencai.contract import ids
from rencai.contract.errors import parameter_fault
from rencai.contract.fields import Languages
from rencai.contract.talent_objects import (
    DEFAULT,
    MODULE,
    MULTI_SELECT,
    SINGLE_SELECT,
    FieldConfig,
    FieldOption,
    FieldSetting,
    GivenConfig,
    GivenOption,
    NewTalentObject,
    OneTalentObject,
    TalentField,
    TalentModule,
    TalentModules,
    TalentObject,
    TalentObjectPatch,
    TalentObjectPath,
)
from rencai.operations import languages
from rencai.operations.call import Call, Outcome
from rencai.operations.languages import Texts
from rencai.storage.seam import Transaction

BASIC_INFO, EDUCATION, CAREER, PROJECT, WORKS, AWARD, LANGUAGE, SNS, SELF_EVALUATION = range(1, 10)
PRESET_MODULES = {
    BASIC_INFO: Texts("基本信息", "Basic information"),
    EDUCATION: Texts("教育经历", "Education"),
    CAREER: Texts("工作经历", "Career"),
    PROJECT: Texts("项目经历", "Projects"),
    WORKS: Texts("作品", "Works"),
    AWARD: Texts("获奖", "Awards"),
    LANGUAGE: Texts("语言能力", "Languages"),
    SNS: Texts("社交账号", "Social accounts"),
    SELF_EVALUATION: Texts("自我评价", "Self-evaluation"),
}
ON, OFF = 1, 2
MOST_OBJECTS = 1_000  # of a tenant; every call with custom values reads them all
MOST_OPTIONS = 500  # of a field

_decode_options = msgspec.json.Decoder(list[FieldOption]).decode


class ObjectRow(msgspec.Struct, frozen=True):
    """A module (parent 0) or field as it is kept; options as JSON."""

    object_id: int
    parent_id: int
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    object_type: int
    options: str
    is_required: int
    active_status: int

    @property
    def name(self) -> Texts:
        """The name in both languages."""
        return Texts(self.name_zh, self.name_en)

    def option_list(self) -> list[FieldOption]:
        """What can be chosen."""
        return _decode_options(self.options)

    def setting(self) -> FieldSetting:
        """The type, and what can be chosen."""
        return FieldSetting(self.object_type, FieldConfig(self.option_list()))

    def shown(self) -> TalentObject:
        """The row as the native calls show it."""
        return TalentObject(
            id=str(self.object_id),
            name=self.name.shown(),
            description=Languages(self.description_zh, self.description_en),
            setting=self.setting(),
            is_customized=True,
            is_required=bool(self.is_required),
            active_status=self.active_status,
            parent_id=str(self.parent_id) if self.parent_id else UNSET,
        )


class Objects:
    """A tenant's modules and fields by id, those that every tenant has among them."""

    def __init__(self, rows: Iterable[ObjectRow]) -> None:
        self.by_id = {row.object_id: row for row in rows}
        self._options: dict[int, dict[str, FieldOption]] = {}

    def options(self, row: ObjectRow) -> dict[str, FieldOption]:
        """What can be chosen in a field by key, read once however many values there are."""
        if row.object_id not in self._options:
            self._options[row.object_id] = {option.key: option for option in row.option_list()}
        return self._options[row.object_id]

    def find(self, object_id: str | UnsetType) -> ObjectRow | None:
        """The module or field of an id, or None; the modules that every tenant has are not among them."""
        number = None if object_id is UNSET else ids.parse(object_id)
        return None if number is None else self.by_id.get(number)

    def shown(self) -> list[TalentModule]:
        """All modules with their fields, in order of creation."""
        fields: defaultdict[int, list[TalentField]] = defaultdict(list)
        for row in self.by_id.values():
            if row.parent_id:
                fields[row.parent_id].append(msgspec.convert(row.shown(), TalentField, from_attributes=True))
        presets = [_preset(number, name, fields[number]) for number, name in PRESET_MODULES.items()]
        return presets + [_module(row, fields[row.object_id]) for row in self.by_id.values() if not row.parent_id]


async def objects_of_tenant(tx: Transaction, call: Call) -> Objects:
    """The tenant's modules and fields. Statements: 1."""
    return Objects(await tx.rows(ObjectRow, "talent_objects_all", tenant_id=call.caller.tenant_id))


async def talent_object_query(tx: Transaction, call: Call) -> Outcome[TalentModules]:
    """All modules with their fields (contract §10)."""
    return Outcome(TalentModules((await objects_of_tenant(tx, call)).shown()))


async def talent_object_create(tx: Transaction, call: Call, body: NewTalentObject) -> Outcome[OneTalentObject]:
    """Create a custom field of a module, or a module."""
    (object_id,) = call.ids(1)
    objects = await objects_of_tenant(tx, call)
    if len(objects.by_id) >= MOST_OBJECTS:
        raise parameter_fault("parent_id", f"can take no more: a tenant has at most {MOST_OBJECTS} fields and modules")
    parent_id = _parent(objects, body)
    name = languages.named("name", body.name, Texts())
    description = languages.patched(body.description, Texts())
    options = _options(call, body.setting.object_type, [], body.setting.config)
    row = ObjectRow(
        object_id,
        parent_id,
        *name,
        *description,
        body.setting.object_type,
        options,
        int(body.is_required),
        body.active_status,
    )
    await tx.run("talent_object_insert", tenant_id=call.caller.tenant_id, **msgspec.structs.asdict(row))
    return Outcome(OneTalentObject(row.shown()))


async def talent_object_update(
    tx: Transaction, call: Call, path: TalentObjectPath, body: TalentObjectPatch
) -> Outcome[OneTalentObject]:
    """Change a custom field or module. Its type stays, and its options keep their keys: values name them."""
    await tx.lock("talent_object_lock", tenant_id=call.caller.tenant_id, object_id=ids.parse(path.object_id))
    row = (await objects_of_tenant(tx, call)).find(path.object_id)
    if row is None:
        raise parameter_fault("object_id", "names no custom field or module", path.object_id)
    name = languages.named("name", body.name, row.name)
    description = languages.patched(body.description, Texts(row.description_zh, row.description_en))
    options = row.options
    if body.setting is not UNSET:
        options = _options(call, row.object_type, row.option_list(), body.setting.config)
    patched = msgspec.structs.replace(
        row,
        name_zh=name.zh,
        name_en=name.en,
        description_zh=description.zh,
        description_en=description.en,
        options=options,
        is_required=row.is_required if body.is_required is UNSET else int(body.is_required),
        active_status=row.active_status if body.active_status is UNSET else body.active_status,
    )
    columns = msgspec.structs.asdict(patched)
    del columns["parent_id"], columns["object_type"]
    await tx.run("talent_object_update", tenant_id=call.caller.tenant_id, **columns)
    return Outcome(OneTalentObject(patched.shown()))


def _parent(objects: Objects, body: NewTalentObject) -> int:
    """The module a new field goes into; 0 for a new module. Raises the parameter Fault where they don't fit."""
    object_type = body.setting.object_type
    if not body.parent_id:
        if object_type != MODULE:
            raise parameter_fault("parent_id", "is required for a field; a module has object_type 11")
        return 0
    if object_type in (MODULE, DEFAULT):
        raise parameter_fault("setting.object_type", "must be a type of field, 1 to 9, 12 or 13, with parent_id")
    number = ids.parse(body.parent_id)
    module = objects.find(body.parent_id)
    if number is None or not (number in PRESET_MODULES or (module is not None and not module.parent_id)):
        raise parameter_fault("parent_id", "names no module", body.parent_id)
    return number


def _options(call: Call, object_type: int, kept: list[FieldOption], given: GivenConfig | UnsetType) -> str:
    """The options after a call: those given by key changed, those left out switched off, new ones at the end."""
    place = "setting.config.options"
    if object_type not in (SINGLE_SELECT, MULTI_SELECT):
        if given is not UNSET and given.options:
            raise parameter_fault(place, "are for the types 3 and 4")
        return "[]"
    wanted = [] if given is UNSET else given.options
    if not wanted:
        raise parameter_fault(place, "needs at least one option for the types 3 and 4")
    keys = [str(number) for number in call.ids(len(wanted))]
    named = [(key if option.key is UNSET else option.key, option) for key, option in zip(keys, wanted, strict=True)]
    by_key = dict(named)
    if len(by_key) < len(named):
        raise parameter_fault(place, "has a key twice")
    old = {option.key: option for option in kept}
    changed = [
        _option(place, option.key, by_key[option.key], option)
        if option.key in by_key
        else msgspec.structs.replace(option, active_status=OFF)
        for option in kept
    ]
    new = [_option(place, key, option, None) for key, option in named if key not in old]
    if len(changed) + len(new) > MOST_OPTIONS:
        raise parameter_fault(place, f"may be at most {MOST_OPTIONS}, those switched off among them")
    return msgspec.json.encode(changed + new).decode()


def _option(place: str, key: str, given: GivenOption, kept: FieldOption | None) -> FieldOption:
    name = Texts(kept.name.zh_cn, kept.name.en_us) if kept else Texts()
    description = Texts(kept.description.zh_cn, kept.description.en_us) if kept else Texts()
    return FieldOption(
        key,
        languages.named(f"{place}[].name", given.name, name).shown(),
        languages.patched(given.description, description).shown(),
        given.active_status,
    )


def _preset(number: int, name: Texts, fields: list[TalentField]) -> TalentModule:
    setting = FieldSetting(MODULE, FieldConfig([]))
    return TalentModule(str(number), name.shown(), Texts().shown(), setting, False, False, ON, fields)


def _module(row: ObjectRow, fields: list[TalentField]) -> TalentModule:
    shown = row.shown()
    return TalentModule(
        shown.id,
        shown.name,
        shown.description,
        shown.setting,
        True,
        shown.is_required,
        shown.active_status,
        fields,
    )
