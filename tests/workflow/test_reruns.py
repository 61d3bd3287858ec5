"""docs/reruns.md row by row: each change is made to a finished run, and what it reruns is counted."""

import re

import h5py
import numpy as np
import pytest
import rerun_settings  # noqa: F401, declares its cases
from dry_runs import REPOSITORY, planned
from rerun_cases import CASES
from rerun_files import move_images
from rerun_trials import IMAGE_TARGETS, IMAGES, Trial, write_images
from workflow.conftest import EMBEDDINGS
from workflow_runs import Folder

PAGE = (REPOSITORY / "docs/reruns.md").read_text()

#: The table: (change, what it reruns).
ROWS = re.findall(r"(?m)^\| (?!\*\*|change \|)(.+?) \| (.+) \|$", PAGE)

#: Rule -> the rules that read its files.
READERS = {
    "dataset": ("validation", "initial_labelled", "pretrain", "extract", "gather", "select"),
    "embeddings": ("validation", "initial_labelled", "prepare", "score", "select", "train", "projection"),
    "pretrain": ("figure_pretraining", "extract"),
    "extract": ("gather",),
    "gather": ("prepare", "score", "select", "train", "projection"),
    "validation": ("initial_labelled", "prepare", "score", "select", "train"),
    "initial_labelled": ("score", "select", "train", "selections", "feature_map"),
    "prepare": ("select",),
    "score": ("select",),
    "select": ("score", "select", "train", "selections", "feature_map"),
    "train": ("score", "select", "curves", "ceiling"),
    "full_pool": ("train",),
    "curves": ("figure", "table", "costs"),
    "ceiling": ("figure", "table"),
    "selections": ("figure", "table", "costs"),
    "costs": (),
    "projection": ("feature_map",),
    "figure_pretraining": (),
    "feature_map": (),
    "figure": (),
    "table": (),
}


#: Rules that do what another one does, for some strategies or for parts of the pool.
SAME_STAGE = {"select_with_state": "select", "gather_scores": "score"}


@pytest.fixture(scope="module")
def finished_images(tmp_path_factory):
    """A folder in which the workflow ran on images, but for figures and tables."""
    path = tmp_path_factory.mktemp("images")
    write_images(path)
    Folder(path, IMAGES).snakemake(*IMAGE_TARGETS)
    return path


@pytest.fixture
def trial_of(finished, finished_images, tmp_path):
    """A function that copies one of the two finished runs."""
    runs = {"embeddings": (finished.path, EMBEDDINGS, ()), "images": (finished_images, IMAGES, IMAGE_TARGETS)}

    def copied(run):
        path, configuration, targets = runs[run]
        return Trial(path, tmp_path, configuration, targets)

    return copied


def following(rules):
    """Return the rules that read what ``rules`` write, directly or not, and ``rules`` themselves."""
    rules_after, waiting = set(), list(rules)
    while waiting:
        rule = waiting.pop()
        if rule not in rules_after:
            rules_after.add(rule)
            waiting.extend(READERS[rule])
    return rules_after


def test_the_table_and_the_cases_are_of_the_same_changes():
    assert sorted(change for change, _ in ROWS) == sorted(CASES)


@pytest.mark.long
def test_nothing_is_to_be_done_before_a_change(trial_of, finished_images):
    assert not planned(finished_images, *IMAGE_TARGETS)
    assert not trial_of("embeddings").planned()


@pytest.mark.long
@pytest.mark.parametrize(("change", "words"), ROWS, ids=[change.replace("`", "") for change, _ in ROWS])
def test_a_change_reruns_what_depends_on_it_and_nothing_else(change, words, trial_of):
    case = CASES[change]
    trial = trial_of(case.run)
    case.change(trial)
    planned = trial.planned()
    assert planned == case.jobs
    check_words(words, planned)


def check_words(words, planned):
    """Check that the rules named in a row of the table are those of the jobs."""
    rules = {SAME_STAGE.get(rule, rule) for rule in planned}
    if words.startswith("nothing"):
        assert not rules
        return
    named = set(re.findall(r"`(\w+)`", words.partition("; no ")[0])) & set(READERS)
    assert named <= rules
    assert rules <= (following(named) if "what follows" in words else named)


@pytest.mark.long
def test_a_file_that_only_another_solver_writes_hides_no_change(trial_of):
    trial = trial_of("embeddings")
    trial.put({"solver": "sgd"}, "head")  # writes sgd.csv, which the curves do not need
    trial.arguments = ("results/trial/curves.csv",)
    assert trial.planned()["train"] == CASES["`head.solver`"].jobs["train"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "of_images"),
    [("the list of a `manifest`", False), ("images at another path, with other content", True)],
    ids=["a label", "an image"],
)
def test_only_other_images_are_trained_on_and_pass_through_the_backbone(trial_of, change, of_images):
    trial = trial_of("images")
    [features] = trial.path.glob("results/features/*/*/features.h5")
    [weights] = trial.path.glob("results/pretrained/*/*/backbone.safetensors")
    files = (weights, weights.with_name("pretrain.csv"))
    before, pretrained = read(features), [file.read_bytes() for file in files]
    CASES[change].change(trial)
    trial.arguments = (str(features.relative_to(trial.path)), IMAGE_TARGETS[1])
    jobs = ("dataset", "pretrain", "figure_pretraining", "extract", "gather")
    assert trial.planned() == dict.fromkeys(jobs, 1)
    trial.snakemake(*trial.arguments)
    assert not trial.planned()
    [training] = trial.path.glob("results/logs/pretrained/*/flat.log")
    [extraction] = trial.path.glob("results/logs/features/*/*/0-of-1.log")
    assert ("all 2 epochs were there already" in training.read_text()) == (not of_images)
    assert ("extract: 2 of 2 batches of images were there already" in extraction.read_text()) == (
        not of_images
    )
    assert ([file.read_bytes() for file in files] == pretrained) == (not of_images)
    after = read(features)
    changed = np.flatnonzero(after.pop("train/labels") != before.pop("train/labels"))
    assert changed.tolist() == ([] if of_images else [5])
    assert all(np.array_equal(after[name], values) == (not of_images) for name, values in before.items())


def read(features):
    """Return the labels and features of features.h5."""
    with h5py.File(features) as file:
        return {name: file[name][:] for name in ("train/labels", "train/features", "test/features")}


@pytest.mark.long
def test_images_that_moved_are_read_where_they_lie(trial_of):
    trial = trial_of("images")
    [features] = trial.path.glob("results/features/*/*/features.h5")
    before = features.read_bytes()
    move_images(trial)
    features.unlink()
    trial.snakemake(str(features.relative_to(trial.path)))
    assert features.read_bytes() == before
