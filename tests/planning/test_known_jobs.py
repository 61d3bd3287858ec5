"""What is done between the graph of jobs and the first job."""

from types import SimpleNamespace

import pytest

from activepool.errors import InputError
from planning.runs.known_jobs import call_with_jobs, foresee_mistakes, rewritten_files


def stop():
    raise InputError("9 labels would stay unused")


@pytest.fixture
def workflow():
    """A workflow that finds two jobs when its graph is built."""

    def build():
        jobs = [SimpleNamespace(output=["a", "b"]), SimpleNamespace(output=["c"])]
        built.dag = SimpleNamespace(needrun_jobs=lambda: jobs)

    built = SimpleNamespace(_build_dag=build, dryrun=True)
    return built


def test_actions_are_called_in_order_when_the_jobs_are_known(workflow):
    calls = []
    call_with_jobs(workflow, lambda: calls.append(rewritten_files(workflow)))
    call_with_jobs(workflow, lambda: calls.append("second"))
    assert calls == []
    workflow._build_dag()
    assert calls == [["a", "b", "c"], "second"]


def test_a_dry_run_prints_why_a_run_would_stop(workflow, capsys):
    foresee_mistakes(workflow, stop)
    workflow._build_dag()
    line = "activepool: notice: a run would stop before its first job: 9 labels would stay unused\n"
    assert capsys.readouterr().err == line


def test_a_run_stops_by_itself(workflow, capsys):
    workflow.dryrun = False
    foresee_mistakes(workflow, stop)
    workflow._build_dag()
    assert capsys.readouterr().err == ""
