"""What all figures have in common, and what each needs."""

import re
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from figures.random_results import UPPER, drawn, results
from matplotlib.text import Text

from activepool.errors import InputError
from activepool.figures.drawings.class_counts import last_counts
from activepool.figures.export import write_figure
from activepool.figures.registry import FIGURES, TABLES
from activepool.figures.results import Curves, Results
from activepool.figures.settings import Settings
from activepool.figures.styles import NAMES

ROOT = Path(__file__).parents[2]


def written(folder, name, data, settings=UPPER):
    write_figure(name, data, settings, folder / "figure.pdf", folder / "figure.png")
    return (folder / "figure.pdf").read_bytes(), (folder / "figure.png").read_bytes()


def test_there_is_a_figure_or_table_for_each_caption_that_no_rule_names():
    files = [ROOT / "Snakefile", *ROOT.glob("workflow/rules/*.smk")]
    named = re.findall(r"report/(\w+)\.rst", "".join(file.read_text(encoding="utf-8") for file in files))
    captions = {file.stem for file in ROOT.glob("workflow/report/*.rst")}
    assert captions - {*named} == {*FIGURES, *TABLES}


def test_the_figures_are_functions_in_the_order_of_their_names():
    assert list(FIGURES) == sorted(FIGURES)
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
    all_text = "".join(text.get_text() for text in figure.findobj(Text)).replace("\n", "")
    for strategy in strategies[1:2] if seeds > 1 or name != "penalty" else ():
        assert NAMES.get(strategy, strategy) in all_text


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_missing_values(name):
    data = results(["random", "base", "margin"])
    table = data.curves.table
    table.loc[table["strategy"] == "base", table.columns[4:]] = np.nan
    table.loc[3:5, table.columns[4:]] = np.nan
    axes = drawn(name, data).axes[0]
    assert axes.lines or axes.images or axes.collections


@pytest.mark.parametrize("name", sorted({*FIGURES} - {"learning_curves_balanced", "learning_curves_tail"}))
def test_a_figure_follows_its_tables_and_comes_back_byte_for_byte(tmp_path, name):
    first = written(tmp_path, name, results(["random", "base"]))
    assert first[0].startswith(b"%PDF")
    assert first[1].startswith(b"\x89PNG")
    assert written(tmp_path, name, results(["random", "base"])) == first
    other_data = results(["random", "base"], seed=1)
    other_data.curves.table.loc[other_data.curves.table["strategy"] == "base", "top1"] += (
        5  # wins, which noise does not
    )
    changed = written(tmp_path, name, other_data)
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


@pytest.mark.parametrize(
    "name", ["learning_curves", "imbalance", "difference_to_random", "label_savings", "area"]
)
def test_captions_explain_bands_and_lines_where_there_are_any(name):
    def notes(seeds):
        figure = drawn(name, results(["random", "base"], seeds), replace(UPPER, confidence=0.9))
        return any("90 % intervals, 3 seeds" in text.get_text() for text in figure.findobj(Text))

    assert notes(3) and not notes(1)


def test_last_counts_are_means_over_seeds():
    data = results(["b", "a"], seeds=3, rounds=2, classes=4)
    counts = last_counts(data.class_counts)
    assert counts.index.tolist() == ["b", "a"]
    table = data.class_counts
    for strategy in ("a", "b"):
        for number in range(4):
            rows = table[(table["strategy"] == strategy) & (table["round"] == 1) & (table["class"] == number)]
            assert counts.loc[strategy, number] == pytest.approx(sum(rows["count"]) / 3)


def test_imbalance_needs_a_measure(tmp_path):
    data = results(["random"])
    bare = Curves(data.curves.table[["strategy", "seed", "round", "labels", "top1"]])
    with pytest.raises(InputError, match="no metric begins with 'imbalance_'; there are top1"):
        written(tmp_path, "imbalance", Results(bare, data.class_counts, data.overlap))


def test_unknown_figure_and_colour_are_named(tmp_path):
    with pytest.raises(InputError, match="figure 'pie' does not exist; there are accuracy_change, area"):
        written(tmp_path, "pie", results(["random"]))
    with pytest.raises(InputError, match="colours: base: 'bluish' is not a colour"):
        written(tmp_path, "imbalance", results(["base"]), Settings(colours={"base": "bluish"}))


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


def test_a_missing_tail_is_said():
    data = results(["random", "base"])
    data.curves.table["tail_accuracy"] = np.nan
    assert words_of(drawn("learning_curves_tail", data)).startswith("No rare classes")
    axes = drawn("learning_curves_tail", results(["random", "base"])).axes[0]
    assert axes.get_ylabel() == "Tail accuracy (%)"
