"""The costs of an experiment's stages, as a figure and in LaTeX."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from activepool.figures.panels import PAGE_WIDTH
from activepool.figures.styles import PALETTE
from activepool.figures.typesetting import Grid, Typeset, text_cells

#: In inches: a row, and all of titles, axes and legend.
ROW, MARGINS = 0.19, 1.0

#: The marks in the panel of times, by column. The marks of a single job lie inside one another.
TIMES: dict[str, dict[str, Any]] = {
    "seconds": {"label": "all jobs", "marker": "D", "markersize": 8, "color": PALETTE[2]},
    "longest_seconds": {"label": "longest job", "marker": "s", "markersize": 5.5, "color": PALETTE[1]},
    "median_seconds": {"label": "median job", "marker": "o", "markersize": 3, "color": PALETTE[0]},
}

#: Resolution of the recorded times in seconds; a shorter time is drawn as half of it.
TIME_RESOLUTION = 0.01


def draw(table: pd.DataFrame) -> Figure:
    """Draw the table of `activepool.evaluation.costs`: a row for each stage, the costliest at the top."""
    figure = Figure(figsize=(PAGE_WIDTH, ROW * len(table) + MARGINS), layout="constrained")
    times, memory = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    places = np.arange(len(table))[::-1]
    seconds = table[list(TIMES)].clip(lower=TIME_RESOLUTION / 2)
    times.hlines(places, seconds["median_seconds"], seconds["seconds"], color="0.7", linewidth=0.8, zorder=1)
    for column, look in TIMES.items():
        times.plot(seconds[column], places, linestyle="", **look)
    memory.plot(table["peak_memory_mb"], places, "o", color=PALETTE[0], markersize=4.5)
    stages = zip(_stage_names(table["stage"]), table["jobs"], strict=True)
    times.set_yticks(places, [f"{stage} ({jobs:,})" for stage, jobs in stages])
    times.set_ylim(-0.6, len(table) - 0.4)
    _label(times, "Time", "Seconds")
    _label(memory, "Largest process", "Resident memory (MB)")
    figure.legend(*times.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def typeset(table: pd.DataFrame) -> Typeset:
    """Return the table in words and numbers."""
    columns = {
        "Jobs": [f"{jobs:,}" for jobs in table["jobs"]],
        "All (s)": [f"{seconds:,.1f}" for seconds in table["seconds"]],
        "Median (s)": [f"{seconds:,.2f}" for seconds in table["median_seconds"]],
        "Longest (s)": [f"{seconds:,.2f}" for seconds in table["longest_seconds"]],
        "Memory (MB)": [f"{megabytes:,.0f}" for megabytes in table["peak_memory_mb"]],
    }
    cells = {title: text_cells(texts) for title, texts in columns.items()}
    return Typeset([Grid("Stage", list(_stage_names(table["stage"])), cells)])


def _stage_names(stages: pd.Series) -> pd.Series:
    return stages.str.replace("_", " ")


def _label(axes: Axes, title: str, label: str) -> None:
    axes.set(title=title, xlabel=label, xscale="log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", length=0)
