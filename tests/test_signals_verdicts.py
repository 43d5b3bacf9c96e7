"""What documents are: their language, the verdicts that set them aside, `--where`, and what becomes of those that are set aside."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from pipeline.corpus.audit import read_audit
from pipeline.corpus.restored import restored_rows
from pipeline.errors import UsageError
from pipeline.options import Options, VerdictsOptions
from pipeline.record import Texts
from pipeline.run.settings import Settings
from pipeline.run.signals import signal_columns
from pipeline.show.report.gather import gather
from pipeline.signals.kernels import columns as c
from pipeline.signals.language import LANGUAGES, find_languages
from pipeline.signals.measure import count, look, measure
from pipeline.signals.spam import SELLING, weigh
from pipeline.signals.table import NAMES
from pipeline.signals.verdicts import ASIDE, find_verdicts
from pipeline.signals.where import COLUMNS, parse_where
from tests.run_corpus import clean, make_records, rows, write_records
from tests.test_cli import taosha

CHINESE = "社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，管理员老吴说，书要有人看才算书。"
ENGLISH = "The library has been open for three years, and every afternoon it is full of children who come from school."
NAMED, PARTS = ("title", "n_chars", "hanzi_share"), [*"()[]<>=+-*/,.' 19", " and ", " or ", "not ", " in ", "contains"]
SPAM = "专业代写论文，硕士写手团队，包过，不过退款，加微信"
MISREAD = CHINESE.encode("gb18030").decode("utf-8", "replace").encode().decode("gb18030", "replace")     # 锟斤拷


def language_of(text: str) -> str:
    texts = Texts.of([text])
    return find_languages(texts, count(texts))[0]


def verdicts(*texts: str, options: VerdictsOptions | None = None) -> list[str | None]:
    batch = Texts.of(texts)
    return find_verdicts(measure(batch), find_languages(batch, count(batch)), options or VerdictsOptions())


@pytest.mark.parametrize(
    "language, text",
    [
        ("zh", CHINESE), ("zh", "使用 pip install --upgrade wheel 安装，然后运行 make test。"),
        ("lzh", "學而時習之，不亦說乎？有朋自遠方來"),
        ("yue", "佢哋話今日落雨，所以唔去行山喇"), ("zh", "2019年5月6日星期一"), ("", "2019年5月6日"), ("zh", "新闻中心"),
        ("zh", "日语的「の」相当于“的”，「私の本」是“我的书”，「が」表示主语，请同学们记住。"),
        ("ja", "図書館は毎日開いています"), ("ja", "設定保存先変更機能追加について"), ("ja", "東京都知事選挙の結果をお知らせ"),
        ("ko", "도서관은 매일 문을 엽니다"),
        ("ko", "大韓民國의 國會는 法律을 制定한다"), ("en", ENGLISH), ("en", f"{ENGLISH} (Wang Xiaoming 王小明)"),
        ("other", "Die Bücherei ist seit drei Jahren für alle Kinder geöffnet"),
        ("zh", "本法所称机关，谓依法行使公权力之机关；其认定有疑义者，由主管机关会商定之。"),
        ("zh", "香港人叫“不”做“唔”，叫“他”做“佢”，外地人听了往往摸不着头脑。"),
        ("vi", "Thư viện mở cửa mỗi ngày cho các em học sinh"),
        ("other", "Библиотека открыта каждый день (图书馆)"),
        ("en", "for (int i = 0; i < n; i++) { sum += a[i]; }  // 求和"),
        ("", "2019-05-06 12:30"), ("", "—— 1.5 / 3"), ("", ""),
    ],
)
def test_scripts_tell_the_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(("least", "most", "right"), [(0, 60, 0.98), (60, 1000, 0.985)])
def test_languages_by_name(least: int, most: int, right: float) -> None:
    """Cases of an author who saw neither rules nor word lists; docs/signals.md says how they did when they were new."""
    cases = [json.loads(row) for row in (Path(__file__).parent / "cases" / "languages.jsonl").read_text("utf-8").splitlines()]
    cases = [case for case in cases if least <= len(case["text"]) < most]
    texts = Texts.of([case["text"] for case in cases])
    found = find_languages(texts, count(texts))
    wanted = [case["language"] if case["language"] in (*LANGUAGES, "code") else "other" for case in cases]
    same = sum(name == own or (own == "code" and name in ("en", "other")) for name, own in zip(found, wanted, strict=True))
    assert same >= right * len(cases)


@pytest.mark.parametrize("text", [
    "不予受理通知書", "主管機關應予處罰", "教育部授予榮譽博士學位", "本案應予專利", "總統令 茲授予張忠謀先生勳章",
    "新臺幣壹佰万元整 應予返還", "參加人數 一万三千人", "動漫《進撃の巨人》最終季開播", "前項資料未提出前，不得逕予審查通過。",
    "体育場開放時間", "專利申請號區", "營業額達八千万",
])
def test_hanzi_of_both_make_no_japanese(text: str) -> None:
    texts = Texts.of([text])
    assert find_languages(texts, count(texts)) == ["zh"]


@pytest.mark.parametrize("text", [
    "昭和二十年八月十五日，日本天皇宣布无条件投降。", "第十一届出口商品展", "第十届出席代表", "每届出席人次", "送料平台",
    "数控送料平台", "自動送料機", "平成三十年史：日本失去三十年", "令和元年五月一日，德仁天皇即位", "申込方法",
    "割引券使用方法", "本店定休日為週一", "御中膳房", "昭和三十九年，東京奧運會開幕，新幹線通車。",
    "令和六年能登半島地震，死亡人數增至二百人", "昭和五年，霧社事件爆發，莫那魯道率族人起義。",
    "賞味期限：2024年12月 內容量：200克 原產地：日本", "昭和12年7月7日，卢沟桥事变",
])
def test_no_chinese_is_japanese_by_one_word_or_an_era(text: str) -> None:
    """Chinese that is called Japanese is set aside and lost."""
    assert language_of(text) == "zh"


@pytest.mark.parametrize("text", [
    "而家电行业持续回暖", "而家族企业面临传承", "难得闲下来喝杯茶", "老细胞与新细胞", "联系咪咕客服", "网点解封",
    "节点解耦方案", "海邊度假村", "聽日本老師講課", "钟意大利餐厅菜单", "返工潮来袭，收工晚",
    "红烧排骨 清蒸鲈鱼 宫保鸡丁 麻婆豆腐", "高中数学必修一 高中物理必修二", "甲子园棒球赛", "万历十五年",
    "2020年春，疫情暴发", "新年夏令营", "余生请多指教", "但係屬原有或與行車有關", "但自仲裁判斷書作成日起，已逾五年者，不得提起",
])
def test_no_words_across_borders_make_cantonese_or_classical(text: str) -> None:
    assert language_of(text) == "zh"


@pytest.mark.parametrize("era", ["万历十五年", "乾隆五十年", "洪武初年", "光绪末年", "萬曆十五年", "贞观年间"])
@pytest.mark.parametrize("event", ["张居正去世", "扬州盐商富甲天下", "黄河又一次决口", "八国联军侵华"])
def test_an_era_in_modern_chinese_is_not_classical(era: str, event: str) -> None:
    assert language_of(f"{era}，{event}") == "zh"
    assert language_of(f"{event}，{era}") == "zh"


@pytest.mark.parametrize("text", [
    "帕里斯希尔顿 詹妮弗安妮斯顿", "尼古拉斯·弗拉基米尔", "井柏然爆笑产子 白百何泼辣捉妖",       # names and halves of headlines
    "太白剑·真人王者荣耀", "一、随地吐痰或者便溺；", "二、价款或者报酬", "以典启智 以文化人", "5月5日，以色列之星。",
    "第8028章 嚣张之极！一剑斩之！", "唐三之后，荣耀再临", "店員說今天買一送一耶", "本报记者 孙秀艳", "太阳7人上双轻取开拓者",
])
def test_particles_in_names_and_in_words_are_none(text: str) -> None:
    """Blanks, dots and figures set names and headlines apart, signs of clauses classical ones."""
    assert language_of(text) == "zh"


@pytest.mark.parametrize("text", [
    "白日依山尽，黄河入海流", "白日依山尽\n黄河入海流", "白日依山尽 黄河入海流 欲穷千里目 更上一层楼", "1. 学而时习之，不亦说乎",
    "古之学者必有师。师者，所以传道受业解惑也", "水陆草木之花，可爱者甚蕃",
])
def test_what_is_classical_stays_so(text: str) -> None:
    assert language_of(text) == "lzh"


def test_a_kana_of_ornament_makes_no_japanese() -> None:
    assert language_of("爱你の『星星』") == "zh"
    assert language_of('shrug() { echo "(ツ)"; }') == "en"
    assert language_of("欺かれるを恐れるな") == "ja"
    assert language_of("鬼滅の刃") == "ja"


def test_chinese_need_not_be_told_apart() -> None:
    texts = Texts.of(["学而时习之，不亦说乎", "佢哋話今日唔去"])
    assert find_languages(texts, count(texts)) == ["lzh", "yue"]
    assert find_languages(texts, count(texts), apart=False) == ["zh", "zh"]


def test_the_cases_of_spam_are_told() -> None:
    """Of parts written after the scorer was fixed on those before; docs/signals.md has their first readings. The last three
    have other authors, who saw neither scorer nor cases; a fifth of blind2 is in other languages, which is no spam but foreign.
    """
    cases = [json.loads(row) for row in (Path(__file__).parent / "cases" / "spam.jsonl").read_text("utf-8").split("\n") if row]
    found = [verdict == "spam" for verdict in verdicts(*(case["text"] for case in cases))]
    wrong = [case["text"] for case, told in zip(cases, found, strict=True) if told and not case["spam"]]
    assert wrong == []
    for parts, share in (({"dev", "second", "third", "fourth"}, 0.9), ({"blind"}, 0.9), ({"blind2"}, 0.78), ({"blind3"}, 0.8)):
        own = [(case, told) for case, told in zip(cases, found, strict=True) if case["part"] in parts]
        assert sum(told for _, told in own) >= share * sum(case["spam"] for case, _ in own)
    for converter in map(OpenCC, ("s2tw", "t2s")):
        other = verdicts(*(converter.convert(case["text"]) for case in cases))
        assert sum((verdict == "spam") != told for verdict, told in zip(other, found, strict=True)) <= 0.01 * len(cases)


def test_a_warning_lists_what_it_warns_of() -> None:
    """Short lists without grammar, by police, banks, schools and others, in both scripts: none comes near the verdict."""
    cases = map(json.loads, (Path(__file__).parent / "cases" / "spam.jsonl").read_text("utf-8").splitlines())
    texts = [case["text"] for case in cases if case["part"] == "warnings"]
    assert len(texts) == 20
    for converter in map(OpenCC, ("s2tw", "t2s")):
        scores = measure(Texts.of([*texts, *map(converter.convert, texts)]))[:, NAMES.index("spam_score")]
        assert scores.max() < 0.4


def test_one_phrase_alone_is_no_spam() -> None:
    """However often it comes, it counts once: what sells is a word of something else too, as a list of games shows."""
    made = (("问道", "蜗牛公司"), ("逆水寒", "网易游戏"), ("魔域", "网龙公司"))
    games = "\n".join(f"{name}\n类型：角色扮演\n厂商：{maker}" for name, maker in made)
    assert verdicts(games, games + games) == [None, None]
    one, other_one = "角色扮演", "成人直播"
    texts = [one, f"{one}，{one}", other_one, f"{one}，{other_one}，{one}", f"{other_one}，{one}，{one}"]
    weights, *_ = weigh(Texts.of(texts))
    once, twice, other, *both = weights[:, :len(SELLING)].sum(axis=1).tolist()
    assert once == twice > 0
    assert both == [once * 1.5 + other] * 2


def test_a_good_article_with_a_block_of_spam_stays() -> None:
    article = (CHINESE + "他说这话的时候，窗外的雨还没有停，孩子们的影子落在书架上，一排一排的，像是谁写下的诗。\n") * 8
    block = "澳门新葡京娱乐城官网注册即送88元体验金，首存100送100，真人视讯、电子游艺、体育投注，返水秒到。"
    assert verdicts(article, article + block, block) == [None, None, "spam"]
    low, some, all_of_it = measure(Texts.of([article, article + block, block]))[:, NAMES.index("spam_score")].tolist()
    assert low == 0 < some < 0.3 < all_of_it == 1


def test_foreign_passages_of_chinese_texts_are_found() -> None:
    japanese = "図書館は毎日開いています。" + "子どもたちが学校の帰りに寄ります。" * 5
    text = f"{CHINESE}\n{ENGLISH}\n\n12:30\n{ENGLISH}\n{CHINESE * 8}\n{japanese}"
    counts, languages, passages = look(Texts.of([CHINESE, text, ENGLISH]))
    assert languages == ["zh", "zh", "en"]
    assert [[p.language for p in own] for own in passages] == [[], ["en", "ja"], []]
    first, second = passages[1]
    assert text[first.start:first.end] == f"{ENGLISH}\n\n12:30\n{ENGLISH}"
    assert text[second.start:].startswith("図書館")
    assert counts[1, c.PASSAGES] == 2
    assert counts[1, c.FOREIGN] == len("".join((text[first.start:first.end] + text[second.start:second.end]).split()))


def test_personal_data_is_counted() -> None:
    found = dict(zip(NAMES, measure(Texts.of(["打13812345678找老吴，身份证11010519491231002X"]))[0].tolist(), strict=True))
    assert (found["n_personal"], found["n_sensitive"]) == (2, 1)


def test_verdicts_are_the_first_that_is_so_and_each_can_be_off() -> None:
    texts = (CHINESE, ENGLISH, MISREAD, "\ue123\ufffd" * 30, "短讯一则", "", "2019-05-06", "図書館は毎日開いています", SPAM)
    assert verdicts(*texts) == [None, "foreign", "garbled", "garbled", None, None, None, "foreign", "spam"]
    off = VerdictsOptions(foreign=False, garbled=False, spam=False)
    assert verdicts(*texts, options=off) == [None] * len(texts)
    assert verdicts(*texts, options=VerdictsOptions(short=11))[4:7] == ["short", None, "short"]
    assert verdicts(ENGLISH, options=VerdictsOptions(short=1000)) == ["foreign"]
    assert set(ASIDE) >= {"foreign", "garbled", "spam", "short", "empty", "filtered"}


@pytest.mark.parametrize("text", [
    "夜晚男孩灞河边捞鱼不慎落水 父亲跳河营救",
    "丂丄丅丆丏丒丗丟丠両丣並丩丮丯丱丳丵丷丼乀乁乂乄乆乊乑乕乗乚乛乣乤乥乧乨乪乫乬乭乮乯乲乴",
    "饕餮、魑魅、魍魉、貔貅、麒麟、鸑鷟、獬豸、狻猊、睚眦、螭吻、狴犴、蒲牢、囚牛、穷奇、梼杌、混沌、夔、肥遗、毕方、猰貐、凿齿",
    "化学元素：氕氘氚、锂铍硼、钪钛钒铬锰、镧铈镨钕钷钐铕钆铽镝钬铒铥镱镥、铪钽钨铼锇铱铂、铊铅铋钋砹氡、钫镭锕钍镤铀镎钚镅锔锫锎锿镄钔锘铹",
    "习骅 马学蒂 马森述 昝涛 逄锦聚 亓玉昆 郄英才 佘诗曼 芈月 妘煦 嵇康 阚清子 鞠婧祎 昝荣 逯耀 郗鉴 仝卓 庹宗华 厍狄 璩美凤 缑 妫",
    "┌────┬────┐\n│项目│标准│\n├────┼────┤\n│酸度│0.16│\n└────┴────┘",
])
def test_rare_characters_are_not_garbled(text: str) -> None:
    assert verdicts(text) == [None]


@pytest.mark.parametrize("wrong", [("gb18030", "utf-8"), ("utf-8", "big5hkscs")])
def test_what_was_misread_is_set_aside(wrong: tuple[str, str]) -> None:
    right, other = wrong
    assert verdicts(CHINESE.encode(right).decode(other, "replace")) in (["garbled"], ["foreign"])


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("hanzi_share > 0.5 and published >= '2015'", [True, False, False, False]),
        ("published is None or n_chars == 9", [False, True, False, True]),
        ("not published < '2015'", [True, False, False, False]),
        ("language in ['zh', 'ja']", [True, True, False, True]),
        ("language not in ('zh',)", [False, False, True, True]),
        ("contains(title, '通知') or startswith(source, 'https://b')", [True, False, False, True]),
        ("1 < n_chars <= 3 * 3 and -n_chars < 0.5", [False, True, False, True]),
        ("(n_chars - 1) / 2 >= 4 + 0", [True, True, True, True]),
        ("n_chars / 0 > 1", [True, True, True, True]),
        ("n_chars * 9000000000000000000 / 2 > hanzi_share", [True, True, True, True]),
        ("False", [False, False, False, False]), (" 1 == 1.0 ", [True] * 4),
    ],
)
def test_expressions_choose(text: str, wanted: list[bool]) -> None:
    columns = {
        "hanzi_share": pa.array([0.9, 0.8, 0.1, 0.4]), "published": pa.array(["2015-02-03", None, "2014", None], pa.string()),
        "n_chars": pa.array([100, 9, 1000, 9]), "language": pa.array(["zh", "zh", "other", "ja"]),
        "title": pa.array(["关于放假的通知", None, None, None], pa.string()),
        "source": pa.array(["https://a.cn/", "x", "y", "https://b.cn/"]),
    }
    assert parse_where(text).choose(columns, 4) == wanted


@pytest.mark.parametrize(
    "text, at, what",
    [
        ("foo > 1", 1, "no column 'foo'"), ("title == '汉' and 汉 > 1", 18, "no column '汉'"),
        ("n_chars > 1 and hanzi_share > 'a'", 17, "hanzi_share is a number and 'a' is a text"),
        ("title", 1, "true or false is wanted"),
        ("n_chars > 1 and not title", 21, "true or false is wanted"), ("a b", 3, "invalid syntax"), ("", 1, "invalid syntax"),
        ("n_chars in title", 12, "a list is wanted"), ("n_chars in [1, 'x']", 12, "constants"), ("n_chars is 1", 1, "None alone"),
        ("__import__('os').system('x') == 0", 1, "cannot stand here"), ("title.upper() == 'A'", 1, "cannot stand here"),
        ("[x for x in title] == 1", 1, "cannot stand here"), ("contains(n_chars, 'a')", 1, "cannot be computed"),
        ("title / 2 > 1", 1, "title / 2 cannot be computed of a text and a number"),
        ("1 > n_chars / '2'", 5, "a number and a text"),
        ("title + 'a' == 'b'", 1, "a text and a text"), ("True / 2 < 1", 1, "true or false and a number"),
        ("-title > 1", 1, "cannot be computed"), ("n_chars * title > 1", 1, "a number and a text"),
        ("n_chars > 10 ** 9", 11, "cannot stand here"), ("n_chars > 99999999999999999999", 11, "cannot be computed"),
        ("-" * 900 + "1 > 0", 1, "deep"), ("not " * 60 + "True", 1, "deep"), ("n_chars > 1\0", 1, "null"),
        ("(" * 300 + "1" + ")" * 300, 201, ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, at: int, what: str) -> None:
    with pytest.raises(UsageError, match=f"--where, at character {at} of .*{re.escape(what)}"):
        parse_where(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*PARTS, *NAMED]), max_size=12))
def test_any_text_is_an_expression_or_an_error(parts: list[str]) -> None:
    try:
        where = parse_where("".join(parts))
    except UsageError:
        return
    columns = {name: pa.array([None, None], COLUMNS.field(name).type) for name in where.names}
    assert len(where.choose(columns, 2)) == 2


@settings(max_examples=50)
@given(st.lists(st.sampled_from([CHINESE, ENGLISH, MISREAD, "短", "", "a\n\n图"]), min_size=1, max_size=6), st.integers(0, 5))
def test_verdicts_are_the_same_in_any_batch(texts: list[str], cut: int) -> None:
    options = VerdictsOptions(short=3, where="distinct_hanzi > 1 and id != 'x'")
    whole = signal_columns(Texts.of(texts), [{"id": "x"}] * len(texts), options)
    for name in ("verdict", "language"):
        parts = [signal_columns(Texts.of(p), [{"id": "x"}] * len(p), options)[name] for p in (texts[:cut], texts[cut:])]
        assert [value for part in parts for value in part.to_pylist()] == whole[name].to_pylist()


def records() -> list[dict[str, Any]]:
    own = [
        {"id": "en", "text": ENGLISH}, {"id": "en2", "text": ENGLISH}, {"id": "bad", "text": MISREAD * 3},
        {"id": "zh", "text": CHINESE},
        {"id": "zh2", "text": CHINESE}, {"id": "short", "text": "今日无事。"}, {"id": "en", "text": ENGLISH},
    ]
    return [r | {"date": f"201{k}-01-01"} for k, r in enumerate(own)]


def all_fates(folder: Path) -> list[str]:
    return [row["fate"] for row in read_audit(folder / "audit.jsonl")]


def fates(folder: Path) -> dict[str, str]:
    return {row["id"]: row["fate"] for row in read_audit(folder / "audit.jsonl")}


def test_what_is_set_aside_is_in_the_audit_and_can_be_brought_back(tmp_path: Path) -> None:
    source, out = write_records(tmp_path / "in.jsonl", records()), tmp_path / "o"
    manifest = clean(source, out).manifest
    found = {row["id"].partition("#")[0]: row["fate"] for row in read_audit(out / "audit.jsonl")}
    assert found == {"en": "foreign", "en2": "foreign", "bad": "garbled", "zh": "kept", "zh2": "duplicate", "short": "kept"}
    texts = {row["id"]: row["text"] for row in read_audit(out / "audit.jsonl") if row["fate"] == "foreign"}
    assert set(texts.values()) == {ENGLISH}
    assert {r["id"].partition("#")[0]: r["text"] for r in restored_rows(out / "audit.jsonl", out / "clean.jsonl")} == {
        r["id"]: r["text"] for r in records()
    }
    assert (manifest["counts"]["fate/foreign"], manifest["counts"]["fate/garbled"]) == (3, 1)
    told = taosha("clean", source, "-o", tmp_path / "p" / "clean.jsonl", "--workers", "1")
    assert "3 foreign" in " ".join(told.split())
    assert "1 garbled" in " ".join(told.split())
    off = Options(verdicts=VerdictsOptions(foreign=False, garbled=False))
    clean(source, tmp_path / "off", settings=Settings(off))
    assert {"en", "bad", "zh", "short"} <= {row["id"].partition("#")[0] for row in rows(tmp_path / "off" / "clean.jsonl")}


def test_where_is_asked_of_each_document_before_duplicates(tmp_path: Path) -> None:
    """The one that would be kept for its date is filtered: the other one stays, where without it was a duplicate."""
    source = write_records(tmp_path / "in.jsonl", records())
    out = tmp_path / "o" / "clean.jsonl"
    taosha("clean", source, "-o", out, "--workers", "1", "--quiet", "--where", "published > '2013-06' and language == 'zh'")
    assert {k.partition("#")[0]: v for k, v in fates(out.parent).items()} == {
        "en": "foreign", "en2": "foreign", "bad": "garbled", "zh": "filtered", "zh2": "kept", "short": "kept",
    }
    manifest = json.loads((out.parent / "manifest.json").read_bytes())
    assert manifest["options"]["verdicts"]["where"] == "published > '2013-06' and language == 'zh'"
    assert "no column 'x'" in taosha("clean", source, "-o", out, "--where", "x > 1", code=2)
    assert fates(out.parent)["zh2"] == "kept", "a wrong expression leaves what is there"


def test_a_page_is_judged_by_what_its_site_leaves_of_it(tmp_path: Path) -> None:
    """Lines that recur over the site go after the stages: signals and verdict are those of the text that is written."""
    from tests.test_run_amend import FOOT, site

    out = tmp_path / "o"
    options = replace(Options(), signals=replace(Options().signals, in_jsonl=True))
    clean(write_records(tmp_path / "in.jsonl", site()), out, settings=Settings(options))
    found = rows(out / "clean.jsonl")
    assert not any(FOOT in row["text"] for row in found)
    assert [row["signals"]["n_visible"] for row in found] == measure(Texts.of([row["text"] for row in found]))[:, 0].tolist()
    most = int(np.median([row["signals"]["n_visible"] for row in found]))
    short = replace(Options(), verdicts=VerdictsOptions(short=most))
    clean(tmp_path / "in.jsonl", tmp_path / "s", settings=Settings(short))
    kept = {row["id"] for row in rows(tmp_path / "s" / "clean.jsonl")}
    assert kept == {row["id"] for row in found if row["signals"]["n_visible"] >= most}


def test_the_report_counts_them(tmp_path: Path) -> None:
    clean(write_records(tmp_path / "in.jsonl", [*make_records(12), *records()]), tmp_path / "o")
    model, _ = gather(tmp_path / "o", 5)
    assert model["funnel"]["aside"] == 4
    assert model["funnel"]["duplicates"] == sum(fate == "duplicate" for fate in all_fates(tmp_path / "o"))
    assert list(model["signals"]["entropy"]) == ["least", "1%", "5%", "25%", "median", "75%", "95%", "99%", "most"]
    assert set(model["signals"]) == set(NAMES)
