"""Numbers that prove themselves: resident identity numbers of the mainland, Taiwan and Hong Kong, and bank cards.

The rule of this file: strings of ASCII without blanks in, yes or no out; each rule names its source.
"""

from __future__ import annotations

from datetime import date

__all__ = ["is_card", "is_date", "is_hongkong", "is_old_resident", "is_resident", "is_taiwan"]

#: GB/T 2260: the first two digits, of provinces and what is like one.
_REGIONS = frozenset(map(str, (
    *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83,
)))
_FIRST_YEAR, _LAST_YEAR = 1880, 2035        # of people who are in a text; a number of later birth is none yet
#: GB 11643-1999 (ISO 7064, MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
#: Values of the first letter of Taiwan's numbers, A to Z (統號, 內政部).
_TAIWAN = (10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33)
#: First digits of cards and how many digits they have (ISO/IEC 7812: UnionPay, Visa, Mastercard, JCB, American Express, Diners;
#: ICBC's old ones of 19 digits begin with 9558).
_PREFIXES = (
    ("62", (16, 17, 18, 19)), ("9558", (19,)), ("4", (16,)), ("51", (16,)), ("52", (16,)), ("53", (16,)), ("54", (16,)),
    ("55", (16,)), ("35", (16,)), ("34", (15,)), ("37", (15,)), ("36", (14,)), ("60", (16, 19)), ("81", (16, 19)),
)
_SECOND_SERIES = range(2221, 2721)      # Mastercard's other first digits, of cards of 16


def is_resident(number: str) -> bool:
    """A mainland number of 18: region, date of birth, check digit.

    >>> is_resident("11010519491231002X"), is_resident("110105194912310021")
    (True, False)
    """
    if len(number) != 18 or number[:2] not in _REGIONS or not number[:17].isdigit():
        return False
    if not is_date(int(number[6:10]), number[10:14]):
        return False
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, number[:17], strict=True))
    return _CHECKS[total % 11] == number[17].upper()


def is_old_resident(number: str) -> bool:
    """A mainland number of 15, as they were until 1999: region and date of birth, without a check digit."""
    return number[:2] in _REGIONS and is_date(1900 + int(number[6:8]), number[8:12])


def is_taiwan(number: str) -> bool:
    """A number of Taiwan: a letter, 1 or 2 (8 or 9 of residents from abroad), eight digits whose last is a check.

    >>> is_taiwan("A123456789"), is_taiwan("A123456788")
    (True, False)
    """
    first = _TAIWAN[ord(number[0].upper()) - ord("A")]
    digits = [first // 10, first % 10, *map(int, number[1:])]
    return number[1] in "1289" and sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0


def is_hongkong(letters: str, digits: str, check: str) -> bool:
    """A number of Hong Kong: one letter or two, six digits, a check (MOD 11, A is ten).

    >>> is_hongkong("G", "123456", "A"), is_hongkong("AB", "987654", "3"), is_hongkong("A", "123456", "4")
    (True, True, False)
    """
    values = [36, *(ord(c) - 55 for c in letters.upper())] if len(letters) == 1 else [ord(c) - 55 for c in letters.upper()]
    values += [*map(int, digits), 10 if check.upper() == "A" else int(check)]
    return sum(w * v for w, v in zip((9, 8, 7, 6, 5, 4, 3, 2, 1), values, strict=True)) % 11 == 0


def is_card(number: str) -> bool:
    """A number of a bank card: a known beginning, its length, Luhn's check digit.

    >>> is_card("6222021234567890128"), is_card("6222021234567890123")
    (True, False)
    """
    known = any(number.startswith(first) and len(number) in sizes for first, sizes in _PREFIXES)
    if not (known or (len(number) == 16 and int(number[:4]) in _SECOND_SERIES)) or len(set(number)) == 1:
        return False
    digits = [int(d) for d in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0


def is_date(year: int, day: str) -> bool:
    """A day (MMDD) of a year that people in a text live in."""
    try:
        date(year, int(day[:2]), int(day[2:]))
    except ValueError:
        return False
    return _FIRST_YEAR <= year <= _LAST_YEAR
