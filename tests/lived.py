"""A database with something in every table."""

import time
from typing import NamedTuple

from harness import App, Client, rencai, running_server
from load import Town, town
from stores import Store

HIRE = "/open-apis/hire/v1"


class Lived(NamedTuple):
    """The database, an app of it, and its pools' members with their add_time."""

    store: Store
    app: App
    members: dict[str, dict[str, str]]


def live(store: Store) -> Lived:
    """Let a server live on a database for a while."""
    with running_server(store) as server:
        place = town(server)
        _all_kinds(place)
        _run(place)
        members = {pool_id: place.client.members(pool_id) for pool_id in place.pools}
        _bulk(place.client)
    done = rencai("history", "prune", "--before", "2020-01-01", "--database", store.url)
    assert done.returncode == 0
    return Lived(store, place.client.app, members)


def _all_kinds(place: Town) -> None:
    client = place.client
    parent, folder, tag = client.create_pool("parent"), client.create_folder(), client.create_tag()
    client.call("PATCH", f"/rencai/v1/talent_pools/{place.pools[0]}", {"parent_id": parent})  # a later id
    client.create_object(1, "1")
    (who,) = client.create_talents(1)
    talent_id = client.create_talent("名字", basic_info={"email": "a@b.c"}, folder_id_list=[folder])
    body = {"talent_id": talent_id, "content": "好", "creator_id": "ou_x"}
    assert client.call("POST", f"{HIRE}/notes", body).code == 0
    tagged = {"operation": 1, "tag_id_list": [tag]}
    assert client.call("POST", f"{HIRE}/talents/{talent_id}/tag", tagged).code == 0
    blocked = {"talent_id": who, "option": 1, "reason": "x"}
    assert client.call("POST", f"{HIRE}/talent_blocklist/change_talent_block", blocked).code == 0


def _run(place: Town) -> None:
    client, keyed = place.client, {"Idempotency-Key": "k"}
    body = {"talent_pool_id": place.pools[0], "action": "add", "from": place.pools[1]}
    begun = client.call("POST", "/rencai/v1/runs", body, headers=keyed).data["run"]["id"]
    while client.call("GET", f"/rencai/v1/runs/{begun}").data["run"]["state"] != "done":
        time.sleep(0.02)


def _bulk(client: Client) -> None:
    bulk = [{"basic_info": {"name": f"b{n}"}, "self_evaluation": {"content": "x" * 10_000}} for n in range(1000)]
    for _ in range(3):
        assert client.call("POST", "/rencai/v1/talents/batch_create", {"talents": bulk}).code == 0
