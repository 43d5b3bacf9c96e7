"""Names of columns and flags of the arrays that the walk works on, and what it is bounded by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.read.html.words import SHOWN

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

# Columns of an open element: what is around the text in it.
NAME, FLAGS, KINDS, LEVELS, REGIONS, TOKENS, ITEMS, N_OPEN = range(8)
# Its flags: in a link, white space stays, in a row of data (blocks are cells then, on one line), in code, not text; what it is.
LINK, PRE, ROW, CODE, NO_TEXT, ENDS_LINE, READING, ITEM, BOXED, PLAIN_TEXT = (1 << n for n in range(10))
INHERITED = LINK | PRE | ROW | CODE

# What is known of the line that is open: its bytes, characters in links and outside them, what is around it; how many lines there
# are, how many bytes they have, the item of a numbered list that has begun and has no line yet, how many elements are open,
# how few were since the line began, and how few between the last one and this one.
(
    N_BYTES, LINKED, PLAIN, FLAG, A_KIND, A_LEVEL, A_REGION, A_TOKEN, A_DEPTH, N_LINES, N_OUT, BEGUN, N_ITEMS, N_LISTS, N_SAYS,
    DEPTH, SHALLOW, SHARED, N_STATE,
) = range(19)

# Columns of a line that is made, and of what it is: END is where its bytes end.
END, L_KIND, L_LEVEL, L_REGION, L_TOKEN, L_LINK, L_DEPTH, L_SHARED, L_FLAGS, N_COLUMNS = range(10)

# Columns of an item of a numbered list: of which list, where its number stands, the line that it begins (-1: none); of a list:
# where its first number and its type stand, whether it counts down, how many items it has.
I_LIST, I_START, I_END, I_LINE, N_ITEM = range(5)
O_START, O_START_END, O_TYPE, O_TYPE_END, O_DOWN, O_COUNT, N_LIST = range(7)

#: Token bits of one element, and the mask of the three nearest, packed into one integer.
TOKEN_BITS = 21
NEAREST = (1 << 3 * TOKEN_BITS) - 1
WORDS = (1 << TOKEN_BITS) - 1
HIDDEN = 128            # Region.HIDDEN
FURNITURE = 1 | 2 | 4 | 8 | 64      # Region NAV HEADER FOOTER ASIDE FORM
#: Of 255: an item that is a link has no number, for most are menus and lists of other pages.
MOST_LINKED = 128
#: Characters of class and id of one element that are looked at.
LONGEST_CLASS = 400
#: More than elements are ever open at once (`bounds.DEPTH`).
DEEPEST = 1 << 16
#: How many elements an end tag may close. One closes the last but where an element of SVG has a name that is void in HTML: few.
MOST_CLOSED = 64
#: Bytes that stand for white space in a line that is open, and that no text holds: between two links that touch, which is none in a
#: sentence; and between what is drawn apart.
GAP, APART = 0, 255

# Columns of an element that says something of the page: which one, where its attributes begin and end.
S_WHAT, S_START, S_END, N_SAID = range(4)

A, BR, WBR, RT, TR, TD, TH, LI, OL, CODE_TAG, PLAINTEXT, SCRIPT, HTML, META, TITLE, LINK_TAG, TIME, H1 = range(1, len(SHOWN) + 1)
# Attributes of one element that are looked at: where the value of each begins and ends, -1 for none.
CLASS, ID, STYLE, ROLE_AT, HIDDEN_AT, START, TYPE, VALUE, DOWN, N_ATTRIBUTES = range(10)
