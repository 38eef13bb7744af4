"""Another tenant's things behave as if they did not exist, wherever a change, an expression or a list names them.

Each call is made with an id that is another tenant's and with one that nobody has: both get the same answer.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest

from harness import HIRE, Client, Reply, Server

NOBODY = "2236113594926936065"
CHANGES = "/rencai/v1/changes"
POOLS = "/rencai/v1/talent_pools"


class World(NamedTuple):
    """What a tenant has: a pool with a talent in it, by a change with a label."""

    client: Client
    pool: str
    talent: str
    change: str
    label: str


def world(server: Server, tenant: str) -> World:
    client = server.client(tenant)
    pool, (talent,), label = client.create_pool(), client.create_talents(1), f"label of {tenant}"
    reply = client.call("POST", f"{POOLS}/{pool}/membership_changes", {"add": [talent], "run_id": label})
    return World(client, pool, talent, reply.data["change_id"], label)


@pytest.fixture(scope="module")
def ours(server: Server) -> World:
    return world(server, "rights-ours")


@pytest.fixture(scope="module")
def theirs(server: Server) -> World:
    return world(server, "rights-theirs")


Place = Callable[[World, str], Reply]


def get(path: str) -> Place:
    return lambda our, x: our.client.call("GET", path.format(x=x, pool=our.pool, talent=our.talent))


def post(path: str, body: Any) -> Place:
    """A call whose body names the id where it says X, and our pool and talent where it says POOL and TALENT."""

    def call(our: World, x: str) -> Reply:
        text = msgspec.json.encode(body).decode()
        named = text.replace('"X"', f'"{x}"').replace('"POOL"', f'"{our.pool}"').replace('"TALENT"', f'"{our.talent}"')
        return our.client.call("POST", path.format(x=x, pool=our.pool), raw=named.encode())

    return call


def change(body: dict[str, Any]) -> Place:
    return post(f"{POOLS}/{{pool}}/membership_changes", {"on_missing": "skip", **body})


DEEP = {"union": ["POOL", {"intersect": ["POOL", {"minus": ["POOL", "X"]}]}]}
ALL = {"add": ["TALENT"]}

PLACES: dict[str, dict[str, Place]] = {
    "pool": {
        "target": post(f"{POOLS}/{{x}}/membership_changes", ALL),
        "target of a dry run": post(f"{POOLS}/{{x}}/membership_changes", {**ALL, "dry_run": True}),
        "add.from": change({"add": {"from": "X"}}),
        "add.from, dry": change({"add": {"from": "X"}, "dry_run": True}),
        "remove.from": change({"remove": {"from": {"union": ["X"]}}}),
        "deep in add.from": change({"add": {"from": DEEP}}),
        "deep in remove.from": change({"remove": {"from": DEEP}, "add": {"from": "POOL"}}),
        "expression": post(f"{POOLS}/evaluate", {"expression": "X"}),
        "deep in an expression": post(f"{POOLS}/evaluate", {"expression": DEEP}),
        "expression at a moment": post(f"{POOLS}/evaluate", {"expression": {"minus": ["POOL", "X"]}, "at": "1"}),
        "members": get(f"{POOLS}/{{x}}/talents"),
        "members at a moment": get(f"{POOLS}/{{x}}/talents?at=1"),
        "differences": get(f"{POOLS}/{{x}}/diff?from=1&to=2"),
        "its changes": get(f"{CHANGES}?talent_pool_id={{x}}"),
        "its changes of a talent": get(f"{CHANGES}?talent_pool_id={{x}}&talent_id={{talent}}"),
        "batch change": post(
            f"{HIRE}/talent_pools/{{x}}/batch_change_talent_pool", {"talent_id_list": ["TALENT"], "option_type": 1}
        ),
        "move": post(f"{HIRE}/talent_pools/{{x}}/talent_relationship", {"talent_id": "TALENT", "add_type": 2}),
        "deletion": lambda our, x: our.client.call("DELETE", f"{POOLS}/{x}?force=true"),
    },
    "talent": {
        "add": change({"add": ["X"], "on_missing": "fail"}),
        "add, skipped": change({"add": ["X"]}),
        "remove": change({"remove": ["X"], "on_missing": "fail"}),
        "remove, dry": change({"remove": ["X"], "dry_run": True}),
        "their pools": get("/rencai/v1/talents/{x}/talent_pools"),
        "their pools at a moment": get("/rencai/v1/talents/{x}/talent_pools?at=1"),
        "their changes": get(f"{CHANGES}?talent_id={{x}}"),
        "their changes in a pool": get(f"{CHANGES}?talent_id={{x}}&talent_pool_id={{pool}}"),
    },
    "change": {
        "itself": get(f"{CHANGES}/{{x}}"),
        "undo": post(f"{CHANGES}/{{x}}/undo", {}),
        "undo, dry": post(f"{CHANGES}/{{x}}/undo", {"dry_run": True}),
    },
    "label": {
        "its changes": get(f"{CHANGES}?run_id={{x}}"),
        "its changes in a pool": get(f"{CHANGES}?run_id={{x}}&talent_pool_id={{pool}}"),
    },
    "app": {
        "its changes": get(f"{CHANGES}?app_id={{x}}"),
        "its changes in a pool": get(f"{CHANGES}?app_id={{x}}&talent_pool_id={{pool}}"),
    },
}


def told(reply: Reply, named: str) -> tuple[Any, ...]:
    """All that a reply tells, but for the id in it and what every reply has of its own."""
    details = {key: value for key, value in reply.error.items() if key != "log_id"}
    text = msgspec.json.encode([reply.status, reply.code, reply.msg, reply.data, details]).decode()
    return text.replace(named, "X"), reply.headers.get("ETag"), reply.headers.get("X-Rencai-Change-Id")


@pytest.mark.parametrize(("kind", "place"), [(kind, place) for kind, places in PLACES.items() for place in places])
def test_what_is_anothers_behaves_as_if_it_did_not_exist(ours: World, theirs: World, kind: str, place: str) -> None:
    foreign = theirs.client.app.app_id if kind == "app" else getattr(theirs, kind)
    call = PLACES[kind][place]
    before = theirs.client.changes(theirs.pool), theirs.client.members(theirs.pool)
    assert told(call(ours, foreign), foreign) == told(call(ours, NOBODY), NOBODY)
    assert (theirs.client.changes(theirs.pool), theirs.client.members(theirs.pool)) == before
    own = ours.client.app.app_id if kind == "app" else getattr(ours, kind)
    if place not in {"deletion", "undo"}:  # which would take what the other places need
        assert told(call(ours, own), own) != told(call(ours, NOBODY), NOBODY), "the place tells nobody apart"


def test_pages_and_keys_are_the_tenants_own(ours: World, theirs: World) -> None:
    for client in (ours.client, theirs.client):
        client.move(client.create_pool(), client.create_talents(1)[0], 1)
    token = theirs.client.call("GET", f"{CHANGES}?page_size=1").data["page_token"]
    assert ours.client.call("GET", f"{CHANGES}?page_size=1&page_token={token}").fields == ["page_token"]
    body, key = {"i18n_name": {"en_us": "x"}}, {"Idempotency-Key": "the-same"}
    mine, other = (one.client.call("POST", POOLS, body, headers=key).data for one in (ours, theirs))
    assert mine != other
