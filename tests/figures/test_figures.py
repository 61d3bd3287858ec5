from dataclasses import replace
from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.text import Text
from scipy import stats

from activepool.errors import InputError
from activepool.figures.drawings.class_counts import last_counts
from activepool.figures.export import print_settings, write_figure
from activepool.figures.registry import FIGURES, TABLES
from activepool.figures.results import Curves, Results
from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES

UPPER = Settings(oracles=("balanced_random",))


def results(strategies, seeds=3, rounds=4, classes=5, seed=0):
    """Random results in the form of the cached tables."""
    generator = np.random.default_rng(seed)
    keys = [(name, s, r) for name in strategies for s in range(seeds) for r in range(rounds)]
    curves = pd.DataFrame(keys, columns=["strategy", "seed", "round"])
    curves["labels"] = 100 * (curves["round"] + 1)
    metrics = (
        "top1",
        "balanced_accuracy",
        "tail_accuracy",
        "imbalance_entropy",
        "imbalance_ratio",
        "imbalance_total_variation",
    )
    for metric in metrics:
        curves[metric] = generator.random(len(curves))
    counts = curves.loc[curves.index.repeat(classes), ["strategy", "seed", "round"]].reset_index(drop=True)
    counts["class"] = np.tile(range(classes), len(curves))
    counts["count"] = generator.integers(0, 40, len(counts))
    counts["accuracy"] = generator.random(len(counts))
    pairs = [
        (*pair, s, r) for pair in combinations(strategies, 2) for s in range(seeds) for r in range(1, rounds)
    ]
    overlap = pd.DataFrame(pairs, columns=["strategy", "other", "seed", "round"])
    overlap["picked"], overlap["picked_so_far"] = generator.random((2, len(overlap)))
    return Results(Curves(curves), counts, overlap)


def drawn(name, given, settings=UPPER):
    with print_settings():
        figure = FIGURES[name](given, settings)
        FigureCanvasAgg(figure).draw()
    return figure


def written(folder, name, given, settings=UPPER):
    write_figure(name, given, settings, folder / "figure.pdf", folder / "figure.png")
    return (folder / "figure.pdf").read_bytes(), (folder / "figure.png").read_bytes()


def test_the_figures_are():
    assert list(FIGURES) == [
        "accuracy_change",
        "area",
        "class_count_heat_map",
        "class_counts",
        "difference_to_random",
        "imbalance",
        "label_savings",
        "learning_curves",
        "learning_curves_balanced",
        "learning_curves_tail",
        "overlap",
        "penalty",
    ]
    assert all(callable(FIGURES[name]) for name in FIGURES)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("strategies", "seeds", "rounds"),
    [
        (["random"], 1, 1),
        (["random", "base"], 1, 5),
        (["random", "$a_$_long_" + "name_" * 12, "balanced_random"], 2, 2),
    ],
)
def test_every_figure_is_drawn_from_few_seeds_and_long_names(name, strategies, seeds, rounds):
    figure = drawn(name, results(strategies, seeds, rounds))
    shown = "".join(text.get_text() for text in figure.findobj(Text)).replace("\n", "")
    for strategy in strategies[1:2] if seeds > 1 or name != "penalty" else ():
        assert NAMES.get(strategy, strategy) in shown


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_missing_values(name):
    given = results(["random", "base", "margin"])
    table = given.curves.table
    table.loc[table["strategy"] == "base", table.columns[4:]] = np.nan
    table.loc[3:5, table.columns[4:]] = np.nan
    axes = drawn(name, given).axes[0]
    assert axes.lines or axes.images or axes.collections


@pytest.mark.parametrize("name", sorted({*FIGURES} - {"learning_curves_balanced", "learning_curves_tail"}))
def test_a_figure_follows_its_tables_and_comes_back_byte_for_byte(tmp_path, name):
    first = written(tmp_path, name, results(["random", "base"]))
    assert first[0].startswith(b"%PDF")
    assert first[1].startswith(b"\x89PNG")
    assert written(tmp_path, name, results(["random", "base"])) == first
    other = results(["random", "base"], seed=1)
    other.curves.table.loc[other.curves.table["strategy"] == "base", "top1"] += (
        5  # wins, which noise does not
    )
    changed = written(tmp_path, name, other)
    assert changed[0] != first[0]
    assert changed[1] != first[1]


def test_what_the_user_set_for_matplotlib_changes_nothing(tmp_path):
    plain = written(tmp_path, "learning_curves", results(["random", "base"]))
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 20, "savefig.bbox": "tight"}):
        assert written(tmp_path, "learning_curves", results(["random", "base"])) == plain
        assert matplotlib.rcParams["font.size"] == 20


@pytest.mark.parametrize("name", FIGURES)
def test_text_can_be_read_and_lies_on_the_page(name):
    names = ["random", "balanced_random", *(f"a_strategy_of_number_{number}" for number in range(14))]
    figure = drawn(name, results(names, rounds=2))
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= 7
    page = figure.get_tightbbox(figure.canvas.get_renderer())
    assert page.x0 >= 0
    assert page.y0 >= 0
    assert page.x1 <= figure.get_figwidth()
    assert page.y1 <= figure.get_figheight()


def test_names_beside_the_curves_do_not_overlap():
    figure = drawn("learning_curves", results([f"strategy_{number}" for number in range(25)]))
    renderer = figure.canvas.get_renderer()
    boxes = sorted(
        (text.get_window_extent(renderer) for text in figure.axes[1].texts), key=lambda box: box.y0
    )
    assert len(boxes) == 25
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_learning_curves_show_means_and_intervals_in_percent():
    given = results(["margin"], seeds=2, rounds=3)
    axes = drawn("learning_curves", given).axes[0]
    values = given.curves.table.pivot(index="labels", columns="seed", values="top1").to_numpy() * 100
    line = axes.lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [100, 200, 300])
    np.testing.assert_allclose(line.get_ydata(), values.mean(axis=1))
    # t(1, 0.975) = 12.7062; with two seeds the standard error is half their distance.
    half_width = 12.706204736 * np.abs(values[:, 0] - values[:, 1]) / 2
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((values.mean(axis=1) + half_width).max())
    assert axes.get_ylabel() == "Top-1 accuracy (%)"


@pytest.mark.parametrize(
    "name", ["learning_curves", "imbalance", "difference_to_random", "label_savings", "area"]
)
def test_what_bands_and_lines_are_is_told_where_there_are_any(name):
    def told(seeds):
        figure = drawn(name, results(["random", "base"], seeds), replace(UPPER, confidence=0.9))
        return any("90 % intervals, 3 seeds" in text.get_text() for text in figure.findobj(Text))

    assert told(3) and not told(1)


def sharing_their_start(strategies):
    """Results in which the strategies start from one initial pool and lie close, with wide bands."""
    given = results(strategies, seeds=3, rounds=4)
    table = given.curves.table
    by_round = np.array([0.5, 0.6, 0.65, 0.67])
    by_seed = np.array([-0.2, 0.0, 0.2])
    places = table["strategy"].map({name: place for place, name in enumerate(strategies)})
    shift = np.where(table["round"] > 0, 0.01 * places, 0)
    table["top1"] = by_round[table["round"]] + by_seed[table["seed"]] + shift
    return given


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


def test_many_bands_do_not_hide_their_curves():
    def opaque(count):
        axes = drawn("learning_curves", results([f"strategy_{number}" for number in range(count)])).axes[0]
        (found,) = {band.get_alpha() for band in axes.collections}
        return found

    # What is seen through all bands, should they lie on one another.
    assert (1 - opaque(25)) ** 25 > 0.4
    assert opaque(3) == opaque(1) > opaque(12) > 0.03


def test_the_settings_choose_the_metric():
    axes = drawn("learning_curves", results(["margin"]), Settings(metric="imbalance_ratio")).axes[0]
    assert axes.get_ylabel() == "Imbalance ratio"
    balanced = drawn("learning_curves_balanced", results(["margin"]), Settings(metric="imbalance_ratio"))
    assert balanced.axes[0].get_ylabel() == "Balanced accuracy (%)"


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


def test_last_counts_are_means_over_seeds():
    given = results(["b", "a"], seeds=3, rounds=2, classes=4)
    counts = last_counts(given.class_counts)
    assert counts.index.tolist() == ["b", "a"]
    table = given.class_counts
    for strategy in ("a", "b"):
        for number in range(4):
            rows = table[(table["strategy"] == strategy) & (table["round"] == 1) & (table["class"] == number)]
            assert counts.loc[strategy, number] == pytest.approx(sum(rows["count"]) / 3)


def test_imbalance_needs_a_measure(tmp_path):
    given = results(["random"])
    bare = Curves(given.curves.table[["strategy", "seed", "round", "labels", "top1"]])
    with pytest.raises(InputError, match="no metric begins with 'imbalance_'; there are top1"):
        written(tmp_path, "imbalance", Results(bare, given.class_counts, given.overlap))


def test_unknown_figure_and_colour_are_named(tmp_path):
    with pytest.raises(InputError, match="figure 'pie' does not exist; there are accuracy_change, area"):
        written(tmp_path, "pie", results(["random"]))
    with pytest.raises(InputError, match="colours: base: 'bluish' is not a colour"):
        written(tmp_path, "imbalance", results(["base"]), Settings(colours={"base": "bluish"}))


def test_area_goes_from_worst_to_best_with_filled_marks_where_the_gain_is_sure():
    given = results(["random", "base", "margin"], seeds=4, rounds=3)
    table = given.curves.table
    shared = np.tile(table.loc[table["strategy"] == "random", "top1"], 3)
    noise = np.random.default_rng(0).normal(0, 0.3, len(table))
    table["top1"] = shared + np.where(
        table["strategy"] == "base", 2 + noise / 100, -noise * (table["round"] > 0)
    )
    table.loc[table["strategy"] == "random", "top1"] = shared[:12]
    left, right = drawn("area", given).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names[-1] == "BASE"
    areas = [line.get_xdata()[0] for line in left.lines]
    assert areas == sorted(areas)
    faces = {name: mark.get_markerfacecolor() for name, mark in zip(names, right.lines, strict=False)}
    assert faces["BASE"] != "white"
    assert faces["Margin"] == "white"
    assert right.get_xlabel() == "Top-1 accuracy, difference (percentage points)"


def test_area_has_the_best_above_where_less_is_better():
    given = results(["random", "base"])
    given.curves.table["nll"] = np.where(given.curves.table["strategy"] == "base", 1.0, 2.0)
    axes = drawn("area", given, Settings(metric="nll")).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Random", "BASE"]


def separated(strategies, seeds=3):
    """Results in which each strategy is better than those before it, in every round after the first."""
    given = results(strategies, seeds)
    table = given.curves.table
    places = table["strategy"].map({name: place for place, name in enumerate(strategies)})
    table["top1"] = np.where(table["round"] > 0, places + table["top1"] / 100, 0.5)
    return given


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
    given = results(["random", "base", "margin"], seeds=2, rounds=3)
    axes = drawn("overlap", given).axes[0]
    rows = given.overlap[(given.overlap["strategy"] == "random") & (given.overlap["other"] == "margin")]
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


def words_of(figure):
    (text,) = figure.texts
    assert not figure.axes
    return text.get_text()


@pytest.mark.parametrize(
    ("name", "given", "needs"),
    [
        ("penalty", results(["random", "base"], seeds=1), "two strategies and two seeds and two rounds"),
        ("overlap", results(["random", "base"], rounds=1), "two strategies and two rounds"),
        ("overlap", results(["random"]), "two strategies and two rounds"),
        ("label_savings", results(["base", "margin"]), "random and another strategy and two rounds"),
        ("difference_to_random", results(["random"]), "random and another strategy"),
        ("difference_to_random", results(["margin", "base"]), "random and another strategy"),
    ],
)
def test_a_figure_that_has_nothing_to_compare_is_a_line_that_says_what_it_needs(name, given, needs):
    assert words_of(drawn(name, given)) == f"Nothing to show: this figure needs {needs}."


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("strategies", "seeds", "rounds"),
    [(["margin"], 3, 4), (["margin"], 1, 1), (["margin", "base"], 1, 2), (["random", "base"], 2, 1)],
)
def test_no_figure_has_empty_axes(name, strategies, seeds, rounds):
    for axes in drawn(name, results(strategies, seeds, rounds)).axes:
        points = [line.get_xydata() for line in axes.lines]
        lines = [line for line in points if np.isfinite(line).all(axis=1).any()]
        assert lines or axes.texts or axes.patches or axes.images or axes.collections or not axes.axison


def test_a_tail_that_is_not_there_is_said():
    given = results(["random", "base"])
    given.curves.table["tail_accuracy"] = np.nan
    assert words_of(drawn("learning_curves_tail", given)).startswith("No rare classes")
    shown = drawn("learning_curves_tail", results(["random", "base"])).axes[0]
    assert shown.get_ylabel() == "Tail accuracy (%)"


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


def test_the_ceiling_is_a_level_line_with_its_band():
    given = results(["base", "random"])
    values = [0.7, 0.8, 0.9]
    rows = [
        {"strategy": "full_pool", "seed": seed, "round": 0, "labels": 5000, "top1": value}
        for seed, value in enumerate(values)
    ]
    with_ceiling = replace(given, ceiling=Curves(pd.DataFrame(rows)))
    axes = drawn("learning_curves", with_ceiling).axes[0]
    (line,) = [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert line.get_ydata() == pytest.approx([80, 80])
    assert [text.get_text() for text in axes.texts] == ["all 5,000 labels"]
    half_width = stats.t.ppf(0.975, 2) * stats.sem(values) * 100
    band = axes.patches[-1].get_extents().transformed(axes.transData.inverted())
    assert (band.y0, band.y1) == pytest.approx((80 - half_width, 80 + half_width))
    assert axes.get_ylim()[1] >= 80
    assert not drawn("learning_curves", given).axes[0].texts
