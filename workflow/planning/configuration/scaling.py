"""Small versions of an experiment, to try it without its data, or in less time.

``scale: 0.01`` uses a hundredth of the pool, budget and epochs. ``stand_in: digits`` replaces the data and
the backbone by scikit-learn's handwritten digits and a small network. Both rename the results. Experiments
whose data become the same share dataset, pretraining and features.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeGuard

from activepool.api.options import validate_options
from activepool.errors import InputError
from activepool.strategies.registry import find_strategy
from activepool.strategies.wrapping import wrapped_options
from planning.configuration.datasets import default_name
from planning.configuration.sections import MAX_COUNT, as_name

#: The keys that ``scale`` multiplies, by section; the result is at least 1.
SCALED = {
    "": ("budget",),
    "initial": ("size",),
    "head": ("epochs", "patience", "step_size"),
    "pretrain": ("epochs", "warmup_epochs"),
    "features": ("shards",),
}

#: Replacements for the data and the backbone of an experiment.
STAND_INS: dict[str, dict[str, Any]] = {
    "digits": {
        "dataset": {"kind": "digits"},
        "backbone": {"architecture": "small", "image_size": 8},
        "pretrain": {"method": "simclr", "epochs": 20, "batch_size": 128, "augmentation": "digits"},
        "shards": 1,
        "augmentation": "digits",
        "options": {"vaal": {"image_size": 16, "width": 8}},
    }
}


def made_small(raw: dict[str, Any]) -> dict[str, Any]:
    """Apply ``stand_in`` and ``scale``; return the configuration without these keys.

    Raises: InputError with a line for each of them that has an invalid value.
    """
    stand_in, scale = raw.get("stand_in"), _as_scale(raw.get("scale", 1))
    problems = []
    if stand_in is not None and stand_in not in list(STAND_INS):  # a name that is a list has no hash
        problems.append(f"stand_in: must be {' or '.join(STAND_INS)} (given: {stand_in!r})")
    if not 0 < scale <= 1:
        problems.append(f"scale: must be a number above 0 and at most 1 (given: {raw['scale']!r})")
    if problems:
        raise InputError(*problems)
    large = without_scaling(raw)
    return _scaled(
        large if stand_in is None else _with_stand_in(large, stand_in), scale, subset=stand_in is None
    )


def without_scaling(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without ``stand_in`` and ``scale``."""
    return {key: value for key, value in raw.items() if key not in ("stand_in", "scale")}


def _as_scale(value: Any) -> float:
    """Return a scale as a number; 0, which is not a valid scale, for anything else."""
    try:
        return 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return 0.0


def _with_stand_in(raw: dict[str, Any], name: str) -> dict[str, Any]:
    stand_in = STAND_INS[name]

    def small_options(entry: dict[str, Any]) -> dict[str, Any]:
        options: dict[str, Any] = stand_in["options"].get(entry["strategy"], {})
        has_augmentation = options and entry.get("augmentation")
        return options | ({"augmentation": stand_in["augmentation"]} if has_augmentation else {})

    dataset = dict(stand_in["dataset"])
    if imbalance := _section(raw, "dataset").get("imbalance"):
        dataset["imbalance"] = imbalance
    changed = {key: stand_in[key] for key in ("backbone", "pretrain")} | {"dataset": dataset}
    if _section(raw, "head").get("from_scratch"):
        del changed["pretrain"]
    for key in ("head", "features"):
        if "augmentation" in _section(raw, key):
            changed[key] = {**raw[key], "augmentation": stand_in["augmentation"]}
    if features := _section(raw, "features"):
        changed["features"] = {**features, **changed.get("features", {}), "shards": stand_in["shards"]}
    if isinstance(strategies := raw.get("strategies"), list):
        changed["strategies"] = [_with_options(entry, small_options) for entry in strategies]
    # Features with views and features without are different files.
    views = features.get("views", 0)
    dataset["name"] = f"stand_in_{_dataset_name(dataset)}" + (as_name(f"_views{views}") if views else "")
    return raw | changed | {"experiment": f"{raw.get('experiment')}_{name}"}


def _with_options(strategy: Any, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return an entry of ``strategies`` with ``changed`` options, its own and of the strategies within it."""
    entry = {"strategy": None, **strategy} if isinstance(strategy, dict) else {"strategy": strategy}
    try:
        wrapped = wrapped_options(find_strategy(str(entry["strategy"])))
    except InputError:  # the later checks report it
        return strategy
    change = partial(_with_options, changed=changed)
    for option in wrapped.keys() & entry.keys():
        value = entry[option]
        entry[option] = list(map(change, value)) if isinstance(value, list) else change(value)
    options = changed(entry)
    is_name = not isinstance(strategy, dict) or "strategy" not in strategy
    return strategy if is_name and not options else entry | options


def _fewer_epochs(entry: dict[str, Any], scale: float) -> dict[str, Any]:
    """Return fewer epochs of a strategy, if it has any; the steps of its schedule shrink with them."""
    options = {key: value for key, value in entry.items() if key not in ("strategy", "name")}
    epochs = validate_options(find_strategy(entry["strategy"]), options)[0].get("epochs")
    lengths = {"epochs": epochs, "step_size": options.get("step_size")}
    return {key: max(1, round(value * scale)) for key, value in lengths.items() if _is_count(value)}


def _scaled(raw: dict[str, Any], scale: float, subset: bool) -> dict[str, Any]:
    if scale == 1:
        return raw
    scaled = dict(raw)
    for section, keys in SCALED.items():
        values = _section(raw, section) if section else raw
        smaller = {key: max(1, round(values[key] * scale)) for key in keys if _is_count(values.get(key))}
        scaled |= {section: {**values, **smaller}} if section and smaller else smaller
    pretrain = _section(scaled, "pretrain")
    if _is_count(epochs := pretrain.get("epochs")) and _is_count(
        warmup := pretrain.get("warmup_epochs", epochs // 10)
    ):
        scaled["pretrain"] = {**pretrain, "warmup_epochs": min(warmup, epochs - 1)}
    if isinstance(strategies := raw.get("strategies"), list):
        fewer_epochs = partial(_fewer_epochs, scale=scale)
        scaled["strategies"] = [_with_options(entry, fewer_epochs) for entry in strategies]
    dataset = _section(raw, "dataset")
    suffix = f"scale{scale:g}"
    fraction = {"fraction": scale} if subset else {}
    scaled["dataset"] = {**dataset, **fraction, "name": f"{_dataset_name(dataset)}_{suffix}"}
    return scaled | {"experiment": f"{raw.get('experiment')}_{suffix}"}


def _dataset_name(dataset: dict[str, Any]) -> str:
    """Return the name of a dataset, by default from its kind, place and imbalance."""
    imbalance = _section(dataset, "imbalance")
    thinned = as_name(f"_{imbalance.get('kind')}{imbalance.get('factor')}") if imbalance else ""
    return str(dataset.get("name") or f"{default_name(dataset)}{thinned}")


def _section(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a section; {} if it is missing or not a mapping, which the later checks report."""
    section = raw.get(key)
    return dict(section) if isinstance(section, dict) else {}


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_COUNT
