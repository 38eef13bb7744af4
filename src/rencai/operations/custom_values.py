"""Values of custom fields: held against their field's type when they come in, and read back by it when they go out.

The wire carries every value as text; the forms by type are those of contract §10 (times in ms), and what is shown
has a field for each kind of value (contract §9, times in seconds).
"""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.errors import Violation
from rencai.contract.fields import MOMENT
from rencai.contract.profiles import CustomField, CustomModule, NewTalent, Profile, TalentUpdate
from rencai.contract.talent_objects import (
    ATTACHMENT,
    DATE,
    DAY,
    MODULE,
    MONTH,
    MULTI_SELECT,
    NUMBER,
    SINGLE_SELECT,
    SPAN,
    YEAR,
)
from rencai.contract.talent_views import (
    AttachmentV1,
    AttachmentV2,
    CustomFieldV1,
    CustomFieldV2,
    CustomModuleV1,
    CustomModuleV2,
    CustomValue,
    CustomValueV1,
    CustomValueV2,
    OptionalText,
    ShownOption,
    ShownSpan,
)
from rencai.operations import talent_objects
from rencai.operations.languages import Texts
from rencai.operations.profiles import each
from rencai.operations.talent_objects import OFF, ObjectRow, Objects

V = TypeVar("V", bound=CustomValue)

UNTIL_NOW = "-"
_MOMENT = re.compile(MOMENT)
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_decode_texts = msgspec.json.Decoder(list[str]).decode


class GivenAttachment(msgspec.Struct, frozen=True):
    """A file as a value names it."""

    file_id: str
    name: OptionalText = UNSET
    content_type: OptionalText = UNSET
    file_size: Annotated[int, Meta(ge=0, le=2**53)] | UnsetType = UNSET


_decode_attachments = msgspec.json.Decoder(list[GivenAttachment]).decode


class Placed(NamedTuple):
    """A custom field's value with its place in the request, and the module the field must be of."""

    place: str
    module_id: int
    given: CustomField


# Which module the custom fields of each list belong to.
_LISTS = {
    "education_list": talent_objects.EDUCATION,
    "career_list": talent_objects.CAREER,
    "project_list": talent_objects.PROJECT,
    "works_list": talent_objects.WORKS,
    "award_list": talent_objects.AWARD,
    "language_list": talent_objects.LANGUAGE,
    "sns_list": talent_objects.SNS,
}


def has_any(talent: NewTalent | TalentUpdate) -> bool:
    """Whether a request holds values of custom fields or modules."""
    return next(_placed(talent), None) is not None or bool(each(talent.customized_data))


def violations(objects: Objects, talent: NewTalent | TalentUpdate, prefix: str = "") -> list[Violation]:
    """What is wrong with a request's custom values: fields that don't exist, are off, or don't take the value."""
    found = [
        Violation(f"{prefix}{placed.place}.{part}", words, value)
        for placed in _placed(talent)
        for part, words, value in _wrong(objects, placed)
    ]
    for index, module in enumerate(each(talent.customized_data)):
        found += _module_violations(objects, module, f"{prefix}customized_data[{index}]")
    return found


def _placed(talent: NewTalent | TalentUpdate) -> Iterator[Placed]:
    """The values of the profile's own parts."""
    for index, given in enumerate(each(talent.basic_info.customized_data)):
        yield Placed(f"basic_info.customized_data[{index}]", talent_objects.BASIC_INFO, given)
    for name, module_id in _LISTS.items():
        items: list[Any] = each(getattr(talent, name))
        for number, item in enumerate(items):
            for index, given in enumerate(each(item.customized_data)):
                yield Placed(f"{name}[{number}].customized_data[{index}]", module_id, given)
    if talent.self_evaluation is not UNSET:
        for index, given in enumerate(each(talent.self_evaluation.customized_data)):
            yield Placed(f"self_evaluation.customized_data[{index}]", talent_objects.SELF_EVALUATION, given)


def _module_violations(objects: Objects, module: CustomModule, place: str) -> list[Violation]:
    row = objects.find(module.object_id)
    if row is None or row.object_type != MODULE:
        return [Violation(f"{place}.object_id", "names no custom module", module.object_id)]
    if row.active_status == OFF:
        return [Violation(f"{place}.object_id", "names a module that is switched off", module.object_id)]
    return [
        Violation(f"{inner}.{part}", words, value)
        for inner, given in _children(module, f"{place}.children")
        for part, words, value in _wrong(objects, Placed(inner, row.object_id, given))
    ]


def _children(module: CustomModule, place: str) -> Iterator[tuple[str, CustomField]]:
    for index, child in enumerate(each(module.children)):
        if isinstance(child, CustomField):
            yield f"{place}[{index}]", child
        else:
            yield from ((f"{place}[{index}][{number}]", given) for number, given in enumerate(child))


def _wrong(objects: Objects, placed: Placed) -> Iterator[tuple[str, str, OptionalText]]:
    given = placed.given
    row = objects.find(given.object_id)
    if row is None or row.parent_id != placed.module_id:
        yield "object_id", "names no custom field of this module", given.object_id
    elif row.active_status == OFF:
        yield "object_id", "names a field that is switched off", given.object_id
    elif given.value is UNSET:
        yield "value", "value is required", UNSET
    elif words := _misfit(row, given.value):
        yield "value", words, UNSET


def _misfit(row: ObjectRow, value: str) -> str | None:
    """What is wrong with a value for a field's type, or None."""
    check = _CHECKS.get(row.object_type)
    if check is None:
        return None
    try:
        return check(row, value)
    except (msgspec.DecodeError, RecursionError):
        return _FORMS[row.object_type]


_FORMS = {
    MULTI_SELECT: 'must be a JSON list of option keys, such as ["1", "2"]',
    SPAN: 'must be a JSON list of two times in ms, such as ["1577808000000", "1612108800000"]',
    ATTACHMENT: 'must be a JSON list of files, such as [{"file_id": "7250161881116838204"}]',
}


def _choice(row: ObjectRow, value: str) -> str | None:
    return _choices(row, [value])


def _several(row: ObjectRow, value: str) -> str | None:
    return _choices(row, _decode_texts(value))


def _choices(row: ObjectRow, keys: list[str]) -> str | None:
    offered = {option.key for option in row.option_list() if option.active_status != OFF}
    return None if offered.issuperset(keys) else "names an option that the field does not offer"


def _moment(_row: ObjectRow, value: str) -> str | None:
    return None if _MOMENT.fullmatch(value) else "must be a time in ms, such as 1627379423000"


def _span(_row: ObjectRow, value: str) -> str | None:
    times = _decode_texts(value)
    if len(times) != 2 or not _MOMENT.fullmatch(times[0]):
        return _FORMS[SPAN]
    if times[1] == UNTIL_NOW:
        return None
    if not _MOMENT.fullmatch(times[1]):
        return _FORMS[SPAN]
    return "must not end before it begins" if int(times[1]) < int(times[0]) else None


def _number(_row: ObjectRow, value: str) -> str | None:
    return None if _NUMBER.fullmatch(value) else "must be a number, such as 3 or 2.5"


def _files(_row: ObjectRow, value: str) -> str | None:
    return None if _decode_attachments(value) else _FORMS[ATTACHMENT]


_CHECKS: dict[int, Callable[[ObjectRow, str], str | None]] = {
    SINGLE_SELECT: _choice,
    MULTI_SELECT: _several,
    DATE: _moment,
    MONTH: _moment,
    YEAR: _moment,
    DAY: _moment,
    SPAN: _span,
    NUMBER: _number,
    ATTACHMENT: _files,
}


# Out again


def fields_v1(objects: Objects, given: list[CustomField] | UnsetType) -> list[CustomFieldV1]:
    """Values in the shape of v1."""
    return [
        CustomFieldV1(str(field.object_id), _name(row), row.object_type if row else 1, _value_v1(row, field))
        for field in each(given)
        for row in (objects.find(field.object_id),)
    ]


def fields_v2(objects: Objects, given: list[CustomField] | UnsetType) -> list[CustomFieldV2]:
    """Values in the shape of v2."""
    return [
        CustomFieldV2(str(field.object_id), _name(row), row.object_type if row else 1, _value_v2(row, field))
        for field in each(given)
        for row in (objects.find(field.object_id),)
    ]


def modules_v1(objects: Objects, profile: Profile) -> list[CustomModuleV1]:
    """The rows of custom modules in the shape of v1."""
    return [
        CustomModuleV1(str(module.object_id), _name(objects.find(module.object_id)), MODULE, fields_v1(objects, row))
        for module in each(profile.customized_data)
        for row in _rows(module)
    ]


def modules_v2(objects: Objects, profile: Profile) -> list[CustomModuleV2]:
    """The rows of custom modules in the shape of v2."""
    return [
        CustomModuleV2(str(module.object_id), _name(objects.find(module.object_id)), MODULE, fields_v2(objects, row))
        for module in each(profile.customized_data)
        for row in _rows(module)
    ]


def _rows(module: CustomModule) -> list[list[CustomField]]:
    """A module's rows; the SDKs' flat children are one row."""
    children = each(module.children)
    flat = [child for child in children if isinstance(child, CustomField)]
    rows = [child for child in children if not isinstance(child, CustomField)]
    return [flat, *rows] if flat or not rows else rows


def _name(row: ObjectRow | None) -> Any:
    return (row.name if row else Texts()).shown()


def _value_v1(row: ObjectRow | None, field: CustomField) -> CustomValueV1:
    files = _attachments(row, field)
    shown = [AttachmentV1(f.file_id, f.name, f.content_type, f.file_size) for f in files]
    return _value(CustomValueV1, row, field) if not files else CustomValueV1(customized_attachment=shown)


def _value_v2(row: ObjectRow | None, field: CustomField) -> CustomValueV2:
    files = _attachments(row, field)
    shown = [AttachmentV2(f.file_id, f.name, f.content_type, f.file_size) for f in files]
    return _value(CustomValueV2, row, field) if not files else CustomValueV2(customized_attachment=shown)


def _attachments(row: ObjectRow | None, field: CustomField) -> list[GivenAttachment]:
    if row is None or row.object_type != ATTACHMENT or field.value is UNSET:
        return []
    return _decode_attachments(field.value)


def _value(shape: type[V], row: ObjectRow | None, field: CustomField) -> V:
    value = "" if field.value is UNSET else field.value
    kind = row.object_type if row else 0
    if row is None or kind not in _CHECKS:
        return shape(content=value)
    if kind in (SINGLE_SELECT, MULTI_SELECT):
        names = {option.key: option.name for option in row.option_list()}
        keys = [value] if kind == SINGLE_SELECT else _decode_texts(value)
        shown = [ShownOption(key, names.get(key, Texts().shown())) for key in keys]
        return shape(option=shown[0]) if kind == SINGLE_SELECT else shape(option_list=shown)
    if kind == SPAN:
        start, end = _decode_texts(value)
        return shape(time_range=ShownSpan(_seconds(start), end if end == UNTIL_NOW else _seconds(end)))
    return shape(number=value) if kind == NUMBER else shape(time=_seconds(value))


def _seconds(milliseconds: str) -> str:
    return str(int(milliseconds) // 1000)
