"""The parts that figures of curves share: a panel of curves with bands, with names or a legend."""

from collections.abc import Mapping

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

#: Inches around a panel that its ticks and axis labels need.
LEFT, BOTTOM, TOP = 0.55, 0.42, 0.08

LOWEST_PANEL = 2.8

#: The colour of what all labels bring.
CEILING = "0.35"

BAND = {"linewidth": 0, "zorder": 2}

#: How opaque a band is at most, and all those of a panel together: many would hide their curves.
OPAQUE, ALL_OPAQUE = 0.13, 0.8


def interval_note(what: str, results: Results, settings: Settings) -> str:
    """Return what the bands or lines of a figure are; nothing with one seed, where there are none."""
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
    opaque = min(OPAQUE, ALL_OPAQUE / max(1, len(curves)))
    for strategy, curve in curves.items():
        style = styles[strategy]
        labels = curve.index.get_level_values("labels").to_numpy(dtype=np.float64)
        mean, half_width = (factor * part for part in mean_interval(curve.to_numpy(), confidence))
        draw_band(axes, labels, mean, half_width, style, opaque)
        ends.append(End(style, labels[-1], mean[-1]))
    label_axis(axes)
    return ends


def draw_band(
    axes: Axes,
    labels: np.ndarray,
    values: np.ndarray,
    half_widths: np.ndarray,
    style: Style,
    opaque: float = OPAQUE,
) -> None:
    """Draw values as a line, and their intervals as a band."""
    axes.plot(labels, values, zorder=3, **style.line_properties)
    band = {**BAND, "alpha": opaque, "color": style.colour}
    axes.fill_between(labels, values - half_widths, values + half_widths, **band)


def label_axis(axes: Axes) -> None:
    """Make the horizontal axis one of numbers of labels."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=(1, 2, 2.5, 5, 10), integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.02)


def draw_ceiling(axes: Axes, ceiling: pd.DataFrame, drawn: Quantity, confidence: float) -> None:
    """Draw the mean of the ceiling over its seeds as a level line, and its interval as a band."""
    labels = ceiling.index.get_level_values("labels")[0]
    (mean,), (half_width,) = (drawn.factor * part for part in mean_interval(ceiling.to_numpy(), confidence))
    axes.axhline(mean, color=CEILING, linestyle=(0, (5, 3)), linewidth=1, zorder=2)
    band = {**BAND, "alpha": OPAQUE, "color": CEILING, "zorder": 1}
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

    It grows with the number of names, so that none lie on one another. The axis ends where the quantity
    does: a band of few seeds can go beyond. ``ceiling``, a curve of one point, is a level line. ``note`` says
    what the bands are.
    """
    width, height = column_size([styles[strategy] for strategy in curves])
    height = max(height, LOWEST_PANEL)
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
    """End the vertical axis where the quantity ends, should a band go beyond."""
    lowest, highest = axes.get_ylim()
    axes.set_ylim(max(lowest, drawn.least), min(highest, drawn.most))


def legend_below(figure: Figure, styles: Mapping[str, Style], title: str = "") -> None:
    """Write one legend under all panels of a figure with constrained layout, which grows by its height."""
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
