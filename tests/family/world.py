"""The model: plain dicts of what a tenant must look like, written from the documentation."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from family.alphabets import MOBILES
from harness import Client

CREATED, UPDATED, TAGGED, UNTAGGED, BLOCKED, UNBLOCKED, ENTERED, LEFT = 1, 2, 11, 12, 20, 21, 990001, 990002
OPERATIONS = (CREATED, UPDATED, TAGGED, UNTAGGED, BLOCKED, UNBLOCKED, ENTERED, LEFT)
EMPLOYEE, SYSTEM = 1, 3
LINE, SELECT, DATE, NUMBER, MODULE = 1, 3, 5, 9, 11
BASIC_INFO = "1"

Languages = dict[str, str]


def plain(text: str) -> str:
    """The form that texts are compared in."""
    return unicodedata.normalize("NFKC", text).strip().lower()


class Entry(NamedTuple):
    """One operation on one talent, as the log shows it."""

    talent_id: str
    operation_type: int
    operator_id: str
    operator_type: int


@dataclass
class Talent:
    """A talent: the profile as sent, and what hangs on it. Times are empty until the server has shown them."""

    talent_id: str
    profile: dict[str, Any]
    changed_after: int
    create_time: str = ""
    update_time: str = ""
    folders: dict[str, str] = field(default_factory=dict[str, str])
    tags: set[str] = field(default_factory=set[str])
    notes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    block: dict[str, str] | None = None
    standing: str = "new"  # then "on board", then "left"
    has_external_info: bool = False

    @property
    def person(self) -> dict[str, Any]:
        """Who it is."""
        return self.profile["basic_info"]

    @property
    def words(self) -> list[str]:
        """Words that a keyword is looked for in."""
        careers = self.profile.get("career_list", [])
        places = [*self.places("education_list", "school"), *self.places("career_list", "company")]
        titles = [item.get("title", "") for item in careers]
        return [word for text in (self.person["name"], *places, *titles) for word in plain(text).split()]

    def places(self, items: str, name: str) -> list[str]:
        """The schools or companies."""
        return [item[name] for item in self.profile.get(items, []) if name in item]

    def is_similar_to(self, other: "Talent") -> bool:
        """People of the same name who went to the same school or worked for the same company."""

        def same(text: str) -> str:
            return " ".join(plain(text).split())

        def shared(items: str, name: str) -> bool:
            ours, theirs = self.places(items, name), other.places(items, name)
            return not {same(text) for text in ours}.isdisjoint(same(text) for text in theirs)

        is_namesake = same(self.person["name"]) == same(other.person["name"])
        return is_namesake and (shared("education_list", "school") or shared("career_list", "company"))

    def has_keyword(self, word: str) -> bool:
        """Whether a word is in a word of theirs, or is the e-mail or mobile in full."""
        identities = identities_of(self.person)
        number, _, code = identities.get("mobile", "").partition(" ")
        exact = {identities.get("email", ""), number, code + number, digits(self.person.get("mobile", ""))} - {""}
        looked_for = digits(word) if is_telephone(word) else word
        return any(word in ours for ours in self.words) or looked_for in exact


def _values_of(profile: dict[str, Any]) -> list[dict[str, str]]:
    """Every value of a custom field that a profile has."""
    own = profile.get("basic_info", {}).get("customized_data", [])
    rows = [row for module in profile.get("customized_data", []) for row in module["children"]]
    return [*own, *(value for row in rows for value in row)]


def digits(text: str) -> str:
    """The digits of a text."""
    return "".join(character for character in plain(text) if character.isdigit())


def is_telephone(text: str) -> bool:
    """Whether a text is digits and what people write between them."""
    return bool(digits(text)) and set(plain(text)) <= set("0123456789+-()./ ")


def words_of(keyword: str) -> list[str]:
    """The words of a keyword; a telephone number with blanks in it is one."""
    words = list(dict.fromkeys(plain(keyword).split()))
    is_one = len(words) > 1 and is_telephone(keyword) and len(digits(keyword)) >= 8
    return [plain(keyword)] if is_one else words


def identities_of(person: dict[str, Any]) -> dict[str, str]:
    """What names one person only, in the form it is compared in, by the field it stands in."""
    found: dict[str, str] = {}
    if email := plain(person.get("email", "")):
        found["email"] = email
    if "mobile" in person:
        mobile = MOBILES.get((person["mobile"], person.get("mobile_country_code", "")))
        # Written without a country it is one of China's, unless it brings its own.
        mobile = mobile or MOBILES[person["mobile"], ""]
        found["mobile"] = f"{mobile.number} {mobile.code}"
    if document := document_of(person):
        number = plain(document["identification_number"]).upper()
        found["identification"] = f"{document['identification_type']} {number}"
    return found


def document_of(person: dict[str, Any]) -> dict[str, Any]:
    """The identity document, which the wire knows two places for."""
    if "identification_number" in person:
        return {name: person[name] for name in ("identification_type", "identification_number")}
    return person.get("identification", {})


@dataclass
class Pool:
    """A pool: its name, and since when each member is in it."""

    name: str
    members: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Field:
    """A custom field, or a module of them. `options` says which of the choices are on."""

    name: str
    object_type: int
    parent_id: str
    is_on: bool = True
    options: dict[str, bool] = field(default_factory=dict[str, bool])

    def takes(self, value: str) -> bool:
        """Whether a value fits."""
        if self.object_type == SELECT:
            return self.options.get(value, False)
        return self.object_type == LINE or value.isdigit()

    def shown(self, object_id: str, value: str) -> dict[str, Any]:
        """The field with a value, as both shapes of a talent show it."""
        shapes: dict[int, dict[str, Any]] = {
            LINE: {"content": value},
            NUMBER: {"number": value},
            SELECT: {"option": {"key": value, "name": english(f"option {value}")}},
        }
        shown = shapes.get(self.object_type) or {"time": str(int(value) // 1000)}
        kind = {"object_type": self.object_type, "value": shown}
        return {"object_id": object_id, "name": english(self.name), **kind}


def english(text: str) -> Languages:
    """A text as replies carry it."""
    return {"zh_cn": "", "en_us": text}


class Tenant:
    """One tenant: its client and all that is in it, each by its id and in order of creation."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.talents: dict[str, Talent] = {}
        self.gone: list[str] = []
        self.pools: dict[str, Pool] = {}
        self.folders: dict[str, dict[str, str]] = {}
        self.tags: dict[str, dict[str, Any]] = {}
        self.fields: dict[str, Field] = {}
        self.changes: list[str] = []
        self.runs: list[str] = []
        self.log: list[list[Entry]] = []  # a list for each call, oldest first
        self.touched: set[str] = set()  # to be looked at after the step

    @property
    def app_id(self) -> str:
        """Who does what nobody is named for."""
        return self.client.app.app_id

    def operator(self, user_id: str = "", account_type: int = EMPLOYEE) -> tuple[str, int]:
        """Who does it: whom the call names, or the app."""
        return (user_id, account_type) if user_id else (self.app_id, SYSTEM)

    def write_down(self, operation_type: int, ids: list[str], operator: tuple[str, int] | None = None) -> None:
        """An operation on some talents, for the log."""
        if ids:
            who = operator or self.operator()
            self.log.append([Entry(talent_id, operation_type, *who) for talent_id in ids])

    def owner(self, kind: str, value: str) -> str | None:
        """The talent who has an identity."""
        owners = (who for who, talent in self.talents.items() if identities_of(talent.person).get(kind) == value)
        return next(owners, None)

    def bad_values(self, body: dict[str, Any], old: dict[str, Any] | None = None) -> bool:
        """Whether a profile has values that their custom fields don't take; what it had before is taken again."""
        kept = [] if old is None else _values_of(old)
        given = [(BASIC_INFO, value) for value in body.get("basic_info", {}).get("customized_data", [])]
        for module in body.get("customized_data", []):
            there = self.fields.get(module["object_id"])
            if there is None or there.object_type != MODULE:
                return True
            values = [value for row in module["children"] for value in row]
            if not there.is_on and not all(value in kept for value in values):
                return True
            given += [(module["object_id"], value) for value in values]
        return not all(self._takes(parent_id, value, kept) for parent_id, value in given)

    def _takes(self, parent_id: str, given: dict[str, str], kept: list[dict[str, str]]) -> bool:
        there = self.fields.get(given["object_id"])
        if there is None or there.parent_id != parent_id:
            return False
        return given in kept or (there.is_on and there.takes(given["value"]))

    def shown_values(self, given: list[dict[str, str]]) -> list[dict[str, Any]]:
        """Values of custom fields as both shapes of a talent show them."""
        return [self.fields[value["object_id"]].shown(**value) for value in given]
