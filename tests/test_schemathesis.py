"""Schemathesis calls a real server by its own description: every check on but those that a decision contradicts.

A call of its run is **positive** where all of it is what the description asks for, else **negative**. What it finds
is told by the operation, with a curl line for each finding. Numbers are of docs/decisions/0001-the-wire.md.
"""

import copy
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import MissingHeaderNotRejected

import stores
from harness import HIRE, Client, running_server
from rencai.contract.endpoint import Endpoint
from rencai.contract.endpoints import ENDPOINTS
from stores import Store
from test_runs import insert_waiting

pytestmark = pytest.mark.timeout(400)  # all calls are made before the first test: two minutes on a quiet machine

SWITCHED_OFF = {"unsupported_method": 12, "ignored_auth": 16}

# The statuses that a positive call may be answered with: 400 too, for what names nothing is unknown, not malformed;
# 409 for a change that is undone. Which code stands behind them is held by `valid_data_is_understood`.
ACCEPTANCE = {4: ["200", "400", "404"], 36: ["409"]}

# What JSON Schema can't say, and so makes a positive call a parameter error: beginnings of "field: violation".
RULES_BEYOND_TYPES = {
    r"page_token: ": 19,  # one that is not ours
    r"id_list: ": 20,  # the comma form counts
    r"(i18n_name|name|setting\.config\.options\[\]\.name): needs a name": 5,
    r"parent_id: is this pool": 5,
    r"(add|remove): (add or remove|add and remove|is in add too)": 33,
    r"run_id: must not be an id": 33,
    r"(talent_pool_id|action): \w+ is required": 39,  # of an upload, in the query
    r"body: line \d+ is": 39,
    r"(at|from|to|end_time): (is in the future|must not be before)": 37,
    r"(expression|add\.from|remove\.from|from).*: (must be one of|is nested|names more)": 38,
    r"(talents\[\d+\]\.)?basic_info\.(email|mobile|identification\.identification_type): is ": 26,
    r"(talents\[\d+\]\.)?basic_info\.name: must not be blank": 5,
    r"(onboard_time|overboard_time): must not be before": 59,
    r"identification_type: is required with": 26,
    r"keyword: uses the operator": 51,
    r".*customized_data\[": 56,  # what a field takes is for its type to say
    r"parent_id: is required for a field": 56,
    r"setting\.(object_type: must be a type|config\.options: )": 56,
    r"(onboard_time|overboard_time|reason): is required with": 59,
    r"operation: [12] is not possible": 59,
    r"talent_id: has (no )?external info": 59,
    r"mention_entity_list\[\d+\]\.offset: must be from": 62,
    r".*: (names no |.* not exist$)": 44,  # an unknown thing that has no code of its own
    r".*: expected `int`, got `float`": 46,  # 1.0, which JSON Schema takes for an integer
}

SECONDS_THAT_NOTHING_TAKES = 30  # not a speed: a call that hangs
SENT_BY_THE_PROTOCOL = {"content-type", "content-length", "transfer-encoding", "date", "server", "connection"}
DEEPEST = 6
LONGEST = 2000
DECISIONS = Path(__file__).parents[1] / "docs" / "decisions" / "0001-the-wire.md"
Case = schemathesis.Case[Any]
ROWS = {(row.method, row.path): row for row in ENDPOINTS}
LABELS = {row.name: f"{row.method} {row.path}" for row in ENDPOINTS}


@schemathesis.check
def valid_data_is_understood(_ctx: Any, response: schemathesis.Response, case: Case) -> None:
    """A positive call ends in `code` 0, in a code that its row names, or in a rule beyond types."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body, row = _body(response), _row(case)
    if body["code"] in {0, *(error.code for error in row.errors)} - {row.shape_error.code}:
        return
    told = [f"{one['field']}: {one['description']}" for one in body.get("error", {}).get("field_violations", [])]
    beyond = [one for one in told if any(re.match(rule, one) for rule in RULES_BEYOND_TYPES)]
    assert told, f"the description allows what is refused: {body}"
    assert told == beyond, f"the description allows what is refused: {told}"


@schemathesis.check
def headers_are_declared(_ctx: Any, response: schemathesis.Response, case: Case) -> None:
    """A reply has no header that the description does not name."""
    described = case.operation.responses.find_by_status_code(response.status_code)
    if described is None:
        return  # a matter of status_code_conformance
    declared = {name.lower() for name, _ in described.headers.items()}
    assert {name.lower() for name in response.headers} <= declared | SENT_BY_THE_PROTOCOL


def is_a_failure(_context: Any, failure: Failure, case: Case, response: schemathesis.Response) -> bool:
    """Whether what a check calls a failure is one. Decisions 16 and 40 have statuses that no setting says."""
    code = _body(response).get("code") if response.status_code in {200, 400} else None
    if isinstance(failure, MissingHeaderNotRejected) and failure.header_name == "Authorization":
        return (response.status_code, code) != (400, 99991661)
    if isinstance(failure, AcceptedNegativeData) and _row(case).bare:
        return code in {0, None}
    return True


def _row(case: Case) -> Endpoint:
    return ROWS[case.operation.method.upper(), case.operation.path]


def _body(response: schemathesis.Response) -> dict[str, Any]:
    """The body; for a stream of lines, which has no envelope, that of a call that went well."""
    return {"code": 0} if _is_stream(response) else response.json()


def _is_stream(response: schemathesis.Response) -> bool:
    return response.headers.get("content-type") == ["application/x-ndjson"]


def _is_json(response: schemathesis.Response) -> bool:
    return response.headers.get("content-type") == ["application/json; charset=utf-8"]


class Outcome(NamedTuple):
    """What a run came to: findings and answers (mode and code) by operation, and how often each check was made."""

    findings: dict[str, list[str]]
    answers: dict[str, Counter[tuple[str, int]]]
    checks: Counter[str]

    def note(self, recorder: ScenarioRecorder) -> None:
        """Take in what one scenario recorded."""
        for case_id, node in recorder.cases.items():
            interaction = recorder.interactions.get(case_id)
            response = None if interaction is None else interaction.response
            operation, meta = node.value.operation.label, node.value.meta
            if response is not None and meta is not None and (_is_json(response) or _is_stream(response)):
                self.answers[operation][meta.generation.mode.value, _body(response)["code"]] += 1
            for check in recorder.checks.get(case_id, []):
                self.checks[check.name] += 1
                if check.failure_info is not None:
                    found = check.failure_info
                    answer = b"no answer" if response is None else response.content
                    told = (str(found.failure), found.code_sample, answer.decode(errors="replace"))
                    self.findings[operation].append("\n".join((check.name, *(text[:LONGEST] for text in told))))


def run(database: Store, **settings: Any) -> Outcome:
    """A server with some data, called by its description in all phases."""
    outcome = Outcome(defaultdict(list), defaultdict(Counter), Counter())
    with running_server(database) as server:
        client = server.client()
        client.token = client.fetch_token()
        description = httpx.get(f"{server.url}/openapi.json").json()
        known = known_values(client)
        # Runs that wait, to be cancelled: of an app that has no others.
        known["run_id"] += insert_waiting(server.database, 1, "cli_0", known["talent_pool_id"][0], 60, first=1000)
        schema = schemathesis.openapi.from_dict(
            with_examples(description, known),
            config=SchemathesisConfig.from_dict(
                {"base-url": server.url, **settings, **configuration(client, description, known)}
            ),
        )
        schema.hook("filter_failure")(is_a_failure)
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                outcome.note(event.recorder)
            elif isinstance(event, events.NonFatalError):
                outcome.findings[event.label].append(str(event.info))
    return outcome


def configuration(client: Client, description: dict[str, Any], known: dict[str, list[str]]) -> dict[str, Any]:
    """How the run goes, whatever its size."""
    return {
        "suppress-health-check": ["all"],  # how long drawing takes is the machine's affair
        "headers": {"Authorization": f"Bearer {client.token}"},
        "continue-on-failure": True,
        "checks": {
            "max_response_time": SECONDS_THAT_NOTHING_TAKES,
            "positive_data_acceptance": {"expected-statuses": [one for many in ACCEPTANCE.values() for one in many]},
            **{name: {"enabled": False} for name in SWITCHED_OFF},
        },
        "dictionaries": {name: {"values": [*values, *unknown(name, len(values))]} for name, values in known.items()},
        "parameters": {
            place.where: {"dictionary": place.name, "probability": 0.7}
            for _, place in places_of(description)
            if place.name in known and "[*][*]" not in place.where  # a list in a list can't be named
        },
        # The ids of replies would be those of things deleted since.
        "phases": {phase: {"extra-data-sources": {"responses": False}} for phase in ("examples", "coverage")},
        "output": {
            "sanitization": {"enabled": False},  # so that the curl lines can be run
            "truncation": {"max-recorded-payload-size": 0},  # so that every answer can be read
        },
    }


def unknown(name: str, count: int) -> list[str]:
    """Ids that name nothing, as many as half of those that name something."""
    return ["1"] * (count // 2) if name.endswith("_id") else []


def known_values(client: Client) -> dict[str, list[str]]:
    """Values of things that are there, by the name of the field that takes them. A new kind of thing is a line here."""
    pools = [client.create_pool(f"pool {number}") for number in range(40)]
    pools.append(client.create_pool("below", parent_id=pools[0]))
    talents = client.create_talents(200)
    for pool in pools[:5]:
        assert client.add(pool, talents[:20]).code == 0
    changes = [change["id"] for pool in pools[:5] for change in client.changes(pool)]
    runs = [client.over(client.upload({"talent_pool_id": pool, "action": "add"}, talents))["id"] for pool in pools[:30]]
    folders = [client.create_folder(f"folder {number}") for number in range(30)]
    tags = [client.create_tag(f"tag {number}") for number in range(30)]
    notes = [
        client.call("POST", f"{HIRE}/notes", {"talent_id": who, "content": "x"}).data["note"]["id"]
        for who in talents[:40]
    ]
    objects = [client.create_object(11), *(client.create_object(1, parent_id="1") for _ in range(20))]
    tokens = [client.call("GET", f"{path}?page_size=1").data["page_token"] for path in PAGED]
    return {
        "talent_pool_id": pools,
        "parent_id": pools,
        "id_list": pools,
        "talent_id": talents,
        "talent_id_list": talents,
        "folder_id": folders,
        "folder_id_list": folders,
        "tag_id": tags,
        "tag_id_list": tags,
        "note_id": notes,
        "object_id": objects,
        "change_id": changes,
        "run_id": runs,
        "from": pools,
        "add": talents,
        "remove": talents,
        "expression": pools,
        "page_token": ["", "", "", *tokens],
        "zh_cn": ["人才"],
        "en_us": ["talents"],
        "app_id": [client.app.app_id],
        "app_secret": [client.app.app_secret],
    }


PAGED = (f"{HIRE}/talent_pools", f"{HIRE}/talents", f"{HIRE}/talent_folders", "/rencai/v1/changes")


def with_examples(description: dict[str, Any], known: dict[str, list[str]]) -> dict[str, Any]:
    """The description with a value that is there as the example of each field that takes one.

    What is deleted takes the last ones, so that the others stay.
    """
    enriched = copy.deepcopy(description)
    for operation in (operation for path in enriched["paths"].values() for operation in path.values()):
        # HTTP trims blanks around a header's value, so much of what is no key or tag is one when it arrives.
        operation["parameters"] = [one for one in operation["parameters"] if one["in"] != "header"]
    for method, place in places_of(enriched):
        if place.name in known:
            place.schema["examples"] = [known[place.name][-1 if method == "delete" else 0]]
    return enriched


class Place(NamedTuple):
    """A place in a request that takes a text."""

    where: str
    name: str
    schema: dict[str, Any]


def places_of(description: dict[str, Any]) -> Iterator[tuple[str, Place]]:
    """Every place of every request that takes a text, and the request's method."""
    components = description["components"]["schemas"]
    for path in description["paths"].values():
        for method, operation in path.items():
            for parameter in operation["parameters"]:
                name = parameter["name"]
                for place in _places_below(Place(f"{parameter['in']}.{name}", name, parameter["schema"]), components):
                    yield method, place
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                for place in _places_below(Place("body", "", schema), components):
                    yield method, place


def _places_below(place: Place, components: dict[str, Any]) -> Iterator[Place]:
    where, name, schema = place
    if where.count(".") > DEEPEST:
        return  # a type that holds itself
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "string":
        yield Place(where, name, schema)
    for branch in schema.get("anyOf", ()):
        yield from _places_below(Place(where, name, branch), components)
    for below, its_schema in schema.get("properties", {}).items():
        yield from _places_below(Place(f"{where}.{below}", below, its_schema), components)
    if "items" in schema:
        yield from _places_below(Place(f"{where}[*]", name, schema["items"]), components)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Outcome:
    """The run that every change has to pass: the same seed every time."""
    return run(stores.make(engine, tmp_path_factory.mktemp("schemathesis")), seed=1, generation=generation(10))


def generation(max_examples: int) -> dict[str, Any]:
    """How many calls are drawn for an operation, beside those that its description alone gives."""
    return {"max-examples": max_examples, "no-shrink": True, "database": "none"}


def test_what_is_switched_off_exists() -> None:
    load_all_checks()
    decided = set(re.findall(r"^\| ([0-9, ]+) \|", DECISIONS.read_text("utf-8"), re.MULTILINE))
    numbers = {int(number) for numbers in decided for number in numbers.split(",")}
    assert SWITCHED_OFF.keys() <= set(CHECKS.get_all_names())
    assert {*SWITCHED_OFF.values(), *ACCEPTANCE, *RULES_BEYOND_TYPES.values()} <= numbers


def test_every_other_check_is_made(outcome: Outcome) -> None:
    ours = {"max_response_time", valid_data_is_understood.__name__, headers_are_declared.__name__}
    assert outcome.checks.keys() == {*CHECKS.get_all_names(), *ours} - SWITCHED_OFF.keys()


@pytest.mark.parametrize("name", LABELS)
def test_answers_are_as_described(outcome: Outcome, name: str) -> None:
    findings = outcome.findings[LABELS[name]]
    assert not findings, f"{len(findings)} findings, the first:\n{findings[0]}"


def test_nothing_is_found_outside_of_operations(outcome: Outcome) -> None:
    assert {label: found for label, found in outcome.findings.items() if label not in LABELS.values() and found} == {}


@pytest.mark.parametrize("name", LABELS)
def test_every_operation_was_really_called(outcome: Outcome, name: str) -> None:
    answers = outcome.answers[LABELS[name]]
    print(name, dict(answers))
    assert answers["positive", 0], f"no positive call of {name} went well: {answers}"
    assert sum(count for (mode, _), count in answers.items() if mode == "negative"), answers


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_long_run(database: Store) -> None:
    long = run(database, seed=2, generation=generation(30), **{"max-time": 150})
    findings = {
        label: [one for one in found if not _is_of_no_list(label, one)] for label, found in long.findings.items()
    }
    assert {label: (len(found), found[0]) for label, found in findings.items() if found} == {}


def _is_of_no_list(label: str, finding: str) -> bool:
    """Decision 39: the query of this call is for a list that is sent; with a JSON body it is not looked at."""
    return label == LABELS["run_create"] and "negative_data_rejection" in finding and " in query" in finding
