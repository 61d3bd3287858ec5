"""The learning curve over the batches: in words, and as SVG in the colours of the page around it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from activepool.evaluation.power_law import MAX_EXTRAPOLATION, Estimate, LearningCurveFit
from activepool.labelling.status.accuracies import Share
from activepool.labelling.status.model_series import ModelSeries

#: The widest interval of a ceiling, from end to end, on which advice is based.
MAX_CEILING_WIDTH = 0.1

#: The width and height of the figure, and its margins, in pixels if the page is wide enough.
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 48

#: Steps of an axis are one of these times a power of ten.
STEPS = (1, 2, 2.5, 5, 10)

#: The largest number of labels on the curve, as a multiple of that in the data.
EXTRAPOLATION = 1.6

#: The points of the drawn curve.
CURVE_POINTS = 80


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
    assert fit.asymptote is not None and fit.asymptote.high is not None
    return f"{100 * (1 - fit.asymptote.high):.0f} to {100 * (1 - fit.asymptote.low):.0f} %"


@dataclass(frozen=True)
class Axes:
    """The scales of the figure: labels to the right and errors upwards, both from 0."""

    labels: float
    error: float

    def x(self, labels: float) -> float:
        """Return the x coordinate of a number of labels."""
        return LEFT + labels / self.labels * (WIDTH - LEFT - RIGHT)

    def y(self, error: float) -> float:
        """Return the y coordinate of an error."""
        return HEIGHT - BOTTOM - error / self.error * (HEIGHT - TOP - BOTTOM)


def learning_curve_svg(series: ModelSeries) -> str | None:
    """Return the figure; None if no model has an accuracy."""
    models = [(row.labels, row.accuracy) for row in series.models if row.accuracy]
    if not models:
        return None
    first, last = min(labels for labels, _ in models), max(labels for labels, _ in models)
    axis_end = last * (1.1 if unknown_reason(series.fit) else EXTRAPOLATION)
    axes = Axes(axis_end, _axis_end(min(1, max(1 - share.low for _, share in models) * 1.05)))
    return "\n".join(
        [
            f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Learning curve: error '
            f'against the number of labels">',
            *_grid(axes),
            *_fit_lines(axes, series.fit, first, last),
            *(line for labels, share in models for line in _point(axes, labels, share)),
            "</svg>",
        ]
    )


def _grid(axes: Axes) -> Iterator[str]:
    bottom, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    for error in _ticks(axes.error, 5):
        y = axes.y(error)
        yield f'<line class="grid" x1="{LEFT}" x2="{end}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{100 * error:.3g} %</text>'
    for labels in _ticks(axes.labels, 6):
        x = axes.x(labels)
        yield f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{labels:,.0f}</text>'
    yield f'<line class="axis" x1="{LEFT}" x2="{end}" y1="{bottom}" y2="{bottom}"/>'
    yield f'<text x="{(LEFT + end) / 2}" y="{HEIGHT - 6}" text-anchor="middle">labels</text>'


def _fit_lines(axes: Axes, fit: LearningCurveFit, first: int, last: int) -> Iterator[str]:
    """Yield the fitted curve over the range of the data, and beyond if the fit allows a prediction."""
    if fit.asymptote is None:
        return
    pieces = [("fit", first, last)]
    if not unknown_reason(fit):
        pieces.append(("fit beyond", last, round(axes.labels)))
    for kind, begin, end in pieces:
        labels = np.unique(np.linspace(begin, end, CURVE_POINTS).astype(np.int64))
        errors = fit.error(labels)
        assert errors is not None
        places = " ".join(
            f"{axes.x(count):.1f},{axes.y(min(error, axes.error)):.1f}"
            for count, error in zip(labels, errors, strict=True)
        )
        yield f'<polyline class="{kind}" points="{places}"/>'


def _point(axes: Axes, labels: int, share: Share) -> Iterator[str]:
    assert share.value is not None
    x, low, high = axes.x(labels), axes.y(1 - share.high), axes.y(1 - share.low)
    title = (
        f"{labels:,} labels: error {100 * (1 - share.value):.1f} %, "
        f"95 % interval {100 * (1 - share.high):.1f} to {100 * (1 - share.low):.1f} %"
    )
    yield f'<g class="point"><title>{title}</title>'
    yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
    for y in (low, high):
        yield f'<line x1="{x - 4:.1f}" x2="{x + 4:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
    yield f'<circle cx="{x:.1f}" cy="{axes.y(1 - share.value):.1f}" r="4"/></g>'


def _step(end: float, count: int) -> float:
    """Return the step that divides 0 to ``end`` into at most ``count`` parts."""
    power: float = 10.0 ** math.floor(math.log10(end / count))
    return next(step * power for step in STEPS if step * power * count >= end * (1 - 1e-9))


def _axis_end(end: float) -> float:
    step = _step(end, 5)
    return math.ceil(end / step - 1e-9) * step


def _ticks(end: float, count: int) -> list[float]:
    step = _step(end, count)
    return [number * step for number in range(math.floor(end / step + 1e-9) + 1)]
