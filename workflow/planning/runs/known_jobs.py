"""What is done while Snakemake finds the jobs of a run, or of a dry run, and before the first job."""

from collections.abc import Callable
from typing import Any

from activepool.errors import InputError
from activepool.programs.messages import print_notices


def call_with_jobs(
    workflow: Any, after: Callable[[], None] = lambda: None, before: Callable[[], None] = lambda: None
) -> None:
    """Have Snakemake call ``before`` just before it finds the jobs, and ``after`` once it has found them.

    It calls no public hook in a dry run, nor if there is nothing to be done.
    """
    build = workflow._build_dag

    def build_dag() -> None:
        before()
        build()
        after()

    workflow._build_dag = build_dag


def compare_all_records(workflow: Any) -> None:
    """Have Snakemake compare a job with its records although one of its outputs was never made.

    If no other job needs that output, such as the sgd.csv that one solver writes, Snakemake otherwise takes
    the others as up to date, whatever their settings are.
    """

    def has_metadata(job: Any) -> bool:
        return not job.output or any(workflow.persistence.metadata(path) is not None for path in job.output)

    def replace() -> None:
        workflow.persistence.has_metadata = has_metadata

    call_with_jobs(workflow, before=replace)


def rewritten_files(workflow: Any) -> list[str]:
    """Return the files that the jobs of a run write."""
    return [str(path) for job in workflow.dag.needrun_jobs() for path in job.output]


def foresee_mistakes(workflow: Any, check: Callable[[], None]) -> None:
    """In a dry run, print why a run would stop before its first job, if ``check`` raises InputError."""

    def foresee() -> None:
        if not workflow.dryrun:
            return
        try:
            check()
        except InputError as error:
            print_notices([f"a run would stop before its first job: {error}"])

    call_with_jobs(workflow, foresee)
