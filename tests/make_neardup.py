"""Make tests/cases/neardup.jsonl: labelled pairs of every kind that POLICY.md names, by seeded mutators and templates.

    python -m tests.make_neardup SHARED_CASES        the folder with seeds_gold/ and boilerplate_more.jsonl, written for this project

Duplicates are made of those texts; templates, poems and names below are written for this file.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

OUT = Path(__file__).parent / "cases" / "neardup.jsonl"

SYNONYMS = dict(
    pair.split("/") for pair in (
        "进行/开展 通过/经由 以及/和 因此/所以 由于/因为 觉得/认为 如果/倘若 但是/不过 非常/十分 经常/时常 立即/马上 大约/大概 "
        "帮助/协助 使用/运用 需要/须要 希望/盼望 能够/可以 已经/业已 目前/眼下 重要/紧要 方法/办法 问题/难题 工作/事情 企业/公司 "
        "增加/增添 减少/减低 提高/提升 开始/着手 完成/达成 获得/取得 发现/察觉 说明/阐明 表示/说 认为/觉得 必须/务必 主要/首要 "
        "不断/持续 全面/全方位 积极/主动 加强/强化 推动/促进 群众/百姓 时候/时分 地方/地点 同时/与此同时 特别/尤其 完全/彻底"
    ).split()
)
TAIWAN = dict(p.split("/") for p in "软件/軟體 网络/網路 信息/資訊 数据/資料 程序/程式 视频/影片 质量/品質 服务器/伺服器 用户/使用者".split())
SLIPS = dict(p.split("/") for p in "入/人 人/入 已/己 日/曰 未/末 土/士 大/太 问/间 0/o 1/l 的/旳 力/カ 自/白 千/干 天/夫 贷/货 侯/候 晴/睛".split())
FURNITURE = (
    "首页 > 新闻中心 > 正文", "发布时间：{y}-0{m}-1{d} 来源：{s} 浏览：{n}次", "责任编辑：{p}", "分享到：微信 微博 QQ空间",
    "上一篇：老城区改造年内完成\n下一篇：高铁新线下月开通", "版权所有 {s} 未经许可不得转载", "声明：转载此文是出于传递更多信息之目的。",
)
PARAGRAPHS = (
    "据了解，类似的做法在其他地方也有先例，当地有关部门表示将继续跟进，并及时向社会公布进展情况。",
    "对此有网友表示，希望这样的做法能够推广到更多地方，也有人认为关键要看能否长期坚持下去。",
    "小编在这里提醒大家，遇到类似的情况不要慌张，先弄清楚事情的来龙去脉再作决定，必要时可以咨询专业人士。",
)
HEADLINES = ("深度：此事背后还有哪些看点", "最新消息！这件事终于有了结果", "关注｜专家这样解读", "重磅！一文读懂来龙去脉")
PEOPLE = "王建国 李晓梅 张志强 刘思远 陈丽华 杨振东 赵海燕 黄文博 周玉兰 吴国平 徐静 孙浩然 胡月娥 朱明 高翔 林小雨".split()
COUNTIES = "青石 临河 南岭 白沙 清源 东平 云溪 大田 双桥 金山 永和 安宁".split()
FIRMS = "海川 云帆 南方 大河 东方 星辉 恒通 瑞丰 天成 华信".split()
GOODS = "白菜 黄瓜 番茄 土豆 鸡蛋 猪肉 牛肉 大米".split()

#: Templates: {a} to {z} are filled with facts, see `fill`. Every two fillings of one are different documents.
TEMPLATES = {
    "court-notice": "{p1}：本院受理原告{p2}诉你{k1}纠纷一案，案号为（{y1}）青0{n3a}民初{n4a}号，现依法向你公告送达起诉状副本、应诉通知书、举证通知书及开庭"
    "传票。原告请求判令你支付{n5a}元及利息。自本公告发出之日起经过三十日即视为送达。提出答辩状和举证的期限分别为公告期满后的十五日和三十日内，"
    "并定于{y2}年{m1}月{d1}日上午九时在本院第{h1}法庭公开开庭审理，逾期将依法缺席判决。\n{c1}县人民法院\n{y1}年{m2}月{d2}日",
    "weather": "{c1}县气象台{m1}月{d1}日天气预报：今天白天到夜间{w1}，{f1}风{h1}级，气温{n2a}到{n2b}度，相对湿度{n2c}%。明天{w2}，{f2}风{h2}级，"
    "气温{n2d}到{n2e}度。空气质量指数{n2f}，首要污染物为臭氧。出行请注意交通安全，早晚温差较大，请适时增减衣物。",
    "outage": "停电公告\n尊敬的客户：因线路检修，{c1}供电公司定于{y1}年{m1}月{d1}日{h3}时至{n2a}时对10千伏{c2}线停电检修，届时将影响{c3}小区、{c4}村一带用电。"
    "请有关客户提前做好准备，妥善安排生产生活。如遇雨天等不利天气，检修时间顺延。检修期间线路随时可能恢复送电，请勿在停电线路和设备上工作，"
    "以确保人身安全。如有疑问请拨打95598供电服务热线，给您带来的不便敬请谅解。",
    "exam-notice": "{y1}年度{k2}考试报名通知\n根据上级人事考试中心的统一部署，现将{y1}年度{k2}考试报名工作有关事项通知如下。一、报名时间：{y1}年{m1}月{d1}日9:00至"
    "{m2}月{d2}日17:00。二、考试时间：{y1}年{m3}月{d3}日至{d4}日。三、收费标准：每人每科{n2a}元。四、报名采用网上报名、网上缴费的方式进行，"
    "报考人员应当如实填写个人信息，并对所填信息的真实性负责。考试结束后两个月内公布成绩。咨询电话：0000-{n5a}。\n{c1}市人事考试中心\n{y1}年{m4}月{d5}日",
    "tender": "{k3}采购项目中标公告\n一、项目编号：QS-{y1}-{n3a}\n二、项目名称：{k3}采购项目\n三、中标供应商：{z1}有限公司\n中标金额：{n3b}.{n2a}万元\n四、评审专家：{p1}、{p2}、"
    "{p3}\n五、公告期限：自本公告发布之日起1个工作日。\n六、供应商认为中标结果使自己的权益受到损害的，可以在公告期限届满之日起七个工作日内以书面形式"
    "向采购人提出质疑。联系人：{p4}，电话：0000-{n5a}。",
    "obituary": "讣告\n我校退休教师{p1}同志因病医治无效，于{y1}年{m1}月{d1}日{h3}时在市人民医院逝世，享年{n2a}岁。{p1}同志{y3}年生，{y4}年参加工作，先后在{k4}系、"
    "后勤处任职，为学校的发展作出了贡献。遵照家属意见，丧事从简，告别仪式定于{m1}月{d2}日上午在殡仪馆举行。\n校工会\n{y1}年{m1}月{d3}日",
    "stock": "{z1}股份（60{n4a}）{m1}月{d1}日晚间发布半年度报告，上半年实现营业收入{n2a}.{n2b}亿元，同比增长{n2c}.{n2d}%；归属于上市公司股东的净利润{h1}.{n2e}亿元，"
    "同比下降{h2}.{n2f}%；基本每股收益0.{n2g}元。报告期内公司研发投入{h3}.{n2h}亿元，主要用于新产品开发。截至发稿，{z1}股份报{n2i}.{n2j}元。",
    "match": "全市业余篮球联赛第{n2a}轮昨晚继续进行，{c1}队主场以{n2b}比{n2c}战胜{c2}队。四节比分为{n2d}比{n2e}、{n2f}比{n2g}、{n2h}比{n2i}、{n2j}比{n2k}。"
    "{c1}队的{p1}得到全场最高的{n2l}分，{c2}队的{p2}得到{n2m}分和{n2n}个篮板。下一轮{c1}队将客场挑战{c3}队。",
    "prices": "{c1}农产品批发市场{m1}月{d1}日行情：白菜每公斤{h1}.{n2a}元，黄瓜每公斤{h2}.{n2b}元，番茄每公斤{h3}.{n2c}元，土豆每公斤{h4}.{n2d}元，鸡蛋每公斤{n2e}.{h1}元，"
    "猪肉每公斤{n2f}.{h2}元，牛肉每公斤{n2g}.{h3}元。总体上货量较前一日变化不大，预计近期价格以稳为主，市场供应充足。",
    "recruit": "{c1}县{k5}招聘公告\n因工作需要，{c1}县{k5}面向社会公开招聘工作人员{n2a}名。报名条件：年龄在{n2b}周岁以下，具有大专以上学历，身体健康，品行端正。报名时间："
    "{y1}年{m1}月{d1}日至{d2}日，报名地点：{c1}县政务服务中心{h1}楼。招聘按照报名、资格审查、笔试、面试、体检、公示的程序进行，聘用后试用期为"
    "三个月，工资待遇按有关规定执行。联系电话：0000-{n5a}。",
    "visit": "{m1}月{d1}日上午，市长{p1}在市政府会见了来访的{z1}集团董事长{p2}一行。{p1}对{p2}一行的到来表示欢迎，并介绍了全市经济社会发展的情况。他说，双方合作"
    "基础良好，希望进一步拓展合作领域，实现互利共赢。{p2}表示，{z1}集团看好当地的发展前景，将加大投资力度。副市长{p3}、秘书长{p4}参加会见。",
    "statute": "{c1}县城乡环境卫生管理办法\n第一条 为了加强{c1}县城乡环境卫生管理，创造清洁优美的生活环境，根据有关法律法规，结合本县实际，制定本办法。\n"
    "第二条 {c1}县行政区域内的单位和个人应当遵守本办法。\n第三条 县城市管理部门负责本办法的组织实施，乡镇人民政府负责本辖区内的环境卫生工作。\n"
    "第四条 单位和个人应当做到门前整洁，不得乱倒垃圾污水，不得在道路两侧堆放杂物。\n第五条 生活垃圾应当分类投放，日产日清，运往指定地点处理。\n"
    "第六条 违反本办法的，由县城市管理部门责令改正，可以处二百元以下的罚款。\n第七条 本办法自公布之日起施行。",
    "office-rules": "{z1}区{k6}办事细则\n第一条 {z1}区{k6}为处理内部单位分工职掌，特订定本细则。\n第二条 {k6}置主任一人，综理全般事务；副主任一人，襄助主任处理事务。\n"
    "第三条 {k6}设综合科、业务科、财务科，各置科长一人，承主任之命办理主管事务。\n第四条 综合科掌理文书、印信、出纳及不属于其他各科的事项。\n"
    "第五条 业务科掌理年度计划的拟订、执行与考核事项。\n第六条 {k6}每月举行会议一次，由主任主持，必要时得邀请有关人员列席。\n第七条 本细则自发布日施行。",
}
CHOICES = {
    "k1": "买卖合同 民间借贷 离婚 房屋租赁合同 机动车交通事故责任 劳动争议", "k2": "一级建造师 护士执业资格 教师资格 注册会计师 社会工作者",
    "k3": "智慧停车系统 教学楼加固 道路路面大修 供热管网改造 图书馆设备", "k4": "数学 物理 化学 中文 历史", "k5": "图书馆 融媒体中心 疾控中心 自来水公司",
    "k6": "农会 渔会 水利会 茶业公会", "w1": "晴 多云 小雨 阴转晴 中雨", "w2": "晴转多云 小到中雨 阴 多云转晴", "f1": "东 南 西 北", "f2": "东南 西北 东北 西南",
}
POEMS = (
    ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"),
    ("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "白日依山盡，黃河入海流。欲窮千里目，更上一重樓。"),
    ("千山鸟飞绝，万径人踪灭。孤舟蓑笠翁，独钓寒江雪。", "千山鳥飛絶，萬徑人蹤滅。孤舟簑笠翁，獨釣寒江雪。"),
    ("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。", "春曉\n孟浩然\n春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。"),
    ("渭城朝雨浥轻尘，客舍青青柳色新。劝君更尽一杯酒，西出阳关无故人。", "渭城朝雨裛輕塵，客舍依依楊柳春。勸君更進一杯酒，西出陽關無故人。"),
    ("黄河远上白云间，一片孤城万仞山。羌笛何须怨杨柳，春风不度玉门关。", "黃沙直上白雲間，一片孤城萬仞山。羌笛何須怨楊柳，春光不度玉門關。"),
    ("两个黄鹂鸣翠柳，一行白鹭上青天。窗含西岭千秋雪，门泊东吴万里船。", "兩箇黃鸝鳴翠柳，一行白鷺上青天。窗含西嶺千秋雪，門泊東吳萬里舡。"),
    ("红豆生南国，春来发几枝。愿君多采撷，此物最相思。", "紅豆生南國，秋來發幾枝。勸君休采擷，此物最相思。"),
    ("空山不见人，但闻人语响。返景入深林，复照青苔上。", "空山不見人，但聞人語響。返影入深林，復照青苔上。"),
    ("月落乌啼霜满天，江枫渔火对愁眠。姑苏城外寒山寺，夜半钟声到客船。", "月落烏啼霜滿天，江村漁火對愁眠。姑蘇城外寒山寺，半夜鐘聲到客船。"),
)
SHORT_NOT = (
    ("北京市气象台7月3日发布暴雨黄色预警，请注意防范。", "北京市气象台7月5日发布暴雨黄色预警，请注意防范。"),
    ("关于召开第二次股东大会的通知，请各位股东按时参加。", "关于召开第三次股东大会的通知，请各位股东按时参加。"),
    ("从北京到上海的火车票怎么买最便宜？求大家指点一下。", "从北京到广州的火车票怎么买最便宜？求大家指点一下。"),
    ("请问数学系的转专业名额有多少，什么时候开始报名？", "请问物理系的转专业名额有多少，什么时候开始报名？"),
    ("好的，谢谢！", "好吧，谢谢！"), ("顶", "赞"), ("转发微博", "转发视频"), ("。。。", "！！！"), ("", ""),
)


def fill(template: str, rng: random.Random) -> str:
    """Fill a template with facts; one name stands for one fact throughout."""
    facts: dict[str, str] = {}
    used: set[str] = set()

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name not in facts:
            facts[name] = pick(name, rng, used)
        return facts[name]

    return re.sub(r"\{(\w+)\}", one, template)


def pick(name: str, rng: random.Random, used: set[str]) -> str:
    """A fact of a kind."""
    if name in CHOICES:
        return rng.choice(CHOICES[name].split())
    if name[0] in "pcz":
        value = rng.choice([x for x in {"p": PEOPLE, "c": COUNTIES, "z": FIRMS}[name[0]] if x not in used])
        used.add(value)
        return value
    kinds: dict[str, Callable[[], int]] = {
        "y": lambda: rng.randint(2015, 2023) if name in ("y1", "y2") else rng.randint(1935, 1979),
        "m": lambda: rng.randint(1, 12), "d": lambda: rng.randint(1, 28), "h": lambda: rng.randint(1, 9),
        "n": lambda: rng.randrange(10 ** (int(name[1]) - 1), 10 ** int(name[1])),
    }
    return str(kinds[name[0]]())


def load_bases(folder: Path) -> list[str]:
    """Texts to make duplicates of: windows of the seeds, and the lines to keep of pages."""
    bases = []
    for path in sorted((folder / "seeds_gold").glob("*.txt")):
        lines = path.read_text("utf-8").strip().split("\n")
        window: list[str] = []
        for line in lines:
            window.append(line)
            if sum(map(len, window)) > 700:
                bases.append("\n".join(window))
                window = []
    for row in map(json.loads, (folder / "boilerplate_more.jsonl").read_text("utf-8").strip().split("\n")):
        text = "\n".join(x["text"] for x in row["lines"] if x["label"] == "keep")
        if len(text) >= 350:
            bases.append(text)
    return bases


def swap(text: str, table: dict[str, str], share: float, rng: random.Random) -> str:
    """Put words of a table for others, each with a probability."""
    pattern = re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    return pattern.sub(lambda m: table[m[0]] if rng.random() < share else m[0], text)


def slip(text: str, rng: random.Random) -> str:
    """Light slips of recognition: one in 120 characters mistaken, lost or doubled."""
    out = []
    for ch in text:
        if rng.random() < 1 / 120 and not ch.isspace():
            out.append(rng.choice((SLIPS.get(ch, ch), "", ch * 2)))
        else:
            out.append(SLIPS[ch] if ch in SLIPS and rng.random() < 0.1 and not ch.isdigit() else ch)
    return "".join(out)


def read_aloud(text: str, rng: random.Random) -> str:
    """Readings in brackets after some words."""
    from pypinyin import Style, lazy_pinyin

    def one(match: re.Match[str]) -> str:
        word = match[0]
        return f"{word}({''.join(lazy_pinyin(word, style=Style.TONE))})" if rng.random() < 0.2 else word

    return re.sub("[\u4e00-\u9fff]{2}", one, text)


def furnish(text: str, rng: random.Random) -> str:
    """A site's furniture before and after."""
    facts = {
        "y": rng.randint(2016, 2023), "m": rng.randint(1, 9), "d": rng.randint(0, 9), "n": rng.randint(10, 9999),
        "s": rng.choice(FIRMS) + "网", "p": rng.choice(PEOPLE),
    }
    lines = [x.format(**facts) for x in FURNITURE]
    title, _, body = text.partition("\n")
    return "\n".join([lines[0], title, lines[1], body, *lines[2:]])


def cut(text: str, share: float) -> str:
    """The first part of a text, to the end of a sentence."""
    part = text[:int(len(text) * share)]
    return part[:max(part.rfind("。"), part.rfind("\n"), len(part) - 40) + 1]


def add_paragraph(text: str, rng: random.Random) -> str:
    """A paragraph more, somewhere inside."""
    lines = text.split("\n")
    lines.insert(rng.randrange(1, len(lines) + 1), rng.choice(PARAGRAPHS))
    return "\n".join(lines)


def convert(text: str, config: str) -> str:
    """OpenCC."""
    import opencc

    converted: str = opencc.OpenCC(config).convert(text)
    return converted


def make_duplicates(bases: list[str], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, text, copy; every mutator on several bases."""
    kinds: dict[str, Callable[[str], str]] = {
        "headline": lambda t: "\n".join([rng.choice(HEADLINES), *t.split("\n")[1:]]) if "\n" in t else rng.choice(HEADLINES) + "\n" + t,
        "headline-prefix": lambda t: rng.choice(("重磅：", "关注｜", "【图】")) + t,
        "source-line": lambda t: f"{t}\n（来源：{rng.choice(FIRMS)}日报 记者 {rng.choice(PEOPLE)}）",
        "furniture": lambda t: furnish(t, rng),
        "traditional": lambda t: convert(t, "s2t"),
        "taiwan-words": lambda t: convert(swap(t, TAIWAN, 1, rng), "s2tw"),
        "readings": lambda t: read_aloud(convert(t, "s2t"), rng),
        "slips": lambda t: slip(t, rng),
        "synonyms": lambda t: swap(t, SYNONYMS, 0.8, rng),
        "paragraph-more": lambda t: add_paragraph(t, rng),
        "cut-80": lambda t: cut(t, 0.8),
        "cut-65": lambda t: cut(t, 0.66) + "查看全文",
        "punctuation": lambda t: re.sub("[，、]", lambda m: rng.choice(",，、 "), t).replace("\n", "\n\n\u3000\u3000"),
        "one-line": lambda t: t.replace("\n", ""),
        "combo": lambda t: add_paragraph(slip(convert(t, "s2t"), rng), rng),
        "combo-cut": lambda t: swap(cut(t, 0.7), SYNONYMS, 0.5, rng),
    }
    for kind, change in kinds.items():
        for base in rng.sample(bases, 4):
            yield kind, base, change(base)
    yield from (("poem", a, b) for a, b in POEMS)


def make_others(bases: list[str], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, text, another text."""
    for kind, template in TEMPLATES.items():
        for _ in range(5):
            a, b = fill(template, rng), fill(template, rng)
            if kind in ("statute", "office-rules"):
                while a.partition("\n")[0] == b.partition("\n")[0]:
                    b = fill(template, rng)
            yield f"template-{kind}", a, b
    for base in rng.sample(bases, 8):
        yield "next-chapter", base[:len(base) // 2], base[len(base) // 2:]
        other = rng.choice([b for b in bases if b is not base])
        longest = max(base.split("\n"), key=len)
        yield "quotes-a-paragraph", f"{other}\n文中写道：{longest[:len(other) // 3]}", base
        yield "another-text", base, other
        yield "a-part", base, cut(base, 0.3)
    yield from (("short", a, b) for a, b in SHORT_NOT)
    texts = [a for a, _ in POEMS]
    yield from (("other-poem", texts[i], texts[i + 1]) for i in range(0, len(texts) - 1, 2))


def main() -> None:
    """Write the cases."""
    rng = random.Random(20260101)
    bases = load_bases(Path(sys.argv[1]))
    rows = [("dup", *row) for row in make_duplicates(bases, rng)] + [("not", *row) for row in make_others(bases, rng)]
    with OUT.open("w", encoding="utf-8", newline="\n") as out:
        for i, (label, kind, a, b) in enumerate(rows):
            row = {"id": f"N{i:03d}", "label": label, "kind": kind, "a": a, "b": b}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
