"""Near-duplicates across documents: sketches, candidates, verification on the texts, clusters, an index on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, overload

if TYPE_CHECKING:
    from pipeline.options import NearOptions

__all__ = ["near_duplicates"]


@overload
def near_duplicates(
    texts: Sequence[str], *, options: NearOptions | None = None, with_similarity: Literal[False] = False
) -> list[int | None]: ...


@overload
def near_duplicates(
    texts: Sequence[str], *, options: NearOptions | None = None, with_similarity: Literal[True]
) -> list[tuple[int, float] | None]: ...


def near_duplicates(
    texts: Sequence[str], *, options: NearOptions | None = None, with_similarity: bool = False
) -> list[int | None] | list[tuple[int, float] | None]:
    """For each text None where it is kept, or the index of the kept text that it duplicates.

    Which one of several is kept is `options.keep` (default: the longest, then the first). Texts are compared as they are:
    clean them first. `with_similarity` gives the similarity of the two beside the index, from 0 to 1.

    >>> near_duplicates(["今天天气很好", "明天下雨", "今天天氣，很好！"])
    [2, None, None]
    >>> near_duplicates(["今天天气很好", "今天天氣，很好！"], with_similarity=True)
    [(1, 1.0), None]
    """
    from pipeline.near.decisions import DocumentKeys, decide
    from pipeline.near.sketch import sketch
    from pipeline.options import NearOptions, need_options
    from pipeline.record import Texts, check_texts, replace_surrogates

    texts = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str | bytes) else texts
    check_texts(texts)
    options = need_options(options, NearOptions)
    whole = [replace_surrogates(t)[0] for t in texts]
    view = Texts.of(whole)
    keys = DocumentKeys(
        sketches=sketch(view, options), n_chars=view.ends - view.starts,
        published=[""] * len(whole), ids=[f"{i:012d}" for i in range(len(whole))],
    )
    decisions = decide(keys, lambda rows: [whole[i] for i in rows], options)
    kept_of = decisions.kept_of.tolist()
    if with_similarity:
        return [None if i == k else (k, s) for i, (k, s) in enumerate(zip(kept_of, decisions.similarity.tolist(), strict=True))]
    return [None if i == k else k for i, k in enumerate(kept_of)]
