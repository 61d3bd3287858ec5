"""Tables for print and for the screen: strategies are the rows, cells hold value ± half width."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from activepool.figures.settings import Settings

#: The content of a cell without a value.
MISSING = "–"


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: its number or word.
        is_number: whether it is a number with a sign or an interval, which print sets as mathematics.
        half_width: of the number's interval, in its digits; empty if there is none.
        bold: the best of its column.
        star: marked.
    """

    text: str
    is_number: bool = False
    half_width: str = ""
    bold: bool = False
    star: bool = False


@dataclass(frozen=True)
class Grid:
    """A part of a table, with its own header.

    Attributes:
        heading: of the column of strategies.
        strategies: the rows.
        columns: title -> a cell for each row.
        max_columns: how many fit the width of a page; further columns follow below, with their own header.
        title: a line above the header; empty for none.
    """

    heading: str
    strategies: Sequence[str]
    columns: Mapping[str, Sequence[Cell]]
    max_columns: int = 5
    title: str = ""

    def blocks(self) -> list["Grid"]:
        """Return the grid in parts that fit the page."""
        columns = list(self.columns.items())
        starts = range(0, len(columns), self.max_columns)
        parts = [dict(columns[start : start + self.max_columns]) for start in starts]
        return [
            Grid(self.heading, self.strategies, part, self.max_columns, "" if number else self.title)
            for number, part in enumerate(parts)
        ]


@dataclass(frozen=True)
class Typeset:
    """A table in words and numbers, for LaTeX or HTML.

    Attributes:
        grids: one below another.
        notes: lines below them.
    """

    grids: Sequence[Grid]
    notes: Sequence[str] = ()

    def has_oracle(self, settings: Settings) -> bool:
        """Return whether a row is an upper reference."""
        return any(name in settings.oracles for grid in self.grids for name in grid.strategies)


def text_cells(texts: Sequence[object]) -> list[Cell]:
    """Return cells with these texts."""
    return [Cell(str(text)) for text in texts]


def number_cells(
    values: np.ndarray,
    half_widths: np.ndarray | None = None,
    *,
    signed: bool = False,
    best: np.ndarray | None = None,
    marked: np.ndarray | None = None,
) -> list[Cell]:
    """Return a column's cells, each with as many digits as its interval warrants.

    Args:
        values: (n,) in the printed unit; NaN for a missing one.
        half_widths: (n,) of the intervals; NaN for a missing one.
        signed: whether to write a plus.
        best: (n,) bool, the cells in bold.
        marked: (n,) bool, the cells with a star.
    """
    no_intervals, no_marks = np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
    columns = (half_widths if half_widths is not None else no_intervals, best, marked)
    rows = zip(values, *(no_marks if column is None else column for column in columns), strict=True)
    return [
        _cell(value, half_width, signed, bool(bold), bool(star)) for value, half_width, bold, star in rows
    ]


def p_value_cells(p_values: np.ndarray) -> list[Cell]:
    """Return a column of p-values with three decimals."""
    return text_cells([MISSING if math.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}" for p in p_values])


def significantly_best(
    values: np.ndarray, p_values: np.ndarray, strategies: Sequence[str], settings: Settings, sign: int = 1
) -> np.ndarray:
    """Return (n,) bool: the row with the largest ``sign`` · value, if it differs significantly from random.

    Upper references do not compete.

    Args:
        values: (n,).
        p_values: (n,) of the test against random, corrected for all strategies; NaN without a test.
        strategies: (n,).
        settings: ``confidence`` gives the level of the test.
        sign: −1 where lower is better.
    """
    scores = sign * np.asarray(values, dtype=np.float64)
    is_competing = np.array([name not in settings.oracles for name in strategies], dtype=bool)
    is_competing &= ~np.isnan(scores)
    best = is_competing & (scores == scores[is_competing].max(initial=-np.inf))
    is_best: np.ndarray = best & (np.asarray(p_values, dtype=np.float64) < 1 - settings.confidence)
    return is_best


def bold_note(settings: Settings) -> str:
    """Return what bold means."""
    competing = ", upper references aside" if settings.oracles else ""
    return f"Bold: the best{competing}, where it differs from random ({_test(settings)})."


def star_note(settings: Settings) -> str:
    """Return what a star means."""
    return f"* Differs from random ({_test(settings)})."


def _test(settings: Settings) -> str:
    return f"paired t-test, p < {1 - settings.confidence:.2g} after Holm's correction"


def _cell(value: float, half_width: float, signed: bool, bold: bool, star: bool) -> Cell:
    if math.isnan(value):
        return Cell(MISSING)
    has_interval = math.isfinite(half_width)
    # Two digits of the interval; three of the value if there is no interval, or it has no width.
    digits = _decimals(half_width, 2) if has_interval and half_width > 0 else _decimals(value, 3)
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    return Cell(text, True, f"{half_width:.{digits}f}" if has_interval else "", bold, star)


def _decimals(value: float, digits: int) -> int:
    """Return how many decimals show this number of significant digits, from 0 to 4."""
    if value == 0:
        return digits - 1
    return min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), 4)
