"""The two internal token calls (contract §4): an app's id and secret for a tenant access token."""

from typing import Annotated

import msgspec
from msgspec import Meta

from rencai.contract.endpoint import Endpoint
from rencai.contract.errors import APP_UNKNOWN, INVALID_PARAM

AppId = Annotated[str, Meta(pattern=r"^cli_[0-9a-f]{16}(?!\n)$")]
AppSecret = Annotated[str, Meta(min_length=1, max_length=256)]


class AppCredentials(msgspec.Struct, frozen=True):
    """What `rencai app create` printed."""

    app_id: AppId
    app_secret: AppSecret


class TenantToken(msgspec.Struct, frozen=True):
    """A tenant access token and the whole seconds it still lives."""

    tenant_access_token: str
    expire: int


class AppToken(msgspec.Struct, frozen=True):
    """The same token under both names, and the whole seconds it still lives."""

    app_access_token: str
    tenant_access_token: str
    expire: int


TENANT_TOKEN_CREATE = Endpoint(
    name="tenant_token_create",
    method="POST",
    path="/open-apis/auth/v3/tenant_access_token/internal",
    summary="Get a tenant access token for an app's id and secret",
    source="the vendor's page tenant_access_token_internal (contract §4)",
    body_type=AppCredentials,
    reply=TenantToken,
    access="read_first",  # anybody may call: nobody without a secret shall keep the writer busy
    errors=(APP_UNKNOWN,),
    shape_error=INVALID_PARAM,
    msg="ok",
    bare=True,
)

APP_TOKEN_CREATE = Endpoint(
    name="app_token_create",
    method="POST",
    path="/open-apis/auth/v3/app_access_token/internal",
    summary="Get an app access token (the same token) for an app's id and secret",
    source="the vendor's page app_access_token_internal (contract §4)",
    body_type=AppCredentials,
    reply=AppToken,
    access="read_first",  # anybody may call: nobody without a secret shall keep the writer busy
    errors=(APP_UNKNOWN,),
    shape_error=INVALID_PARAM,
    msg="ok",
    bare=True,
)
