"""Weeks of labelling, from no label to predictions, with people who err and change their minds."""

import csv
import re
import shutil
from collections import Counter

import h5py
import numpy as np
import pytest
from workflow.labelling_loops import PROJECT, Loop

from activepool import load_model
from activepool.labelling.status.numbers import read_numbers
from activepool.ledger.state import Status


def test_a_dry_run_foresees_the_second_batch_and_the_status_shows_the_model_of_all_labels(tmp_path):
    loop = Loop(tmp_path, {**PROJECT, "audit": 0, "batch": 6})
    loop.photographs("a", range(24))
    loop.run()
    answers = loop.truths("batch01")
    loop.return_list("batch01", {**answers, next(iter(answers)): "skip"})
    second_batch_is_foreseen(loop)
    model_of_all_labels(loop)


def test_a_dry_run_reads_the_photographs_that_answers_name(tmp_path):
    loop = Loop(tmp_path, {**PROJECT, "audit": 0, "batch": 6})
    for folder, numbers in (("a", range(24)), ("b", range(24, 30))):
        new_samples = [loop.samples()[source] for source in loop.photographs(folder, numbers)[:6]]
        loop.correct(f"{folder}.csv", {sample: loop.truth[sample] for sample in new_samples})
        planned, printed = foreseen_run(loop)
        assert {"extract", "train_labelled", "send"} <= set(planned)
    assert "returned/b.csv: 6 new corrections" in printed


def test_cut_files_are_rebuilt_although_new_photographs_retrain_no_model_of_the_past(tmp_path):
    loop = Loop(tmp_path, {**PROJECT, "audit": 0, "batch": 6})
    loop.photographs("a", range(24))
    loop.run()
    loop.return_list("batch01", loop.truths("batch01"))
    loop.run()
    loop.photographs("b", range(24, 30))
    for name in ("predictions.h5", "sheet.html"):
        path = loop.batch_file("batch02", name)
        path.write_bytes(path.read_bytes()[:100])
    planned, printed = foreseen_run(loop)
    features = {"photographs", "extract", "gather", "pool_features"}
    assert set(planned) == features | {"predict", "send", "status", "next_batch"}
    assert printed.count("was cut, 100 of ") == 2


def foreseen_run(loop, *arguments):
    """Run dry, which foresees the jobs and changes nothing, then run; return jobs and what was printed."""
    arguments = arguments or ("next_batch", "--config", "go_on=true")
    before = loop.digests("*.*", "results/**/*.*", "returned/*")
    planned = loop.planned(*arguments)
    assert loop.digests("*.*", "results/**/*.*", "returned/*") == before
    printed = loop.run(*arguments)
    assert planned - Counter(arguments) == Counter(jobs(printed))
    return planned, printed


def second_batch_is_foreseen(loop):
    planned, printed = foreseen_run(loop)
    chain = {"training_labels", "train_labelled", "predict", "candidates", "propose", "send", "status"}
    assert set(planned) == chain | {"next_batch"}
    loop.check_training_labels("batch02")
    assert "batch02: 0 of 6 samples have an answer" in last_lines(printed)


def model_of_all_labels(loop):
    """While a batch comes back, the status shows the model of all labels, whatever the target."""
    answers = list(loop.truths("batch02").items())
    for count, target in ((2, "next_batch"), (4, "predictions"), (6, "model")):
        loop.return_list("batch02", dict(answers[:count]))
        printed = loop.run(target)
        assert "send" not in jobs(printed)
        ending = last_lines(printed)
        assert f"beetles: 24 photographs, {5 + count} labels of 3 classes" in ending
        assert ("awaited" in ending) == (count < 6)
        series = read_numbers(loop.path / "results/beetles/status.json").series
        assert [(row.batch, row.labels) for row in series.models] == [("batch02", 5), ("batch03", 5 + count)]
        assert series.is_last_partial == (count < 6)
    assert ending.splitlines()[-1].startswith("activepool: the next batch: ")
    facts = load_model(loop.path / "results/beetles/model.safetensors").facts
    assert facts.labels == series.models[-1].labels


def test_verify_names_each_file_that_was_changed_and_changes_nothing_itself(tmp_path):
    loop = Loop(tmp_path, {**PROJECT, "audit": 0, "batch": 6, "folders": True})
    loop.photographs("a", range(24))
    loop.run()
    loop.return_list("batch01", loop.truths("batch01"))
    loop.run()
    loop.return_list("batch02", loop.truths("batch02"))
    (loop.returned / "mistakes.csv").write_text("nonsense\n")
    (loop.batch_file("batch01", "folders") / "_unlabeled").rename(
        loop.batch_file("batch01", "folders") / "ant"
    )
    before = loop.digests("results/beetles/**/*", "beetles.ledger.csv")
    printed = loop.snakemake("verify")
    assert "problems: 0" in printed
    assert "without records: results/beetles/pool/files.csv, " in printed
    assert "activepool: " not in printed
    loop.batch_file("batch02", "head.h5").unlink()
    printed = loop.snakemake("verify")
    assert "problems: 0" in printed
    assert (
        "notice: missing files, rebuilt when a run needs them: 1 (results/beetles/batches/batch02/head.h5)"
        in printed
    )
    with loop.batch_file("batch02", "labels.csv").open("a") as stream:
        stream.write("7,a,ant\n")
    with h5py.File(loop.batch_file("batch02", "predictions.h5"), "a") as file:
        file["probability"][0] = 0.5
    printed = loop.snakemake("verify", check=False)
    for name, stage in (("labels.csv", "training_labels"), ("predictions.h5", "predict")):
        path = f"results/beetles/batches/batch02/{name}"
        assert printed.count(f"activepool: {path}: has changed since stage '{stage}' wrote it") == 1
    assert "problems: 0" not in printed
    assert not any(words in printed for words in ("RuleException", "CalledProcessError", "WorkflowError"))
    changed = loop.digests("results/beetles/**/*", "beetles.ledger.csv").items() - before.items()
    assert {path.rpartition("/")[2] for path, _ in changed} == {"labels.csv", "predictions.h5"}


@pytest.mark.long
@pytest.mark.parametrize("lost", [None, ".snakemake"])
def test_answers_after_the_predictions_reach_the_next_ones_and_the_next_batch(tmp_path, lost):
    """Also if Snakemake's own records are lost between two runs."""
    loop = Loop(tmp_path, {**PROJECT, "audit": 0, "batch": 6})

    def run(*targets):
        if lost:
            shutil.rmtree(tmp_path / lost, ignore_errors=True)
        return foreseen_run(loop, *(targets or ("next_batch",)))[1]

    loop.photographs("a", range(24))
    loop.run()
    answers = loop.truths("batch01")
    mistaken, *_ = answers
    loop.return_list("batch01", answers | {mistaken: "nonsense"})
    run("predictions", "model")
    loop.check_training_labels("batch02")
    before = loop.digests("results/*/predictions.csv", "results/*/model.safetensors")
    loop.correct("corrections.csv", {mistaken: loop.truth[mistaken]})
    run("predictions", "model")
    loop.check_training_labels("batch02")
    assert (
        not before.items() & loop.digests("results/*/predictions.csv", "results/*/model.safetensors").items()
    )
    assert jobs(run("predictions", "model")) == []
    second = next(sample for sample in answers if sample != mistaken)
    loop.correct("more.csv", {second: "cannot_tell"})
    run()
    loop.check_training_labels("batch02")


@pytest.mark.long
def test_weeks_of_labelling(tmp_path):
    loop = Loop(tmp_path)
    loop.photographs("a", range(60))
    first_batch(loop)
    nothing_new(loop)
    erring = second_batch(loop)
    third_batch(loop, *erring)
    deleted_results(loop)
    fourth_batch(loop)
    what_it_is_for(loop, erring[1])


def jobs(printed: str) -> list[str]:
    """Return the rule of each job that was done, but for targets."""
    done = re.findall(r"^\[\d+ of \d+\] (\w+)", printed, re.MULTILINE)
    return [rule for rule in done if rule not in ("next_batch", "predictions", "model")]


def last_lines(printed: str) -> str:
    """Return what a person reads at the end."""
    assert "Traceback" not in printed
    before, _, after = printed.rpartition("\n\nactivepool: ")
    assert before
    return f"activepool: {after}"


def first_batch(loop):
    """The first batch is chosen without any label, and the run ends well."""
    ending = last_lines(loop.run())
    assert {name: len(batch.samples) for name, batch in loop.state.batches.items()} == {
        "audit01": 6,
        "batch01": 10,
    }
    assert not loop.batch_file("batch01", "head.h5").exists()
    assert "batch01: 0 of 10 samples have an answer" in ending
    for name in ("sheet.html", "list.csv", "label_studio.json"):
        assert f"results/beetles/batches/batch01/{name}\n" in ending
    assert re.search(r"returned/, then: snakemake .* next_batch$", ending, re.MULTILINE)
    assert "go_on" not in ending


def nothing_new(loop):
    """A run with nothing new shows where the project stands, and then nothing is left to be done."""
    before = loop.digests("results/beetles/batches/**/*", "beetles.ledger.csv")
    loop.run()
    last = loop.run()
    assert jobs(last) == []
    assert "batch01: 0 of 10 samples have an answer" in last_lines(last)
    assert loop.digests("results/beetles/batches/**/*", "beetles.ledger.csv") == before


def second_batch(loop):
    """A list comes back, with two mistakes, a skip, and a photograph that is not ours; nobody knows wasps.

    Returns: the samples that were labelled wrong.
    """
    answers = loop.truths("batch01")
    labelled = [sample for sample, name in answers.items() if name != "wasp"]
    assert 5 <= len(labelled) < 10
    answers |= dict.fromkeys(set(answers) - set(labelled), "?")
    erring = labelled[:2]
    answers |= {sample: "bee" if answers[sample] == "ant" else "ant" for sample in erring}
    answers |= {labelled[2]: "skip", labelled[3]: "Not ours"}
    loop.return_list("batch01", answers)
    printed = loop.run()
    assert f"{len(answers)} new answers" in printed
    assert len(loop.requested("batch02")) == 10
    loop.check_training_labels("batch02")
    states = [loop.state.samples[sample].status for sample in (*labelled[2:4], erring[0])]
    assert states == [Status.SKIPPED, Status.NOT_OURS, Status.LABELLED]
    assert {row["predicted"] for row in loop.table("batch02", "list.csv")} <= {"ant", "bee"}
    return erring


def third_batch(loop, mistaken, _):
    """A late class, corrections, other photographs, another strategy and another size, all at once."""
    loop.return_tasks("batch02", loop.truths("batch02"))
    loop.return_list("audit01", loop.truths("audit01"))
    # The annotator of the first batch has learned what wasps are, and a chief corrects a mistake.
    wasps = {sample: name for sample, name in loop.truths("batch01").items() if name == "wasp"}
    loop.return_list("batch01", {**answers_of(loop, "anna"), **wasps})
    loop.correct("corrections.csv", {mistaken: loop.truth[mistaken]})
    # Photographs arrive; one is renamed, and one that nobody has seen goes.
    photographs = loop.photographs("b/new", range(60, 69))
    sources = {sample: source for source, sample in loop.samples().items()}
    (loop.path / "photos" / sources[mistaken]).rename(loop.path / "photos/renamed.png")
    gone = next(sample for sample in sources if sample not in loop.state.samples)
    (loop.path / "photos" / sources[gone]).unlink()
    past = ("results/features/beetles/part001/**/*.h5", "results/beetles/batches/batch0*/*.*")
    digests = loop.digests(*past)
    loop.configure({**loop.configuration, "strategy": "entropy", "batch": 12, "folders": True})

    loop.run()

    assert loop.state.classes == ("ant", "bee", "wasp")
    assert loop.state.samples[mistaken].label == loop.truth[mistaken]
    assert loop.entries[-1].batch == "batch03"
    assert len(loop.requested("batch03")) == 12
    assert gone not in loop.requested("batch03")
    loop.check_training_labels("batch03")
    assert len(loop.table("batch03", "labels.csv")) == len(loop.state.training_labels)
    assert {row["why"].split(":")[0] for row in loop.table("batch03", "list.csv")} == {"entropy"}
    # No past batch is picked or trained again, and only the new photographs are extracted.
    now = loop.digests(*past)
    assert digests.items() <= now.items()
    with (loop.path / "results/beetles/pool/samples.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["source"] for row in csv.DictReader(stream) if row["part"] == "2"] == photographs
    assert features_of(loop, "part002") == photographs
    # The next run, which compares the settings of jobs behind those of this one, trains none again either.
    assert jobs(loop.run()) == ["status"]  # it shows the batch that has gone out
    assert now == loop.digests(*past)


def features_of(loop, part):
    """Return the sources of the features that were extracted for a part of the pool."""
    with h5py.File(loop.path / f"results/features/beetles/{part}/identity/features.h5") as file:
        return list(file["train/sources"].asstr())


def answers_of(loop, who):
    """Return what somebody has answered so far, as they write it."""
    return {sample: label or event for sample, person, event, label in loop.said if person == who}


def deleted_results(loop):
    """Everything below results/ comes back, and no batch goes out instead of the one that is awaited.

    A photograph of that batch is away meanwhile. The batch keeps it; tools get the others.
    """
    files = {path.name for path in loop.batch_file("batch03", ".").iterdir() if path.is_file()}
    sources = loop.requested("batch03")
    loop.return_folders("batch03", {})  # they do not come back
    away = loop.path / "photos" / {sample: source for source, sample in loop.samples().items()}[sources[4]]
    away.rename(loop.path / "away.png")
    loop.forget_lists()  # what is away has no prediction
    shutil.rmtree(loop.path / "results")
    ending = last_lines(loop.run())
    assert "batch03: 0 of 12 samples have an answer; 1 photograph was removed\n" in ending
    assert "awaited 11 of 12 in batch03; removed 1 of 12 in batch03\n" in ending
    assert "1</b> picture was removed" in loop.batch_file("batch03", "sheet.html").read_text(encoding="utf-8")
    assert len(loop.batch_file("batch03", "cvat.txt").read_text(encoding="utf-8").splitlines()) == 11
    assert not loop.batch_file("batch03", "folders").exists()
    assert list(loop.state.batches) == ["audit01", "batch01", "batch02", "batch03"]
    assert loop.requested("batch03") == sources
    again = {path.name for path in loop.batch_file("batch03", ".").iterdir() if path.is_file()}
    assert again == files - {"candidates.csv", "selected.csv"}  # what the ledger has is not picked again
    loop.check_training_labels("batch03")
    (loop.path / "away.png").rename(away)


def fourth_batch(loop):
    """Of a batch that is sorted into folders 9 of 12 come back, and the loop goes on without the others."""
    back = dict(list(loop.truths("batch03").items())[:9])
    loop.return_folders("batch03", back)
    ending = last_lines(loop.run())
    assert "batch03: 9 of 12 samples have an answer" in ending
    assert "batch04" not in loop.state.batches
    loop.configure({**loop.configuration, "strategy": "coreset", "batch": 8})
    ending = last_lines(loop.run("next_batch", "--config", "go_on=true"))
    assert len(loop.requested("batch04")) == 8
    assert not set(loop.requested("batch03")) & set(loop.requested("batch04"))
    loop.check_training_labels("batch04")
    assert "batch03: 9 of 12" in ending
    assert "batch04: 0 of 8" in ending
    # What was missing comes late; the next model has it.
    loop.return_folders("batch03", loop.truths("batch03"))
    loop.return_list("batch04", loop.truths("batch04"))


def what_it_is_for(loop, mistaken):
    """Predictions of the whole pool, the model, and the label that nobody has corrected."""
    printed = loop.run("predictions", "model")
    assert "propose" not in jobs(printed)
    assert "send" not in jobs(printed)
    loop.check_training_labels("batch05")
    sample_of = loop.samples()
    with (loop.path / "results/beetles/predictions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["source"] for row in rows} >= set(sample_of)
    here = [row for row in rows if row["source"] in sample_of]
    right = [row["predicted"] == loop.truth[sample_of[row["source"]]] for row in here]
    assert np.mean(right) > 0.8
    model = load_model(loop.path / "results/beetles/model.safetensors")
    assert model.head.classes.tolist() == ["ant", "bee", "wasp"]
    with (loop.path / "results/beetles/label_errors.csv").open(encoding="utf-8", newline="") as stream:
        errors = [sample_of[row["source"]] for row in csv.DictReader(stream)]
    assert errors[:1] == [mistaken]
