"""Common parts of figures of curves: a panel of curves with bands, and names or a legend."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from activepool.evaluation.statistics import mean_interval
from activepool.figures.end_labels import End, column_size, write_end_labels
from activepool.figures.quantities import Quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import Style

#: Width in inches of a figure over two columns of text.
PAGE_WIDTH = 7.0

#: In inches: the space around a panel for its ticks and axis labels.
LEFT, BOTTOM, TOP = 0.55, 0.42, 0.08

MIN_PANEL = 3.2

#: Share of the range of the means that the axis has beyond them.
ROOM = 0.08

#: Share of the range of an axis that half a marker takes up in a low panel.
MARKER_ROOM = 0.03

#: The colours of the ceiling, a training on all labels, and of the interval of a point that curves share.
CEILING_COLOUR, SHARED_COLOUR = "0.35", "0.6"

BAND: dict[str, Any] = {"linewidth": 0, "zorder": 2}

#: Largest opacity of a band, and of all bands of a panel together: many bands would hide the curves.
MAX_OPACITY, TOTAL_OPACITY = 0.13, 0.4


def interval_note(marks: str, results: Results, settings: Settings) -> str:
    """Return a note on the intervals that ``marks``, bands or lines, show; empty with one seed."""
    seeds = results.curves.table["seed"].nunique()
    return f"{marks}: {100 * settings.confidence:g} % intervals, {seeds} seeds" if seeds > 1 else ""


def draw_curves(
    axes: Axes,
    curves: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Style],
    factor: float,
    confidence: float,
) -> list[End]:
    """Draw the mean of each curve over its seeds, times ``factor``, and its interval as a band.

    Where curves share their first point, the bands begin at the second, and the interval of the first is one
    line: bands that fan out from one point would cover the curves.

    Returns: the ends of the curves.
    """
    ends = []
    opacity = min(MAX_OPACITY, TOTAL_OPACITY / max(1, len(curves)))
    starts = Counter(map(_start_of, curves.values()))
    for strategy, curve in curves.items():
        style = styles[strategy]
        labels = curve.index.get_level_values("labels").to_numpy(dtype=np.float64)
        mean, half_width = (factor * part for part in mean_interval(curve.to_numpy(), confidence))
        axes.plot(labels, mean, zorder=3, **style.line_properties)
        is_shared = starts[_start_of(curve)] > 1
        draw_band(axes, labels[is_shared:], mean[is_shared:], half_width[is_shared:], style.colour, opacity)
        if is_shared:
            draw_band(axes, labels[:1], mean[:1], half_width[:1], SHARED_COLOUR)
        ends.append(End(style, labels[-1], mean[-1]))
    label_axis(axes)
    return ends


def _start_of(curve: pd.DataFrame) -> tuple[float, ...]:
    """Return the number of labels and the values of the first point."""
    return (*curve.index[0], *curve.iloc[0])


def draw_band(
    axes: Axes,
    labels: np.ndarray,
    values: np.ndarray,
    half_widths: np.ndarray,
    colour: str,
    opacity: float = MAX_OPACITY,
) -> None:
    """Draw the intervals of values as a band; that of a single value as a line."""
    low, high = values - half_widths, values + half_widths
    if len(labels) == 1:
        axes.vlines(labels, low, high, color=colour, linewidth=0.8, zorder=2)
    else:
        axes.fill_between(labels, low, high, alpha=opacity, color=colour, **BAND)


def label_axis(axes: Axes) -> None:
    """Format the horizontal axis for numbers of labels."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=(1, 2, 2.5, 5, 10), integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.02)


def draw_ceiling(axes: Axes, ceiling: pd.DataFrame, measure: Quantity, confidence: float) -> None:
    """Draw the mean of the ceiling over its seeds as a horizontal line, and its interval as a band."""
    labels = ceiling.index.get_level_values("labels")[0]
    (mean,), (half_width,) = (measure.factor * part for part in mean_interval(ceiling.to_numpy(), confidence))
    axes.axhline(mean, color=CEILING_COLOUR, linestyle=(0, (5, 3)), linewidth=1, zorder=2)
    band = {**BAND, "alpha": MAX_OPACITY, "color": CEILING_COLOUR, "zorder": 1}
    axes.axhspan(mean - half_width, mean + half_width, **band)
    axes.annotate(
        f"all {labels:,.0f} labels",
        (0.01, mean),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        color=CEILING_COLOUR,
        fontsize="small",
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def named_curves(
    curves: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Style],
    measure: Quantity,
    confidence: float,
    ceiling: pd.DataFrame | None = None,
    note: str = "",
) -> Figure:
    """Return a figure of one panel, over two columns, that names each curve at its end.

    It grows with the number of names, so that they do not overlap. The axis spans all means, not all bands.
    ``ceiling``, a curve of one point, becomes a horizontal line. ``note`` explains the bands.
    """
    width, height = column_size([styles[strategy] for strategy in curves])
    height = max(height, MIN_PANEL)
    total_height = BOTTOM + height + TOP
    panel_width = PAGE_WIDTH - LEFT - width
    figure = Figure(figsize=(PAGE_WIDTH, total_height))
    axes = figure.add_axes(
        (LEFT / PAGE_WIDTH, BOTTOM / total_height, panel_width / PAGE_WIDTH, height / total_height)
    )
    axes.set_xlabel(f"Labels ({note})" if note else "Labels")
    axes.set_ylabel(measure.axis_label)
    ends = draw_curves(axes, curves, styles, measure.factor, confidence)
    if ceiling is not None and not ceiling.empty:
        draw_ceiling(axes, ceiling, measure, confidence)
    show_means(axes)
    limit_axis(axes, measure)
    names = figure.add_axes(
        ((LEFT + panel_width) / PAGE_WIDTH, BOTTOM / total_height, width / PAGE_WIDTH, height / total_height),
        xlim=(0, width),
        ylim=(0, height),
    )
    write_end_labels(axes, names, ends)
    return figure


def show_means(axes: Axes) -> None:
    """Let the vertical axis span the lines: wide bands of few seeds would press these together."""
    values = _line_values(axes)
    low, high = values.min(), values.max()
    room = ROOM * (high - low) if high > low else 0.5
    axes.set_ylim(low - room, high + room)


def limit_axis(axes: Axes, measure: Quantity) -> None:
    """End the vertical axis where the quantity ends, even if a band exceeds it.

    Beyond a line that lies at the end, there is room for its markers.
    """
    lowest, highest = axes.get_ylim()
    low, high = max(lowest, measure.least), min(highest, measure.most)
    values = np.clip(_line_values(axes), measure.least, measure.most)
    room = MARKER_ROOM * (high - low)
    low, high = min([low, *(values - room)]), max([high, *(values + room)])
    axes.set_ylim(max(lowest, low), min(highest, high))


def _line_values(axes: Axes) -> np.ndarray:
    """Return the heights of the points of all lines."""
    values = [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines]
    drawn = np.concatenate([np.empty(0), *values])
    finite: np.ndarray = drawn[np.isfinite(drawn)]
    return finite


def legend_below(figure: Figure, styles: Mapping[str, Style], title: str = "") -> None:
    """Write one legend below all panels of a figure with constrained layout; the figure grows by it."""
    width, _ = column_size(list(styles.values()))
    legend = figure.legend(
        handles=[Line2D([], [], **style.line_properties) for style in styles.values()],
        labels=[style.text for style in styles.values()],
        loc="outside lower center",
        ncols=max(1, int(PAGE_WIDTH // width)),
        frameon=False,
        handlelength=2.4,
        title=title,
        title_fontsize=7,
    )
    inches = legend.get_window_extent(FigureCanvasAgg(figure).get_renderer()).height / figure.dpi
    figure.set_figheight(figure.get_figheight() + inches)
