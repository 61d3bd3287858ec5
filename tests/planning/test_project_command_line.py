"""What a command line of Snakemake asks of a project: a run, a look, the check, a batch."""

import pytest

from planning.project.paths import sends_batches
from planning.runs.command_line import is_dry_run, makes_files, only_verifies

SNAKEMAKE = ["/bin/snakemake", "--cores", "2", "next_batch"]
MODULE = ["/lib/snakemake/__main__.py", "--cores", "2", "next_batch"]


@pytest.mark.parametrize("command", [SNAKEMAKE, MODULE, [*SNAKEMAKE, "--config", "go_on=true"]])
def test_a_run_makes_files(command):
    assert makes_files(command)


@pytest.mark.parametrize(
    "options",
    [
        *(["-n"], ["--dry-run"], ["--touch"], ["--unlock"], ["--lint"], ["--list-rules"], ["--summary"]),
        *(["--dag"], ["--rulegraph"], ["--report", "r.html"], ["--delete-all-output"]),
        ["--cleanup-metadata", "results/a"],
    ],
)
def test_a_look_makes_none(options):
    assert not makes_files([*SNAKEMAKE, *options])


def test_only_a_dry_run_shows_what_a_run_would_take_in():
    assert is_dry_run([*SNAKEMAKE, "-n"])
    for options in ([], ["--unlock"], ["--summary"], ["--dag"]):
        assert not is_dry_run([*SNAKEMAKE, *options])


def test_another_program_makes_none():
    assert not makes_files(["/bin/pytest", "next_batch"])
    assert not is_dry_run(["/bin/pytest", "next_batch"])
    assert not only_verifies(["/bin/pytest", "verify"])


def test_the_check_of_the_results_makes_none():
    command = ["/bin/snakemake", "--cores", "2", "verify", "--configfile", "p.yaml"]
    assert only_verifies(command)
    assert not makes_files(command)
    for targets in (["next_batch"], ["verify", "next_batch"], []):
        assert makes_files([*command[:3], *targets])
        assert not only_verifies([*command[:3], *targets])


@pytest.mark.parametrize(
    ("targets", "sends"),
    [
        ([], True),
        (["next_batch"], True),
        (["model"], False),
        (["predictions", "model"], False),
        (["export_model"], False),
        (["export_predictions", "label_errors"], False),
        (["label_errors", "next_batch"], True),
        (["predictions", "next_batch"], True),
        (["results/p/status.html"], True),
    ],
)
def test_targets_of_a_model_send_no_batch(targets, sends):
    assert sends_batches(["snakemake", "--cores", "2", *targets, "--configfile", "p.yaml"]) is sends
