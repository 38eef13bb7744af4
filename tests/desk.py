"""Operations on a database of the test's own, without HTTP, with a count of their statements."""

from collections.abc import Callable
from typing import Any

import msgspec

from rencai import clock
from rencai.config import SqliteFile, database_of
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.fields import GivenName
from rencai.contract.talent_pools import BatchChange, NewTalentPool, TalentPoolPath
from rencai.contract.talents import NewTalents
from rencai.dispatch import Dispatcher
from rencai.main import operations_for
from rencai.operations import talent_pools, talents
from rencai.operations.call import DEFAULT_ZONE, Call, Caller
from rencai.storage import postgres, queries, sqlite
from rencai.storage.seam import Database, Transaction
from stores import POSTGRESQL, SQLITE, Store

# What only PostgreSQL runs: it locks rows where SQLite's writer is alone.
LOCKS = queries.load(POSTGRESQL).keys() - queries.load(SQLITE).keys()


class NoGauges:
    """Counts nothing."""

    def group_committed(self, units: int) -> None:
        pass

    def log_grew(self, pages: int) -> None:
        pass


class Desk:
    """Runs operations on a database and counts their statements, without those that lock."""

    database: Database

    def __init__(self) -> None:
        self._ran: list[str] = []
        self.listen: Callable[[str], None] = lambda _: None  # hears each statement before it runs
        self.ids = clock.IdSource(clock.now)
        self.caller = Caller(1, "cli_0123456789abcdef", frozenset(), "off", b"key")

    @classmethod
    async def open(cls, store: Store) -> "Desk":
        """A desk on a database, which is made if it has to be."""
        desk, named = cls(), database_of(store.url)
        if isinstance(named, SqliteFile):
            desk.database = sqlite.open_database(named.path, queue_limit=200, gauges=NoGauges(), recorder=desk._hear)
        else:
            desk.database = await postgres.open_database(
                named, connections=10, queue_limit=200, gauges=NoGauges(), may_make=True, recorder=desk._hear
            )
        return desk

    def _hear(self, query: str) -> None:
        self._ran.append(query)
        self.listen(query)

    @property
    def ran(self) -> list[str]:
        """The statements of the last operation."""
        return [name for name in self._ran if name not in LOCKS]

    @property
    def again(self) -> int:
        """How many statements read anew, once it is locked, what was read before."""
        return int(isinstance(self.database, postgres.PostgresDatabase))

    def forget(self) -> None:
        """Count from here."""
        self._ran.clear()

    async def run(self, operation: Callable[..., Any], **given: msgspec.Struct) -> Any:
        """What the operation answers. `ran` then holds its statements."""
        call = Call(operation.__name__, self.caller, clock.now(), self.ids.take)
        self.forget()

        async def unit(tx: Transaction) -> Any:
            return (await operation(tx, call, **given)).data

        return await self.database.write(unit)

    def dispatcher(self) -> Dispatcher:
        """What makes calls of endpoints on the database, as a server has it."""
        return Dispatcher(self.database, operations_for(ENDPOINTS), clock.now, self.ids, DEFAULT_ZONE, lambda: None)

    async def pool(self) -> TalentPoolPath:
        body = NewTalentPool(GivenName(zh_cn="池", en_us="pool"))
        return TalentPoolPath((await self.run(talent_pools.talent_pool_create, body=body)).talent_pool.id)

    async def people(self, count: int, name: str = "x") -> list[str]:
        people = [
            {"basic_info": {"name": name.format(number), "email": f"{number}@{self.ids.take(1)[0]}"}}
            for number in range(count)
        ]
        body = msgspec.convert({"talents": people}, NewTalents)
        return (await self.run(talents.talent_batch_create, body=body)).talent_id_list

    async def change(self, path: TalentPoolPath, people: list[str], option_type: Any) -> int:
        """How many statements the batch change ran."""
        body = BatchChange(people, option_type)
        await self.run(talent_pools.talent_pool_batch_change, path=path, body=body)
        return len(self.ran)
