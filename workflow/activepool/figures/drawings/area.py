"""Area under the learning curve: strategies from best to worst, and their difference from random."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.figures.end_labels import text_height
from activepool.figures.panels import PAGE_WIDTH, interval_note
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import REFERENCE_COLOUR, Style, styles_of
from activepool.figures.tables import area

CATEGORY = "Comparisons"
NEEDS = ("two strategies",)

#: In inches: the minimum height of a row, and the height of title and axis.
MIN_ROW, MARGINS = 0.22, 0.85


def draw(results: Results, settings: Settings) -> Figure:
    """Draw a row for each strategy: its area with the interval, and beside it the difference from random.

    The mark of a difference is filled if it is significant after Holm's correction, and open otherwise.
    Without random, there are no differences.
    """
    measure = quantity(settings.metric)
    table = area.tabulate(results, settings)
    table = table[table["metric"] == settings.metric]
    table = table.sort_values("area", ascending=not measure.lower_is_better, kind="stable")
    styles = styles_of(results.curves.strategies, settings)
    row_styles = [styles[strategy] for strategy in table["strategy"]]
    names = [style.text for style in row_styles]
    row_height = max(MIN_ROW, text_height(names))
    figure = Figure(figsize=(PAGE_WIDTH, row_height * len(names) + MARGINS), layout="constrained")
    has_differences = table["difference"].notna().any()
    panels = figure.subplots(1, 2 if has_differences else 1, sharey=True, squeeze=False)[0]
    is_filled = np.ones(len(table), dtype=bool)
    _draw_rows(panels[0], measure.factor * table[["area", "area_half_width"]], row_styles, is_filled)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(-0.6, len(names) - 0.4)
    panels[0].set(title="Mean over the labels", xlabel=measure.axis_label)
    if has_differences:
        differences = measure.factor * table[["difference", "difference_half_width"]]
        is_significant = (table["p_holm"] < 1 - settings.confidence).to_numpy()
        _draw_rows(panels[1], differences, row_styles, is_significant)
        panels[1].axvline(0, color=REFERENCE_COLOUR, linewidth=0.8)
        label = measure.difference_label.replace("\n", " ")
        panels[1].set(title="Difference from random", xlabel=label)
    figure.supxlabel(interval_note("Lines", results, settings), size=7)
    return figure


def _draw_rows(axes: Axes, table: pd.DataFrame, row_styles: list[Style], is_filled: np.ndarray) -> None:
    for place, (value, half_width) in enumerate(table.to_numpy(dtype=np.float64)):
        style = row_styles[place]
        axes.hlines(place, value - half_width, value + half_width, color=style.colour)
        face = style.colour if is_filled[place] else "white"
        marker: dict[str, Any] = {"marker": style.marker or "o", "markersize": 4.5, "markerfacecolor": face}
        axes.plot(value, place, color=style.colour, linestyle="", markeredgewidth=1.0, **marker)
    axes.tick_params(axis="y", length=0)
