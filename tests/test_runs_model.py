"""Runs beside a plain model of them: slices of three, other changes and kills between them, undo of undo of undo.

The model is told by each run only how many ids it has dealt with; what has become of them it works out itself.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import structlog
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import stores
from desk import Desk
from models import run_model
from rencai import clock
from rencai.background.runs import RunWorker
from rencai.contract.errors import RUN_UNDONE, TOO_MANY_RUNS, Fault
from rencai.contract.membership_changes import Expression
from rencai.contract.runs import NewRun, Run, RunPath, RunResult, RunUndo, UploadedRun
from rencai.contract.talent_pools import MembersQuery, TalentPoolPath
from rencai.contract.talents import TalentPath
from rencai.operations import moments, runs, talents
from rencai.operations.call import Call
from rencai.operations.run_uploads import Upload
from rencai.operations.runs import Sizes
from stores import SQLITE, SqliteStore, Store

SMALL = Sizes(slice=3, checked=2, block=2, batch=4, slices=1)  # that a few people fill
OVER = ("done", "cancelled", "failed")


ACTIONS = st.sampled_from(["add", "remove", "set"])
ON_MISSING = st.sampled_from(["fail", "skip"])


class Slice(msgspec.Struct):
    """What one change of a run did: who moved, with the add_time that the removed had."""

    added: list[str]
    removed: dict[str, int]
    token: int


class ModelRun(msgspec.Struct):
    """A run: what it is to do, and what has become of it."""

    id: str
    pool: str
    action: str
    ids: list[str]  # ascending, each once
    on_missing: str
    state: str = "queued"
    processed: int = 0
    position: int = -9  # the last id; texts come before all numbers
    next_slice: int = 0  # of the run that it undoes
    slices: list[Slice] = []
    outcomes: dict[str, str] = {}
    undoes: "ModelRun | None" = None
    undone_by: "ModelRun | None" = None
    was_missing: bool = False  # an id was unknown when it was begun


class Runs(RuleBasedStateMachine):
    """Drives the operations and the worker on a database, and the model."""

    engine: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="runs-model-"))
        self.loop = asyncio.new_event_loop()
        self.files = (self.folder / f"{number}.db" for number in itertools.count())
        self.tokens = itertools.count(1)
        self.open(stores.make(self.engine, self.folder))

    def open(self, store: Store) -> None:
        self.store = store
        self.desk = self.wait(Desk.open(store))
        logger = structlog.get_logger()
        self.worker = RunWorker(self.desk.database, clock.now, self.desk.ids.take, logger, is_alone=True, sizes=SMALL)

    def wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def run(self, operation: Callable[..., Any], **given: msgspec.Struct) -> Any:
        return self.wait(self.desk.run(operation, **given))

    def teardown(self) -> None:
        self.wait(self.desk.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.people: list[str] = self.wait(self.desk.people(9))
        self.gone: set[str] = set()
        self.pools = [self.wait(self.desk.pool()).talent_pool_id for _ in range(2)]
        self.members: dict[str, dict[str, int]] = {pool: {} for pool in self.pools}
        self.touched: dict[tuple[str, str], int] = {}
        self.undone: set[int] = set()  # changes
        self.runs: list[ModelRun] = []

    # Others

    @rule(data=st.data(), option_type=st.sampled_from([1, 1, 2]))
    def somebody_changes_a_pool(self, data: st.DataObject, option_type: int) -> None:
        pool, ids = self.pool(data), self.ids(data, set(self.people) - self.gone, 4)
        if not ids:
            return
        self.wait(self.desk.change(TalentPoolPath(pool), ids, option_type))
        moved = [one for one in ids if (one in self.members[pool]) != (option_type == 1)]
        self.move(pool, moved if option_type == 1 else [], [] if option_type == 1 else moved)

    @precondition(lambda self: len(self.gone) < 4)
    @rule(data=st.data())
    def somebody_deletes_a_talent(self, data: st.DataObject) -> None:
        (who,) = self.ids(data, set(self.people) - self.gone, 1, least=1)
        self.run(talents.talent_delete, path=TalentPath(who))
        for pool in self.pools:
            self.move(pool, [], [who] if who in self.members[pool] else [])
        self.gone.add(who)

    # Runs

    @rule(
        data=st.data(), action=st.sampled_from(["add", "remove", "set"]), on_missing=st.sampled_from(["fail", "skip"])
    )
    def upload(self, data: st.DataObject, action: str, on_missing: str) -> None:
        ids = self.ids(data, {*self.people, "404", "405", "x", "y"}, 9)
        if on_missing == "fail" and data.draw(st.booleans()):
            ids = [one for one in ids if one in self.people and one not in self.gone]
        query = UploadedRun(self.pool(data), action, on_missing)  # pyright: ignore[reportArgumentType]
        sent = "\n".join([*ids, *ids[:2]]).encode()
        size = data.draw(st.integers(1, 60))
        pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
        upload = Upload(self.desk.database, lambda: self.call("run_create"), query, _each(pieces), 1, SMALL)
        self.begun(lambda: self.wait(upload.receive(None)).data.run, ids)

    @rule(
        data=st.data(), action=st.sampled_from(["add", "remove", "set"]), on_missing=st.sampled_from(["fail", "skip"])
    )
    def evaluate(self, data: st.DataObject, action: str, on_missing: str) -> None:
        one, two = (set(self.members[pool]) for pool in self.pools)
        expression, meant = data.draw(
            st.sampled_from(
                [
                    (self.pools[0], one),
                    (Expression(union=list(self.pools)), one | two),
                    (Expression(minus=list(self.pools)), one - two),
                    (Expression(intersect=[self.pools[1], Expression(union=list(self.pools))]), two),
                ]
            )
        )
        body = NewRun(self.pool(data), action, expression, on_missing)  # pyright: ignore[reportArgumentType]
        self.begun(lambda: self.run(runs.run_create, body=body).run, sorted(meant))

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        over = [run for run in self.runs if run.state in OVER]
        if not over:
            return
        undone = data.draw(st.sampled_from(over))
        given = {"path": RunPath(undone.id), "body": RunUndo()}
        if undone.undone_by is None or undone.undone_by.state in ("cancelled", "failed"):
            self.begun(lambda: self.run(runs.run_undo, **given).run, [], undone)
            return
        with pytest.raises(Fault) as refused:
            self.run(runs.run_undo, **given)
        assert refused.value.error is RUN_UNDONE

    @precondition(lambda self: self.active())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.active()))
        shown = self.run(runs.run_cancel, path=RunPath(run.id)).run
        assert (shown.state, shown.processed) == ("cancelled", run.processed)
        run.state = "cancelled"

    @rule(steps=st.integers(1, 4))
    def work(self, steps: int) -> None:
        for _ in range(steps):
            if not self.active():
                return
            assert self.wait(self.worker._turn())
            self.followed(self.active()[0])

    @rule()
    def work_to_the_end(self) -> None:
        while self.active():
            self.work(1)

    @rule()
    def kill(self) -> None:
        """What is on the disk now is all that the next process finds."""
        store = self.store
        if isinstance(store, SqliteStore):  # closing it tidies the file, so that is done to another one
            store = SqliteStore(next(self.files))
            for suffix in ("", "-wal"):
                shutil.copyfile(f"{self.store.url.removeprefix('sqlite:///')}{suffix}", f"{store.path}{suffix}")
        self.wait(self.desk.database.close())
        self.open(store)

    # What must be

    @invariant()
    def pools_are_as_modelled(self) -> None:
        for pool in getattr(self, "pools", ()):
            page = self.run(moments.membership_list, path=TalentPoolPath(pool), query=MembersQuery())
            assert {item.talent_id: int(item.add_time) for item in page.items} == self.members[pool]
            assert page.member_count == len(self.members[pool])

    # The model

    def call(self, operation: str) -> Call:
        return Call(operation, self.desk.caller, clock.now(), self.desk.ids.take)

    def pool(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.pools), "pool")

    def ids(self, data: st.DataObject, among: set[str], most: int, least: int = 0) -> list[str]:
        if not among:
            return []
        return data.draw(st.lists(st.sampled_from(sorted(among)), unique=True, min_size=least, max_size=most), "ids")

    def active(self) -> list[ModelRun]:
        return [run for run in getattr(self, "runs", []) if run.state not in OVER]

    def begun(self, begin: Callable[[], Run], ids: list[str], undoes: ModelRun | None = None) -> None:
        try:
            shown = begin()
        except Fault as refused:
            if refused.error is not TOO_MANY_RUNS:
                raise
            assert len(self.active()) == 5
            return
        assert len(self.active()) < 5
        run = ModelRun(shown.id, shown.talent_pool_id, shown.action, ids, shown.on_missing, undoes=undoes)
        run.was_missing = any(one not in self.people or one in self.gone for one in ids)
        if undoes is not None:
            undoes.undone_by = run
        self.runs.append(run)

    def followed(self, run: ModelRun) -> None:
        """Take in what the run did in its last step, and compare what it says of itself."""
        shown: Run = self.run(runs.run_get, path=RunPath(run.id)).run
        count = shown.processed - run.processed
        assert 0 <= count <= SMALL.slice
        run.state = shown.state
        if run.undoes is not None:
            self.undid(run, count)
        elif count:
            assert run.on_missing == "skip" or not run.was_missing
            self.did(run, count)
        run.processed = shown.processed
        if shown.state == "failed":
            assert (run.on_missing, run.processed, run.slices) == ("fail", 0, [])
            unknown = {one for one in run.ids if one not in self.people or one in self.gone}
            assert self.results(run).keys() <= unknown
            assert shown.missing == len(self.results(run)) > 0
            return
        outcomes = list(run.outcomes.values())
        assert (shown.added, shown.removed) == (outcomes.count("added"), outcomes.count("removed"))
        if shown.state == "done":
            assert not self.left(run)
            assert shown.total == shown.processed == len(outcomes)
            assert self.results(run) == run.outcomes

    def did(self, run: ModelRun, count: int) -> None:
        """The next ids of a run, as the pool was just before."""
        members, left = self.members[run.pool], self.left(run)
        numbers = sorted(left)[:count]
        chosen = [left[number] for number in numbers]
        assert len(chosen) == count
        run.position = numbers[-1]
        added: list[str] = []
        removed: list[str] = []
        for one in chosen:
            wants_in = run.action == "add" or (run.action == "set" and one in run.ids)
            if one not in self.people or one in self.gone:
                run.outcomes[one] = "missing"
            elif wants_in == (one in members):
                run.outcomes[one] = "unchanged"
            else:
                run.outcomes[one] = "added" if wants_in else "removed"
                (added if wants_in else removed).append(one)
        if added or removed:
            run.slices.append(self.move(run.pool, added, removed))

    def left(self, run: ModelRun) -> dict[int, str]:
        """What a run has yet to deal with."""
        if run.undoes is not None:
            pieces = run.undoes.slices[run.next_slice :]
            return {int(one): one for piece in pieces for one in (*piece.added, *piece.removed)}
        listed = {self.number(one): one for one in run.ids}
        if run.action == "set":
            listed |= {int(one): one for one in self.members[run.pool]}
        return {number: one for number, one in listed.items() if number > run.position}

    def number(self, one: str) -> int:
        """The order of ids in a run: texts come first, and all of them in one slice, whatever their order."""
        return int(one) if one.isdigit() else -1 - ["x", "y"].index(one)

    def undid(self, run: ModelRun, count: int) -> None:
        """The next slice of the run that is undone."""
        assert run.undoes is not None
        if not count:
            return
        piece = run.undoes.slices[run.next_slice]
        run.next_slice += 1
        assert count == len(piece.added) + len(piece.removed)
        back: dict[str, int] = {}
        out: list[str] = []
        for one in (*piece.added, *piece.removed):
            if piece.token in self.undone:
                run.outcomes[one] = "its change was undone before"
            elif one in self.gone:
                run.outcomes[one] = "the talent has been deleted"
            elif self.touched[run.pool, one] != piece.token:
                run.outcomes[one] = "a later change has touched it"
            elif one in piece.removed:
                run.outcomes[one], back[one] = "added", piece.removed[one]
            else:
                run.outcomes[one] = "removed"
                out.append(one)
        if back or out:
            self.undone.add(piece.token)
            run.slices.append(self.move(run.pool, list(back), out, back))

    def move(self, pool: str, added: list[str], removed: list[str], times: dict[str, int] | None = None) -> Slice:
        """Change the model, with the add_time that the newest change of the pool gave."""
        token = next(self.tokens)
        members = self.members[pool]
        piece = Slice(sorted(added), {one: members.pop(one) for one in removed}, token)
        page = self.run(moments.membership_list, path=TalentPoolPath(pool), query=MembersQuery())
        shown = {item.talent_id: int(item.add_time) for item in page.items}
        members |= {one: times[one] if times else shown.get(one, -1) for one in added}
        assert len({members[one] for one in added if not times}) <= 1
        self.touched |= {(pool, one): token for one in (*added, *removed)}
        return piece

    def results(self, run: ModelRun) -> dict[str, str]:
        """What the run's results say."""
        found: dict[str, str] = {}
        after: int | None = None
        while True:
            call = self.call("run_results")

            async def piece(tx: Any, call: Call = call, after: int | None = after) -> Any:
                return (await runs.run_results(tx, call, RunPath(run.id), after)).data

            lines = self.wait(self.desk.database.read(piece))
            for line in lines.text.splitlines():
                result = msgspec.json.decode(line, type=RunResult)
                found[result.talent_id] = result.reason or result.outcome
            if lines.next is None:
                return found
            after = lines.next


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture
def model(engine: str) -> type[Runs]:
    Runs.engine = engine
    return Runs


@pytest.mark.timeout(600)  # to make a failure small takes longer than to find it
def test_runs_are_as_modelled(model: type[Runs]) -> None:
    run_model(model, examples=60, steps=30)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_runs_are_as_modelled_for_long(model: type[Runs]) -> None:
    run_model(
        model, examples=1000 if model.engine == SQLITE else 300, steps=50
    )  # a database there takes longer to make
