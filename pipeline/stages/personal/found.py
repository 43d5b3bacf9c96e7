"""Everything of a batch that is personal: all kinds, none over another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.record import Texts
from pipeline.stages.personal.addresses import find_addresses
from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.mail import find_emails
from pipeline.stages.personal.messengers import find_qq, find_wechat
from pipeline.stages.personal.numbers import find_cards, find_identities, find_landlines, find_landlines_beside, find_mobiles
from pipeline.stages.personal.papers import find_passports
from pipeline.stages.personal.plates import find_plates
from pipeline.stages.personal.view import View

__all__ = ["find_personal"]

#: In the order of their claims: of two that overlap the first stays.
_FINDERS = (
    find_emails, find_qq, find_identities, find_cards, find_passports, find_mobiles, find_wechat, find_plates, find_landlines,
)


def find_personal(texts: Texts) -> list[Hit]:
    """All that is found, in code points of `texts.joined`, sorted; no two overlap."""
    if not len(texts):
        return []
    view = View(texts)
    found: list[Hit] = []
    for find in _FINDERS:
        found = _merge(found, find(view))
    found = _merge(found, find_addresses(view, found))
    return _merge(found, find_landlines_beside(view, found))


def _merge(kept: list[Hit], more: Iterable[Hit]) -> list[Hit]:
    """Hits that keep off each other: those that were there, then of the others the first, then the longer."""
    return sorted([*kept, *_free(kept, sorted(more, key=lambda hit: (hit.start, -hit.end)))])


def _free(kept: list[Hit], more: list[Hit]) -> Iterator[Hit]:
    at = last = 0
    for hit in more:
        while at < len(kept) and kept[at].end <= hit.start:
            at += 1
        if hit.start >= last and (at == len(kept) or hit.end <= kept[at].start):
            yield hit
            last = hit.end
