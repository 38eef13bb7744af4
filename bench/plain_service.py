"""The same work by a plain service, written the usual way: FastAPI, SQLAlchemy's ORM, SQLite.

It is meant to be good of its kind: one check that the people exist, one look at who is a member already, one bulk
insert or delete, one row of history, one durable commit. People are created with one check for duplicates and their
educations and careers as objects of the session; they are found by LIKE. `python -m bench.plain_service FILE` runs it.
"""

import asyncio
import itertools
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import JSON, BigInteger, Engine, ForeignKey, create_engine, delete, event, insert, or_, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

from bench.work import EPOCH

ADD = 1


class Base(DeclarativeBase):
    """The tables."""


class Talent(Base):
    """A person. Where only pools are measured, nothing but the id and the times is set."""

    __tablename__ = "talents"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    create_time: Mapped[int] = mapped_column(BigInteger)
    update_time: Mapped[int] = mapped_column(BigInteger, index=True)
    name: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(unique=True)
    mobile: Mapped[str | None] = mapped_column(unique=True)
    mobile_country_code: Mapped[str | None]
    gender: Mapped[int | None]
    birthday: Mapped[str | None]
    start_work_time: Mapped[str | None]
    educations: Mapped[list["Education"]] = relationship()
    careers: Mapped[list["Career"]] = relationship()


class Education(Base):
    """A school a person went to."""

    __tablename__ = "educations"

    id: Mapped[int] = mapped_column(primary_key=True)
    talent_id: Mapped[int] = mapped_column(ForeignKey("talents.id"), index=True)
    degree: Mapped[int | None]
    school: Mapped[str | None]
    field_of_study: Mapped[str | None]
    start_time: Mapped[str | None]
    end_time: Mapped[str | None]
    education_type: Mapped[int | None]


class Career(Base):
    """A job a person had."""

    __tablename__ = "careers"

    id: Mapped[int] = mapped_column(primary_key=True)
    talent_id: Mapped[int] = mapped_column(ForeignKey("talents.id"), index=True)
    company: Mapped[str | None]
    title: Mapped[str | None]
    desc: Mapped[str | None]
    start_time: Mapped[str | None]
    end_time: Mapped[str | None]
    career_type: Mapped[int | None]


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


class GivenBasic(BaseModel):
    """Who the person is."""

    name: str
    email: str | None = None
    mobile: str | None = None
    mobile_country_code: str | None = None
    gender: int | None = None
    birthday: str | None = None
    start_work_time: str | None = None


class GivenEducation(BaseModel):
    """A school visited."""

    degree: int | None = None
    school: str | None = None
    field_of_study: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    education_type: int | None = None


class GivenCareer(BaseModel):
    """A job held."""

    company: str | None = None
    title: str | None = None
    desc: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    career_type: int | None = None


class NewTalent(BaseModel):
    """The body of combined_create."""

    basic_info: GivenBasic
    education_list: list[GivenEducation] = []
    career_list: list[GivenCareer] = []


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

    @app.post("/open-apis/hire/v1/talents/combined_create")
    def combined_create(body: NewTalent) -> dict[str, Any]:
        with sessions.begin() as db:
            talent_id = create_talent(db, body)
        return {"code": 0, "msg": "success", "data": {"talent_id": str(talent_id)}}

    @app.get("/open-apis/hire/v1/talents")
    def talents(keyword: str = "", page_size: int = 10) -> dict[str, Any]:
        with sessions.begin() as db:
            return {"code": 0, "msg": "success", "data": {"items": list_talents(db, keyword, page_size)}}

    assert batch_change
    assert combined_create
    assert talents
    return app


def change_pool(db: Session, pool_id: int, talent_ids: list[int], *, adds: bool) -> None:
    """Add people to a pool or take them out, all or nothing; what is so already is left alone."""
    if db.get(Pool, pool_id, with_for_update=True) is None:  # SQLite's one writer holds all there is already
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


_sequence = itertools.count()


def new_id(now: int) -> int:
    """An id that grows with time (ms)."""
    return (now - EPOCH) << 22 | next(_sequence) & 0x3FFFFF


def create_talent(db: Session, body: NewTalent) -> int:
    """Create a person whose e-mail and mobile are nobody's yet. Their id."""
    basic = body.basic_info
    owner = db.scalar(select(Talent.id).where(or_(Talent.email == basic.email, Talent.mobile == basic.mobile)))
    if owner is not None:
        raise HTTPException(400, f"talent exists: {owner}")
    now = time.time_ns() // 1_000_000
    talent = Talent(
        id=new_id(now),
        create_time=now,
        update_time=now,
        **basic.model_dump(),
        educations=[Education(**item.model_dump()) for item in body.education_list],
        careers=[Career(**item.model_dump()) for item in body.career_list],
    )
    db.add(talent)
    return talent.id


def list_talents(db: Session, keyword: str, page_size: int) -> list[dict[str, Any]]:
    """The people a keyword occurs in, updated last first."""
    query = select(Talent).options(selectinload(Talent.educations), selectinload(Talent.careers))
    if keyword:
        query = query.where(
            or_(
                Talent.name.contains(keyword),
                Talent.educations.any(Education.school.contains(keyword)),
                Talent.careers.any(or_(Career.company.contains(keyword), Career.title.contains(keyword))),
            )
        )
    found = db.scalars(query.order_by(Talent.update_time.desc(), Talent.id.desc()).limit(page_size))
    return [
        {
            "id": str(talent.id),
            "basic_info": GivenBasic.model_validate(talent, from_attributes=True),
            "education_list": [GivenEducation.model_validate(e, from_attributes=True) for e in talent.educations],
            "career_list": [GivenCareer.model_validate(c, from_attributes=True) for c in talent.careers],
        }
        for talent in found
    ]


def listen(app: FastAPI) -> None:
    """Serve on a free port, and say which on standard error."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(f'{{"event":"listening","url":"{url}"}}', file=sys.stderr, flush=True)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    listen(application(Path(sys.argv[1])))
