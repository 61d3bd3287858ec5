import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activepool.figures.catalogue import TABLES
from activepool.figures.results import Curves
from activepool.figures.settings import Settings
from activepool.stages import table as stage

LABELS = [10, 20, 60]


@pytest.fixture
def curves():
    generator = np.random.default_rng(4)
    rows = [
        {"strategy": name, "seed": seed, "round": r, "labels": LABELS[r], "nll": 1.5}
        | {"top1": generator.random(), "balanced_accuracy": generator.random()}
        for name in ("random", "base", "oracle")
        for seed in range(3)
        for r in range(3)
    ]
    return Curves(pd.DataFrame(rows))


def values(curves, strategy, metric="top1"):
    """(seeds, rounds)."""
    table = curves.table[curves.table["strategy"] == strategy]
    return table[metric].to_numpy().reshape(3, 3)


def half_width(numbers):
    return stats.t.ppf(0.95, len(numbers) - 1) * stats.sem(numbers)


SETTINGS = Settings(confidence=0.9, upper_references=("oracle",))


def test_the_tables_are():
    assert list(TABLES) == ["area", "by_labels", "final"]


def test_final(curves):
    table = TABLES["final"](curves, SETTINGS).set_index("strategy")
    assert table.index.tolist() == ["random", "base", "oracle"]
    assert table["reads_all_labels"].tolist() == [False, False, True]
    assert table["labels"].tolist() == [60, 60, 60]
    assert table["seeds"].tolist() == [3, 3, 3]
    for metric in ("top1", "balanced_accuracy"):
        last = values(curves, "base", metric)[:, -1]
        assert table.loc["base", metric] == pytest.approx(last.mean())
        assert table.loc["base", f"{metric}_half_width"] == pytest.approx(half_width(last))
    assert table.loc["base", "nll_half_width"] == 0


def test_final_is_empty_where_a_seed_lacks_the_metric(curves):
    curves.table.loc[(curves.table["strategy"] == "base") & (curves.table["seed"] == 1), "top1"] = np.nan
    table = TABLES["final"](curves, SETTINGS).set_index("strategy")
    assert np.isnan(table.loc["base", "top1"])
    assert not np.isnan(table.loc["base", "balanced_accuracy"])


def area(line):
    return (10 * (line[0] + line[1]) / 2 + 40 * (line[1] + line[2]) / 2) / 50


def test_area(curves):
    table = TABLES["area"](curves, SETTINGS).set_index(["metric", "strategy"])
    assert table.index.unique("metric").tolist() == ["top1", "balanced_accuracy"]
    base = np.array([area(line) for line in values(curves, "base")])
    gains = base - [area(line) for line in values(curves, "random")]
    row = table.loc[("top1", "base")]
    assert (row["seeds"], row["labels_from"], row["labels_to"]) == (3, 10, 60)
    assert row["area"] == pytest.approx(base.mean())
    assert row["area_half_width"] == pytest.approx(half_width(base))
    assert row["difference"] == pytest.approx(gains.mean())
    assert row["difference_half_width"] == pytest.approx(half_width(gains))
    assert np.isnan(table.loc[("top1", "random"), "difference"])


def test_area_without_random_has_no_difference(curves):
    others = Curves(curves.table[curves.table["strategy"] != "random"])
    table = TABLES["area"](others, SETTINGS)
    assert table["area"].notna().all()
    assert table["difference"].isna().all()


def test_by_labels(curves):
    table = TABLES["by_labels"](curves, SETTINGS)
    names = ["random", "base", "oracle"]
    columns = [part for name in names for part in (name, f"{name}_half_width")]
    assert table.columns.tolist() == ["round", "labels", *columns]
    assert table["labels"].tolist() == LABELS
    for place in range(3):
        one = values(curves, "oracle")[:, place]
        assert table["oracle"][place] == pytest.approx(one.mean())
        assert table["oracle_half_width"][place] == pytest.approx(half_width(one))


@pytest.mark.parametrize("name", TABLES)
def test_a_metric_without_any_value_still_makes_a_table(curves, name):
    curves.table[["top1", "balanced_accuracy", "nll"]] = np.nan
    table = TABLES[name](curves, SETTINGS)
    assert {"area": "area", "by_labels": "labels", "final": "labels"}[name] in table.columns


def test_stage_writes_the_table_of_its_settings(curves, tmp_path, monkeypatch):
    curves.table.to_csv(tmp_path / "curves.csv", index=False)
    output = tmp_path / "by_labels.csv"
    options = ["--table", "by_labels", "--curves", str(tmp_path / "curves.csv"), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", ["table", *options, "--settings", '{"metric": "nll"}'])
    stage.main()
    assert pd.read_csv(output)["base"].tolist() == [1.5, 1.5, 1.5]
