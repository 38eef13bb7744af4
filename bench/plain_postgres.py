"""The plain service over PostgreSQL: FastAPI and SQLAlchemy's ORM, awaited, with asyncpg and its usual pool.

It runs the same function as the one over SQLite. `python -m bench.plain_postgres URL` runs it.
"""

import sys
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.plain_service import ADD, Base, BatchChange, change_pool, listen


def _engine_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


async def create_tables(url: str) -> None:
    """Make the tables in an empty database."""
    engine = create_async_engine(_engine_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


def application(url: str) -> FastAPI:
    """The service on a database."""
    app = FastAPI()
    sessions = async_sessionmaker(create_async_engine(_engine_url(url)))

    @app.post("/open-apis/hire/v1/talent_pools/{talent_pool_id}/batch_change_talent_pool")
    async def batch_change(talent_pool_id: int, body: BatchChange) -> dict[str, Any]:
        talent_ids = [int(text) for text in body.talent_id_list]
        async with sessions.begin() as db:
            await db.run_sync(change_pool, talent_pool_id, talent_ids, adds=body.option_type == ADD)
        return {"code": 0, "msg": "success", "data": {}}

    assert batch_change
    return app


if __name__ == "__main__":
    listen(application(sys.argv[1]))
