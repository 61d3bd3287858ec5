"""The summary of a run that failed."""

import logging
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from activepool.errors import first_lines
from planning.runs import failures
from planning.runs.ending import print_after_success
from planning.runs.failures import announce_failures, announce_interruption, summary
from planning.runs.lock import OUTER_RUN


class Job:
    """A job of Snakemake: its rule, its strategy and its log."""

    def __init__(self, rule, strategy="margin", log=None, output=("file",)):
        self.rule = SimpleNamespace(name=rule)
        self.wildcards_dict = {"strategy": strategy, "seed": "0", "round": "01"} if strategy else {}
        self.log = [log or f"{rule}.{strategy}.log"]
        self.output = list(output)

    def is_group(self):
        return False

    def with_log(self, *lines):
        Path(self.log[0]).write_text("".join(f"{line}\n" for line in lines))
        return self


class Group:
    def __init__(self, *jobs):
        self.jobs = frozenset(jobs)

    def is_group(self):
        return True


class Dag:
    """What of Snakemake's graph the summary reads."""

    def __init__(self, depending, numbers):
        self.depending = depending
        self._numbers = numbers

    def jobid(self, job):
        return self._numbers.get(job, 0)

    def bfs(self, direction, *jobs):
        jobs_reached, waiting = [], list(jobs)
        while waiting:
            job = waiting.pop(0)
            jobs_reached.append(job)
            waiting += [follower for follower in direction.get(job, ()) if follower not in jobs_reached]
        return jobs_reached


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(OUTER_RUN, raising=False)


def run(*failed, depending=None, quiet=(), executor_error=None):
    numbers = {job: number for number, job in enumerate(failed, 1)}
    return SimpleNamespace(
        start_time=datetime.fromtimestamp(time.time() - 60),
        scheduler=SimpleNamespace(failed=set(failed), _executor_error=executor_error),
        dag=Dag(depending or {}, numbers),
        output_settings=SimpleNamespace(quiet=set(quiet)),
    )


def lines(workflow, remedies=lambda failed: (), reasons=None):
    arguments = ["--cores", "2", "--configfile", "my trial.yaml"]
    return list(summary(workflow, arguments, remedies, reasons or {}))


def test_a_remedy_stands_before_the_command_that_goes_on():
    printed_lines = lines(run(Job("train")), lambda failed: [f"remedy of {name}" for name in failed])
    assert printed_lines[-2] == "remedy of train"
    assert printed_lines[-1].startswith("once you have fixed this, continue with: snakemake ")


def test_each_failed_job_has_its_log_and_its_last_error():
    train = Job("train").with_log(
        "epoch 1", "activepool: a.h5: is cut", "activepool: notice: a remark", "end"
    )
    select = Job("select", "badge").with_log("activepool: first", "on it went", "activepool: second")
    later, target = Job("score"), Job("all", None, output=())
    workflow = run(train, select, depending={train: [later], select: [later], later: [target]})
    assert lines(workflow) == [
        "2 jobs failed, and 1 more could not run without them:",
        "select: badge, seed 0, round 1",
        "  select.badge.log: second",
        "train: margin, seed 0, round 1",
        "  train.margin.log: a.h5: is cut",
        "once you have fixed this, continue with: snakemake --cores 2 --configfile 'my trial.yaml'",
    ]


@pytest.mark.parametrize(
    ("count", "more"),
    [
        (1, ""),
        (3, " (and 2 more, see the log)"),
        (20, " (and 19 more, see the log)"),
        (44, " (and 43 more, see the log)"),
        (1_300, " (and 1,299 more, see the log)"),
    ],
)
def test_of_an_error_with_many_lines_the_first_is_shown_and_the_others_are_counted(count, more):
    mistakes = [f"m.csv:{line}: x.jpg cannot be fetched" for line in range(2, 2 + count)]
    log = [f"activepool: {line}" for line in first_lines(mistakes, "m.csv")]
    _, _, cause, _ = lines(run(Job("dataset").with_log("40 of 84 images", *log)))
    assert cause == f"  dataset.margin.log: m.csv:2: x.jpg cannot be fetched{more}"


def test_an_error_that_nobody_has_foreseen_is_the_last_line_of_its_traceback():
    job = Job("train").with_log(failures.TRACEBACK, '  File "a.py"', "ValueError: no such thing", "")
    heading, _, cause, _ = lines(run(job))
    assert heading == "1 job failed:"
    assert cause == "  train.margin.log: ValueError: no such thing"


def test_a_killed_job_and_one_that_did_not_start_say_so():
    killed, unstarted = (
        Job("finetune").with_log("epoch 1 of 9: loss 2.3"),
        Job("train").with_log("activepool: old"),
    )
    os.utime(unstarted.log[0], (0, 0))
    _, _, first, _, second, _ = lines(run(killed, unstarted))
    assert first == (
        "  finetune.margin.log: names no error; "
        "the job was killed, was not submitted, or ran out of memory or time"
    )
    assert second.startswith("  train.margin.log: not written in this run; the job did not start")


def test_the_reason_of_the_cluster_stands_where_a_log_names_no_error():
    empty, unstarted, clear = (
        Job("finetune").with_log(),
        Job("score"),
        Job("train").with_log("activepool: bad"),
    )
    reasons = {1: "the status is TIMEOUT", 2: "sbatch failed", 3: "sbatch failed"}
    _, _, first, _, second, _, third, _ = lines(run(empty, unstarted, clear), reasons=reasons)
    assert first == "  finetune.margin.log: names no error; the status is TIMEOUT"
    assert second == "  score.margin.log: not written in this run; sbatch failed"
    assert third == "  train.margin.log: bad"


def test_of_a_group_the_jobs_with_errors_are_named():
    good, bad, after = (
        Job("select").with_log("picked 10"),
        Job("train").with_log("activepool: bad"),
        Job("score"),
    )
    heading, job, *_ = lines(run(Group(good, bad, after), depending={good: [bad], bad: [after]}))
    assert heading == "1 job failed, and 1 more could not run without it:"
    assert job == "train: margin, seed 0, round 1"


def test_of_a_group_without_errors_all_jobs_are_named():
    assert lines(run(Group(Job("select"), Job("train"))))[0] == "2 jobs failed:"


def test_of_many_failures_the_first_are_listed():
    jobs = [Job("train", f"s{number:02d}").with_log("activepool: bad") for number in range(23)]
    printed = lines(run(*jobs))
    assert printed[0] == "23 jobs failed:"
    assert len(printed) == 1 + 2 * 20 + 2
    assert printed[-2] == "and 3 others"


def test_a_run_within_another_leaves_the_command_to_that_one(monkeypatch):
    monkeypatch.setenv(OUTER_RUN, "host-1")
    assert not any("to go on" in line for line in lines(run(Job("train").with_log("activepool: bad"))))


@pytest.mark.parametrize("workflow", [run(executor_error=OSError()), run(Job("verify", None))])
def test_nothing_is_reported_twice(workflow):
    assert lines(workflow) == []


def test_a_run_that_was_stopped_says_that_the_same_command_continues():
    stopped, bad = Job("train").with_log("activepool: interrupted"), Job("score").with_log("activepool: bad")
    assert lines(run()) == lines(run(stopped)) == ["interrupted; the same command continues"]
    assert lines(run(stopped, bad))[0] == "2 jobs failed:"


@pytest.mark.parametrize("failed", [0, 1])
def test_a_stopped_run_calls_no_job_failed(capsys, process_end, failed):
    handler = logging.StreamHandler(sys.stdout)
    handler.name = "DefaultStreamHandler"
    logger.addHandler(handler)
    announce_failures(run(*[Job("train").with_log("activepool: bad")] * failed), lambda failed: (), {})
    logger.error("WorkflowError:\nAt least one job did not complete successfully.")
    assert capsys.readouterr().out.count("At least one job did not") == failed
    assert ("activepool: interrupted; the same command continues" in process_end()) == (not failed)


@pytest.mark.parametrize(
    ("targets", "shown"), [({"verify"}, 0), ({"paper_figures", "verify"}, 0), ({"verify", "all"}, 1), ((), 1)]
)
def test_rules_that_say_what_they_found_have_the_last_word(capsys, targets, shown):
    handler = logging.StreamHandler(sys.stdout)
    handler.name = "DefaultStreamHandler"
    logger.addHandler(handler)
    try:
        failures.filter_errors(targets)
        logger.error("RuleException:\nCalledProcessError in file")
        logger.error("Exiting because a job execution failed")
        logger.error("MissingRuleException:")
    finally:
        logger.removeHandler(handler)
    printed = capsys.readouterr().out
    assert printed.count("Exiting because") == shown
    assert "CalledProcessError" not in printed
    assert "MissingRuleException" in printed


@pytest.mark.parametrize(("quiet", "times"), [((), 1), ((Quietness.RULES,), 1), ((Quietness.ALL,), 0)])
def test_the_summary_comes_at_the_end_unless_all_is_quiet(capsys, process_end, quiet, times):
    announce_failures(run(Job("train").with_log("activepool: bad"), quiet=quiet), lambda failed: (), {})
    assert capsys.readouterr().err == ""
    printed = process_end()
    head = ["", "activepool: 1 job failed:", "activepool: train: margin, seed 0, round 1"]
    assert printed.splitlines()[:3] == head * times
    assert printed.count("activepool: 1 job failed:") == times


def test_ctrl_c_outside_of_jobs_prints_one_line_and_no_last_lines_of_a_success(
    capsys, monkeypatch, process_end
):
    others = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: others.append(error))
    announce_interruption(["/bin/pytest"])
    announce_interruption(["/bin/snakemake", "figures"])
    print_after_success(lambda: ["results/trial/curves.csv"])
    sys.excepthook(ValueError, ValueError("wrong"), None)
    assert capsys.readouterr().err == "" and [kind for kind, *_ in others] == [ValueError]
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "\nactivepool: interrupted; the same command continues\n"
    assert process_end() == "" and len(others) == 1
