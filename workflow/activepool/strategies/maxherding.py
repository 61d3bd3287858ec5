"""MaxHerding: the samples that best cover the pool by a Gaussian kernel."""

import numpy as np

from activepool.diversity.gaussian_kernel import Targets
from activepool.diversity.herding import herd
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive, PositiveInteger
from activepool.strategies.query import Query, Selection


@strategy(source="Bae et al. 2024, algorithm 1", reads=("features",), reads_labels=False)
def maxherding(query: Query, *, targets: PositiveInteger = 20_000, bandwidth: Positive = 1.0) -> Selection:
    """Repeatedly, the sample that adds most to the cover of the pool by a Gaussian kernel.

    A sample is covered as well as the kernel exp(−(‖x − y‖/σ)²) between it and the nearest labelled sample or
    pick, with features of length 1. The whole pool, labelled samples included, is to be covered, and all of
    its unlabelled samples can be picked.

    Args:
        targets: the largest number of samples to cover. A random sample of this size represents a larger
            pool, because the time grows with pool × targets. The standard error of a gain is at most
            0.5 / √targets.
        bandwidth: σ of the kernel.
    """
    rows = target_rows(query, targets)
    return covering_selection(query, Targets(rows, np.ones(len(rows)), bandwidth))


def target_rows(query: Query, limit: int) -> np.ndarray:
    """Return the rows of the pool or, if there are more than ``limit``, of a random sample, ascending."""
    rows = query.pool
    return rows if len(rows) <= limit else np.sort(query.generator.permutation(rows)[:limit])


def covering_selection(query: Query, targets: Targets) -> Selection:
    """Pick the unlabelled samples that add most to the cover of the targets, by features of length 1."""
    features = query.unit_features()
    picks, gains = herd(features, targets, query.unlabelled, query.labelled, query.budget, query.compute)
    return Selection(picks, {"gain": gains})
