"""Values of custom fields as they are shown: read by their field's type into the shapes of v1 and v2.

The wire carries every value as text; what is shown has a field for each kind of value (contract §9, times in seconds).
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.fields import ShortText
from rencai.contract.profiles import CustomField, CustomModule, Profile
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
    ShownOption,
    ShownSpan,
)
from rencai.operations.languages import Texts
from rencai.operations.profiles import each
from rencai.operations.talent_objects import ObjectRow, Objects

V = TypeVar("V", bound=CustomValue)

UNTIL_NOW = "-"
TIMES = (DATE, MONTH, YEAR, DAY)

decoded_texts = msgspec.json.Decoder(list[str]).decode


class GivenAttachment(msgspec.Struct, frozen=True):
    """A file as a value names it."""

    file_id: ShortText
    name: ShortText | UnsetType = UNSET
    content_type: ShortText | UnsetType = UNSET
    file_size: Annotated[int, Meta(ge=0, le=2**53)] | UnsetType = UNSET


decoded_attachments = msgspec.json.Decoder(list[GivenAttachment]).decode


def fields_v1(objects: Objects, given: list[CustomField] | UnsetType) -> list[CustomFieldV1]:
    """Values in the shape of v1."""
    return [
        CustomFieldV1(str(field.object_id), _name(row), row.object_type if row else 1, _value_v1(objects, row, field))
        for field in each(given)
        for row in (objects.find(field.object_id),)
    ]


def fields_v2(objects: Objects, given: list[CustomField] | UnsetType) -> list[CustomFieldV2]:
    """Values in the shape of v2."""
    return [
        CustomFieldV2(str(field.object_id), _name(row), row.object_type if row else 1, _value_v2(objects, row, field))
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


def _value_v1(objects: Objects, row: ObjectRow | None, field: CustomField) -> CustomValueV1:
    files = _attachments(row, field)
    shown = [AttachmentV1(f.file_id, f.name, f.content_type, f.file_size) for f in files]
    return _value(CustomValueV1, objects, row, field) if not files else CustomValueV1(customized_attachment=shown)


def _value_v2(objects: Objects, row: ObjectRow | None, field: CustomField) -> CustomValueV2:
    files = _attachments(row, field)
    shown = [AttachmentV2(f.file_id, f.name, f.content_type, f.file_size) for f in files]
    return _value(CustomValueV2, objects, row, field) if not files else CustomValueV2(customized_attachment=shown)


def _attachments(row: ObjectRow | None, field: CustomField) -> list[GivenAttachment]:
    if row is None or row.object_type != ATTACHMENT or field.value is UNSET:
        return []
    return decoded_attachments(field.value)


def _value(shape: type[V], objects: Objects, row: ObjectRow | None, field: CustomField) -> V:
    value = "" if field.value is UNSET else field.value
    kind = 0 if row is None else row.object_type
    if row is not None and kind in (SINGLE_SELECT, MULTI_SELECT):
        return _chosen(shape, objects, row, value)
    if kind == SPAN:
        start, end = decoded_texts(value)
        return shape(time_range=ShownSpan(_seconds(start), end if end == UNTIL_NOW else _seconds(end)))
    if kind == NUMBER:
        return shape(number=value)
    return shape(time=_seconds(value)) if kind in TIMES else shape(content=value)


def _chosen(shape: type[V], objects: Objects, row: ObjectRow, value: str) -> V:
    options = objects.options(row)
    keys = [value] if row.object_type == SINGLE_SELECT else decoded_texts(value)
    shown = [ShownOption(key, options[key].name if key in options else Texts().shown()) for key in keys]
    return shape(option=shown[0]) if row.object_type == SINGLE_SELECT else shape(option_list=shown)


def _seconds(milliseconds: str) -> str:
    return str(int(milliseconds) // 1000)
