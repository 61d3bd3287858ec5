import json
import sys

import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.evaluation.curves import RoundMetrics, class_counts_table, curves_table
from activepool.evaluation.statistics import curve_of
from activepool.stages import curves as stage


def measured(strategy, seed, round_number, **metrics):
    counts = {"class_counts": [round_number, 2], "per_class_accuracy": [0.5, None]}
    content = {"labels": 10 * (round_number + 1), **counts, **metrics}
    return RoundMetrics(strategy, seed, round_number, content, f"{strategy}-{seed}-{round_number}.json")


def test_rows_follow_strategies_seeds_and_rounds():
    given = [measured(name, seed, r) for r in (2, 1) for seed in (10, 9) for name in ("base", "random")]
    table = curves_table(given, ["random", "base"])
    keys = list(zip(table["strategy"], table["seed"], table["round"], strict=True))
    assert keys == [(name, seed, r) for name in ("random", "base") for seed in (9, 10) for r in (1, 2)]


def test_shared_round_is_repeated_for_every_strategy():
    given = [measured(None, 0, 0, top1=0.5), measured("a", 0, 1, top1=0.6), measured("b", 0, 1, top1=0.7)]
    table = curves_table(given, ["a", "b"])
    assert table[["strategy", "round", "top1"]].to_numpy().tolist() == [
        ["a", 0, 0.5],
        ["a", 1, 0.6],
        ["b", 0, 0.5],
        ["b", 1, 0.7],
    ]


def test_columns_are_the_numbers_by_name_after_the_keys():
    given = [
        measured("a", 0, 1, top1=0.5, nll=None, note="words", trained=True),
        measured("a", 0, 2, ece=0.1),
    ]
    table = curves_table(given, ["a"])
    assert table.columns.tolist() == ["strategy", "seed", "round", "labels", "ece", "nll", "top1"]


def test_same_round_twice_names_both_files():
    given = [measured("a", 0, 1), RoundMetrics("a", 0, 1, {"labels": 1}, "other.json")]
    with pytest.raises(InputError, match=r"other\.json: the same strategy, seed and round as a-0-1\.json"):
        curves_table(given, ["a"])


def test_two_initial_pools_for_one_seed_are_refused():
    with pytest.raises(InputError, match="the same strategy, seed and round"):
        curves_table([measured(None, 0, 0), measured("a", 0, 0)], ["a"])


def test_strategy_that_was_not_asked_for_is_refused():
    with pytest.raises(InputError, match="strategy 'b' is not one of a, c"):
        curves_table([measured("b", 0, 1)], ["a", "c"])


@pytest.mark.parametrize("labels", [None, "ten", True])
def test_labels_must_be_a_number(labels):
    with pytest.raises(InputError, match=r"a-0-1\.json: 'labels' must be the number of labelled samples"):
        curves_table([measured("a", 0, 1, labels=labels)], ["a"])


def test_class_counts_have_a_row_per_class():
    table = class_counts_table([measured("a", 3, 1)], ["a"])
    assert table.drop(columns="accuracy").to_numpy().tolist() == [["a", 3, 1, 0, 1], ["a", 3, 1, 1, 2]]
    assert table["accuracy"][0] == 0.5
    assert pd.isna(table["accuracy"][1])


def test_class_lists_must_agree():
    with pytest.raises(InputError, match="'class_counts' has 3 classes, 'per_class_accuracy' 2"):
        class_counts_table([measured("a", 0, 1, class_counts=[1, 2, 3])], ["a"])
    with pytest.raises(InputError, match="'class_counts' must be a list with one number per class"):
        class_counts_table([measured("a", 0, 1, class_counts=None)], ["a"])


def run_stage(monkeypatch, folder, paths, *strategies):
    outputs = [
        "--output-curves",
        str(folder / "curves.csv"),
        "--output-class-counts",
        str(folder / "counts.csv"),
    ]
    options = ["--metrics", *map(str, paths), "--strategies", *strategies, *outputs]
    monkeypatch.setattr(sys, "argv", ["curves", *options])
    stage.main()
    return pd.read_csv(folder / "curves.csv")


def write_metrics(folder, owner, seed, round_number, **metrics):
    path = folder / owner / f"seed{seed}" / f"round{round_number:02d}" / "metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(measured(None, seed, round_number, **metrics).metrics))
    return path


def test_stage_reads_strategy_seed_and_round_from_the_path(tmp_path, monkeypatch):
    paths = [
        write_metrics(tmp_path, "base", 12, 11, top1=1 / 3),
        write_metrics(tmp_path, "initial_random", 12, 0),
    ]
    table = run_stage(monkeypatch, tmp_path, paths, "base")
    assert table[["strategy", "seed", "round"]].to_numpy().tolist() == [["base", 12, 0], ["base", 12, 11]]


def test_numbers_come_through_the_files_unchanged(tmp_path, monkeypatch):
    values = [0.1 + 0.2, 1 / 3, None]
    paths = [write_metrics(tmp_path, "a", 0, r + 1, top1=value) for r, value in enumerate(values)]
    run_stage(monkeypatch, tmp_path, paths, "a")
    table = pd.read_csv(tmp_path / "curves.csv")
    assert curve_of(table, "a", "top1")[0].tolist() == values[:2]
    assert table["labels"].tolist() == [20, 30, 40]


def test_stage_refuses_a_path_that_says_nothing(tmp_path, monkeypatch):
    path = tmp_path / "metrics.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"must end in <strategy>/seed<S>/round<RR>/metrics\.json"):
        run_stage(monkeypatch, tmp_path, [path], "a")


def test_stage_refuses_metrics_that_are_no_object(tmp_path, monkeypatch):
    path = write_metrics(tmp_path, "a", 0, 1)
    path.write_text("[]")
    with pytest.raises(InputError, match="must hold a JSON object"):
        run_stage(monkeypatch, tmp_path, [path], "a")
