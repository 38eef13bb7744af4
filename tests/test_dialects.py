"""Where a query has a text for each engine, both give the same rows: one story is told to both."""

import itertools
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import stores
from desk import Desk
from harness import ALL_SCOPES
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.operation_logs import POOL_ENTERED, POOL_LEFT
from rencai.contract.runs import RunPath, UploadedRun
from rencai.main import operations_for
from rencai.operations import apps, derivation, idempotency, run_steps, runs
from rencai.operations.apps import Credentials, NewApp
from rencai.operations.call import Call, Caller
from rencai.operations.leases import Lease
from rencai.operations.membership import as_json
from rencai.operations.run_uploads import Upload, are_known
from rencai.operations.runs import SIZES
from rencai.operations.verification import verify
from rencai.storage import queries
from rencai.storage.seam import Database, Transaction
from stores import CITUS, POSTGRESQL, SQLITE

ROWS = {endpoint.name: endpoint for endpoint in ENDPOINTS}
OPERATIONS = operations_for(ENDPOINTS)
SCOPES = frozenset({*ALL_SCOPES, *(name for row in ENDPOINTS for names in row.field_scopes.values() for name in names)})

ORDERED = {"memberships_begun_stand", "memberships_ended_stand"}
ONE_SLICE = SIZES._replace(slices=1)  # at a time: two tell their story in no order


class Heard(NamedTuple):
    """A statement, and what it handed out."""

    query: str
    rows: list[Any]


class Listening:
    """A transaction that writes down what goes through it. Nobody else is there, so nothing is read again."""

    def __init__(self, transaction: Transaction, heard: list[Heard]) -> None:
        self._transaction = transaction
        self._heard = heard

    def _note(self, query: str, rows: list[Any]) -> None:
        self._heard.append(
            Heard(query, [[_plain(value, query) for value in msgspec.structs.astuple(row)] for row in rows])
        )

    async def row(self, shape: type[Any], query: str, /, **values: object) -> Any:
        found = await self._transaction.row(shape, query, **values)
        self._note(query, [] if found is None else [found])
        return found

    async def rows(self, shape: type[Any], query: str, /, **values: object) -> list[Any]:
        found = await self._transaction.rows(shape, query, **values)
        self._note(query, found)
        return found

    async def run(self, query: str, /, **values: object) -> None:
        await self._transaction.run(query, **values)
        self._note(query, [])

    async def run_all(self, statements: Sequence[str], /, **values: object) -> None:
        await self._transaction.run_all(statements, **values)
        for query in statements:
            self._note(query, [])

    async def lock(self, query: str, /, **values: object) -> bool:
        await self._transaction.lock(query, **values)
        return False


def _plain(value: Any, query: str) -> Any:
    """Lists come in any order but where their places mean something, and SQLite has no truth values."""
    if isinstance(value, list):
        plain = [_plain(item, query) for item in value]
        return plain if query in ORDERED else sorted(plain)
    return int(value) if isinstance(value, bool) else value


class ListeningDatabase:
    """A database whose units are all listened to."""

    def __init__(self, database: Database, heard: list[Heard]) -> None:
        self._database = database
        self._heard = heard

    async def read(self, unit: Any, *, bulky: bool = False) -> Any:
        return await self._database.read(lambda tx: unit(Listening(tx, self._heard)), bulky=bulky)

    async def write(self, unit: Any, *, tenant_id: int = 0, alone: bool = False) -> Any:
        return await self._database.write(lambda tx: unit(Listening(tx, self._heard)), tenant_id=tenant_id, alone=alone)

    async def close(self) -> None:
        await self._database.close()


class Teller:
    """Makes calls on one engine, with the same ids and times on each."""

    def __init__(self, desk: Desk) -> None:
        self._ids = itertools.count(10**18)
        self._times = itertools.count(1_700_000_000_000, 1000)
        self._caller = Caller(1, "cli_0123456789abcdef", SCOPES, "off", b"key")
        self.heard: list[Heard] = []
        self.database = ListeningDatabase(desk.database, self.heard)

    def call(self, name: str) -> Call:
        """A call, at its own moment."""
        return Call(name, self._caller, next(self._times), lambda count: [next(self._ids) for _ in range(count)])

    async def work(self, run: Any) -> None:
        """Let a run go to its end."""
        lease = Lease("runs", "me")
        call = self.call("run_create")
        await self.database.write(partial(lease.take, now=call.now, is_alone=True))
        run_id = int(run["run"]["id"])
        while await run_steps.advance(self.database, lambda: self.call("run_create"), lease, run_id, ONE_SLICE):
            pass

    async def results(self, run: Any) -> None:
        """What became of a run's ids."""
        path = msgspec.convert({"run_id": run["run"]["id"]}, RunPath)
        call = self.call("run_results")
        await self.database.read(partial(runs.run_results, call=call, path=path, after=None))

    async def upload(self, who: list[str], **query: str) -> Any:
        """Send a run's ids with a key, a day after all that was before; one of them can't be an id."""

        async def body() -> AsyncIterator[bytes]:
            yield "\n".join(["12", *who, "nobody\n"]).encode()

        self._times = itertools.count(next(self._times) + idempotency.LIFE, 1000)
        given = msgspec.convert(query, UploadedRun)
        upload = Upload(self.database, lambda: self.call("run_create"), given, body(), 10)
        return msgspec.to_builtins((await upload.receive(query["action"])).data)

    async def tell(self, name: str, **given: Any) -> Any:
        """What a call answers; path, query and body as JSON would have them."""
        row = ROWS[name]
        kinds: dict[str, Any] = {"path": row.path_type, "query": row.query_type, "body": row.body_type}
        structs = {part: msgspec.convert(value, kinds[part]) for part, value in given.items()}
        if msgspec.structs.fields(row.query_type) and "query" not in structs:
            structs["query"] = row.query_type()
        call = self.call(name)

        async def unit(tx: Transaction) -> Any:
            return (await OPERATIONS[name].work(tx, call, **structs)).data

        return msgspec.to_builtins(await self.database.write(unit))


async def story(teller: Teller) -> None:
    """Every query at least once, on people in several pools, folders and languages."""
    tell = teller.tell
    new = NewApp("acme", "n", ("hire:talent",), "off")
    secret = Credentials("cli_0123456789abcdef", "x")
    await teller.database.write(partial(apps.app_create, new=new, credentials=secret, now=0))
    at = teller.call("derivation")
    await derivation.bring_up_to_date(teller.database, lambda: at.now, at.ids, lambda _: None, lambda: False)
    name = {"zh_cn": "名", "en_us": "name"}
    pools = [(await tell("talent_pool_create", body={"i18n_name": name}))["talent_pool"]["id"] for _ in range(3)]
    await tell("talent_pool_update", path={"talent_pool_id": pools[1]}, body={"parent_id": pools[0]})
    folders = [
        (await tell("talent_folder_create", body={"folder_name": "f"}))["talent_folder"]["folder_id"] for _ in range(2)
    ]
    tags = [(await tell("talent_tag_create", body={"name": name}))["talent_tag"]["id"] for _ in range(2)]
    people = [
        {
            "basic_info": {
                "name": f"王小明{number} Straße",
                "email": f"{number}@a.cn",
                "mobile": f"1380013800{number}",
            },
            "education_list": [{"school": "清华大学"}],
            "career_list": [{"company": "ACME \U0001f600"}],
            "folder_id_list": folders,
        }
        for number in range(5)
    ]
    who = (await tell("talent_batch_create", body={"talents": people}))["talent_id_list"]
    here = {"talent_id": who[0]}
    for pool in pools[:2]:
        change = {"talent_id_list": [*who, who[0]], "option_type": 1}
        await tell("talent_pool_batch_change", path={"talent_pool_id": pool}, body=change)
    await tell(
        "talent_pool_batch_change",
        path={"talent_pool_id": pools[0]},
        body={"talent_id_list": who[3:], "option_type": 2},
    )
    await tell("talent_pool_move_talent", path={"talent_pool_id": pools[2]}, body={**here, "add_type": 2})
    await tell("talent_pool_list", query={"id_list": [pools[2], "12", pools[0]]})
    await tell("talent_pool_list")
    await tell("membership_list", path={"talent_pool_id": pools[0]})
    listed = await tell("change_list")
    await tell("change_list", query={"talent_pool_id": pools[0], "page_size": 1})
    await tell("change_get", path={"change_id": listed["items"][0]["id"]})
    for keyword in ("", "小明", "小明1 清华", "acme", "1@a.cn", "13800138002", "nobody", "\U0001f600"):
        for sort_by in (1, 4):
            query = {"keyword": keyword, "sort_by": sort_by, "page_size": 2, "query_option": "ignore_empty_error"}
            page = await tell("talent_list", query=query)
            if page["has_more"]:
                await tell("talent_list", query={**query, "page_token": page["page_token"]})
    await tell("talent_batch_get_id", body={"email_list": ["0@a.cn", "x@y"], "mobile_number_list": ["13800138000"]})
    await tell("talent_tag", path=here, body={"operation": 1, "tag_id_list": tags})
    await tell("talent_tag", path=here, body={"operation": 2, "tag_id_list": tags[:1]})
    for query in ({}, {"id_list": tags}, {"keyword": "nam", "type": 1, "include_inactive": True}):
        await tell("talent_tag_list", query=query)
    await tell("talent_onboard_status_update", path=here, body={"operation": 1, "onboard_time": "1600000000000"})
    await tell("note_create", body={**here, "content": "note"})
    await tell("talent_get_v2", path=here)
    await tell("talent_add_to_folder", body={"talent_id_list": who[:2], "folder_id": folders[0]})
    await tell("talent_remove_to_folder", body={"talent_id_list": who[1:3], "folder_id": folders[0]})
    changed = {"name": "李雷", "email": "new@a.cn"}
    await tell("talent_combined_update", body={**here, "basic_info": changed, "folder_id_list": folders[1:]})
    logs = {"operator_id_list": ["cli_0123456789abcdef"], "operation_list": [*range(1, 60), POOL_ENTERED, POOL_LEFT]}
    page = await tell("talent_operation_log_search", query={"page_size": 3}, body=logs)
    while page["has_more"]:
        query = {"page_size": 3, "page_token": page["page_token"]}
        page = await tell("talent_operation_log_search", query=query, body=logs)
    await changes_and_moments(teller, pools, who)
    await runs_of(teller, pools, who)
    await verify(teller.database, lambda _: None, lambda _kind, _rows: None)
    for person in who[:2]:
        await tell("talent_delete", path={"talent_id": person})
    await tell("talent_pool_delete", path={"talent_pool_id": pools[1]}, query={"force": True})
    await tell("talent_pool_delete", path={"talent_pool_id": pools[0]}, query={"force": True})


async def changes_and_moments(teller: Teller, pools: list[str], who: list[str]) -> None:
    """Native changes, undone; what was at a moment; sets of pools."""
    tell, first = teller.tell, {"talent_pool_id": pools[0]}
    body = {"add": [*who, "12"], "remove": [], "on_missing": "skip", "run_id": "label"}
    changed = await tell("membership_change", path=first, body=body)
    taken = await tell("membership_change", path=first, body={"remove": who[1:3]})
    for change in (taken, changed):
        for dry_run in (True, False):
            await tell("change_undo", path={"change_id": change["change_id"]}, body={"dry_run": dry_run})
    moments = ["1700000010000", str(1_700_000_000_000 + 1000 * len(teller.heard) // 20)]
    for moment in moments:
        await tell("membership_list", path=first, query={"at": moment})
        await tell("membership_list_of_talent", path={"talent_id": who[0]}, query={"at": moment})
    await tell("membership_diff", path=first, query={"from": moments[0], "to": moments[1]})
    await tell("membership_list_of_talent", path={"talent_id": who[2]})
    sets = {"minus": [{"union": pools}, {"intersect": pools[:2]}]}
    for at in ({}, {"at": moments[1]}):
        await tell("talent_pool_evaluate", body={"expression": sets, **at})
    for order in ("asc", "desc"):
        for query in ({}, {"talent_pool_id": pools[0]}, {"talent_id": who[1]}, {"run_id": "label"}):
            page = await tell("change_list", query={**query, "order": order, "page_size": 2})
            if page["has_more"]:
                token = page["page_token"]
                await tell("change_list", query={**query, "order": order, "page_size": 2, "page_token": token})


async def runs_of(teller: Teller, pools: list[str], who: list[str]) -> None:
    """Runs over a pool and over lists that are sent, two undone."""
    made = {"talent_pool_id": pools[2], "action": "set", "from": {"union": pools[:2]}}
    run = await teller.tell("run_create", body=made)
    await teller.work(run)
    sent = [
        await teller.upload(who, talent_pool_id=pools[2], action="add", on_missing="fail"),
        await teller.upload(who, talent_pool_id=pools[2], action="set", on_missing="skip"),
        await teller.upload(who[1:3], talent_pool_id=pools[2], action="remove", on_missing="skip"),
        await teller.upload(who[:4], talent_pool_id=pools[2], action="add", on_missing="skip"),
    ]
    # Told apart: an upload looks ids up while it writes, so either may come first.
    call = teller.call("run_create")
    for more in ([], [12]):
        numbers = [*map(int, who), *more]
        await teller.database.read(partial(are_known, len(numbers), as_json(numbers), call=call))
    for one in sent:
        await teller.work(one)
    undone = [await teller.tell("run_undo", path={"run_id": one["run"]["id"]}, body={}) for one in (run, sent[2])]
    for one in undone:
        await teller.work(one)
    for one in (run, *sent, *undone):
        await teller.results(one)
    await teller.tell("run_list")


async def heard_on(engine: str, folder: Path) -> list[Heard]:
    desk = await Desk.open(stores.make(engine, folder))
    teller = Teller(desk)
    try:
        await story(teller)
    finally:
        await desk.database.close()
    return teller.heard


@pytest.mark.parametrize(
    "other",
    [pytest.param(POSTGRESQL, marks=pytest.mark.postgresql), pytest.param(CITUS, marks=pytest.mark.citus)],
)
async def test_both_engines_tell_the_same_story(tmp_path: Path, other: str) -> None:
    on_sqlite, on_postgresql = [await heard_on(engine, tmp_path) for engine in (SQLITE, other)]
    assert [heard.query for heard in on_postgresql] == [heard.query for heard in on_sqlite]
    for here, there in zip(on_sqlite, on_postgresql, strict=True):
        assert there == here
    sqlite, postgresql = queries.load(SQLITE), queries.load(POSTGRESQL)
    with_two_texts = {name for name, sql in sqlite.items() if postgresql[name] != sql}
    assert with_two_texts - {heard.query for heard in on_sqlite} == set(), "let the story need them"
