import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activepool.errors import InputError
from activepool.evaluation.statistics import curve_of, difference, mean_interval, normalised_area


def table(values, budgets=None):
    """The form of curves.csv from {(strategy, seed): metric by round}; None leaves the row out."""
    rows = [
        {"strategy": strategy, "seed": seed, "round": place, "labels": (budgets or range(10, 100, 10))[place]}
        | {"top1": value}
        for (strategy, seed), line in values.items()
        for place, value in enumerate(line)
        if value is not None
    ]
    return pd.DataFrame(rows)


def random_curve(generator, points, seeds):
    labels = np.cumsum(generator.integers(1, 50, points))
    index = pd.MultiIndex.from_arrays([range(points), labels], names=["round", "labels"])
    return pd.DataFrame(generator.random((points, seeds)), index=index, columns=range(seeds))


@pytest.mark.parametrize("seeds", [2, 3, 7])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_interval_is_students(seeds, confidence):
    values = np.random.default_rng(seeds).normal(size=(4, seeds))
    mean, half_width = mean_interval(values, confidence)
    for row, middle, half in zip(values, mean, half_width, strict=True):
        low, high = stats.t.interval(confidence, seeds - 1, loc=np.mean(row), scale=stats.sem(row))
        np.testing.assert_allclose([middle - half, middle + half], [low, high], rtol=1e-10)


def test_interval_covers_the_true_mean_as_often_as_it_says():
    values = np.random.default_rng(0).normal(loc=3.0, size=(20_000, 4))
    mean, half_width = mean_interval(values, 0.9)
    assert np.mean(np.abs(mean - 3.0) <= half_width) == pytest.approx(0.9, abs=0.01)


def test_one_seed_has_a_mean_but_no_interval():
    mean, half_width = mean_interval(np.array([[0.25], [0.5]]), 0.95)
    assert mean.tolist() == [0.25, 0.5]
    assert np.isnan(half_width).all()


def test_no_seed_has_neither():
    mean, half_width = mean_interval(np.empty((3, 0)), 0.95)
    assert np.isnan(mean).all()
    assert np.isnan(half_width).all()


@pytest.mark.parametrize("points", [2, 3, 8])
def test_area_is_the_mean_height_over_every_label(points):
    curve = random_curve(np.random.default_rng(points), points, seeds=3)
    labels = curve.index.get_level_values("labels").to_numpy()
    for column, area in zip(curve.columns, normalised_area(curve), strict=True):
        # The integral of a piecewise linear function, from its values between neighbouring whole labels.
        heights = np.interp(np.arange(labels[0], labels[-1]) + 0.5, labels, curve[column])
        assert area == pytest.approx(heights.mean(), rel=1e-12)


def test_area_weighs_by_labels_and_not_by_rounds():
    curve = curve_of(table({("a", 0): [0.0, 0.0, 1.0]}, budgets=[0, 90, 100]), "a", "top1")
    assert normalised_area(curve).tolist() == [0.05]


def test_area_of_one_point_is_its_value_and_of_none_unknown():
    curve = random_curve(np.random.default_rng(0), 1, seeds=2)
    np.testing.assert_array_equal(normalised_area(curve), curve.iloc[0])
    assert np.isnan(normalised_area(curve.iloc[:0])).all()


def test_area_of_the_difference_is_the_difference_of_the_areas():
    generator = np.random.default_rng(5)
    left = random_curve(generator, 6, seeds=4)
    right = left + generator.random(left.shape)
    areas = normalised_area(difference(left, right))
    np.testing.assert_allclose(areas, normalised_area(left) - normalised_area(right), rtol=1e-12)


def test_area_of_differences_that_cancel_out_is_zero():
    # The sum of the trapezoids is 2.2e-16, not 0.
    curve = curve_of(table({("a", 0): [0.0, 0.1, -0.3, 0.2, 0.0]}, budgets=[10, 20, 30, 40, 50]), "a", "top1")
    assert np.trapezoid([0.0, 0.1, -0.3, 0.2, 0.0], dx=10) != 0
    area = normalised_area(curve)
    assert area.tolist() == [0.0] and not np.signbit(area).any()


def test_curve_keeps_the_rounds_that_every_seed_has():
    curves = table({("a", 0): [0.1, 0.2, 0.3], ("a", 1): [0.5, 0.6], ("a", 2): [0.7, np.nan, 0.9]})
    curve = curve_of(curves, "a", "top1")
    assert curve.index.tolist() == [(0, 10)]
    assert curve.loc[(0, 10)].to_dict() == {0: 0.1, 1: 0.5, 2: 0.7}


def test_curve_leaves_out_a_seed_without_values():
    curves = table({("a", 0): [0.1, 0.2], ("a", 1): [np.nan, np.nan]})
    assert curve_of(curves, "a", "top1")[0].tolist() == [0.1, 0.2]
    assert curve_of(curves, "a", "top1").columns.tolist() == [0]


def test_curve_is_in_the_order_of_rounds_whatever_the_order_of_rows():
    curves = table({("a", 0): [0.1, 0.2, 0.3], ("a", 1): [0.4, 0.5, 0.6]})
    shuffled = curves.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(curve_of(shuffled, "a", "top1"), curve_of(curves, "a", "top1"))


def test_unknown_metric_is_named_with_the_known_ones():
    with pytest.raises(InputError, match="metric 'top9' does not exist; there are top1"):
        curve_of(table({("a", 0): [0.1]}), "a", "top9")


def test_a_key_is_not_a_metric():
    with pytest.raises(InputError, match="metric 'labels' does not exist"):
        curve_of(table({("a", 0): [0.1]}), "a", "labels")


def test_difference_pairs_seeds_and_rounds():
    generator = np.random.default_rng(1)
    values = {
        ("a", 0): [*generator.random(4)],
        ("a", 2): [*generator.random(4)],
        ("a", 5): [*generator.random(4)],
        ("random", 5): [*generator.random(3)],
        ("random", 1): [*generator.random(3)],
        ("random", 2): [*generator.random(3)],
    }
    curves = table(values)
    differences = difference(curve_of(curves, "a", "top1"), curve_of(curves, "random", "top1"))
    assert differences.columns.tolist() == [2, 5]
    for seed in differences.columns:
        expected = [values["a", seed][place] - values["random", seed][place] for place in range(3)]
        assert differences[seed].tolist() == expected


def test_difference_compares_the_same_number_of_labels_only():
    left = curve_of(table({("a", 0): [0.5, 0.6]}, budgets=[10, 20]), "a", "top1")
    right = curve_of(table({("a", 0): [0.1, 0.1]}, budgets=[10, 30]), "a", "top1")
    assert difference(left, right).index.tolist() == [(0, 10)]


def test_pairing_removes_what_the_seeds_share():
    shared = np.array([-0.3, 0.0, 0.4])
    left = pd.DataFrame([0.7 + shared])
    right = pd.DataFrame([0.5 + shared])
    mean, half_width = mean_interval(difference(left, right).to_numpy(), 0.95)
    assert mean[0] == pytest.approx(0.2)
    assert half_width[0] < 1e-12
