"""What stands before every call: routes, tokens, scopes, sizes, log ids, the pages, and what the log may hold."""

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness import App, Client, Reply, Server, rencai, running_server
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from stores import Store

MIB = 2**20
POOLS = "/open-apis/hire/v1/talent_pools"
TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
APP_TOKEN = "/open-apis/auth/v3/app_access_token/internal"
BATCH_CHANGE = f"{POOLS}/1/batch_change_talent_pool"
MISSING = "Missing access token for authorization. Please make a request with token attached."
INVALID = "Invalid access token for authorization. Please make a request with token attached."
FORM = "Invalid token: must start with t-/u-"


def log_id_of(response: httpx.Response) -> str:
    """The log id, under exactly the name that the vendor's SDK looks for; it is there once."""
    found = [value for name, value in response.headers.raw if name.lower() == b"x-tt-logid"]
    assert found == [value for name, value in response.headers.raw if name == b"X-Tt-Logid"]
    (log_id,) = found
    assert re.fullmatch(rb"20[0-9]{12}[0-9A-F]{20}", log_id)
    return log_id.decode()


def logged(server: Server, log_id: str) -> dict[str, Any]:
    """The one line of the log for a request."""
    for _ in range(500):
        if found := [line for line in list(server.log) if line.get("log_id") == log_id]:
            (line,) = found
            return line
        time.sleep(0.01)
    raise AssertionError(f"no line with {log_id}")


# Order (decision 1)


def test_the_first_check_that_fails_answers(server: Server, client: Client) -> None:
    reader = server.client("shared", scopes=("hire:talent_folder:readonly",), limits="0.001")
    writer = server.client("shared", limits="0.1")
    pool_id = client.create_pool()
    path = f"{POOLS}/{pool_id}/batch_change_talent_pool"
    assert client.http.post(path + "/x", content=b"{").status_code == 404
    assert client.call("POST", path, raw=b"{", token="t-0").code == 99991663
    assert {reader.call("POST", path, raw=b"{").code for _ in range(3)} == {99991672}
    assert writer.call("POST", path, raw=b"{").code == 1002002  # 0.1 of the tier is one call a second
    assert writer.call("POST", path, raw=b"{").code == 99991400
    assert client.call("POST", BATCH_CHANGE, raw=b"{").code == 1002002
    assert client.batch_change("1", ["nobody"], 1).code == 1002109
    assert client.batch_change(pool_id, ["nobody"], 1).code == 1002102


def test_a_body_too_large_is_shape_and_comes_after_the_token(client: Client) -> None:
    large = b" " * (MIB + 1)
    assert client.call("POST", BATCH_CHANGE, raw=large, token="t-0").code == 99991663
    assert client.call("POST", BATCH_CHANGE, raw=large).status == 413


# Tokens and scopes (decisions 16 and 40)


@pytest.mark.parametrize(
    ("authorization", "code", "msg"),
    [
        (None, 99991661, MISSING),
        ("", 99991661, MISSING),
        ("t-0123", 99991661, MISSING),
        ("bearer {token}", 99991661, MISSING),
        ("BEARER {token}", 99991661, MISSING),
        ("Basic {token}", 99991661, MISSING),
        ("Bearer{token}", 99991661, MISSING),
        ("Bearer", 99991661, MISSING),
        ("Bearer ", 99991661, MISSING),
        ("Bearer    ", 99991661, MISSING),
        ("Bearer t-", 99991663, INVALID),
        ("Bearer t-" + "0" * 64, 99991663, INVALID),
        ("Bearer {token}0", 99991663, INVALID),
        ("Bearer {token},{token}", 99991663, INVALID),
        ("Bearer t-caf\xe9", 99991663, INVALID),
        ("Bearer t-" + "0" * 20_000, 99991663, INVALID),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", 99991668, INVALID),
        ("Bearer u-0123", 99991668, INVALID),
        ("Bearer T-0123", 99991671, FORM),
        ("Bearer x", 99991671, FORM),
        ("Bearer a-{token}", 99991671, FORM),
        ("Bearer \xff\xfe", 99991671, FORM),
    ],
)
def test_tokens_that_let_nobody_in(client: Client, authorization: str | None, code: int, msg: str) -> None:
    client.token = client.token or client.fetch_token()
    text = (authorization or "").replace("{token}", client.token)
    headers = {} if authorization is None else {"Authorization": text}
    for method, path in (("GET", POOLS), ("POST", BATCH_CHANGE), ("GET", "/rencai/v1/changes/1")):
        # Not by httpx, which sends no header that ends in a space.
        connection = http.client.HTTPConnection(client.http.base_url.host, client.http.base_url.port or 0, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            body = json.load(response)
        assert (response.status, body["code"], body["msg"]) == (400, code, msg)
        assert set(body["error"]) == {"log_id", "troubleshooter"}
        assert ("X-Tt-Logid", body["error"]["log_id"]) in response.getheaders()


def test_another_tenants_token_opens_that_tenant_only(server: Server, client: Client) -> None:
    pool_id = client.create_pool()
    other = server.client("another")
    assert other.call("GET", f"/rencai/v1/talent_pools/{pool_id}").code == 1002109
    assert other.batch_change(pool_id, ["nobody"], 1).code == 1002109
    assert client.call("GET", f"/rencai/v1/talent_pools/{pool_id}", token=other.fetch_token()).code == 1002109
    assert pool_id not in [item["id"] for item in other.pages(f"{POOLS}?id_list={pool_id}", 100)]


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.scopes], ids=lambda endpoint: endpoint.name)
def test_a_missing_scope_is_named(server: Server, stranger: Client, endpoint: Any) -> None:
    reply = stranger.call(endpoint.method, re.sub(r"\{\w+\}", "1", endpoint.path), raw=b"{")
    wanted = ", ".join(endpoint.scopes)
    assert (reply.status, reply.code) == (400, 99991672)
    assert reply.msg == f"Access denied. One of the following scopes is required: [{wanted}]"
    violations = [{"type": "action_scope_required", "subject": scope} for scope in endpoint.scopes]
    assert reply.error["permission_violations"] == violations


@pytest.fixture(scope="module")
def stranger(server: Server) -> Client:
    """A client with a scope that opens nothing here."""
    return server.client("shared", scopes=("contact:user:readonly",))


def test_a_readers_scope_reads_and_does_not_write(server: Server) -> None:
    reader = server.client("shared", scopes=("hire:talent_folder:readonly",))
    assert reader.call("GET", POOLS).code == 0
    assert reader.batch_change("1", ["x"], 1).code == 99991672


# Token calls (decisions 17 and 40)


def token_call(server: Server, body: Any = None, path: str = TENANT_TOKEN, raw: bytes | None = None) -> dict[str, Any]:
    """What a token call answers: always HTTP 200, with a log id in the header only."""
    content = raw if raw is not None else json.dumps(body).encode()
    response = httpx.post(server.url + path, content=content)
    assert response.status_code == 200
    log_id_of(response)
    return response.json()


def credentials(app: App, **more: str) -> dict[str, str]:
    return {"app_id": app.app_id, "app_secret": app.app_secret, **more}


def test_both_token_calls_give_the_same_token_again_and_again(server: Server) -> None:
    app = server.create_app("tokens")
    first = token_call(server, credentials(app))
    token = first["tenant_access_token"]
    assert re.fullmatch("t-[0-9a-f]{64}", token)
    assert first == {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": first["expire"]}
    assert 7190 <= first["expire"] <= 7200
    both = token_call(server, credentials(app, extra="ignored"), APP_TOKEN + "/")
    assert both == {**first, "app_access_token": token, "expire": both["expire"]}
    assert token_call(server, credentials(app))["tenant_access_token"] == token


def age_tokens(server: Server, app: App, seconds: int) -> None:
    """Let an app's tokens be that much older, in the file."""
    tokens = f"FROM tokens WHERE app_id = '{app.app_id}'"
    assert server.database.rows(f"SELECT token_hash {tokens}")
    aged = f"SET expire_time = expire_time - {seconds * 1000} WHERE app_id = '{app.app_id}'"
    server.database.run(f"UPDATE tokens {aged}")


def test_a_token_is_given_again_while_thirty_minutes_remain_and_then_a_new_one(server: Server) -> None:
    client = server.client("tokens")
    old = client.fetch_token()
    age_tokens(server, client.app, 5390)
    again = token_call(server, credentials(client.app))
    assert (again["tenant_access_token"], 1800 <= again["expire"] <= 1810) == (old, True)
    age_tokens(server, client.app, 20)
    new = token_call(server, credentials(client.app))
    assert new["tenant_access_token"] != old
    assert new["expire"] >= 7190
    assert token_call(server, credentials(client.app))["tenant_access_token"] == new["tenant_access_token"]
    for token in (old, new["tenant_access_token"]):
        assert client.call("GET", POOLS, token=token).code == 0


def test_a_token_that_has_expired_lets_nobody_in(server: Server) -> None:
    client = server.client("tokens")
    token = client.fetch_token()
    age_tokens(server, client.app, 7201)
    reply = client.call("GET", POOLS, token=token)
    assert (reply.status, reply.code, reply.msg) == (400, 99991663, INVALID)
    assert client.fetch_token() != token


def test_wrong_credentials_are_told_apart(server: Server) -> None:
    app = server.create_app("tokens")
    for path in (TENANT_TOKEN, APP_TOKEN):
        wrong = token_call(server, credentials(app, app_secret="x" * 32), path)
        assert wrong == {"code": 10014, "msg": "app secret invalid"}
        unknown = token_call(server, credentials(app, app_id="cli_0123456789abcdef"), path)
        assert unknown == {"code": 10014, "msg": "app id not exists"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"app_id":"cli_0123456789abcdef"}',
        b'{"app_secret":"x"}',
        b'{"app_id":"test","app_secret":"x"}',
        b'{"app_id":"","app_secret":""}',
        b'{"app_id":"cli_0123456789abcdef","app_secret":""}',
        b'{"app_id":"cli_0123456789ABCDEF","app_secret":"x"}',
        b'{"app_id":"cli_0123456789abcde","app_secret":"x"}',
        b'{"app_id":"cli_0123456789abcdef0","app_secret":"x"}',
        b'{"app_id":"cli_0123456789abcdef\\n","app_secret":"x"}',
        b'{"app_id":" cli_0123456789abcdef","app_secret":"x"}',
        b'{"app_id":1,"app_secret":"x"}',
        b'{"app_id":"cli_0123456789abcdef","app_secret":null}',
        b'{"app_id":"cli_0123456789abcdef","app_secret":"\\ud800"}',
        b'{"app_id":"cli_0123456789abcdef","app_secret":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_malformed_credentials(server: Server, raw: bytes) -> None:
    for path in (TENANT_TOKEN, APP_TOKEN):
        assert token_call(server, path=path, raw=raw) == {"code": 10003, "data": {}, "msg": "invalid param"}


def seconds_until_refused(client: Client) -> float:
    started = time.monotonic()
    while client.call("GET", POOLS).code == 0:
        assert time.monotonic() - started < 5
        time.sleep(0.05)
    assert client.call("GET", POOLS).code == 99991663
    return time.monotonic() - started


def command(server: Server, *arguments: str) -> str:
    done = rencai("app", *arguments, "--database", server.database.url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_disabled_app_gets_no_token_and_its_old_one_stops_within_five_seconds(server: Server) -> None:
    client = server.client("tokens")
    assert client.call("GET", POOLS).code == 0
    command(server, "disable", client.app.app_id)
    assert token_call(server, credentials(client.app)) == {"code": 10014, "msg": "app is disabled"}
    assert seconds_until_refused(client) < 5


def test_a_rotated_secret_is_refused_at_once_and_its_token_stops_within_five_seconds(server: Server) -> None:
    client = server.client("tokens")
    assert client.call("GET", POOLS).code == 0
    made = json.loads(command(server, "rotate-secret", client.app.app_id, "--json"))
    assert token_call(server, credentials(client.app)) == {"code": 10014, "msg": "app secret invalid"}
    new = token_call(server, made)["tenant_access_token"]
    assert client.call("GET", POOLS, token=new).code == 0
    assert seconds_until_refused(client) < 5
    assert client.call("GET", POOLS, token=new).code == 0


# Routes (decisions 12, 13, 20 and 43)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/open-apis"),
        ("GET", "/open-apis/nothing"),
        ("GET", TENANT_TOKEN),
        ("POST", POOLS),
        ("GET", BATCH_CHANGE),
        ("PUT", BATCH_CHANGE),
        ("POST", "/open-apis//hire/v1/talent_pools/1/batch_change_talent_pool"),
        ("POST", "/OPEN-APIS/hire/v1/talent_pools/1/batch_change_talent_pool"),
        ("POST", f"{POOLS}/1/2/batch_change_talent_pool"),
        ("HEAD", POOLS),
        ("OPTIONS", POOLS),
        ("BREW", POOLS),
        ("GET", "/rencai/v1"),
        ("GET", "/rencai/v1/nothing"),
        ("GET", "/rencai/v1/talent_pools"),
        ("PUT", "/rencai/v1/talent_pools/1"),
        ("GET", "/"),
        ("GET", "/nothing"),
        ("POST", "/healthz"),
        ("POST", "/docs"),
        ("GET", "/docs/errors/1"),
        ("GET", "/docs/../healthz/x"),
    ],
)
def test_the_plain_404(server: Server, client: Client, method: str, path: str) -> None:
    for content in (None, b'{"a":1}'):
        request = client.http.build_request(method, path, content=content)
        request.url = request.url.copy_with(raw_path=path.encode())
        response = client.http.send(request)
        assert response.status_code == 404
        assert response.headers["Content-Type"].startswith("text/plain")
        assert response.content == (b"" if method == "HEAD" else b"404 page not found")
        line = logged(server, log_id_of(response))
        assert (line["event"], line["status"], line["app"]) == ("request", 404, "")


@pytest.mark.parametrize("slashes", ["/", "//", "/////"])
def test_trailing_slashes_are_accepted_without_redirect(server: Server, client: Client, slashes: str) -> None:
    assert token_call(server, credentials(client.app), TENANT_TOKEN + slashes)["code"] == 0
    pool_id = client.create_pool()
    assert client.call("GET", f"{POOLS}{slashes}?page_size=1").code == 0
    assert client.call("GET", f"/rencai/v1/talent_pools/{pool_id}{slashes}").code == 0
    body = {"talent_id_list": ["nobody"], "option_type": 1}
    assert client.call("POST", f"{POOLS}/{pool_id}/batch_change_talent_pool{slashes}", body).code == 1002102
    assert client.http.get("/healthz" + slashes).text == "ok"
    assert client.http.get("/docs" + slashes).status_code == 200


@pytest.mark.parametrize("raw", [b"{}", b"{", b"\xff", b"[" * 100_000, b" " * 2 * MIB])
def test_a_get_may_carry_any_body(client: Client, raw: bytes) -> None:
    for _ in range(2):
        assert client.call("GET", f"{POOLS}?page_size=1", raw=raw).code == 0


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "x", "a/b; charset=gbk"]
)
def test_bodies_are_json_whatever_the_content_type_says(client: Client, content_type: str | None) -> None:
    pool_id, (person,) = client.create_pool(), client.create_talents(1)
    headers = {"Authorization": f"Bearer {client.token}"} | ({"Content-Type": content_type} if content_type else {})
    content = json.dumps({"talent_id_list": [person], "option_type": 1})
    path = f"{POOLS}/{pool_id}/batch_change_talent_pool"
    assert client.http.post(path, content=content, headers=headers).json() == {"code": 0, "msg": "success", "data": {}}


def test_a_clients_request_id_and_log_id_are_never_echoed(client: Client) -> None:
    mine = {"X-Request-Id": "mine-1", "X-Tt-Logid": "mine-2", "Request-Id": "mine-3"}
    for path in (POOLS, "/nothing", "/healthz", "/metrics"):
        response = client.http.get(path, headers=mine)
        assert "mine-" not in str(response.headers.raw) + response.text
        assert response.headers["X-Request-Id"] == log_id_of(response)


# Log ids (decision 43)


def test_every_reply_has_a_log_id_of_its_own_that_the_log_knows(server: Server, client: Client) -> None:
    client.create_pool()
    large = b" " * (MIB + 1)
    bearer = {"Authorization": f"Bearer {client.token}"}
    requests: list[tuple[str, str, bytes, int, int, str]] = [
        ("GET", POOLS, b"", 200, 0, "talent_pool_list"),
        ("POST", BATCH_CHANGE, b"{", 400, 1002002, "talent_pool_batch_change"),
        ("POST", BATCH_CHANGE, large, 413, 1002002, "talent_pool_batch_change"),
        ("GET", "/rencai/v1/talent_pools/1", b"", 404, 1002109, "talent_pool_get"),
        ("POST", TENANT_TOKEN, b"{}", 200, 10003, "tenant_token_create"),
        ("GET", "/nothing", b"", 404, 404, "page"),
        ("GET", "/healthz", b"", 200, 200, "healthz"),
        ("GET", "/readyz", b"", 200, 200, "readyz"),
        ("GET", "/docs", b"", 200, 200, "docs"),
    ]
    seen: set[str] = set()
    for method, path, content, status, code, endpoint in requests:
        response = client.http.request(method, path, content=content, headers=bearer)
        line = logged(server, log_id_of(response))
        assert (response.status_code, line["status"], line["code"], line["endpoint"]) == (
            status,
            status,
            code,
            endpoint,
        )
        if "json" in response.headers["Content-Type"] and "error" in response.json():
            assert response.json()["error"]["log_id"] == line["log_id"]
        seen.add(line["log_id"])
    assert len(seen) == len(requests)


def test_a_line_of_the_log_says_who_did_what_and_how_long(server: Server, client: Client) -> None:
    line = logged(server, client.call("GET", POOLS).headers["X-Tt-Logid"])
    keys = {"event", "level", "timestamp", "log_id", "endpoint", "app", "tenant", "status", "code", "ms"}
    assert set(line) == keys
    assert (line["event"], line["level"], line["app"]) == ("request", "info", client.app.app_id)
    assert line["tenant"] == client.app.tenant_key
    assert 0 < line["ms"] < 5000
    refused = logged(server, client.call("GET", POOLS, token="t-0").headers["X-Tt-Logid"])
    assert (refused["app"], refused["tenant"], refused["code"]) == ("", "", 99991663)


def test_nothing_personal_and_no_secret_is_in_the_log(database: Store) -> None:
    with running_server(database) as server:
        app = server.create_app("TenantXylophone")
        client = server.client_of(app)
        token = client.token = client.fetch_token()
        person = {"basic_info": {"name": "NameXylophone", "email": "email@xylophone.example", "mobile": "13800004242"}}
        people = {"talents": [person]}
        assert client.call("POST", "/rencai/v1/talents/batch_create", people).code == 0
        assert client.call("POST", "/rencai/v1/talents/batch_create", people).code == 1002105
        people["talents"][0]["basic_info"]["email"] = 5  # type: ignore[assignment]  # pyright: ignore
        assert client.call("POST", "/rencai/v1/talents/batch_create", people).code == 1002002
        client.create_pool("PoolXylophone")
        client.call("POST", BATCH_CHANGE, raw=b'{"BodyXylophone')
        client.batch_change("PathXylophone", ["IdXylophone"], 1)
        client.batch_change(client.create_pool(), ["IdXylophone"], 1)
        client.call("GET", f"{POOLS}?page_token=QueryXylophone")
        client.call("GET", POOLS, token="t-TokenXylophone")
        token_call(server, credentials(app, app_secret="SecretXylophone"))
        client.http.get(
            "/NothingXylophone?q=Xylophone", headers={"X-Request-Id": "Xylophone", "User-Agent": "Xylophone"}
        )
        client.http.get("/healthz", headers={"Connection": "Upgrade", "Upgrade": "Xylophone"})
        with socket.create_connection((client.http.base_url.host, client.http.base_url.port or 0), 10) as connection:
            connection.sendall(b"GET /Xylophone HTTP/1.1\r\nTransfer-Encoding: Xylophone\r\n\r\nXylophone")
            assert connection.recv(12) == b"HTTP/1.1 400"
        lines = server.log
    everything = json.dumps(lines, ensure_ascii=False) + "".join(server.stray)
    assert len([line for line in lines if line["event"] == "request"]) >= 15
    for secret in (app.app_secret, token, token[2:20], "xylophone", "13800004242"):
        assert secret not in (everything.lower() if secret.islower() else everything)


# Sizes (decision 14)


def chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "limit"), [(BATCH_CHANGE, MIB), (TENANT_TOKEN, MIB), ("/rencai/v1/talents/batch_create", 16 * MIB)]
)
def test_a_body_may_have_so_many_bytes_and_not_one_more(client: Client, path: str, limit: int, chunked: bool) -> None:
    client.token = client.token or client.fetch_token()
    bearer = {"Authorization": f"Bearer {client.token}"}
    largest, too_large = b"[" + b" " * (limit - 2) + b"]", b"[" + b" " * (limit - 1) + b"]"
    with httpx.Client(base_url=client.http.base_url, timeout=30) as one:
        taken = one.post(path, content=chunks(largest) if chunked else largest, headers=bearer)
        assert taken.json()["code"] in (1002002, 10003)
        assert taken.status_code != 413
        refused = one.post(path, content=chunks(too_large) if chunked else too_large, headers=bearer)
        assert (refused.status_code, refused.json()["code"]) == (413, 1002002)
        assert refused.json()["msg"] == "request body too large"
        log_id_of(refused)
        connection = refused.extensions["network_stream"].get_extra_info("client_addr")
        after = one.get(POOLS, headers=bearer)
        assert (after.json()["code"], after.extensions["network_stream"].get_extra_info("client_addr")) == (
            0,
            connection,
        )


# Links (decision 15)


def test_the_link_never_comes_from_the_host_header(server: Server, client: Client) -> None:
    for host in ("evil.example", "evil.example:1", "a b"):
        headers = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "Forwarded": f"host={host}"}
        response = client.http.get(POOLS, headers=headers)
        assert "evil" not in response.text
        link = response.json()["error"]["troubleshooter"]
        assert link == f"排查建议查看(Troubleshooting suggestions): {server.url}/docs/errors/99991661"


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_link_leads_under_the_public_url(database: Store, slash: str) -> None:
    with running_server(database, "--public-url", "https://talent.example/api" + slash) as server:
        error = httpx.get(server.url + POOLS).json()["error"]
        assert error["troubleshooter"].endswith(": https://talent.example/api/docs/errors/99991661")


def test_the_link_can_be_followed(client: Client) -> None:
    reply: Reply = client.batch_change("1", ["x"], 1)
    page = httpx.get(reply.error["troubleshooter"].partition(": ")[2])
    assert page.status_code == 200
    assert "1002109 talent pool not exist" in page.text


# Pages


def test_health_and_readiness(client: Client) -> None:
    for path, words in (("/healthz", "ok"), ("/readyz", "ready")):
        response = client.http.get(path)
        assert (response.status_code, response.text) == (200, words)


def samples(client: Client) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample of the metrics under its name and the values of its labels."""
    response = client.http.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.text)
    return {(s.name, tuple(v for _, v in sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def test_metrics_count_requests_times_and_commits(client: Client) -> None:
    pool_id, people = client.create_pool(), client.create_talents(2)
    before = samples(client)
    for person in people:
        client.add(pool_id, [person])
    client.add(pool_id, ["nobody"])
    after = samples(client)
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    name = "talent_pool_batch_change"
    assert grown["rencai_requests_total", ("0", name)] == 2
    assert grown["rencai_requests_total", ("1002102", name)] == 1
    assert grown["rencai_request_seconds_count", (name,)] == 3
    assert 0 < grown["rencai_request_seconds_sum", (name,)] < 5
    assert grown["rencai_request_seconds_bucket", (name, "+Inf")] == 3
    assert grown["rencai_commit_group_units_sum", ()] == 3
    assert grown["rencai_commit_group_units_bucket", ("+Inf",)] == 3
    deadline = time.monotonic() + 10
    while samples(client)["rencai_write_queue_depth", ()]:  # looked at now and then
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_metrics_do_not_grow_with_what_strangers_send(client: Client) -> None:
    before = set(samples(client))
    for number in range(5):
        client.http.request(f"M{number}", f"/stranger-{number}")
    assert not [key for key in set(samples(client)) - before if "stranger" in str(key) or "M1" in str(key)]


def test_the_description_has_every_endpoint(client: Client) -> None:
    text = client.http.get("/openapi.json").text
    described = json.loads(text)
    assert described["openapi"].startswith("3.1")
    for endpoint in ENDPOINTS:
        operation = described["paths"][endpoint.path][endpoint.method.lower()]
        assert operation["operationId"] == endpoint.name
        assert ("requestBody" in operation) == (endpoint.body_type is not None)
        assert ("security" in operation) == bool(endpoint.scopes)
        in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", endpoint.path)
        assert {str(endpoint.status_of(error)) for error in endpoint.all_errors} <= set(operation["responses"])
    operations = [row for path in described["paths"].values() for row in path]
    assert len(operations) == len(ENDPOINTS)
    for reference in set(re.findall(r'"\$ref": *"#/components/schemas/(\w+)"', text)):
        assert reference in described["components"]["schemas"]


def test_the_pages_to_read(client: Client) -> None:
    for path in ("/docs", "/docs/endpoints", "/docs/errors"):
        response = client.http.get(path)
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    endpoints = client.http.get("/docs/endpoints").text
    assert [row.name for row in ENDPOINTS if row.path not in endpoints or row.name not in endpoints] == []


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_has_its_page(client: Client, code: int) -> None:
    response = client.http.get(f"/docs/errors/{code}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<h1>{code} " in response.text
    assert "What to do" in response.text


def test_links_between_the_pages_lead_somewhere(client: Client) -> None:
    pages = ["/docs", "/docs/endpoints", "/docs/errors", *(f"/docs/errors/{code}" for code in ERRORS)]
    links = {link for page in pages for link in re.findall(r'href="(/[^"]*)"', client.http.get(page).text)}
    assert {link: client.http.get(link).status_code for link in links} == dict.fromkeys(links, 200)
