"""Whether the tensors of a checkpoint are the weights of a backbone.

Nothing here imports torch: a tensor is anything that has a shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activepool.backbones.checkpoint_formats import CheckpointFormat, bare
from activepool.backbones.position_tables import serves

#: Batch normalisation counts batches under the first name, an average of weights its steps under the second:
#: no feature depends on them, and old files have none.
COUNTERS = ("num_batches_tracked", "n_averaged")

#: Tensors by name.
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """How the tensors of a file lie on the weights of a backbone.

    Attributes:
        sources: for each weight that is there in its shape, the key in the file; counters among them.
        interpolated: of these, the tables of positions that are there for an image of another size.
        missing: weights that the file does not have.
        wrong_shape: weights that it has in another shape, each with both shapes.
        left_over: keys of the encoder that are no weight and may not be left over.
    """

    sources: dict[str, str]
    interpolated: list[str]
    missing: list[str]
    wrong_shape: list[str]
    left_over: list[str]

    @property
    def is_complete(self) -> bool:
        """Whether every weight is there, and nothing else."""
        return not (self.missing or self.wrong_shape or self.left_over)

    @property
    def is_exact(self) -> bool:
        """Whether each is there as it is to be."""
        return self.is_complete and not self.interpolated

    @property
    def matched(self) -> int:
        """How many weights are there; counters are none."""
        return sum(not name.endswith(COUNTERS) for name in self.sources)


def state_dict_of(content: Any, form: CheckpointFormat) -> dict[str, Any]:
    """Return the tensors by key in what a checkpoint holds; none if it has no state dict where it should."""
    for entry in form.inside:
        if isinstance(content, Mapping) and isinstance(content.get(entry), Mapping):
            content = content[entry]
    return tensors_in(content) if isinstance(content, Mapping) else {}


def tensors_in(content: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a mapping holds of tensors by name."""
    return {key: value for key, value in content.items() if isinstance(key, str) and hasattr(value, "shape")}


def fit(found: Tensors, wanted: Tensors, form: CheckpointFormat) -> Fit:
    """Lay the tensors of a state dict on those of a backbone; of several prefixes take the best.

    Args:
        found: the tensors of the file, by key.
        wanted: the backbone's own, by name.
        form: how the file names them.
    """
    fits = [_fit_prefix(found, wanted, form, prefix) for prefix in form.prefix]
    return max(fits, key=lambda one: (one.is_complete, one.matched))


def _fit_prefix(found: Tensors, wanted: Tensors, form: CheckpointFormat, prefix: str) -> Fit:
    names: dict[str, str] = {}
    left_over = []
    # The backbone's own names may be those of a wrapper, too.
    own = {bare(name): name for name in wanted}
    for key in found:
        name = form.name(key, prefix)
        if name in own and own[name] not in names:
            names[own[name]] = key
        elif name is not None and not (name.endswith(COUNTERS) or form.may_be_left_over(name)):
            left_over.append(key)
    shapes = {name: (tuple(found[key].shape), tuple(wanted[name].shape)) for name, key in names.items()}
    differing = {name: both for name, both in shapes.items() if both[0] != both[1]}
    interpolated = [name for name, both in differing.items() if serves(name, *both)]
    wrong_shape = {
        name: f"{name} {given} instead of {needed}"
        for name, (given, needed) in differing.items()
        if name not in interpolated
    }
    return Fit(
        sources={name: key for name, key in names.items() if name not in wrong_shape},
        interpolated=interpolated,
        missing=[name for name in wanted if name not in names and not name.endswith(COUNTERS)],
        wrong_shape=list(wrong_shape.values()),
        left_over=left_over,
    )


def unusable(found: Tensors, wanted: Tensors, sources: Mapping[str, str]) -> str | None:
    """Say which of the tensors that are to be weights has a form that is none, or holds NaN; or return None.

    Args:
        found, wanted: see `fit`.
        sources: for each weight, the key in the file.
    """
    for name, key in sources.items():
        tensor = found[key]
        forms = {
            "sparse": tensor.is_sparse,
            "quantized": tensor.is_quantized,
            "without values": tensor.is_meta,
        }
        if wanted[name].dtype.is_floating_point:
            forms[f"of {tensor.dtype}"] = not tensor.dtype.is_floating_point
        wrong = [form for form, is_so in forms.items() if is_so]
        if wrong:
            return f"{key} is {' and '.join(wrong)}; save it as a dense tensor of floats"
        if tensor.isnan().any():
            return f"{key} holds values that are no numbers (NaN); the training that wrote it had diverged"
    return None
