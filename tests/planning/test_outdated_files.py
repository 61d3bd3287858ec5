"""Files that were made from other labels are rebuilt, whether Snakemake has its records or not."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from project_runs import begin_run
from rules_read import Rules
from snakemake.io import is_flagged
from snakemake.iocontainers import Wildcards

from activepool.io.files import file_digest
from activepool.ledger.book import append
from activepool.ledger.entries import Draft
from activepool.ledger.pool_samples import embedding_sample
from activepool.records.provenance import Record, file_state, record_path
from planning.configuration.project import Project
from planning.project.outdated import outdated_files
from planning.project.paths import SENT_FILES

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


def replace(path, text):
    """Write the first file of a job with another text, and its record."""
    Path(path).write_text(text)
    record = Record.read(record_path(path))
    remaining = {name: state for name, state in record.outputs.items() if name != path}
    dataclasses.replace(record, outputs={path: file_state(path)} | remaining).write()


def outdated(*targets):
    """Return the files that a run for some targets makes again."""
    rules = Rules(PROJECT)
    return set(outdated_files(rules.by_name["status"].workflow, rules.arguments, ROOT, targets))


def test_files_of_the_present_labels_stay():
    assert outdated(*TARGETS) == set()


def test_a_new_label_outdates_the_model_and_what_follows_but_no_features_and_no_lists():
    enter("label", [2], who="anna", label="bee")
    files = outdated(*TARGETS)
    assert {*MODEL, f"{ROOT}/status.html", f"{ROOT}/predictions.csv", f"{ROOT}/model.safetensors"} <= files
    names = ("features.h5", "list.csv", "sheet.html")
    assert not [path for path in files if path.endswith(names)]


def test_an_answer_without_a_label_outdates_what_shows_it_alone():
    enter("skip", [2], who="anna")
    files = outdated(*TARGETS)
    assert {f"{ROOT}/status.html", f"{ROOT}/predictions.csv"} <= files
    assert not files & {*MODEL, f"{ROOT}/model.safetensors"}


def test_what_nobody_asks_for_stays_as_it_is():
    enter("label", [2], who="anna", label="bee")
    files = outdated("next_batch")
    assert f"{ROOT}/status.html" in files
    assert not files & {f"{ROOT}/predictions.csv", f"{ROOT}/model.safetensors", f"{ROOT}/label_errors.csv"}
    assert f"{ROOT}/predictions.csv" in outdated(f"{ROOT}/predictions.parquet")


def test_a_run_that_ends_after_its_first_job_leaves_what_follows_outdated():
    enter("label", [2], who="anna", label="bee")
    rules, labels = Rules(PROJECT), f"{ROOT}/batches/batch02/labels.csv"
    write(rules, next(job for job in rules.graph.jobs(MODEL) if job.rule.name == "training_labels"))
    replace(labels, "with the new label")
    files = outdated("model")
    assert {MODEL[0], f"{ROOT}/model.safetensors"} <= files
    assert labels not in files


def test_files_without_a_record_and_those_after_them_are_outdated():
    record_path(MODEL[0]).unlink()
    files = outdated(*TARGETS)
    assert {*MODEL, f"{ROOT}/model.safetensors"} <= files
    assert f"{ROOT}/batches/batch02/labels.csv" not in files


def test_files_of_another_model_are_outdated():
    """The record of the model says so; times may be any after a copy."""
    replace(MODEL[0], "another")
    files = outdated(*TARGETS)
    assert {MODEL[1], f"{ROOT}/model.safetensors", f"{ROOT}/predictions.csv", f"{ROOT}/status.html"} <= files
    assert MODEL[0] not in files


def test_a_cut_file_and_those_after_it_are_outdated_but_no_features():
    for path in (MODEL[1], f"{ROOT}/pool/given/features.h5"):
        Path(path).write_text("")
    files = outdated(*TARGETS)
    assert {MODEL[1], f"{ROOT}/predictions.csv", f"{ROOT}/status.html"} <= files
    assert not [path for path in files if path.endswith(("features.h5", "head.h5", "model.safetensors"))]


def test_a_cut_page_that_people_need_is_outdated_unless_their_list_has_changed():
    sheet, filled_in = (Path(f"{ROOT}/batches/batch01/{SENT_FILES[name]}") for name in ("sheet", "list"))
    for path in map(Path, SENT_FILES.values()):
        sheet.with_name(str(path)).write_text(str(path))
    states = {str(sheet.with_name(name)): file_state(sheet.with_name(name)) for name in SENT_FILES.values()}
    Record("send", {}, {}, {}, states, {}, "", 1.0, 1.0).write()
    assert outdated("next_batch") == set()
    sheet.write_text("")
    assert outdated("next_batch") >= set(states)
    filled_in.write_text("other!.csv")
    assert not outdated("next_batch") & set(states)


def test_an_outdated_file_runs_again_also_behind_features_that_are_computed():
    """Behind a job that runs, Snakemake forgets a forced job whose inputs are all ancient."""
    paths, batch = Rules(PROJECT).paths, Wildcards(fromdict={"batch": "batch01"})
    assert is_flagged(paths.batch_features("predictions.h5")(batch), "ancient")
    paths.outdated = frozenset({f"{ROOT}/batches/batch01/predictions.h5"})
    assert not is_flagged(paths.batch_features("predictions.h5")(batch), "ancient")
    assert is_flagged(paths.batch_features("head.h5")(batch), "ancient")
