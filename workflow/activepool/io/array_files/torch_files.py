"""Files of torch.save: a tensor, or tensors and lists by name; mapped. No code in a file is run."""

import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activepool.errors import InputError, importing, one_line
from activepool.io.array_files.array_file import ArrayFile, StoredArray, is_plain, report_damage

if TYPE_CHECKING:
    import torch

#: What the file should be.
REMEDY = "save tensors, by torch.from_numpy(array), and lists of names, by array.tolist()"


def open_torch(path: Path) -> ArrayFile:
    """Open a file of torch.save; raises InputError if it is damaged, or holds other objects than tensors."""
    with importing("torch", f"{path}: reading it needs"):
        import torch
    with report_damage(f"{path}:"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's warnings about other forms of pickle
        try:
            is_mapped = zipfile.is_zipfile(path)
            content = torch.load(str(path), map_location="cpu", weights_only=True, mmap=is_mapped)
        except pickle.UnpicklingError as error:
            raise InputError(f"{path}: {object_problem(error)}; {REMEDY}") from None
    values = dict(_flatten("", content))
    unreadable = [name for name, value in values.items() if isinstance(value, list) and not is_plain(value)]
    if len(unreadable) == len(values):
        raise InputError(f"{path}: holds no tensor but {type(content).__name__}; {REMEDY}")
    shapes = {
        name: tuple(getattr(value, "shape", (len(value),)))
        for name, value in values.items()
        if name not in unreadable
    }

    def find(name: str) -> StoredArray:
        return _stored_array(f"{path}: {name}".rstrip(": "), values[name])

    return ArrayFile(path, shapes, find, unreadable=unreadable, others=set(_others("", content)))


def object_problem(error: pickle.UnpicklingError) -> str:
    """Return which objects a file holds that torch does not read, for a message."""
    match = re.search(r"GLOBAL (\S+)", str(error))
    content = f"the object {match[1]}" if match else "a pickle that torch.save did not write"
    return f"holds {content}, and objects can run code when they are read"


def _flatten(name: str, value: Any) -> "list[tuple[str, torch.Tensor | list[Any]]]":
    import torch

    if isinstance(value, torch.Tensor):
        return [(name, value)]
    if isinstance(value, Mapping):
        pairs = [(f"{name}/{key}".lstrip("/"), inner) for key, inner in value.items()]
        return [item for pair in pairs for item in _flatten(*pair)]
    return [(name, list(value))] if name and isinstance(value, list | tuple) else []


def _others(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str | Mapping):
        yield name
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _others(f"{name}/{key}".lstrip("/"), inner)


def _stored_array(name: str, value: "torch.Tensor | list[Any]") -> StoredArray:
    import torch

    if isinstance(value, list):
        return StoredArray.from_list(name, value)
    tensor = value.detach()
    if tensor.dtype == torch.bfloat16:  # which NumPy does not have
        shape, dtype = tuple(tensor.shape), np.dtype(np.float32)
        return StoredArray(name, shape, dtype, lambda rows: np.asarray(tensor[rows].float().numpy()))
    try:
        return StoredArray.from_array(name, tensor.numpy())
    except (TypeError, RuntimeError) as error:
        raise InputError(f"{name}: is not a plain tensor ({one_line(error)}); save it as float32") from error
