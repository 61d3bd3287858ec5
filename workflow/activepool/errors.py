"""The exception and the warning that users read; how their messages list names and quote errors."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

#: The names, and the lines of a kind, that a message has, unless it says otherwise.
MAX_NAMES, MAX_LINES = 5, 20

#: How many characters of a value a message shows.
MAX_SHOWN = 100

#: The line that counts those of a kind that a message leaves out.
LEFT_OUT = re.compile(r": ([\d,]+) more of the kind$")


class InputError(Exception):
    """The user gave a file, a key or a value that cannot be used.

    Each argument is a line that names the file and the key, what is wrong, and what would be right; most
    errors have one. A stage prints them without a traceback and exits with status 2.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class Problems(list[str]):
    """The lines of several errors, to raise them together."""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Add the lines of an InputError that ends the ``with`` block."""
        try:
            yield
        except InputError as error:
            self.extend(map(str, error.args))

    def raise_if_any(self) -> None:
        """Raise InputError with the lines, each once, if there are any."""
        if self:
            raise InputError(*dict.fromkeys(self))


class SelectionWarning(UserWarning):
    """A strategy made picks that its idea hardly determines. A stage prints the message as a notice."""


@contextmanager
def importing(package: str, need: str, otherwise: str = "") -> Iterator[None]:
    """Raise InputError if an import in the ``with`` block fails.

    Args:
        package: what pip calls the package.
        need: the beginning of the message, such as ``mine.parquet: reading it needs``.
        otherwise: the end of the message: what else helps.
    """
    try:
        yield
    except ImportError as error:
        raise InputError(f"{need} {package} ({error}): pip install {package}{otherwise}") from error


def first_few(names: Iterable[object], at_most: int = MAX_NAMES, total: int | None = None) -> str:
    """Return the first names and the number of the others, for a message: ``a, b and 7 more``.

    ``names`` are at least the first ``at_most`` of ``total``, by default all.
    """
    items = list(names)
    total = len(items) if total is None else total
    listed = ", ".join(map(str, items[:at_most]))
    return f"{listed} and {total - at_most:,} more" if total > at_most else listed


def shown(value: object) -> str:
    """Return a value for a message, in one line of bounded length."""
    text = " ".join(repr(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def abbreviated(names: Sequence[str], at_most: int = MAX_NAMES) -> str:
    """Return the first names for a message, with dots in place of the others: ``a, b, ...``."""
    return ", ".join([*names[:at_most], *(["..."] if len(names) > at_most else [])])


def first_lines(lines: Sequence[str], where: object, at_most: int = MAX_LINES) -> list[str]:
    """Return the first lines of a message and, if there are more, one about ``where`` that counts these."""
    more = len(lines) - at_most
    return [*lines[:at_most], *([f"{where}: {more:,} more of the kind"] if more > 0 else [])]


def require_none(lines: Sequence[str], where: object) -> None:
    """Raise InputError with the `first_lines` about ``where``, if there are any lines."""
    if lines:
        raise InputError(*first_lines(lines, where))


def first_line(lines: Sequence[str]) -> str:
    """Return the first line of a message and how many mistakes the others list or count."""
    first, *others = lines
    counts = [int(match[1].replace(",", "")) if (match := LEFT_OUT.search(line)) else 1 for line in others]
    return f"{first} (and {sum(counts):,} more, see the log)" if others else first


def one_line(error: Exception) -> str:
    """Return the message of a reader's error in one line, or its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def nearest_name(name: str, candidates: Iterable[str], introduction: str = "there are") -> str:
    """Return which of the ``candidates`` may be meant, or all of them after the ``introduction``."""
    names = list(candidates)
    matches = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {matches[0]!r}?" if matches else f"{introduction} {', '.join(names)}"


def nearest_names(name: str, candidates: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: up to three similar ones; "" if there is none."""
    matches = difflib.get_close_matches(name, list(candidates), n=3)
    return f"; the nearest names are {', '.join(matches)}" if matches else ""
