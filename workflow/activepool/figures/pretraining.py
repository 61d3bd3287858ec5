"""The curve of a pretraining: loss, learning rate and k-NN accuracy against epochs, in one column."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from activepool.figures.panels import PAGE_WIDTH
from activepool.figures.quantities import Quantity
from activepool.figures.results import read_table
from activepool.figures.styles import PALETTE

#: The quantities drawn, by column of pretrain.csv.
PANELS = {
    "loss": Quantity("Contrastive loss", "nats"),
    "learning_rate": Quantity("Learning rate", least=0.0),
    "knn_accuracy": Quantity("k-NN accuracy", "%", 100.0, 0.0, 100.0),
}

#: Inches.
PANEL_HEIGHT, MARGINS = 1.5, 0.4


def read_curve(path: str | Path) -> pd.DataFrame:
    """Read pretrain.csv; raises InputError if a column is missing."""
    return read_table(path, ("epoch", *PANELS))


def draw(curve: pd.DataFrame) -> Figure:
    """Draw a panel for each measured quantity."""
    quantities = {column: measure for column, measure in PANELS.items() if curve[column].notna().any()}
    figure = Figure(figsize=(PAGE_WIDTH, PANEL_HEIGHT * len(quantities) + MARGINS), layout="constrained")
    panels = figure.subplots(len(quantities), sharex=True, squeeze=False)[:, 0]
    for axes, (column, measure), colour in zip(panels, quantities.items(), PALETTE, strict=False):
        # Not every epoch has a value: a line joins those that have one.
        points = curve[curve[column].notna()]
        marker = "o" if len(points) < len(curve) or len(points) == 1 else ""
        # Epochs count from 0; a point is the state after its epoch.
        axes.plot(points["epoch"] + 1, measure.factor * points[column], color=colour, marker=marker)
        axes.set_ylabel(measure.axis_label)
        axes.margins(x=0.02)
    figure.align_ylabels(panels)
    panels[-1].set_xlabel("Epochs")
    panels[-1].xaxis.set_major_locator(MaxNLocator(nbins=8, steps=(1, 2, 2.5, 5, 10), integer=True))
    return figure
