"""The power of a paired t-test: the effects that it can find, and the seeds that an effect needs."""

from bisect import bisect_left

import numpy as np
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

#: The probability with which a test should find the difference.
POWER = 0.8

#: More seeds than this are not counted.
MAX_SEEDS = 100_000


def power(effect: float, seeds: int, level: float) -> float:
    """Return the probability that a two-sided paired t-test finds a difference.

    Under a true difference the statistic has a noncentral t-distribution with n − 1 degrees of freedom and
    noncentrality √n · effect (Cohen 1988, Statistical Power Analysis, section 2.2).

    Args:
        effect: the true mean of the paired differences over their standard deviation.
        seeds: n, at least 2.
        level: the probability of finding a difference where there is none.
    """
    quantile = stdtrit(seeds - 1, 1 - level / 2)
    noncentrality = np.sqrt(seeds) * abs(effect)
    # SciPy's result is NaN where the far tail underflows.
    below, above = np.nan_to_num(nctdtr(seeds - 1, noncentrality, [-quantile, quantile]))
    return float(below + 1 - above)


def detectable_effect(seeds: int, level: float) -> float:
    """Return the smallest effect that the test finds with the probability POWER; NaN for a single seed."""
    if seeds < 2:
        return np.nan
    limit = 1.0
    while power(limit, seeds, level) < POWER:
        limit *= 2
    return float(brentq(lambda effect: power(effect, seeds, level) - POWER, 0, limit))


def seeds_needed(effect: float, level: float) -> float:
    """Return the fewest seeds that find an effect with the probability POWER; infinity beyond MAX_SEEDS."""

    def is_enough(seeds: int) -> bool:
        return power(effect, seeds, level) >= POWER

    if not is_enough(MAX_SEEDS):
        return np.inf
    return float(bisect_left(range(MAX_SEEDS), True, 2, key=is_enough))
