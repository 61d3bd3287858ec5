"""Tables as pages that open in any browser."""

from html import escape

from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES
from activepool.figures.typesetting import Cell, Grid, Typeset

UPPER_REFERENCE_NOTE = "† Upper reference: reads all labels."


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>activepool</title>
<style>
body { margin: 1rem; font: 0.875rem/1.4 system-ui, sans-serif; color: #222 }
.table { overflow-x: auto; margin-bottom: 1rem }
table { border-collapse: collapse; white-space: nowrap }
caption { text-align: left; font-weight: 600 }
th, td { padding: 0.2rem 0.7rem 0.2rem 0; text-align: right; font-variant-numeric: tabular-nums }
th:first-child { text-align: left; font-weight: normal }
thead th { font-weight: 600; border-bottom: 1px solid #999 }
tbody tr:nth-child(even) { background: #f5f5f5 }
.note { margin: 0.2rem 0; color: #555 }
</style>
</head>
<body>
BODY</body>
</html>
"""


def html_page(table: Typeset, settings: Settings) -> str:
    """Return a page with a table; its body can be a part of another page."""
    return PAGE.replace("BODY", html_table(table, settings))


def html_table(table: Typeset, settings: Settings) -> str:
    """Return the grids as tables one below another, each of which scrolls by itself if it is too wide."""
    notes = [*table.notes, *([UPPER_REFERENCE_NOTE] if table.has_oracle(settings) else [])]
    parts = [_grid(grid, settings) for grid in table.grids if grid.strategies and grid.columns]
    parts += [f"<p class='note'>{escape(note)}</p>" for note in notes if parts]
    return "\n".join([*(parts or ["<p>Nothing to compare.</p>"]), ""])


def _grid(grid: Grid, settings: Settings) -> str:
    caption = f"<caption>{escape(grid.title)}</caption>" if grid.title else ""
    titles = "".join(f"<th>{escape(title)}</th>" for title in (grid.heading, *grid.columns))
    rows = []
    for strategy, cells in zip(grid.strategies, zip(*grid.columns.values(), strict=True), strict=True):
        name = escape(NAMES.get(strategy, strategy)) + (" †" if strategy in settings.oracles else "")
        rows.append(f"<tr><th>{name}</th>{''.join(map(_cell, cells))}</tr>")
    head, body = f"<thead><tr>{titles}</tr></thead>", "\n".join(rows)
    return f"<div class='table'><table>{caption}\n{head}\n<tbody>\n{body}\n</tbody></table></div>"


def _cell(cell: Cell) -> str:
    text = escape(cell.text.replace("-", "−")) + (f" ± {cell.half_width}" if cell.half_width else "")
    text = f"<b>{text}</b>" if cell.bold else text
    return f"<td>{text}{'*' if cell.star else ''}</td>"
