"""Rate limits: exact in any window, and told as documented (decisions 18 and 41)."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Client, Reply, Server, within_a_second
from rencai.contract.endpoint import Tier, Window
from rencai.contract.talent_pools import TALENT_POOL_BATCH_CHANGE
from rencai.limits import FEISHU, OFF, Limiter, factor_of

POOLS = "/open-apis/hire/v1/talent_pools"
PASSED = 1002109  # what a call answers that got past the limit, on a pool that is not there


def limited(server: Server, limits: str = FEISHU) -> Client:
    """A client that has its token, so that only its calls take time."""
    client = server.client("limited", limits=limits)
    client.token = client.fetch_token()
    return client


def changes(client: Client, count: int) -> list[Reply]:
    return [client.batch_change("1", ["nobody"], 1) for _ in range(count)]


def at_once(server: Server, count: int, limits: str = FEISHU) -> tuple[Client, list[Reply]]:
    """A new client, and what it is told within a second, the span that the limit counts in."""
    return within_a_second(lambda: limited(server, limits), lambda client: changes(client, count))


def codes(replies: list[Reply]) -> list[int]:
    return [reply.code for reply in replies]


def calls_in_headers(reply: Reply) -> str:
    return reply.headers["x-ogw-ratelimit-limit"]


# Through HTTP


def test_ten_calls_at_once_and_the_eleventh_is_told_when(server: Server) -> None:
    _, (*accepted, refused) = at_once(server, 11)
    assert codes(accepted) == [PASSED] * 10
    assert (refused.status, refused.code, refused.msg) == (429, 99991400, "request trigger frequency limit")
    told = dict(refused.headers.raw)
    assert (told[b"x-ogw-ratelimit-limit"], told[b"x-ogw-ratelimit-reset"], told[b"Retry-After"]) == (b"10", b"1", b"1")


def test_refused_calls_do_not_count_and_after_the_reset_ten_go_through(server: Server) -> None:
    client, replies = at_once(server, 25)
    assert codes(replies) == [PASSED] * 10 + [99991400] * 15
    refused = replies[-1]
    time.sleep(int(refused.headers["x-ogw-ratelimit-reset"]))
    assert codes(changes(client, 10)) == [PASSED] * 10


def test_no_second_of_a_hammering_client_holds_more_than_ten(server: Server) -> None:
    client = limited(server)
    accepted: list[tuple[float, float]] = []
    while not accepted or time.monotonic() < accepted[0][0] + 1.5:
        began = time.monotonic()
        if changes(client, 1)[0].code == PASSED:
            accepted.append((began, time.monotonic()))
    # Any eleven in a row took a second, from before the first to after the last.
    assert all(last[1] - first[0] >= 1 for first, last in zip(accepted, accepted[10:], strict=False))
    assert len(accepted) > 10


def test_limits_are_per_endpoint_and_per_app(server: Server) -> None:
    other = limited(server)
    client, replies = at_once(server, 11)
    assert replies[-1].code == 99991400
    assert client.move("1", "nobody", 1).code == PASSED
    assert client.call("GET", POOLS).code == 0
    assert codes(changes(other, 10)) == [PASSED] * 10


def test_two_tokens_calls_share_one_limit_whatever_the_pool(server: Server) -> None:
    def both() -> tuple[Client, Client]:
        client = limited(server)
        again = server.client_of(client.app)
        again.token = again.fetch_token()
        return client, again

    _, replies = within_a_second(
        both, lambda two: [caller.batch_change(str(number), ["x"], 1) for number in range(6) for caller in two]
    )
    assert codes(replies) == [PASSED] * 10 + [99991400] * 2


def test_calls_of_wrong_shape_count(server: Server) -> None:
    _, replies = within_a_second(
        lambda: limited(server), lambda client: [client.batch_change("1", [], 1) for _ in range(11)]
    )
    assert codes(replies) == [1002002] * 10 + [99991400]


def test_calls_without_scope_or_token_do_not_count(server: Server) -> None:
    reader = server.client("limited", scopes=("hire:talent_folder:readonly",), limits=FEISHU)
    assert {reader.batch_change("1", ["x"], 1).code for _ in range(12)} == {99991672}
    assert {reader.call("GET", POOLS, token="t-0").code for _ in range(60)} == {99991663}
    assert reader.call("GET", POOLS).code == 0


def test_a_factor_multiplies_the_tier(server: Server) -> None:
    _, (*accepted, refused) = at_once(server, 26, "2.5")
    assert codes(accepted) == [PASSED] * 25
    assert (refused.code, calls_in_headers(refused)) == (99991400, "25")


def test_off_is_off(server: Server) -> None:
    assert set(codes(changes(limited(server, OFF), 60))) == {PASSED}


def test_the_two_halves_of_a_tier_describe_themselves(server: Server) -> None:
    def second(limits: str) -> Reply:
        _, (_, refused) = within_a_second(
            lambda: limited(server, limits), lambda client: [client.call("GET", POOLS) for _ in range(2)]
        )
        return refused

    refused = second("0.02")  # 1 a second and 20 a minute
    assert (refused.code, calls_in_headers(refused), refused.headers["x-ogw-ratelimit-reset"]) == (99991400, "1", "1")
    refused = second("0.001")  # 1 a second, and 1 a minute
    assert (refused.code, calls_in_headers(refused)) == (99991400, "1")
    assert 58 <= int(refused.headers["x-ogw-ratelimit-reset"]) <= 60


def test_token_calls_and_pages_have_no_limit(server: Server) -> None:
    client = limited(server, "0.001")
    assert len({client.fetch_token() for _ in range(60)}) == 1
    assert {client.http.get("/healthz").status_code for _ in range(60)} == {200}


# The limiter alone, against the rule written out. Its clock counts in 1/1024 s, which floats add exactly.

TICKS = 1024
GAPS = st.one_of(
    st.integers(0, 40),
    st.sampled_from([TICKS - 1, TICKS, TICKS + 1, 60 * TICKS - 1, 60 * TICKS, 60 * TICKS + 1]),
    st.integers(0, 70 * TICKS),
    st.none(),  # as long as the last refusal asked for
)


class Ledger:
    """A limiter on a clock driven by hand, and every call it has accepted."""

    def __init__(self, tier: Tier, limits: str) -> None:
        factor = factor_of(limits)
        assert factor is not None
        self.endpoint = msgspec.structs.replace(TALENT_POOL_BATCH_CHANGE, tier=tier)
        scaled = [(round(window.calls * factor, 6), window.seconds) for window in tier.value]
        self.windows = [
            Window(int(calls), seconds) if calls >= 1 else Window(1, seconds / calls) for calls, seconds in scaled
        ]
        self.limits = limits
        self.now = 1_000_000.0
        self.accepted: list[float] = []
        self.asked = 0
        self.limiter = Limiter(lambda: self.now)

    def full(self, at: float) -> list[Window]:
        """The windows that leave no room for a call at a moment."""
        return [w for w in self.windows if sum(at - w.seconds < t <= at for t in self.accepted) >= w.calls]

    def call(self) -> None:
        """Make a call: accepted where every window has room, else refused with the truth about the window."""
        full = self.full(self.now)
        refusal = self.limiter.accept(self.endpoint, "app", self.limits)
        if not full:
            assert refusal is None
            self.accepted.append(self.now)
            return
        assert refusal is not None
        assert refusal.calls in [window.calls for window in full]
        assert refusal.wait >= 1
        assert self.full(self.now + refusal.wait) == []
        assert refusal.wait == 1 or self.full(self.now + refusal.wait - 1) != []
        self.asked = refusal.wait

    def check(self) -> None:
        """Hold the rule against what was accepted: no span of a window's length holds too many."""
        for window in self.windows:
            for first, one_too_many in zip(self.accepted, self.accepted[window.calls :], strict=False):
                assert one_too_many - first >= window.seconds


@pytest.mark.parametrize("limits", [FEISHU, "0.1", "0.02", "0.001"])
@pytest.mark.parametrize("tier", list(Tier))
@given(gaps=st.lists(st.tuples(GAPS, st.integers(1, 12)), max_size=25))
def test_the_limiter_keeps_its_rule_in_any_sequence(
    tier: Tier, limits: str, gaps: list[tuple[int | None, int]]
) -> None:
    ledger = Ledger(tier, limits)
    for gap, calls in gaps:
        ledger.now += ledger.asked if gap is None else gap / TICKS
        for _ in range(calls):
            ledger.call()
    ledger.check()


def test_both_halves_of_the_fourth_tier_refuse() -> None:
    ledger = Ledger(Tier.TIER_4, FEISHU)
    while len(ledger.accepted) < 1000:
        ledger.call()
        ledger.now += 18 / TICKS  # 57 a second: the short half refuses some, 20 s fill the long one
    ledger.call()
    assert ledger.full(ledger.now)[0].seconds == 60
    assert ledger.asked > 30
    ledger.check()


def test_apps_and_endpoints_do_not_share_a_window() -> None:
    ledger = Ledger(Tier.TIER_7, FEISHU)
    elsewhere = msgspec.structs.replace(ledger.endpoint, name="elsewhere")
    for _ in range(10):
        assert ledger.limiter.accept(ledger.endpoint, "app", FEISHU) is None
    assert ledger.limiter.accept(ledger.endpoint, "app", FEISHU) is not None
    assert ledger.limiter.accept(ledger.endpoint, "other", FEISHU) is None
    assert ledger.limiter.accept(elsewhere, "app", FEISHU) is None
