"""The lines of a dry run: which job would run, and why."""

import io
import logging

import pytest
from snakemake.jobs import Reason
from snakemake.persistence import ParamsChange
from snakemake_interface_logger_plugins.common import LogEvent

from planning.runs.progress import Plan, reason

RECORD = '"dataset": "settings 1a, code 2b", "train": "settings {}, code {}"'


def changed(before, now):
    return (
        f"Params have changed since last execution: Union of exclusive params: before: {before} now: {now} "
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Forced execution", "outdated, or forced"),
        ("Missing output files: b.csv, a.csv", "missing: a.csv and 1 more"),
        ("Incomplete output files: head.h5", "incomplete: head.h5"),
        ("Updated input files: features.h5", "newer input: features.h5"),
        (
            "Missing output files: a.csv; Input files updated by another job: b.csv, c.csv",
            "missing: a.csv; input rebuilt: b.csv and 1 more",
        ),
        (
            "Set of input files has changed since last execution",
            "set of input files has changed since last execution",
        ),
        (changed(RECORD.format("3c", "4d"), RECORD.format("5e", "4d")), "changed: settings of train"),
        (
            "Updated input files: x.csv; " + changed(RECORD.format("3c", "4d"), RECORD.format("5e", "6f")),
            "newer input: x.csv; changed: settings of train, code of train",
        ),
        (changed("<nothing exclusive>", "--new"), "its settings or earlier stages have changed"),
    ],
)
def test_a_reason_is_short_and_names_what_has_changed(given, words):
    assert reason(given) == words


def test_reasons_are_read_as_this_snakemake_writes_them():
    example = Reason()
    example.missing_output.add("head.h5")
    example.updated_input_run.add("labelled.csv")
    example.params_changed = ParamsChange(
        {RECORD.format("3c", "4d")}, {RECORD.format("3c", "5e")}, files={"head.h5"}
    )
    assert reason(str(example)) == "missing: head.h5; input rebuilt: labelled.csv; changed: code of train"


def test_each_job_with_files_has_a_line():
    stream = io.StringIO()
    plan = Plan(stream)
    job = {"wildcards": {"strategy": "margin", "seed": "0", "round": "02"}, "reason": "Forced execution"}
    for events in (
        {"event": LogEvent.JOB_INFO, "rule_name": "train", "output": ["head.h5"], **job},
        {"event": LogEvent.JOB_INFO, "rule_name": "all", "output": [], **job},
        {"event": LogEvent.SHELLCMD},
    ):
        plan.handle(logging.makeLogRecord(events))
    assert stream.getvalue() == "[would run] train: margin, seed 0, round 2 (outdated, or forced)\n"
