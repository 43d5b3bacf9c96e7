"""The kinds of personal data, their marks, and one of them as it was found. Light: every process that cleans imports it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["KINDS", "MARKS", "SENSITIVE", "Hit"]

#: What stands in place of each kind, where it is masked.
MARKS = {
    "identity": "〔身份证〕",
    "passport": "〔护照〕",
    "card": "〔银行卡〕",
    "mobile": "〔手机〕",
    "landline": "〔电话〕",
    "email": "〔邮箱〕",
    "qq": "〔QQ〕",
    "wechat": "〔微信〕",
    "plate": "〔车牌〕",
    "address": "〔地址〕",
}
KINDS = tuple(MARKS)
#: Kinds that nobody publishes of himself; of the others an office may print some.
SENSITIVE = frozenset(("identity", "passport", "card"))


class Hit(NamedTuple):
    """Something personal, in code points of `Texts.joined`."""

    start: int
    end: int
    kind: str
