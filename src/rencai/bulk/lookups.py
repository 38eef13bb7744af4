"""Talents by e-mail or mobile, a hundred at a time. What was found is in the journal, for there may be 200,000."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from rencai.bulk.journal import Journal
from rencai.bulk.keys import By
from rencai.client import Client, Refused
from rencai.contract.errors import MOBILE_INCORRECT, PARAMETER_ERROR
from rencai.contract.talents import FoundTalent

AT_ONCE = 100
NOBODY = {"email": "nobody has this e-mail", "mobile": "nobody has this mobile"}
SEVERAL = {"email": "several talents have this e-mail", "mobile": "several talents have this mobile"}
NO_MOBILE = "is no mobile number: write it with digits, and a country's code as +86 before it"
HOME = "86"

_HOME_MOBILE = re.compile(r"1(?!79)[3-9][0-9]{9}")  # what begins with 179 may be a carrier's code
_MOBILE = re.compile(r"\+?[0-9()./ -]*[0-9][0-9()./ -]*")


class Lookups:
    """Finds ids by keys, and notes them in the journal; what is there already is not asked again.

    `tell` hears how many of how many have been looked up.
    """

    def __init__(self, client: Client, journal: Journal, tell: Callable[[int, int], None]) -> None:
        self._client = client
        self._journal = journal
        self._tell = tell

    def __call__(self, by: By, keys: list[str]) -> list[str]:
        """For each key its talent's id, or the reason why there is none. Raises ClientError."""
        answers = [answer for noted in self._journal.all("found") for answer in noted["answers"]]
        while len(answers) < len(keys):
            self._tell(len(answers), len(keys))
            part = keys[len(answers) : len(answers) + AT_ONCE]
            found = self._asked(by, part)
            self._journal.note("found", answers=found)
            answers += found
        return answers

    def _asked(self, by: By, keys: list[str]) -> list[str]:
        no_mobiles = [key for key in keys if by == "mobile" and not _MOBILE.fullmatch(_plain(key))]
        keys_asked = [key for key in keys if key not in no_mobiles]
        answers = dict.fromkeys(no_mobiles, NO_MOBILE)
        for code, numbers in _by_code(by, keys_asked).items():
            answers |= self._matched(by, code, numbers)
        return [answers.get(key, NOBODY[by]) for key in keys]

    def _matched(self, by: By, code: str, forms: dict[str, list[str]]) -> dict[str, str]:
        """Answers for keys of one calling code; forms that can't be told apart in the answer are asked alone."""
        try:
            talents = self._find(by, code, list(forms))
        except Refused as refused:
            if refused.code not in (MOBILE_INCORRECT.code, PARAMETER_ERROR.code):
                raise
            return self._apart(by, code, forms, {key: NO_MOBILE for keys in forms.values() for key in keys})
        ids: dict[str, set[str]] = defaultdict(set)
        for talent in talents:
            ids[_form_of(by, code, talent)].add(talent.talent_id)
        if ids.keys() - forms.keys():
            answer = _answer(by, {talent.talent_id for talent in talents})
            return self._apart(by, code, forms, {key: answer for keys in forms.values() for key in keys})
        return {key: _answer(by, found) for form, found in ids.items() for key in forms[form]}

    def _apart(self, by: By, code: str, forms: dict[str, list[str]], alone: dict[str, str]) -> dict[str, str]:
        """The forms by halves; `alone` is what a single one comes to."""
        if len(forms) == 1:
            return alone
        items = list(forms.items())
        halves = items[: len(items) // 2], items[len(items) // 2 :]
        return {key: answer for half in halves for key, answer in self._matched(by, code, dict(half)).items()}

    def _find(self, by: By, code: str, forms: list[str]) -> list[FoundTalent]:
        asked: dict[str, Any] = (
            {"email_list": forms} if by == "email" else {"mobile_code": code, "mobile_number_list": forms}
        )
        return self._client.talent_batch_get_id(**asked).talent_list


def _by_code(by: By, keys: list[str]) -> dict[str, dict[str, list[str]]]:
    """The keys by calling code and by the form they are compared in; several keys may have one form."""
    grouped: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key in keys:
        code, form = _split(key) if by == "mobile" else ("", _email(key))
        grouped[code][form].append(key)
    return grouped


def _split(mobile: str, home: str = HOME) -> tuple[str, str]:
    """A mobile's calling code and its number, as servers compare them; `home` is the code where none is given."""
    text = _plain(mobile)
    if home == HOME and _HOME_MOBILE.fullmatch(text):
        return HOME, text
    from phonenumbers import (
        NumberParseException,
        national_significant_number,
        parse,
        region_code_for_country_code,
    )

    try:
        number = parse(text, region_code_for_country_code(int(home)))
    except NumberParseException:
        return home, re.sub("[^0-9]", "", text)
    return str(number.country_code), national_significant_number(number)


def _form_of(by: By, code: str, talent: FoundTalent) -> str:
    return _email(str(talent.email or "")) if by == "email" else _split(str(talent.mobile_number or ""), code)[1]


def _email(text: str) -> str:
    return _plain(text).lower()


def _plain(text: str) -> str:
    """Full-width letters and digits in their plain form, and no blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def _answer(by: By, found: set[str]) -> str:
    return next(iter(found)) if len(found) == 1 else SEVERAL[by]
