"""Every error that a compatible call declares of its own, provoked through the vendor's Node clients."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from node_clients import VENDOR_METHODS, ClientFailure, LarkMcp, NodeClient
from node_place import Place, filled, status
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import Error


class Refusal(NamedTuple):
    """An error as a client sees it. `msg` may have more behind it, such as ids."""

    status: int
    code: int
    msg: str


class Case(NamedTuple):
    """Arguments that an operation refuses, and the field that the violation names.

    `sdk_only` where the MCP server's own schema refuses them, so that they never leave it.
    """

    operation: str
    refusal: Refusal
    field: str
    arguments: dict[str, Any]
    sdk_only: bool = False


SHAPE = Refusal(400, 1002002, "parameter error")
NO_NOTE = Refusal(400, 1002002, "note not exist")
NO_NOTE_TO_SHOW = Refusal(404, 1002002, "note not exist")
PAGE_SIZE = Refusal(400, 1002004, "illegal page_size")
ID_LIST = Refusal(400, 1002005, "id_list is too long")
MOBILE = Refusal(400, 1002009, "mobile not correct")
CONFLICT = Refusal(400, 1002101, "update talent id conflict")
NO_TALENT = Refusal(400, 1002102, "talent not exist")
NO_TALENT_TO_SHOW = Refusal(404, 1002102, "talent not exist")
DUPLICATE = Refusal(400, 1002105, "duplicate talent")
NO_POOL = Refusal(400, 1002109, "talent pool not exist")
TAG_WRONG = Refusal(400, 1002111, "talent tag id is wrong")
TAG_OFF = Refusal(400, 1002112, "talent tag is not enabled")
TAG_PRESENT = Refusal(400, 1002113, "talent already has the tag")
TAG_ABSENT = Refusal(400, 1002114, "talent does not have the tag")

POOL = "hire.v1.talentPool"
TALENT = "hire.v1.talent"
V2 = "hire.v2.talent"
NOTE = "hire.v1.note"
BLOCK = "hire.v1.talentBlocklist.changeTalentBlock"
EXTERNAL = "hire.v1.talentExternalInfo"
FOLDERS = "hire.v1.talentFolder.list"
TAGS = "hire.v1.talentTag.list"
LOGS = "hire.v1.talentOperationLog.search"

FOREIGN = "bm90IG91cnM="  # a page_token that no server of ours gave
MOMENT = "1577808000000"
JOE = {"name": "Joe"}


def params(**given: Any) -> dict[str, Any]:
    return {"params": given}


def data(**given: Any) -> dict[str, Any]:
    return {"data": given}


def of_pool(pool_id: str, **given: Any) -> dict[str, Any]:
    return {"path": {"talent_pool_id": pool_id}, "data": given}


def of_talent(talent_id: str, **given: Any) -> dict[str, Any]:
    return {"path": {"talent_id": talent_id}, "data": given}


def of_note(note_id: str, **parts: dict[str, Any]) -> dict[str, Any]:
    return {"path": {"note_id": note_id}, **parts}


def custom(**given: str) -> dict[str, Any]:
    """The body of a person with one row of the custom module."""
    return data(basic_info=JOE, customized_data=[{"object_id": "MODULE", "children": [given]}])


# TALENT and GIVEN are people: TALENT has TAG_GIVEN, came on board and left, and is not known elsewhere; GIVEN has the
# e-mail taken@example.com and external info.
REFUSED: tuple[Case, ...] = (
    Case(
        f"{POOL}.batchChangeTalentPool",
        NO_POOL,
        "talent_pool_id",
        of_pool("6930815272790114325", talent_id_list=["TALENT"], option_type=1),
    ),
    Case(
        f"{POOL}.batchChangeTalentPool",
        NO_TALENT,
        "talent_id_list",
        of_pool("POOL", talent_id_list=["1"], option_type=1),
    ),
    Case(
        f"{POOL}.batchChangeTalentPool",
        SHAPE,
        "talent_id_list",
        of_pool("POOL", talent_id_list=["TALENT"] * 51, option_type=1),
    ),
    Case(
        f"{POOL}.batchChangeTalentPool", SHAPE, "option_type", of_pool("POOL", talent_id_list=["TALENT"], option_type=3)
    ),
    Case(f"{POOL}.search", PAGE_SIZE, "page_size", params(page_size=0)),
    Case(f"{POOL}.search", PAGE_SIZE, "page_size", params(page_size=101)),
    Case(f"{POOL}.search", ID_LIST, "id_list", params(id_list=["1"] * 51)),
    Case(f"{POOL}.search", SHAPE, "page_token", params(page_token=FOREIGN)),
    Case(f"{POOL}.moveTalent", NO_POOL, "talent_pool_id", of_pool("1", talent_id="TALENT", add_type=1)),
    Case(f"{POOL}.moveTalent", NO_TALENT, "talent_id", of_pool("POOL", talent_id="1", add_type=1)),
    Case(f"{POOL}.moveTalent", SHAPE, "add_type", of_pool("POOL", talent_id="TALENT", add_type=3)),
    #
    Case(f"{TALENT}.list", NO_TALENT, "query_option", params(keyword="nobodyatall")),
    Case(f"{TALENT}.list", SHAPE, "page_size", params(page_size=21)),
    Case(f"{TALENT}.list", SHAPE, "sort_by", params(sort_by=5)),
    Case(f"{TALENT}.list", SHAPE, "query_option", params(query_option="ignore"), sdk_only=True),
    Case(f"{TALENT}.list", SHAPE, "update_start_time", params(update_start_time="today")),
    Case(f"{TALENT}.list", SHAPE, "keyword", params(keyword="joe AND jane")),
    Case(f"{TALENT}.list", SHAPE, "page_token", params(page_token=FOREIGN)),
    Case(f"{TALENT}.get", NO_TALENT_TO_SHOW, "talent_id", {"path": {"talent_id": "1"}}),
    Case(f"{TALENT}.get", SHAPE, "user_id_type", {"path": {"talent_id": "TALENT"}, **params(user_id_type="id")}, True),
    Case(f"{V2}.get", NO_TALENT_TO_SHOW, "talent_id", {"path": {"talent_id": "1"}}),
    Case(f"{V2}.get", SHAPE, "user_id_type", {"path": {"talent_id": "TALENT"}, **params(user_id_type="id")}, True),
    #
    Case(
        f"{TALENT}.combinedCreate",
        DUPLICATE,
        "basic_info.email",
        data(basic_info={**JOE, "email": "TAKEN@example.com"}),
    ),
    Case(f"{TALENT}.combinedCreate", SHAPE, "basic_info.name", data(basic_info={"name": ""})),
    Case(f"{TALENT}.combinedCreate", SHAPE, "basic_info.name", data(basic_info={}), True),
    Case(f"{TALENT}.combinedCreate", SHAPE, "basic_info.gender", data(basic_info={**JOE, "gender": 4})),
    Case(f"{TALENT}.combinedCreate", SHAPE, "education_list", data(basic_info=JOE, education_list=[{}] * 101)),
    Case(f"{TALENT}.combinedCreate", SHAPE, "folder_id_list[0]", data(basic_info=JOE, folder_id_list=["1"])),
    Case(
        f"{TALENT}.combinedCreate",
        SHAPE,
        "customized_data[0].object_id",
        data(basic_info=JOE, customized_data=[{"object_id": "LINE"}]),
    ),
    Case(
        f"{TALENT}.combinedCreate",
        SHAPE,
        "customized_data[0].children[0].value",
        custom(object_id="CHOICE", value="mars"),
    ),
    Case(
        f"{TALENT}.combinedCreate",
        SHAPE,
        "basic_info.customized_data[0].value",
        data(basic_info={**JOE, "customized_data": [{"object_id": "SCORE", "value": "ten"}]}),
    ),
    Case(f"{TALENT}.combinedUpdate", NO_TALENT, "talent_id", data(talent_id="1", basic_info={})),
    Case(
        f"{TALENT}.combinedUpdate",
        CONFLICT,
        "basic_info.email",
        data(talent_id="TALENT", basic_info={"email": "taken@example.com"}),
    ),
    Case(f"{TALENT}.combinedUpdate", SHAPE, "basic_info", data(talent_id="TALENT"), sdk_only=True),
    Case(
        f"{TALENT}.combinedUpdate",
        SHAPE,
        "operator_account_type",
        data(talent_id="TALENT", basic_info={}, operator_id="ou_1", operator_account_type=2),
    ),
    Case(
        f"{TALENT}.combinedUpdate",
        SHAPE,
        "award_list[0].award_time",
        data(talent_id="TALENT", basic_info={}, award_list=[{"award_time": "May 2020"}]),
    ),
    Case(f"{TALENT}.batchGetId", MOBILE, "mobile_code", data(mobile_code="China", mobile_number_list=["13800000000"])),
    Case(f"{TALENT}.batchGetId", MOBILE, "mobile_number_list[0]", data(mobile_number_list=["none"])),
    Case(f"{TALENT}.batchGetId", SHAPE, "identification_type", data(identification_number_list=["1"])),
    Case(f"{TALENT}.batchGetId", SHAPE, "email_list", data(email_list=["a@example.com"] * 101)),
    #
    Case(f"{TALENT}.addToFolder", NO_TALENT, "talent_id_list", data(talent_id_list=["1"], folder_id="FOLDER")),
    Case(f"{TALENT}.addToFolder", SHAPE, "folder_id", data(talent_id_list=["TALENT"], folder_id="1")),
    Case(f"{TALENT}.addToFolder", SHAPE, "talent_id_list", data(talent_id_list=[], folder_id="FOLDER")),
    Case(f"{TALENT}.removeToFolder", NO_TALENT, "talent_id_list", data(talent_id_list=["1"], folder_id="FOLDER")),
    Case(f"{TALENT}.removeToFolder", SHAPE, "folder_id", data(talent_id_list=["TALENT"], folder_id="1")),
    Case(f"{TALENT}.removeToFolder", SHAPE, "talent_id_list", data(talent_id_list=["1"] * 201, folder_id="FOLDER")),
    Case(FOLDERS, SHAPE, "page_size", params(page_size=101)),
    Case(FOLDERS, SHAPE, "page_token", params(page_token=FOREIGN)),
    #
    Case(f"{TALENT}.tag", NO_TALENT, "talent_id", of_talent("1", operation=1, tag_id_list=["TAG"])),
    Case(f"{TALENT}.tag", TAG_WRONG, "tag_id_list", of_talent("TALENT", operation=1, tag_id_list=["TAG", "1"])),
    Case(f"{TALENT}.tag", TAG_OFF, "tag_id_list", of_talent("TALENT", operation=1, tag_id_list=["TAG", "TAG_OFF"])),
    Case(
        f"{TALENT}.tag", TAG_PRESENT, "tag_id_list", of_talent("TALENT", operation=1, tag_id_list=["TAG_GIVEN", "TAG"])
    ),
    Case(
        f"{TALENT}.tag", TAG_ABSENT, "tag_id_list", of_talent("TALENT", operation=2, tag_id_list=["TAG_GIVEN", "TAG"])
    ),
    Case(f"{TALENT}.tag", SHAPE, "operation", of_talent("TALENT", operation=3, tag_id_list=["TAG"])),
    Case(TAGS, SHAPE, "type", params(type=3)),
    Case(TAGS, SHAPE, "page_size", params(page_size=0)),
    Case(TAGS, SHAPE, "page_token", params(page_token=FOREIGN)),
    #
    Case(f"{TALENT}.onboardStatus", NO_TALENT, "talent_id", of_talent("1", operation=1, onboard_time=MOMENT)),
    Case(f"{TALENT}.onboardStatus", SHAPE, "onboard_time", of_talent("TALENT", operation=1)),
    Case(f"{TALENT}.onboardStatus", SHAPE, "overboard_time", of_talent("TALENT", operation=2, onboard_time=MOMENT)),
    Case(f"{TALENT}.onboardStatus", SHAPE, "operation", of_talent("TALENT", operation=1, onboard_time=MOMENT)),
    Case(f"{TALENT}.onboardStatus", SHAPE, "operation", of_talent("GIVEN", operation=2, overboard_time=MOMENT)),
    Case(BLOCK, NO_TALENT, "talent_id", data(talent_id="1", option=2)),
    Case(BLOCK, SHAPE, "reason", data(talent_id="TALENT", option=1)),
    Case(BLOCK, SHAPE, "option", data(talent_id="TALENT", option=0, reason="x")),
    Case(f"{EXTERNAL}.create", NO_TALENT, "talent_id", of_talent("1", external_create_time=MOMENT)),
    Case(f"{EXTERNAL}.create", SHAPE, "talent_id", of_talent("GIVEN", external_create_time=MOMENT)),
    Case(f"{EXTERNAL}.create", SHAPE, "external_create_time", of_talent("TALENT", external_create_time="2020-01-01")),
    Case(f"{EXTERNAL}.update", NO_TALENT, "talent_id", of_talent("1", external_create_time=MOMENT)),
    Case(f"{EXTERNAL}.update", SHAPE, "talent_id", of_talent("TALENT", external_create_time=MOMENT)),
    Case(f"{EXTERNAL}.update", SHAPE, "external_create_time", of_talent("GIVEN", external_create_time="")),
    Case(LOGS, SHAPE, "operation_list", data(operator_id_list=["ou_1"]), sdk_only=True),
    Case(LOGS, SHAPE, "page_size", {**params(page_size=101), **data(operator_id_list=["ou_1"], operation_list=[1])}),
    Case(
        LOGS, SHAPE, "page_token", {**params(page_token=FOREIGN), **data(operator_id_list=["ou_1"], operation_list=[1])}
    ),
    Case(
        LOGS,
        SHAPE,
        "user_id_type",
        {**params(user_id_type="people_admin_id"), **data(operator_id_list=["ou_1"], operation_list=[1])},
        sdk_only=True,
    ),
    #
    Case(f"{NOTE}.create", NO_TALENT, "talent_id", data(talent_id="1", content="x")),
    Case(f"{NOTE}.create", SHAPE, "content", data(talent_id="TALENT", content="")),
    Case(f"{NOTE}.create", SHAPE, "privacy", data(talent_id="TALENT", content="x", privacy=3)),
    Case(
        f"{NOTE}.create",
        SHAPE,
        "mention_entity_list[0].offset",
        data(talent_id="TALENT", content="x", mention_entity_list=[{"offset": 2, "user_id": "ou_1"}]),
    ),
    Case(f"{NOTE}.list", NO_TALENT, "talent_id", params(talent_id="1")),
    Case(f"{NOTE}.list", SHAPE, "page_size", params(talent_id="TALENT", page_size=201)),
    Case(f"{NOTE}.list", SHAPE, "page_token", params(talent_id="TALENT", page_token=FOREIGN)),
    Case(f"{NOTE}.list", SHAPE, "talent_id", {}, sdk_only=True),
    Case(f"{NOTE}.get", NO_NOTE_TO_SHOW, "note_id", of_note("1")),
    Case(f"{NOTE}.get", SHAPE, "user_id_type", of_note("NOTE", params={"user_id_type": "id"}), sdk_only=True),
    Case(f"{NOTE}.patch", NO_NOTE, "note_id", of_note("1", data={"content": "x"})),
    Case(f"{NOTE}.patch", SHAPE, "content", of_note("NOTE", data={"content": ""})),
    Case(f"{NOTE}.delete", NO_NOTE, "note_id", of_note("1")),
)


def test_every_error_of_every_compatible_call_is_provoked() -> None:
    operations = {method.call: operation for operation, method in VENDOR_METHODS.items()}
    compatible = [row for row in ENDPOINTS if row.path.startswith("/open-apis/hire/")]
    declared = {
        (operations[f"{row.method} {row.path}"], Refusal(row.status_of(error), error.code, error.msg))
        for row in compatible
        for error in errors_of_its_own(row)
    }
    assert {(case.operation, case.refusal) for case in REFUSED} == declared


def errors_of_its_own(row: Endpoint) -> Iterator[Error]:
    """What a row declares beside the errors of the gateway, as far as a request can bring it about."""
    yield from row.errors
    yield from row.field_errors.values()
    # Whatever stands in the path fits: an id that names nothing is one of `errors`.
    if row.body_type is not None or msgspec.structs.fields(row.query_type):
        yield row.shape_error


@pytest.fixture(scope="module")
def words(place: Place, things: dict[str, str]) -> dict[str, str]:
    """What the words of the table stand for."""
    client = place.client
    talent, hire = client.create_talents(1)[0], "/open-apis/hire/v1"
    given = client.create_talent("Given", basic_info={"email": "taken@example.com"})
    tag = client.create_tag("given")
    made = (
        client.call("POST", f"{hire}/talents/{talent}/tag", {"operation": 1, "tag_id_list": [tag]}),
        client.call("POST", f"{hire}/talents/{talent}/onboard_status", {"operation": 1, "onboard_time": MOMENT}),
        client.call("POST", f"{hire}/talents/{talent}/onboard_status", {"operation": 2, "overboard_time": MOMENT}),
        client.call("POST", f"{hire}/talents/{given}/external_info", {"external_create_time": MOMENT}),
        client.call("POST", f"{hire}/notes", {"talent_id": talent, "content": "kept"}),
    )
    assert [reply.code for reply in made] == [0] * len(made)
    note_id = made[-1].data["note"]["id"]
    mine = {"POOL": client.create_pool(), "TALENT": talent, "GIVEN": given, "TAG_GIVEN": tag, "NOTE": note_id}
    return {**things, **mine}


def _name(case: Case) -> str:
    return f"{case.operation.split('.', 2)[2]}-{case.refusal.code}-{case.field}"


@pytest.mark.parametrize("case", REFUSED, ids=_name)
def test_refused(place: Place, node: NodeClient, kind: type[NodeClient], words: dict[str, str], case: Case) -> None:
    arguments, before = filled(case.arguments, words), kept(place, words)
    if case.sdk_only and kind is LarkMcp:
        with pytest.raises(ClientFailure, match="Input validation error"):
            node.call(case.operation, **arguments)
        return
    answer = node.call(case.operation, **arguments)
    assert (answer.status, answer.code) == (status(kind, case.refusal.status), case.refusal.code), answer
    assert answer.msg.startswith(case.refusal.msg)
    assert [violation["field"] for violation in answer.error["field_violations"]] == [case.field]
    assert answer.error["troubleshooter"].endswith(f"/docs/errors/{case.refusal.code}")
    assert answer.headers.get("x-tt-logid", answer.error["log_id"]) == answer.error["log_id"]
    assert kept(place, words) == before


def kept(place: Place, words: dict[str, str]) -> list[Any]:
    """All that a refused call could have changed."""
    people = [place.client.talent_v2(words[who]) for who in ("TALENT", "GIVEN")]
    return [*people, place.client.members(words["POOL"]), place.client.search("joe")]
