"""Files that were made from other labels are rebuilt, whether Snakemake has its records or not."""

from pathlib import Path

import numpy as np
import pytest
from rules_read import Rules

from activepool.io.files import file_digest
from activepool.ledger.book import append
from activepool.ledger.entries import Draft
from activepool.ledger.pool_samples import embedding_sample
from activepool.records.provenance import Record, file_state, record_path
from planning.configuration.project import Project
from planning.project.paths import SENT_FILES
from planning.project.start import begin_run
from planning.stages.outdated import set_back_outdated_files

PROJECT = {"project": "p", "embeddings": "v.npy", "batch": 2, "classes": ["ant", "bee"]}
ROOT = "results/p"
TARGETS = ("next_batch", "predictions", "model")
SAMPLES = [embedding_sample(row) for row in np.eye(8)]
MODEL = [f"{ROOT}/batches/batch02/{name}" for name in ("head.h5", "predictions.h5", "training.json")]


def enter(event, rows, **more):
    drafts = [
        Draft(event=event, sample=SAMPLES[row], source=str(row), batch="batch01", **more) for row in rows
    ]
    append("p.ledger.csv", drafts)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A batch is out, and all files of a run with two labels are there, with their records."""
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.eye(8))
    enter("sent", range(4), who="activepool")
    enter("label", [0], who="anna", label="ant")
    enter("label", [1], who="anna", label="bee")
    begin_run(Project(**PROJECT))
    make(Rules(PROJECT))


def make(rules):
    """Make the files of all jobs that the targets need; each holds its own path."""
    workflow = rules.by_name["status"].workflow
    for name in TARGETS:
        for job in rules.graph.jobs(map(str, workflow.get_rule(name).expand_input({})[0])):
            write(rules, job)


def write(rules, job):
    for before in rules.graph.jobs_before(job):
        write(rules, before)
    for path in job.lasting_outputs:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path)
    parameter = rules.graph.params_of[job.rule]
    depends_on = rules.arguments.provenance(parameter, job.wildcards)
    # No stage reads what went out; the rules name it for the order of the jobs.
    read = [path for path in map(str, job.inputs) if Path(path).name not in SENT_FILES.values()]
    inputs = {path: file_digest(path) for path in read}
    outputs = {path: file_state(path) for path in job.lasting_outputs}
    record_path(job.lasting_outputs[0]).parent.mkdir(exist_ok=True)
    Record(parameter.stage, {}, depends_on, inputs, outputs, {}, "", 1.0, 1.0).write()


def set_back(*targets):
    """Return the files that a run for some targets sets back, and check what became of them."""
    rules = Rules(PROJECT)
    found = set_back_outdated_files(rules.by_name["status"].workflow, rules.arguments, ROOT, targets)
    for path in found:
        if path.parent == Path(ROOT):
            assert path.read_text() == str(path)
            assert path.stat().st_mtime < Path("v.npy").stat().st_mtime
        else:
            assert not path.exists()
    return {str(path) for path in found}


def test_files_of_the_present_labels_stay():
    assert set_back(*TARGETS) == set()


def test_a_new_label_sets_back_the_model_and_what_follows_but_no_features_and_no_lists():
    enter("label", [2], who="anna", label="bee")
    found = set_back(*TARGETS)
    assert {*MODEL, f"{ROOT}/status.html", f"{ROOT}/predictions.csv", f"{ROOT}/model.safetensors"} <= found
    kept = ("features.h5", "list.csv", "sheet.html")
    assert not [path for path in found if path.endswith(kept)]


def test_an_answer_without_a_label_sets_back_what_shows_it_alone():
    enter("skip", [2], who="anna")
    found = set_back(*TARGETS)
    assert {f"{ROOT}/status.html", f"{ROOT}/predictions.csv"} <= found
    assert not found & {*MODEL, f"{ROOT}/model.safetensors"}


def test_what_nobody_asks_for_stays_as_it_is():
    enter("label", [2], who="anna", label="bee")
    found = set_back("next_batch")
    assert f"{ROOT}/status.html" in found
    assert not found & {f"{ROOT}/predictions.csv", f"{ROOT}/model.safetensors", f"{ROOT}/label_errors.csv"}
    assert f"{ROOT}/predictions.csv" in set_back(f"{ROOT}/predictions.parquet")


def test_a_run_that_ends_before_its_jobs_leaves_what_follows_outdated():
    enter("label", [2], who="anna", label="bee")
    set_back("next_batch")
    assert f"{ROOT}/model.safetensors" in set_back("model")


def test_files_without_a_record_and_those_after_them_are_set_back():
    record_path(MODEL[0]).unlink()
    found = set_back(*TARGETS)
    assert {*MODEL, f"{ROOT}/model.safetensors"} <= found
    assert f"{ROOT}/batches/batch02/labels.csv" not in found


def test_files_of_another_model_are_set_back():
    """The record of the model says so; times may be any after a copy."""
    Path(MODEL[0]).write_text("another")
    record = Record.read(record_path(MODEL[0]))
    record.outputs[MODEL[0]] = file_state(MODEL[0])
    record.write()
    found = set_back(*TARGETS)
    assert {MODEL[1], f"{ROOT}/model.safetensors", f"{ROOT}/predictions.csv", f"{ROOT}/status.html"} <= found
    assert MODEL[0] not in found
