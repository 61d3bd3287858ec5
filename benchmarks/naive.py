"""Naive transcriptions of each strategy: its definition, line by line, with all features in memory.

`benchmarks/strategies.py` compares the library with these. They use torch, like the paper's code, so that
they also run on a GPU. A loop that takes too long stops early, and reports it; see `naive_round.Limit`.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from naive_cover import (
    alfamix,
    clue,
    dropquery,
    kmeans,
    maxherding,
    nearest_to,
    probcover,
    typiclust,
    uherding,
)
from naive_greedy import badge, bait, balancing, cdal, coreset, falcun, k_means_plus_plus, lcmd
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
    power,
    random,
)
from torch import Tensor


def partitioned(query: Round, wraps: str, partitions: int = 10) -> np.ndarray:
    """Core-set or BADGE in each of several random parts."""
    labelled = np.array_split(query.generator.permutation(len(query.labelled)), partitions)
    unlabelled = np.array_split(query.generator.permutation(len(query.unlabelled)), partitions)
    picks = []
    for number in query.limit.loop(range(partitions)):
        part = replace(
            query,
            budget=query.budget // partitions + (number < query.budget % partitions),
            labelled=query.labelled[np.sort(labelled[number])],
            unlabelled=query.unlabelled[np.sort(unlabelled[number])],
            limit=Limit(),
        )
        picks.append(NAIVE[wraps](part))
    return np.concatenate(picks)


def schedule(query: Round, first: str, rounds: int, then: str) -> np.ndarray:
    """One strategy in the first rounds, another later."""
    return NAIVE[first if query.round_number <= rounds else then](query)


def seals(query: Round, of: str, neighbours: int = 100) -> np.ndarray:
    """The strategy among the neighbours of the labelled samples."""
    nearest, _ = nearest_to(query, query.labelled, neighbours)
    return NAIVE[of](replace(query, unlabelled=np.unique(nearest)))


def anchoral(
    query: Round, of: str, anchors: int = 10, neighbours: int = 50, subset: int = 1000
) -> np.ndarray:
    """The strategy among the samples most similar, on average, to the anchors that they are near to."""
    rows: list[int] = []
    for label in np.unique(query.labels):
        rows += k_means_plus_plus(query, query.labelled[query.labels == label], anchors)
    similarities: dict[int, list[float]] = {}
    nearest, squared = nearest_to(query, np.array(rows), neighbours)
    for sample, distance in zip(nearest.ravel().tolist(), squared.ravel().tolist(), strict=True):
        similarities.setdefault(sample, []).append(1 - distance / 2)
    ranked = sorted(similarities, key=lambda sample: (-np.mean(similarities[sample]), sample))
    return NAIVE[of](replace(query, unlabelled=np.sort(ranked[:subset])))


def refine(
    query: Round,
    of: list[str],
    then: str,
    steps: int = 5,
    batches: int = 100,
    subset: int = 5000,
    share: float = 0.4,
) -> np.ndarray:
    """Again and again the picks of several strategies in turn, each from a random part of those before."""
    candidates = query.unlabelled
    for _ in range(steps):
        picked: set[int] = set()
        for batch in query.limit.loop(range(batches)):
            part = np.sort(query.generator.permutation(candidates)[:subset])
            picked |= set(NAIVE[of[batch % len(of)]](replace(query, unlabelled=part, limit=Limit())).tolist())
        candidates = np.array(sorted(picked))
        subset = max(query.budget, round(share * len(candidates)))
    return NAIVE[then](replace(query, unlabelled=candidates))


#: The transcriptions by the name of the strategy.
NAIVE: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function
    for function in (
        random, balanced_random, confidence, margin, entropy, mase, base, coreset, badge, partitioned,
        cluster_margin, margin_clustering, balancing, bait, cdal, clue, falcun, lcmd,
        kmeans, typiclust, maxherding, uherding, probcover, dropquery, alfamix,
        power, schedule, seals, anchoral, refine,
    )
}  # fmt: skip

#: The transcriptions of what is prepared before the rounds.
NAIVE_PREPARE: dict[str, Callable[[Tensor], np.ndarray]] = {"cluster_margin": cluster_margin_prepare}

#: Those that gain nothing from a GPU, or have no program for one: they stay on the CPU.
CPU_ONLY = (
    *("random", "balanced_random", "margin_clustering", "clue"),
    *("kmeans", "typiclust", "dropquery", "alfamix"),
)
