"""Texts in Chinese and English, as they are kept: one column each, empty where there is none."""

from typing import NamedTuple

from msgspec import UNSET, UnsetType

from rencai.contract.errors import parameter_fault
from rencai.contract.fields import GivenDescription, GivenName, Languages

Given = GivenName | GivenDescription | UnsetType


class Texts(NamedTuple):
    """A text in both languages."""

    zh: str = ""
    en: str = ""

    def shown(self) -> Languages:
        """The text as replies carry it."""
        return Languages(self.zh, self.en)


def patched(given: Given, kept: Texts) -> Texts:
    """The text with the languages given in place of those kept."""
    if given is UNSET:
        return kept
    return Texts(kept.zh if given.zh_cn is UNSET else given.zh_cn, kept.en if given.en_us is UNSET else given.en_us)


def named(field: str, given: Given, kept: Texts) -> Texts:
    """The same for a name. Raises the parameter Fault where that leaves no name in either language."""
    name = patched(given, kept)
    if not (name.zh.strip() or name.en.strip()):
        raise parameter_fault(field, "needs a name in zh_cn or en_us")
    return name
