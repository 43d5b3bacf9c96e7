"""The columns of the line model, by name: module integers, which kernels read as constants, and their names in order.

The rule of this file: a column has one name, here; other modules never count columns. A table of names stands beside each
set of integers, so that the weights can say which columns they were trained on and are found again wherever those stand.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["name_rows"]

#: What a line is in itself; ECHO to SEEN_ABOVE, NUMBER_PLACE and NUMBER_RUN compare it with the lines of its document.
OWN_NAMES = (
    "length", "han_share", "digit_share", "latin_share", "separator_share", "n_sentences", "clause_share", "quote_share",
    "n_opens", "n_tokens", "token_length", "n_dates", "n_times", "n_phones", "n_arrows", "ends_sentence", "ends_colon",
    "ends_close", "ends_separator", "begins_open", "begins_separator", "begins_digit", "begins_quote", "begins_sign",
    "code_share", "n_separators", "ends_clause", "folded_length", "furniture", "furniture_weak", "is_phrase", "paragraph",
    "echo", "same_text", "same_shape", "same_opening", "seen_above", "n_phrases", "number_form", "number_place",
    "number_run", "n_notices",
)
(
    LENGTH, HAN_SHARE, DIGIT_SHARE, LATIN_SHARE, SEPARATOR_SHARE, N_SENTENCES, CLAUSE_SHARE, QUOTE_SHARE,
    N_OPENS, N_TOKENS, TOKEN_LENGTH, N_DATES, N_TIMES, N_PHONES, N_ARROWS, ENDS_SENTENCE, ENDS_COLON,
    ENDS_CLOSE, ENDS_SEPARATOR, BEGINS_OPEN, BEGINS_SEPARATOR, BEGINS_DIGIT, BEGINS_QUOTE, BEGINS_SIGN,
    CODE_SHARE, N_SEPARATORS, ENDS_CLAUSE, FOLDED_LENGTH, FURNITURE, FURNITURE_WEAK, IS_PHRASE, PARAGRAPH,
    ECHO, SAME_TEXT, SAME_SHAPE, SAME_OPENING, SEEN_ABOVE, N_PHRASES, NUMBER_FORM, NUMBER_PLACE,
    NUMBER_RUN, N_NOTICES,
) = range(len(OWN_NAMES))
N_OWN = len(OWN_NAMES)

#: Columns of `marks`: the kind that is the whole line and the kind that opens it (-1: none), form and value of its number.
WHOLE, OPENING, FORM, VALUE = range(4)
N_MARKS = 4
#: Columns of `hashes`.
TEXT_HASH, SHAPE_HASH, OPENING_HASH = range(3)
N_HASHES = 3

#: What `place_lines` tells apart of the kinds of phrases.
NO_GROUP, BYLINES, LINKS, TALK, FOOT = range(5)
N_GROUPS = 5

#: What a line is, seen from beside it.
NEIGHBOUR_NAMES = (
    "folded_length", "ends_sentence", "furniture", "dated", "paragraph", "echo", "recurs", "byline_share",
    "talk_share", "number_run",
)
(
    NEAR_LENGTH, NEAR_ENDS_SENTENCE, NEAR_FURNITURE, NEAR_DATED, NEAR_PARAGRAPH, NEAR_ECHO, NEAR_RECURS, NEAR_BYLINE, NEAR_TALK,
    NEAR_NUMBER_RUN,
) = range(len(NEIGHBOUR_NAMES))
N_NEIGHBOUR = len(NEIGHBOUR_NAMES)

#: Running totals over the lines of a document; the first N_WINDOW of them have a mean in each window.
TOTAL_NAMES = (
    "paragraph", "furniture", "folded_length", "same_shape", "ends_sentence", "code_share", "talk_share", "echo", "body", "foot",
)
(
    SUM_PARAGRAPH, SUM_FURNITURE, SUM_LENGTH, SUM_SHAPE, SUM_ENDS_SENTENCE, SUM_CODE, SUM_TALK, SUM_ECHO, SUM_BODY, SUM_FOOT,
) = range(len(TOTAL_NAMES))
N_TOTALS = len(TOTAL_NAMES)
N_WINDOW = N_TOTALS - 2

#: Lines beside a line, and windows above and below it, in the order of their columns.
BESIDE = (-3, -2, -1, 1, 2, 3)
WINDOW_NAMES = ("near_above", "near_below", "far_above", "far_below")

#: Where a line stands in its document.
HERE_NAMES = (
    "place", "n_above", "n_below", "body_above", "body_below", "document_lines", "document_body", "document_paragraphs",
    "document_furniture", "document_length", "foot_above", "foot_below", "step_above", "step_below", "document_sentences",
    "document_code",
)
(
    PLACE, N_ABOVE, N_BELOW, BODY_ABOVE, BODY_BELOW, DOCUMENT_LINES, DOCUMENT_BODY, DOCUMENT_PARAGRAPHS,
    DOCUMENT_FURNITURE, DOCUMENT_LENGTH, FOOT_ABOVE, FOOT_BELOW, STEP_ABOVE, STEP_BELOW, DOCUMENT_SENTENCES,
    DOCUMENT_CODE,
) = range(len(BESIDE) * N_NEIGHBOUR + len(WINDOW_NAMES) * N_WINDOW, len(BESIDE) * N_NEIGHBOUR + len(WINDOW_NAMES) * N_WINDOW + 16)

#: What stands above and below: lines since the last (to the next) of each of the five, and the paragraphs between.
SEEN_NAMES = ("paragraph", "byline", "links", "talk", "foot")
SEEN_PARAGRAPH, SEEN_BYLINE, SEEN_LINKS, SEEN_TALK, SEEN_FOOT = range(len(SEEN_NAMES))
N_SEEN = len(SEEN_NAMES)
DOWN_NAMES = (
    *(f"since_{name}" for name in SEEN_NAMES), *(f"paragraphs_since_{name}" for name in SEEN_NAMES[1:]),
    "bylines_above", "run_above", "flags", "run_furniture_above", "run_length_above",
)
DOWN = DOCUMENT_CODE + 1
SINCE = DOWN                                # N_SEEN columns
PARAGRAPHS_SINCE = SINCE + N_SEEN           # N_SEEN - 1 columns: of byline, links, talk, foot
BYLINES_ABOVE, RUN_ABOVE, FLAGS, RUN_FURNITURE_ABOVE, RUN_LENGTH_ABOVE = range(DOWN + 9, DOWN + 14)
UP_NAMES = (
    *(f"until_{name}" for name in SEEN_NAMES), "paragraphs_until_byline",
    "bylines_below", "run_below", "run_furniture_below", "run_length_below",
)
UP = RUN_LENGTH_ABOVE + 1
UNTIL = UP                                  # N_SEEN columns
PARAGRAPHS_UNTIL_BYLINE, BYLINES_BELOW, RUN_BELOW, RUN_FURNITURE_BELOW, RUN_LENGTH_BELOW = range(UP + 5, UP + 10)
N_PLACE = RUN_LENGTH_BELOW + 1
PLACE_NAMES = (
    *(f"{name}_{d:+}" for d in BESIDE for name in NEIGHBOUR_NAMES),
    *(f"{name}_{window}" for window in WINDOW_NAMES for name in TOTAL_NAMES[:N_WINDOW]),
    *HERE_NAMES, *DOWN_NAMES, *UP_NAMES,
)


def name_rows(kinds: Sequence[str]) -> list[str]:
    """The names of the columns of a row for the trees, in order; those of phrases carry the name of their kind.

    >>> name_rows(["menu"])[41:46]
    ['n_notices', 'cover menu', 'cover furniture', 'cover furniture_weak', 'opens menu']
    """
    covers = [f"cover {kind}" for kind in (*kinds, "furniture", "furniture_weak")]
    return [*OWN_NAMES, *covers, *(f"opens {kind}" for kind in kinds), *PLACE_NAMES]
