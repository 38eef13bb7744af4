"""`rencai demo`: a throw-away database with people and pools to try things on, and lines to paste."""

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from rencai import clock, config
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.talent_pools import BatchChange, NewTalentPool, TalentPoolPath
from rencai.contract.talents import NewTalent, NewTalents
from rencai.main import ServeSettings, database_opened, serve
from rencai.operations import apps, talent_pools, talents
from rencai.operations.apps import AppCreated, Credentials, NewApp
from rencai.operations.call import Call, Caller
from rencai.storage.seam import Database, Transaction

PEOPLE = 1000
SCOPES = tuple(sorted({scope for endpoint in ENDPOINTS for scope in endpoint.scopes}))
POOLS = (
    ("后端工程师", "Backend engineers", 180),
    ("前端工程师", "Frontend engineers", 140),
    ("数据与算法", "Data and machine learning", 120),
    ("产品经理", "Product managers", 90),
    ("设计师", "Designers", 70),
    ("2026 校园招聘", "Campus hiring 2026", 200),
    ("高潜人才", "High potentials", 40),
    ("海外华人", "Talent abroad", 60),
    ("银牌候选人", "Silver medallists", 110),
    ("待跟进", "To follow up", 0),
)
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "秀英",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "思远",
    "雨桐",
    "子涵",
    "浩然",
)
_FIRST = (
    "Ada",
    "Ben",
    "Chloe",
    "Diego",
    "Elif",
    "Farah",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Liam",
    "Mei",
    "Noor",
)
_LAST = (
    "Almeida",
    "Brown",
    "Chen",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lin",
)
_SCHOOLS = (
    "清华大学",
    "北京大学",
    "浙江大学",
    "上海交通大学",
    "华中科技大学",
    "ETH Zürich",
    "NUS",
    "University of Toronto",
)
_MAJORS = ("计算机科学", "软件工程", "电子信息", "统计学", "工业设计", "Computer Science", "Economics")
_COMPANIES = (
    "青云科技",
    "远山数据",
    "北岸网络",
    "明德咨询",
    "Northwind",
    "Contoso",
    "Blue Harbor",
    "Lakeside Labs",
)
_TITLES = (
    "后端工程师",
    "前端工程师",
    "数据分析师",
    "产品经理",
    "设计师",
    "Software Engineer",
    "Data Scientist",
)


def run(host: str, port: int) -> None:
    """Make the database, fill it, serve it, and throw it away at the end."""
    with tempfile.TemporaryDirectory(prefix="rencai-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        app, pool_id, talent_ids = asyncio.run(_fill(url))

        async def announce(base_url: str) -> None:
            print(_lines(base_url, app, pool_id, talent_ids), flush=True)  # noqa: T201

        settings = {setting.name: setting.default for setting in config.SETTINGS}
        settings.update(database=url, host=host, port=port)
        serve(msgspec.convert(settings, ServeSettings), announce)


async def _fill(url: str) -> tuple[AppCreated, str, list[str]]:
    """An app, the people and the pools. The app, the empty pool's id, and the ids of 50 people to put into it."""
    async with database_opened(url, may_make=True) as database:
        new = NewApp("Demo 示例公司", "demo", SCOPES, "feishu")
        credentials = Credentials.drawn()
        app = await database.write(lambda tx: apps.app_create(tx, new, credentials, clock.now()))
        filler = _Filler(database, Caller(1, app.app_id, frozenset(SCOPES), "off", b""))
        draw = random.Random(20_26)  # noqa: S311  (sample people, the same each time)
        people = NewTalents([_person(draw, number) for number in range(PEOPLE)])
        created = await filler.call(talents.talent_batch_create, body=people)
        pool_ids = [await filler.pool(draw, created.talent_id_list, *pool) for pool in POOLS]
        return app, pool_ids[-1], created.talent_id_list[:50]


class _Filler:
    """Makes calls on a database as an app, without a server in between."""

    def __init__(self, database: Database, caller: Caller) -> None:
        self._database = database
        self._caller = caller
        self._ids = clock.IdSource(clock.now)

    async def call(self, operation: Callable[..., Any], **given: msgspec.Struct) -> Any:
        """What an operation answers."""
        call = Call(operation.__name__, self._caller, clock.now(), self._ids.take)

        async def unit(tx: Transaction) -> Any:
            return (await operation(tx, call, **given)).data

        return await self._database.write(unit)

    async def pool(self, draw: random.Random, talent_ids: list[str], zh_cn: str, en_us: str, size: int) -> str:
        """A pool with so many people, 50 a call. Its id."""
        new = msgspec.convert({"i18n_name": {"zh_cn": zh_cn, "en_us": en_us}}, NewTalentPool)
        pool_id: str = (await self.call(talent_pools.talent_pool_create, body=new)).talent_pool.id
        members = draw.sample(talent_ids, size)
        for start in range(0, size, 50):
            body = BatchChange(members[start : start + 50], talent_pools.ADD)
            await self.call(talent_pools.talent_pool_batch_change, path=TalentPoolPath(pool_id), body=body)
        return pool_id


def _person(draw: random.Random, number: int) -> NewTalent:
    chinese = draw.random() < 0.75
    name = draw.choice(_FAMILY) + draw.choice(_GIVEN) if chinese else f"{draw.choice(_FIRST)} {draw.choice(_LAST)}"
    born = draw.randrange(1975, 2003)
    body = {
        "basic_info": {
            "name": name,
            "email": f"talent{number:04d}@example.com",
            "mobile": f"138{number:08d}",
            "mobile_country_code": "CN_1",
            "gender": draw.choice((1, 2)),
            "birthday": str((born - 1970) * 31_556_952_000),
        },
        "education_list": [{"school": draw.choice(_SCHOOLS), "field_of_study": draw.choice(_MAJORS), "degree": 6}],
        "career_list": [{"company": draw.choice(_COMPANIES), "title": draw.choice(_TITLES), "career_type": 2}],
    }
    return msgspec.convert(body, NewTalent)


def _lines(base_url: str, app: AppCreated, pool_id: str, talent_ids: list[str]) -> str:
    three = ", ".join(f'"{talent_id}"' for talent_id in talent_ids[:3])
    path = f"/open-apis/hire/v1/talent_pools/{pool_id}/batch_change_talent_pool"
    return f"""
Rencai demo: {PEOPLE} people, {len(POOLS)} pools, gone when you press Ctrl-C

  base URL    {base_url}
  app id      {app.app_id}
  app secret  {app.app_secret}
  pages       {base_url}/docs

Put three people into the pool "{POOLS[-1][0]} / {POOLS[-1][1]}" with curl:

  TOKEN=$(curl -s {base_url}/open-apis/auth/v3/tenant_access_token/internal \\
    -d '{{"app_id":"{app.app_id}","app_secret":"{app.app_secret}"}}' | grep -o 't-[0-9a-f]*')
  curl -s {base_url}{path} \\
    -H "Authorization: Bearer $TOKEN" -d '{{"talent_id_list":[{three}],"option_type":1}}'
  curl -s {base_url}/rencai/v1/talent_pools/{pool_id}/talents -H "Authorization: Bearer $TOKEN"

The same with the official Python SDK (pip install lark-oapi):

import lark_oapi as lark
from lark_oapi.api.hire.v1 import *

client = (lark.Client.builder().domain("{base_url}")
          .app_id("{app.app_id}").app_secret("{app.app_secret}").build())
body = (BatchChangeTalentPoolTalentPoolRequestBody.builder()
        .talent_id_list([{three}]).option_type(1).build())
request = (BatchChangeTalentPoolTalentPoolRequest.builder()
           .talent_pool_id("{pool_id}").request_body(body).build())
response = client.hire.v1.talent_pool.batch_change_talent_pool(request)
print(response.code, response.msg, response.get_log_id())
"""
