"""The last lines of a project's run."""

from pathlib import Path

import pytest
from ledger.ledgers import draft, sample, sent
from snakemake.logging import logger

from activepool.labelling.models.named_head import TrainingFacts, write_facts
from activepool.labelling.pool.table import Pool
from activepool.ledger.book import append, read
from planning.configuration.project import Project
from planning.project.ending import _next_batch_arguments, _with_go_on, announce_ending, removal_remedy
from planning.project.paths import ProjectPaths
from planning.project.standing import ProjectStanding
from planning.runs.ending import cancel_last_lines

FILES = ["--configfile", "beetles.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cores", "4", "next_batch", *FILES],
        ["--cores", "4", "next_batch", *FILES, "--config", "go_on=true"],
        ["--cores", "4", "next_batch", *FILES, "-C", "go_on=true"],
        ["--cores", "4", "predictions", *FILES],
        ["--cores", "4", "predictions", "model", *FILES],
        ["--cores", "4", "next_batch", "model", *FILES],
    ],
)
def test_the_command_that_goes_on_asks_for_the_next_batch(arguments):
    assert _next_batch_arguments(arguments) == ["--cores", "4", "next_batch", *FILES]


def test_other_settings_of_the_command_stay():
    arguments = ["next_batch", "--config", "batch=10", "go_on=true"]
    assert _next_batch_arguments(arguments) == ["next_batch", "--config", "batch=10"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["next_batch", *FILES], ["next_batch", *FILES, "--config", "go_on=true"]),
        (["next_batch", "--config", "batch=9"], ["next_batch", "--config", "go_on=true", "batch=9"]),
        (["-C", "batch=9", "--cores", "4"], ["-C", "go_on=true", "batch=9", "--cores", "4"]),
        (["--config", "a=1", "--config", "b=2"], ["--config", "a=1", "--config", "go_on=true", "b=2"]),
    ],
)
def test_the_command_that_goes_on_without_answers_keeps_the_other_settings(arguments, expected):
    assert _with_go_on(arguments) == expected


SOURCES = [f"{number}.png" for number in range(5)]
FIRST = sent(*SOURCES[:3], batch="batch01")


@pytest.fixture
def ended(tmp_path, monkeypatch, process_end):
    """A function that ends a run after which the ledger has some entries, and returns what is printed."""
    monkeypatch.chdir(tmp_path)

    def end(*drafts, failure="", is_stopped=False, begins_empty=True, targets=("next_batch",), **settings):
        if drafts:
            append("p.ledger.csv", drafts[: len(FIRST)])
            append("p.ledger.csv", drafts[len(FIRST) :])
        pool = Pool([*map(sample, SOURCES)], [1] * 5, SOURCES, {source: sample(source) for source in SOURCES})
        project = Project(project="p", images="photos", batch=3, **settings)
        entries = [] if begins_empty else read("p.ledger.csv").entries
        paths = ProjectPaths(ProjectStanding(project, pool, entries))
        announce_ending(paths, [*targets, "--configfile", "my p.yaml"])
        if failure:
            logger.error(failure)
        if is_stopped:
            cancel_last_lines()
        return process_end()

    return end


@pytest.mark.parametrize("targets", [["predictions"], ["predictions", "model"], ["next_batch"]])
def test_probabilities_that_are_not_calibrated_are_named_once_beside_their_files(ended, targets):
    training = Path("results/p/batches/batch01/training.json")
    training.parent.mkdir(parents=True)
    write_facts(training, TrainingFacts(9, [], 1e-4, None, 1.0, "9 held-out labels", None))
    line = (
        "activepool: probabilities: not calibrated, and may be much too high or too low (9 held-out labels)"
    )
    assert ended(targets=targets).splitlines().count(line) == (targets != ["next_batch"])
    write_facts(training, TrainingFacts(9, [], 1e-4, None, 1.5, None, 0.5))
    assert "calibrated" not in ended(targets=targets)


def test_what_is_awaited_is_named_with_its_files_and_the_commands(ended):
    folder = "results/p/batches/batch01"
    Path(folder).mkdir(parents=True)
    for name in ("sheet.html", "list.csv", "label_studio.json"):
        Path(folder, name).touch()
    printed = ended(*FIRST, draft(of=SOURCES[0]))
    assert printed.splitlines() == [
        "",
        "activepool: batch01: 1 of 3 samples have an answer",
        f"activepool:   sheet (opens in a browser): {folder}/sheet.html",
        f"activepool:   list (to fill in): {folder}/list.csv",
        f"activepool:   Label Studio: {folder}/label_studio.json",
        "activepool: put what comes back into returned/, then: snakemake next_batch --configfile 'my p.yaml'",
        "activepool: to go on without the missing answers: "
        "snakemake next_batch --configfile 'my p.yaml' --config go_on=true",
    ]


def test_no_file_is_named_that_is_not_there(ended):
    Path("results/p/batches/batch01").mkdir(parents=True)
    Path("results/p/batches/batch01/list.csv").touch()
    printed = ended(*FIRST)
    assert printed.splitlines()[2:4] == [
        "activepool:   list (to fill in): results/p/batches/batch01/list.csv",
        "activepool:   sheet.html, label_studio.json: gone; next_batch makes them again",
    ]


def test_folders_are_a_form_too(ended, tmp_path):
    (tmp_path / "results/p/batches/batch01/folders").mkdir(parents=True)
    assert (
        "\nactivepool:   folders (to sort the pictures into): results/p/batches/batch01/folders\n"
        in ended(*FIRST)
    )


def test_a_batch_that_was_out_before_folders_were_asked_for_has_none(ended):
    line = "activepool:   folders: none, because they are made only when a batch goes out"
    assert line in ended(*FIRST, folders=True).splitlines()


def test_a_run_that_could_not_go_on_says_why(ended):
    nothing = (
        "nothing has come back for batch01; go_on goes on without missing answers, "
        "but only if some have come back"
    )
    printed = ended(*FIRST, begins_empty=False, go_on=True)
    assert f"activepool: {nothing}\nactivepool: put what comes back into returned/, then: " in printed
    assert "to go on without" not in printed


def test_a_batch_that_has_just_gone_out_is_no_reason_not_to_go_on(ended):
    printed = ended(*FIRST, go_on=True)
    assert "nothing has come back" not in printed
    assert printed.endswith("then: snakemake next_batch --configfile 'my p.yaml'\n")


def test_an_audit_set_is_named_too_but_not_waited_for(ended):
    audit = sent(*SOURCES[:3], batch="audit01", event="audit")
    printed = ended(*audit, returned="back")
    assert "audit01: 0 of 3 samples have an answer" in printed
    assert printed.endswith("the next batch: snakemake next_batch --configfile 'my p.yaml'\n")


def test_when_all_is_back_the_next_batch_is_named(ended):
    printed = ended(*FIRST, *(draft("skip", source) for source in SOURCES[:3]))
    assert printed == "\nactivepool: the next batch: snakemake next_batch --configfile 'my p.yaml'\n"


def test_when_all_has_gone_out_that_is_said(ended):
    printed = ended(*FIRST, *(draft(of=source) for source in SOURCES))
    assert printed == (
        "\nactivepool: all samples of the pool have gone out; add new ones, or make the predictions\n"
    )


@pytest.mark.parametrize("ending", [{"failure": "Error in rule send"}, {"is_stopped": True}])
def test_nothing_is_said_after_a_failure(ended, ending):
    assert ended(*FIRST, **ending) == ""


@pytest.mark.parametrize(
    ("sources", "failed", "expected"),
    [
        ({"a": sample("a")}, ["extract"], "1 photograph was removed; features of what was removed cannot be"),
        ({"a": sample("a")}, ["predict"], None),
        ({"a": sample("a"), "b": sample("b")}, ["extract"], None),
    ],
)
def test_a_remedy_when_features_of_removed_photographs_are_wanted(sources, failed, expected):
    pool = Pool([sample("a"), sample("b")], [1, 1], ["a", "b"], sources)
    project = Project(project="trial", images="photos", batch=1)
    lines = list(removal_remedy(ProjectPaths(ProjectStanding(project, pool, []), False), failed))
    assert bool(lines) == (expected is not None)
    assert not expected or (lines[0].startswith(expected) and "results/features/trial" in lines[0])
