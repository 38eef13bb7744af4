"""Custom fields: values held against their field's type, and shown in the shapes of v1 and v2 (decisions 56, 57)."""

from typing import Any

import pytest

from harness import HIRE, Client, Reply, Server

BASIC_INFO, EDUCATION, SELF_EVALUATION = "1", "2", "9"
TEXTS = {"zh_cn": "", "en_us": ""}


@pytest.fixture
def tenant(server: Server, request: pytest.FixtureRequest) -> Client:
    return server.client(request.node.name)


def create(client: Client, **more: Any) -> Reply:
    basic = {"name": "x", **more.pop("basic_info", {})}
    return client.call("POST", f"{HIRE}/talents/combined_create", {"basic_info": basic, **more})


def option(key: str) -> dict[str, Any]:
    return {"key": key, "name": {"zh_cn": "", "en_us": key.upper()}}


FILES = '[{"file_id": "72", "name": "a.pdf", "content_type": "application/pdf", "file_size": 7}, {"file_id": "73"}]'
SHOWN_V1 = [{"file_id": "72", "name": "a.pdf", "content_type": "application/pdf", "file_size": 7}, {"file_id": "73"}]
SHOWN_V2 = [
    {"file_id": "72", "file_name": "a.pdf", "content_type": "application/pdf", "file_size": 7},
    {"file_id": "73"},
]


@pytest.mark.parametrize(
    ("object_type", "value", "shown"),
    [
        (1, "一行", {"content": "一行"}),
        (1, "", {"content": ""}),
        (2, "two\nlines", {"content": "two\nlines"}),
        (3, "a", {"option": option("a")}),
        (4, '["b", "a"]', {"option_list": [option("b"), option("a")]}),
        (4, "[]", {"option_list": []}),
        (5, "1627379423999", {"time": "1627379423"}),
        (6, "-1", {"time": "-1"}),
        (7, "0", {"time": "0"}),
        (12, "1000", {"time": "1"}),
        (
            8,
            '["1577808000000","1612108800000"]',
            {"time_range": {"start_time": "1577808000", "end_time": "1612108800"}},
        ),
        (8, '["0", "-"]', {"time_range": {"start_time": "0", "end_time": "-"}}),
        (9, "-2.50", {"number": "-2.50"}),
    ],
)
def test_a_value_comes_back_by_its_type(client: Client, object_type: int, value: str, shown: dict[str, Any]) -> None:
    field = client.create_object(object_type, BASIC_INFO, ("a", "b") if object_type in (3, 4) else ())
    who = create(client, basic_info={"customized_data": [{"object_id": field, "value": value}]}).data["talent_id"]
    name = {"zh_cn": "字段", "en_us": ""}
    item = {"object_id": field, "name": name, "object_type": object_type, "value": shown}
    assert client.talent_v1(who)["basic_info"]["customized_data_list"] == [item]
    assert client.talent_v2(who)["basic_info"]["customized_data_list"] == [item]


def test_attachments_have_other_names_in_v1_and_v2(client: Client) -> None:
    field = client.create_object(13, BASIC_INFO)
    who = create(client, basic_info={"customized_data": [{"object_id": field, "value": FILES}]}).data["talent_id"]
    (v1,) = client.talent_v1(who)["basic_info"]["customized_data_list"]
    (v2,) = client.talent_v2(who)["basic_info"]["customized_data_list"]
    assert v1["value"] == {"customized_attachment": SHOWN_V1}
    assert v2["value"] == {"customized_attachment": SHOWN_V2}


@pytest.mark.parametrize(
    ("object_type", "value"),
    [
        (3, "c"),
        (3, ""),
        (3, '["a"]'),
        (4, "a"),
        (4, '["a", "c"]'),
        (4, "[1]"),
        (4, "{}"),
        (5, "2021-07-27"),
        (6, ""),
        (7, "999999999999999"),
        (12, "1.5"),
        (8, '["1"]'),
        (8, '["2", "1"]'),
        (8, '["-", "1"]'),
        (8, '["1", "x"]'),
        (8, "1-2"),
        (9, "1,000"),
        (9, "one"),
        (9, "1e5"),
        (13, "72"),
        (13, "[]"),
        (13, '[{"id": "72"}]'),
        (13, '[{"file_id": "72", "file_size": 99999999999999999999}]'),
        (13, '[{"file_id": "72", "x": ' + "[" * 9000),
        (4, "[" * 9000),
        (8, '["\\ud800", "1"]'),
    ],
)
def test_a_value_that_does_not_fit_is_named(client: Client, object_type: int, value: str) -> None:
    field = client.create_object(object_type, EDUCATION, ("a", "b") if object_type in (3, 4) else ())
    reply = create(client, education_list=[{}, {"customized_data": [{"object_id": field, "value": value}]}])
    assert (reply.status, reply.code) == (400, 1002002)
    assert reply.fields == ["education_list[1].customized_data[0].value"]


def test_every_list_has_custom_fields_of_its_own_module(tenant: Client) -> None:
    lists = ["education_list", "career_list", "project_list", "works_list", "award_list", "language_list", "sns_list"]
    fields = {name: tenant.create_object(1, str(number)) for number, name in enumerate(lists, 2)}
    own = tenant.create_object(1, SELF_EVALUATION)
    body: dict[str, Any] = {
        name: [{"customized_data": [{"object_id": field, "value": name}]}] for name, field in fields.items()
    }
    who = create(tenant, **body, self_evaluation={"customized_data": [{"object_id": own, "value": "x"}]}).data[
        "talent_id"
    ]
    v1, v2 = tenant.talent_v1(who), tenant.talent_v2(who)
    for name in lists:
        for shown in (v1, v2):
            (item,) = shown[name][0]["customized_data_list"]
            assert (item["object_id"], item["value"]) == (fields[name], {"content": name})
    wrong = create(tenant, sns_list=body["career_list"])
    assert wrong.fields == ["sns_list[0].customized_data[0].object_id"]
    wrong = create(tenant, self_evaluation={"customized_data": [{"object_id": fields["sns_list"], "value": "x"}]})
    assert wrong.fields == ["self_evaluation.customized_data[0].object_id"]


def test_rows_of_a_module_are_read_two_dimensional_and_flat(tenant: Client) -> None:
    module = tenant.create_object(11)
    text, number = tenant.create_object(1, module), tenant.create_object(9, module)
    rows = [
        [{"object_id": text, "value": "a"}, {"object_id": number, "value": "1"}],
        [{"object_id": text, "value": "b"}],
    ]
    two = create(tenant, customized_data=[{"object_id": module, "children": rows}]).data["talent_id"]
    flat = create(tenant, customized_data=[{"object_id": module, "children": rows[0]}]).data["talent_id"]

    def contents(item: dict[str, Any]) -> list[Any]:
        return [next(iter(child["value"].values())) for child in item["children"]]

    for who, expected in ((two, [["a", "1"], ["b"]]), (flat, [["a", "1"]])):
        v1, v2 = tenant.talent_v1(who)["customized_data_list"], tenant.talent_v2(who)["customized_data_list"]
        assert [contents(item) for item in v1] == [contents(item) for item in v2] == expected
        assert {item["object_id"] for item in v1} == {item["module_id"] for item in v2} == {module}
        assert {item["object_type"] for item in v1 + v2} == {11}


@pytest.mark.parametrize("flat", [True, False])
def test_wrong_fields_of_a_module_are_named(tenant: Client, flat: bool) -> None:
    module, other = tenant.create_object(11), tenant.create_object(1, BASIC_INFO)
    children: list[Any] = [{"object_id": other, "value": "x"}, {"object_id": "7", "value": "x"}]
    place = "customized_data[0].children"
    fields = [f"{place}[0].object_id", f"{place}[1].object_id"]
    if not flat:
        children, fields = [children], [f"{place}[0][0].object_id", f"{place}[0][1].object_id"]
    reply = create(tenant, customized_data=[{"object_id": module, "children": children}])
    assert (reply.code, reply.fields) == (1002002, fields)


def test_unknown_modules_missing_values_and_things_switched_off(tenant: Client) -> None:
    module, field = tenant.create_object(11), tenant.create_object(1, BASIC_INFO)
    for object_id in ("7", "x", BASIC_INFO, field):
        assert create(tenant, customized_data=[{"object_id": object_id}]).fields == ["customized_data[0].object_id"]
    lacking = create(tenant, basic_info={"customized_data": [{"object_id": field}, {"value": "x"}]})
    place = "basic_info.customized_data"
    assert lacking.fields == [f"{place}[0].value", f"{place}[1].object_id"]
    who = create(tenant, basic_info={"customized_data": [{"object_id": field, "value": "x"}]}).data["talent_id"]
    for switched in (module, field):
        tenant.call("PATCH", f"/rencai/v1/talent_objects/{switched}", {"active_status": 2})
    assert create(tenant, customized_data=[{"object_id": module}]).fields == ["customized_data[0].object_id"]
    off = create(tenant, basic_info={"customized_data": [{"object_id": field, "value": "x"}]})
    assert off.fields == [f"{place}[0].object_id"]
    assert tenant.talent_v1(who)["basic_info"]["customized_data_list"][0]["value"] == {"content": "x"}


def test_many_at_once_are_named_with_their_place(tenant: Client) -> None:
    body = {
        "talents": [
            {"basic_info": {"name": "x"}},
            {"basic_info": {"name": "y", "customized_data": [{"object_id": "7"}]}},
        ]
    }
    reply = tenant.call("POST", "/rencai/v1/talents/batch_create", body)
    assert reply.fields == ["talents[1].basic_info.customized_data[0].object_id"]


def test_an_update_replaces_custom_lists(tenant: Client) -> None:
    field, other = tenant.create_object(1, BASIC_INFO), tenant.create_object(1, BASIC_INFO)
    who = create(tenant, basic_info={"customized_data": [{"object_id": field, "value": "x"}]}).data["talent_id"]
    for data, expected in ((None, [field]), ([{"object_id": other, "value": "y"}], [other]), ([], [])):
        info = {} if data is None else {"customized_data": data}
        tenant.call("POST", f"{HIRE}/talents/combined_update", {"talent_id": who, "basic_info": info})
        shown = tenant.talent_v1(who)["basic_info"]["customized_data_list"]
        assert [item["object_id"] for item in shown] == expected
    body = {"talent_id": who, "basic_info": {"customized_data": [{"object_id": "7", "value": "x"}]}}
    reply = tenant.call("POST", f"{HIRE}/talents/combined_update", body)
    assert reply.fields == ["basic_info.customized_data[0].object_id"]


# The fields themselves


def test_the_list_has_modules_and_fields_in_order_of_creation(tenant: Client) -> None:
    first, module, second = (
        tenant.create_object(1, BASIC_INFO),
        tenant.create_object(11),
        tenant.create_object(9, BASIC_INFO),
    )
    own = tenant.create_object(3, module, ("k",))
    reply = tenant.call("GET", f"{HIRE}/talent_objects/query")
    items = {item["id"]: item for item in reply.data["items"]}
    assert (reply.msg, list(items)) == ("ok", [*"123456789", module])
    assert [field["id"] for field in items[BASIC_INFO]["children_list"]] == [first, second]
    assert (items[BASIC_INFO]["is_customized"], items[module]["is_customized"]) == (False, True)
    (field,) = items[module].pop("children_list")
    assert items[module] == {
        "id": module,
        "name": {"zh_cn": "字段", "en_us": ""},
        "description": TEXTS,
        "setting": {"object_type": 11, "config": {"options": []}},
        "is_customized": True,
        "is_required": False,
        "active_status": 1,
    }
    assert field == {
        "id": own,
        "name": {"zh_cn": "字段", "en_us": ""},
        "description": TEXTS,
        "setting": {
            "object_type": 3,
            "config": {"options": [{**option("k"), "description": TEXTS, "active_status": 1}]},
        },
        "parent_id": module,
        "is_customized": True,
        "is_required": False,
        "active_status": 1,
    }


def test_the_list_has_all_in_one_page_whatever_is_asked(tenant: Client) -> None:
    made = [tenant.create_object(11) for _ in range(25)]
    patch_object(tenant, made[24], active_status=2)
    data = tenant.call("GET", f"{HIRE}/talent_objects/query?page_size=1&page_token=x").data
    assert set(data) == {"items"}
    assert [item["id"] for item in data["items"]] == [*"123456789", *made]
    assert [item["active_status"] for item in data["items"]] == [1] * 33 + [2]


def patch_object(client: Client, object_id: str, **body: Any) -> Reply:
    return client.call("PATCH", f"/rencai/v1/talent_objects/{object_id}", body)


def test_options_keep_their_keys_and_are_switched_off_rather_than_lost(tenant: Client) -> None:
    field = tenant.create_object(3, BASIC_INFO, ("a", "b"))
    who = create(tenant, basic_info={"customized_data": [{"object_id": field, "value": "b"}]}).data["talent_id"]
    options = [{"key": "a", "name": {"zh_cn": "甲"}}, {"name": {"en_us": "new"}}]
    reply = patch_object(tenant, field, setting={"config": {"options": options}}, is_required=True)
    shown = reply.data["talent_object"]
    assert (shown["is_required"], shown["parent_id"]) == (True, BASIC_INFO)
    a, b, new = shown["setting"]["config"]["options"]
    assert (a["name"], a["active_status"]) == ({"zh_cn": "甲", "en_us": "A"}, 1)
    assert (b["key"], b["active_status"], new["active_status"]) == ("b", 2, 1)
    assert tenant.talent_v1(who)["basic_info"]["customized_data_list"][0]["value"] == {"option": option("b")}
    for value, code in (("b", 1002002), (new["key"], 0)):
        reply = create(tenant, basic_info={"customized_data": [{"object_id": field, "value": value}]})
        assert reply.code == code


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": {}, "setting": {"object_type": 11}}, "name"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 1}}, "parent_id"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 1}, "parent_id": "10"}, "parent_id"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 1}, "parent_id": "x"}, "parent_id"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 11}, "parent_id": "1"}, "setting.object_type"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 10}, "parent_id": "1"}, "setting.object_type"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 0}, "parent_id": "1"}, "setting.object_type"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 14}, "parent_id": "1"}, "setting.object_type"),
        ({"name": {"en_us": "x"}, "setting": {"object_type": 3}, "parent_id": "1"}, "setting.config.options"),
        (
            {
                "name": {"en_us": "x"},
                "setting": {"object_type": 1, "config": {"options": [{"name": {"en_us": "a"}}]}},
                "parent_id": "1",
            },
            "setting.config.options",
        ),
        (
            {
                "name": {"en_us": "x"},
                "setting": {"object_type": 4, "config": {"options": [{"key": "a", "name": {"en_us": "a"}}] * 2}},
                "parent_id": "1",
            },
            "setting.config.options",
        ),
    ],
)
def test_bad_fields_are_refused(client: Client, body: dict[str, Any], field: str) -> None:
    reply = client.call("POST", "/rencai/v1/talent_objects", body)
    assert (reply.status, reply.code, reply.fields) == (400, 1002002, [field])


def test_a_field_can_not_hang_on_a_field_or_on_another_tenants_module(server: Server, client: Client) -> None:
    for parent in (client.create_object(1, BASIC_INFO), server.client("objects-other").create_object(11)):
        body = {"name": {"en_us": "x"}, "setting": {"object_type": 1}, "parent_id": parent}
        assert client.call("POST", "/rencai/v1/talent_objects", body).fields == ["parent_id"]
    assert patch_object(client, "7", active_status=2).fields == ["object_id"]
    assert patch_object(client, BASIC_INFO, active_status=2).fields == ["object_id"]
