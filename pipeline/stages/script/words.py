"""What OpenCC's t2s gets wrong or leaves to context: variants, 著 and its like, and the characters that names keep.

Everything here looks at a line as t2s writes it, so that what is right stays as it is when it is converted again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["find_kept", "find_names", "load_heal", "load_kept", "load_names", "load_phrases", "load_variants", "stays"]

_HAN = "\u3400-\u9fff"
_WORDS_FROM = 3     # characters of the shortest word that is kept wherever it stands: 乾道 also stands in 若乾道路


class Heal(NamedTuple):
    """A character that t2s leaves to context."""

    natural: str                # what it is where nothing keeps it
    before: frozenset[str]      # characters before it that keep it
    after: re.Pattern[str]      # what follows and keeps it
    unless: frozenset[str]      # characters before it that undo `after`
    never: re.Pattern[str]      # what follows and undoes all
    always: re.Pattern[str]     # what follows and keeps it whatever stands before
    softly: re.Pattern[str]     # what follows and keeps it where no verb that takes 着 stands before


def _rows(name: str) -> Iterator[list[str]]:
    text = (resources.files("pipeline") / "data" / name).read_text("utf-8")
    return (row.split("\t") for row in text.splitlines() if row and not row.startswith("#"))


def _any(words: list[str]) -> re.Pattern[str]:
    """One of some literals, or nothing ever; matched at one place: constant time."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)")


@cache
def load_variants() -> dict[str, str]:
    """Character that t2s leaves -> the form of the national list."""
    return {row[0]: row[1] for row in _rows("script_variants.tsv")}


@cache
def load_phrases() -> dict[str, str]:
    """Words that t2s leaves half converted -> the words of today, of the same length."""
    return {row[0]: row[1] for row in _rows("script_phrases.tsv")}


@cache
def load_heal() -> dict[str, Heal]:
    """The characters of data/script_heal.tsv with what keeps them."""
    table: dict[tuple[str, str], dict[str, list[str]]] = {}
    for sign, natural, place, words in _rows("script_heal.tsv"):
        table.setdefault((sign, natural), {})[place] = words.split()
    return {
        sign: Heal(
            natural, frozenset("".join(places.get("before", []))), _any(places.get("after", [])),
            frozenset("".join(places.get("unless", []))), _any(places.get("never", [])), _any(places.get("always", [])),
            _any(places.get("softly", [])),
        )
        for (sign, natural), places in table.items()
    }


@cache
def load_kept() -> re.Pattern[str]:
    """Words of simplified Chinese with a character that t2s changes elsewhere, and such characters of GB 2312. Literals: linear."""
    return _any(["乾", "薹", "徵", "吒", "麽", *(row[0] for row in _rows("script_kept.txt"))])


@cache
def _load_long() -> re.Pattern[str]:
    listed = [word for row in _rows("script_names.tsv") if row[0] == "words" for word in row[1].split()]
    return _any([row[0] for row in _rows("script_kept.txt") if len(row[0]) >= _WORDS_FROM and row[0][0] != "於"] + listed)


class Name(NamedTuple):
    """A character that names keep."""

    sign: str
    put: str        # what it is in a name
    family: str     # surnames that it makes no words with
    fixed: bool     # whether it is the second of a name only
    after: str      # what follows it in words
    before: str     # what stands before it in words


@cache
def load_names() -> dict[str, Name]:
    """The characters of data/script_names.tsv that names keep: 徐乾学, 王丙乾，."""
    rows = [row for row in _rows("script_names.tsv") if len(row) == 5]
    surnames = _load_lists()["surnames"]
    names = {}
    for sign, put, odd, after, before in rows:
        fixed = odd.startswith("=")
        names[sign] = Name(sign, put, odd[1:] if fixed else "".join(c for c in surnames if c not in odd), fixed, after, before)
    return names


@cache
def _load_lists() -> dict[str, str]:
    return {row[0]: row[1] for row in _rows("script_names.tsv")}


@cache
def _compile_name(name: Name) -> re.Pattern[str]:
    """A pattern that finds a character where it is in a name.

    The second of a name: a surname before it, and no word from it on. The third: what goes on after a name follows. Before the
    surname no hanzi stands, or one of those that stand before names. Look-behinds of fixed width: constant time at one place.
    Each is compiled when it is first met: all of them take 30 ms.
    """
    lists, sign = _load_lists(), name.sign
    words = "|".join(name.after.split())
    starts = f"(?<![{_HAN}])|(?<=[{lists['leads']}])"
    second = f"(?<=(?:{starts})[{name.family}]){sign}(?!{words})"
    ends = f"(?=[{lists['tails']}]|[^{_HAN}]|$)"
    third = f"(?<=(?:{starts})[{lists['surnames']}](?![{name.before}])[{_HAN}]){sign}(?!{words}){ends}"
    return re.compile(second if name.fixed else f"{second}|{third}")


def find_names(line: str) -> Iterator[tuple[int, str]]:
    """Places in a line, as t2s writes it but for the characters that names keep, which those keep, and what stands there."""
    for sign, name in load_names().items():
        if sign in line:
            yield from ((m.start(), name.put) for m in _compile_name(name).finditer(line))


def find_kept(line: str) -> Iterator[tuple[int, int]]:
    """Words of a line that hold a character which t2s changes elsewhere."""
    return (m.span() for m in _load_long().finditer(line))


def stays(line: str, at: int, heal: Heal) -> bool:
    """Whether the character at this place of a line is right as it is."""
    before = line[at - 1] if at else "\n"
    if heal.never.match(line, at + 1):
        return False
    if heal.always.match(line, at + 1):
        return True
    if line[at] == "著" and _is_particle(line, at):
        return False
    if before in heal.before or (before not in heal.unless and heal.after.match(line, at + 1)):
        return True
    if heal.softly.match(line, at + 1) and before not in heal.unless and before not in _load_verbs().one:
        return True
    return line[at] == "著" and _is_author(line, at)


class _Verbs(NamedTuple):
    """What tells a 着 from an author's 著; see data/script_verbs.tsv."""

    one: frozenset[str]
    two: frozenset[str]
    idiom: frozenset[str]
    begins: re.Pattern[str]


@cache
def _load_verbs() -> _Verbs:
    places = {row[0]: row[1].split() for row in _rows("script_verbs.tsv")}
    begins = _any([word for word in places["from"] if word != "的"]).pattern
    return _Verbs(
        frozenset("".join(places["one"])), frozenset(places["two"]), frozenset(places["idiom"]), re.compile(f"的(?!《)|{begins}"),
    )


def _is_particle(line: str, at: int) -> bool:
    """Whether a verb of two characters stands before, whose last keeps 著 in other words (彰显着, 显著), or a word begins here."""
    verbs = _load_verbs()
    if line[max(0, at - 4):at].rstrip()[-2:] in verbs.two:
        return True
    return line[at - 1:at] in _WEAK and line[at + 1:at + 2] in verbs.idiom


#: Of the characters that keep 著 behind them those that do not keep it before 手 眼 装 …: 场所着装, 理论着陆.
_WEAK = frozenset("所成论知较")


#: A clause before 著: no repeat but one over a class, from the end of a short slice: linear.
_CLAUSE = re.compile(f"([^{_HAN}]?)([{_HAN}]*)$")
_LONGEST_NAME = 5       # hanzi of a name, with 等 or 编: 托尔斯泰等
_CLOSES = frozenset("》〉」』）)〕]】·•・（(")
_ENDS = re.compile("$|[，。；：、！？）)》〉」』”’\\]】·,.;:!?|/ \t\u3000《]")
_BOOK = re.compile("出版|书局|书店|印书馆|书社|译|》|〕|（|\\(")


def _is_author(line: str, at: int) -> bool:
    """Whether 著 at this place is what stands behind an author: 曹雪芹著，（钱锺书著）, 王力等著, 周裕锴 著.

    A clause that ends with it, of a name and no verb that takes 着; or a surname and one or two characters, and a title.
    """
    verbs, head = _load_verbs(), line[max(0, at - 12):at]
    match = _CLAUSE.search(head.rstrip())
    opening, clause = (match[1], match[2]) if match else ("", "")
    ends = _ENDS.match(line, at + 1) is not None
    if not clause:
        return ends and bool(head.strip())
    name = _load_author().search(clause)
    surname = name is not None and name.start() == 0
    book = _BOOK.search(line, max(0, at - 24), min(len(line), at + 24)) is not None
    if clause[-1] == "等":
        return ends and book and surname and len(clause) <= _LONGEST_NAME
    if clause[-1] in verbs.one or clause[-2:] in verbs.two:
        return ends and book and surname and 2 <= len(clause) <= 3 and opening in _CLOSES
    if ends:
        return len(clause) <= _LONGEST_NAME or book or name is not None
    return surname and not verbs.begins.match(line, at + 1) and ("\u3400" <= line[at + 1] <= "\u9fff")


@cache
def _load_author() -> re.Pattern[str]:
    """A name at the end of a clause, at its start or behind what stands before names: fixed numbers of characters, linear."""
    lists = _load_lists()
    doubles = "|".join(lists["doubles"].split())
    return re.compile(f"(?:^|(?<=[{lists['leads']}]))(?:(?:{doubles})[{_HAN}]{{1,2}}|[{lists['surnames']}][{_HAN}]{{1,2}})$")
