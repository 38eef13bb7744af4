"""Our own client, sync and async, against a real server."""

from collections.abc import Iterator

import pytest

from harness import Server
from rencai.client import AsyncClient, Client, NativeCallMissing, Refused
from rencai.contract.fields import GivenName
from rencai.contract.profiles import BasicInfo


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[Client]:
    app = server.create_app("clients")
    with Client(server.url, app.app_id, app.app_secret, paced=False) as client:
        yield client


def test_a_pool_is_made_filled_read_and_put_back(api: Client, server: Server) -> None:
    pool = api.talent_pool_create(i18n_name=GivenName(zh_cn="人才")).talent_pool.id
    ids = [t.talent_id for t in [api.talent_combined_create(basic_info=BasicInfo(name=str(i))) for i in range(5)]]
    done = api.membership_change(pool, add=ids, if_match=api.etag_of(pool))
    assert done.added == ids
    assert [m.talent_id for m in api.membership_list_all(pool, page_size=2)] == sorted(ids)
    with pytest.raises(Refused, match="1002102") as refused:
        api.talent_pool_batch_change(pool, talent_id_list=["1"], option_type=1)
    assert [v.value for v in refused.value.violations] == ["1"]
    lines = lambda: (f"{talent_id}\n".encode() for talent_id in ids[:2])  # noqa: E731
    run = api.run_create_upload(lines=lines, talent_pool_id=pool, action="set").run
    while api.run_get(run.id).run.state in ("queued", "running"):
        pass
    assert {r.outcome for r in api.run_results(run.id)} == {"unchanged", "removed"}


async def test_the_same_awaited(server: Server) -> None:
    app = server.create_app("clients")
    async with AsyncClient(server.url, app.app_id, app.app_secret) as client:
        assert await client.is_rencai()
        pool = (await client.talent_pool_create(i18n_name=GivenName(zh_cn="人才"))).talent_pool.id
        assert [m async for m in client.membership_list_all(pool)] == []


def test_native_calls_are_not_sent_to_feishu() -> None:
    client = Client("https://open.feishu.cn", "cli_0000000000000000", "x")
    with client, pytest.raises(NativeCallMissing, match=r"open\.feishu\.cn"):
        client.run_list()
