"""Files of safetensors: rows are read from a map. Lists, in JSON in the metadata, are arrays, too."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from activepool.errors import InputError, importing
from activepool.io.array_files.array_file import ArrayFile, StoredArray, is_plain, report_damage
from activepool.io.files import RepeatedKeyError, distinct_keys

#: The types of safetensors, and what `StoredArray.read` returns.
TYPES = {
    **{f"F{bits}": f"f{bits // 8}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{"BOOL": "?", "C64": "c8", "BF16": "f4"},
}

#: A file begins with the length of its header, which is JSON.
LENGTH_BYTES = 8

#: NumPy does not have this type; torch converts it.
BF16 = "BF16"


def open_safetensors(path: Path) -> ArrayFile:
    """Open a file of safetensors; raises InputError if it is damaged."""
    with importing("safetensors", f"{path}: reading it needs"):
        from safetensors import safe_open
    resources = ExitStack()
    with report_damage(f"{path}:"):
        file = resources.enter_context(safe_open(path, "np"))
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        tensors = set(shapes)
        metadata = file.metadata() or {}
        lists = dict(_lists(metadata))
    _require_distinct_keys(path)
    shapes |= {key: (len(values),) for key, values in lists.items() if is_plain(values)}

    def find(name: str) -> StoredArray:
        label = f"{path}: {name}"
        if name in lists and name in tensors:
            raise InputError(
                f"{path}: has `{name}` as a tensor and in the metadata; keep the one that counts"
            )
        if name in lists:
            return StoredArray.from_list(label, lists[name])
        kind = file.get_slice(name).get_dtype()
        if kind not in TYPES:
            raise InputError(f"{label}: is {kind}; save it as F32")
        if kind == BF16:
            tensor = resources.enter_context(safe_open(path, "pt")).get_slice(name)
        else:
            tensor = file.get_slice(name)

        def read(rows: slice) -> np.ndarray:
            start, stop, _ = rows.indices(shapes[name][0])
            values = tensor[start:stop]  # safetensors takes no slice that ends beyond the last row
            return np.asarray(values.float() if kind == BF16 else values)

        return StoredArray(label, shapes[name], np.dtype(TYPES[kind]), read)

    unreadable, others = lists.keys() - shapes.keys(), metadata.keys() - lists.keys() - shapes.keys()
    return ArrayFile(path, shapes, find, resources, unreadable, others)


def _require_distinct_keys(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(int.from_bytes(file.read(LENGTH_BYTES), "little"))
    try:
        json.loads(header, object_pairs_hook=distinct_keys)
    except RepeatedKeyError as error:
        raise InputError(f"{path}: its header {error}") from None


def _lists(metadata: Mapping[str, str]) -> Iterator[tuple[str, list[Any]]]:
    for key, text in metadata.items():
        with suppress(ValueError, RecursionError):
            values = json.loads(text)
            if isinstance(values, list):
                yield key, values
