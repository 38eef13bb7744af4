"""The same work by a plain service, written the usual way: FastAPI, SQLAlchemy's ORM, SQLite.

It is meant to be good of its kind: one check that the people exist, one look at who is a member already, one bulk
insert or delete, one row of history, one durable commit. `python -m bench.plain_service FILE` runs it.
"""

import asyncio
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import JSON, BigInteger, Engine, ForeignKey, create_engine, delete, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

ADD = 1


class Base(DeclarativeBase):
    """The tables."""


class Talent(Base):
    """A person."""

    __tablename__ = "talents"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    create_time: Mapped[int] = mapped_column(BigInteger)
    update_time: Mapped[int] = mapped_column(BigInteger)


class Pool(Base):
    """A talent pool."""

    __tablename__ = "pools"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    create_time: Mapped[int] = mapped_column(BigInteger)


class Membership(Base):
    """That a person is in a pool."""

    __tablename__ = "memberships"

    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    talent_id: Mapped[int] = mapped_column(ForeignKey("talents.id"), primary_key=True, index=True)
    add_time: Mapped[int] = mapped_column(BigInteger)


class Change(Base):
    """A row of history."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(BigInteger, index=True)
    operation: Mapped[str]
    talent_ids: Mapped[list[int]] = mapped_column(JSON)
    time: Mapped[int] = mapped_column(BigInteger)


class BatchChange(BaseModel):
    """The body of the call."""

    talent_id_list: Annotated[list[str], Field(min_length=1, max_length=50)]
    option_type: Literal[1, 2]


def connected(path: Path) -> Engine:
    """An engine on a SQLite file, set up as SQLAlchemy's pages advise: WAL, durable, write transactions at once."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def create_tables(path: Path) -> None:
    """Make the tables in a new file."""
    engine = connected(path)
    Base.metadata.create_all(engine)
    engine.dispose()


def application(path: Path) -> FastAPI:
    """The service on a file."""
    app = FastAPI()
    sessions = sessionmaker(connected(path))

    @app.post("/open-apis/hire/v1/talent_pools/{talent_pool_id}/batch_change_talent_pool")
    def batch_change(talent_pool_id: int, body: BatchChange) -> dict[str, Any]:
        # Not a session handed in by Depends: that one would hold the write lock until FastAPI had found another
        # thread to tidy up in, while all threads wait for the lock.
        with sessions.begin() as db:
            talent_ids = [int(text) for text in body.talent_id_list]
            change_pool(db, talent_pool_id, talent_ids, adds=body.option_type == ADD)
        return {"code": 0, "msg": "success", "data": {}}

    assert batch_change
    return app


def change_pool(db: Session, pool_id: int, talent_ids: list[int], *, adds: bool) -> None:
    """Add people to a pool or take them out, all or nothing; what is so already is left alone."""
    if db.get(Pool, pool_id) is None:
        raise HTTPException(400, "talent pool not exist")
    known = set(db.scalars(select(Talent.id).where(Talent.id.in_(talent_ids))))
    if missing := [talent_id for talent_id in talent_ids if talent_id not in known]:
        raise HTTPException(400, f"talent not exist: {missing}")
    here = Membership.pool_id == pool_id
    members = set(db.scalars(select(Membership.talent_id).where(here, Membership.talent_id.in_(talent_ids))))
    changed = sorted(known - members if adds else members)
    if not changed:
        return
    now = time.time_ns() // 1_000_000
    if adds:
        rows = [{"pool_id": pool_id, "talent_id": talent_id, "add_time": now} for talent_id in changed]
        db.execute(insert(Membership), rows)
    else:
        db.execute(delete(Membership).where(here, Membership.talent_id.in_(changed)))
    db.add(Change(pool_id=pool_id, operation="add" if adds else "remove", talent_ids=changed, time=now))


def main() -> None:
    """Serve the file named on the command line on a free port, and say which on standard error."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    config = uvicorn.Config(application(Path(sys.argv[1])), log_level="warning", access_log=False)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(f'{{"event":"listening","url":"{url}"}}', file=sys.stderr, flush=True)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
