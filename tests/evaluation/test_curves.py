import json

import h5py
import numpy as np
import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.evaluation.curves import RoundMetrics, class_counts_table, curves_table
from activepool.evaluation.statistics import curve_of
from activepool.io.rounds import Rounds
from activepool.stages.curves import curves


def measured(strategy, seed, round_number, **metrics):
    counts = {"class_counts": [round_number, 2], "per_class_accuracy": [0.5, None]}
    content = {"labels": 10 * (round_number + 1), **counts, **metrics}
    return RoundMetrics(strategy, seed, round_number, content, f"{strategy}-{seed}-{round_number}.json")


def test_rows_follow_strategies_seeds_and_rounds():
    rounds = [measured(name, seed, r) for r in (2, 1) for seed in (10, 9) for name in ("base", "random")]
    table = curves_table(rounds, ["random", "base"], None)
    keys = list(zip(table["strategy"], table["seed"], table["round"], strict=True))
    assert keys == [(name, seed, r) for name in ("random", "base") for seed in (9, 10) for r in (1, 2)]


def test_columns_are_the_numbers_by_name_after_the_keys():
    rounds = [
        measured("a", 0, 1, top1=0.5, nll=None, note="words", trained=True),
        measured("a", 0, 2, ece=0.1),
    ]
    table = curves_table(rounds, ["a"], None)
    assert table.columns.tolist() == [
        "strategy",
        "seed",
        "round",
        "labels",
        "ece",
        "nll",
        "tail_accuracy",
        "top1",
    ]


@pytest.mark.parametrize("labels", [None, "ten", True])
def test_labels_must_be_a_number(labels):
    with pytest.raises(InputError, match=r"a-0-1\.json: 'labels' must be the number of labelled samples"):
        curves_table([measured("a", 0, 1, labels=labels)], ["a"], None)


def test_class_counts_have_a_row_per_class():
    table = class_counts_table([measured("a", 3, 1)], ["a"], np.array([40, 30]), ["common", "rare"])
    assert table.drop(columns="accuracy").to_numpy().tolist() == [
        ["a", 3, 1, 0, 1, 40, "common"],
        ["a", 3, 1, 1, 2, 30, "rare"],
    ]
    assert table["accuracy"][0] == 0.5
    assert pd.isna(table["accuracy"][1])


def test_tail_accuracy_is_that_of_the_rare_classes():
    accuracies = {"class_counts": [1] * 4, "per_class_accuracy": [0.9, 0.25, None, 0.5]}
    rounds = [measured("a", 0, 0, **accuracies), measured("a", 0, 1)]
    # Rare are classes 1 and 3; none; 1 and 2, but 2 was not tested.
    train_counts = np.array([[50, 10, 50, 10], [50, 50, 50, 50], [50, 9, 9, 50]])
    tail = [curves_table(rounds[:1], ["a"], counts)["tail_accuracy"][0] for counts in train_counts]
    assert tail == [0.375, None, 0.25]
    assert curves_table(rounds, ["a"], None)["tail_accuracy"].tolist() == [None, None]


def test_counts_of_the_train_part_that_are_not_known_are_empty():
    table = class_counts_table([measured("a", 3, 1)], ["a"], None, ["x", "y"])
    assert table["in_train"].isna().all()
    with pytest.raises(InputError, match=r"a-3-1\.json: 'class_counts' has 2 classes, the train part 3"):
        class_counts_table([measured("a", 3, 1)], ["a"], np.array([1, 2, 3]), ["x", "y"])
    with pytest.raises(InputError, match=r"a-3-1\.json: 'class_counts' has 2 classes, the dataset 3"):
        class_counts_table([measured("a", 3, 1)], ["a"], None, ["x", "y", "z"])


def test_class_lists_must_agree():
    with pytest.raises(InputError, match="'class_counts' has 3 classes, 'per_class_accuracy' 2"):
        class_counts_table([measured("a", 0, 1, class_counts=[1, 2, 3])], ["a"], None, ["x", "y"])
    with pytest.raises(InputError, match="'class_counts' must be a list with one number per class"):
        class_counts_table([measured("a", 0, 1, class_counts=None)], ["a"], None, ["x", "y"])


def run_stage(folder, *strategies, seed=0, rounds=2, labels=(0, 0, 0, 1), own_initial=None):
    with h5py.File(folder / "samples.h5", "w") as file:
        file["train/labels"], file["test/labels"] = labels, [0, 1]
        file.attrs["class_names"] = ["common", "rare"]
    runs = Rounds(str(folder), "initial_random", [*strategies], [seed], rounds, own_initial or {})
    curves(runs, *(str(folder / name) for name in ("samples.h5", "curves.csv", "counts.csv")))
    return pd.read_csv(folder / "curves.csv")


def write_metrics(folder, owner, seed, round_number, **metrics):
    path = folder / owner / f"seed{seed}" / f"round{round_number:02d}" / "metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(measured(None, seed, round_number, **metrics).metrics))
    return path


def test_stage_reads_every_round(tmp_path):
    for round_number in range(1, 12):
        write_metrics(tmp_path, "base", 12, round_number, top1=round_number / 3)
    write_metrics(tmp_path, "initial_random", 12, 0)
    table = run_stage(tmp_path, "base", seed=12, rounds=12)
    assert table[["strategy", "seed"]].to_numpy().tolist() == [["base", 12]] * 12
    assert table["round"].tolist() == list(range(12))
    assert table["top1"].tolist()[1:] == [round_number / 3 for round_number in range(1, 12)]


def test_stage_gives_each_strategy_the_round_0_that_it_starts_from(tmp_path):
    for accuracy, owner in enumerate(("initial_random", "initial_balanced")):
        write_metrics(tmp_path, owner, 0, 0, top1=accuracy)
    for strategy in ("base", "own", "random"):
        write_metrics(tmp_path, strategy, 0, 1, top1=2)
    table = run_stage(tmp_path, "base", "own", "random", own_initial={"own": "initial_balanced"})
    assert table["strategy"].tolist() == ["base", "base", "own", "own", "random", "random"]
    assert table["top1"].tolist() == [0, 2, 1, 2, 0, 2]


def test_numbers_come_through_the_files_unchanged(tmp_path):
    values = [0.1 + 0.2, 1 / 3, None]
    for round_number, value in enumerate(values):
        write_metrics(tmp_path, "a" if round_number else "initial_random", 0, round_number, top1=value)
    run_stage(tmp_path, "a", rounds=3)
    table = pd.read_csv(tmp_path / "curves.csv")
    assert curve_of(table, "a", "top1")[0].tolist() == values[:2]
    assert table["labels"].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("labels", "tail", "in_train"), [((0, 1, 0), 0.25, [2, 1]), ((0, -1, 1), None, None)]
)
def test_stage_counts_the_train_part_where_its_labels_are_known(tmp_path, labels, tail, in_train):
    write_metrics(tmp_path, "initial_random", 0, 0, per_class_accuracy=[0.5, 0.25])
    table = run_stage(tmp_path, "a", rounds=1, labels=labels)
    counts = pd.read_csv(tmp_path / "counts.csv")
    assert counts["name"].tolist() == ["common", "rare"]
    counts = counts["in_train"]
    if tail is None:
        assert table["tail_accuracy"].isna().all() and counts.isna().all()
    else:
        assert table["tail_accuracy"].tolist() == [tail]
        assert counts.tolist() == in_train


def test_stage_names_the_metrics_that_are_missing(tmp_path):
    write_metrics(tmp_path, "initial_random", 0, 0)
    with pytest.raises(InputError, match=r"a/seed0/round01/metrics\.json: there is no such file"):
        run_stage(tmp_path, "a")


def test_stage_refuses_metrics_that_are_not_an_object(tmp_path):
    write_metrics(tmp_path, "initial_random", 0, 0).write_text("[]")
    with pytest.raises(InputError, match=r"metrics\.json: must hold a JSON object"):
        run_stage(tmp_path, "a", rounds=1)
