"""Reading of a checkpoint, without running code in it."""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy
import torch
from numpy._core.multiarray import scalar
from safetensors.torch import load_file

from activepool.backbones.checkpoint_files import damaged_entry, file_problem, is_safetensors
from activepool.errors import InputError
from activepool.io.array_files.torch_files import object_problem

# Plain values that projects store beside their weights: DINO its arguments, and NumPy's numbers.
_PLAIN_VALUES: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    argparse.Namespace,
    numpy.dtype,
    *(type(numpy.dtype(kind)) for kind in ("float64", "float32", "int64", "bool")),
    # Files from before NumPy 2 name this function by its old module.
    scalar,
    (scalar, "numpy.core.multiarray.scalar"),
]


def read_checkpoint(path: str | Path) -> Any:
    """Return the content of a checkpoint, on the CPU: for safetensors, a dictionary of tensors.

    Raises: InputError if it cannot be read, or contains objects that could run code.
    """
    path = Path(path)
    problem = file_problem(path)
    if problem:
        raise InputError(f"{path}: not a readable checkpoint: it {problem}")
    try:
        if is_safetensors(path):
            return load_file(path)
        if entry := damaged_entry(path):
            raise InputError(
                f"{path}: not a readable checkpoint: it is damaged: its entry {entry} does not match "
                "its checksum; copy or download it again"
            )
        # torch treats a path with the suffix .safetensors as such a file, whatever its content.
        with (
            torch.serialization.safe_globals(_PLAIN_VALUES),
            warnings.catch_warnings(),
            path.open("rb") as file,
        ):
            warnings.simplefilter("ignore")  # torch's warnings about other forms of pickle
            return torch.load(file, map_location="cpu", weights_only=True)
    except InputError:
        raise
    # A damaged file makes the readers raise nearly any error (OSError, RuntimeError, KeyError, ...).
    except Exception as error:
        raise InputError(f"{path}: not a readable checkpoint: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnpicklingError):
        return f"it {object_problem(error)}; save only the tensors: torch.save(network.state_dict(), ...)"
    lines = str(error).splitlines()
    return f"it is damaged ({lines[0] if lines else type(error).__name__})"
