"""What a run hands on to its jobs: they may start elsewhere, in another environment, and after an edit."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from activepool.compute.kernels import choosing, keep_choosing
from activepool.data.samples import IMAGES_FOLDER
from activepool.errors import InputError
from activepool.records.planned_code import LISTINGS, PLANNED, entry_of
from activepool.records.process_locks import JOBS_FOLDER, own_name
from planning.runs.lock import WITHIN, jobs_folder
from planning.stages.code import write_listings

#: The environment variable that names those which choose kernels, as they were set where the run began.
CHOSEN = "ACTIVEPOOL_KERNELS"

#: Where the files of each digest of code are listed, in the folder of a run.
CODE = Path(".snakemake/activepool/code")


def shell_prefix(workflow: Any, checkout: Path, images: str | None) -> str:
    """Return the start of each job's shell: the checkout's library on the path, this Python before others.

    With ``--software-deployment-method conda`` the Python is conda's. Jobs also learn where to register
    (see planning.runs.lock), where their code is listed (see activepool.records.planned_code), and where
    ``images`` lie now.
    """
    library = shlex.quote(str(checkout / "workflow"))
    jobs = shlex.quote(str(jobs_folder()))
    prefix = f"export PYTHONUTF8=1 PYTHONPATH={library} {JOBS_FOLDER}={jobs} {WITHIN}={own_name()}; "
    prefix += f"export {LISTINGS}={CODE}; "
    if images is not None:
        prefix += f"export {IMAGES_FOLDER}={shlex.quote(images)}; "
    if not workflow.deployment_settings.deployment_method:
        prefix += f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
    return with_doubled_braces(prefix)


def with_doubled_braces(text: str) -> str:
    """Return ``text`` as Snakemake must be given what it formats, so that it comes out as it was."""
    return text.replace("{", "{{").replace("}", "}}")


def pass_kernels_on(workflow: Any) -> None:
    """Have Snakemake give its jobs the environment variables that choose kernels, and the list of them."""
    os.environ.pop(PLANNED, None)  # of a run around this one
    names = list(choosing(os.environ))
    os.environ[CHOSEN] = " ".join(names)
    workflow.register_envvars(CHOSEN, *names)


def adopt_kernels() -> None:
    """Leave in the environment of a job those variables that choose kernels which its run handed on.

    Raises: InputError if it was handed nothing.
    """
    if CHOSEN not in os.environ:
        raise InputError(
            f"this job was started without {CHOSEN}, by which its run says on which kernels to compute; "
            "have the executor hand on the variables that Snakemake declares"
        )
    keep_choosing(os.environ[CHOSEN].split())


def write_planned_code(workflow: Any, provenance: Callable[..., dict[str, str]]) -> None:
    """Write down the code of each planned job; its stage compares it (see `activepool.records.planned_code`).

    Where jobs get their own copy of the sources, as in pods, nobody can edit it, and no list is handed on.

    Args:
        workflow: Snakemake's.
        provenance: see `planning.stages.arguments.StageArguments.provenance`.
    """
    planned = {
        entry_of(provenance(parameter, job.wildcards))
        for job in workflow.dag.needrun_jobs()
        for parameter in job.rule.params
        if hasattr(parameter, "stage")
    }
    os.environ[PLANNED] = ";".join(sorted(planned))
    if "sources" in map(str, workflow.storage_settings.shared_fs_usage):
        workflow.register_envvars(PLANNED)
    write_listings(CODE)
