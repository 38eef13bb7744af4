"""Made-up people such as a real database holds, from vocabularies of which some words are frequent and most are rare.

Most are Chinese. Each has an e-mail and a mobile of their own, and follows from their number. Some carry a planted word
that nobody else has, so that a keyword's matches are known; they stand evenly spread over the order of updates.
"""

import itertools
import random
from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from rencai.contract.profiles import BasicInfo, Career, Education, NewTalent

BLOCKS = 10_000  # the order of updates is cut into so many blocks; a planted word is once in every so many of them
_SCATTER = 2_654_435_761  # prime: multiplied by it, numbers lie scattered, and no two meet
_BATCH = 1_000

_YEAR = 31_556_952_000  # ms


class Plant(msgspec.Struct, frozen=True):
    """A planted word: how many people have it, in which field, and who of each block that has it."""

    word: str
    matches: int
    field: str
    place: int


CHINESE = (
    Plant("麒麟", 10_000, "company", 0),
    Plant("貔貅", 1_000, "title", 2),
    Plant("獬豸", 100, "company", 4),
    Plant("饕餮", 10, "name", 6),
)
LATIN = (
    Plant("quokka", 10_000, "title", 1),
    Plant("axolotl", 1_000, "title", 3),
    Plant("pangolin", 100, "company", 5),
    Plant("okapi", 10, "name", 7),
)
PLANTS = (*CHINESE, *LATIN)
# In every hundredth block the second of these falls to the person who has the first: 100 have both.
PAIR = (CHINESE[0], LATIN[1])
PAIR_MATCHES = 100
LEAST_PEOPLE = BLOCKS * len(PLANTS)
COMMON = "工程师"  # in the titles of several hundred thousand of a million


def rank_of(number: int, people: int) -> int:
    """Where a person stands in the order of updates, from 0."""
    return number * _SCATTER % people


def number_at(rank: int, people: int) -> int:
    """Who stands there."""
    return rank * pow(_SCATTER, -1, people) % people


def made(numbers: range, people: int) -> Iterator[NewTalent]:
    """The people of these numbers as somebody sends them, where `people` are seeded. Later ones have no planted words.

    The range begins at a multiple of 1,000.
    """
    for start in range(numbers.start, numbers.stop, _BATCH):
        batch = range(start, min(start + _BATCH, numbers.stop))
        drawn = _Drawn(random.Random(f"people from {start}"))
        for number in batch:
            plants = _plants(rank_of(number, people), people) if number < people else []
            yield _person(drawn, number, {plant.field: plant.word for plant in plants})


def mobile_of(number: int) -> str:
    """A person's mobile: eleven digits, scattered over the country's."""
    return f"{('13', '15', '18')[number % 3]}{number * _SCATTER % 10**9:09d}"


def _plants(rank: int, people: int) -> list[Plant]:
    block, place = divmod(rank, people // BLOCKS)
    if place >= len(PLANTS) or block >= BLOCKS:
        return []
    found = [plant for plant in PLANTS if plant.place == place and not block % (BLOCKS // plant.matches)]
    first, second = PAIR
    if block % (BLOCKS // PAIR_MATCHES) == 0:
        found = [plant for plant in found if plant is not second]
        found += [second] if first in found else []
    return found


class _Drawn:
    """Random choices, endless."""

    def __init__(self, draw: random.Random) -> None:
        self.random = draw.random
        self.family = _endless(draw, _FAMILY)
        self.given = _endless(draw, _GIVEN)
        self.first = _endless(draw, _FIRST)
        self.last = _endless(draw, _LAST)
        self.company = _endless(draw, COMPANIES)
        self.school = _endless(draw, SCHOOLS)
        self.title = _endless(draw, TITLES)
        self.major = _endless(draw, _MAJORS)
        self.desc = _endless(draw, _DESCRIPTIONS)
        self.year = _endless(draw, [str(year * _YEAR) for year in range(30)])


def _endless(draw: random.Random, values: list[str]) -> Iterator[str]:
    """Values drawn at random, the first most often."""
    weights = list(itertools.accumulate(1 / (place + 5) for place in range(len(values))))
    while True:
        yield from draw.choices(values, cum_weights=weights, k=_BATCH)


def _person(drawn: _Drawn, number: int, planted: dict[str, str]) -> NewTalent:
    chinese = drawn.random() < 0.85
    if chinese:
        name = next(drawn.family) + next(drawn.given) + (next(drawn.given) if drawn.random() < 0.8 else "")
    else:
        name = f"{next(drawn.first)} {next(drawn.last)}"
    name = f"{name} {planted['name']}" if "name" in planted else name
    basic = BasicInfo(
        name=name,
        mobile=mobile_of(number),
        mobile_country_code="CN_1",
        email=f"{next(drawn.first).lower()}.{number * _SCATTER % 10**7:07d}@example.com",
        gender=1 if drawn.random() < 0.5 else 2,
        birthday=next(drawn.year),
        start_work_time=next(drawn.year),
    )
    educations = [_education(drawn, 6)] if drawn.random() < 0.6 else [_education(drawn, 7), _education(drawn, 6)]
    careers = [_career(drawn, planted)] if drawn.random() < 0.5 else [_career(drawn, planted), _career(drawn, {})]
    return NewTalent(basic_info=basic, education_list=educations, career_list=careers)


def _education(drawn: _Drawn, degree: int) -> Education:
    return Education(
        degree=6 if degree == 6 else 7,
        school=next(drawn.school),
        field_of_study=next(drawn.major),
        start_time=next(drawn.year),
        end_time=next(drawn.year),
        education_type=1,
    )


def _career(drawn: _Drawn, planted: dict[str, str]) -> Career:
    company, title = next(drawn.company), next(drawn.title)
    return Career(
        company=f"{company[:2]}{planted['company']}{company[2:]}" if "company" in planted else company,
        title=f"{title} {planted['title']}" if "title" in planted else title,
        desc=next(drawn.desc),
        start_time=next(drawn.year),
        end_time=next(drawn.year) if drawn.random() < 0.7 else UNSET,
        career_type=2,
    )


# The vocabularies


def _words(text: str) -> list[str]:
    return text.split()


def _mixed(*parts: list[str], count: int, joint: str = "") -> list[str]:
    """So many of all combinations, in an order of their own."""
    combined = [joint.join(part for part in chosen if part) for chosen in itertools.product(*parts)]
    random.Random(f"{count} of {parts[0][-1]}").shuffle(combined)
    return combined[:count]


def _interleaved(chinese: list[str], latin: list[str]) -> list[str]:
    """Six Chinese ones, then a Latin one, and so on: both are frequent and rare."""
    found: list[str] = []
    others = iter(latin)
    for place, word in enumerate(chinese):
        found.append(word)
        found += itertools.islice(others, 1 if place % 6 == 5 else 0)
    return found


_FAMILY = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN = list(
    "伟芳娜敏静秀英丽强磊洋艳勇军杰思远雨桐子涵浩然明辉志建国文华玉兰平红梅海涛鹏飞宇轩梓萱欣怡佳琪俊晨曦"
    "嘉瑞博雅诗晓东春霞云龙凤珍金福德才永兴荣光亮天成立新民安宁健康乐和顺义信仁智慧诚真纯洁清秋冬雪冰霜露"
    "风雷山川江河湖林森松柏竹菊荷莲桂枫柳榕楠桦铭泽恒毅凯旋翔鸿鹤燕莺鹃蓉薇蕾莉萍茜蓓翠碧青蓝紫丹彤朱墨"
)
_FIRST = _words(
    "Ada Ben Chloe Diego Elif Farah Grace Hugo Ines Jonas Kira Liam Mei Noor Oscar Priya Quentin Rosa Sven Tara Uma "
    "Viktor Wanda Xenia Yusuf Zoe Aaron Bella Carlos Daria Emil Fatima Georg Hana Ivan Julia Karim Lena Marco Nadia "
    "Omar Paula Rafael Sofia Tomas Ulla Vera Wim Yara Zane"
)
_LAST = _words(
    "Almeida Brown Chen Dubois Evans Fischer Garcia Haddad Ito Jensen Kowalski Lin Moreau Novak Olsen Patel Quinn "
    "Rossi Schmidt Tanaka Ueda Vargas Weber Xu Yilmaz Zhou Abbott Berg Costa Duarte Eriksson Ferrari Gupta Hoffmann "
    "Ivanov Johansson Kim Larsen Martin Nguyen Okafor Petrov Romero Silva Takahashi Ueno Virtanen Wagner Young Zapata"
)
_PLACES = _words(
    "北京 上海 广州 深圳 杭州 南京 成都 武汉 西安 重庆 天津 苏州 长沙 郑州 青岛 大连 厦门 宁波 合肥 福州 济南 沈阳 "
    "哈尔滨 长春 昆明 贵阳 南宁 海口 兰州 太原 石家庄 南昌 无锡 常州 温州 珠海 佛山 东莞 烟台 洛阳"
)
_ROOTS = _words(
    "青云 远山 北岸 明德 星河 启明 长风 博远 天成 海纳 云帆 智行 新原 鼎盛 恒信 华锐 中科 万象 数联 飞鱼 蓝鲸 白杨 "
    "赤兔 银杏 磐石 涌泉 朝阳 晨光 金石 瀚海 凌云 扬帆 同舟 知行 融通 百川 千寻 九州 四维 五岳"
)
_KINDS = _words("科技 网络 数据 软件 信息 咨询 电子 通信 医疗 教育 金融 物流 传媒 能源 汽车 制造")
_LATIN_ROOTS = _words(
    "Northwind Contoso Harbor Lakeside Summit Redwood Bluebird Granite Meridian Aurora Cobalt Juniper Lantern Maple "
    "Nimbus Orchid Pioneer Quartz Riverbend Sterling Tundra Umbra Vertex Willow Zephyr"
)
_LATIN_KINDS = _words("Labs Systems Software Partners Group Networks Analytics Robotics Health Energy Capital Media")
COMPANIES = _interleaved(
    _mixed(["", *_PLACES], _ROOTS, _KINDS, count=5_000), _mixed(_LATIN_ROOTS, _LATIN_KINDS, count=300, joint=" ")
)
SCHOOLS = _interleaved(
    _mixed(
        _PLACES,
        _words("大学 理工大学 师范大学 工业大学 财经大学 农业大学 医科大学 科技大学 外国语大学 交通大学 学院"),
        count=480,
    ),
    _mixed(["University of", "Institute of"], [f"{name}ville" for name in _LAST], count=80, joint=" "),
)
TITLES = _interleaved(
    _mixed(
        ["", "高级", "资深", "初级", "首席", "助理"],
        _words("后端 前端 测试 运维 算法 数据 硬件 安全 网络 产品 销售 市场 运营 财务 人力资源 法务 质量 客户 研发"),
        _words("工程师 工程师 经理 专家 主管 分析师 顾问"),
        count=800,
    ),
    _mixed(
        ["", "Senior", "Junior", "Lead", "Principal"],
        ["Software", "Data", "Product", "Sales", "Marketing", "Security", "Quality", "Platform"],
        ["Engineer", "Manager", "Analyst", "Consultant"],
        count=130,
        joint=" ",
    ),
)
_MAJORS = _words("计算机科学 软件工程 电子信息 统计学 工业设计 会计学 金融学 法学 机械工程 市场营销 自动化 数学 英语")
_DESCRIPTIONS = _mixed(
    ["负责核心系统的设计与开发，", "带领六人小组完成平台的重构，", "参与新产品从调研到上线的全过程，"],
    ["把接口的响应时间降低一半，", "支撑每日上亿次的请求，", "建立了完整的监控与告警，", "推动自动化测试的落地，"],
    ["并指导新同事熟悉业务。", "得到客户与团队的一致认可。", "为公司每年节约大量成本。", "项目按期交付，质量稳定。"],
    count=48,
)
