"""Learning curves: means, bands, names and the ceiling."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from figures.random_results import drawn, results
from matplotlib.collections import LineCollection, PolyCollection
from scipy import stats

from activepool.figures.results import Curves
from activepool.figures.settings import Settings


def test_names_beside_the_curves_do_not_overlap():
    figure = drawn("learning_curves", results([f"strategy_{number}" for number in range(25)]))
    renderer = figure.canvas.get_renderer()
    boxes = sorted(
        (text.get_window_extent(renderer) for text in figure.axes[1].texts), key=lambda box: box.y0
    )
    assert len(boxes) == 25
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_learning_curves_show_means_and_intervals_in_percent():
    data = results(["margin"], seeds=2, rounds=3)
    axes = drawn("learning_curves", data).axes[0]
    values = data.curves.table.pivot(index="labels", columns="seed", values="top1").to_numpy() * 100
    line = axes.lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [100, 200, 300])
    np.testing.assert_allclose(line.get_ydata(), values.mean(axis=1))
    # t(1, 0.975) = 12.7062; with two seeds the standard error is half their distance.
    half_width = 12.706204736 * np.abs(values[:, 0] - values[:, 1]) / 2
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((values.mean(axis=1) + half_width).max())
    assert axes.get_ylabel() == "Top-1 accuracy (%)"


def sharing_their_start(strategies):
    """Results in which the strategies start from one initial pool and lie close, with wide bands."""
    data = results(strategies, seeds=3, rounds=4)
    table = data.curves.table
    by_round = np.array([0.5, 0.6, 0.65, 0.67])
    by_seed = np.array([-0.2, 0.0, 0.2])
    places = table["strategy"].map({name: place for place, name in enumerate(strategies)})
    shift = np.where(table["round"] > 0, 0.01 * places, 0)
    table["top1"] = by_round[table["round"]] + by_seed[table["seed"]] + shift
    return data


def test_bands_begin_where_the_curves_part():
    axes = drawn("learning_curves", sharing_their_start(["random", "base", "margin"])).axes[0]
    bands = [band for band in axes.collections if isinstance(band, PolyCollection)]
    assert [band.get_paths()[0].vertices[:, 0].min() for band in bands] == [200, 200, 200]
    starts = [line.get_segments() for line in axes.collections if isinstance(line, LineCollection)]
    half_width = stats.t.ppf(0.975, 2) * stats.sem([30, 50, 70])
    for ((foot, head),) in starts:
        assert foot == pytest.approx([100, 50 - half_width]) and head == pytest.approx([100, 50 + half_width])
    assert len(starts) == 3


def test_a_single_curve_has_its_band_from_the_start():
    axes = drawn("learning_curves", sharing_their_start(["margin"])).axes[0]
    (band,) = axes.collections
    assert band.get_paths()[0].vertices[:, 0].min() == 100


def test_wide_bands_do_not_press_the_curves_together():
    axes = drawn("learning_curves", sharing_their_start(["random", "base", "margin"])).axes[0]
    low, high = axes.get_ylim()
    assert low < 50 and high > 69
    assert (69 - 50) / (high - low) > 0.8


@pytest.mark.parametrize(("value", "metric"), [(1.0, "top1"), (0.0, "top1"), (1.0, "imbalance_ratio")])
def test_markers_at_the_end_of_a_quantity_are_whole(value, metric):
    data = results(["margin", "random"])
    data.curves.table[metric] = np.where(data.curves.table["round"] == 3, value, value / 2 + 0.3)
    axes = drawn("learning_curves", data, Settings(metric=metric)).axes[0]
    (_, end), *_ = [axes.transData.transform(line.get_xydata()[-1]) for line in axes.lines]
    half_marker = axes.lines[0].get_markersize() / 2 * axes.figure.dpi / 72
    assert axes.bbox.y0 + half_marker < end < axes.bbox.y1 - half_marker


def test_an_axis_ends_where_its_quantity_ends():
    data = sharing_their_start(["margin"])
    data.curves.table["top1"] += 0.32
    assert drawn("learning_curves", data).axes[0].get_ylim()[1] == 100


def test_many_bands_do_not_hide_their_curves():
    def opaque(count):
        axes = drawn("learning_curves", results([f"strategy_{number}" for number in range(count)])).axes[0]
        (alpha,) = {band.get_alpha() for band in axes.collections}
        return alpha

    # What is seen through all bands, should they lie on one another.
    assert (1 - opaque(25)) ** 25 > 0.4
    assert opaque(3) == opaque(1) > opaque(12) > 0.03


def test_the_settings_choose_the_metric():
    axes = drawn("learning_curves", results(["margin"]), Settings(metric="imbalance_ratio")).axes[0]
    assert axes.get_ylabel() == "Imbalance ratio"
    balanced = drawn("learning_curves_balanced", results(["margin"]), Settings(metric="imbalance_ratio"))
    assert balanced.axes[0].get_ylabel() == "Balanced accuracy (%)"


def test_the_ceiling_is_a_level_line_with_its_band():
    data = results(["base", "random"])
    values = [0.7, 0.8, 0.9]
    rows = [
        {"strategy": "full_pool", "seed": seed, "round": 0, "labels": 5000, "top1": value}
        for seed, value in enumerate(values)
    ]
    with_ceiling = replace(data, ceiling=Curves(pd.DataFrame(rows)))
    axes = drawn("learning_curves", with_ceiling).axes[0]
    (line,) = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert line.get_ydata() == pytest.approx([80, 80])
    assert [text.get_text() for text in axes.texts] == ["all 5,000 labels"]
    half_width = stats.t.ppf(0.975, 2) * stats.sem(values) * 100
    band = axes.patches[-1].get_extents().transformed(axes.transData.inverted())
    assert (band.y0, band.y1) == pytest.approx((80 - half_width, 80 + half_width))
    assert axes.get_ylim()[1] >= 80
    assert not drawn("learning_curves", data).axes[0].texts
