"""Personal data: what says who somebody is or how to reach him. Left by default, on request masked or taken out.

Numbers and addresses of offices, companies and services are public and stay. `view` picks and folds the lines that can hold
something, `numbers`, `mail`, `messengers`, `papers`, `plates` and `addresses` find each kind there, `contexts` are the words that
say whose it is, `columns` reads the heads of tables, `checksums` prove what proves itself. The kinds, their marks and what is not
found are in docs/personal.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.edits import Edit, Proposal, collect
from pipeline.options import PersonalOptions
from pipeline.record import Texts
from pipeline.stages.personal.kinds import KINDS, MARKS, SENSITIVE, Hit

__all__ = ["KINDS", "MARKS", "SENSITIVE", "count_personal", "find_personal", "mask_beside", "only_counts", "propose"]

#: Characters below a title that are read to judge it: more than any pattern looks at.
_BELOW = 400


def propose(texts: Texts, options: PersonalOptions) -> Proposal:
    """Edits that put the mark of its kind in place of each, or nothing; none where they are only counted."""
    if only_counts(options):
        return Proposal()
    marks = MARKS if options.mode == "mask" else dict.fromkeys(KINDS, "")
    return Proposal(collect([Edit(hit.start, hit.end, marks[hit.kind], hit.kind) for hit in find_personal(texts)]))


def mask_beside(words: Sequence[str], texts: Sequence[str], options: PersonalOptions) -> list[str]:
    """Words that stand above a text, each masked as if it were the text's first line: what stands below says whose a number is.

    >>> mask_beside(["联系人 0571-88123456"] * 2, ["浙江某某有限公司采购部", "二手钢琴转让"], PersonalOptions(mode="mask"))
    ['联系人 0571-88123456', '联系人 〔电话〕']
    """
    marks = MARKS if options.mode == "mask" else dict.fromkeys(KINDS, "")
    batch = Texts.of([f"{own}\n{text[:_BELOW]}" for own, text in zip(words, texts, strict=True)])
    masked = list(words)
    for hit in reversed(find_personal(batch)):
        doc = int(np.searchsorted(batch.ends, hit.start))
        start, end = (at - int(batch.starts[doc]) for at in (hit.start, hit.end))
        if end <= len(words[doc]):
            masked[doc] = masked[doc][:start] + marks[hit.kind] + masked[doc][end:]
    return masked


def only_counts(options: PersonalOptions) -> bool:
    """Whether the stage changes nothing."""
    return options.mode == "count"


def count_personal(texts: Texts) -> dict[str, NDArray[np.int64]]:
    """How many of each kind each document holds, int64 [documents]. What stands beside a document changes nothing.

    >>> counts = count_personal(Texts.of(["请打１３８１２３４５６７８找老吴", "请打0571-12345或12345"]))
    >>> {kind: n.tolist() for kind, n in counts.items() if n.any()}
    {'mobile': [1, 0]}
    """
    counts = {kind: np.zeros(len(texts), np.int64) for kind in KINDS}
    for hit in find_personal(texts):
        counts[hit.kind][np.searchsorted(texts.ends, hit.start)] += 1
    return counts


def find_personal(texts: Texts) -> list[Hit]:
    """All that is found, in code points of `texts.joined`, sorted; no two overlap.

    Its patterns are compiled when they are first asked for: 60 ms, which a run that only cleans does not pay.
    """
    from pipeline.stages.personal.found import find_personal as find

    return find(texts)
