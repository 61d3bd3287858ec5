"""The executor's messages about failed jobs are kept, also for groups of jobs."""

from types import SimpleNamespace

import pytest
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from planning.runs.failures import keep_reasons

SBATCH = "SLURM sbatch failed. The error message was 'sbatch: error: no account"


class Job:
    is_local = False

    def __init__(self, number):
        self.jobid = number

    def is_group(self):
        return False


class Group:
    is_local = False

    def __init__(self, *jobs):
        self.jobs = frozenset(jobs)

    def is_group(self):
        return True


class Executor:
    """An executor that can submit nothing, as that of the plugin for Slurm meets an error of its own."""

    def __init__(self, error):
        self.error, self.printed, self.failed = error, [], []

    def run_job(self, job):
        try:
            raise self.error
        except OSError as error:
            self.report_job_error(SubmittedJobInfo(job), msg=f"rule {job.rule.name}: {error}")

    def report_job_error(self, job_info, msg=None, **options):
        self.print_job_error(job_info, msg, **options)
        self.failed.append(job_info.job)

    def print_job_error(self, job_info, msg=None, **options):
        self.printed.append((job_info.job, msg, options))


def run_with_reasons(*jobs, error=None):
    """Return an executor whose reasons are kept, and these."""
    executor, reasons = Executor(error), {}
    scheduler = SimpleNamespace(get_executor=lambda job: executor)
    dag = SimpleNamespace(needrun_jobs=lambda: list(jobs))
    keep_reasons(SimpleNamespace(dag=dag, scheduler=scheduler), reasons)
    return executor, reasons


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            f"{SBATCH}\nsbatch: error: Batch job submission failed'.\n    sbatch call:\n        sbatch -x\n",
            f"{SBATCH} sbatch: error: Batch job submission failed'",
        ),
        ("Error submitting jobscript (exit code 1):\n", "Error submitting jobscript (exit code 1)"),
        (
            "SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. ",
            "SLURM-job '7' failed, SLURM status is: 'TIMEOUT'",
        ),
    ],
)
def test_the_reason_is_kept_in_one_line_for_a_job_and_for_each_job_of_a_group(message, reason):
    job, group = Job(1), Group(Job(2), Job(3))
    executor, reasons = run_with_reasons(job)
    executor.report_job_error(SubmittedJobInfo(job), msg=message, aux_logs=["a.log"])
    executor.report_job_error(SubmittedJobInfo(group), msg=message)
    assert reasons == dict.fromkeys((1, 2, 3), reason)
    assert executor.printed == [(job, message, {"aux_logs": ["a.log"]}), (group, message, {})]


def test_a_failure_without_a_reason_has_none():
    executor, reasons = run_with_reasons(Job(1))
    executor.report_job_error(SubmittedJobInfo(Job(1)))
    assert reasons == {}


def test_a_group_that_the_plugin_would_lose_has_failed():
    group = Group(Job(2), Job(3))
    executor, reasons = run_with_reasons(Job(2), error=OSError("sinfo: no permission"))
    executor.run_job(group)
    assert executor.failed == [group]
    assert reasons == dict.fromkeys((2, 3), "Job submission failed: sinfo: no permission")


def test_other_errors_stay_what_they_are():
    executor, _ = run_with_reasons(Job(1), error=AttributeError("an error of the plugin"))
    with pytest.raises(AttributeError, match="an error of the plugin"):
        executor.run_job(Job(1))


def test_a_run_without_jobs_to_submit_keeps_its_executor():
    local = SimpleNamespace(is_local=True)
    executor, _ = run_with_reasons(local)
    assert not vars(executor).keys() & {"run_job", "print_job_error"}
