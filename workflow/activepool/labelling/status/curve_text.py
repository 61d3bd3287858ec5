"""What a learning curve tells of more labels, in words, and when it tells nothing yet."""

import math

from activepool.evaluation.power_law import MAX_EXTRAPOLATION, Estimate, LearningCurveFit
from activepool.labelling.status.model_series import ModelSeries

#: A ceiling with a wider interval, from end to end, is no basis for advice.
WIDEST_CEILING = 0.1


def curve_text(series: ModelSeries, most: int) -> str:
    """Return what more labels would bring, if the pool can have ``most``."""
    if unknown := why_untold(series.fit):
        return f"learning curve: what more labels would bring is not known yet, because {unknown}"
    wanted = labels_text(series.fit.labels_for[0.95], series.models[-1].labels, most)
    return f"learning curve: its ceiling is {ceiling_text(series.fit)}; 95 % of that {wanted}"


def why_untold(fit: LearningCurveFit) -> str | None:
    """Return why a fit does not tell what more labels would bring; None if it does."""
    if fit.asymptote is None:
        return fit.unknown
    assert fit.asymptote.high is not None
    if fit.asymptote.high - fit.asymptote.low > WIDEST_CEILING:
        points = round(100 * WIDEST_CEILING)
        return f"the 95 % interval of the fit's ceiling, {_ends(fit)} accuracy, is wider than {points} points"
    return None


def ceiling_text(fit: LearningCurveFit) -> str:
    """Return the accuracy that no number of labels would exceed, with its interval, for a curve."""
    assert fit.asymptote is not None
    return f"{100 * (1 - fit.asymptote.value):.0f} % accuracy (95 % interval {_ends(fit)})"


def labels_text(estimate: Estimate | None, labels: int, most: int) -> str:
    """Return how many labels a level takes, if there are ``labels`` now, and the pool can have ``most``.

    ``estimate`` is that of the fit; None if it is more than the fit can tell.
    """
    beyond = "than the pool has" if most <= MAX_EXTRAPOLATION * labels else "than a fit can tell"
    if estimate is None:
        return f"would take more labels {beyond}"
    value, low = f"about {rounded(estimate.value):,}", f"{rounded(estimate.low):,}"
    if estimate.value > most:
        return f"would take more labels than the pool has ({value}; 95 % interval from {low} up)"
    high = f"more {beyond}" if estimate.high is None else f"{rounded(estimate.high):,}"
    if estimate.high is not None and estimate.high > most:
        high = "more than the pool has"
    if estimate.value <= labels:
        return f"was reached at {value} labels (95 % interval {low} to {high})"
    return f"would take {value} labels (95 % interval {low} to {high})"


def rounded(labels: float) -> int:
    """Return a number of labels with two digits that count, rounded up."""
    step: int = 10 ** max(0, math.floor(math.log10(max(labels, 1))) - 1)
    return math.ceil(labels / step) * step


def _ends(fit: LearningCurveFit) -> str:
    """Return the interval of the ceiling of a curve."""
    assert fit.asymptote is not None and fit.asymptote.high is not None
    return f"{100 * (1 - fit.asymptote.high):.0f} to {100 * (1 - fit.asymptote.low):.0f} %"
