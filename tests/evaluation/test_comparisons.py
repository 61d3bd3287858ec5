import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activepool.evaluation.comparisons import holm, paired_p_value, pairwise_wins, t_statistic


@pytest.mark.parametrize("seeds", [2, 3, 5, 11])
def test_the_test_is_scipys_paired_one(seeds):
    generator = np.random.default_rng(seeds)
    left, right = generator.random((2, 6, seeds))
    expected = [stats.ttest_rel(*pair) for pair in zip(left, right, strict=True)]
    np.testing.assert_allclose(t_statistic(left - right), [test.statistic for test in expected])
    np.testing.assert_allclose(paired_p_value(left - right), [test.pvalue for test in expected])


def test_where_all_seeds_are_equal_there_is_no_difference():
    assert t_statistic(np.zeros((2, 3))).tolist() == [0, 0]
    assert paired_p_value(np.zeros(4)) == 1


def test_the_same_gain_with_every_seed_is_sure():
    assert t_statistic(np.full(3, -0.25)) == -np.inf
    assert paired_p_value(np.full(3, -0.25)) == 0


@pytest.mark.parametrize("seeds", [0, 1])
def test_one_seed_decides_nothing(seeds):
    assert np.isnan(paired_p_value(np.ones((2, seeds)))).all()


def plain_holm(p_values):
    """The procedure as Holm has it: the smallest level at which each hypothesis is rejected."""
    levels = []
    for p_value in p_values:
        level = 0.0
        for rank, smaller in enumerate(sorted(p_values)):
            if smaller <= p_value:
                level = max(level, smaller * (len(p_values) - rank))
        levels.append(min(level, 1.0))
    return levels


@pytest.mark.parametrize("seed", range(8))
def test_holm_is_the_sequential_procedure(seed):
    generator = np.random.default_rng(seed)
    p_values = np.round(generator.random(generator.integers(1, 12)) ** 3, 2)
    corrected = holm(p_values)
    np.testing.assert_allclose(corrected, plain_holm(p_values))
    # Rejecting step by step, as long as p_(k) < α / (m − k + 1), gives the same.
    for level in (0.05, 0.2):
        rejected = 0
        ascending = np.sort(p_values)
        while rejected < len(p_values) and ascending[rejected] < level / (len(p_values) - rejected):
            rejected += 1
        assert (corrected < level).sum() == rejected


def test_a_comparison_that_could_not_be_made_does_not_count():
    corrected = holm([0.01, np.nan, 0.02])
    np.testing.assert_allclose(corrected, [0.02, np.nan, 0.02])
    assert holm([]).shape == (0,)


def test_holm_errs_seldom_among_many_equals():
    differences = np.random.default_rng(0).normal(size=(4000, 6, 4))
    wrong = [(holm(paired_p_value(samples)) < 0.1).any() for samples in differences]
    assert np.mean(wrong) < 0.11


def curve(values, labels=None, seeds=None):
    points = range(len(values))
    index = pd.MultiIndex.from_arrays([points, labels or [10 * p for p in points]], names=["round", "labels"])
    return pd.DataFrame(values, index=index, columns=seeds)


def random_curves(seeds, rounds=7):
    """Coarse values, so that differences tie; round 0 is shared, up to a difference that must not count."""
    generator = np.random.default_rng(seeds)
    return {
        name: curve(np.round(generator.normal(lift, 1, (rounds, seeds)), 1))
        for name, lift in {"a": 0.0, "b": 1.5, "c": 1.5, "d": 40.0}.items()
    }


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_wins_match_a_plain_loop(seeds, confidence):
    curves = random_curves(seeds)
    table = pairwise_wins(curves, confidence).set_index(["strategy", "other"])
    assert len(table) == 4 * 3
    for (one, other), row in table.iterrows():
        won = 0
        for point in range(1, 7):
            pairs = curves[one].iloc[point].to_numpy() - curves[other].iloc[point].to_numpy()
            statistic = np.sqrt(seeds) * np.mean(pairs) / np.std(pairs, ddof=1)
            won += statistic > stats.t.ppf((1 + confidence) / 2, seeds - 1)
        assert (row["seeds"], row["rounds"]) == (seeds, 6)
        assert row["beats"] == pytest.approx(won / 6)
    assert table.loc[("d", "a"), "beats"] > 0


def test_five_seeds_have_the_papers_quantile():
    spread = np.array([-2, -1, 0, 1, 2])
    standard_error = spread.std(ddof=1) / np.sqrt(5)
    zero = np.zeros(5)
    for quantile, won in ((2.775, 0.0), (2.777, 1.0)):
        higher = spread + quantile * standard_error
        table = pairwise_wins({"i": curve([zero, higher]), "j": curve([zero, zero])}, 0.95)
        assert table["beats"].tolist() == [won, 0.0]


def test_one_seed_or_one_round_beats_nothing():
    one_seed = {name: curve([[0.1], [lift]]) for name, lift in (("a", 0.2), ("b", 0.9))}
    assert pairwise_wins(one_seed, 0.95)["beats"].isna().all()
    one_round = {name: curve([[0.1, lift]]) for name, lift in (("a", 0.2), ("b", 0.9))}
    assert pairwise_wins(one_round, 0.95)["beats"].isna().all()
    assert pairwise_wins({"a": curve([[0.1, 0.2]])}, 0.95).empty


def test_only_common_seeds_and_rounds_are_compared():
    left = curve([[0.0, 0.0, 0.0], [1.0, 1.1, -9.0], [1.0, 1.1, -9.0]], seeds=[0, 1, 2])
    right = curve([[0.0, 0.0], [0.5, 0.5]], seeds=[0, 1])
    table = pairwise_wins({"left": left, "right": right}, 0.9)
    assert table[["seeds", "rounds", "beats"]].to_numpy().tolist() == [[2, 1, 1.0], [2, 1, 0.0]]
