"""Whole numbers on a command line."""

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole_number(text, 1)


def natural(text: str) -> int:
    """Return a whole number of at least 0."""
    return _whole_number(text, 0)


def _whole_number(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return int(text)
