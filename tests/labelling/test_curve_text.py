"""What the learning curve says of more labels, with its intervals."""

from dataclasses import replace

import pytest
from labelling.status_projects import audited, numbers_of

from activepool.evaluation.power_law import Estimate, LearningCurveFit
from activepool.labelling.status.learning_curve import ceiling_text, curve_text, labels_text, unknown_reason

SOME = Estimate(1.0, 0.9, 1.1)


def fit(low, value, high):
    """Return a fit whose asymptote has this interval."""
    labels_for = {0.9: None, 0.95: Estimate(201.0, 117.0, 290.0), 0.99: None}
    return LearningCurveFit(None, Estimate(value, low, high), SOME, SOME, labels_for)


def test_no_ceiling_is_named_without_its_interval(tmp_path):
    series = numbers_of(audited(tmp_path)).series
    changed = replace(series, fit=fit(0.15, 0.18, 0.24))
    assert curve_text(changed, 1500) == (
        "learning curve: its ceiling is 82 % accuracy (95 % interval 76 to 85 %); 95 % of that would take "
        "about 210 labels (95 % interval 120 to 290)"
    )
    assert ceiling_text(changed.fit) == "82 % accuracy (95 % interval 76 to 85 %)"


def test_a_wide_interval_of_the_ceiling_is_called_unknown(tmp_path):
    series = numbers_of(audited(tmp_path)).series
    assert curve_text(replace(series, fit=fit(0.0, 0.18, 0.24)), 1500) == (
        "learning curve: what more labels would bring is not known yet, because the 95 % interval of the "
        "fit's ceiling, 76 to 100 % accuracy, is wider than 10 points"
    )
    unknown = LearningCurveFit("there are too few", None, None, None, {})
    assert curve_text(replace(series, fit=unknown), 1500) == (
        "learning curve: what more labels would bring is not known yet, because there are too few"
    )


@pytest.mark.parametrize(("high", "is_told"), [(0.199, True), (0.201, False)])
def test_the_rule_is_ten_points(high, is_told):
    assert (unknown_reason(fit(0.1, 0.15, high)) is None) == is_told


@pytest.mark.parametrize(
    ("estimate", "most", "text"),
    [
        (None, 9901, "would take more labels than a fit can tell"),
        (None, 9900, "would take more labels than the pool has"),
        (Estimate(99.0, 50.0, 300.0), 1500, "was reached at about 99 labels (95 % interval 50 to 300)"),
        (Estimate(201.0, 117.0, 1234.0), 1500, "would take about 210 labels (95 % interval 120 to 1,300)"),
        (
            Estimate(201.0, 117.0, 1234.0),
            300,
            "would take about 210 labels (95 % interval 120 to more than the pool has)",
        ),
        (
            Estimate(6790.0, 37.1, None),
            1026,
            "would take more labels than the pool has (about 6,800; 95 % interval from 38 up)",
        ),
        (
            Estimate(201.0, 7.0, None),
            10_000,
            "would take about 210 labels (95 % interval 7 to more than a fit can tell)",
        ),
    ],
)
def test_labels_that_a_level_takes(estimate, most, text):
    assert labels_text(estimate, 99, most) == text
