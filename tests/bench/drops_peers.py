"""Which of given texts the filters of data-juicer and datatrove drop, each alone, in environments of their own.

The rule of this file: what is called `peer_` runs with the Python of such an environment, over a file of JSON lines, and imports
nothing of ours; it gives the numbers of the texts that each filter drops. data-juicer: the recipe that it publishes for Chinese
(alpaca-cot-zh-refine) as far as its filters run without the net, then the other filters of text with their own bounds. datatrove:
its defaults with the Chinese tokenizer of words, and the bounds that FineWeb-2 publishes for `cmn_Hani`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

#: What a filter drops, by its name; or why it cannot run.
Dropped = dict[str, list[int] | str]

#: Name, operator, its bounds. Words without a model are what blanks part, so in Chinese clauses and lines.
JUICER: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("recipe: alphanumeric (at least .1)", "alphanumeric_filter", {"tokenization": False, "min_ratio": 0.1}),
    ("recipe: character repetition (10, at most .6)", "character_repetition_filter", {"rep_len": 10, "max_ratio": 0.6}),
    ("recipe: flagged words (zh)", "flagged_words_filter", {
        "lang": "zh", "tokenization": True, "use_words_aug": True, "max_ratio": 0.017}),
    ("recipe: text length (at least 10)", "text_length_filter", {"min_len": 10}),
    ("alphanumeric (at least .25)", "alphanumeric_filter", {}),
    ("average line length (at least 10)", "average_line_length_filter", {}),
    ("character repetition (10, at most .5)", "character_repetition_filter", {}),
    ("maximum line length (at least 10)", "maximum_line_length_filter", {}),
    ("special characters (at most .25)", "special_characters_filter", {}),
    ("words num (at least 10)", "words_num_filter", {"lang": "zh"}),
    ("words num, with its model", "words_num_filter", {"lang": "zh", "tokenization": True}),
    ("word repetition (10, at most .5)", "word_repetition_filter", {"lang": "zh"}),
    ("stop words (zh, at least .3)", "stopwords_filter", {"lang": "zh"}),
    ("language id (zh, at least .8)", "language_id_score_filter", {"lang": "zh"}),
    ("perplexity (zh, at most 1500)", "perplexity_filter", {"lang": "zh"}),
)
_CHINESE = "cmn_Hani"
#: huggingface/fineweb-2, configs/cmn_Hani.yml and fineweb-2-pipeline.py.
_FINEWEB2: dict[str, dict[str, Any]] = {
    "GopherRepetitionFilter": {
        "dup_para_frac": 0, "dup_line_char_frac": 0, "dup_para_char_frac": 0, "dup_line_frac": 0.287,
        "top_n_grams": ((2, 0.256), (3, 0.201), (4, 0.171)),
        "dup_n_grams": ((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)),
    },
    "FineWebQualityFilter": {
        "short_line_thr": 999, "char_duplicates_ratio": 0.1, "line_punct_thr": 0.106, "new_line_ratio": 0.178},
    "GopherQualityFilter": {
        "max_avg_word_length": 5, "min_avg_word_length": 1, "max_non_alpha_words_ratio": 0.735, "min_stop_words": 2,
        "stop_words": list("的年在月是和日了於·為有被人中为他與後也而由"),
    },
}
DATATROVE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *((f"FineWeb-2: {name}", name, bounds) for name, bounds in _FINEWEB2.items()),
    ("GopherQualityFilter", "GopherQualityFilter", {}),
    ("GopherRepetitionFilter", "GopherRepetitionFilter", {}),
    ("C4QualityFilter", "C4QualityFilter", {}),
    ("FineWebQualityFilter", "FineWebQualityFilter", {}),
)


def read(given: Path) -> list[str]:
    return [json.loads(line)["text"] for line in given.read_text("utf-8").rstrip("\n").split("\n")]


def peer_juicer(given: Path) -> Dropped:
    """What each filter of data-juicer drops, its class called on batches of texts."""
    texts = read(given)
    stats = import_module("data_juicer.utils.constant").Fields.stats

    def run(module: str, bounds: dict[str, Any]) -> list[int]:
        operators = import_module(f"data_juicer.ops.filter.{module}")
        kind = import_module("data_juicer.ops.base_op").OPERATORS.modules[module]
        assert operators
        operator, dropped = kind(**bounds), []
        for first in range(0, len(texts), 1000):
            some = texts[first:first + 1000]
            samples = operator.compute_stats_batched({"text": some, stats: [{} for _ in some]})
            dropped += [first + n for n, keeps in enumerate(operator.process_batched(samples)) if not keeps]
        return dropped

    return {name: _try(partial(run, module, bounds)) for name, module, bounds in JUICER}


def peer_datatrove(given: Path) -> Dropped:
    """What each filter of datatrove drops; words of a text are found once for all of them."""
    document = import_module("datatrove.data").Document
    filters = import_module("datatrove.pipeline.filters")
    tokenizer = import_module("datatrove.utils.word_tokenizers").load_word_tokenizer(_CHINESE)
    tokenizer.word_tokenize = lru_cache(maxsize=1)(tokenizer.word_tokenize)
    ready = [(name, getattr(filters, kind)(language=_CHINESE, **bounds)) for name, kind, bounds in DATATROVE]
    dropped: Dropped = {name: [] for name, _ in ready}
    for n, text in enumerate(read(given)):
        for name, own in ready:
            if isinstance(numbers := dropped[name], list):
                fallen = _try(partial(_list_fallen, own.filter, document(text=text, id=str(n)), n))
                dropped[name] = fallen if isinstance(fallen, str) else [*numbers, *fallen]
    return dropped


def _list_fallen(judge: Callable[[object], object], document: object, n: int) -> list[int]:
    verdict = judge(document)
    return [] if (verdict[0] if isinstance(verdict, tuple) else verdict) else [n]


def _try(work: Callable[[], list[int]]) -> list[int] | str:
    """What a filter drops, or why it cannot run: what it wants from the net, mostly."""
    try:
        return work()
    except BaseException as error:      # a peer may end the process where it cannot fetch what it needs
        return f"{type(error).__name__}: {str(error)[:100]}"


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2])), ensure_ascii=False))
