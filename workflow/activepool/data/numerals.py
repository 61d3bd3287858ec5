"""Numbers in the names of classes: in digits, in words, or as Roman numerals."""

import re
import unicodedata
from collections.abc import Sequence

#: Words for 0 to 10, and for 1st to 10th.
CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
WORDS = {word: number for number, word in enumerate(CARDINALS)} | {
    word: number for number, word in enumerate(ORDINALS, start=1)
}

#: A Roman numeral up to 39 at the end of a name; one without a digit is none.
ROMAN = re.compile(r"(?<!\w)(?P<tens>x{0,3})(?P<units>ix|iv|v?i{0,3})\Z", re.IGNORECASE)

#: The units of Roman numerals, in their order.
ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")

#: More digits than a number that counts something has; those of an identifier, such as n01440764.
IDENTIFIER_DIGITS = 6


def numbers_in(names: Sequence[str]) -> list[set[float]]:
    """Return the numbers in each name; Roman numerals count if all names end in them, and are else alike."""
    numerals = list(map(ROMAN.search, names))
    are_roman = all(match and match[0] for match in numerals)
    stems = {name[: match.start()].casefold() for name, match in zip(names, numerals, strict=True) if match}
    if are_roman and len(stems) == 1:
        return [{_roman_number(match)} for match in numerals if match]
    return [set(_numbers(name)) for name in names]


def _numbers(name: str) -> list[float]:
    digits = [float(text) for text in re.findall(r"\d+", name, re.ASCII) if len(text) < IDENTIFIER_DIGITS]
    tokens = re.findall(r"\w+|[^\w\s]", name.casefold())
    words = [float(WORDS[token]) for token in tokens if token in WORDS]
    # Such as ½ and the Chinese 一; in longer words it need not be a number.
    letters = [unicodedata.numeric(token) for token in tokens if len(token) == 1 and _is_numeral(token)]
    return digits + words + letters


def _is_numeral(letter: str) -> bool:
    return not letter.isascii() and letter.isnumeric()


def _roman_number(match: re.Match[str]) -> float:
    return 10.0 * len(match["tens"]) + ROMAN_UNITS.index(match["units"].lower())
