"""torch tensors as features: on a CPU as they are, elsewhere copied block by block. This imports no torch."""

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

if TYPE_CHECKING:
    from torch import Tensor


def is_tensor(values: Any) -> bool:
    """Return whether ``values`` is a torch tensor; without torch there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(values, torch.Tensor)


def cuda_device(values: Any) -> str | None:
    """Return the name of the GPU on which a tensor is; None for anything else."""
    return str(values.device) if is_tensor(values) and values.is_cuda else None


def numpy_of(tensor: "Tensor") -> np.ndarray:
    """Return a tensor's values; on a CPU nothing is copied, except for types that NumPy does not know.

    Raises TypeError or RuntimeError if it is not a dense tensor.
    """
    values = tensor.detach().cpu().resolve_conj().resolve_neg()
    return (values.float() if _is_unknown_to_numpy(values) else values).numpy()


def tensor_matrix(tensor: "Tensor") -> FeatureMatrix:
    """Return a tensor (N, d) as features."""
    if tensor.device.type == "cpu" and not _is_unknown_to_numpy(tensor):
        return FeatureMatrix.from_array(numpy_of(tensor))
    values = tensor.detach()

    def gather(rows: IntArray) -> FloatArray:
        return numpy_of(values[rows.tolist()])

    def read(runs: list[slice]) -> FloatArray:
        return np.concatenate([numpy_of(values[run]) for run in runs])

    return FeatureMatrix(tuple(values.shape), gather, read)


def tensor_problem(tensor: "Tensor") -> str | None:
    """Return what a tensor is that cannot be read as features; None if it can."""
    if str(tensor.layout) != "torch.strided":
        return f"tensor of layout {tensor.layout}"
    if tensor.is_quantized or tensor.is_complex():
        return f"tensor of {tensor.dtype}"
    return "tensor without data" if tensor.is_meta else None


def _is_unknown_to_numpy(tensor: "Tensor") -> bool:
    return str(tensor.dtype).startswith(("torch.bfloat16", "torch.float8"))
