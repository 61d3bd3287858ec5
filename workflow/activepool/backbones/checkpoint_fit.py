"""Whether the tensors of a checkpoint are the weights of a backbone, and in what words they are not.

Nothing here imports torch: a tensor is anything that has a shape.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat

#: How many keys a message shows of each kind.
SHOWN = 5

#: Batch normalisation counts batches under this name: no feature depends on it, and old files have none.
COUNTER = "num_batches_tracked"

#: Tensors by name.
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """How the tensors of a file lie on the weights of a backbone.

    Attributes:
        sources: for each weight that is there in its shape, the key in the file; counters among them.
        missing: weights that the file does not have.
        wrong_shape: weights that it has in another shape, each with both shapes.
        left_over: keys of the encoder that are no weight and may not be left over.
    """

    sources: dict[str, str]
    missing: list[str]
    wrong_shape: list[str]
    left_over: list[str]

    @property
    def is_complete(self) -> bool:
        """Whether every weight is there, and nothing else."""
        return not (self.missing or self.wrong_shape or self.left_over)

    @property
    def matched(self) -> int:
        """How many weights are there; counters are none."""
        return sum(not name.endswith(COUNTER) for name in self.sources)


def state_dict_of(content: Any, form: CheckpointFormat) -> dict[str, Any]:
    """Return the tensors by key in what a checkpoint holds; none if it has no state dict where it should."""
    for entry in form.inside:
        if isinstance(content, Mapping) and isinstance(content.get(entry), Mapping):
            content = content[entry]
    if not isinstance(content, Mapping):
        return {}
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
    for key in found:
        name = form.name(key, prefix)
        if name in wanted and name not in names:
            names[name] = key
        elif name is not None and not (name.endswith(COUNTER) or form.may_be_left_over(name)):
            left_over.append(key)
    wrong_shape = {
        name: f"{name} {tuple(found[key].shape)} instead of {tuple(wanted[name].shape)}"
        for name, key in names.items()
        if tuple(found[key].shape) != tuple(wanted[name].shape)
    }
    return Fit(
        sources={name: key for name, key in names.items() if name not in wrong_shape},
        missing=[name for name in wanted if name not in names and not name.endswith(COUNTER)],
        wrong_shape=list(wrong_shape.values()),
        left_over=left_over,
    )


def misfit(content: Any, wanted: Tensors, form: CheckpointFormat) -> str:
    """Say in one line what is wrong with a checkpoint that does not fit, and what would be right.

    Args:
        content: what the file holds.
        wanted, form: see `fit`.
    """
    fitting = [name for name, other in FORMATS.items() if _fits(content, wanted, other)]
    remedy = f"; format: {fitting[0]} would match all of them" if fitting else ""
    found = state_dict_of(content, form)
    if not found:
        entries = _some(map(str, content)) if isinstance(content, Mapping) else type(content).__name__
        places = ", ".join(form.inside)
        where = f"neither in {places} nor at its top" if places else "as there should be at its top"
        remedy = remedy or "; the key backbone.keys.inside says where it is"
        return f"there is no state dict, {where} (it holds: {entries or 'nothing'}){remedy}"
    best = fit(found, wanted, form)
    total = sum(not name.endswith(COUNTER) for name in wanted)
    used = set(best.sources.values())
    unused = [key for key in found if key not in used and not key.endswith(COUNTER)]
    parts = {
        "missing": _some(_with_nearest(best.missing[:SHOWN], unused), len(best.missing)),
        "of another shape": _some(best.wrong_shape),
        "left over": _some(best.left_over),
    }
    if all(form.name(key, prefix) is None for prefix in form.prefix for key in found):
        parts[f"no key begins with {' or '.join(form.prefix)}, the keys are"] = _some(found)
    listed = "; ".join(f"{kind}: {keys}" for kind, keys in parts.items() if keys)
    return (
        f"{best.matched} of the backbone's {total} weights match, and all must ({listed})"
        f"{remedy or '; the key backbone.keys can rename them'}"
    )


def unusable(found: Tensors, wanted: Tensors, sources: Mapping[str, str]) -> str | None:
    """Say which of the tensors that are to be weights is of a form that is none, or return None.

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
    return None


def _fits(content: Any, wanted: Tensors, form: CheckpointFormat) -> bool:
    return fit(state_dict_of(content, form), wanted, form).is_complete


def _with_nearest(names: Iterable[str], candidates: list[str]) -> Iterable[str]:
    for name in names:
        # A prefix is the usual difference, and may be longer than the name.
        endings = [key for key in candidates if key.endswith(f".{name}")]
        near = endings or difflib.get_close_matches(name, candidates, n=1)
        yield f"{name} (nearest: {near[0]})" if near else name


def _some(keys: Iterable[str], total: int | None = None) -> str:
    keys = list(keys)
    total = total or len(keys)
    more = f" and {total - SHOWN} more" if total > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
