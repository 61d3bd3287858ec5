"""The exact few smallest, from approximate scores of all.

A float32 product over the whole pool depends in its last bits on the library and the device. What is
picked must not. So the approximate scores only propose: candidates near the cut are scored again in
float64, and more of them are taken until none outside can belong inside.
"""

from collections.abc import Callable

import numpy as np

#: Candidates beyond those needed, so that the error of the approximate scores is seen on enough of them.
SPARE_CANDIDATES = 1024

#: The error of a candidate not looked at is taken to be at most so many times the largest one seen.
ERROR_MARGIN = 4.0

#: Maps positions (k,) to their exact scores (k,) float64.
Rescore = Callable[[np.ndarray], np.ndarray]


def exact_smallest(approximate: np.ndarray, rescore: Rescore, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the ``count`` smallest exact scores, and these scores.

    Args:
        approximate: (n,) scores in float32.
        rescore: the exact scores.
        count: how many are wanted; more than n gives all n.

    Returns: positions (min(count, n),) in order of score, ties by the lower position; their scores.
    """
    return exact_smallest_of_list(approximate, rescore, min(count, len(approximate)), None, SPARE_CANDIDATES)


def exact_smallest_of_list(
    approximate: np.ndarray, rescore: Rescore, count: int, beyond: float | None, spare: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what `exact_smallest` does, for a list that ends somewhere; None if more samples may belong.

    Args:
        approximate: (n,) scores in float32 of what is listed.
        rescore: the exact scores.
        count: how many are wanted.
        beyond: the smallest approximate score that is not listed can have; None if all is listed.
        spare: how many more candidates than ``count`` are looked at.
    """
    size = len(approximate)
    by_score = np.argsort(approximate, kind="stable")
    exact, wanted = np.empty(0), min(size, count + spare)
    while True:
        exact = np.concatenate([exact, rescore(by_score[len(exact) : wanted])])
        candidates = by_score[:wanted]
        quantised = quantise(exact, approximate)
        order = np.lexsort((candidates, quantised))[:count]
        outside = approximate[by_score[wanted]] if wanted < size else beyond
        if outside is None or count == 0:
            break
        error = ERROR_MARGIN * largest_error(exact, approximate[candidates])
        if len(order) == count and quantised[order[-1]] < outside - error:
            break
        if wanted == size:
            return None
        may_belong = np.searchsorted(approximate[by_score], quantised[order[-1]] + error, side="right")
        wanted = max(wanted + 1, int(may_belong))
    return candidates[order], quantised[order]


def largest_error(exact: np.ndarray, approximate: np.ndarray) -> float:
    """Return the largest |exact − approximate| where both are finite, and at least their rounding."""
    finite = np.isfinite(exact) & np.isfinite(approximate)
    if not finite.any():
        return 0.0
    rounding = np.abs(exact[finite]).max() * np.finfo(np.float32).eps
    return float(max(np.abs(exact[finite] - approximate[finite]).max(), rounding))


def quantise(exact: np.ndarray, approximate: np.ndarray) -> np.ndarray:
    """Round float64 scores to 2⁻⁴⁰ of the largest approximate one.

    Equal samples then have equal scores, in whatever order a library summed them, and the tie falls to
    the lower index.
    """
    finite = np.abs(approximate[np.isfinite(approximate)])
    largest = float(finite.max(initial=0.0))
    if largest == 0.0:
        return exact
    quantum = 2.0 ** (np.ceil(np.log2(largest)) - 40)
    return np.round(exact / quantum) * quantum
