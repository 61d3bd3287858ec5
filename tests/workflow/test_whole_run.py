"""The workflow run to its end on embeddings, and what a second run does."""

import json
import re

import h5py
import numpy as np
import pandas as pd
import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

BITS = ("results/**/selected.csv", "results/**/head.h5", "results/**/validation.csv", "results/**/curves.csv")

#: What the last round of a strategy makes.
LAST = "results/trial/entropy/seed0/round02/metrics.json"

#: What every new round brings with it.
EVALUATION = {"curves": 1, "selections": 1, "costs": 1, "figure": 12, "table": 9, "feature_map": 1}


def index_of(path):
    return pd.read_csv(path)["index"].to_numpy()


def test_every_file_of_the_contract_is_there(finished):
    for strategy in ("random", "balanced_random", "entropy", "base", "coreset"):
        for seed in (0, 1):
            for round_number in (1, 2):
                run = finished.path / f"results/trial/{strategy}/seed{seed}/round{round_number:02d}"
                names = {file.name for file in run.iterdir()}
                assert names >= {"selected.csv", "labelled.csv", "head.h5", "metrics.json"}
                assert ("scores.h5" in names) == (strategy in ("entropy", "base"))
                assert ("state.h5" in names) == (strategy == "coreset")
    assert (finished.path / "results/trial/initial_balanced/seed1/round00/head.h5").is_file()
    assert not (finished.path / "results/trial/base/seed0/round00").exists()
    curves = pd.read_csv(finished.path / "results/trial/curves.csv")
    assert len(curves) == 5 * 2 * 3
    assert curves["labels"].unique().tolist() == [12, 22, 32]
    for figure in ("learning_curves", "difference_to_random", "imbalance", "class_counts"):
        assert (finished.path / f"results/trial/figures/{figure}.pdf").stat().st_size > 5000
        assert (finished.path / f"results/trial/figures/{figure}.png").stat().st_size > 5000


def test_no_sample_is_picked_twice_and_none_is_of_the_validation_split(finished):
    for strategy in ("random", "balanced_random", "entropy", "base", "coreset"):
        validation = index_of(finished.path / "results/trial/splits/seed0/validation.csv")
        rounds = [index_of(finished.path / "results/trial/initial_balanced/seed0/round00/selected.csv")]
        rounds += [
            index_of(finished.path / f"results/trial/{strategy}/seed0/round0{r}/selected.csv") for r in (1, 2)
        ]
        assert [len(picks) for picks in rounds] == [12, 10, 10]
        everything = np.concatenate([validation, *rounds])
        assert len(np.unique(everything)) == len(everything)


def test_another_experiment_does_not_overwrite_the_features(finished):
    """No job starts: embeddings of the same name, with other content, would write the same features.h5."""
    write_embeddings(finished.path / "others.h5", size=200)
    try:
        second_dataset = {"kind": "embeddings", "path": "others.h5", "name": "embeddings_given"}
        finished.configure({**EMBEDDINGS, "experiment": "another", "dataset": second_dataset})
        printed = finished.snakemake("results/another/curves.csv", check=False)
        (line,) = [printed_line for printed_line in printed.splitlines() if "trial.yaml: " in printed_line]
        assert line.endswith(
            "trial.yaml: dataset.name: results/trial uses results/features/embeddings_given/given with "
            "dataset.path given.h5; here: dataset.path others.h5; give this experiment another "
            "dataset.name, or delete results/trial"
        )
        assert not (finished.path / "results/another").exists()
        finished.configure(
            {**EMBEDDINGS, "experiment": "another", "dataset": {"kind": "embeddings", "path": "others.h5"}}
        )
        assert finished.planned("results/another/curves.csv")["embeddings"] == 1
    finally:
        finished.configure(EMBEDDINGS)
        (finished.path / "others.h5").unlink()


@pytest.mark.parametrize("round_number", [1, 2])
def test_picks_follow_from_the_files_alone(finished, round_number):
    """Entropy, recomputed by another program from features.h5, head.h5 and the earlier index files."""
    root = finished.path / "results/trial"
    with h5py.File(finished.path / "results/features/embeddings_given/given/features.h5") as file:
        features = file["train/features"][:].astype(np.float64)
    earlier = [root / "initial_balanced/seed1/round00", root / "entropy/seed1/round01"][:round_number]
    with h5py.File(earlier[-1] / "head.h5") as file:
        logits = features @ file["weight"][:].T.astype(np.float64) + file["bias"][:]
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    uncertainty = -(probabilities * np.log(probabilities + 1e-300)).sum(axis=1)
    earlier_picks = [index_of(run / "selected.csv") for run in earlier] + [
        index_of(root / "splits/seed1/validation.csv")
    ]
    uncertainty[np.concatenate(earlier_picks)] = -np.inf
    expected = np.argsort(-uncertainty, kind="stable")[:10]
    assert index_of(root / f"entropy/seed1/round0{round_number}/selected.csv").tolist() == expected.tolist()


def test_metrics_are_those_of_the_head(finished):
    run = finished.path / "results/trial/base/seed0/round02"
    metrics = json.loads((run / "metrics.json").read_text())
    with h5py.File(finished.path / "results/features/embeddings_given/given/features.h5") as file:
        features, labels = file["test/features"][:].astype(np.float64), file["test/labels"][:]
    with h5py.File(run / "head.h5") as file:
        predicted = (features @ file["weight"][:].T + file["bias"][:]).argmax(axis=1)
    assert metrics["top1"] == pytest.approx((predicted == labels).mean())
    assert metrics["labels"] == 32
    assert sum(metrics["class_counts"]) == 32


def test_a_second_run_has_nothing_to_do_and_says_where_the_results_are(finished):
    printed = finished.snakemake()
    assert "Nothing to be done" in printed
    lines = printed.splitlines()
    place = lines.index("activepool: figures: results/trial/figures/")
    tables, curves, page = lines[place + 1 : place + 4]
    assert tables == "activepool: tables: results/trial/tables/"
    assert curves == "activepool: curves: results/trial/curves.csv"
    assert page.startswith("activepool: all of it in one page: snakemake ")
    assert page.endswith(" --configfile trial.yaml --cores 2 --report report.html")


def test_a_new_strategy_and_a_new_round_rerun_nothing_else(finished):
    more = {**EMBEDDINGS, "strategies": [*EMBEDDINGS["strategies"], "margin"]}
    try:
        finished.configure(more)
        assert finished.planned() == {"score": 4, "select": 4, "train": 4, **EVALUATION}
        finished.configure({**EMBEDDINGS, "rounds": 4})
        assert finished.planned() == {
            "score": 4,
            "select": 8,
            "select_with_state": 2,
            "train": 10,
            **EVALUATION,
        }
        finished.configure({**EMBEDDINGS, "seeds": [0, 1], "device": "cpu"})
        assert not finished.planned()
    finally:
        finished.configure(EMBEDDINGS)


def test_a_deleted_round_comes_back_the_same(finished):
    before = finished.digests(*BITS)
    deleted = "results/trial/entropy/seed0/round01/selected.csv"
    (finished.path / deleted).unlink()
    assert finished.planned() == {"select": 2, "train": 2, "score": 1, **EVALUATION}
    printed = finished.snakemake(deleted, "results/trial/curves.csv")
    assert finished.digests(*BITS) == before
    steps = re.findall(r"^\[(\d+) of 6\] (.*) \(.* s\)$", printed, re.MULTILINE)
    assert [int(number) for number, _ in steps] == [1, 2, 3, 4, 5, 6]
    assert {"select: entropy, seed 0, round 1", "train: entropy, seed 0, round 2"} < {job for _, job in steps}
    assert not re.search("^(Select|Execute|Finished)|steps", printed, re.MULTILINE)
    assert "\n\nactivepool: curves: results/trial/curves.csv\n" in printed


def test_unusable_features_are_reported_before_any_job(tmp_path):
    write_embeddings(tmp_path / "given.h5")
    with h5py.File(tmp_path / "given.h5", "r+") as file:
        file["train/features"][17, 3] = np.nan
    printed = Folder(tmp_path, EMBEDDINGS).snakemake(check=False)
    reason = "row 17, column 3 is nan; every feature must be a finite number"
    assert printed.endswith(f"dataset: given.h5: train/features: {reason}\n")
    assert "Traceback" not in printed
    assert not list(tmp_path.glob("results/features/**/*.h5"))


UNABLE = '''
from activepool.errors import InputError
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="a test")
def unable(query: Query) -> Selection:
    """Fails."""
    raise InputError("no sample is good enough")
'''


def test_a_stage_that_fails_says_why_and_leaves_no_output(tmp_path):
    write_embeddings(tmp_path / "given.h5")
    (tmp_path / "mine.py").write_text(UNABLE)
    settings = EMBEDDINGS | {"strategies": ["random", "mine.py:unable"], "seeds": 1}
    printed = Folder(tmp_path, settings).snakemake(check=False)
    assert "activepool: no sample is good enough\n" in printed
    assert "\n[failed] select: unable, seed 0, round 1 (" in printed
    heading, job, cause, going_on = printed.splitlines()[-4:]
    assert re.fullmatch(r"activepool: 1 job failed, and \d{2,} more could not run without it:", heading)
    assert job == "activepool: select: unable, seed 0, round 1"
    log = "results/logs/trial/unable/seed0/round01.select.log"
    assert cause == f"activepool:   {log}: no sample is good enough"
    assert going_on.startswith("activepool: once you have fixed this, continue with: snakemake ")
    assert "Traceback" not in printed
    assert not list(tmp_path.glob("results/trial/unable/**/selected.csv"))


class Annotators:
    """A folder whose pool has few labels, and people who label what is picked, but for one picture."""

    def __init__(self, path):
        write_embeddings(path / "given.h5")
        with h5py.File(path / "given.h5", "r+") as file:
            self.truth = file["train/labels"][:]
            self.known = np.where(np.arange(len(self.truth)) < 100, self.truth, -1)
            file["train/labels"][:] = self.known
        self.path, self.bought = path, {}
        self.write()
        self.folder = Folder(
            path,
            {
                **EMBEDDINGS,
                "dataset": {"kind": "embeddings", "path": "given.h5", "annotations": "bought.csv"},
                "strategies": ["entropy", "coreset"],
                "seeds": 1,
                "ceiling": True,
            },
        )

    def picks(self, strategy, round_number):
        return index_of(self.path / f"results/trial/{strategy}/seed0/round0{round_number}/selected.csv")

    def label(self, round_number):
        """Label what the strategies have picked in a round; the first picture cannot be."""
        for strategy in ("entropy", "coreset"):
            for row in self.picks(strategy, round_number):
                if self.known[row] < 0:
                    self.bought.setdefault(row, self.truth[row] if self.bought else "?")
        self.write()

    def write(self):
        lines = [f"train/{row},{label}" for row, label in self.bought.items()]
        (self.path / "bought.csv").write_text("\n".join(["source,label", *lines]) + "\n")

    def metrics(self, run):
        return json.loads((self.path / f"results/trial/{run}/metrics.json").read_text())


CURVES = ("results/trial/curves.csv", "results/trial/ceiling.csv")


@pytest.fixture(scope="module")
def annotators(tmp_path_factory):
    """A finished run whose labels came later."""
    annotators = Annotators(tmp_path_factory.mktemp("annotators"))
    folder = annotators.folder
    printed = folder.snakemake(*CURVES, check=False)
    assert "picked samples have no label yet" in printed
    assert "add them to bought.csv and run again" in printed
    annotators.label(1)
    folder.snakemake(*CURVES, check=False)
    annotators.label(2)
    printed = folder.snakemake(*CURVES)
    assert "bought.csv: samples that cannot be labelled: 1" in printed
    return annotators


@pytest.fixture
def corrected(annotators):
    """The same, to be changed; labels and configuration are put back."""
    bought, configuration = dict(annotators.bought), annotators.folder.configuration
    yield annotators
    annotators.bought = bought
    annotators.write()
    annotators.folder.configure(configuration)


def test_labels_that_come_later_are_trained_on(annotators):
    marked = next(iter(annotators.bought))
    for strategy in ("entropy", "coreset"):
        rounds = [annotators.picks(strategy, number) for number in (1, 2)]
        for number in (1, 2):
            picked = np.concatenate(rounds[:number])
            assert annotators.metrics(f"{strategy}/seed0/round0{number}")["labels"] == (
                12 + 10 * number - (marked in picked)
            )
        assert len(np.unique(np.concatenate(rounds))) == 20


def test_the_ceiling_has_all_labels_that_were_bought(annotators):
    validation = len(index_of(annotators.path / "results/trial/splits/seed0/validation.csv"))
    ceiling = annotators.metrics("full_pool/seed0/round00")["labels"]
    assert ceiling == 100 - validation + len(annotators.bought) - 1


def test_files_made_while_labels_came_are_verified(annotators):
    assert "problems: 0" in annotators.folder.snakemake("verify")


def test_another_order_of_annotations_reruns_nothing(corrected):
    corrected.bought = dict(reversed(corrected.bought.items()))
    corrected.write()
    assert not corrected.folder.planned(*CURVES)


def test_a_label_more_reruns_the_ceiling_alone(corrected):
    row = next(row for row in range(100, 300) if row not in corrected.bought)
    corrected.bought[row] = corrected.truth[row]
    corrected.write()
    assert corrected.folder.planned(CURVES[0]) == {}
    assert corrected.folder.planned(*CURVES) == {"full_pool": 1, "train": 1, "ceiling": 1}
    assert "problems: 0" in corrected.folder.snakemake("verify")


def test_a_corrected_label_retrains_the_rounds_that_use_it(corrected):
    only_coreset = np.setdiff1d(corrected.picks("coreset", 1), corrected.picks("entropy", 1))
    used_later = np.concatenate([corrected.picks("entropy", number) for number in (1, 2)])
    row = next(row for row in only_coreset if row in corrected.bought and row not in used_later)
    corrected.bought[row] = (corrected.truth[row] + 1) % 4
    corrected.write()
    printed = corrected.folder.snakemake("verify", check=False)
    assert f"made with label '{corrected.truth[row]}' of row {row} in bought.csv, which is" in printed
    assert "problems: 4" in printed  # the lists of the ceiling and its head, and two heads
    assert corrected.folder.planned(*CURVES) == {
        "train": 3,
        "full_pool": 1,
        "ceiling": 1,
        "curves": 1,
    }


def test_a_run_stops_before_it_leaves_bought_labels_unused(corrected):
    """A correction that changes later picks stops the run before it writes, and so does another budget."""
    before = corrected.folder.results()
    row = next(row for row in corrected.picks("entropy", 1) if corrected.bought.get(row, "?") != "?")
    corrected.bought[row] = (corrected.truth[row] + 1) % 4
    corrected.write()
    printed = corrected.folder.snakemake(*CURVES, check=False)
    later = [sample for sample in corrected.picks("entropy", 2) if corrected.known[sample] < 0]
    picks = np.concatenate([corrected.picks("coreset", 1), corrected.picks("coreset", 2)])
    count = len(np.setdiff1d(later, [*picks, *corrected.picks("entropy", 1)]))
    assert f"activepool: {count} labels in bought.csv were bought for rounds whose samples this" in printed
    assert "(entropy/seed0/round02)" in printed
    assert f"--config release_labels={count}" in printed
    assert corrected.folder.results() == before
    foreseen = corrected.folder.snakemake(*CURVES, "--dry-run")
    assert f"notice: a run would stop before its first job: {count} labels in bought.csv were" in foreseen
    corrected.folder.configure({**corrected.folder.configuration, "budget": 9})
    printed = corrected.folder.snakemake(*CURVES, check=False)
    assert f"activepool: {len(corrected.bought) - 1} labels in bought.csv were bought for" in printed
    assert corrected.folder.results() == before
    released = corrected.folder.snakemake(
        "results/trial/coreset/seed0/round01/selected.csv",
        "--config",
        f"release_labels={len(corrected.bought)}",
    )
    assert "labels in bought.csv were bought" not in released
    assert len(corrected.picks("coreset", 1)) == 9
