"""Class counts of the labelled set after the last round: strategies by classes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from activepool.figures.classes import class_frequencies, name_columns, shown_names
from activepool.figures.end_labels import text_height, text_width
from activepool.figures.panels import PAGE_WIDTH
from activepool.figures.results import Results, last_round, rows_by
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of

CATEGORY = "Classes"

#: The largest numbers of classes with counts in the cells, and with names.
MAX_COUNTED, MAX_NAMED = 12, 40

#: The mean count from which on it has no decimals.
MIN_WHOLE = 100

#: Ticks of the colours, which range from a quarter of an equal share to four times it, on a logarithmic
#: scale.
SHARES = {-2: "1/4", -1: "1/2", 0: "1", 1: "2", 2: "4"}
DOUBLINGS = max(SHARES)

#: In inches: the minimum height of a row, and the height of axis and colour bar.
MIN_ROW, MARGINS = 0.24, 0.95


def draw(results: Results, settings: Settings) -> Figure:
    """Draw a row for each strategy: the mean count of each class over the seeds.

    Colour is the count relative to an equal share of the labelled set: blue below, red above. Classes are
    ordered by their frequency, the rarest first.
    """
    counts = last_counts(results.class_counts)
    counts = counts[class_frequencies(results.class_counts).index]
    share = counts.div(counts.mean(axis=1), axis=0).to_numpy()
    with np.errstate(divide="ignore"):
        doublings = np.clip(np.log2(share), -DOUBLINGS, DOUBLINGS)

    names = [style.text for style in styles_of(list(counts.index), settings).values()]
    row_height = max(MIN_ROW, text_height(names))
    figure = Figure(figsize=(PAGE_WIDTH, row_height * len(names) + MARGINS), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(doublings, cmap="RdBu_r", vmin=-DOUBLINGS, vmax=DOUBLINGS, aspect="auto")
    axes.grid(visible=False)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.5, aspect=40, extend="both")
    bar.set_label("Labelled samples relative to an equal share")
    bar.set_ticks(list(SHARES), labels=list(SHARES.values()))
    bar.outline.set_visible(False)
    classes = counts.columns.to_numpy(dtype=np.int64).tolist()
    if len(classes) > MAX_NAMED:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(classes):,} classes, from rarest to most frequent")
    else:
        class_names = shown_names(results.class_counts)
        room = PAGE_WIDTH - text_width(names)
        name_columns(figure, [axes], [class_names[number] for number in classes], room)
        axes.set_xlabel("Class, from rarest to most frequent")
    if counts.shape[1] <= MAX_COUNTED:
        for (row, column), count in np.ndenumerate(counts.to_numpy()):
            colour = "white" if abs(doublings[row, column]) > 0.7 * DOUBLINGS else "black"
            axes.text(column, row, _number(count), color=colour, size=7, ha="center", va="center")
    return figure


def _number(count: float) -> str:
    """Return the text of a mean count; a small one that is not whole has a decimal."""
    return f"{count:,.0f}" if count >= MIN_WHOLE or count == round(count) else f"{count:.1f}"


def last_counts(class_counts: pd.DataFrame) -> pd.DataFrame:
    """Return the mean count over seeds after the last round that all of a strategy's seeds have.

    Returns: one row per strategy in the order of the table, one column per class.
    """
    by_strategy = rows_by(class_counts, "strategy")
    means = {name: last_round(rows).groupby("class")["count"].mean() for name, rows in by_strategy.items()}
    return pd.DataFrame(means).T
