"""Tables in LaTeX for print (booktabs): strategies are the rows, cells hold value ± half width."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES

#: The space between two columns, which lets tables fit into 16 cm.
ROOM = r"@{\hspace{0.7em}}"

#: The content of a cell without a value.
MISSING = "--"

UPPER_REFERENCE = r"$^{\dagger}$"
UPPER_REFERENCE_NOTE = r"$^{\dagger}$ Upper reference: reads all labels."

ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


@dataclass(frozen=True)
class Grid:
    """A part of a table, with its own header.

    Attributes:
        heading: of the column of strategies, as plain text.
        strategies: the rows.
        columns: title as plain text -> a LaTeX cell for each row.
        in_a_line: columns that fit the width of a page; further ones follow below, with their own header.
        title: a line above the header, as plain text; empty for none.
    """

    heading: str
    strategies: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    in_a_line: int = 5
    title: str = ""

    def blocks(self) -> list["Grid"]:
        """Return the grid in parts that fit the page."""
        columns = list(self.columns.items())
        starts = range(0, len(columns), self.in_a_line)
        parts = [dict(columns[start : start + self.in_a_line]) for start in starts]
        return [
            Grid(self.heading, self.strategies, part, self.in_a_line, "" if number else self.title)
            for number, part in enumerate(parts)
        ]


def latex_table(grids: Sequence[Grid], settings: Settings, notes: Sequence[str] = ()) -> str:
    """Return a ``tabular`` with the grids one below another, for a document with the package booktabs.

    A note explains the dagger of upper references; ``notes`` are further notes, in LaTeX.
    """
    blocks = [block for grid in grids for block in grid.blocks()]
    width = max((len(block.columns) for block in blocks), default=0)
    lines = [
        "% For a document with \\usepackage{booktabs}.",
        rf"\begin{{tabular}}{{l*{{{width}}}{{{ROOM}r}}}}",
        r"\toprule",
    ]
    for number, block in enumerate(blocks):
        lines += [r"\midrule"] if number else []
        lines += [_whole_line(escaped(block.title), width)] if block.title else []
        lines += [_line([escaped(block.heading), *map(escaped, block.columns)], width), r"\midrule"]
        rows = zip(*block.columns.values(), strict=True)
        for strategy, cells in zip(block.strategies, rows, strict=True):
            lines.append(_line([_name(strategy, settings), *cells], width))
    lines.append(r"\bottomrule")
    marked = {name for block in blocks for name in block.strategies} & {*settings.oracles}
    for note in [*notes, *([UPPER_REFERENCE_NOTE] if marked else [])]:
        lines.append(_whole_line(rf"\footnotesize {note}", width))
    return "\n".join([*lines, r"\end{tabular}", ""])


def escaped(text: str) -> str:
    """Return plain text as LaTeX."""
    return text.translate(ESCAPES)


def number_cells(
    values: np.ndarray,
    half_widths: np.ndarray | None = None,
    *,
    signed: bool = False,
    best: np.ndarray | None = None,
    marked: np.ndarray | None = None,
) -> list[str]:
    """Return a column's cells, each with as many digits as its interval warrants.

    Args:
        values: (n,) in the printed unit; NaN for a missing one.
        half_widths: (n,) of the intervals; NaN for a missing one.
        signed: whether to write a plus.
        best: (n,) bool, the cells in bold.
        marked: (n,) bool, the cells with a star.
    """
    missing, none = np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
    columns = (half_widths if half_widths is not None else missing, best, marked)
    rows = zip(values, *(none if column is None else column for column in columns), strict=True)
    return [_cell(value, half, signed, bold, star) for value, half, bold, star in rows]


def p_value_cells(p_values: np.ndarray) -> list[str]:
    """Return a column of p-values with three decimals."""
    return [MISSING if math.isnan(p) else "$<0.001$" if p < 0.001 else f"${p:.3f}$" for p in p_values]


def best_of(values: np.ndarray, strategies: Sequence[str], settings: Settings, sign: int = 1) -> np.ndarray:
    """Return (n,) bool: the rows with the largest ``sign`` · value, except upper references.

    If all are equal, as in the round that the strategies share, none is best.
    """
    worth = sign * np.asarray(values, dtype=np.float64)
    competes = np.array([name not in settings.oracles for name in strategies], dtype=bool)
    competes &= ~np.isnan(worth)
    best: np.ndarray = competes & (worth == worth[competes].max(initial=-np.inf))
    return best if best.sum() < competes.sum() else np.zeros_like(best)


def _name(strategy: str, settings: Settings) -> str:
    mark = UPPER_REFERENCE if strategy in settings.oracles else ""
    return escaped(NAMES.get(strategy, strategy)) + mark


def _whole_line(text: str, width: int) -> str:
    """Return a line that starts in the first column and never widens the others."""
    return rf"\multicolumn{{{width + 1}}}{{l}}{{\makebox[0pt][l]{{{text}}}}} \\"


def _line(cells: Sequence[str], width: int) -> str:
    return " & ".join([*cells, *[""] * (width + 1 - len(cells))]) + r" \\"


def _cell(value: float, half_width: float, signed: bool, bold: bool, star: bool) -> str:
    if math.isnan(value):
        return MISSING
    known = math.isfinite(half_width)
    # Two digits of the interval; three of the value if there is no interval, or it has no width.
    digits = _decimals(half_width, 2) if known and half_width > 0 else _decimals(value, 3)
    text = f"{value:{'+' if signed else ''}.{digits}f}" + (f" \\pm {half_width:.{digits}f}" if known else "")
    text = rf"\mathbf{{{text}}}" if bold else text
    return f"${text}{'^{*}' if star else ''}$"


def _decimals(value: float, digits: int) -> int:
    """Return how many decimals show this number of significant digits, from 0 to 4."""
    if value == 0:
        return digits - 1
    return min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), 4)
