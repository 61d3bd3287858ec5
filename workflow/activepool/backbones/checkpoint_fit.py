"""Matching of the tensors of a checkpoint with the weights of a backbone.

This module does not import torch: a tensor is anything that has a shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activepool.backbones.checkpoint_formats import CheckpointFormat, bare_key
from activepool.backbones.position_tables import can_interpolate

#: Counters: of batches in batch normalisation, and of steps in an average of weights. No feature depends on
#: them, and old files have none.
COUNTERS = ("num_batches_tracked", "n_averaged")

#: The types of weights that are read; those of 8 bits need scales that lie elsewhere.
FLOATS = ("torch.float16", "torch.bfloat16", "torch.float32", "torch.float64")

#: The shape that a file has, and that of the network.
ShapePair = tuple[tuple[int, ...], tuple[int, ...]]

#: Tensors by name.
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """A match of the tensors of a file with the weights of a backbone.

    Attributes:
        sources: for each weight that the file has in the right shape, its key; includes counters.
        interpolated: the position tables among these that are for images of another size.
        missing, wrong_shape: weights that the file lacks, or has in another shape, with both shapes.
        left_over: keys of the encoder that match no weight and may not be left over.
        ambiguous: the keys of each weight that has several, none of which is chosen, without counters.
    """

    sources: dict[str, str]
    interpolated: list[str]
    missing: list[str]
    wrong_shape: dict[str, ShapePair]
    left_over: list[str]
    ambiguous: list[list[str]]

    @property
    def is_complete(self) -> bool:
        """Whether the file has every weight, and nothing else."""
        return not (self.missing or self.wrong_shape or self.left_over or self.ambiguous)

    @property
    def is_exact(self) -> bool:
        """Whether it is complete and needs no interpolation."""
        return self.is_complete and not self.interpolated

    @property
    def matched(self) -> int:
        """The number of weights that the file has, without counters."""
        return sum(not name.endswith(COUNTERS) for name in self.sources)


def state_dict_of(content: Any, form: CheckpointFormat) -> dict[str, Any]:
    """Return the tensors of a checkpoint by key; empty if it has no state dict where the format says."""
    for entry in form.inside:
        if isinstance(content, Mapping) and isinstance(content.get(entry), Mapping):
            content = content[entry]
    return tensors_in(content) if isinstance(content, Mapping) else {}


def tensors_in(content: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the tensors in a mapping by name."""
    return {key: value for key, value in content.items() if isinstance(key, str) and hasattr(value, "shape")}


def fit(tensors: Tensors, weights: Tensors, form: CheckpointFormat) -> Fit:
    """Match the ``tensors`` of a file with the ``weights`` of a backbone, by the prefix that fits best."""
    fits = [_fit_prefix(tensors, weights, form, prefix) for prefix in form.prefix]
    return max(fits, key=lambda match: (match.is_complete, match.matched))


def _fit_prefix(tensors: Tensors, weights: Tensors, form: CheckpointFormat, prefix: str) -> Fit:
    candidates: dict[str, list[str]] = {}
    left_over = []
    # The names in the backbone may also be those of a wrapper.
    full_names = {bare_key(name): name for name in weights}
    for key in tensors:
        name = form.name(key, prefix)
        if name in full_names:
            candidates.setdefault(full_names[name], []).append(key)
        elif name is not None and not (name.endswith(COUNTERS) or form.may_be_left_over(name)):
            left_over.append(key)
    chosen = {name: form.chosen(keys, prefix) for name, keys in candidates.items()}
    keys = {name: first for name, (first, *_) in chosen.items()}
    shapes = {name: (tuple(tensors[key].shape), tuple(weights[name].shape)) for name, key in keys.items()}
    differing = {name: pair for name, pair in shapes.items() if pair[0] != pair[1]}
    interpolated = [name for name, pair in differing.items() if can_interpolate(name, *pair)]
    wrong_shape = {name: pair for name, pair in differing.items() if name not in interpolated}
    return Fit(
        sources={name: key for name, key in keys.items() if name not in wrong_shape},
        interpolated=interpolated,
        missing=[name for name in weights if name not in keys and not name.endswith(COUNTERS)],
        wrong_shape=wrong_shape,
        left_over=left_over,
        ambiguous=[
            several for name, several in chosen.items() if len(several) > 1 and not name.endswith(COUNTERS)
        ],
    )


def unusable_tensor(tensors: Tensors, weights: Tensors, sources: Mapping[str, str]) -> str | None:
    """Return which tensor cannot serve as a weight, because of its form or its values; None if all can.

    ``sources`` has the key in the file of each weight.
    """
    for name, key in sources.items():
        tensor = tensors[key]
        forms = {
            "sparse": tensor.is_sparse,
            "quantized": tensor.is_quantized,
            "without values": tensor.is_meta,
        }
        if weights[name].dtype.is_floating_point:
            forms[f"of {tensor.dtype}"] = str(tensor.dtype) not in FLOATS
        reasons = [form for form, is_true in forms.items() if is_true]
        if reasons:
            return f"{key} is {' and '.join(reasons)}; save it as a dense tensor of float32"
        # A network may well have infinite values of its own, in masks.
        values = tensor.to(weights[name].dtype)  # to which loading converts it
        has_nan = values.isnan().any()
        if has_nan or (values.isinf().any() and weights[name].isfinite().all()):
            cause = "the training that wrote it had diverged"
            if not has_nan and str(tensor.dtype) == "torch.float16":
                cause += ", or its values exceed 65,504, where float16 ends: save it as float32"
            return f"{key} holds NaN or infinite values; {cause}"
    return None
