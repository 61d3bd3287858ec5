"""Wilson's intervals, against the inequality that defines them, and against what they promise."""

import numpy as np
import pytest
from scipy import stats

from activepool.evaluation.intervals import confusion_matrix, sample_size, wilson_intervals


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("cases", [1, 2, 7, 10, 53])
def test_an_end_is_exactly_z_standard_deviations_from_the_observed_share(cases, confidence):
    hits = np.arange(cases + 1)
    shares = wilson_intervals(hits, cases, confidence)
    assert shares.value.tolist() == (hits / cases).tolist()
    z = stats.norm.ppf((1 + confidence) / 2)
    for end in (shares.low, shares.high):
        inside = (end > 0) & (end < 1)
        deviation = np.sqrt(end * (1 - end) / cases)[inside]
        np.testing.assert_allclose(np.abs(end - shares.value)[inside], z * deviation, rtol=1e-9)
    assert shares.low[0] == 0.0 and shares.high[-1] == 1.0
    assert (shares.low[1:] > 0).all() and (shares.high[:-1] < 1).all()
    assert (shares.low <= shares.value).all() and (shares.value <= shares.high).all()


def test_it_is_the_interval_of_scipy():
    for hits, cases in [(0, 13), (5, 13), (13, 13), (81, 263)]:
        expected = stats.binomtest(hits, cases).proportion_ci(0.95, method="wilson")
        shares = wilson_intervals(hits, cases, 0.95)
        np.testing.assert_allclose([shares.low, shares.high], expected, rtol=1e-12, atol=1e-15)


def test_no_case_says_nothing():
    shares = wilson_intervals([0, 3], [0, 3], 0.95)
    assert np.isnan(shares.value[0]) and (shares.low[0], shares.high[0]) == (0.0, 1.0)
    assert shares.value[1] == 1.0


def test_it_covers_the_true_share_about_as_often_as_it_says():
    for share, size in [(0.5, 40), (0.9, 40), (0.97, 200)]:
        chances = stats.binom.pmf(np.arange(size + 1), size, share)
        shares = wilson_intervals(np.arange(size + 1), size, 0.95)
        covered = chances[(shares.low <= share) & (share <= shares.high)].sum()
        assert covered == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(("hits", "cases"), [(4, 3), (-1, 3), ([1, 2], [1, 1])])
def test_more_hits_than_cases_are_a_mistake(hits, cases):
    with pytest.raises(ValueError, match="hits must be from 0 to cases"):
        wilson_intervals(hits, cases, 0.95)


def width_of(share, size, confidence):
    z = stats.norm.ppf((1 + confidence) / 2)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return 2 * half


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("width", [0.03, 0.1, 0.17, 0.5, 0.9])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.97, 1.0])
def test_the_sample_is_the_smallest_whose_interval_is_narrow_enough(width, confidence, share):
    enough = [size for size in range(1, 6000) if width_of(share, size, confidence) <= width]
    assert sample_size(width, confidence, share) == enough[0]
    assert len(enough) == 6000 - enough[0]


@pytest.mark.parametrize("width", [0.07, 0.2])
def test_by_default_the_size_is_enough_for_any_outcome(width):
    size = sample_size(width, 0.95)
    shares = wilson_intervals(np.arange(size + 1), size, 0.95)
    assert (shares.high - shares.low).max() <= width + 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_confusion_matrix_by_brute_force(seed):
    random = np.random.default_rng(seed)
    labels, predicted = random.integers(0, 4, (2, 37))
    matrix = confusion_matrix(labels, predicted, 6)
    expected = [[sum((labels == i) & (predicted == j)) for j in range(6)] for i in range(6)]
    assert matrix.tolist() == expected
    assert confusion_matrix(labels[:0], predicted[:0], 2).tolist() == [[0, 0], [0, 0]]
