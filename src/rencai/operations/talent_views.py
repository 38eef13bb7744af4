"""What both shapes of a talent are made of: the row that is kept, and what is worked out of a profile."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from rencai.contract import talent_views as shapes
from rencai.contract.profiles import BasicInfo, Education, Identification, NewTalent
from rencai.contract.talent_views import OptionalNumber, OptionalText
from rencai.operations.call import Call
from rencai.operations.identities import mobile_form

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The highest of an education's degrees (contract §9), and what the lowest from college on makes of `first_degree`.
OTHER_DEGREE = 9
FIRST_DEGREES = {5: 2, 6: 3, 7: 4, 8: 5}
BELOW_COLLEGE, FIRST_OTHER, FIRST_NONE = 1, 6, 7


class TalentRow(msgspec.Struct, frozen=True):
    """What is kept of a talent: times in ms, the profile as JSON."""

    talent_id: int
    create_time: int
    update_time: int
    profile: str
    onboard_time: int | None
    overboard_time: int | None

    @property
    def is_onboarded(self) -> bool:
        """Whether the talent has come on board and not left."""
        return self.onboard_time is not None and self.overboard_time is None


# What is worked out of a profile


def month(zone: ZoneInfo, milliseconds: OptionalText) -> OptionalText:
    """A moment as `YYYY-MM`."""
    if milliseconds is UNSET:
        return UNSET
    day = _day(zone, milliseconds)
    return f"{day.year:04d}-{day.month:02d}"


def year(zone: ZoneInfo, milliseconds: OptionalText) -> OptionalText:
    """A moment as `YYYY`."""
    return UNSET if milliseconds is UNSET else f"{_day(zone, milliseconds).year:04d}"


def years_since(call: Call, milliseconds: OptionalText) -> OptionalNumber:
    """Whole years from a moment's day to the call's; not set for a day to come."""
    if milliseconds is UNSET:
        return UNSET
    then, now = _day(call.zone, milliseconds), _day(call.zone, str(call.now))
    years = now.year - then.year - ((now.month, now.day) < (then.month, then.day))
    return years if years >= 0 else UNSET


def top_degree(educations: list[Education]) -> OptionalNumber:
    """The highest degree; `other` only where there is no better one."""
    degrees = [item.degree for item in educations if item.degree is not UNSET]
    return max((degree for degree in degrees if degree != OTHER_DEGREE), default=OTHER_DEGREE if degrees else UNSET)


def first_degree(educations: list[Education]) -> int:
    """The first degree from college on, in the numbers of contract §9; else below college, other, or none."""
    degrees = {item.degree for item in educations if item.degree is not UNSET}
    higher = degrees & FIRST_DEGREES.keys()
    if higher:
        return FIRST_DEGREES[min(higher)]
    if degrees - {OTHER_DEGREE}:
        return BELOW_COLLEGE
    return FIRST_OTHER if degrees else FIRST_NONE


def _day(zone: ZoneInfo, milliseconds: str) -> datetime:
    return (EPOCH + timedelta(milliseconds=int(milliseconds))).astimezone(zone)


def seconds(milliseconds: OptionalText) -> OptionalNumber:
    """A moment in seconds."""
    return UNSET if milliseconds is UNSET else int(milliseconds) // 1000


def shown_id(*given: OptionalText) -> str:
    """The first id there is."""
    return next((number for number in given if number is not UNSET and number), "")


def mobile_code(person: BasicInfo) -> OptionalText:
    """The calling code the mobile is compared under: a number that begins with `+` brings its own."""
    if person.mobile is UNSET:
        return UNSET
    return mobile_form(person.mobile, person.mobile_country_code).rpartition(" ")[2]


def document_of(person: BasicInfo) -> Identification:
    """The person's identity document, empty where there is none."""
    return Identification() if person.identification is UNSET else person.identification


def resume_sources(talent: NewTalent) -> list[shapes.ResumeSource]:
    """Where the résumé came from, the newer of the two fields first."""
    sources = dict.fromkeys(
        given for given in (talent.resume_source_id, talent.init_source_id) if given is not UNSET and given
    )
    return [shapes.ResumeSource(source) for source in sources]


def resume_attachments(talent: NewTalent) -> list[str]:
    """The résumé's files by their ids."""
    number = talent.resume_attachment_id
    return [] if number is UNSET or not number else [number]
