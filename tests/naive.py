"""The kernels of scan and fold again, as plainly as they can be said: the oracles that check them."""

from __future__ import annotations

from itertools import pairwise

from pipeline.chinese.codepoints import BLANK, CLOSE, DIGIT, HAN, LATIN, OPEN, READING, UNTIDY, load_canonical, load_classes


def find_lines(joined: str) -> list[tuple[int, int, int]]:
    """Start, end and class bits of every line of a buffer that ends with LF."""
    classes, out, at = load_classes(), [], 0
    for line in joined[:-1].split("\n") if joined else []:
        bits = 0
        for ch in line:
            bits |= int(classes[ord(ch)])
        blanks = [bool(classes[ord(ch)] & BLANK) for ch in line]
        odd = any(blank and ch != " " for blank, ch in zip(blanks, line, strict=True))
        if not line or odd or blanks[0] or blanks[-1] or any(a and b for a, b in pairwise(blanks)):
            bits |= UNTIDY
        out.append((at, at + len(line), bits))
        at += len(line) + 1
    return out


def fold(text: str) -> str:
    """The canonical form."""
    classes, canonical, out, i = load_classes(), load_canonical(), [], 0
    while i < len(text):
        c = int(classes[ord(text[i])])
        if c & OPEN and i and int(classes[ord(text[i - 1])]) & (HAN | CLOSE):
            close = next((j for j in range(i + 1, min(len(text), i + 64)) if int(classes[ord(text[j])]) & CLOSE), None)
            inside = text[i + 1:close] if close else ""
            letters = [int(classes[ord(ch)]) & (READING | LATIN | DIGIT) for ch in inside]
            allowed = all(bit or ch in " '’-:·\u3000\xa0" for bit, ch in zip(letters, inside, strict=True))
            if close and allowed and any(bit and ch not in "0123456789" for bit, ch in zip(letters, inside, strict=True)):
                i = close + 1
                continue
        folded = int(canonical[ord(text[i])])
        out += [chr(folded)] if folded else []
        i += 1
    return "".join(out)
