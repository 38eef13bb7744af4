"""A model over the family of talent calls: whatever order they come in, v1 and v2, lists, log and membership agree.

And two tenants never see each other, through any endpoint and any id in path, query or body.
"""

from typing import Any

import pytest

from family import checks, people, strangers, things
from family.alphabets import MOBILES, SCHOOLS
from family.machine import Family, new_tenants
from family.world import LINE, MODULE, Tenant
from harness import Server, running_server
from models import run_model
from rencai.contract.endpoints import ENDPOINTS
from stores import Store


@pytest.fixture
def model(database: Store) -> Any:
    with running_server(database) as server:
        Family.server = server
        Family.spare = []
        yield Family


@pytest.mark.timeout(300)
def test_the_family_does_what_the_model_does(model: type[Family]) -> None:
    run_model(model, examples=36, steps=40)


@pytest.mark.soak
def test_the_family_does_what_the_model_does_for_long(model: type[Family]) -> None:
    run_model(model, examples=55, steps=50)


# Two tenants never see each other


def test_each_field_that_can_hold_an_id_is_known() -> None:
    assert {endpoint.name: found for endpoint in ENDPOINTS if (found := strangers.unclassified(endpoint))} == {}


def test_each_endpoint_is_tried_but_those_that_take_no_id() -> None:
    untried = {endpoint.name for endpoint in ENDPOINTS if not strangers.places(endpoint)}
    assert untried == {"talent_folder_create", "talent_tag_create", "talent_object_query"}


@pytest.fixture(scope="module")
def two(server: Server) -> tuple[Tenant, Tenant]:
    """Two tenants of all kinds of things, of the same people."""
    one, other = (_inhabited(Tenant(server.client_of(app))) for app in new_tenants(server.database, 2))
    return one, other


def _inhabited(tenant: Tenant) -> Tenant:
    for number, (mobile, country) in enumerate([*sorted(MOBILES)[:1], ("13900139000", "CN_1")]):
        document = {"identification_type": 1, "identification_number": str(number)}
        person = {
            "mobile": mobile,
            "mobile_country_code": country,
            "email": f"{number}@a.cn",
            "identification": document,
        }
        people.create(tenant, {"basic_info": {"name": "王小明", **person}, "education_list": [{"school": SCHOOLS[0]}]})
    first, second = tenant.talents
    for name in ("A", "B"):
        things.create_pool(tenant, name)
        things.create_folder(tenant, name)
        things.create_tag(tenant, name, 1, 1)
        things.create_field(tenant, name, LINE, "1")
        things.create_field(tenant, name, MODULE, "")
        people.create_note(tenant, second, {"content": name})
    for pool_id in tenant.pools:
        things.batch_change(tenant, pool_id, [first, second], 1)
        things.run_without_effect(tenant, pool_id)
    things.change_folder(tenant, next(iter(tenant.folders)), [first, second], adds=True)
    things.tag(tenant, second, list(tenant.tags), adds=True)
    people.block(tenant, second, 1, "late")
    people.external_info(tenant, second, "POST", "1")
    return tenant


def test_there_is_something_of_another_tenant_for_each_place(two: tuple[Tenant, Tenant]) -> None:
    _, owner = two
    there = {*strangers.belongings(owner).ids, *strangers.PERSONAL, "page_token"}
    places = [(endpoint, place) for endpoint in ENDPOINTS for place in strangers.places(endpoint)]
    assert {place.kind for _, place in places} <= there
    paged = [endpoint for endpoint, place in places if place.kind == "page_token"]
    # Nothing is different at two moments before there was anything.
    unpaged = {endpoint.name for endpoint in paged if strangers.page_token_of(endpoint, owner) is None}
    assert unpaged == {"membership_diff"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_nothing_of_another_tenant_is_there(endpoint: Any, two: tuple[Tenant, Tenant]) -> None:
    intruder, owner = two
    strangers.trespass_everywhere(endpoint, intruder, owner)
    checks.everything(owner)
    checks.everything(intruder)
