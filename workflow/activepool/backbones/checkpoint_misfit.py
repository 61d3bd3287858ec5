"""The message of a checkpoint that does not fit a backbone, with a remedy.

The message suggests a format or keys only after trying that all weights then fit.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from activepool.backbones.checkpoint_fit import COUNTERS, Fit, Tensors, fit, state_dict_of, tensors_in
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat, bare_key
from activepool.errors import MAX_NAMES, first_few

#: Depth of nested mappings in which to look for state dicts; VISSL's lie four deep.
MAX_DEPTH = 4


def misfit(content: Any, wanted: Tensors, form: CheckpointFormat) -> str:
    """Return one line: what is wrong with a checkpoint that does not fit, and what would be right."""
    remedy = _tried_remedy(content, wanted, form)
    found = state_dict_of(content, form)
    if not found:
        entries = first_few(content) if isinstance(content, Mapping) else type(content).__name__
        places = ", ".join(form.inside)
        where = f"neither in {places} nor at its top" if places else "as there should be at its top"
        remedy = remedy or ("the key backbone.keys.inside says where it is" if state_dicts(content) else "")
        return f"there is no state dict, {where} (it holds: {entries or 'nothing'}){_added(remedy)}"
    best = fit(found, wanted, form)
    total = sum(not name.endswith(COUNTERS) for name in wanted)
    used = set(best.sources.values())
    unused = [key for key in found if key not in used and not key.endswith(COUNTERS)]
    missing = list(_with_nearest(best.missing[:MAX_NAMES], unused))
    parts = {
        "missing": first_few(missing, total=len(best.missing)),
        "of another shape": first_few(best.wrong_shape),
        "left over": first_few(best.left_over),
    }
    if all(form.name(key, prefix) is None for prefix in form.prefix for key in found):
        parts[f"no key begins with {' or '.join(form.prefix)}, the keys are"] = first_few(found)
    listed = "; ".join(f"{kind}: {keys}" for kind, keys in parts.items() if keys)
    remedy = remedy or _possible_remedy(best, found, wanted, unused)
    return f"{best.matched} of the backbone's {total} weights match, and all must ({listed}){_added(remedy)}"


def _tried_remedy(content: Any, wanted: Tensors, form: CheckpointFormat) -> str:
    """Return a format or keys with which all weights fit; empty if there is none."""
    for name, other in FORMATS.items():
        if fit(state_dict_of(content, other), wanted, other).is_complete:
            return f"format: {name} would match all of them"
    fitting = list(dict.fromkeys(map(_written, _fitting_keys(content, wanted, form))))
    # Such as those of a student and of its teacher: only a person can tell which is meant.
    return f"keys: {' or '.join(fitting[:MAX_NAMES])} would match all of them" if fitting else ""


def _fitting_keys(content: Any, wanted: Tensors, form: CheckpointFormat) -> Iterator[dict[str, Any]]:
    """Yield the section ``keys`` of each place in a file whose weights all fit."""
    for inside, found in state_dicts(content).items():
        for prefix in _prefixes(found, wanted):
            for base in (form, *FORMATS.values()):
                keys = _keys(found, wanted, base, inside, prefix)
                tried = CheckpointFormat(**keys)
                if fit(state_dict_of(content, tried), wanted, tried).is_complete:
                    yield keys
                    break


def state_dicts(content: Any, inside: tuple[str, ...] = ()) -> dict[tuple[str, ...], Tensors]:
    """Return all mappings of tensors by name, by the entries that lead to them, the outermost first."""
    if not isinstance(content, Mapping):
        return {}
    tensors = tensors_in(content)
    found: dict[tuple[str, ...], Tensors] = {inside: tensors} if tensors else {}
    for entry, value in content.items() if len(inside) < MAX_DEPTH else ():
        if isinstance(entry, str):
            found |= state_dicts(value, (*inside, entry))
    return found


def _prefixes(found: Tensors, wanted: Tensors) -> Iterable[str]:
    """Return the prefixes of the first weight's name in the keys of a file."""
    first = next((bare_key(name) for name in wanted if not name.endswith(COUNTERS)), None)
    if first is None:
        return []
    keys = (bare_key(key) for key in found)
    prefixes = (key.removesuffix(first) for key in keys if key == first or key.endswith(f".{first}"))
    return dict.fromkeys(prefixes)


def _keys(
    found: Tensors, wanted: Tensors, base: CheckpointFormat, inside: tuple[str, ...], prefix: str
) -> dict[str, Any]:
    """Return the section ``keys`` that reads a file with a prefix, and otherwise like a format."""
    plain = CheckpointFormat(prefix=prefix, renamed=base.renamed)
    own = {bare_key(name) for name in wanted}
    left = [name for key in found if (name := plain.name(key, prefix)) is not None and name not in own]
    skipped = [
        beginning
        for beginning in base.skipped
        if any(map(CheckpointFormat(skipped=(beginning,)).may_be_left_over, left))
    ]
    starts = [bare_key(key).removeprefix(prefix) for key in found]
    renamed = {old: new for old, new in base.renamed.items() if any(key.startswith(old) for key in starts)}
    opened = [] if inside in ((), ("state_dict",), ("model",), ("state_dict", "model")) else list(inside)
    given = {"inside": opened, "prefix": prefix, "skipped": skipped, "renamed": renamed}
    return {key: value for key, value in given.items() if value}


def _possible_remedy(best: Fit, found: Tensors, wanted: Tensors, unused: list[str]) -> str:
    """Return what may help if no format or keys were found."""
    if best.wrong_shape:
        return "weights of another shape belong to another architecture, or to another image_size"
    if not best.missing:
        return "if the features do not need the keys that are left over, backbone.keys.skipped ignores them"
    missing = Counter(tuple(wanted[name].shape) for name in best.missing)
    if missing <= Counter(tuple(found[key].shape) for key in unused):
        return "the key backbone.keys can rename them"
    return "the file has no other weights of the missing shapes: it belongs to another architecture"


def _written(value: Any) -> str:
    """Return keys as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return _written(value[0]) if len(value) == 1 else f"[{', '.join(map(_written, value))}]"
    return value if re.fullmatch(r"[A-Za-z_][\w./-]*", value) else f'"{value}"'


def _added(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""


def _with_nearest(names: Iterable[str], candidates: list[str]) -> Iterator[str]:
    for name in names:
        # The usual difference is a prefix, which may be longer than the name.
        endings = [key for key in candidates if key.endswith(f".{name}")]
        near = endings or difflib.get_close_matches(name, candidates, n=1)
        yield f"{name} (nearest: {near[0]})" if near else name
