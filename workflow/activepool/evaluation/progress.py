"""When to stop labelling: the agreement of consecutive models, and a stop rule."""

from collections.abc import Sequence

import numpy as np

from activepool.compute.arrays import IntArray

#: The stop rule: so many times in a row, at least this agreement.
SETTLED_TIMES, SETTLED_AGREEMENT = 3, 0.99


def cohens_kappa(first: IntArray, second: IntArray) -> float | None:
    """Return Cohen's κ of two classifications, class numbers (n,), of the same samples.

    κ = (p_o − p_e) / (1 − p_e), with p_o the share of samples on which they agree, and p_e the share on which
    they would agree by chance, from how often each uses each class (Cohen 1960, A coefficient of agreement
    for nominal scales). It is computed from whole numbers, and has one rounding error.

    Returns: at most 1; None where κ says nothing: without samples, and if both use one and the same class.
    """
    samples, classes = len(first), max(first.max(initial=0), second.max(initial=0)) + 1
    first_counts, second_counts = (
        np.bincount(values, minlength=classes).tolist() for values in (first, second)
    )
    by_chance = sum(int(left) * int(right) for left, right in zip(first_counts, second_counts, strict=True))
    if by_chance == samples**2:
        return None
    return (samples * int((first == second).sum()) - by_chance) / (samples**2 - by_chance)


def is_settled(agreements: Sequence[float | None]) -> bool:
    """Return whether the last three models agree so well with their predecessors that one may stop.

    Bloodgood and Vijay-Shanker 2009, A method for stopping active learning based on stabilizing predictions:
    κ of consecutive models on samples that stay the same, at least 0.99 three times in a row (they ask it of
    the mean of the three). It says that more labels of this kind change little, and not that the model is
    good.

    ``agreements`` are κ of each model and the one before it, in order; None is no agreement.
    """
    last = agreements[-SETTLED_TIMES:]
    agrees = [kappa is not None and kappa >= SETTLED_AGREEMENT for kappa in last]
    return len(last) == SETTLED_TIMES and all(agrees)
