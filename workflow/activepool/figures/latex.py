"""Tables in LaTeX for print (booktabs)."""

from collections.abc import Sequence

from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES
from activepool.figures.typesetting import MISSING, Cell, Typeset

#: The space between two columns, which lets tables fit into 16 cm.
ROOM = r"@{\hspace{0.7em}}"

UPPER_REFERENCE = r"$^{\dagger}$"
UPPER_REFERENCE_NOTE = r"$^{\dagger}$ Upper reference: reads all labels."

ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": "$<$", "*": "$^{*}$", MISSING: "--", "∞": r"$\infty$"}
)


def latex_table(table: Typeset, settings: Settings) -> str:
    """Return a ``tabular`` with the grids one below another, for a document with the package booktabs.

    A note explains the dagger of upper references.
    """
    blocks = [block for grid in table.grids for block in grid.blocks()]
    width = max((len(block.columns) for block in blocks), default=0)
    lines = [
        "% For a document with \\usepackage{booktabs}.",
        rf"\begin{{tabular}}{{l*{{{width}}}{{{ROOM}r}}}}",
        r"\toprule",
    ]
    for number, block in enumerate(blocks):
        lines += [r"\midrule"] if number else []
        lines += [_full_width_line(escaped(block.title), width)] if block.title else []
        lines += [_line([escaped(block.heading), *map(escaped, block.columns)], width), r"\midrule"]
        rows = zip(*block.columns.values(), strict=True)
        for strategy, cells in zip(block.strategies, rows, strict=True):
            mark = UPPER_REFERENCE if strategy in settings.oracles else ""
            name = escaped(NAMES.get(strategy, strategy)) + mark
            lines.append(_line([name, *map(latex_cell, cells)], width))
    lines.append(r"\bottomrule")
    upper_references = [UPPER_REFERENCE_NOTE] if table.has_oracle(settings) else []
    for note in [*map(escaped, table.notes), *upper_references]:
        lines.append(_full_width_line(rf"\footnotesize {note}", width))
    return "\n".join([*lines, r"\end{tabular}", ""])


def latex_cell(cell: Cell) -> str:
    """Return a cell in LaTeX."""
    if not cell.is_number:
        return escaped(cell.text)
    text = cell.text + (f" \\pm {cell.half_width}" if cell.half_width else "")
    text = rf"\mathbf{{{text}}}" if cell.bold else text
    return f"${text}{'^{*}' if cell.star else ''}$"


def escaped(text: str) -> str:
    """Return plain text as LaTeX."""
    return text.translate(ESCAPES)


def _full_width_line(text: str, width: int) -> str:
    """Return a line that starts in the first column and never widens the others."""
    return rf"\multicolumn{{{width + 1}}}{{l}}{{\makebox[0pt][l]{{{text}}}}} \\"


def _line(cells: Sequence[str], width: int) -> str:
    return " & ".join([*cells, *[""] * (width + 1 - len(cells))]) + r" \\"
