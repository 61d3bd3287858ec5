"""Figures that compare strategies: differences, areas, savings and matrices of pairs."""

from itertools import combinations

import numpy as np
import pytest
from figures.random_results import UPPER, drawn, results

from activepool.figures.registry import TABLES
from activepool.figures.settings import Settings


def test_difference_has_a_panel_for_every_other_strategy():
    figure = drawn(
        "difference_to_random", results(["random", "base", "margin", "mine", "yours", "balanced_random"])
    )
    titles = [axes.get_title("left") for axes in figure.axes if axes.axison]
    assert titles == [
        "BASE",
        "Margin",
        "mine",
        "yours",
        "Balanced random\n(upper reference:\nreads all labels)",
    ]


def test_area_goes_from_worst_to_best_with_filled_marks_where_the_gain_is_sure():
    data = results(["random", "base", "margin"], seeds=4, rounds=3)
    table = data.curves.table
    shared = np.tile(table.loc[table["strategy"] == "random", "top1"], 3)
    noise = np.random.default_rng(0).normal(0, 0.3, len(table))
    table["top1"] = shared + np.where(
        table["strategy"] == "base", 2 + noise / 100, -noise * (table["round"] > 0)
    )
    table.loc[table["strategy"] == "random", "top1"] = shared[:12]
    left, right = drawn("area", data).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names[-1] == "BASE"
    areas = [line.get_xdata()[0] for line in left.lines]
    assert areas == sorted(areas)
    faces = {name: mark.get_markerfacecolor() for name, mark in zip(names, right.lines, strict=False)}
    assert faces["BASE"] != "white"
    assert faces["Margin"] == "white"
    assert right.get_xlabel() == "Top-1 accuracy, difference (percentage points)"


def test_area_has_the_best_above_where_less_is_better():
    data = results(["random", "base"])
    data.curves.table["nll"] = np.where(data.curves.table["strategy"] == "base", 1.0, 2.0)
    axes = drawn("area", data, Settings(metric="nll")).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Random", "BASE"]


def separated(strategies, seeds=3):
    """Results in which each strategy is better than those before it, in every round after the first."""
    data = results(strategies, seeds)
    table = data.curves.table
    places = table["strategy"].map({name: place for place, name in enumerate(strategies)})
    table["top1"] = np.where(table["round"] > 0, places + table["top1"] / 100, 0.5)
    return data


def test_penalty_shows_who_wins_and_the_means():
    figure = drawn("penalty", separated(["random", "base", "margin"]))
    axes = figure.axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {
        (0, 1): "100",
        (0, 2): "100",
        (1, 2): "100",
        (1, 0): "0",
        (2, 0): "0",
        (2, 1): "0",
        (3, 0): "0",
        (3, 1): "50",
        (3, 2): "100",
        (0, 3): "100",
        (1, 3): "50",
        (2, 3): "0",
    }
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Random",
        "BASE",
        "Margin",
        "Mean, losses",
    ]


def test_overlap_shows_picks_above_the_diagonal():
    data = results(["random", "base", "margin"], seeds=2, rounds=3)
    axes = drawn("overlap", data).axes[0]
    rows = data.overlap[(data.overlap["strategy"] == "random") & (data.overlap["other"] == "margin")]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(cells) == 6
    assert cells[2, 0] == f"{100 * rows['picked'].mean():.0f}"
    assert cells[0, 2] == f"{100 * rows.loc[rows['round'] == 2, 'picked_so_far'].mean():.0f}"


@pytest.mark.parametrize("name", ["penalty", "overlap"])
@pytest.mark.parametrize("strategies", [2, 13, 20])
def test_no_two_names_or_numbers_of_a_matrix_overlap(name, strategies):
    names = ["random", "balanced_random", *(f"a_long_name_of_number_{place}" for place in range(18))]
    figure = drawn(name, separated(names[:strategies]))
    renderer, axes = figure.canvas.get_renderer(), figure.axes[0]
    texts = [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels(), figure.axes[1].xaxis.label]
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_area_without_random_has_no_panel_of_differences():
    (axes,) = drawn("area", results(["margin", "base"])).axes
    assert axes.get_title("left") == "Mean over the labels"


def test_label_savings_are_drawn_in_percent_with_their_band():
    given = separated(["random", "base"])
    axes = drawn("label_savings", given).axes[0]
    line = next(line for line in axes.lines if line.get_color() == "#0072B2")
    table = TABLES["label_savings"](given, UPPER)
    np.testing.assert_allclose(line.get_xdata(), [200, 300, 400])
    np.testing.assert_allclose(line.get_ydata(), 100 * table["saving"].to_numpy(dtype=float))
    assert axes.get_ylim()[0] >= -100 and axes.get_ylim()[1] <= 100
