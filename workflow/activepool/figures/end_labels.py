"""Names of curves beside the panel, each at the height where its curve ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.textpath import TextPath

from activepool.figures.styles import Style

POINTS_PER_INCH = 72
TEXT_SIZE = 7

#: Inches: a line of text with its leading, and the gap between two names.
LINE_HEIGHT, GAP = 1.2 * TEXT_SIZE / POINTS_PER_INCH, 0.03

#: Inches from the panel: where the tie to the curve ends, the line sample ends, and the text begins.
TIE, SAMPLE, TEXT = 0.18, 0.50, 0.56

HAIRLINE = {"linewidth": 0.5, "alpha": 0.6, "zorder": 1}


class End(NamedTuple):
    """Where a curve ends, in data units."""

    style: Style
    x: float
    y: float


def column_size(styles: Sequence[Style]) -> tuple[float, float]:
    """Return the width and the least height, in inches, of a column with these names."""
    lines = [line for style in styles for line in style.lines]
    return TEXT + text_width(lines) + 0.05, sum(_height(style) for style in styles)


def text_width(lines: Sequence[str]) -> float:
    """Return the width in inches of the widest of these lines."""
    widths = [TextPath((0, 0), line, size=TEXT_SIZE).get_extents().width for line in lines]
    return max(widths, default=0.0) / POINTS_PER_INCH


def write_end_labels(panel: Axes, column: Axes, ends: Sequence[End]) -> None:
    """Write each curve's name in ``column``, with a sample of its line, tied to its end in ``panel``.

    Args:
        panel: where the curves are drawn; its limits are final.
        column: axes to the right of the panel and as high, with inches for data units.
        ends: the curves' ends.
    """
    column.set_axis_off()
    low, high = panel.get_ylim()
    right = panel.get_xlim()[1]
    panel.set(xlim=panel.get_xlim(), ylim=(low, high))
    inches = column.get_ylim()[1]
    ends = sorted(ends, key=lambda end: end.y)
    wished = np.array([(end.y - low) / (high - low) * inches for end in ends])
    places = spread(wished, np.array([_height(end.style) for end in ends]), inches)
    for end, wish, place in zip(ends, wished, places, strict=True):
        look = end.style.line_properties
        panel.plot([end.x, right], [end.y, end.y], color=end.style.colour, **HAIRLINE)
        column.plot([0, TIE], [wish, place], color=end.style.colour, clip_on=False, **HAIRLINE)
        column.plot([TIE, (TIE + SAMPLE) / 2, SAMPLE], [place] * 3, markevery=[1], **look)
        text = "\n".join(end.style.lines)
        column.text(TEXT, place, text, fontsize=TEXT_SIZE, verticalalignment="center")


def spread(wished: np.ndarray, heights: np.ndarray, room: float) -> np.ndarray:
    """Return centres near to the wished ones, such that boxes of these heights do not overlap.

    Boxes that would overlap are pushed apart together around their mean wish, which makes the sum of
    squared moves the smallest (isotonic regression by pooling adjacent violators). All lie within
    0..room; their heights must fit in it.

    Args:
        wished: (n,) ascending.
        heights: (n,).
        room: the height of the column.

    Returns: (n,) in the same order.
    """
    # Centres less the heights stacked below them must ascend: a plain isotonic regression.
    stacked = np.cumsum(heights) - heights / 2
    groups: list[tuple[float, int]] = []
    for value in wished - stacked:
        mean, size = float(value), 1
        while groups and groups[-1][0] > mean:
            below, others = groups.pop()
            mean, size = (mean * size + below * others) / (size + others), size + others
        groups.append((mean, size))
    levels = np.repeat([mean for mean, _ in groups], [size for _, size in groups])
    return np.clip(levels, 0, room - heights.sum()) + stacked


def _height(style: Style) -> float:
    return len(style.lines) * LINE_HEIGHT + GAP
