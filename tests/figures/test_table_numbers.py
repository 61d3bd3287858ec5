"""The numbers of each table, against their definitions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures.table_results import LABELS, OVERLAP, SETTINGS, printed, small_results
from scipy import stats

from activepool.evaluation.power import detectable_effect, seeds_needed
from activepool.figures.registry import TABLES
from activepool.figures.results import Curves
from activepool.figures.tables.overlap import triangles


@pytest.fixture
def results():
    return small_results()


def values(results, strategy, metric="top1"):
    """(seeds, rounds)."""
    table = results.curves.table[results.curves.table["strategy"] == strategy]
    return table[metric].to_numpy().reshape(3, 3)


def half_width(numbers):
    return stats.t.ppf(0.95, len(numbers) - 1) * stats.sem(numbers)


def test_power(results):
    table = TABLES["power"](results, SETTINGS).set_index(["metric", "strategy"])
    assert table.index.tolist() == [
        (metric, strategy) for metric in ("top1", "balanced_accuracy") for strategy in ("base", "oracle")
    ]
    row = table.loc[("top1", "base")]
    widths = np.diff(LABELS)
    gains = values(results, "base") - values(results, "random")
    areas = (gains[:, 1:] + gains[:, :-1]) @ widths / 2 / widths.sum()
    assert (row["seeds"], row["comparisons"]) == (3, 2)
    assert row["difference"] == pytest.approx(areas.mean())
    assert row["deviation"] == pytest.approx(areas.std(ddof=1))
    level = 0.1 / 2
    assert row["detectable"] == pytest.approx(detectable_effect(3, level) * areas.std(ddof=1))
    assert row["seeds_for_difference"] == seeds_needed(areas.mean() / areas.std(ddof=1), level)
    assert row["seeds_for_one_point"] == seeds_needed(0.01 / areas.std(ddof=1), level)


def test_power_without_deviation_or_reference(results):
    one_seed = replace(results, curves=Curves(results.curves.table.query("seed == 0")))
    unknown = TABLES["power"](one_seed, SETTINGS)[["deviation", "detectable", "seeds_for_difference"]]
    assert unknown.isna().to_numpy().all()
    without_random = replace(results, curves=Curves(results.curves.table.query("strategy != 'random'")))
    assert TABLES["power"](without_random, SETTINGS).empty
    same = results.curves.table.assign(top1=0.5, balanced_accuracy=0.5)
    table = TABLES["power"](replace(results, curves=Curves(same)), SETTINGS)
    assert np.isinf(table["seeds_for_difference"]).all() and (table["seeds_for_one_point"] == 2).all()


def test_final(results):
    table = TABLES["final"](results, SETTINGS).set_index("strategy")
    assert table.index.tolist() == ["random", "base", "oracle"]
    assert table["reads_all_labels"].tolist() == [False, False, True]
    assert table["labels"].tolist() == [60, 60, 60]
    assert table["seeds"].tolist() == [3, 3, 3]
    for metric in ("top1", "balanced_accuracy"):
        last = values(results, "base", metric)[:, -1]
        assert table.loc["base", metric] == pytest.approx(last.mean())
        assert table.loc["base", f"{metric}_half_width"] == pytest.approx(half_width(last))
    assert table.loc["base", "nll_half_width"] == 0


def test_final_has_the_tests_of_the_last_round(results):
    table = TABLES["final"](results, SETTINGS).set_index("strategy")
    random = values(results, "random")[:, -1]
    p_values = [stats.ttest_rel(values(results, name)[:, -1], random).pvalue for name in ("base", "oracle")]
    assert table.loc[["base", "oracle"], "top1_p_holm"].min() == pytest.approx(min(1, 2 * min(p_values)))
    assert np.isnan(table.loc["random", "top1_p_holm"])


def test_final_is_empty_where_a_seed_lacks_the_metric(results):
    results.curves.table.loc[
        (results.curves.table["strategy"] == "base") & (results.curves.table["seed"] == 1), "top1"
    ] = np.nan
    table = TABLES["final"](results, SETTINGS).set_index("strategy")
    assert np.isnan(table.loc["base", "top1"])
    assert not np.isnan(table.loc["base", "balanced_accuracy"])


def area(line):
    return (10 * (line[0] + line[1]) / 2 + 40 * (line[1] + line[2]) / 2) / 50


def test_area(results):
    table = TABLES["area"](results, SETTINGS).set_index(["metric", "strategy"])
    assert table.index.unique("metric").tolist() == ["top1", "balanced_accuracy"]
    base = np.array([area(line) for line in values(results, "base")])
    gains = base - [area(line) for line in values(results, "random")]
    row = table.loc[("top1", "base")]
    assert (row["seeds"], row["labels_from"], row["labels_to"]) == (3, 10, 60)
    assert row["area"] == pytest.approx(base.mean())
    assert row["area_half_width"] == pytest.approx(half_width(base))
    assert row["difference"] == pytest.approx(gains.mean())
    assert row["difference_half_width"] == pytest.approx(half_width(gains))
    assert np.isnan(table.loc[("top1", "random"), "difference"])


def test_area_without_random_has_no_difference(results):
    curves = Curves(results.curves.table[results.curves.table["strategy"] != "random"])
    table = TABLES["area"](replace(results, curves=curves), SETTINGS)
    assert table["area"].notna().all()
    assert table["difference"].isna().all()


def test_by_labels(results):
    table = TABLES["by_labels"](results, SETTINGS)
    names = ["random", "base", "oracle"]
    columns = [part for name in names for part in (name, f"{name}_half_width", f"{name}_p_holm")]
    assert table.columns.tolist() == ["round", "labels", *columns]
    assert table["labels"].tolist() == LABELS
    for place in range(3):
        numbers = values(results, "oracle")[:, place]
        assert table["oracle"][place] == pytest.approx(numbers.mean())
        assert table["oracle_half_width"][place] == pytest.approx(half_width(numbers))
    tests = TABLES["difference_by_labels"](results, SETTINGS).set_index(["strategy", "round"])["p_holm"]
    assert table["base_p_holm"][1:].tolist() == tests["base"].tolist()
    assert table["base_p_holm"][:1].isna().all() and table["random_p_holm"].isna().all()


def test_area_has_the_test_of_the_gain_and_its_correction(results):
    table = TABLES["area"](results, SETTINGS).set_index(["metric", "strategy"])
    areas = {name: [area(line) for line in values(results, name)] for name in ("random", "base", "oracle")}
    p_values = {name: stats.ttest_rel(areas[name], areas["random"]).pvalue for name in ("base", "oracle")}
    least = min(p_values, key=p_values.get)
    for name, p_value in p_values.items():
        row = table.loc[("top1", name)]
        assert row["p"] == pytest.approx(p_value)
        expected = 2 * p_value if name == least else max(p_value, 2 * p_values[least])
        assert row["p_holm"] == pytest.approx(min(expected, 1))
    assert np.isnan(table.loc[("top1", "random"), "p_holm"])


def test_difference_by_labels(results):
    table = TABLES["difference_by_labels"](results, SETTINGS).set_index(["strategy", "round"])
    assert table.index.tolist() == [(name, r) for name in ("base", "oracle") for r in (1, 2)]
    for (name, place), row in table.iterrows():
        gains = values(results, name)[:, place] - values(results, "random")[:, place]
        assert (row["labels"], row["seeds"]) == (LABELS[place], 3)
        assert row["difference"] == pytest.approx(gains.mean())
        assert row["half_width"] == pytest.approx(half_width(gains))
        assert row["p"] == pytest.approx(stats.ttest_1samp(gains, 0).pvalue)
    for _, rows in table.groupby("round"):
        assert rows["p_holm"].min() == pytest.approx(min(1, 2 * rows["p"].min()))
        assert rows["p_holm"].max() == pytest.approx(min(1, max(rows["p"].max(), 2 * rows["p"].min())))


def lifted(results, strategy, by):
    table = results.curves.table.copy()
    table.loc[(table["strategy"] == strategy) & (table["round"] > 0), "nll"] += by
    table["nll"] += np.tile([0.0, 0.1, -0.1], len(table) // 3)
    return replace(results, curves=Curves(table))


def test_penalty_counts_the_rounds_won_and_knows_that_less_loss_is_better(results):
    table = TABLES["penalty"](lifted(results, "base", 3.0), replace(SETTINGS, metric="nll"))
    beats = table.set_index(["strategy", "other"])["beats"]
    assert beats["random", "base"] == 1
    assert beats["base", "random"] == 0
    assert beats["random", "oracle"] == 0


def test_label_savings(results):
    table = results.curves.table.copy()
    heights = {"random": [0.2, 0.4, 0.6], "base": [0.2, 0.6, 0.8], "oracle": [0.2, 0.3, 0.4]}
    table["top1"] = [height for line in heights.values() for _ in range(3) for height in line]
    data = replace(results, curves=Curves(table))
    table_found = TABLES["label_savings"](data, SETTINGS)
    assert table_found["strategy"].tolist() == ["base", "base", "oracle", "oracle"]
    assert table_found["labels"].tolist() == [20, 60, 20, 60]
    assert table_found["needed"].tolist()[:3] == pytest.approx([15, 20, 60])
    assert table_found["saving"].tolist()[:3] == pytest.approx([0.25, 2 / 3, -2])
    assert np.isnan(table_found["saving"][3])
    table["nll"] = -table["top1"]
    by_loss = TABLES["label_savings"](data, replace(SETTINGS, metric="nll"))
    assert by_loss["saving"].tolist()[:3] == pytest.approx([0.25, 2 / 3, -2])
    assert by_loss["level"].tolist()[:2] == pytest.approx([-0.4, -0.6])


def test_labels_to_reach_a_share_of_the_ceiling(results):
    rows = [
        {"strategy": name, "seed": seed, "round": r, "labels": LABELS[r], "top1": value}
        for name, curve in (("base", (0.4, 0.6, 0.9)), ("oracle", (0.96, 0.97, 0.98)), ("random", (0.1,) * 3))
        for seed, shift in ((0, -0.1), (1, 0.1))
        for r, value in enumerate(np.array(curve) + shift)
    ]
    ceiling = [
        {"strategy": "full_pool", "seed": seed, "round": 0, "labels": 200, "top1": value}
        for seed, value in ((0, 0.5), (1, 1.1))
    ]
    data = replace(results, curves=Curves(pd.DataFrame(rows)), ceiling=Curves(pd.DataFrame(ceiling)))
    table = TABLES["labels_to_reach"](data, SETTINGS).set_index(["strategy", "share"])
    # 95 % of the ceiling, 0.8, is slightly less than two thirds of the way from 0.6 to 0.9.
    between = {share: 20 + 40 * (share * 0.8 - 0.6) / 0.3 for share in (0.95, 0.99, 1.0)}
    for share, labels in between.items():
        assert table.loc[("base", share), "level"] == pytest.approx(share * 0.8)
        assert table.loc[("base", share), "labels"] == pytest.approx(labels)
        assert table.loc[("base", share), "share_of_pool"] == pytest.approx(labels / 200)
        assert table.loc[("oracle", share), "labels"] == 10
        assert np.isnan(table.loc[("random", share), "labels"])
    lines = printed("labels_to_reach", table.reset_index()).splitlines()
    assert r"Share of the ceiling & 95 \% & 99 \% & 100 \% \\" in lines
    assert TABLES["labels_to_reach"](replace(results, ceiling=None), SETTINGS).empty


def test_overlap(results):
    table = TABLES["overlap"](results, SETTINGS)
    assert list(zip(table["strategy"], table["other"], strict=True)) == OVERLAP
    rows = results.overlap[results.overlap["other"] == "base"]
    picked = rows["picked"].to_numpy().reshape(3, 2).mean(axis=1)
    so_far = rows["picked_so_far"].to_numpy().reshape(3, 2)[:, 1]
    first = table.iloc[0]
    assert (first["seeds"], first["rounds"]) == (3, 2)
    assert first["picked"] == pytest.approx(picked.mean())
    assert first["picked_half_width"] == pytest.approx(half_width(picked))
    assert first["picked_so_far"] == pytest.approx(so_far.mean())
    assert first["picked_so_far_half_width"] == pytest.approx(half_width(so_far))


def test_overlap_has_picks_above_and_those_of_all_rounds_below(results):
    table = TABLES["overlap"](results, SETTINGS)
    matrix = triangles(table)
    assert list(matrix.index) == list(matrix.columns) == ["random", "base", "oracle"]
    for _, row in table.iterrows():
        assert matrix.loc[row["strategy"], row["other"]] == row["picked"]
        assert matrix.loc[row["other"], row["strategy"]] == row["picked_so_far"]
    assert np.isnan(np.diag(matrix)).all()
