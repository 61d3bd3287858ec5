"""Names of curves beside the panel, each at the height of its curve's end."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.textpath import TextPath

from activepool.figures.styles import Style

POINTS_PER_INCH = 72
TEXT_SIZE = 7

#: In inches: a line of text with its leading, and the gap between two names.
LINE_HEIGHT, GAP = 1.2 * TEXT_SIZE / POINTS_PER_INCH, 0.03

#: Inches from the panel to the end of the tie to the curve, the end of the line sample, and the text.
TIE, SAMPLE, TEXT = 0.18, 0.50, 0.56

HAIRLINE: dict[str, Any] = {"linewidth": 0.5, "alpha": 0.6, "zorder": 1}


class End(NamedTuple):
    """The end of a curve, in data units."""

    style: Style
    x: float
    y: float


def column_size(styles: Sequence[Style]) -> tuple[float, float]:
    """Return the width and the minimum height, in inches, of a column with these names."""
    lines = [line for style in styles for line in style.lines]
    return TEXT + text_width(lines) + 0.05, sum(_height(style) for style in styles)


def text_width(lines: Sequence[str]) -> float:
    """Return the width in inches of the widest of these lines."""
    widths = [TextPath((0, 0), line, size=TEXT_SIZE).get_extents().width for line in lines]
    return max(widths, default=0.0) / POINTS_PER_INCH


def text_height(texts: Sequence[str]) -> float:
    """Return the height in inches of the text with the most lines."""
    return LINE_HEIGHT * max((text.count("\n") + 1 for text in texts), default=0)


def write_end_labels(panel: Axes, column: Axes, ends: Sequence[End]) -> None:
    """Write each curve's name in ``column``, with a sample of its line, tied to its end in ``panel``.

    Args:
        panel: the axes of the curves; their limits are final.
        column: axes of the same height to the right of the panel, with inches as data units.
        ends: the curves' ends.
    """
    column.set_axis_off()
    low, high = panel.get_ylim()
    right = panel.get_xlim()[1]
    panel.set(xlim=panel.get_xlim(), ylim=(low, high))
    inches = column.get_ylim()[1]
    ends = sorted(ends, key=lambda end: end.y)
    ideal = np.array([(end.y - low) / (high - low) * inches for end in ends])
    places = spread(ideal, np.array([_height(end.style) for end in ends]), inches)
    for end, height, place in zip(ends, ideal, places, strict=True):
        look = end.style.line_properties
        panel.plot([end.x, right], [end.y, end.y], color=end.style.colour, **HAIRLINE)
        column.plot([0, TIE], [height, place], color=end.style.colour, clip_on=False, **HAIRLINE)
        column.plot([TIE, (TIE + SAMPLE) / 2, SAMPLE], [place] * 3, markevery=[1], **look)
        text = end.style.text
        column.text(TEXT, place, text, fontsize=TEXT_SIZE, verticalalignment="center")


def spread(ideal: np.ndarray, heights: np.ndarray, room: float) -> np.ndarray:
    """Return centres near the ideal ones such that boxes of these heights do not overlap.

    Boxes that would overlap are pushed apart around their mean ideal centre, which minimises the sum of
    squared moves (isotonic regression). All boxes lie within 0..room, which must hold their heights.

    Args:
        ideal: (n,) ascending.
        heights: (n,).
        room: the height of the column.

    Returns: (n,) in the same order.
    """
    from scipy.optimize import isotonic_regression  # which few figures need

    # Centres minus the heights stacked below them must ascend.
    stacked = np.cumsum(heights) - heights / 2
    levels = isotonic_regression(ideal - stacked).x
    centres: np.ndarray = np.clip(levels, 0, room - heights.sum()) + stacked
    return centres


def _height(style: Style) -> float:
    return len(style.lines) * LINE_HEIGHT + GAP
