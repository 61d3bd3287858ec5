"""The executor's messages about jobs that failed, or that it could not submit to a cluster."""

from itertools import takewhile
from typing import Any

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo


def keep_reasons(workflow: Any, reasons: dict[int, str]) -> None:
    """From now on, keep the executor's messages about failed jobs, such as the output of sbatch.

    Snakemake does not show it if ``quiet: rules`` holds, and drops it for a group of jobs.

    Args:
        workflow: Snakemake's, before its first job.
        reasons: gets the reasons, in one line each, by the number of the job.
    """
    submitted = next((job for job in workflow.dag.needrun_jobs() if not job.is_local), None)
    if submitted is None:
        return
    executor = workflow.scheduler.get_executor(submitted)
    print_job_error, run_job = executor.print_job_error, executor.run_job

    def keep(job_info: SubmittedJobInfo, msg: str | None = None, **more: Any) -> None:
        job: Any = job_info.job
        if reason := _in_one_line(msg or ""):
            reasons.update((member.jobid, reason) for member in (job.jobs if job.is_group() else [job]))
        print_job_error(job_info, msg, **more)

    def submit(job: Any) -> None:
        try:
            run_job(job)
        except AttributeError as error:
            # If the plugin for Slurm cannot submit a job, it prints the job's rule. A group has none, and the
            # plugin loses the error in a thread of its own: the run would wait for the group without end.
            if not job.is_group():
                raise
            cause = error.__context__ or error
            executor.report_job_error(SubmittedJobInfo(job), msg=f"Job submission failed: {cause}")

    executor.print_job_error, executor.run_job = keep, submit


def _in_one_line(message: str) -> str:
    """Return the message of an executor in one line, without the call and the script that follow it."""
    lines = takewhile(lambda line: not line.startswith("    "), message.splitlines())
    return " ".join(" ".join(lines).split()).rstrip(" .:")
