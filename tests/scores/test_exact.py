import numpy as np
import pytest

from activepool.scores.exact import exact_smallest, exact_smallest_of_list, quantise


@pytest.mark.parametrize("count", [0, 1, 7, 2000, 5000, 6000])
@pytest.mark.parametrize("decimals", [1, 2, 16])
def test_the_smallest_by_exact_score_then_position(count, decimals):
    random = np.random.default_rng(count)
    exact = np.round(random.random(5000), decimals)
    approximate = (exact + random.uniform(-1e-3, 1e-3, 5000)).astype(np.float32)
    positions, values = exact_smallest(approximate, lambda rows: exact[rows], count)
    expected = np.lexsort((np.arange(5000), exact))[:count]
    assert positions.tolist() == expected.tolist()
    assert np.allclose(values, exact[expected], atol=1e-11)


def test_only_candidates_near_the_cut_are_scored_again():
    exact = np.linspace(0, 1, 100_000)
    scored = []
    exact_smallest(exact.astype(np.float32), lambda rows: scored.append(len(rows)) or exact[rows], 100)
    assert sum(scored) < 3000


def test_all_are_scored_again_where_all_are_equal():
    approximate = np.full(5000, 0.25, dtype=np.float32)
    positions, _ = exact_smallest(approximate, lambda rows: np.full(len(rows), 0.25), 10)
    assert positions.tolist() == list(range(10))


def test_infinite_scores_come_last():
    exact = np.array([np.inf, 2.0, np.inf, 1.0])
    positions, values = exact_smallest(exact.astype(np.float32), lambda rows: exact[rows], 3)
    assert positions.tolist() == [3, 1, 0]
    assert values.tolist() == [1.0, 2.0, np.inf]


def test_rounding_makes_equal_what_differs_by_the_order_of_a_sum():
    scale = np.array([1000.0], dtype=np.float32)
    assert quantise(np.array([123.4]), scale) == quantise(np.array([123.4 + 1e-11]), scale)
    assert quantise(np.array([123.4]), scale) != quantise(np.array([123.4 + 1e-6]), scale)


@pytest.mark.parametrize(("beyond", "decided"), [(None, True), (2.0, True), (0.1001, False)])
def test_a_list_that_may_be_too_short_says_so(beyond, decided):
    """The exact scores differ by 0.005, so those beyond the list may lie up to 0.02 lower."""
    exact = np.linspace(0, 1, 101)[:11]
    listed = exact.astype(np.float32)
    result = exact_smallest_of_list(listed, lambda rows: exact[rows] - 5e-3, 10, beyond, spare=5)
    assert (result is not None) == decided
    if decided:
        assert result[0].tolist() == list(range(10))


@pytest.mark.parametrize("spare", [1, 2, 30])
@pytest.mark.parametrize("size", [13, 500])
@pytest.mark.parametrize("decimals", [1, 3, 16])
def test_of_a_list_all_that_may_belong_is_scored_again_and_little_else(spare, size, decimals):
    random = np.random.default_rng(size)
    exact = np.round(random.random(size), decimals)
    approximate = (exact + random.uniform(-1e-2, 1e-2, size)).astype(np.float32)
    scored = []

    def rescore(positions):
        scored.extend(positions)
        return exact[positions]

    result = exact_smallest_of_list(approximate, rescore, 12, None, spare)
    expected = np.lexsort((np.arange(size), exact))[:12]
    assert result[0].tolist() == expected.tolist()
    assert len(set(scored)) == len(scored)
    assert len(scored) <= max(12 + spare, (approximate <= exact[expected[-1]] + 5e-2).sum())


def test_a_list_with_fewer_than_wanted_is_too_short():
    assert exact_smallest_of_list(np.zeros(3, np.float32), np.zeros_like, 4, 1.0, spare=5) is None
