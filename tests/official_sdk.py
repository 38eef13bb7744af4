"""The vendor's published Python client as the tests use it: which of its methods makes which call, sync and async."""

import asyncio
import json
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

import lark_oapi as lark
from lark_oapi.api.auth import v3 as auth
from lark_oapi.api.hire import v1, v2

from harness import App, Client, Server
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS

COMPATIBLE = tuple(row for row in ENDPOINTS if not row.native)


class Method(NamedTuple):
    """A method of the SDK, by its service's place in the client, and the type of its request."""

    service: str
    name: str
    request: Any

    def build(self, body: dict[str, Any] | None, fields: dict[str, Any]) -> Any:
        """The request as the SDK's builder makes it. A field of the body that its model lacks fails the test."""
        builder = self.request.builder()
        if body is not None:
            model = self.body_type(body)
            assert plain(model) == body
            builder.request_body(model)
        for name, value in fields.items():
            getattr(builder, name)(value)
        return builder.build()

    @property
    def body_type(self) -> Any:
        """The SDK's model of the body."""
        return get_type_hints(self.request.builder().request_body)["request_body"]


METHODS: dict[str, Method] = {
    "tenant_token_create": Method("auth.v3.tenant_access_token", "internal", auth.InternalTenantAccessTokenRequest),
    "app_token_create": Method("auth.v3.app_access_token", "internal", auth.InternalAppAccessTokenRequest),
    "talent_pool_batch_change": Method(
        "hire.v1.talent_pool", "batch_change_talent_pool", v1.BatchChangeTalentPoolTalentPoolRequest
    ),
    "talent_pool_list": Method("hire.v1.talent_pool", "search", v1.SearchTalentPoolRequest),
    "talent_pool_move_talent": Method("hire.v1.talent_pool", "move_talent", v1.MoveTalentTalentPoolRequest),
    "talent_list": Method("hire.v1.talent", "list", v1.ListTalentRequest),
    "talent_get": Method("hire.v1.talent", "get", v1.GetTalentRequest),
    "talent_get_v2": Method("hire.v2.talent", "get", v2.GetTalentRequest),
    "talent_combined_create": Method("hire.v1.talent", "combined_create", v1.CombinedCreateTalentRequest),
    "talent_combined_update": Method("hire.v1.talent", "combined_update", v1.CombinedUpdateTalentRequest),
    "talent_batch_get_id": Method("hire.v1.talent", "batch_get_id", v1.BatchGetIdTalentRequest),
    "talent_onboard_status_update": Method("hire.v1.talent", "onboard_status", v1.OnboardStatusTalentRequest),
    "talent_block_change": Method(
        "hire.v1.talent_blocklist", "change_talent_block", v1.ChangeTalentBlockTalentBlocklistRequest
    ),
    "talent_external_info_create": Method("hire.v1.talent_external_info", "create", v1.CreateTalentExternalInfoRequest),
    "talent_external_info_update": Method("hire.v1.talent_external_info", "update", v1.UpdateTalentExternalInfoRequest),
    "talent_folder_list": Method("hire.v1.talent_folder", "list", v1.ListTalentFolderRequest),
    "talent_add_to_folder": Method("hire.v1.talent", "add_to_folder", v1.AddToFolderTalentRequest),
    "talent_remove_to_folder": Method("hire.v1.talent", "remove_to_folder", v1.RemoveToFolderTalentRequest),
    "talent_tag_list": Method("hire.v1.talent_tag", "list", v1.ListTalentTagRequest),
    "talent_tag": Method("hire.v1.talent", "tag", v1.TagTalentRequest),
    "talent_object_query": Method("hire.v1.talent_object", "query", v1.QueryTalentObjectRequest),
    "note_create": Method("hire.v1.note", "create", v1.CreateNoteRequest),
    "note_list": Method("hire.v1.note", "list", v1.ListNoteRequest),
    "note_get": Method("hire.v1.note", "get", v1.GetNoteRequest),
    "note_update": Method("hire.v1.note", "patch", v1.PatchNoteRequest),
    "note_delete": Method("hire.v1.note", "delete", v1.DeleteNoteRequest),
    "talent_operation_log_search": Method("hire.v1.talent_operation_log", "search", v1.SearchTalentOperationLogRequest),
}

# How a method of the SDK is called: with its request, and perhaps an option.
Speak = Callable[..., Any]


def speak_sync(resource: Any, method: str, *arguments: Any) -> Any:
    """By the method itself, over requests."""
    return getattr(resource, method)(*arguments)


def speak_async(resource: Any, method: str, *arguments: Any) -> Any:
    """By its twin that is awaited, over httpx."""
    return asyncio.run(getattr(resource, "a" + method)(*arguments))


class Case(NamedTuple):
    """A server over one scheme, a way to set it up, and how the SDK is called on it."""

    server: Server
    client: Client
    speak: Speak

    def sdk(self, app: App | None = None, *, enable_set_token: bool = False) -> Any:
        """The SDK's client for an app. Its services are typed as perhaps missing, so it goes as Any."""
        app = app or self.client.app
        builder = lark.Client.builder().domain(self.server.url).app_id(app.app_id).app_secret(app.app_secret)
        return builder.enable_set_token(enable_set_token).build()

    def call(
        self,
        row: Endpoint,
        body: dict[str, Any] | None = None,
        /,
        *,
        app: App | None = None,
        token: str | None = None,
        key: str | None = None,
        **fields: Any,
    ) -> Any:
        """Call an endpoint by the SDK's method for it. `fields` go into path and query.

        `token` stands in for the app's own; with an empty one the request goes without. `key` is the call's own,
        which the SDK knows as a header like any other.
        """
        method = METHODS[row.name]
        request = method.build(body, fields)
        if token == "":
            request.token_types = set()
        resource = attrgetter(method.service)(self.sdk(app, enable_set_token=bool(token)))
        option = lark.RequestOption.builder().headers({"Idempotency-Key": key} if key else {})
        if token:
            option = option.tenant_access_token(token)
        return self.speak(resource, method.name, request, option.build())


def plain(model: Any) -> Any:
    """What one of the SDK's objects holds, as its own encoder writes it: without what is None."""
    text = lark.JSON.marshal(model)
    assert text is not None
    return json.loads(text)


def data_of(response: Any) -> Any:
    """The decoded data of a call that went well. A field of the reply that the SDK does not decode fails the test."""
    assert response.success(), (response.code, response.msg, response.error)
    assert response.raw.status_code == 200
    sent = json.loads(response.raw.content)["data"]
    decoded = getattr(response, "data", None)
    assert ({} if decoded is None else plain(decoded)) == sent
    return decoded


def refusal_of(response: Any) -> tuple[int, int, str]:
    """HTTP status, code and words of a call that was refused."""
    assert not response.success()
    return response.raw.status_code, response.code, response.msg
