"""Values of custom fields as they come in, held against their field's module and type (contract §10, decision 56)."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from rencai.contract.errors import Violation
from rencai.contract.fields import MOMENT
from rencai.contract.profiles import CustomField, CustomModule, NewTalent, TalentUpdate
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
from rencai.operations import talent_objects
from rencai.operations.custom_values import UNTIL_NOW, decoded_attachments, decoded_texts
from rencai.operations.profiles import each
from rencai.operations.talent_objects import OFF, ObjectRow, Objects

_MOMENT = re.compile(MOMENT)
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


class Given(NamedTuple):
    """A value, and its place in the request."""

    place: str
    field: CustomField


class Row(NamedTuple):
    """Values that stand together, and the module that their fields must be of."""

    module_id: int
    values: list[Given]


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
    evaluation = talent.self_evaluation
    parts: list[Any] = [talent.basic_info, *([] if evaluation is UNSET else [evaluation])]
    parts += [item for name in _LISTS for item in each(getattr(talent, name))]
    return bool(each(talent.customized_data)) or any(each(part.customized_data) for part in parts)


def violations(
    objects: Objects, talent: NewTalent | TalentUpdate, prefix: str = "", old: NewTalent | None = None
) -> Iterator[Violation]:
    """What is wrong with a request's custom values: fields that don't exist, are off, stand twice, or don't take the
    value. What the talent has already is taken again, also where its field or option has been switched off since.
    """
    checker = _Checker(objects, set() if old is None else _pairs(old))
    for row in _own_rows(talent):
        yield from checker.row(prefix, row)
    for index, module in enumerate(each(talent.customized_data)):
        yield from checker.module(prefix, module, f"customized_data[{index}]")


def _own_rows(talent: NewTalent | TalentUpdate) -> Iterator[Row]:
    """The values of the profile's own parts."""
    yield _own_row("basic_info", talent_objects.BASIC_INFO, talent.basic_info)
    for name, module_id in _LISTS.items():
        items: list[Any] = each(getattr(talent, name))
        for number, item in enumerate(items):
            yield _own_row(f"{name}[{number}]", module_id, item)
    if talent.self_evaluation is not UNSET:
        yield _own_row("self_evaluation", talent_objects.SELF_EVALUATION, talent.self_evaluation)


def _own_row(place: str, module_id: int, part: Any) -> Row:
    fields: list[CustomField] = each(part.customized_data)
    return Row(module_id, [Given(f"{place}.customized_data[{i}]", field) for i, field in enumerate(fields)])


def _module_rows(module: CustomModule, module_id: int, place: str) -> Iterator[Row]:
    """The rows of a module; the SDKs' flat children are one row."""
    flat: list[Given] = []
    for index, child in enumerate(each(module.children)):
        inner = f"{place}.children[{index}]"
        if isinstance(child, CustomField):
            flat.append(Given(inner, child))
        else:
            yield Row(module_id, [Given(f"{inner}[{number}]", field) for number, field in enumerate(child)])
    if flat:
        yield Row(module_id, flat)


def _pairs(talent: NewTalent) -> set[tuple[object, object]]:
    """Every field and value that a talent has."""
    modules = (_module_rows(module, 0, "") for module in each(talent.customized_data))
    rows = itertools.chain(_own_rows(talent), itertools.chain.from_iterable(modules))
    return {(given.field.object_id, given.field.value) for row in rows for given in row.values}


class _Checker:
    """Holds values against a tenant's fields. `kept` are pairs of field and value that are taken as they are."""

    def __init__(self, objects: Objects, kept: set[tuple[object, object]]) -> None:
        self._objects = objects
        self._kept = kept

    def module(self, prefix: str, module: CustomModule, place: str) -> Iterator[Violation]:
        """What is wrong with the rows of a custom module."""
        found = self._objects.find(module.object_id)
        if found is None or found.object_type != MODULE:
            yield Violation(f"{prefix}{place}.object_id", "names no custom module", module.object_id)
            return
        rows = list(_module_rows(module, found.object_id, place))
        is_kept = all((g.field.object_id, g.field.value) in self._kept for row in rows for g in row.values) and rows
        if found.active_status == OFF and not is_kept:
            yield Violation(f"{prefix}{place}.object_id", "names a module that is switched off", module.object_id)
            return
        for row in rows:
            yield from self.row(prefix, row)

    def row(self, prefix: str, row: Row) -> Iterator[Violation]:
        """What is wrong with values that stand together."""
        seen: set[object] = set()
        for place, field in row.values:
            if field.object_id in seen:
                yield Violation(f"{prefix}{place}.object_id", "names a field twice", field.object_id)
            else:
                yield from self._wrong(f"{prefix}{place}", row.module_id, field)
            seen.add(field.object_id)

    def _wrong(self, place: str, module_id: int, field: CustomField) -> Iterator[Violation]:
        found = self._objects.find(field.object_id)
        if found is None or found.parent_id != module_id:
            yield Violation(f"{place}.object_id", "names no custom field of this module", field.object_id)
        elif (field.object_id, field.value) in self._kept:
            return
        elif found.active_status == OFF:
            yield Violation(f"{place}.object_id", "names a field that is switched off", field.object_id)
        elif field.value is UNSET:
            yield Violation(f"{place}.value", "value is required")
        elif words := self._misfit(found, field.value):
            yield Violation(f"{place}.value", words)

    def _misfit(self, row: ObjectRow, value: str) -> str | None:
        """What is wrong with a value for a field's type, or None."""
        check = _CHECKS.get(row.object_type)
        if check is None:
            return None
        try:
            return check(self._objects, row, value)
        except (msgspec.DecodeError, RecursionError):
            return _FORMS[row.object_type]


_FORMS = {
    MULTI_SELECT: 'must be a JSON list of option keys, such as ["1", "2"]',
    SPAN: 'must be a JSON list of two times in ms, such as ["1577808000000", "1612108800000"]',
    ATTACHMENT: 'must be a JSON list of files, such as [{"file_id": "7250161881116838204"}]',
}


def _choice(objects: Objects, row: ObjectRow, value: str) -> str | None:
    return _choices(objects, row, [value])


def _several(objects: Objects, row: ObjectRow, value: str) -> str | None:
    return _choices(objects, row, decoded_texts(value))


def _choices(objects: Objects, row: ObjectRow, keys: list[str]) -> str | None:
    if len(set(keys)) < len(keys):
        return "names an option twice"
    options = objects.options(row)
    offered = all(key in options and options[key].active_status != OFF for key in keys)
    return None if offered else "names an option that the field does not offer"


def _moment(_objects: Objects, _row: ObjectRow, value: str) -> str | None:
    return None if _MOMENT.fullmatch(value) else "must be a time in ms, such as 1627379423000"


def _span(_objects: Objects, _row: ObjectRow, value: str) -> str | None:
    times = decoded_texts(value)
    if len(times) != 2 or not _MOMENT.fullmatch(times[0]):
        return _FORMS[SPAN]
    if times[1] == UNTIL_NOW:
        return None
    if not _MOMENT.fullmatch(times[1]):
        return _FORMS[SPAN]
    return "must not end before it begins" if int(times[1]) < int(times[0]) else None


def _number(_objects: Objects, _row: ObjectRow, value: str) -> str | None:
    return None if _NUMBER.fullmatch(value) else "must be a number, such as 3 or 2.5"


def _files(_objects: Objects, _row: ObjectRow, value: str) -> str | None:
    return None if decoded_attachments(value) else _FORMS[ATTACHMENT]


_CHECKS: dict[int, Callable[[Objects, ObjectRow, str], str | None]] = {
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
