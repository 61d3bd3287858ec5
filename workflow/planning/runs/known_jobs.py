"""What is done once Snakemake has found the jobs of a run, or of a dry run, and before the first job."""

from collections.abc import Callable
from typing import Any

from activepool.errors import InputError
from activepool.programs.messages import print_notices


def call_with_jobs(workflow: Any, action: Callable[[], None]) -> None:
    """Have Snakemake call ``action`` once it has found the jobs.

    It calls no public hook in a dry run, nor if there is nothing to be done.
    """
    build = workflow._build_dag

    def build_dag() -> None:
        build()
        action()

    workflow._build_dag = build_dag


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
