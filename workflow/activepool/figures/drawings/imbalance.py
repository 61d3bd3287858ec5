"""Imbalance of the labelled set: one panel per measure, against the number of labels."""

from matplotlib.figure import Figure

from activepool.errors import InputError
from activepool.figures.panels import PAGE_WIDTH, draw_curves, interval_note, legend_below, limit_axis
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of

CATEGORY = "Classes"

MEASURES = "imbalance_"
PANEL_HEIGHT = 2.0

#: Inches beside each panel, so that tick labels stay on the page.
SIDE_ROOM = 0.08


def draw(results: Results, settings: Settings) -> Figure:
    """Draw every metric whose name begins with ``imbalance_``; raises InputError if there is none."""
    measures = [metric for metric in results.curves.metrics if metric.startswith(MEASURES)]
    if not measures:
        names = ", ".join(results.curves.metrics)
        raise InputError(f"curves: no metric begins with {MEASURES!r}; there are {names}")
    styles = styles_of(results.curves.strategies, settings)
    figure = Figure(figsize=(PAGE_WIDTH, PANEL_HEIGHT))
    figure.set_layout_engine("constrained", w_pad=SIDE_ROOM)
    for axes, metric in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        measure = quantity(metric)
        draw_curves(axes, results.curves.by_strategy(metric), styles, measure.factor, settings.confidence)
        limit_axis(axes, measure)
        axes.set_title(measure.axis_label)
        axes.set_xlabel("Labels")
    legend_below(figure, styles, interval_note("Bands", results, settings))
    return figure
