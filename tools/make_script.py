"""Write pipeline/data/script_kept.txt and, with Unicode's Han database, pipeline/data/script_variants.tsv.

    python tools/make_script.py [FOLDER]

`script_kept.txt`: words of simplified Chinese that hold a character which t2s would change on its own. They are the results of
OpenCC's TSPhrases (Apache-2.0): names and terms such as 毕昇, 幺麽, 乾隆. tools/make_codepoints.py takes its list of such
characters from the same place. `script_variants.tsv`: characters that t2s leaves as they are although the national list
(《通用规范汉字表》, kTGH) has another for them: 衞 卫, 靑 青, 牠 它. FOLDER holds Unihan_Variants.txt.bz2 and
Unihan_OtherMappings.txt.bz2 (Debian's package unicode-data; Unicode licence).
"""

from __future__ import annotations

import bz2
import sys
from pathlib import Path

import opencc

DATA = Path(__file__).resolve().parents[1] / "pipeline" / "data"
OUT = DATA / "script_kept.txt"
VARIANTS = DATA / "script_variants.tsv"
PHRASES = Path(opencc.__file__).parent / "clib" / "share" / "opencc" / "TSPhrases.ocd2"

#: What the database calls a variant and is a character of its own, by reading the table: radicals, names, units, Cantonese and
#: classical words, forms of more than one character.
NOT = frozenset(
    "廔衹炤瑠乚刂勹厶冂冫卩巛彐忄扌攵氵灬爫牜犭疋礻罒艹衤阝亻吋戠亼佋侅俈厪厷呴崋嬭寚尃尀旉尗巤弌弍彊愬悊戹扵摡敁昐朿欬殽氥氙氼沲洤渨炁瀁"
    "煠熇瓟甤畺疋皝磪秅竻箎絖絣缻聝腢荅菑葁蓘蚡螾蜑袮訠訦豝豻跙踁迆逿酖釔鉏陜陭陼隲雝鞙頋餂馀鬴鮧鱓鱑鴄鵻鶵龡傜傏儓凂匋卍厓卬"
    "嗻噉囮埶堈墝奞妳嬲岀嵠崪弍悳懮抍挷捓撍撘撢撽斞旈曡枬桼梹棥楥榎樻檴櫾歗歱氜湏滺漰潝潬濇灠炰烕爿瘨瘶癎眎砇碔磇礶穪窌筭簁簨籄"
    "糡糤紥緥繲罁翄肕胑苢苿茠莕菫蕐薓蘡蘽虣蚦蛌蝃蝜蝝螆蟺蠩裌裠褃褧褮襮覐詾誐誩諊諵譈讍讛貭貛賮赸趒踹蹝蹷蹹躧軄郰醿銒鋑鋗鎋鐀阨陁隝雺霶靀"
    "鞀鞉韒頣顖飇飤餙饇駦騗髗髣鬀鬫鬽鮣鳮鴺鷈鸜鼏齅龤龥𠖥𠮟𡨴𢲷𤦏𤧚𦲷𧐢墤舃舡菸觔谘讬镟渖褎仼仾伃伷侎侚偊偐偒傁億処凷凾刁劒勄匘収叅吚呡咮"
    "哶唅唊啍喐喭喿嚵圕垔埊堭塐墫夅娬嫛嫰崘嶎嶴帒庅廀廋廌徬怌怸惛惽憰懜抌挐挭捦捬揝撆攅旘旛暎桝椀橆橜檝氳氶涶淛湌漼澷濵灴爼牄犂狵玆"
    "瓑甽畽瞹碯秄秇稤篴緫縂纎肳臅臇臞舓苺莀萈蕿蘐蚘蛕蝡蟚衇褵襢觕訽詤譐讘豋豘豴賍贒趦躮躷逷遉醡醩釬鉄閗闗阧隂韈韤顦飡騘骻髤髩鵶鸎鼄龓"
)
#: Pairs that the database has under another name or not at all, after 《第一批异体字整理表》 and usage of Hong Kong and Taiwan.
MORE = dict(zip(
    "姪汚枱煖躭袴鷰囓讐勅甎觝慂纎荘猂堿峝峩崐靑淸牠脗鑤椗冣冐廽囙惷斵粰跴㒺浄槪敭鬉梹蔆蔕滛菭蚉蝨螡蝱踈逈邉郷麁",
    "侄污台暖耽裤燕啮仇敕砖抵恿纤庄悍碱峒峨昆青清它吻刨碇最冒回因蠢斫麸踩罔净概扬鬃槟菱蒂淫苔蚊虱蚊虻疏迥边乡粗", strict=True,
))


def write_kept() -> None:
    t2s = opencc.OpenCC("t2s")
    results = [part.decode("utf-8", "replace") for part in PHRASES.read_bytes().split(b"\0")]
    words = {w for w in results if len(w) > 1 and all("\u3400" <= c <= "\u9fff" for c in w)}
    kept = sorted(w for w in words if any(t2s.convert(c) != c for c in w))
    head = "# Results of OpenCC TSPhrases (Apache-2.0) that hold a traditional character; made by tools/make_script.py"
    OUT.write_text("\n".join([head, *kept, ""]), "utf-8")
    print(OUT.name, len(kept), "words")


def write_variants(folder: Path) -> None:
    """Characters of GBK or Big5-HKSCS that are not in the national list, that t2s leaves, and that have one variant in it."""
    t2s = opencc.OpenCC("t2s").convert
    listed = {c for c, key, _ in read_unihan(folder / "Unihan_OtherMappings.txt.bz2") if key == "kTGH"}
    table: dict[str, set[str]] = {}
    for char, key, value in read_unihan(folder / "Unihan_Variants.txt.bz2"):
        if key in ("kSemanticVariant", "kZVariant"):
            found = {t2s(chr(int(v.split("<")[0][2:], 16))) for v in value.split()}
            table.setdefault(char, set()).update(found & listed - {char})
    table |= {char: {put} for char, put in MORE.items()}
    known = sorted(
        (char, *puts) for char, puts in table.items()
        if len(puts) == 1 and t2s(char) == char and char not in listed and char not in NOT and puts != {char}
        and "\u3400" <= char <= "\u9fff" and (char.encode("gbk", "ignore") or char.encode("big5hkscs", "ignore"))
    )
    head = "# Characters that t2s leaves, and the form of the national list for them; made by tools/make_script.py from Unihan"
    VARIANTS.write_text("\n".join([head, *map("\t".join, known), ""]), "utf-8")
    print(VARIANTS.name, len(known), "characters")


def read_unihan(path: Path) -> list[tuple[str, str, str]]:
    rows = [row.split("\t") for row in bz2.decompress(path.read_bytes()).decode().splitlines() if row.startswith("U+")]
    return [(chr(int(c[2:], 16)), key, value) for c, key, value in rows]


def main() -> None:
    write_kept()
    if len(sys.argv) > 1:
        write_variants(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
