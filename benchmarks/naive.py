"""Naive transcriptions of each strategy: its definition, line by line, with all features in memory.

`benchmarks/strategies.py` compares the library with these. They use torch, like the paper's code, so that
they also run on a GPU. A loop that takes too long stops early, and reports it; see `naive_round.Limit`.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from naive_cover import alfamix, clue, dropquery, kmeans, maxherding, typiclust
from naive_greedy import badge, bait, balancing, cdal, coreset, falcun, lcmd
from naive_round import Limit, Round
from naive_scores import (
    balanced_random,
    base,
    cluster_margin,
    cluster_margin_prepare,
    confidence,
    entropy,
    margin,
    margin_clustering,
    mase,
    random,
)
from torch import Tensor


def partitioned(given: Round, wraps: str, partitions: int = 10) -> np.ndarray:
    """Core-set or BADGE in each of several random parts."""
    labelled = np.array_split(given.generator.permutation(len(given.labelled)), partitions)
    unlabelled = np.array_split(given.generator.permutation(len(given.unlabelled)), partitions)
    picks = []
    for number in given.limit.loop(range(partitions)):
        part = replace(
            given,
            budget=given.budget // partitions + (number < given.budget % partitions),
            labelled=given.labelled[np.sort(labelled[number])],
            unlabelled=given.unlabelled[np.sort(unlabelled[number])],
            limit=Limit(),
        )
        picks.append(NAIVE[wraps](part))
    return np.concatenate(picks)


#: The transcriptions by the name of the strategy.
NAIVE: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function
    for function in (
        random, balanced_random, confidence, margin, entropy, mase, base, coreset, badge, partitioned,
        cluster_margin, margin_clustering, balancing, bait, cdal, clue, falcun, lcmd,
        kmeans, typiclust, maxherding, dropquery, alfamix,
    )
}  # fmt: skip

#: The transcriptions of what is prepared before the rounds.
NAIVE_PREPARE: dict[str, Callable[[Tensor], np.ndarray]] = {"cluster_margin": cluster_margin_prepare}

#: Those that gain nothing from a GPU, or have no program for one: they stay on the CPU.
CPU_ONLY = (
    *("random", "balanced_random", "margin_clustering", "clue"),
    *("kmeans", "typiclust", "dropquery", "alfamix"),
)
