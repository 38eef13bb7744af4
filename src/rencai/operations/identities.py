"""What names one person only: e-mail, mobile and identification number, in the form they are compared in (decision 26).

An e-mail in small letters; a mobile as its national number and the calling code of its country; an identification
number in capitals with its type. Full-width letters and digits, as Chinese input methods make them, are plain ones.
"""

import re
import unicodedata
from collections.abc import Iterator

import msgspec
import phonenumbers
from msgspec import UNSET, UnsetType

from rencai.contract.profiles import BasicFields

DEFAULT_CALLING_CODE = "86"
LONGEST_CALLING_CODE = 4
_REGION = re.compile(r"([A-Z]{2})(_[0-9]+)?")
_CALLING_CODE = re.compile(r"\+?([0-9]{1,4})")
_MOBILE = re.compile(r"\+?[0-9()./ -]*[0-9][0-9()./ -]*")
_CHINESE_MOBILE = re.compile(r"1(?!79)[3-9][0-9]{9}")  # what begins with 179 may be a carrier's code
_CALLING_CODES = {
    region: str(code) for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() for region in regions
}


class Identity(msgspec.Struct, frozen=True):
    """One identity: its kind, its normal form, and the field it came from."""

    kind: str
    value: str
    field: str = ""


class Owner(msgspec.Struct, frozen=True):
    """Whose an identity is."""

    kind: str
    value: str
    talent_id: int


class Range(msgspec.Struct, frozen=True, array_like=True):
    """The identities of a kind from one normal form to another."""

    kind: str
    first: str
    last: str


def identities_of(person: BasicFields) -> Iterator[Identity]:
    """A person's identities. Empty ones name nobody."""
    if person.email is not UNSET and (email := email_form(person.email)):
        yield Identity("email", email, "email")
    if person.mobile is not UNSET and (mobile := mobile_form(person.mobile, person.mobile_country_code)):
        yield Identity("mobile", mobile, "mobile")
    yield from _identification(person)


def _identification(person: BasicFields) -> Iterator[Identity]:
    # The SDK knows two places for it; the documented one wins.
    given, place = person.identification, "identification.identification_number"
    if given is UNSET or given.identification_number is UNSET:
        kind, number, place = person.identification_type, person.identification_number, "identification_number"
    else:
        kind, number = given.identification_type, given.identification_number
    if number is not UNSET and (form := identification_form(0 if kind is UNSET else kind, number)):
        yield Identity("identification", form, place)


def plain(text: str) -> str:
    """The text with full-width letters and digits in their plain form, and no blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def email_form(email: str) -> str:
    """An e-mail's normal form; empty for none."""
    return plain(email).lower()


def mobile_form(mobile: str, country: str | UnsetType = UNSET) -> str:
    """A mobile's normal form, `13800138000 86`; empty for none.

    `country` is a code such as CN_1, or a calling code; a number that begins with `+` brings its own. What is no
    telephone number is compared by its digits.
    """
    text = plain(mobile)
    code = calling_code(country)
    if code == DEFAULT_CALLING_CODE and _CHINESE_MOBILE.fullmatch(text):
        return f"{text} {code}"  # what the library makes of it in 20 µs, for each person who is created or shown
    try:
        number = phonenumbers.parse(text, phonenumbers.region_code_for_country_code(int(code)))
    except phonenumbers.NumberParseException:
        digits = digits_of(text)
        return f"{digits} {code}" if digits else ""
    return f"{phonenumbers.national_significant_number(number)} {number.country_code}"


def spellings(mobile: str, country: str | UnsetType = UNSET) -> list[str]:
    """The digits that a mobile can be looked for by: as written, of the country, and with its calling code."""
    national, _, code = mobile_form(mobile, country).partition(" ")
    return [digits for digits in (digits_of(mobile), national, code + national) if digits]


def identity_texts(identity: Identity) -> list[str]:
    """What finds an identity, given in full: the e-mail, a mobile's number without and with its calling code."""
    if identity.kind == "email":
        return [identity.value]
    if identity.kind == "mobile":
        national, _, code = identity.value.partition(" ")
        return [national, code + national]
    return []


def identities_named(text: str) -> list[Range]:
    """The other way round: where the identities stand that the text finds. A mobile's country may be any."""
    split = [f"{text[size:]} {text[:size]}" for size in range(1, min(len(text), LONGEST_CALLING_CODE + 1))]
    mobiles = [Range("mobile", f"{text} ", f"{text} 9999"), *(Range("mobile", form, form) for form in split)]
    return [Range("email", text, text), *(mobiles if text.isdecimal() else [])]


def digits_of(text: str) -> str:
    """The digits of a text, full-width ones as plain ones."""
    return re.sub(r"[^0-9]", "", plain(text))


def is_mobile(mobile: str) -> bool:
    """Whether a text is a telephone number: digits, and what people write between them."""
    return _MOBILE.fullmatch(plain(mobile)) is not None


def is_calling_code(code: str) -> bool:
    """Whether a text is a calling code such as 86 or +86."""
    return _CALLING_CODE.fullmatch(plain(code)) is not None


def calling_code(country: str | UnsetType) -> str:
    """The calling code of a country: 86 for CN_1, for 86 and +86, for none, and for what is not known."""
    text = "" if country is UNSET else plain(country).upper()
    if region := _REGION.fullmatch(text):
        return _CALLING_CODES.get(region[1], DEFAULT_CALLING_CODE)
    if code := _CALLING_CODE.fullmatch(text):
        return code[1].lstrip("0") or DEFAULT_CALLING_CODE
    return DEFAULT_CALLING_CODE


def identification_form(kind: int, number: str) -> str:
    """An identification number's normal form under its type, `1 110…X`; empty for none."""
    text = plain(number).upper()
    return f"{kind} {text}" if text else ""
