"""Near-duplicates across documents: sketches, candidates, verification on the texts, clusters, an index on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.options import NearOptions

__all__ = ["near_duplicates"]


def near_duplicates(texts: Sequence[str], *, options: NearOptions | None = None) -> list[int | None]:
    """For each text None where it is kept, or the index of the kept text that it duplicates.

    Which one of several is kept is `options.keep` (default: the longest, then the first). Texts are compared as they are:
    clean them first.

    >>> near_duplicates(["今天天气很好", "明天下雨", "今天天氣，很好！"])
    [2, None, None]
    """
    from pipeline.near.decisions import DocumentKeys, decide
    from pipeline.near.sketch import sketch
    from pipeline.options import NearOptions
    from pipeline.record import Texts, check_texts, replace_surrogates

    texts = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str | bytes) else texts
    check_texts(texts)
    options = options or NearOptions()
    whole = [replace_surrogates(t)[0] for t in texts]
    view = Texts.of(whole)
    keys = DocumentKeys(
        sketches=sketch(view, options), n_chars=view.ends - view.starts,
        published=[""] * len(whole), ids=[f"{i:012d}" for i in range(len(whole))],
    )
    decisions = decide(keys, lambda rows: [whole[i] for i in rows], options)
    return [None if i == k else k for i, k in enumerate(decisions.kept_of.tolist())]
