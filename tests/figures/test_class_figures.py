"""The order of the classes, and the two figures that show all of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from activepool.figures.classes import class_frequencies, groups_of
from activepool.figures.drawings import accuracy_change, class_count_heat_map, class_counts
from activepool.figures.export import print_settings
from activepool.figures.results import Curves, Results, class_names_in, read_class_counts
from activepool.figures.settings import Settings

SETTINGS = Settings()


def results(strategies, seeds, rounds, classes, in_train=None, seed=0):
    """Results with a random class_counts.csv."""
    random = np.random.default_rng(seed)
    keys = [(name, s, r) for name in strategies for s in range(seeds) for r in range(rounds)]
    runs = pd.DataFrame(keys, columns=["strategy", "seed", "round"])
    table = runs.loc[runs.index.repeat(classes)].reset_index(drop=True)
    table["class"] = np.tile(range(classes), len(keys))
    table["count"] = random.integers(0, 9, len(table))
    table["accuracy"] = random.random(len(table))
    table["in_train"] = np.nan if in_train is None else np.tile(in_train, len(keys))
    return Results(Curves(runs.assign(labels=10)), table, pd.DataFrame())


def drawn(module, data, settings=SETTINGS):
    with print_settings():
        figure = module.draw(data, settings)
        FigureCanvasAgg(figure).draw()
    return figure


def names_on(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_classes_go_by_their_samples_in_the_train_part_and_then_by_number():
    table = results(["a"], 1, 2, 4, in_train=[30, 7, 30, 2]).class_counts
    assert class_frequencies(table).to_dict() == {3: 2, 1: 7, 0: 30, 2: 30}
    assert class_frequencies(table).index.tolist() == [3, 1, 0, 2]


def test_without_known_labels_they_go_by_those_bought():
    table = results(["a", "b"], 3, 2, 5).class_counts
    last = table[table["round"] == 1]
    expected = {number: last.loc[last["class"] == number, "count"].sum() / 6 for number in range(5)}
    assert class_frequencies(table).to_dict() == pytest.approx(expected)
    assert class_frequencies(table).is_monotonic_increasing


@pytest.mark.parametrize(("size", "most"), [(1, 25), (51, 25), (1000, 25), (7, 3), (3, 3)])
def test_groups_hold_all_in_order(size, most):
    groups = groups_of(np.arange(size)[::-1], most)
    assert len(groups) <= most
    assert np.concatenate(groups).tolist() == list(range(size))[::-1]
    assert {len(group) for group in groups[:-1]} <= {len(groups[0])}
    assert len(groups[-1]) <= len(groups[0])


def test_the_heat_map_shows_mean_counts_with_the_rarest_class_below():
    data = results(["b", "a"], 3, 4, 5, in_train=[9, 8, 1, 30, 2])
    table = data.class_counts
    table.loc[(table["class"] == 2) & (table["round"] == 0), "count"] = 0
    figure = drawn(class_count_heat_map, data)
    for axes, strategy in zip(figure.axes, ["b", "a"], strict=False):
        values = axes.images[0].get_array()
        rows = table[table["strategy"] == strategy]
        for place, number in enumerate([2, 4, 1, 0, 3]):
            for round_number in range(4):
                counts = rows[(rows["class"] == number) & (rows["round"] == round_number)]["count"]
                if counts.any():
                    assert values[place, round_number] == pytest.approx(counts.mean())
                else:
                    assert values.mask[place, round_number]
        assert values.mask[0, 0]
    assert names_on(figure.axes[0].yaxis) == ["2", "4", "1", "0", "3"]
    assert names_on(figure.axes[1].xaxis) == ["0", "1", "2", "3"]


#: Names as people give them: numbers that are not the places, of any length, a missing value's among them.
NAMES = ["10", "a longish name of a bird", "nan", "a longish name of a bear", "$5"]
#: And as they stand on an axis.
SHOWN_NAMES = ["10", "a longish name of a… (1)", "nan", "a longish name of a… (3)", "$5"]


def named(data, names):
    runs = len(data.class_counts) // len(names)
    return replace(data, class_counts=data.class_counts.assign(name=np.tile(names, runs)))


def test_classes_bear_their_names():
    data = named(results(["a"], 2, 3, 5, in_train=[9, 8, 1, 30, 2]), NAMES)
    expected = [SHOWN_NAMES[number] for number in (2, 4, 1, 0, 3)]
    assert names_on(drawn(class_count_heat_map, data).axes[0].yaxis) == expected
    assert names_on(drawn(accuracy_change, data).axes[0].xaxis) == expected
    assert names_on(drawn(class_counts, data).axes[0].xaxis) == expected


def test_mean_counts_that_are_not_whole_have_a_decimal():
    data = results(["a"], 2, 1, 5, in_train=[1, 2, 3, 4, 5])
    data.class_counts["count"] = [0, 1, 7, 2000, 99, 1, 2, 7, 2501, 100]
    texts = drawn(class_counts, data).axes[0].texts
    assert [text.get_text() for text in texts] == ["0.5", "1.5", "7", "2,250", "99.5"]


@pytest.mark.parametrize(
    ("module", "classes"), [(accuracy_change, 20), (class_count_heat_map, 40), (class_counts, 40)]
)
def test_every_class_that_has_a_place_has_its_name_there(module, classes):
    names = [f"species {number} of moth" for number in range(classes)]
    data = named(results(["a", "b", "c"], 2, 3, classes, in_train=np.arange(classes) + 1), names)
    figure = drawn(module, data)
    assert names in [names_on(axis) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]


def test_a_small_count_looks_different_from_zero():
    data = results(["a"], 1, 2, 3, in_train=[1, 2, 3])
    data.class_counts["count"] = [0, 1, 50] * 2
    axes = drawn(class_count_heat_map, data).axes[0]
    image = axes.images[0]
    assert image.get_array().mask[0].all() and axes.patch.get_hatch()
    least = image.cmap(image.norm(0))
    # Contrast to the white behind the hatches, by the relative luminance of WCAG.
    linear = [(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in least[:3]]
    assert 1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05) > 1.4


def test_names_come_through_the_file(tmp_path):
    data = named(results(["a"], 1, 1, 5), NAMES)
    data.class_counts.to_csv(tmp_path / "counts.csv", index=False)
    read = read_class_counts(tmp_path / "counts.csv")
    assert class_names_in(read) == NAMES
    assert class_names_in(read.drop(columns="name")) == ["0", "1", "2", "3", "4"]


def test_the_heat_map_ends_with_the_last_round_of_all_seeds():
    data = results(["a"], 2, 3, 4)
    table = data.class_counts
    short = table[~((table["seed"] == 1) & (table["round"] == 2))]
    figure = drawn(class_count_heat_map, Results(data.curves, short, data.overlap))
    assert figure.axes[0].images[0].get_array().shape == (4, 2)


def test_many_classes_are_drawn_in_groups_that_say_so():
    frequencies = np.random.default_rng(5).permutation(101)
    data = results(["a"], 2, 2, 101, in_train=frequencies)
    figure = drawn(class_count_heat_map, data)
    values = figure.axes[0].images[0].get_array()
    table = data.class_counts
    assert values.shape == (21, 2)
    for place in range(21):
        members = np.flatnonzero((frequencies >= 5 * place) & (frequencies < 5 * place + 5))
        counts = table[table["class"].isin(members) & (table["round"] == 1)]["count"]
        assert values[place, 1] == pytest.approx(counts.mean())
    names = names_on(figure.axes[0].yaxis)
    assert names[0] == "1–5" and names[-1] == "101–101"
    assert figure.get_supylabel() == "5 classes per row, rarest below"


def test_accuracy_gained_by_each_class():
    data = results(["b", "a"], 3, 4, 3, in_train=[5, 1, 9])
    figure = drawn(accuracy_change, data, Settings(confidence=0.9))
    table = data.class_counts
    for axes, strategy in zip(figure.axes, ["b", "a"], strict=True):
        heights = [bar.get_height() for bar in axes.patches]
        lines = axes.collections[0].get_segments()
        for number, height, line in zip([1, 0, 2], heights, lines, strict=True):
            rows = table[(table["strategy"] == strategy) & (table["class"] == number)]
            of_round = rows.pivot(index="seed", columns="round", values="accuracy")
            changes = 100 * (of_round[3] - of_round[0])
            assert height == pytest.approx(changes.mean())
            # t(2, 0.95) = 2.919986
            half_width = 2.919985580 * changes.std() / np.sqrt(3)
            assert line[:, 1] == pytest.approx([height - half_width, height + half_width])
    assert names_on(figure.axes[0].xaxis) == ["1", "0", "2"]
    low, high = figure.axes[0].get_ylim()
    assert -100 <= low < high <= 100


def test_a_class_without_test_images_has_no_bar():
    data = results(["a"], 2, 2, 4, in_train=[1, 2, 3, 4])
    data.class_counts.loc[data.class_counts["class"] == 2, "accuracy"] = np.nan
    heights = [bar.get_height() for bar in drawn(accuracy_change, data).axes[0].patches]
    assert np.isnan(heights).tolist() == [False, False, True, False]


def test_many_classes_are_distributions_over_thirds():
    frequencies = np.random.default_rng(3).permutation(30)
    data = results(["a"], 2, 3, 30, in_train=frequencies)
    axes = drawn(accuracy_change, data).axes[0]
    assert names_on(axes.xaxis) == ["rare", "middle", "frequent"]
    of_round = data.class_counts.groupby(["round", "class"])["accuracy"].mean().unstack("round")
    changes = 100 * (of_round[2] - of_round[0]).to_numpy()
    assert len(axes.collections) == 3
    for place, points in enumerate(axes.collections):
        expected = changes[(frequencies >= 10 * place) & (frequencies < 10 * place + 10)]
        offsets = np.asarray(points.get_offsets())
        assert np.sort(offsets[:, 1]) == pytest.approx(np.sort(expected))
        assert np.abs(offsets[:, 0] - place).max() <= accuracy_change.SPREAD


def test_classes_that_are_equally_frequent_are_one_distribution():
    axes = drawn(accuracy_change, results(["a"], 1, 2, 30, in_train=[7] * 30)).axes[0]
    assert names_on(axes.xaxis) == ["all"]
    assert len(np.asarray(axes.collections[0].get_offsets())) == 30


def test_a_single_round_says_that_nothing_changed():
    figure = drawn(accuracy_change, results(["a", "b"], 2, 1, 3))
    assert [text.get_text() for text in figure.texts] == ["Nothing to show: this figure needs two rounds."]
    assert not figure.axes


@pytest.mark.parametrize("module", [accuracy_change, class_count_heat_map, class_counts])
@pytest.mark.parametrize(
    ("strategies", "seeds", "rounds", "classes", "length"),
    [(1, 1, 1, 1, 1), (1, 1, 2, 10, 0), (3, 2, 2, 20, 30), (2, 1, 2, 40, 30), (13, 2, 30, 1000, 3)],
)
def test_text_can_be_read_and_lies_on_the_page(module, strategies, seeds, rounds, classes, length):
    names = ["balanced_random", *(f"a_strategy_of_number_{number}" for number in range(1, strategies))]
    data = results(names, seeds, rounds, classes, in_train=np.arange(classes) + 1)
    data = named(data, [f"{number}{'m' * length}" for number in range(classes)])
    figure = drawn(module, data, Settings(oracles=("balanced_random",)))
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 7
    page = figure.get_tightbbox(figure.canvas.get_renderer())
    assert page.x0 >= 0 and page.y0 >= 0
    assert page.x1 <= figure.get_figwidth() and page.y1 <= figure.get_figheight()
