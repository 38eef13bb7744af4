"""What a talent is beside the profile (contract §10): on board or gone, blocked, known to another system."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rencai.contract.endpoint import Endpoint, Nothing, Tier
from rencai.contract.errors import TALENT_NOT_FOUND
from rencai.contract.fields import Milliseconds

WRITE = ("hire:talent",)
BLOCK_WRITE = ("hire:talent_blocklist",)
BLOCK_READ = ("hire:talent_blocklist", "hire:talent_blocklist:readonly")


class TalentStatePath(msgspec.Struct, frozen=True):
    """The talent in the path."""

    talent_id: str


class OnboardStatus(msgspec.Struct, frozen=True):
    """1 the talent comes on board at `onboard_time`, 2 leaves at `overboard_time` (ms). Each needs its time."""

    operation: Literal[1, 2]
    onboard_time: Milliseconds | UnsetType = UNSET
    overboard_time: Milliseconds | UnsetType = UNSET


class BlockChange(msgspec.Struct, frozen=True):
    """1 puts the talent on the block list, which needs a `reason`; 2 takes them off."""

    talent_id: str
    option: Literal[1, 2]
    reason: Annotated[str, Meta(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$", max_length=10_000)] | UnsetType = UNSET


class NewExternalInfo(msgspec.Struct, frozen=True):
    """When another system made the talent (ms)."""

    external_create_time: Milliseconds


class ExternalInfo(msgspec.Struct, frozen=True):
    """A talent that another system made, and when (ms)."""

    talent_id: str
    external_create_time: str


class OneExternalInfo(msgspec.Struct, frozen=True):
    """What another system knows of one talent."""

    external_info: ExternalInfo


TALENT_ONBOARD_STATUS_UPDATE = Endpoint(
    name="talent_onboard_status_update",
    method="POST",
    path="/open-apis/hire/v1/talents/{talent_id}/onboard_status",
    summary="Note that a talent has come on board, or has left",
    source="the vendor's page talent/onboard_status (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_2,
    path_type=TalentStatePath,
    body_type=OnboardStatus,
    reply=Nothing,
    access="write",
    errors=(TALENT_NOT_FOUND,),
    msg="SUCCESS",
)

TALENT_BLOCK_CHANGE = Endpoint(
    name="talent_block_change",
    method="POST",
    path="/open-apis/hire/v1/talent_blocklist/change_talent_block",
    summary="Put a talent on the block list, or take them off",
    source="the vendor's page talent_blocklist/change_talent_block (contract §10)",
    scopes=BLOCK_WRITE,
    tier=Tier.TIER_7,
    body_type=BlockChange,
    reply=Nothing,
    access="write",
    errors=(TALENT_NOT_FOUND,),
    msg="SUCCESS",
)

TALENT_EXTERNAL_INFO_CREATE = Endpoint(
    name="talent_external_info_create",
    method="POST",
    path="/open-apis/hire/v1/talents/{talent_id}/external_info",
    summary="Note when another system made a talent",
    source="the vendor's page talent_external_info/create (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentStatePath,
    body_type=NewExternalInfo,
    reply=OneExternalInfo,
    access="write",
    errors=(TALENT_NOT_FOUND,),
    msg="ok",
)

TALENT_EXTERNAL_INFO_UPDATE = Endpoint(
    name="talent_external_info_update",
    method="PUT",
    path="/open-apis/hire/v1/talents/{talent_id}/external_info",
    summary="Correct when another system made a talent",
    source="the vendor's page talent_external_info/update (contract §10)",
    scopes=WRITE,
    tier=Tier.TIER_4,
    path_type=TalentStatePath,
    body_type=NewExternalInfo,
    reply=OneExternalInfo,
    access="write",
    settles=True,
    errors=(TALENT_NOT_FOUND,),
    msg="ok",
)
