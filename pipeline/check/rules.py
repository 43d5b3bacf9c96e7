"""The rules of `taosha check`, one literal table: code, name, level, and the page that `taosha rule` and docs/rules/ are made of.

The first digit of a code is its family. `error` makes the check fail, `note` only tells. A rule that is off by default is asked
for by `--select` or `[check] select`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pipeline.errors import UsageError

__all__ = ["FAMILIES", "RULES", "Rule", "choose_rules", "find_rule"]

Level = Literal["error", "note"]

#: Families by the first digit of a code.
FAMILIES = {
    "1": ("reading", "Can the file be read, and was it read whole?"),
    "2": ("text", "Is what is left after cleaning a Chinese text?"),
    "3": ("duplicates", "Is the text there already?"),
    "4": ("removal", "What does cleaning take out?"),
    "6": ("personal data", "Does the text name private people?"),
}


class Rule(NamedTuple):
    """One rule and its page."""

    code: str       # TS101
    name: str       # kebab-case, for people and for `--select` too
    level: Level
    says: str       # one line: what is wrong with a document that it fires on
    why: str        # why that matters in a corpus, and what exactly is measured
    mend: str       # what to do
    on: bool = True     # without being asked for

    @property
    def family(self) -> str:
        """The name of its family."""
        return FAMILIES[self.code[2]][0]


RULES: tuple[Rule, ...] = (
    Rule(
        "TS101", "unreadable", "error", "the document cannot be read or decoded",
        "Nothing of it would enter the corpus: a run puts it into quarantine with its bytes. The message names the place and what "
        "was met there: no file, an empty one, bytes of no encoding, a record that is no JSON, an archive that is cut short.",
        "Do what the message says: fetch the page again, name its format with `--input-format`, or take the file away.",
    ),
    Rule(
        "TS102", "left-out", "error", "files of the folder are not read: there is no reader for their suffix",
        "A seed that nobody reads looks like one that passed. Where nothing worse is found the check ends with 2, not with 1: it "
        "could not do what it was asked for. Hidden files are passed over, and told by TS103.",
        "Convert the files to a format that is read (docs/formats.md), move them out of the folder, or `--ignore TS102`.",
    ),
    Rule(
        "TS103", "hidden", "note", "hidden files of the folder are not read",
        "A name that begins with a dot is hidden on most systems; such files are rarely documents.",
        "Rename what is a document.",
    ),
    Rule(
        "TS104", "bad-bytes", "note", "some bytes could not be decoded and became U+FFFD",
        "The rest of the text is whole, and the bytes themselves are gone from it. The place is that of the first U+FFFD.",
        "Fetch the page again in its own encoding. Where most of a text is destroyed, TS204 says so.",
    ),
    Rule(
        "TS105", "unused-ignore", "note", "a line of .taosha-ignore about a document that was judged silences nothing",
        "An ignore that is no longer needed hides the next fault of the same kind. Lines about documents that were not "
        "judged this time are not told: with `--since`, for example, or where only some files are named.",
        "Take the line away.",
    ),
    Rule(
        "TS201", "only-boilerplate", "error", "nothing is left but navigation and notices",
        "The page has no text of its own: an error page, a login, a frame of menus. A run would set it aside as `empty`.",
        "Take the document away. Where it does hold a text, protect a line of it with `[boilerplate] protect`.",
    ),
    Rule(
        "TS202", "too-little-chinese", "error", "too few hanzi are left after cleaning",
        "Counted are Han characters of the clean text (U+3400 to U+9FFF and the planes above), at least 50 unless `--min-chinese` "
        "or `[check] min_chinese` says otherwise.",
        "Take the document away, or set the bound lower.",
    ),
    Rule(
        "TS203", "unrecoverable-mojibake", "note", "the text holds characters that an earlier conversion destroyed",
        "Text that was once read in a wrong encoding and written back is repaired where every byte is still there. Here some are "
        "not: what could be proved was put back, the rest stays as it is.",
        "Fetch the page again.",
    ),
    Rule(
        "TS204", "destroyed-text", "error", "one character in two hundred or more is U+FFFD",
        "U+FFFD stands for what could not be decoded: such a page was decoded wrongly before it came here. Of 50,358 documents of "
        "six clean corpora one holds as many, of 3,336 pages of a crawl none.",
        "Fetch the page again in its own encoding.",
    ),
    Rule(
        "TS205", "listing", "error", "the page only names other pages",
        "Portals, boards, search results, archives: lines of links and dates, no text of their own. A run sets them aside as "
        "`listing`, unless `[boilerplate] listings = true`.",
        "Take the document away, or keep listings on purpose.",
    ),
    Rule(
        "TS206", "foreign", "error", "the text is in another language than Chinese",
        "Told by scripts (docs/signals.md): kana, hangul, or words of letters beside too few hanzi. A run sets such documents "
        "aside, unless `[verdicts] foreign = false`. Of 50,186 documents of six clean corpora, among them manuals full of code, it "
        "is true of none.",
        "Take the document away.",
    ),
    Rule(
        "TS207", "garbled", "error", "the text was decoded wrongly, beyond repair",
        "What looks like Chinese is improbable as such and repeats itself, or one character in five cannot be read "
        "(docs/signals.md). Of 50,186 documents of six clean corpora it is true of none.",
        "Fetch the page again in its own encoding.",
    ),
    Rule(
        "TS208", "spam", "error", "the text is spam",
        "It sells bets, sex, essays, papers, loans, drugs, cures, cheats, contraband, tips, easy money or links, or says one thing "
        "over and over for search engines, and that over most of it; words of reports, laws and advice count against "
        "(docs/signals.md). Nothing is said with `[verdicts] spam = false`. A run sets such documents "
        "aside, unless `[verdicts] spam = false`. Of 50,186 documents of six clean corpora it is true of none.",
        "Take the document away.",
    ),
    Rule(
        "TS301", "duplicate", "error", "the same text is there already",
        "Equal in canonical form: differences in script (traditional, simplified), width, punctuation and readings are none.",
        "Leave one of the two out.",
    ),
    Rule(
        "TS302", "near-duplicate", "error", "nearly the same text is there already",
        "Most of what both say is the same and no fact differs (see docs/near-duplicates.md). The lines below the finding are "
        "the first differences: `−` what this document says, `+` what the other says.",
        "Leave one of the two out: the one that says less.",
    ),
    Rule(
        "TS303", "duplicate-id", "error", "another document has this id already",
        "Ids name documents in the audit and in what is made of the corpus; two of one name cannot be told apart.",
        "Give each document an id of its own.",
    ),
    Rule(
        "TS401", "over-removal", "note", "so much would have been cut as boilerplate that nothing was",
        "Only where `[boilerplate] max_loss` is under 1: the page is kept as it was.",
        "Read the document; protect what is text, drop what is none.",
    ),
    Rule(
        "TS402", "much-lost", "note", "cleaning takes most of the sentences of the page",
        "More than 0.6 of the sentences go as boilerplate. Most often they are comments, notices and teasers, and all is well.",
        "Look at `taosha explain FILE`; protect what is text.",
    ),
    Rule(
        "TS403", "would-cut", "note", "what cleaning takes out",
        "A line of figures for each document: characters before and after, and what each stage takes.",
        "Nothing: it only tells. `taosha explain FILE` shows every cut.",
        on=False,
    ),
    Rule(
        "TS601", "sensitive-data", "error", "numbers of identity papers, passports or bank cards",
        "Each is proved by its check digit, or stands behind its label (docs/personal.md). Who trains on a corpus gives them away.",
        "Take them out, or have a run mask them: `taosha clean --pii mask`.",
    ),
    Rule(
        "TS602", "personal-data", "note", "how to reach a person: mobile numbers, e-mail, QQ, WeChat, homes, licence plates",
        "What belongs to an office is not counted, but whose a mobile number is cannot always be told (docs/personal.md).",
        "Read them; `taosha clean --pii mask` puts a mark in place of each.",
    ),
)

_BY_NAME = {name: rule for rule in RULES for name in (rule.code, rule.name)}


def find_rule(name: str) -> Rule:
    """The rule of a code or a name. Raises UsageError for another."""
    rule = _BY_NAME.get(name.strip()) or _BY_NAME.get(name.strip().upper())
    if rule is None:
        raise UsageError(f"there is no rule {name!r}: `taosha rule` lists them")
    return rule


def choose_rules(select: Sequence[str] = (), ignore: Sequence[str] = (), more: Sequence[str] = ()) -> frozenset[str]:
    """Codes of the rules that are on: those selected (else the default ones), and `more`, without those ignored.

    Each is a code, a name, or the start of codes: `TS3` for duplicates, `ALL`. The longer name wins, as in ruff: `--select TS3
    --ignore TS302` leaves TS302 out, `--ignore TS3 --select TS302` keeps it.
    """
    chosen = {rule.code: (0, rule.on and not select) for rule in RULES}
    for names, on in ((select, True), (more, True), (ignore, False)):
        for name in names:
            for code, length in _matching(name):
                if length >= chosen[code][0]:
                    chosen[code] = (length, on)
    return frozenset(code for code, (_, on) in chosen.items() if on)


def _matching(name: str) -> Iterable[tuple[str, int]]:
    """Codes that a name stands for, and how exactly."""
    name = name.strip()
    if name.upper() == "ALL":
        return [(rule.code, 1) for rule in RULES]
    if name in _BY_NAME:
        return [(_BY_NAME[name].code, 9)]
    found = [(rule.code, len(name)) for rule in RULES if len(name) > 2 and rule.code.startswith(name.upper())]
    if not found:
        how = "give codes (TS302), names (near-duplicate) or families (TS3); `taosha rule` lists all"
        raise UsageError(f"there is no rule {name!r}: {how}")
    return found
