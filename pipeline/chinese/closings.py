"""What closes a Chinese text, and the names of the bodies that sign it: one home for the forms that stages ask for.

The rule of this file: forms and endings of names, in both scripts; what follows from them is decided by who asks.
"""

from __future__ import annotations

import re

import regex

__all__ = ["CLOSING", "ITEM", "OFFICE_ENDS"]

#: What the name of an office ends with that signs notices. Written for this project from the notices of the labelled pages.
OFFICE_ENDS = (
    "办事处", "局", "委", "部", "院", "大学", "学校", "中心", "公司", "社区", "街道", "政府", "办公室", "党委", "支部", "报",
    "社", "镇", "乡", "村", "县", "市", "区", "站", "所", "队", "会", "集团", "银行",
)

# Anchored by fullmatch, one bounded repetition after the other: linear.
#: One item of a list of attachments.
ITEM = regex.compile(r"\s*(?:附\s?件)?\s?[\d一二三四五六七八九十]{1,2}\s?[.．、：:].+")
#: What closes a text of any kind: a remark in brackets, a label with its value, a date, a role with its name.
CLOSING = re.compile(
    r"\s*(?:[（(【\[][^）)】\]]*[）)】\]]|[^：:]{1,12}[：:].*|[〇零○一二三四五六七八九十廿\d\s年月日号號./-]+"
    r"|(?:审判|審判|陪审|陪審|书记|書記|法官|主讲|主講|主持|记录|記錄|署名|落款)\S{0,4}\s.*)\s*$"
)
