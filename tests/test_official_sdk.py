"""The vendor's published Python client, against a real server, over http and https, sync and async."""

import os
import ssl
from collections.abc import Iterator
from typing import Any

import lark_oapi as lark
import pytest
from lark_oapi.api.auth.v3 import (
    InternalAppAccessTokenRequest,
    InternalAppAccessTokenRequestBody,
    InternalTenantAccessTokenRequest,
    InternalTenantAccessTokenRequestBody,
)
from lark_oapi.api.hire.v1 import (
    BatchChangeTalentPoolTalentPoolRequest,
    BatchChangeTalentPoolTalentPoolRequestBody,
    MoveTalentTalentPoolRequest,
    MoveTalentTalentPoolRequestBody,
    SearchTalentPoolRequest,
)
from lark_oapi.core.exception import ObtainAccessTokenException

import stores
from harness import App, Certificate, Client, Server, running_server
from official_sdk import Case, speak_async, speak_sync


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, engine: str, certificate: Certificate
) -> Iterator[dict[str, tuple[Server, Client]]]:
    cert, key, authority = certificate
    folder, secure_folder = tmp_path_factory.mktemp("sdk"), tmp_path_factory.mktemp("sdk-tls")
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = str(authority)
    with (
        running_server(stores.make(engine, folder)) as plain,
        running_server(stores.make(engine, secure_folder), "--tls-cert", str(cert), "--tls-key", str(key)) as tls,
    ):
        context = ssl.create_default_context(cafile=authority)
        secure = Client(tls.url, tls.create_app(), verify=context)
        yield {"http": (plain, plain.client()), "https": (tls, secure)}
        secure.http.close()
    del os.environ["REQUESTS_CA_BUNDLE"], os.environ["SSL_CERT_FILE"]


@pytest.fixture(
    params=[("http", speak_sync), ("http", speak_async), ("https", speak_sync), ("https", speak_async)],
    ids=["http-sync", "http-async", "https-sync", "https-async"],
)
def case(request: pytest.FixtureRequest, both: dict[str, tuple[Server, Client]]) -> Case:
    scheme, speak = request.param
    return Case(*both[scheme], speak)


def batch_change(case: Case, pool_id: str, talent_ids: list[str], option_type: int, app: App | None = None) -> Any:
    body = BatchChangeTalentPoolTalentPoolRequestBody.builder()
    body = body.talent_id_list(talent_ids).option_type(option_type).build()
    request = BatchChangeTalentPoolTalentPoolRequest.builder().talent_pool_id(pool_id).request_body(body).build()
    return case.speak(case.sdk(app).hire.v1.talent_pool, "batch_change_talent_pool", request)


def move(case: Case, pool_id: str, talent_id: str, add_type: int) -> Any:
    body = MoveTalentTalentPoolRequestBody.builder().talent_id(talent_id).add_type(add_type).build()
    request = MoveTalentTalentPoolRequest.builder().talent_pool_id(pool_id).request_body(body).build()
    return case.speak(case.sdk().hire.v1.talent_pool, "move_talent", request)


def log_id(case: Case, response: Any) -> str:
    """What `get_log_id()` says. Over the SDK's async transport (httpx) it says None whatever a server sends.

    httpx hands the SDK lower-case names only, so there the header itself is looked at.
    """
    if case.speak is speak_async:
        assert response.get_log_id() is None
        return response.raw.headers["x-tt-logid"]
    return response.get_log_id()


def search(case: Case, **query: Any) -> Any:
    builder = SearchTalentPoolRequest.builder()
    for name, value in query.items():
        builder = getattr(builder, name)(value)
    return case.speak(case.sdk().hire.v1.talent_pool, "search", builder.build())


def test_fifty_people_go_into_a_pool_and_out_again(case: Case) -> None:
    pool_id, people = case.client.create_pool(), case.client.create_talents(50)
    for option_type, members in ((1, sorted(people)), (2, [])):
        response = batch_change(case, pool_id, people, option_type)
        assert response.success(), response.msg
        assert (response.code, response.msg, len(log_id(case, response))) == (0, "success", 34)
        assert sorted(case.client.members(pool_id)) == members


def test_unknown_talents_are_in_the_error(case: Case) -> None:
    pool_id, (known,) = case.client.create_pool(), case.client.create_talents(1)
    response = batch_change(case, pool_id, [known, "7", "nobody"], 1)
    assert (response.code, response.raw.status_code) == (1002102, 400)
    assert response.msg == "talent not exist: [7, nobody]"
    assert [violation["value"] for violation in response.error["field_violations"]] == ["7", "nobody"]
    assert response.error["log_id"] == log_id(case, response)
    assert case.client.members(pool_id) == {}


def test_the_other_errors_of_the_batch_change(case: Case) -> None:
    pool_id, (known,) = case.client.create_pool(), case.client.create_talents(1)
    assert batch_change(case, "6930815272790114325", [known], 1).code == 1002109
    too_many = batch_change(case, pool_id, [known] * 51, 1)
    assert (too_many.code, too_many.error["field_violations"][0]["field"]) == (1002002, "talent_id_list")
    assert batch_change(case, pool_id, [known], 3).code == 1002002
    assert case.client.members(pool_id) == {}


def test_an_app_without_the_scope_is_told_which(case: Case) -> None:
    pool_id, people = case.client.create_pool(), case.client.create_talents(1)
    reader = case.server.create_app(scopes=("hire:talent_folder:readonly",))
    response = batch_change(case, pool_id, people, 1, reader)
    assert (response.code, response.raw.status_code) == (99991672, 400)
    assert response.msg == "Access denied. One of the following scopes is required: [hire:talent_folder]"
    violation = {"type": "action_scope_required", "subject": "hire:talent_folder"}
    assert response.error["permission_violations"] == [violation]


def test_the_eleventh_call_of_a_second_is_refused(case: Case) -> None:
    pool_id, people = case.client.create_pool(), case.client.create_talents(1)
    limited = case.server.create_app(limits="feishu")
    responses = [batch_change(case, pool_id, people, 1, limited) for _ in range(15)]
    refused = [response for response in responses if response.code != 0]
    assert {(response.code, response.raw.status_code) for response in refused} == {(99991400, 429)}
    assert sum(response.code == 0 for response in responses) >= 10
    assert refused[0].raw.headers["x-ogw-ratelimit-limit"] == "10"
    assert int(refused[0].raw.headers["x-ogw-ratelimit-reset"]) >= 1


def test_pools_are_listed_page_by_page(case: Case) -> None:
    first = case.client.create_pool("first")
    second = case.client.create_pool("second", parent_id=first, is_private=1)
    page = search(case, id_list=[second, "404", first], page_size=1)
    assert (page.code, page.msg, page.data.has_more) == (0, "SUCCESS", True)
    rest = search(case, id_list=[second, "404", first], page_size=1, page_token=page.data.page_token)
    assert (rest.data.has_more, rest.data.page_token) == (False, None)
    (shown,) = rest.data.items
    assert (shown.id, shown.parent_id, shown.i18n_name.en_us, shown.is_private) == (second, first, "second", 1)
    assert page.data.items[0].parent_id is None
    assert len(search(case).data.items) <= 10


def test_the_errors_of_the_pool_list(case: Case) -> None:
    for page_size in (0, 101, -1):
        assert search(case, page_size=page_size).code == 1002004
    too_many = search(case, id_list=["1"] * 51)
    assert (too_many.code, too_many.raw.status_code) == (1002005, 400)
    assert search(case, page_token="bm90IG91cnM=").code == 1002002


def test_a_talent_moves(case: Case) -> None:
    here, there = case.client.create_pool(), case.client.create_pool()
    (who,) = case.client.create_talents(1)
    case.client.add(here, [who])
    for add_type, still_here in ((1, [who]), (2, [])):
        response = move(case, there, who, add_type)
        assert (response.code, response.msg) == (0, "SUCCESS")
        assert (response.data.talent_pool_id, response.data.talent_id) == (there, who)
        assert list(case.client.members(here)) == still_here
        assert list(case.client.members(there)) == [who]


def test_the_errors_of_the_move(case: Case) -> None:
    pool_id, (who,) = case.client.create_pool(), case.client.create_talents(1)
    assert move(case, "1", who, 1).code == 1002109
    unknown = move(case, pool_id, "1", 1)
    assert (unknown.code, unknown.msg) == (1002102, "talent not exist: [1]")
    assert unknown.error["field_violations"][0]["field"] == "talent_id"
    assert move(case, pool_id, who, 3).code == 1002002


def test_both_token_calls_give_the_same_token(case: Case) -> None:
    app = case.client.app
    auth = case.sdk().auth.v3
    body = InternalTenantAccessTokenRequestBody.builder().app_id(app.app_id).app_secret(app.app_secret).build()
    request = InternalTenantAccessTokenRequest.builder().request_body(body).build()
    tenant = case.speak(auth.tenant_access_token, "internal", request)
    app_body = InternalAppAccessTokenRequestBody.builder().app_id(app.app_id).app_secret(app.app_secret).build()
    app_request = InternalAppAccessTokenRequest.builder().request_body(app_body).build()
    both = case.speak(auth.app_access_token, "internal", app_request)
    assert (tenant.code, both.code) == (0, 0)
    token = lark.JSON.unmarshal(tenant.raw.content.decode(), dict)
    pair = lark.JSON.unmarshal(both.raw.content.decode(), dict)
    assert token["tenant_access_token"] == pair["tenant_access_token"] == pair["app_access_token"]
    assert 7000 < token["expire"] <= 7200


@pytest.mark.parametrize(
    ("app_id", "secret", "code"),
    [("cli_test", "x", 10003), ("cli_0123456789abcdef", "x", 10014), ("", "wrong", 10014)],
)
def test_wrong_credentials(case: Case, app_id: str, secret: str, code: int) -> None:
    # An app of its own: the SDK keeps the token of an app id for the whole process.
    wrong = App("", app_id or case.server.create_app().app_id, secret)
    with pytest.raises(ObtainAccessTokenException) as caught:
        batch_change(case, "1", ["1"], 1, wrong)
    assert caught.value.code == code
