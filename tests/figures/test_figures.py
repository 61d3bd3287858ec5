from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from activepool.errors import InputError
from activepool.figures.catalogue import FIGURES
from activepool.figures.drawings.class_counts import last_counts
from activepool.figures.printing import print_settings, write_figure
from activepool.figures.results import Curves, Results
from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES

UPPER = Settings(upper_references=("balanced_random",))


def results(strategies, seeds=3, rounds=4, classes=5, seed=0):
    """Random results in the form of the cached tables."""
    generator = np.random.default_rng(seed)
    keys = [(name, s, r) for name in strategies for s in range(seeds) for r in range(rounds)]
    curves = pd.DataFrame(keys, columns=["strategy", "seed", "round"])
    curves["labels"] = 100 * (curves["round"] + 1)
    metrics = (
        "top1",
        "balanced_accuracy",
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
    return Results(Curves(curves), counts)


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
        "class_counts",
        "difference_to_random",
        "imbalance",
        "learning_curves",
        "learning_curves_balanced",
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
    for strategy in strategies[1:2]:
        assert NAMES.get(strategy, strategy) in shown


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_missing_values(name):
    given = results(["random", "base", "margin"])
    table = given.curves.table
    table.loc[table["strategy"] == "base", table.columns[4:]] = np.nan
    table.loc[3:5, table.columns[4:]] = np.nan
    axes = drawn(name, given).axes[0]
    assert axes.lines or axes.images


@pytest.mark.parametrize("name", sorted({*FIGURES} - {"learning_curves_balanced"}))
def test_a_figure_follows_its_tables_and_comes_back_byte_for_byte(tmp_path, name):
    first = written(tmp_path, name, results(["random", "base"]))
    assert first[0].startswith(b"%PDF")
    assert first[1].startswith(b"\x89PNG")
    assert written(tmp_path, name, results(["random", "base"])) == first
    changed = written(tmp_path, name, results(["random", "base"], seed=1))
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


@pytest.mark.parametrize("strategies", [["random"], ["margin", "base"]])
def test_difference_says_what_it_needs(strategies):
    axes = drawn("difference_to_random", results(strategies)).axes[0]
    assert axes.get_title("left") == "Needs random\nand another strategy"


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
        written(tmp_path, "imbalance", Results(bare, given.class_counts))


def test_unknown_figure_and_colour_are_named(tmp_path):
    with pytest.raises(InputError, match="figure 'pie' does not exist; there are class_counts"):
        written(tmp_path, "pie", results(["random"]))
    with pytest.raises(InputError, match="colours: base: 'bluish' is not a colour"):
        written(tmp_path, "imbalance", results(["base"]), Settings(colours={"base": "bluish"}))
