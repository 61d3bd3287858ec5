"""The prediction of a learning curve for more labels, in words, or why there is none yet."""

import math

from activepool.evaluation.power_law import MAX_EXTRAPOLATION, Estimate, LearningCurveFit
from activepool.labelling.status.model_series import ModelSeries

#: The widest interval of a ceiling, from end to end, on which advice is based.
MAX_CEILING_WIDTH = 0.1


def curve_text(series: ModelSeries, max_labels: int) -> str:
    """Return what more labels would bring, if the pool can have ``max_labels``."""
    if reason := unknown_reason(series.fit):
        return f"learning curve: what more labels would bring is not known yet, because {reason}"
    level = labels_text(series.fit.labels_for[0.95], series.models[-1].labels, max_labels)
    return f"learning curve: its ceiling is {ceiling_text(series.fit)}; 95 % of that {level}"


def unknown_reason(fit: LearningCurveFit) -> str | None:
    """Return why a fit does not predict what more labels would bring; None if it does."""
    if fit.asymptote is None:
        return fit.unknown
    assert fit.asymptote.high is not None
    if fit.asymptote.high - fit.asymptote.low > MAX_CEILING_WIDTH:
        points = round(100 * MAX_CEILING_WIDTH)
        interval = f"{_interval(fit)} accuracy"
        return f"the 95 % interval of the fit's ceiling, {interval}, is wider than {points} points"
    return None


def ceiling_text(fit: LearningCurveFit) -> str:
    """Return the accuracy that no number of labels would exceed, with its interval, for a curve."""
    assert fit.asymptote is not None
    return f"{100 * (1 - fit.asymptote.value):.0f} % accuracy (95 % interval {_interval(fit)})"


def labels_text(estimate: Estimate | None, labels: int, max_labels: int) -> str:
    """Return how many labels a level takes, with ``labels`` now and ``max_labels`` that the pool can have.

    ``estimate`` is that of the fit; None if it is beyond the range of the fit.
    """
    beyond = "than the pool has" if max_labels <= MAX_EXTRAPOLATION * labels else "than a fit can tell"
    if estimate is None:
        return f"would take more labels {beyond}"
    value, low = f"about {rounded_labels(estimate.value):,}", f"{rounded_labels(estimate.low):,}"
    if estimate.value > max_labels:
        return f"would take more labels than the pool has ({value}; 95 % interval from {low} up)"
    high = f"more {beyond}" if estimate.high is None else f"{rounded_labels(estimate.high):,}"
    if estimate.high is not None and estimate.high > max_labels:
        high = "more than the pool has"
    if estimate.value <= labels:
        return f"was reached at {value} labels (95 % interval {low} to {high})"
    return f"would take {value} labels (95 % interval {low} to {high})"


def rounded_labels(labels: float) -> int:
    """Return a number of labels, rounded up to two significant digits."""
    step: int = 10 ** max(0, math.floor(math.log10(max(labels, 1))) - 1)
    return math.ceil(labels / step) * step


def _interval(fit: LearningCurveFit) -> str:
    """Return the interval of the ceiling of a curve."""
    assert fit.asymptote is not None and fit.asymptote.high is not None
    return f"{100 * (1 - fit.asymptote.high):.0f} to {100 * (1 - fit.asymptote.low):.0f} %"
