"""Small results, and what tables make of them."""

import numpy as np
import pandas as pd

from activepool.figures.latex import latex_table
from activepool.figures.registry import TYPESET
from activepool.figures.results import Curves, Results
from activepool.figures.settings import Settings

SETTINGS = Settings(confidence=0.9, oracles=("oracle",))

LABELS = [10, 20, 60]
OVERLAP = [("random", "base"), ("random", "oracle"), ("base", "oracle")]


def small_results():
    """Three strategies, seeds and rounds, in which every negative log-likelihood is 1.5."""
    generator = np.random.default_rng(4)
    rows = [
        {"strategy": name, "seed": seed, "round": r, "labels": LABELS[r], "nll": 1.5}
        | {"top1": generator.random(), "balanced_accuracy": generator.random()}
        for name in ("random", "base", "oracle")
        for seed in range(3)
        for r in range(3)
    ]
    pairs = [(*pair, seed, r, *generator.random(2)) for pair in OVERLAP for seed in range(3) for r in (1, 2)]
    overlap = pd.DataFrame(pairs, columns=["strategy", "other", "seed", "round", "picked", "picked_so_far"])
    counts = pd.DataFrame(columns=["strategy", "seed", "round", "class", "count", "accuracy"])
    ceiling = [
        {"strategy": "full_pool", "seed": seed, "round": 0, "labels": 500, "top1": 0.5} for seed in range(3)
    ]
    return Results(Curves(pd.DataFrame(rows)), counts, overlap, Curves(pd.DataFrame(ceiling)))


def printed(name, table, settings=SETTINGS):
    return latex_table(TYPESET[name](table, settings), settings)
