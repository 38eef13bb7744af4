"""The client where networks and gateways fail: what is repeated, what never is, and what is waited for."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from faulty_proxy import RATE_LIMITED, Fault, FaultyProxy, faulty_proxy
from harness import App, Server
from rencai.client import AsyncClient, Client, ClientError, NativeCallMissing, Refused, Unreachable
from rencai.contract.errors import SYSTEM_ERROR, TOKEN_INVALID
from rencai.contract.profiles import BasicInfo

LOSSES = [Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.CUT_AMID]
BATCH = "batch_change_talent_pool"
NATIVE = "membership_changes"
CREATE = "combined_create"


class Awaited:
    """The awaited client, called like the other one."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self._loop = asyncio.Runner()
        self._client = self._loop.run(self._made(*given, **more))

    async def _made(self, *given: Any, **more: Any) -> AsyncClient:
        return AsyncClient(*given, **more)

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **more: Any) -> Any:
            return self._loop.run(getattr(self._client, name)(*given, **more))

        return call

    def __enter__(self) -> "Awaited":
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._client.close())
        self._loop.close()


@pytest.fixture(params=[Client, Awaited], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def app(server: Server) -> App:
    return server.create_app("client-faults")


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def pool(server: Server, app: App) -> str:
    return server.client_of(app).create_pool("faults")


@pytest.fixture
def people(server: Server, app: App) -> list[str]:
    return server.client_of(app).create_talents(2)


def changes(server: Server, app: App, pool: str) -> int:
    return len(server.client_of(app).changes(pool))


def test_a_token_that_is_refused_is_renewed_once(kind: Any, proxy: FaultyProxy, app: App) -> None:
    proxy.refusal = TOKEN_INVALID.code
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        proxy.inject(Fault.REFUSED, "talent_pools")
        client.talent_pool_list()
        assert (len(proxy.of("/auth/")), len(proxy.of("talent_pools"))) == (2, 2)
        proxy.inject(Fault.REFUSED, "talent_pools", times=9)
        with pytest.raises(Refused, match="99991663"):
            client.talent_pool_list()
        assert len(proxy.of("talent_pools")) == 4


def test_a_limit_is_waited_out_as_long_as_it_says(kind: Any, proxy: FaultyProxy, app: App) -> None:
    proxy.reset = 2
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        proxy.inject(Fault.RATE_LIMITED, "talent_pools")
        client.talent_pool_list()
    first, second = proxy.of("talent_pools")
    assert second.came - first.answered >= 2


@pytest.mark.parametrize("fault", LOSSES)
def test_what_may_be_repeated_is_done_once_whatever_is_lost(
    kind: Any, proxy: FaultyProxy, server: Server, app: App, pool: str, people: list[str], fault: Fault
) -> None:
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        proxy.inject(fault, NATIVE, times=2)
        assert client.membership_change(pool, add=people).added == people  # the stored reply, by the key
        proxy.inject(fault, BATCH, times=2)
        client.talent_pool_batch_change(pool, talent_id_list=people, option_type=2)
        proxy.inject(fault, "/auth/")
        proxy.inject(fault, "talent_pools?", times=1)
        assert client.talent_pool_list().items
    assert (len(proxy.of(NATIVE)), len(proxy.of(BATCH)), changes(server, app, pool)) == (3, 3, 2)


@pytest.mark.parametrize("fault", LOSSES)
def test_what_may_not_be_repeated_is_not(kind: Any, server: Server, app: App, fault: Fault) -> None:
    with (
        faulty_proxy(server.url, like_feishu=True) as proxy,
        kind(proxy.url, app.app_id, app.app_secret) as client,
    ):
        proxy.inject(fault, CREATE)
        with pytest.raises(Unreachable, match="may have been done or not"):
            client.talent_combined_create(basic_info=BasicInfo(name="once"))
        assert len(proxy.of(CREATE)) == 1


def test_a_slow_answer_is_an_answer(kind: Any, proxy: FaultyProxy, app: App) -> None:
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        proxy.inject(Fault.SLOW, "talent_pools")
        client.talent_pool_list()
    assert len(proxy.of("talent_pools")) == 1


def test_the_limit_of_feishu_is_kept_ahead_of_time(
    kind: Any, server: Server, app: App, pool: str, people: list[str]
) -> None:
    with (
        faulty_proxy(server.url, like_feishu=True) as proxy,
        kind(proxy.url, app.app_id, app.app_secret) as client,
    ):
        for number in range(25):
            if number == 12:
                proxy.inject(Fault.SLOW, BATCH)
            client.talent_pool_batch_change(pool, talent_id_list=people, option_type=1 + number % 2)
        calls = proxy.of(BATCH)
    assert len(calls) == 25
    assert len(proxy.of("/rencai/")) == 1  # by which it is known what the server is
    for early, late in zip(calls, calls[10:], strict=False):
        assert late.came - early.answered >= 1


def test_rencai_says_by_itself_when_to_wait(
    kind: Any, proxy: FaultyProxy, server: Server, app: App, pool: str, people: list[str]
) -> None:
    """It may have other limits, or none. What it is it says also to an app that may not ask."""
    limited = server.create_app("client-faults", limits="feishu")
    narrow = server.create_app("client-faults", scopes=("hire:talent:readonly",))
    for of, calls, refusals in ((app, 40, range(1)), (limited, 12, range(1, 3)), (narrow, 40, range(1))):
        before, began = len(proxy.calls), time.monotonic()
        with kind(proxy.url, of.app_id, of.app_secret) as client:
            for number in range(calls):
                if of is narrow:
                    client.talent_list(page_size=1)
                else:
                    client.talent_pool_batch_change(pool, talent_id_list=people, option_type=1 + number % 2)
        taken = time.monotonic() - began
        refused = [call for call in proxy.calls[before:] if call.code == RATE_LIMITED]
        assert len(refused) in refusals
        assert taken < 1.5 or of is limited, taken


def test_a_wait_that_the_server_asks_for_is_no_failure(kind: Any, proxy: FaultyProxy, app: App) -> None:
    """A minute's limit may ask for longer than a client has patience with a server that is away."""
    proxy.reset = 2
    with kind(proxy.url, app.app_id, app.app_secret, patience=1) as client:
        proxy.inject(Fault.RATE_LIMITED, "talent_pools?", times=2)
        assert client.talent_pool_list(page_size=1).items
        proxy.reset = 200
        proxy.inject(Fault.RATE_LIMITED, "talent_pools?")
        with pytest.raises(Refused, match="99991400"):
            client.talent_pool_list(page_size=1)


def test_patience_ends(kind: Any, proxy: FaultyProxy, app: App) -> None:
    with kind(proxy.url, app.app_id, app.app_secret, patience=1) as client:
        proxy.often(Fault.ERROR_BEFORE, 1, "talent_pools")
        with pytest.raises(Unreachable, match="HTTP 500") as lost:
            client.talent_pool_list()
        assert proxy.url in str(lost.value)
        assert not lost.value.may_be_done
    assert len(proxy.of("talent_pools")) > 2


@pytest.mark.parametrize(("fault", "may_be_done"), [(Fault.CUT_AFTER, True), (Fault.RATE_LIMITED, False)])
def test_patience_that_ends_after_a_lost_answer_says_so(
    kind: Any, proxy: FaultyProxy, app: App, pool: str, people: list[str], fault: Fault, may_be_done: bool
) -> None:
    proxy.reset = 1_000
    with kind(proxy.url, app.app_id, app.app_secret, patience=1) as client:
        proxy.inject(fault, NATIVE, times=100)
        with pytest.raises(ClientError) as lost:
            client.membership_change(pool, add=people)
        assert lost.value.may_be_done == may_be_done
        with pytest.raises(ClientError) as lost:
            client.membership_change(pool, add=people, dry_run=True)
        assert not lost.value.may_be_done


def test_a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_done(
    kind: Any, proxy: FaultyProxy, app: App, pool: str, people: list[str]
) -> None:
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        for faults, may_be_done in (([Fault.CUT_AFTER, Fault.REFUSED], True), ([Fault.REFUSED], False)):
            for fault in faults:
                proxy.inject(fault, NATIVE)
            with pytest.raises(Refused) as refused:
                client.membership_change(pool, add=people)
            assert refused.value.may_be_done == may_be_done


def test_what_met_a_system_error_may_be_done_where_it_would_change_something(
    kind: Any, proxy: FaultyProxy, app: App, pool: str, people: list[str]
) -> None:
    proxy.refusal = SYSTEM_ERROR.code
    with kind(proxy.url, app.app_id, app.app_secret) as client:
        for path, dry_run, may_be_done in (("/auth/", False, False), (NATIVE, False, True), (NATIVE, True, False)):
            proxy.inject(Fault.REFUSED, path)
            with pytest.raises(Refused) as refused:
                client.membership_change(pool, add=people, dry_run=dry_run)
            assert (refused.value.code, refused.value.may_be_done) == (SYSTEM_ERROR.code, may_be_done)


def test_who_never_answered_is_not_waited_for_long(kind: Any) -> None:
    with (
        kind("http://127.0.0.1:1", "cli_0123456789abcdef", "x", patience=3600) as client,
        pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1 can't be reached"),
    ):
        client.talent_pool_list()


def test_a_server_without_native_calls_is_asked_once(kind: Any, server: Server, app: App, pool: str) -> None:
    with (
        faulty_proxy(server.url, like_feishu=True) as proxy,
        kind(proxy.url, app.app_id, app.app_secret) as client,
    ):
        for _ in range(2):
            with pytest.raises(NativeCallMissing):
                client.talent_pool_get(pool)
        assert client.is_rencai() is False
        assert len(proxy.of("/rencai/")) == 1
