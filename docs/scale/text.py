"""How the tables of docs/scale.md write themselves and their numbers."""

from collections.abc import Iterable


def markdown(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table."""
    header = list(header)
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def duration(seconds: float) -> str:
    """Return seconds as a reader wants them, with two digits."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{two_digits(seconds / length)} {unit}"
    return f"{two_digits(seconds)} s"


def volume(count: float) -> str:
    """Return bytes as a reader wants them, with two digits."""
    for unit, size in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9)):
        if count >= 0.995 * size:
            return f"{two_digits(count / size)} {unit}"
    return f"{two_digits(count / 1e6)} MB"


def dollars(amount: float) -> str:
    """Return an amount of money, with two digits."""
    return f"{two_digits(amount)} $" if amount >= 0.01 else "< 0.01 $"


def two_digits(value: float) -> str:
    """Return a number with two digits, or all of those before the point."""
    digits = float(f"{value:.2g}")
    return f"{digits:,.0f}" if digits >= 10 else f"{digits:g}"
