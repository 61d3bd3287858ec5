"""Late labels: which of them each job depends on, and which a run would leave unused."""

from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.io.index_files import write_index
from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.runs.late_labels import NO_LABELS, LateLabels

CLASSES = ["ant", "bee", "cat"]
RUN = "results/trial/{}/seed0/round0{}"


@pytest.fixture
def late(tmp_path, monkeypatch):
    """Two strategies with two rounds; rows from 10 on have no label at first."""
    monkeypatch.chdir(tmp_path)
    Path("results/features/embeddings_given/given").mkdir(parents=True)
    with h5py.File("results/features/embeddings_given/given/features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/labels"] = np.where(np.arange(40) < 10, np.arange(40) % 3, -1)
            file[f"{part}/sources"] = [f"{part}/{row}" for row in range(40)]
        file.attrs["class_names"] = CLASSES
    picks = {
        ("random", 1): [3, 12, 11],
        ("random", 2): [20, 21],
        ("balancing", 1): [12, 30],
        ("balancing", 2): [31],
    }
    for (strategy, number), rows in picks.items():
        write_index(f"{RUN.format(strategy, number)}/selected.csv", {"index": np.array(rows)})
        before = picks[strategy, 1] if number == 2 else []
        write_index(f"{RUN.format(strategy, number)}/labelled.csv", {"index": np.array([*before, *rows])})
    write({row: CLASSES[row % 3] for row in (11, 12, 20, 21, 30, 31)})
    return LateLabels(Paths(trial()))


def trial(**changes):
    return Experiment.model_validate(
        {
            "experiment": "trial",
            "dataset": {"kind": "embeddings", "path": "given.h5", "annotations": "bought.csv"},
            "initial": {"size": 4},
            "budget": 3,
            "rounds": 3,
            "seeds": 1,
            "strategies": ["random", "balancing"],
            **changes,
        }
    )


def write(labels):
    lines = [f"train/{row},{label}" for row, label in labels.items()]
    Path("bought.csv").write_text("\n".join(["source,label", *lines]) + "\n")


def wildcards(strategy, number):
    return SimpleNamespace(strategy=strategy, seed="0", round=f"0{number}")


def digests(late):
    return {
        (stage, strategy, number): late.digest(stage, wildcards(strategy, number))
        for stage in ("train", "select", "full_pool")
        for strategy in ("random", "balancing")
        for number in (1, 2)
    }


def changed(late, labels):
    before = digests(late)
    write(labels)
    after = digests(late)
    return {key for key, value in after.items() if value != before[key]}


LABELS = {row: CLASSES[row % 3] for row in (11, 12, 20, 21, 30, 31)}
POOL = {("full_pool", strategy, number) for strategy in ("random", "balancing") for number in (1, 2)}


def test_another_order_changes_nothing(late):
    assert changed(late, dict(reversed(LABELS.items()))) == set()


def test_other_spellings_change_nothing(late):
    assert changed(late, {row: f" {CLASSES.index(label)} " for row, label in LABELS.items()}) == set()


def test_one_more_label_changes_only_the_pool(late):
    assert changed(late, LABELS | {39: "ant", 3: "ant"}) == POOL


@pytest.mark.parametrize("label", ["cat", "?"])
def test_a_correction_changes_what_reads_the_label(late, label):
    assert changed(late, LABELS | {30: label}) - POOL == {
        ("train", "balancing", 1),
        ("train", "balancing", 2),
        ("select", "balancing", 2),
    }


def test_a_correction_in_the_last_round_changes_no_query(late):
    assert changed(late, LABELS | {20: "ant"}) - POOL == {("train", "random", 2)}


def test_a_removed_label_is_a_change(late):
    assert ("train", "random", 2) in changed(late, {row: LABELS[row] for row in LABELS if row != 20})


def test_there_is_no_digest_without_annotations_or_before_a_round(late):
    assert late.digest("train", wildcards("random", 7)) == NO_LABELS
    assert digests(LateLabels(late.paths, records_params=False)) == dict.fromkeys(digests(late), NO_LABELS)
    plain = {"kind": "embeddings", "path": "given.h5"}
    assert set(digests(LateLabels(Paths(trial(dataset=plain)))).values()) == {NO_LABELS}


def selected(strategy, number):
    return f"{RUN.format(strategy, number)}/selected.csv"


def test_a_new_stage_that_takes_annotations_depends_on_all(late, monkeypatch):
    declared = SimpleNamespace(parameters=[SimpleNamespace(name="annotations")])
    monkeypatch.setattr("planning.runs.late_labels.declaration", lambda stage: declared)
    before = late.digest("new", wildcards("random", 1))
    write({**LABELS, 31: CLASSES[2]})
    assert before != late.digest("new", wildcards("random", 1)) != NO_LABELS


@pytest.mark.parametrize("stage", ["validation", "curves"])
def test_a_stage_without_annotations_depends_on_none(late, stage):
    assert late.digest(stage, wildcards("random", 1)) == NO_LABELS


def test_the_message_counts_labels_that_would_stay_unused(late):
    late.require_kept(["results/trial/curves.csv", f"{RUN.format('random', 1)}/labelled.csv"])
    with pytest.raises(InputError, match=r"1 labels in bought.csv were bought.*\(random/seed0/round01\)"):
        late.require_kept([selected("random", 1)])  # 12 is one of balancing's as well
    with pytest.raises(InputError, match="6 labels in"):
        late.require_kept([selected(name, number) for name in ("random", "balancing") for number in (1, 2)])
    write(LABELS | {20: "?"})  # a sample that cannot be labelled uses none
    with pytest.raises(InputError, match=r"1 labels .*accept it with --config release_labels=1$"):
        late.require_kept([selected("random", 2)])


def test_release_labels_accepts_up_to_its_number(late):
    writes = [selected("random", 2)]
    LateLabels(Paths(trial(release_labels=2))).require_kept(writes)
    with pytest.raises(InputError, match="2 labels"):
        LateLabels(Paths(trial(release_labels=1))).require_kept(writes)


def test_a_missing_round_loses_nothing(late):
    Path(selected("random", 2)).unlink()
    late.require_kept([selected("random", 2)])
