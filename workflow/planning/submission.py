"""What a run hands on to its jobs, which a scheduler starts elsewhere, in another environment and later."""

import os
from typing import Any

from activepool.errors import InputError
from activepool.kernels import choosing, keep_choosing

#: The environment variable that names those which choose kernels, as they were set where the run began.
CHOSEN = "ACTIVEPOOL_KERNELS"


def hand_on(workflow: Any) -> None:
    """Have Snakemake give its jobs the environment variables that choose kernels, and the list of them."""
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
