"""Checks of the options of strategies."""

from activepool.errors import InputError


def require_at_least(strategy: str, option: str, value: int | None, least: int, reason: str = "") -> None:
    """Raise InputError if the option of a strategy is given and less than ``least``."""
    if value is not None and value < least:
        raise InputError(f"strategy {strategy!r}: {option} is {value}; it must be at least {least}{reason}")
