"""What a run hands on to its jobs: they may start elsewhere, in another environment, and after an edit."""

import json
import os
from pathlib import Path
from typing import Any

from activepool.compute.kernels import choosing, keep_choosing
from activepool.errors import InputError
from activepool.records.planned_code import PLANNED, entry_of
from planning.digests import write_listings

#: The environment variable that names those which choose kernels, as they were set where the run began.
CHOSEN = "ACTIVEPOOL_KERNELS"

#: Where the files of each digest of code are listed, in the folder of a run.
CODE = Path(".snakemake/activepool/code")


def hand_on(workflow: Any) -> None:
    """Have Snakemake give its jobs the environment variables that choose kernels, and the list of them."""
    os.environ.pop(PLANNED, None)  # of a run around this one
    names = list(choosing(os.environ))
    os.environ[CHOSEN] = " ".join(names)
    workflow.register_envvars(CHOSEN, *names)


def take_over() -> None:
    """Leave in the environment of a job those variables that choose kernels which its run handed on.

    Raises: InputError if it was handed nothing.
    """
    if CHOSEN not in os.environ:
        raise InputError(
            f"this job was started without {CHOSEN}, by which its run says on which kernels to compute; "
            "have the executor hand on the variables that Snakemake declares"
        )
    keep_choosing(os.environ[CHOSEN].split())


def hand_on_plan(workflow: Any) -> None:
    """Write down the code of each planned job; its stage compares it (see `activepool.records.planned_code`).

    Where jobs get their own copy of the sources, as in pods, nobody can edit it, and no list is handed on.
    """
    provenances = {_provenance(job) for job in workflow.dag.needrun_jobs()} - {None}
    os.environ[PLANNED] = ";".join(sorted({entry_of(json.loads(one)) for one in provenances}))
    if "sources" in map(str, workflow.storage_settings.shared_fs_usage):
        workflow.register_envvars(PLANNED)
    write_listings(CODE)


def _provenance(job: Any) -> str | None:
    """Return the provenance in a job's params; no others, some of which are found out when it starts."""
    found = job.rule.params.get("provenance")
    return found(job.wildcards) if callable(found) else found
