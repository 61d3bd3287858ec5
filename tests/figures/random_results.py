"""Random results, and figures drawn from them."""

from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from activepool.figures.export import print_settings
from activepool.figures.quantities import KNOWN_METRICS
from activepool.figures.registry import FIGURES
from activepool.figures.results import Curves, Results
from activepool.figures.settings import Settings

UPPER = Settings(oracles=("balanced_random",))


def results(strategies, seeds=3, rounds=4, classes=5, seed=0):
    """Random results in the form of the cached tables."""
    generator = np.random.default_rng(seed)
    keys = [(name, s, r) for name in strategies for s in range(seeds) for r in range(rounds)]
    curves = pd.DataFrame(keys, columns=["strategy", "seed", "round"])
    curves["labels"] = 100 * (curves["round"] + 1)
    for metric in KNOWN_METRICS:
        curves[metric] = generator.random(len(curves))
    counts = curves.loc[curves.index.repeat(classes), ["strategy", "seed", "round"]].reset_index(drop=True)
    counts["class"] = np.tile(range(classes), len(curves))
    counts["count"] = generator.integers(0, 40, len(counts))
    counts["accuracy"] = generator.random(len(counts))
    pairs = [
        (*pair, s, r) for pair in combinations(strategies, 2) for s in range(seeds) for r in range(1, rounds)
    ]
    overlap = pd.DataFrame(pairs, columns=["strategy", "other", "seed", "round"])
    overlap["picked"], overlap["picked_so_far"] = generator.random((2, len(overlap)))
    return Results(Curves(curves), counts, overlap)


def drawn(name, data, settings=UPPER):
    with print_settings():
        figure = FIGURES[name](data, settings)
        FigureCanvasAgg(figure).draw()
    return figure
