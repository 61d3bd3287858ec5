"""The samples with the smallest exact scores, from approximate scores of all.

The last bits of a float32 product over the pool depend on the library and the device, but the picks must
not. So the approximate scores only propose candidates: those near the cut are scored again in float64, and
more are added until no other sample can belong to the smallest.
"""

from collections.abc import Callable

import numpy as np

from activepool.compute.rounding import rounded

#: Candidates: MIN_SPARE more than needed, and enough in all to estimate the error of the approximate scores.
MIN_SPARE, MIN_CANDIDATES = 64, 1024

#: Scores not computed in float64 are assumed to have at most this many times the largest error seen.
ERROR_MARGIN = 4.0

#: Exact scores are rounded to this part of the largest.
SCORE_RESOLUTION = 2.0**-40

#: Maps positions (k,) to their exact scores (k,) float64.
Rescore = Callable[[np.ndarray], np.ndarray]


def exact_smallest(approximate: np.ndarray, rescore: Rescore, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the ``count`` smallest exact scores, and these scores.

    Args:
        approximate: (n,) scores in float32.
        rescore: the exact scores.
        count: how many to return; more than n gives all n.

    Returns: positions (min(count, n),) in order of score, ties by the lower position; their scores.
    """
    count = min(count, len(approximate))
    spare = max(MIN_SPARE, MIN_CANDIDATES - count)
    result = exact_smallest_of_list(approximate, rescore, count, None, spare)
    assert result is not None  # a list of all samples leaves nothing open
    return result


def exact_smallest_of_list(
    approximate: np.ndarray, rescore: Rescore, count: int, outside_bound: float | None, spare: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the result of `exact_smallest` for a list of samples; None if an unlisted one may belong to it.

    Args:
        approximate: (n,) scores in float32 of the listed samples.
        rescore: the exact scores.
        count: how many to return.
        outside_bound: a lower bound of the approximate scores outside the list; None if it lists all samples.
        spare: how many more candidates than ``count`` to rescore.
    """
    size = len(approximate)
    candidates, exact, num_candidates = np.empty(0, np.intp), np.empty(0), min(size, count + spare)
    while True:
        proposed, next_score = smallest(approximate, num_candidates)
        unscored = np.setdiff1d(proposed, candidates, assume_unique=True)
        candidates, exact = np.concatenate([candidates, unscored]), np.concatenate([exact, rescore(unscored)])
        quantised = quantise(exact, approximate)
        order = np.lexsort((candidates, quantised))[:count]
        outside = outside_bound if next_score is None else next_score
        if outside is None or count == 0:
            break
        error = ERROR_MARGIN * largest_error(exact, approximate[candidates])
        if len(order) == count and quantised[order[-1]] < outside - error:
            break
        if num_candidates == size:
            return None
        may_belong = np.count_nonzero(approximate <= quantised[order[-1]] + error)
        num_candidates = max(num_candidates + 1, int(may_belong))
    return candidates[order], quantised[order]


def smallest(values: np.ndarray, count: int) -> tuple[np.ndarray, float | None]:
    """Return the positions of the ``count`` smallest, and the value after them if there is one.

    Of ties, it takes the lowest positions. A sort takes several times as long.
    """
    if count == len(values):
        return np.arange(count), None
    next_value = np.partition(values, count)[count]
    below = np.flatnonzero(values < next_value)
    ties = np.flatnonzero(values == next_value)[: count - len(below)]
    return np.concatenate([below, ties]), next_value


def largest_error(exact: np.ndarray, approximate: np.ndarray) -> float:
    """Return the largest |exact − approximate| where both are finite, at least the rounding of float32."""
    finite = np.isfinite(exact) & np.isfinite(approximate)
    if not finite.any():
        return 0.0
    rounding = np.abs(exact[finite]).max() * np.finfo(np.float32).eps
    return float(max(np.abs(exact[finite] - approximate[finite]).max(), rounding))


def quantise(exact: np.ndarray, approximate: np.ndarray) -> np.ndarray:
    """Round float64 scores to SCORE_RESOLUTION of the largest approximate one.

    Equal samples then have equal scores, whatever the order of a library's sums, and the tie goes to the
    lower index.
    """
    finite = np.abs(approximate[np.isfinite(approximate)])
    return rounded(exact, float(finite.max(initial=0.0)), SCORE_RESOLUTION)
