"""Common parts of figures of curves: a panel of curves with bands, and names or a legend."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
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

MIN_PANEL = 2.8

#: The colour of the ceiling, a training on all labels.
CEILING = "0.35"

BAND: dict[str, Any] = {"linewidth": 0, "zorder": 2}

#: Largest opacity of a band, and of all bands of a panel together: many bands would hide the curves.
MAX_OPACITY, TOTAL_OPACITY = 0.13, 0.8


def interval_note(what: str, results: Results, settings: Settings) -> str:
    """Return a note on the intervals that ``what`` (bands or lines) shows; empty with one seed."""
    seeds = results.curves.table["seed"].nunique()
    return f"{what}: {100 * settings.confidence:g} % intervals, {seeds} seeds" if seeds > 1 else ""


def draw_curves(
    axes: Axes,
    curves: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Style],
    factor: float,
    confidence: float,
) -> list[End]:
    """Draw the mean of each curve over its seeds, times ``factor``, and its interval as a band.

    Returns: the ends of the curves.
    """
    ends = []
    opacity = min(MAX_OPACITY, TOTAL_OPACITY / max(1, len(curves)))
    for strategy, curve in curves.items():
        style = styles[strategy]
        labels = curve.index.get_level_values("labels").to_numpy(dtype=np.float64)
        mean, half_width = (factor * part for part in mean_interval(curve.to_numpy(), confidence))
        draw_band(axes, labels, mean, half_width, style, opacity)
        ends.append(End(style, labels[-1], mean[-1]))
    label_axis(axes)
    return ends


def draw_band(
    axes: Axes,
    labels: np.ndarray,
    values: np.ndarray,
    half_widths: np.ndarray,
    style: Style,
    opacity: float = MAX_OPACITY,
) -> None:
    """Draw values as a line and their intervals as a band."""
    axes.plot(labels, values, zorder=3, **style.line_properties)
    band = {**BAND, "alpha": opacity, "color": style.colour}
    axes.fill_between(labels, values - half_widths, values + half_widths, **band)


def label_axis(axes: Axes) -> None:
    """Format the horizontal axis for numbers of labels."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=(1, 2, 2.5, 5, 10), integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.02)


def draw_ceiling(axes: Axes, ceiling: pd.DataFrame, drawn: Quantity, confidence: float) -> None:
    """Draw the mean of the ceiling over its seeds as a horizontal line, and its interval as a band."""
    labels = ceiling.index.get_level_values("labels")[0]
    (mean,), (half_width,) = (drawn.factor * part for part in mean_interval(ceiling.to_numpy(), confidence))
    axes.axhline(mean, color=CEILING, linestyle=(0, (5, 3)), linewidth=1, zorder=2)
    band = {**BAND, "alpha": MAX_OPACITY, "color": CEILING, "zorder": 1}
    axes.axhspan(mean - half_width, mean + half_width, **band)
    axes.annotate(
        f"all {labels:,.0f} labels",
        (0.01, mean),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        color=CEILING,
        fontsize="small",
    )


def named_curves(
    curves: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Style],
    drawn: Quantity,
    confidence: float,
    ceiling: pd.DataFrame | None = None,
    note: str = "",
) -> Figure:
    """Return a figure of one panel, over two columns, that names each curve at its end.

    It grows with the number of names, so that they do not overlap. The axis ends where the quantity does: a
    band of few seeds can exceed it. ``ceiling``, a curve of one point, becomes a horizontal line. ``note``
    explains the bands.
    """
    width, height = column_size([styles[strategy] for strategy in curves])
    height = max(height, MIN_PANEL)
    whole = BOTTOM + height + TOP
    panel = PAGE_WIDTH - LEFT - width
    figure = Figure(figsize=(PAGE_WIDTH, whole))
    axes = figure.add_axes((LEFT / PAGE_WIDTH, BOTTOM / whole, panel / PAGE_WIDTH, height / whole))
    axes.set_xlabel(f"Labels ({note})" if note else "Labels")
    axes.set_ylabel(drawn.axis_label)
    ends = draw_curves(axes, curves, styles, drawn.factor, confidence)
    if ceiling is not None and not ceiling.empty:
        draw_ceiling(axes, ceiling, drawn, confidence)
    limit_axis(axes, drawn)
    names = figure.add_axes(
        ((LEFT + panel) / PAGE_WIDTH, BOTTOM / whole, width / PAGE_WIDTH, height / whole),
        xlim=(0, width),
        ylim=(0, height),
    )
    write_end_labels(axes, names, ends)
    return figure


def limit_axis(axes: Axes, drawn: Quantity) -> None:
    """End the vertical axis where the quantity ends, even if a band exceeds it."""
    lowest, highest = axes.get_ylim()
    axes.set_ylim(max(lowest, drawn.least), min(highest, drawn.most))


def legend_below(figure: Figure, styles: Mapping[str, Style], title: str = "") -> None:
    """Write one legend below all panels of a figure with constrained layout; the figure grows by it."""
    width, _ = column_size(list(styles.values()))
    legend = figure.legend(
        handles=[Line2D([], [], **style.line_properties) for style in styles.values()],
        labels=["\n".join(style.lines) for style in styles.values()],
        loc="outside lower center",
        ncols=max(1, int(PAGE_WIDTH // width)),
        frameon=False,
        handlelength=2.4,
        title=title,
        title_fontsize=7,
    )
    inches = legend.get_window_extent(FigureCanvasAgg(figure).get_renderer()).height / figure.dpi
    figure.set_figheight(figure.get_figheight() + inches)
