"""The message about a checkpoint that does not fit a backbone, with a remedy.

The message suggests a format or keys only after checking that all weights then fit.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product, takewhile
from typing import Any

from activepool.backbones.checkpoint_fit import (
    COUNTERS,
    Fit,
    ShapePair,
    Tensors,
    fit,
    state_dict_of,
    tensors_in,
)
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat, bare_key
from activepool.backbones.registers import REGISTERS, TIMM_REGISTERS
from activepool.errors import MAX_NAMES, first_few

#: What a wrong first layer of a ResNet says: activepool's have two, see activepool.backbones.networks.
FIRST_LAYER = "conv1.weight"
FIRST_LAYERS: Mapping[ShapePair, str] = {
    ((64, 3, 7, 7), (64, 3, 3, 3)): "the file has the first layer for large images; use image_size above 64, "
    "or the architecture of torchvision",
    ((64, 3, 3, 3), (64, 3, 7, 7)): "the file has the first layer for small images; use image_size up to 64",
}

#: Depth of nested mappings in which to look for state dicts; VISSL's lie four deep.
MAX_DEPTH = 4


def misfit_message(content: Any, weights: Tensors, form: CheckpointFormat) -> str:
    """Return one line: what is wrong with a checkpoint that does not fit, and what would be right."""
    remedy = _tested_remedy(content, weights, form)
    tensors = state_dict_of(content, form)
    if not tensors:
        entries = first_few(content) if isinstance(content, Mapping) else type(content).__name__
        places = ", ".join(form.inside)
        where = f"neither in {places} nor at its top" if places else "as there should be at its top"
        remedy = remedy or ("the key backbone.keys.inside says where it is" if state_dicts(content) else "")
        return f"there is no state dict, {where} (it holds: {entries or 'nothing'}){_remedy_clause(remedy)}"
    match = fit(tensors, weights, form)
    total = sum(not name.endswith(COUNTERS) for name in weights)
    matched_keys = {*match.sources.values(), *chain.from_iterable(match.ambiguous)}
    unmatched_keys = [key for key in tensors if key not in matched_keys and not key.endswith(COUNTERS)]
    missing = list(_names_with_nearest(match.missing[:MAX_NAMES], unmatched_keys))
    problems = {
        "missing": first_few(missing, total=len(match.missing)),
        "of another shape": first_few(
            f"{name} {shape} instead of {expected}" for name, (shape, expected) in match.wrong_shape.items()
        ),
        "left over": first_few(match.left_over),
        "of the same weight": first_few(" and ".join(keys) for keys in match.ambiguous),
    }
    if all(form.name(key, prefix) is None for prefix in form.prefix for key in tensors):
        problems[f"no key begins with {' or '.join(form.prefix)}, the keys are"] = first_few(tensors)
    summary = "; ".join(f"{kind}: {keys}" for kind, keys in problems.items() if keys)
    remedy = remedy or _possible_remedy(match, tensors, weights, form, unmatched_keys)
    count = f"{match.matched} of the backbone's {total} weights match, and all must"
    return f"{count} ({summary}){_remedy_clause(remedy)}"


def _tested_remedy(content: Any, weights: Tensors, form: CheckpointFormat) -> str:
    """Return a format or keys with which all weights fit; empty if there is none."""
    for name, candidate in FORMATS.items():
        if fit(state_dict_of(content, candidate), weights, candidate).is_complete:
            return f"format: {name} would match all of them"
    key_texts = list(dict.fromkeys(map(_as_yaml, _fitting_keys(content, weights, form))))
    # Such as those of a student and of its teacher: only a person can tell which is meant.
    return f"keys: {' or '.join(key_texts[:MAX_NAMES])} would match all of them" if key_texts else ""


def _fitting_keys(content: Any, weights: Tensors, form: CheckpointFormat) -> Iterator[dict[str, Any]]:
    """Yield the section ``keys`` of each place in a file whose weights all fit."""
    for inside, tensors in state_dicts(content).items():
        for prefix in _prefixes(tensors, weights):
            for base in (form, *FORMATS.values()):
                keys = _keys(tensors, weights, base, inside, prefix)
                candidate = CheckpointFormat(**keys)
                if fit(state_dict_of(content, candidate), weights, candidate).is_complete:
                    yield keys
                    break


def state_dicts(content: Any, inside: tuple[str, ...] = ()) -> dict[tuple[str, ...], Tensors]:
    """Return all mappings of tensors by name, by the entries that lead to them, the outermost first."""
    if not isinstance(content, Mapping):
        return {}
    tensors = tensors_in(content)
    dicts: dict[tuple[str, ...], Tensors] = {inside: tensors} if tensors else {}
    for entry, value in content.items() if len(inside) < MAX_DEPTH else ():
        if isinstance(entry, str):
            dicts |= state_dicts(value, (*inside, entry))
    return dicts


def _prefixes(tensors: Tensors, weights: Tensors) -> Iterable[str]:
    """Return the prefixes of the first weight's name in the keys of a file."""
    weight = next((bare_key(name) for name in weights if not name.endswith(COUNTERS)), None)
    if weight is None:
        return []
    keys = (bare_key(key) for key in tensors)
    prefixes = (key.removesuffix(weight) for key in keys if key == weight or key.endswith(f".{weight}"))
    return dict.fromkeys(prefixes)


def _keys(
    tensors: Tensors, weights: Tensors, base: CheckpointFormat, inside: tuple[str, ...], prefix: str
) -> dict[str, Any]:
    """Return the section ``keys`` that reads a file with a prefix, and otherwise like a format."""
    plain = CheckpointFormat(prefix=prefix, renamed=base.renamed)
    weight_names = {bare_key(name) for name in weights}
    unmatched = [
        name for key in tensors if (name := plain.name(key, prefix)) is not None and name not in weight_names
    ]
    skipped = [
        beginning
        for beginning in base.skipped
        if any(map(CheckpointFormat(skipped=(beginning,)).may_be_left_over, unmatched))
    ]
    names = [bare_key(key).removeprefix(prefix) for key in tensors]
    renamed = {
        beginning: replacement
        for beginning, replacement in base.renamed.items()
        if any(name.startswith(beginning) for name in names)
    }
    entries = [] if inside in ((), ("state_dict",), ("model",), ("state_dict", "model")) else list(inside)
    section = {"inside": entries, "prefix": prefix, "skipped": skipped, "renamed": renamed}
    return {key: value for key, value in section.items() if value}


def _possible_remedy(
    match: Fit, tensors: Tensors, weights: Tensors, form: CheckpointFormat, unmatched_keys: list[str]
) -> str:
    """Return what may help if no format or keys were found."""
    if match.ambiguous:
        return _choice(match, tensors, weights, form)
    if any(key.endswith((REGISTERS, TIMM_REGISTERS)) for key in match.left_over):
        return (
            "the weights are of a network with registers, which its features need; in timm its name has reg4"
        )
    if match.wrong_shape:
        return _shape_remedy(match.wrong_shape)
    if not match.missing and (blocks := _further_blocks(match)):
        return f"{first_few(blocks)} seem to be further blocks: the file belongs to a deeper architecture"
    if not match.missing:
        return "if the features do not need the keys that are left over, backbone.keys.skipped ignores them"
    missing_shapes = Counter(tuple(weights[name].shape) for name in match.missing)
    if missing_shapes <= Counter(tuple(tensors[key].shape) for key in unmatched_keys):
        return "the key backbone.keys can rename them"
    return "the file has no other weights of the missing shapes: it belongs to another architecture"


def _shape_remedy(wrong_shape: Mapping[str, ShapePair]) -> str:
    """Return what may help against wrong shapes; if only one is wrong, the reason may be known."""
    (name, shapes), *others = wrong_shape.items()
    if not others:
        if name == FIRST_LAYER and shapes in FIRST_LAYERS:
            return FIRST_LAYERS[shapes]
        if channels := _channels_remedy(*shapes):
            return channels
    return "weights of another shape belong to another architecture, or to another image_size"


def _channels_remedy(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Return what helps if these are shapes of convolutions of grey and of colour images; "" if not."""
    if not len(shape) == len(expected) == 4 or {shape[1], expected[1]} != {1, 3}:
        return ""
    channels, side = shape[1:3]
    remedy = f"a function of your own as architecture can ask for channels={channels}, "
    remedy += "to which images are converted"
    if (channels, side) == (3, 7):
        remedy = "the architecture of torchvision converts grey images"
    wanted = "colour images (3 channels), but here they are grey (1)"
    if channels == 1:
        wanted = "grey images (1 channel), but here they have colours (3)"
    return f"the weights are for {wanted}; {remedy}"


def _choice(match: Fit, tensors: Tensors, weights: Tensors, form: CheckpointFormat) -> str:
    """Return the keys that choose among several of one weight, and what they read."""
    names = match.ambiguous[0]
    parts = [name.split(".") for name in names]
    endings = zip(*map(reversed, parts), strict=False)
    num_shared = sum(1 for _ in takewhile(lambda ending: len(set(ending)) == 1, endings))
    beginnings = ["".join(f"{part}." for part in name[: len(name) - num_shared]) for name in parts]
    choices = {}
    for prefix, beginning in product(form.prefix, filter(None, beginnings)):
        section = _keys(tensors, weights, form, form.inside, prefix)
        changes = {"prefix": beginning + prefix}, {"skipped": [*section.get("skipped", []), beginning]}
        for change in changes:
            chosen = fit(tensors, weights, CheckpointFormat(**section | change))
            read = [name for name in names if name in chosen.sources.values()]
            if chosen.is_complete:
                choices[read[0]] = f"keys: {_as_yaml(section | change)} reads {read[0]}"
    return "; ".join(choices.values()) or "backbone.keys.skipped can leave out one of them"


def _further_blocks(match: Fit) -> list[str]:
    """Return the blocks among the keys left over that continue a numbered series of the network's blocks.

    Such as layer1.2 beside layer1.0 and layer1.1, which has a part of the same name as these.
    """
    known = {block for key in match.sources.values() for block in _blocks(key)}
    numbers = {block[:2] for block in known}
    parts = {(series, part) for series, _, part in known}
    return list(
        dict.fromkeys(
            series + number
            for key in match.left_over
            for series, number, part in _blocks(key)
            if (series, part) in parts and (series, number) not in numbers
        )
    )


def _blocks(key: str) -> Iterator[tuple[str, str, str]]:
    """Yield each numbered block of a key: what precedes its number, the number, and what follows."""
    for number in re.finditer(r"(?<=\.)\d+(?=\.)|\A\d+(?=\.)", key):
        yield key[: number.start()], number[0], key[number.end() :]


def _as_yaml(value: Any) -> str:
    """Return keys as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_yaml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return _as_yaml(value[0]) if len(value) == 1 else f"[{', '.join(map(_as_yaml, value))}]"
    return value if re.fullmatch(r"[A-Za-z_][\w./-]*", value) else f'"{value}"'


def _remedy_clause(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""


def _names_with_nearest(names: Iterable[str], candidates: list[str]) -> Iterator[str]:
    for name in names:
        # The usual difference is a prefix, which may be longer than the name.
        endings = [key for key in candidates if key.endswith(f".{name}")]
        nearest = endings or difflib.get_close_matches(name, candidates, n=1)
        yield f"{name} (nearest: {nearest[0]})" if nearest else name
