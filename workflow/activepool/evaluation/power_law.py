"""A power law fitted to a learning curve predicts what more labels bring, with intervals.

err(n) = a + b · n^(−c), with n labels, a, b ≥ 0 and c > 0 (Cortes et al. 1993, Learning curves: asymptotic
values and rate of convergence). It is fitted by least squares. Given c the problem is linear; c is found on a
grid, and then by golden section between the neighbours of the best. Figueroa et al. 2012, Predicting sample
size required for classification performance, fit the same form to predict how many labels a level needs.

The uncertainty is the bootstrap's (Efron and Tibshirani 1993, An introduction to the bootstrap): over seeds
if there are at least MIN_SEEDS, else over the residuals, which are first widened by √(m/(m − 3)) for the
three fitted numbers. It covers only noise: the curve may not follow a power law.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.seeds import generator

#: Fewer points determine no curve with three numbers.
MIN_POINTS = 4

#: With fewer seeds the bootstrap draws residuals.
MIN_SEEDS = 5

#: Points in random order may look like this decline with at most this probability.
MAX_CHANCE = 0.05

#: The exponents c of the grid.
EXPONENTS = np.geomspace(0.02, 5, 121)

#: Steps of golden section, each 0.62 times as wide as the last.
GOLDEN_STEPS = 40

#: Curves of the bootstrap.
REPEATS = 400

#: Parts of the accuracy's ceiling whose number of labels is computed.
CEILING_SHARES = (0.9, 0.95, 0.99)

#: A number of labels beyond this multiple of the largest in the data is not a prediction.
MAX_EXTRAPOLATION = 100


@dataclass(frozen=True)
class Estimate:
    """A number with the interval that the bootstrap gives it.

    Attributes:
        value: of the fit to all data.
        low: the lower end.
        high: the upper end; None if the data give none.
    """

    value: float
    low: float
    high: float | None


@dataclass(frozen=True)
class LearningCurveFit:
    """A fitted learning curve, or why there is none.

    Attributes:
        unknown: why the data do not determine a curve, in words; all others are then None.
        asymptote: a, the error that remains with any number of labels.
        factor: b.
        exponent: c.
        labels_for: for each part of the ceiling 1 − a, how many labels bring the accuracy 1 − err there; None
            if that is more than MAX_EXTRAPOLATION times the labels in the data, too far to extrapolate.
    """

    unknown: str | None
    asymptote: Estimate | None
    factor: Estimate | None
    exponent: Estimate | None
    labels_for: dict[float, Estimate | None]

    def error(self, labels: IntArray) -> FloatArray | None:
        """Return the error that the curve has at these numbers of labels; None if there is no curve."""
        if self.asymptote is None or self.factor is None or self.exponent is None:
            return None
        power: FloatArray = np.asarray(labels, np.float64) ** -self.exponent.value
        return self.asymptote.value + self.factor.value * power


@dataclass(frozen=True)
class _Curves:
    """Fitted curves a + b · (n / scale)^(−c): a, b and c, each (B,)."""

    asymptote: FloatArray
    factor: FloatArray
    exponent: FloatArray
    scale: float

    @property
    def unscaled_factor(self) -> FloatArray:
        """The factor of n^(−c), (B,)."""
        return self.factor * self.scale**self.exponent

    def labels_for(self, share: float) -> FloatArray:
        """Return how many labels bring the accuracy to ``share`` of its ceiling, (B,); ∞ if none."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            ratio = self.factor / ((1 - share) * (1 - self.asymptote))
            labels = self.scale * ratio ** (1 / self.exponent)
        return np.where((self.factor > 0) & (self.asymptote < 1), labels, np.inf)


def fit_learning_curve(
    labels: IntArray, errors: FloatArray, confidence: float, seed: int
) -> LearningCurveFit:
    """Fit a power law to a learning curve.

    Args:
        labels: (m,) different positive numbers of labels, ascending.
        errors: (m, S) the error of each seed there, 0 to 1.
        confidence: of the intervals, between 0 and 1.
        seed: of the bootstrap.
    """
    mean = errors.mean(axis=1)
    problem = _fit_problem(mean)
    if problem:
        return LearningCurveFit(problem, None, None, None, dict.fromkeys(CEILING_SHARES))
    fitted = _fit(labels, mean[None])
    resampled = _fit(labels, _resample(errors, _values(fitted, labels)[0], seed))
    limit = MAX_EXTRAPOLATION * float(labels[-1])
    labels_for = {
        share: _estimate(fitted.labels_for(share), resampled.labels_for(share), confidence, limit)
        for share in CEILING_SHARES
    }
    return LearningCurveFit(
        None,
        _estimate(fitted.asymptote, resampled.asymptote, confidence),
        _estimate(fitted.unscaled_factor, resampled.unscaled_factor, confidence),
        _estimate(fitted.exponent, resampled.exponent, confidence),
        labels_for,
    )


def chance_of_decline(errors: FloatArray) -> float:
    """Return how often (m,) different numbers in random order decline as clearly as ``errors`` or more.

    Kendall's test (Kendall 1938, A new measure of rank correlation), exact and one-sided: the statistic is
    the number of pairs whose later error is not smaller. Its distribution is that of the inversions of a
    random permutation, a sum of independent numbers, uniform on 0 … i.
    """
    later, earlier = np.tril_indices(len(errors), -1)
    rises = int((errors[later] >= errors[earlier]).sum())
    chances = np.ones(1)
    for number in range(1, len(errors)):
        chances = np.convolve(chances, np.full(number + 1, 1 / (number + 1)))
    return float(chances[: rises + 1].sum())


def _fit_problem(errors: FloatArray) -> str | None:
    if len(errors) < MIN_POINTS:
        verb = "is" if len(errors) == 1 else "are"
        return f"a fit needs {MIN_POINTS} points of the learning curve, and there {verb} {len(errors)}"
    chance = chance_of_decline(errors)
    if chance > MAX_CHANCE:
        return (
            "the errors do not clearly decline: by chance alone, they would look as much like a decline in "
            f"{100 * chance:.0f} of 100 cases"
        )
    return None


def _fit(labels: IntArray, errors: FloatArray) -> _Curves:
    """Return the least-squares curves through each of ``errors`` (B, m)."""
    scaled = labels / labels[-1]
    squares = np.stack([_solve(scaled, errors, np.full(len(errors), c))[2] for c in EXPONENTS])
    best = squares.argmin(axis=0)
    low, high = (np.log(EXPONENTS[np.clip(best + step, 0, len(EXPONENTS) - 1)]) for step in (-1, 1))
    ratio = (5**0.5 - 1) / 2
    for _ in range(GOLDEN_STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        falls = _solve(scaled, errors, np.exp(left))[2] > _solve(scaled, errors, np.exp(right))[2]
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    exponent = np.exp((low + high) / 2)
    return _Curves(*_solve(scaled, errors, exponent)[:2], exponent, float(labels[-1]))


def _solve(
    scaled: FloatArray, errors: FloatArray, exponents: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a, b ≥ 0 and the sum of squares, each (B,), for errors (B, m) and given exponents (B,)."""
    powers = scaled ** -exponents[:, None]
    centred = powers - powers.mean(axis=1, keepdims=True)
    factor = (centred * errors).sum(axis=1) / (centred**2).sum(axis=1)
    asymptote = errors.mean(axis=1) - factor * powers.mean(axis=1)
    through_zero = (powers * errors).sum(axis=1) / (powers**2).sum(axis=1)
    factor = np.where(asymptote < 0, through_zero, factor)
    is_rising = factor <= 0
    asymptote = np.where(is_rising, errors.mean(axis=1), np.maximum(asymptote, 0))
    factor = np.where(is_rising, 0, factor)
    residuals = errors - asymptote[:, None] - factor[:, None] * powers
    return asymptote, factor, (residuals**2).sum(axis=1)


def _values(curves: _Curves, labels: IntArray) -> FloatArray:
    """Return the errors of the curves at ``labels`` (m,), (B, m)."""
    powers = (labels / curves.scale) ** -curves.exponent[:, None]
    return curves.asymptote[:, None] + curves.factor[:, None] * powers


def _resample(errors: FloatArray, fitted: FloatArray, seed: int) -> FloatArray:
    """Return mean curves of the bootstrap, (REPEATS, m)."""
    random = generator(seed, 0, "learning_curve")
    points, seeds = errors.shape
    if seeds >= MIN_SEEDS:
        sample = random.integers(seeds, size=(REPEATS, seeds))
        resampled: FloatArray = errors.T[sample].mean(axis=1)
        return resampled
    residuals = errors.mean(axis=1) - fitted
    widened: FloatArray = (residuals - residuals.mean()) * (points / (points - 3)) ** 0.5
    return fitted + widened[random.integers(points, size=(REPEATS, points))]


def _estimate(
    fitted: FloatArray, resampled: FloatArray, confidence: float, limit: float = np.inf
) -> Estimate | None:
    """Return the number with its percentile interval, which holds the number; None beyond ``limit``."""
    value = float(fitted[0])
    if not value <= limit or not np.isfinite(value):
        return None
    shares = ((1 - confidence) / 2, (1 + confidence) / 2)
    ends = np.quantile(resampled, shares, method="inverted_cdf")
    low, high = min(float(ends[0]), value), max(float(ends[1]), value)
    return Estimate(value, low, high if high <= limit and np.isfinite(high) else None)
