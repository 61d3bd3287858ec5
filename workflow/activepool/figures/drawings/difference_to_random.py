"""Difference from random sampling: mean and interval of the paired differences, a panel per strategy."""

import numpy as np
from matplotlib.figure import Figure

from activepool.figures.notices import needs_notice
from activepool.figures.panels import draw_curves, interval_note
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import name_axes, panels_of
from activepool.figures.styles import REFERENCE_COLOUR, styles_of

CATEGORY = "Comparisons"
NEEDS = ("random and another strategy",)


def draw(results: Results, settings: Settings) -> Figure:
    """Draw ``settings.metric`` of every other strategy minus that of random; zero is random.

    Each panel shows one strategy with its band, in front of the means of all others in grey. Without random,
    or without another strategy, a line of text says so.
    """
    measure = quantity(settings.metric)
    styles = styles_of(results.curves.strategies, settings)
    differences = results.curves.differences(settings.metric)
    if not differences:
        return needs_notice(NEEDS)
    figure, panels = panels_of([styles[strategy].text for strategy in differences])
    for axes, strategy in zip(panels, differences, strict=True):
        for curve in differences.values():
            mean = measure.factor * np.mean(curve.to_numpy(), axis=1)
            axes.plot(curve.index.get_level_values("labels"), mean, color="#CCCCCC", linewidth=0.6)
        draw_curves(axes, {strategy: differences[strategy]}, styles, measure.factor, settings.confidence)
        axes.locator_params(axis="x", nbins=4)
        axes.axhline(0, color=REFERENCE_COLOUR, linewidth=0.8)
    name_axes(figure, "Labels", measure.difference_label, interval_note("Bands", results, settings))
    return figure
