"""Field types that several requests share. A rule that a type can say is said here and nowhere else."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

# NUL can't be kept by every engine, so no stored or searched text may hold it (decision 21).
Text = Annotated[str, Meta(pattern=r"^[^\x00]*$")]
ShortText = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=255)]
LongText = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=10_000)]

# A moment in milliseconds since 1970, as a decimal string (contract §1).
Milliseconds = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(?!\n)$")]

# The same where it is shown as a month or a day: the years 1653 to 5138, which every calendar at hand can name.
MOMENT = r"-?[0-9]{1,13}|[0-9]{14}"
Moment = Annotated[str, Meta(pattern=rf"^({MOMENT})(?!\n)$")]

PageSize = Annotated[int, Meta(ge=1, le=1000)]
YesNo = Literal[1, 2]
ActiveStatus = Literal[1, 2]


class Languages(msgspec.Struct, frozen=True):
    """A text in Chinese and English, as replies carry it: both keys always, empty where there is none."""

    zh_cn: str
    en_us: str


class GivenName(msgspec.Struct, frozen=True):
    """A name in a request: the languages given."""

    zh_cn: ShortText | UnsetType = UNSET
    en_us: ShortText | UnsetType = UNSET


class GivenDescription(msgspec.Struct, frozen=True):
    """A description in a request: the languages given."""

    zh_cn: LongText | UnsetType = UNSET
    en_us: LongText | UnsetType = UNSET


UserIdType = Literal["open_id", "union_id", "user_id", "people_admin_id"]

# The scope without which ids of the kind user_id are left out of replies (contract §1).
USER_IDS: tuple[str, ...] = ("contact:user.employee_id:readonly",)


class UserIds(msgspec.Struct, frozen=True):
    """Which kind the user ids in the call are of. It is checked; the ids pass through (decision 28)."""

    user_id_type: UserIdType = "open_id"


class PeopleIds(msgspec.Struct, frozen=True):
    """The same, where the vendor's default is `people_admin_id` (contract §1)."""

    user_id_type: UserIdType = "people_admin_id"


class Paged(msgspec.Struct, frozen=True):
    """The query of a native list: `page_size` 1 to 1,000, and the `page_token` of the page before."""

    page_size: PageSize = 100
    page_token: str = ""
