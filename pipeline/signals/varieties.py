"""Which Chinese a text is in, were it Chinese: as it is written today, Cantonese, classical; or Japanese without kana.

The rule of this file: grammar tells. Written Cantonese and classical Chinese have particles of their own and none of the modern
ones, and classical Chinese has none of the words of two hanzi that modern Chinese is made of. What is not plainly one of these
keeps the wider name.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from pipeline.chinese.codepoints import SIMPLIFIED, TRADITIONAL_ONLY, load_canonical, load_classes
from pipeline.jit.tables import kept
from pipeline.record import Texts
from pipeline.signals.kernels.clauses import CLAUSES, FIRST, LAST, MODERN, SIZE, TOTAL, count_clauses
from pipeline.signals.kernels.marks import count_marks

__all__ = ["is_adorned", "name_chinese"]

#: Particles and pronouns, in both scripts, that one kind of Chinese alone has: Cantonese; modern; classical; those that classical
#: has beside a modern one's rare or official use (statutes: 依, 者, 其, 之); those that Cantonese has beside others' rare use;
#: verbs that modern Chinese makes particles of; words of classical Chinese that are parts of modern ones; and hanzi as Japan alone
#: simplified or made them (in neither GB 2312 nor Big5), as it and the mainland did, the mainland alone, and as Taiwan has them.
_CANTONESE, _MODERN, _CLASSICAL, _OLD, _SPEECH, _JAPANESE, _EITHER, _FAINT, _SHARED, _MAINLAND, _TAIWAN = range(11)
_KINDS = 11
_MARKS = {
    _CANTONESE: "嘅咗喺嗰哋冇佢啲嚟唔乜嘢畀諗谂攞噉咁㗎嚿嗌瞓揾搵嘥啱睇",
    _MODERN: "的了這这們们麼么吗嗎吧她它很給给沒没",
    _FAINT: "弗耶亦皆甚既未無无非此所何惟唯俱悉余自與与為为卒諱讳邑卜辄輒谪謫殂薨谒謁诏詔讫訖谏諫俄顷頃",
    _EITHER: "着著把都就讓让還还",
    _CLASSICAL: "也矣曰焉乎哉兮吾汝孰欤歟",
    _OLD: "之其而者以于於则則乃遂故夫",
    _SPEECH: "喇喎囉咩嘞嗱仲係靚攰嬲呢",
    _SHARED: (
        "国会学区号条来当点体党声医双宝寿属断数旧楼湾灯炉礼触随乱争尽侠写励堕壮奥寝将峡径恋惨担昼枢横欧残殴浅湿滞潜状独狭猪猫献画盗砺禅称"
        "窃胆脚茎虚蛮装誉践躯辞麦"
    ),
    _JAPANESE: (
        "働込畑峠枠辻匂塀栃畳亜悪囲壱隠栄営駅円塩応桜仮価壊懐拡覚関陥観帰気犠戯拠挙暁駆勲恵掲渓経蛍軽継鶏撃倹剣圏検権険県顕験厳広"
        "鉱済斎剤歯児実釈収従渋獣縦粛処奨焼乗浄剰縄壌嬢譲醸図粋酔穂髄瀬斉摂専戦銭繊捜挿巣総蔵続対帯滝択沢単団弾遅鋳庁聴鉄転闘徳読"
        "侭圧姫寛巻惣戻掻撹曽楽歓渇満痩砕稲穏穣縁聡臓荘薫覇賛逓歳効冴凪榊噛辺舎舗"
        "弐悩脳廃拝売発髪抜払仏辺変黙薬訳揺様謡頼覧竜両猟緑塁隷霊齢暦歴錬労"
    ),
}
#: Marks of Cantonese for each hanzi, at least: 130 sentences have .1 and more, standard Chinese of Hong Kong that quotes some .01.
#: They also outnumber the modern ones, so that a quotation names no text.
_SPOKEN = 0.04
#: Classical: particles (those that it alone has count twice), modern ones, at most, that a heading or a name may hold, and modern
#: words of two hanzi, at most, for each hanzi; short texts, their fewest particles with none and with one such word, hanzi of a
#: clause that is as short as classical ones are, and of verse with one such word. Statutes have many particles, and .3 and more of
#: such words. Set on half of thirty passages and on 7,000 pieces of 20 characters of modern Chinese; docs/signals.md.
_PARTICLES, _NEW, _WORDS, _SHORT, _TWO, _FOUR, _THIN, _CLAUSE, _VERSE = 0.03, 0.015, 0.08, 40, 2, 3, 3, 6, 20
#: Verse has no particles: lines of five or seven hanzi, two at least, and no modern word. So many characters are looked at.
_LOOK = 400
#: Japanese without kana and without such hanzi still mixes forms: those that Japan simplified as the mainland did, beside those
#: that it left as Taiwan has them. Of these together for each hanzi, at least; what is brief; classical particles, at most; and how
#: many different ones: Taiwan writes 予 and 万 as Japan does, and one other by hand.
_FORMS, _BRIEF, _STRAY, _DIFFERENT = 0.2, 30, 0.02, 2
_ERA = re.compile("(?:昭和|平成|令和)[元〇一二三四五六七八九十0-9]{1,4}年")      # bounded: linear
#: Hanzi of Japan for each hanzi in a brief text that is written as it writes: lists of rare characters have fewer.
_WRITTEN = 0.1
#: Hanzi of Japan for each hanzi, at least; so many, or kana beside them: the name of a work is quoted with one.
_JAPAN, _TWICE, _KANA = 0.05, 2, 3
#: Cantonese words of two hanzi without a particle of its own.
_SAID = re.compile(
    "真係|都係|係咪|係咁|但係(?![屬属因由經经為为以於于])"
    "|點解|而家|琴日|琴晚|聽日|今朝|成日(?![起本期内內])|邊個|邊度|呢個|得閒|返工|老細|識得|好彩|頂唔"
)
#: Of such words those that need nothing beside them, and those of which two do: they also stand across the words of others (而家族,
#: 节点解耦, 老细胞).
_SPEAKS = re.compile(
    "真係|係咪|琴日|琴晚|(?<!打)聽日(?![本期])|邊度(?!假)|返學(?!校)|鍾意"
    "|食咩|幾多錢|几多钱|傾偈|揸車|(?<![熱重要難觀焦亮地景])點解(?![析讀答決釋說惑密開])"
)
_SPEAKS_FAINTLY = re.compile(
    "而家(?![庭長长屬属人里裡中裏境務务族电電])|点解(?![析读答决释说惑密开封耦])|(?<![难難])得[閒闲](?!下)|老[細细](?!胞)|屋企(?![業业])|钟意(?!大利)|尋日(?![本後后期])|邊個(?![人別體])"
    "|返工|食飯|食饭|飲茶|饮茶|落雨|放工|行街|落街|凍到|熱到|好耐|幾多|几多|走先|先走啦|[\u3400-\u9fff]埋|[啦呀喎囉]$"
)
#: Words of Japanese: what no Chinese text has, and what one of few hanzi may have beside it. Neither an era nor one word decides:
#: Taiwan has 申込 and 定休 too, and all tell of 昭和.
_JAPANESE_WORD = re.compile(
    "株式会社|有限会社|(?<!社)会社|会員|会議|会計|駐輪|御社|定休|税込|税抜|予約|給与|賞与|社会保険|昇給|申込|取扱|割引"
    "|取締役|執行役員|返礼品|賞味期限|履歴書|経験者"
)
_JAPANESE_FAINT = re.compile(
    "無料|午前|駐車|丁目|番地|受付|立入|弊社|[月火水木金土日]曜|祝日|醤油|交通費|年末年始|以外$|当社|徒歩|勤務地|在庫|離島|専務"
)
#: What Japan writes otherwise, or not without kana: none of its texts has one.
_NO_JAPANESE = re.compile("[是為內說與將會對發來區國學體這們]|(?<![普言])及(?!第)")
#: Hanzi of a longer text for each more that it must have.
_MORE = 20
#: What is modern Chinese or the mainland's alone elsewhere, and stands in Japanese too: 支給, 国内.
_ALSO = "給内届参"
#: Figures are words of all times, and no modern ones: 十二, 三年.
_FIGURES = frozenset("〇零一二三四五六七八九十百千万萬年月日人")
#: What a classical text is dated and told by, of which two, or one and a particle, do: the signs of the cycle, a year with a season
#: or of a reign, words that a story goes on with, the writer's own name for himself. Bounded pieces: linear.
_TOLD = re.compile(
    "[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]|(?<![0-9新])年[春夏秋冬]|(?:^|[\n，。])[春夏秋冬][正一二三四五六七八九十]{1,2}月"
    "|(?:^|[\n，。])(?!公元|民国|民國|令和|平成|昭和|去年|近年|建国)[㐀-鿿]{2}[元一二三四五六七八九十]{1,3}年(?!级|級|来|來|以|内|內|间|間|期|度|的)"
    "|(?:^|[\n，。])(?:翌日|俄而|既而|顷之|頃之|未几|未幾|久之|是岁|是歲|是年|是日|是夜|居无何|一夕|(?:初|忽)[，,])"
    "|(?:^|[\n，。：])[余予臣妾朕吾](?![额額款地下热熱])"
    "|[县縣城州府邑寺村山][东東南西北][一二三四五六七八九十百]+里|大赦|即位|改元|[崩薨][，,]|味[甘苦辛酸咸鹹]{1,2}[，,]?[微大]?[平寒温溫热熱凉]|[岁歲][饥饑旱荒]"
    "|(?:洪武|永乐|永樂|宣德|正统|正統|景泰|天顺|天順|成化|弘治|正德|嘉靖|隆庆|隆慶|万历|萬曆|崇祯|崇禎|顺治|順治|康熙|雍正|乾隆|嘉庆|嘉慶|道光|咸丰|咸豐|同治|光绪|光緒|贞观"
    "|貞觀|开元|開元|天宝|天寶|贞元|貞元|元和|太元|元祐|绍兴|紹興)(?:初|[中间間末](?![国國]))"
)
#: 也 ends a clause in classical Chinese; 也是 and the like are modern.
_AMID = re.compile("也(?=[\u3400-\u9fff])")
#: Hanzi of verse for each modern word that it may have; a line of seven holds words that became modern (无人).
_VERSED = 25
#: Words with a particle in them, which is none there (或者, 以上, 其他, 之一, 关于): the table of modern words leaves such out.
_WITHIN = re.compile(
    "[或记記作读讀患学學编編使王强強长長消业業开開医醫演扮冠揭缔締前后後劳勞志爱愛拓表持行幕名]者|[可所予用加足得难難]以|以[上下内內后後前来來及为為外免致便]"
    "|其[他它中实實余餘次]|[尤极極]其|之[一间間后後前类類外下中内內路旅星战戰夜王子争爭家谜謎光声聲恋戀城歌最]|而[已且是言]|[反然从從因进進继繼时時幸]而|乃至"
    "|[由对對关關至等属屬位处處基鉴鑑善敢低高大小便利终終限用源在][于於]|故[障事乡鄉宫宮意]|[事世典缘緣]故|夫[人妻妇婦]|[大丈功姐妹农農渔漁懦工]夫"
    "|[原规規否准準总總细細法守][则則]|遂[宁寧昌平川溪]"
)
#: What sets hanzi apart other than signs of clauses, quotes and ends of lines: blanks, dots, figures, letters, as between names and
#: the halves of headlines. Signs of clauses between hanzi. Each gap is read once or twice, or a bounded piece: linear.
_APART = re.compile(
    "[㐀-鿿][^㐀-鿿，。；：？！、,.;:?!“”‘’「」『』〈〉《》（）()…—\n]+[㐀-鿿]"
    "|[A-Za-z0-9０-９].{0,3}[㐀-鿿]|[㐀-鿿][A-Za-z0-9０-９]"
)
_JOINED = re.compile("[㐀-鿿][”’」』〉》）…—]*[，。；？！,.;?!\n]+[“‘「『〈《（…—]*[㐀-鿿]")
#: Letters, and figures behind hanzi, which no classical text has; a number of a list may stand before it.
_ALIEN = re.compile("[A-Za-z]{2}|[㐀-鿿][^㐀-鿿]*[0-9]")
#: A clause that is a year of a reign is no verse, though it has five hanzi. Lines of verse that blanks may set apart, at least.
_YEAR, _QUATRAIN = re.compile("(?:^|[\n，。])[㐀-鿿]{2}[元一二三四五六七八九十]{1,3}年(?=[，。]|$)"), 4
_KANA_OF, _HANZI = re.compile("[ぁ-ゖァ-ヺ]"), re.compile("[㐀-鿿]")
_ZH, _YUE, _LZH, _JA = range(4)


@cache
def _load() -> NDArray[np.uint8]:
    marks = np.zeros(0x110000, np.uint8)
    classes = load_classes()
    for bit, kind in ((SIMPLIFIED, _MAINLAND), (TRADITIONAL_ONLY, _TAIWAN)):
        marks[classes & bit != 0] = kind + 1
    for kind, characters in _MARKS.items():
        marks[[ord(c) for c in characters]] = kind + 1
    return marks


@kept
def _load_words() -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Words of two hanzi, or parts of longer ones, of modern Chinese, in simplified hanzi: as `kernels.clauses` reads them."""
    table = (resources.files("pipeline") / "data" / "signals_modern.txt").read_text("utf-8")
    words = {word for line in table.splitlines() if not line.startswith("#") for word in line.split() if len(word) == 2}
    words = {word for word in words if not _FIGURES.issuperset(word)}
    pairs = np.array(sorted([ord(word[0]) << 16 | ord(word[1]) for word in words]), np.int64)
    begins = np.searchsorted(pairs, np.arange(FIRST, LAST + 2) << 16).astype(np.int32)
    return begins, (pairs & 0xFFFF).astype(np.uint16)


def name_chinese(texts: Texts, hanzi: NDArray[np.float64], kana: NDArray[np.float64]) -> NDArray[np.int8]:
    """Of each text, were it Chinese: 0 for Chinese as it is written today, 1 for Cantonese, 2 for classical, 3 for Japanese.

    >>> texts = ["学而时习之，不亦说乎", "佢哋話今日唔去", "今天不去了", "営業時間変更", "白日依山尽，黄河入海流"]
    >>> name_chinese(Texts.of(texts), np.array([9, 7, 5, 6, 10.0]), np.zeros(5)).tolist()
    [2, 1, 0, 3, 2]
    """
    counts = np.zeros((len(texts), _KINDS), np.int64)
    count_marks(texts.points, _load(), texts.starts, texts.ends, counts)
    kinds = (counts[:, k] for k in range(_KINDS))
    cantonese, modern, classical, old, speech, japanese, either, faint, shared, mainland, taiwan = kinds
    spoken = (cantonese >= 2) & (cantonese + speech / 2 >= _SPOKEN * hanzi) & (cantonese + speech > modern + either)
    spoken |= (cantonese > 0) & (modern == 0) & ((hanzi <= _BRIEF) | ((speech > 0) & (cantonese >= _SPOKEN * hanzi)))
    found = np.where(spoken, _YUE, _ZH).astype(np.int8)
    plain = (modern == 0) & (cantonese == 0) & (hanzi <= _LOOK)
    for doc in np.flatnonzero(plain & (hanzi <= _BRIEF)).tolist():
        if _is_said(texts.text(doc), speech=bool(speech[doc])):
            found[doc] = _YUE
    both = (found == _ZH) & (classical == 0) & (old <= np.maximum(_STRAY * hanzi, 1 + japanese / 2)) & (hanzi <= _LOOK)
    both &= (hanzi <= 2 * _BRIEF) | ((shared > 0) & (taiwan > 0) & (japanese > 0))
    for doc in np.flatnonzero(both).tolist():
        text = texts.text(doc)
        least = _DIFFERENT + (max(0, hanzi[doc] - 2 * _BRIEF) // _MORE)
        theirs = modern[doc] + mainland[doc] > sum(map(text.count, _ALSO))
        written = japanese[doc] >= _WRITTEN * hanzi[doc] or japanese[doc] + shared[doc] + taiwan[doc] >= _FORMS * hanzi[doc]
        theirs = theirs or _NO_JAPANESE.search(text) is not None
        both[doc] = not theirs and _count_japanese(text, written=written, mixed=bool(taiwan[doc])) >= least
    japan = (japanese >= _JAPAN * hanzi) & ((japanese >= _TWICE) | ((japanese > 0) & (kana >= _KANA))) & (modern == 0)
    found[japan | both] = _JA
    maybe = (found == _ZH) & (hanzi >= 5) & (cantonese == 0) & (modern <= _NEW * hanzi)
    particles = 2 * classical + old + faint / 2
    docs = np.flatnonzero(maybe & ((particles >= _PARTICLES * hanzi) | (hanzi <= _LOOK)))
    found[docs[_are_classical(texts, docs, particles[docs])]] = _LZH
    return found


def is_adorned(text: str) -> bool:
    """Whether the few kana of a text are ornament: の beside hanzi that Japan has not, or one in a face without hanzi.

    >>> [is_adorned(text) for text in ("爱你の『星星』", "鬼滅の刃", "(ツ)", "猫の手")]
    [True, False, True, False]
    """
    kana, hanzi = _KANA_OF.findall(text), _HANZI.findall(text)
    if not hanzi:
        return len(kana) == 1
    marks = _load()[[ord(c) for c in hanzi if c not in _ALSO]]
    return {*kana} == {"の"} and bool(np.isin(marks, (_MODERN + 1, _MAINLAND + 1)).any())


def _is_said(text: str, *, speech: bool) -> bool:
    """Whether a brief text without a particle of Cantonese has words of it."""
    if _SPEAKS.search(text) or (speech and _SAID.search(text)):
        return True
    return len(set(_SPEAKS_FAINTLY.findall(text))) > 1


def _count_japanese(text: str, *, written: bool, mixed: bool) -> int:
    """What of a text without kana is Japan's: words, an era; hanzi, where they are many enough for its writing (`written`), and
    forms of the mainland, where Taiwan's stand beside them (`mixed`).
    """
    words, rest = set(_JAPANESE_WORD.findall(text)), _JAPANESE_WORD.sub("", text)
    own = len({*rest} & {*_MARKS[_JAPANESE]}) if written else 0
    forms = len({*rest} & {*_MARKS[_SHARED]}) if written and mixed else 0
    strong = own + len(words) + bool(_ERA.search(text))
    if not strong and forms < _DIFFERENT:
        return 0        # as Hong Kong has a form of the mainland's, and 駐車
    return strong + forms + len(set(_JAPANESE_FAINT.findall(text)))


def _are_classical(texts: Texts, docs: NDArray[np.int64], particles: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of these texts without modern particles have no modern words either, and classical particles or the form of verse."""
    starts, counts = texts.starts[docs], np.empty((len(docs), 4), np.int64)
    count_clauses(texts.points, load_canonical(), starts, np.minimum(texts.ends[docs], starts + _LOOK), *_load_words(), counts)
    clauses, total, modern, size = (counts[:, k] for k in (CLAUSES, TOTAL, MODERN, SIZE))
    few = (total >= _VERSE) + total // _VERSED
    verse = (clauses > 1) & ((size == 5) | (size == 7)) & (modern <= few)
    brief = (total < _SHORT) & (modern <= 1)
    long = (total >= _SHORT) & (modern <= _WORDS * total) & (particles >= _PARTICLES * total)
    apart, within = np.zeros(len(docs), np.bool_), np.zeros(len(docs), np.int64)
    for n in np.flatnonzero(brief | long | verse).tolist():
        text = texts.text(docs[n])[:_LOOK]
        apart[n] = _APART.search(text) is not None or _JOINED.search(text) is None
        within[n], brief[n] = len(_WITHIN.findall(text)), brief[n] and _ALIEN.search(text) is None
        verse[n] &= _YEAR.search(text) is None
    verse &= ~apart | (clauses >= _QUATRAIN)
    particles = particles - within
    clipped = (clauses > 1) & (_THIN * clauses <= total) & (total <= _CLAUSE * clauses)
    particles += brief & ~apart & (particles > 0) & clipped
    for n in np.flatnonzero((brief | long) & ~verse).tolist():
        text = texts.text(docs[n])[:_LOOK]
        particles[n] += (len(_TOLD.findall(text)) if brief[n] else 0) - 2 * len(_AMID.findall(text))
    enough = np.where(brief, particles >= np.where(modern == 0, _TWO, _FOUR), particles >= _PARTICLES * total)
    classical: NDArray[np.bool_] = verse | ((brief | long) & enough)
    return classical
