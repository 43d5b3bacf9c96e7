"""Licence plates: of the mainland by their form, of Taiwan, Hong Kong and Macau after a label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.stages.personal.kinds import Hit
from pipeline.stages.personal.view import PROVINCES, View

__all__ = ["find_plates"]

_PLATE = re.compile(
    rf"([{PROVINCES}])(?: |[·•・.](?=[A-Z]))?([A-HJ-NP-Za-hj-np-z])( ?[·•・.。-]? ?)(?:[0-9A-HJ-NP-Z]{{4}}[挂学港澳]"
    rf"|(?:[A-HJKa-hjk][0-9A-HJ-NP-Za-z]\d{{4}}|[A-HJK][0-9A-HJ-NP-Z]{{5}}|\d{{5}}[A-HJKa-hjk])|[0-9A-HJ-NP-Za-hj-np-z]{{5}}|[A-HJ-NP-Z][·•・.]\d{{4}}|[A-HJK][·•・.]\d{{5}})(?![0-9A-Za-z警]|-\d)"
)
#: Provinces whose sign is a word or part of one too: 更新A12345.
_AMBIGUOUS = frozenset("云黑新甘蒙吉贵青藏川宁苏鲁晋")
_CAR_WORD = re.compile("车|牌|驾|号码|司机|驶|撞|货|轿|停|堵|挡|追尾|剐|刮|蹭|超速|闯|加塞|逃逸|远光|拖走|拖离|充电|桩|师傅"
    "|的士|滴滴|[白黑红蓝灰银绿黄棕]色|拼车|帕萨特|哈弗|大众|丰田|本田|比亚迪|奥迪|宝马|奔驰|五菱|皮卡")
_ABROAD = re.compile(r"(?<![0-9A-Za-z-])(?:[A-Z]{2,3} ?- ?\d{3,4}|\d{3,4} ?- ?[A-Z]{2,3}|[A-Z]{1,2} ?- ?\d\d ?- ?\d\d"
    r"|[A-Z]{2} ?\d{2,4})(?![0-9A-Za-z]|-\d)")
_DIGITS = {"港": 1, "澳": 1, "挂": 2, "学": 2}      # digits that a plate has at least; others 3
_SERIES = re.compile("[号字]段|号[令文决判案会公]|路段")
_PLATE_LABEL = re.compile(r"(?:车牌|车号|牌照|号牌|牌号)(?:号码?|为|是|[:： (（「]){0,4}$")

_LABEL_AFTER = re.compile(r" ?\((?:租赁)?(?:车牌|车号|牌照)\)")


def find_plates(view: View) -> Iterator[Hit]:
    """Plates of the mainland by their form; of Taiwan and Hong Kong after a label. Police cars are public."""
    for m, start, end in view.plates.find(_PLATE):
        digits = sum(c.isdigit() for c in m[0])
        told = _CAR_WORD.search(view.before(start, 16) + view.after(end, 8)) is not None
        plain = m[2].isupper() and not m[3].strip(" ·•・") and (m[1] not in _AMBIGUOUS or m[3])
        if digits >= _DIGITS.get(m[0][-1], 3) and (told or plain) and not _SERIES.match(view.after(end, 3)):
            yield Hit(start, end, "plate")
    for _, start, end in view.labels.find(_ABROAD):
        if _PLATE_LABEL.search(view.before(start, 16)) or _LABEL_AFTER.match(view.after(end, 8)):
            yield Hit(start, end, "plate")
