"""What a run passes to its jobs, which may start on other hosts and after an edit of the code."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from activepool.compute.kernels import keep_kernel_variables, kernel_variables
from activepool.data.samples import IMAGES_FOLDER
from activepool.errors import InputError
from activepool.programs import servers
from activepool.programs.servers import Kind
from activepool.programs.start import SERVERS
from activepool.records.planned_code import LISTINGS, PLANNED, entry_of
from activepool.records.process_locks import JOBS_FOLDER, process_name
from planning.runs.lock import OUTER_RUN, jobs_folder
from planning.stages.digests import write_listings

#: The environment variable that lists the kernel-choosing variables of the run.
KERNEL_VARIABLES = "ACTIVEPOOL_KERNELS"

#: Where the files behind each digest of code are listed, relative to the working directory.
CODE = Path(".snakemake/activepool/code")


def shell_prefix(workflow: Any, checkout: Path, images: str | None) -> str:
    """Return the first commands of each job's shell: they put the library and this Python on the paths.

    With ``--software-deployment-method conda`` the job uses conda's Python. The variables also say where the
    job announces itself (see planning.runs.lock), where its code is listed (see
    activepool.records.planned_code), and in which folder ``images`` are.
    """
    variables = _of_python(checkout) | {
        JOBS_FOLDER: str(jobs_folder()),
        OUTER_RUN: process_name(),
        LISTINGS: str(CODE),
    }
    if images is not None:
        variables[IMAGES_FOLDER] = images
    prefix = f"export {' '.join(f'{name}={shlex.quote(value)}' for name, value in variables.items())}; "
    if not workflow.deployment_settings.deployment_method:
        prefix += f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
    return with_doubled_braces(prefix)


def _of_python(checkout: Path) -> dict[str, str]:
    """Return the variables by which the Python of a job finds the library, and reads text.

    No module of Python is taken from the working folder, where users have files such as ``random.py``.
    """
    return {"PYTHONUTF8": "1", "PYTHONSAFEPATH": "1", "PYTHONPATH": str(checkout / "workflow")}


def start_servers(workflow: Any, checkout: Path) -> None:
    """Start the servers of the planned stages, if their jobs run here, with this Python."""
    os.environ.pop(SERVERS, None)  # the settings of an outer run
    if workflow.local_exec and not workflow.deployment_settings.deployment_method:
        planned = {f"activepool.stages.{parameter.stage}" for parameter, _ in _planned(workflow)}
        if kinds := [kind for kind in KINDS if planned.intersection(kind.stages)]:
            servers.start(_of_python(checkout), kinds)


def with_doubled_braces(text: str) -> str:
    """Return a text that Snakemake's formatting turns into ``text``."""
    return text.replace("{", "{{").replace("}", "}}")


def pass_kernels_on(workflow: Any) -> None:
    """Make Snakemake pass the kernel-choosing environment variables, and a list of them, to its jobs."""
    os.environ.pop(PLANNED, None)  # the outer run's
    names = list(kernel_variables(os.environ))
    os.environ[KERNEL_VARIABLES] = " ".join(names)
    workflow.register_envvars(KERNEL_VARIABLES, *names)


def adopt_kernels() -> None:
    """Remove all kernel-choosing variables from the environment of a job except those of its run.

    Raises: InputError if the run passed on no list of them.
    """
    if KERNEL_VARIABLES not in os.environ:
        raise InputError(
            f"this job was started without {KERNEL_VARIABLES}, which names the variables that select "
            "kernels; make the executor pass on the variables that Snakemake declares"
        )
    keep_kernel_variables(os.environ[KERNEL_VARIABLES].split())


def write_planned_code(workflow: Any, provenance: Callable[..., dict[str, str]]) -> None:
    """Record the code of each planned job, for its stage to compare (see `activepool.records.planned_code`).

    Jobs with their own copy of the sources, as in pods, get no record: nobody can edit their copy.
    """
    planned = {entry_of(provenance(parameter, wildcards)) for parameter, wildcards in _planned(workflow)}
    os.environ[PLANNED] = ";".join(sorted(planned))
    if "sources" in map(str, workflow.storage_settings.shared_fs_usage):
        workflow.register_envvars(PLANNED)
    write_listings(CODE)


def _planned(workflow: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the recorded params of the stage of each planned job, and the job's wildcards."""
    for job in workflow.dag.needrun_jobs():
        for parameter in job.rule.params:
            if hasattr(parameter, "stage"):
                yield parameter, job.wildcards


def _kind(stages: str, imports: str) -> Kind:
    return Kind(
        tuple(f"activepool.stages.{name}" for name in stages.split()),
        tuple(f"activepool.{name}" for name in imports.split()),
    )


#: Stages that run often, by what they import. The others start processes of their own.
KINDS = (
    _kind(
        "extract full_pool gather gather_scores initial_labelled prepare score select select_initial train"
        " validation",
        "programs.running programs.round_query data.label_file evaluation.round_metrics features.image_round"
        " features.store heads.lbfgs scores.nearest scores.pool_scorer"
        " strategies.registry strategies.checked_selection",
    ),
    _kind(
        "curves selections table", "programs.running figures.results evaluation.comparisons figures.registry"
    ),
    _kind(
        "contact_sheet costs feature_map figure pretraining_figure",
        "programs.running figures.results figures.export figures.classes figures.contact_sheet",
    ),
    _kind(
        "candidates export_model export_predictions label_errors photographs pool_features pool_vectors"
        " predict propose send status train_labelled training_labels",
        "programs.running api.heads heads.cross_validation features.store labelling.batches.near_duplicates"
        " labelling.batches.sending labelling.batches.sheet labelling.models.held_out"
        " labelling.models.predictions labelling.models.training_set labelling.pool.table"
        " labelling.status.page ledger.book strategies.checked_selection strategies.registry",
    ),
)
