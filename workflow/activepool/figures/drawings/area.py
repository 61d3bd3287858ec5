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
    drawn = quantity(settings.metric)
    table = area.tabulate(results, settings)
    table = table[table["metric"] == settings.metric]
    table = table.sort_values("area", ascending=not drawn.lower_is_better, kind="stable")
    styles = styles_of(results.curves.strategies, settings)
    looks = [styles[strategy] for strategy in table["strategy"]]
    names = [look.text for look in looks]
    row = max(MIN_ROW, text_height(names))
    figure = Figure(figsize=(PAGE_WIDTH, row * len(names) + MARGINS), layout="constrained")
    compared = table["difference"].notna().any()
    panels = figure.subplots(1, 2 if compared else 1, sharey=True, squeeze=False)[0]
    filled = np.ones(len(table), dtype=bool)
    _draw_rows(panels[0], drawn.factor * table[["area", "area_half_width"]], looks, filled)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(-0.6, len(names) - 0.4)
    panels[0].set(title="Mean over the labels", xlabel=drawn.axis_label)
    if compared:
        differences = drawn.factor * table[["difference", "difference_half_width"]]
        significant = (table["p_holm"] < 1 - settings.confidence).to_numpy()
        _draw_rows(panels[1], differences, looks, significant)
        panels[1].axvline(0, color=REFERENCE_COLOUR, linewidth=0.8)
        label = drawn.difference_label.replace("\n", " ")
        panels[1].set(title="Difference from random", xlabel=label)
    figure.supxlabel(interval_note("Lines", results, settings), size=7)
    return figure


def _draw_rows(axes: Axes, table: pd.DataFrame, looks: list[Style], filled: np.ndarray) -> None:
    for place, (value, half_width) in enumerate(table.to_numpy(dtype=np.float64)):
        look = looks[place]
        axes.hlines(place, value - half_width, value + half_width, color=look.colour)
        face = look.colour if filled[place] else "white"
        marker: dict[str, Any] = {"marker": look.marker or "o", "markersize": 4.5, "markerfacecolor": face}
        axes.plot(value, place, color=look.colour, linestyle="", markeredgewidth=1.0, **marker)
    axes.tick_params(axis="y", length=0)
