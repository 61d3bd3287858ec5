"""The lines that a run prints for its jobs."""

import io
import logging
import time
from types import SimpleNamespace

import pytest
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from planning.runs.progress import Progress, duration, label, show_progress


@pytest.mark.parametrize(
    ("rule", "wildcards", "expected"),
    [
        (
            "train",
            {"experiment": "e", "round": "03", "seed": "0", "strategy": "margin"},
            "margin, seed 0, round 3",
        ),
        ("prepare", {"experiment": "e", "strategy": "badge", "seed": "12"}, "badge, seed 12"),
        (
            "score_shard",
            {"strategy": "base", "seed": "1", "round": "10", "shard": "0", "shards": "8"},
            "base, seed 1, round 10, shard 1 of 8",
        ),
        ("extract", {"dataset": "digits", "backbone": "small", "shard": "1", "shards": "2"}, "shard 2 of 2"),
        ("propose", {"batch": "batch02"}, "batch02"),
        ("extract", {"dataset": "insects/part01", "backbone": "vit", "shard": "0", "shards": "1"}, "part01"),
        ("dataset", {"dataset": "insects/part01"}, "part01"),
    ],
)
def test_a_label_has_what_tells_jobs_of_a_rule_apart(rule, wildcards, expected):
    assert label(rule, wildcards) == f"{rule}: {expected}"


def test_a_rule_of_one_job_is_its_label():
    assert label("curves", {"experiment": "e"}) == "curves"
    assert label("features", {"dataset": "digits", "backbone": "small"}) == "features"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3599.7, "1 h 0 min"),
        (7810, "2 h 10 min"),
    ],
)
def test_durations_have_two_units_at_most(seconds, text):
    assert duration(seconds) == text


class Run:
    """Snakemake's log, and what is printed for it."""

    def __init__(self, soon=60.0):
        self.stream = io.StringIO()
        self.progress = Progress(self.stream, soon)

    def log(self, event, **fields):
        record = logging.makeLogRecord({"event": event, "levelno": logging.INFO, **fields})
        self.progress.handle(record)

    def begin(self, number, rule="train", local=True, output=("head.h5",), indent=False, **wildcards):
        self.log(
            LogEvent.JOB_INFO,
            jobid=number,
            rule_name=rule,
            local=local,
            output=list(output),
            indent=indent,
            wildcards=wildcards,
        )

    def end(self, *numbers, done, total=9):
        for number in numbers:
            self.log(LogEvent.JOB_FINISHED, job_id=number)
        self.log(LogEvent.PROGRESS, done=done, total=total)

    def accept(self, job):
        """The cluster, or this machine, has accepted a job; Snakemake's own callback still hears of it."""
        heard = []
        scheduler = SimpleNamespace(submit_callback=heard.append)
        self.progress.watch(scheduler)
        scheduler.submit_callback(job)
        assert heard == [job]

    @property
    def lines(self):
        return self.stream.getvalue().splitlines()


class Submitted:
    def __init__(self, rule, is_local=False, **wildcards):
        self.rule, self.is_local, self.wildcards_dict = SimpleNamespace(name=rule), is_local, wildcards

    def is_group(self):
        return False


class SubmittedGroup:
    is_local = False

    def __init__(self, name, jobs):
        self.groupid, self.jobs = name, jobs

    def is_group(self):
        return True


def test_an_ended_job_has_its_place_and_its_time():
    run = Run()
    run.begin(7, strategy="margin", seed="0", round="01")
    run.begin(3, strategy="random", seed="0", round="01")
    assert run.lines == []
    run.end(3, done=1)
    run.end(7, done=2)
    assert run.lines == [
        "[1 of 9] train: random, seed 0, round 1 (0.0 s)",
        "[2 of 9] train: margin, seed 0, round 1 (0.0 s)",
    ]


def test_targets_and_jobs_of_a_cluster_have_no_time():
    run = Run()
    run.begin(0, "all", output=())
    run.begin(1, local=False, strategy="margin", seed="0", round="01")
    assert run.lines == []
    run.accept(Submitted("train", strategy="margin", seed="0", round="01"))
    run.accept(Submitted("all", is_local=True))
    run.end(1, done=8)
    run.end(0, done=9)
    assert run.lines == [
        "[submitted] train: margin, seed 0, round 1",
        "[8 of 9] train: margin, seed 0, round 1",
        "[9 of 9] all",
    ]


def test_the_jobs_of_a_group_begin_and_end_together():
    run = Run()
    run.log(LogEvent.GROUP_INFO, group_id="margin_seed0_rounds1", jobs=["two", "jobs"])
    for number in (4, 5):
        run.begin(number, local=False, indent=True, strategy="margin", seed="0", round=f"0{number}")
    assert run.lines == []
    run.accept(SubmittedGroup("margin_seed0_rounds1", ["two", "jobs"]))
    run.end(4, 5, done=5)
    assert run.lines == [
        "[submitted] group margin_seed0_rounds1 (2 jobs)",
        "[4 of 9] train: margin, seed 0, round 4",
        "[5 of 9] train: margin, seed 0, round 5",
    ]


def test_a_failed_job_is_named_and_a_failed_group_once():
    run = Run()
    run.begin(4, "select", strategy="base", seed="2", round="01")
    run.log(LogEvent.JOB_ERROR, jobid=4, indent=False)
    run.log(LogEvent.GROUP_ERROR, groupid="base_seed2_rounds1")
    run.log(LogEvent.JOB_ERROR, jobid=5, indent=True)
    assert run.lines == [
        "[failed] select: base, seed 2, round 1 (0.0 s)",
        "[failed] group base_seed2_rounds1",
    ]


def test_a_job_that_runs_for_long_is_named_while_it_runs():
    run = Run(soon=0.05)
    run.begin(1, "extract")
    while not run.lines:
        time.sleep(0.01)
    assert len(run.lines) == 1
    assert run.lines[0].startswith("[running since ")
    assert run.lines[0].endswith("] extract")


def test_a_job_that_has_ended_is_not_said_to_run():
    run = Run(soon=0.05)
    run.begin(1, "extract")
    run.end(1, done=1)
    time.sleep(0.2)
    assert run.lines == ["[1 of 9] extract (0.0 s)"]


@pytest.fixture
def terminal():
    """Snakemake's handler for the terminal; others are put back at the end."""
    handlers, level = list(logger.handlers), logger.level
    stream = logging.StreamHandler(io.StringIO())
    stream.name = "DefaultStreamHandler"
    logger.handlers[:] = [stream]
    logger.setLevel(logging.INFO)
    yield stream.stream
    logger.handlers[:] = handlers
    logger.setLevel(level)


def workflow(*quiet, verbose=False):
    return SimpleNamespace(
        output_settings=SimpleNamespace(quiet=set(quiet), verbose=verbose),
        scheduler=SimpleNamespace(submit_callback=lambda job: None),
    )


def log_a_job():
    logger.info("Select jobs to execute...")
    logger.info("Execute 1 jobs...", extra={"event": LogEvent.JOB_STARTED, "jobs": [1]})
    fields = {
        "jobid": 1,
        "rule_name": "curves",
        "local": True,
        "output": [],
        "indent": False,
        "wildcards": {},
    }
    logger.info("Trying to restart job 1.")
    logger.info("", extra={"event": LogEvent.JOB_INFO, **fields})
    logger.info("Finished jobid: 1 (Rule: curves)", extra={"event": LogEvent.JOB_FINISHED, "job_id": 1})
    logger.info("done", extra={"event": LogEvent.PROGRESS, "done": 1, "total": 1})


def test_the_lines_stand_in_the_place_of_snakemakes(terminal):
    show_progress(workflow(Quietness.RULES))
    show_progress(workflow(Quietness.RULES))
    log_a_job()
    assert terminal.getvalue().split("\n") == ["Trying to restart job 1.", "", "[1 of 1] curves", ""]


@pytest.mark.parametrize(
    ("quiet", "verbose"),
    [
        ([], False),
        ([Quietness.ALL], False),
        ([Quietness.HOST], False),
        ([Quietness.RULES, Quietness.PROGRESS], False),
        ([Quietness.RULES], True),
    ],
)
def test_what_the_user_asks_of_snakemake_stays(terminal, quiet, verbose):
    show_progress(workflow(*quiet, verbose=verbose))
    log_a_job()
    assert "[1 of 1]" not in terminal.getvalue()
    assert "Select jobs to execute..." in terminal.getvalue()
