"""An experiment made small, to be tried before the data or the time for it are there.

``scale: 0.01`` takes a hundredth of pool, budget and epochs. ``stand_in: digits`` takes scikit-learn's
handwritten digits and a small network in place of the experiment's data and backbone. Results of either have
folders of their own; experiments whose data become the same share dataset, pretraining and features.
"""

from typing import Any

from activepool.api.options import validate_options
from activepool.errors import InputError
from activepool.strategies.registry import find_strategy

#: What is multiplied by ``scale``, by section; at least 1 stays.
SCALED = {
    "": ("budget",),
    "initial": ("size",),
    "head": ("epochs", "patience", "step_size"),
    "pretrain": ("epochs", "warmup_epochs"),
    "features": ("shards",),
}

#: What stands in for the data and the backbone of an experiment.
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
    """Return a configuration with the effect of ``stand_in`` and ``scale``, and without these keys.

    Raises: InputError if one of them has a value that it cannot have.
    """
    raw = dict(raw)
    stand_in, scale = raw.pop("stand_in", None), raw.pop("scale", 1)
    if stand_in is not None:
        raw = _with_stand_in(raw, stand_in)
    return _scaled(raw, _checked_scale(scale), subset=stand_in is None)


def _checked_scale(given: Any) -> float:
    try:
        scale = float(given)
    except (TypeError, ValueError):
        scale = 0.0
    if not 0 < scale <= 1:
        raise InputError(f"scale: must be a number above 0 and at most 1 (given: {given!r})")
    return scale


def _with_stand_in(raw: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in STAND_INS:
        raise InputError(f"stand_in: must be {' or '.join(STAND_INS)} (given: {name!r})")
    stand_in = STAND_INS[name]
    dataset = dict(stand_in["dataset"])
    if imbalance := _section(raw, "dataset").get("imbalance"):
        dataset["imbalance"] = imbalance
    changed = {key: stand_in[key] for key in ("backbone", "pretrain")} | {"dataset": dataset}
    for key in ("head", "features"):
        if "augmentation" in _section(raw, key):
            changed[key] = {**raw[key], "augmentation": stand_in["augmentation"]}
    if features := _section(raw, "features"):
        changed["features"] = {**features, **changed.get("features", {}), "shards": stand_in["shards"]}
    if isinstance(strategies := raw.get("strategies"), list):
        changed["strategies"] = [_with_options(one, stand_in["options"]) for one in strategies]
    # Features with views and without are two files.
    views = features.get("views", 0)
    dataset["name"] = f"stand_in_{_dataset_name(dataset)}" + (f"_views{views}" if views else "")
    return raw | changed | {"experiment": f"{raw.get('experiment')}_{name}"}


def _with_options(strategy: Any, options: dict[str, dict[str, Any]]) -> Any:
    """Return an entry of ``strategies`` with other options; ``options`` has them by the strategy's name."""
    entry = strategy if isinstance(strategy, dict) else {"strategy": strategy}
    changed = options.get(str(entry.get("strategy")))
    return {**entry, **changed} if changed else strategy


def _with_fewer_epochs(strategy: Any, scale: float) -> Any:
    """Return an entry of ``strategies``, with fewer epochs if it is one that trains."""
    entry = strategy if isinstance(strategy, dict) else {"strategy": strategy}
    try:
        declared = find_strategy(str(entry.get("strategy")))
    except InputError:  # told by the checks that follow
        return strategy
    given = {key: value for key, value in entry.items() if key not in ("strategy", "name")}
    epochs = validate_options(declared, given)[0].get("epochs")
    return {**entry, "epochs": max(1, round(epochs * scale))} if _is_count(epochs) else strategy


def _scaled(raw: dict[str, Any], scale: float, subset: bool) -> dict[str, Any]:
    if scale == 1:
        return raw
    scaled = dict(raw)
    for section, keys in SCALED.items():
        values = _section(raw, section) if section else raw
        found = {key: max(1, round(values[key] * scale)) for key in keys if _is_count(values.get(key))}
        scaled |= {section: {**values, **found}} if section and found else found
    pretrain = _section(scaled, "pretrain")
    if _is_count(epochs := pretrain.get("epochs")) and _is_count(
        warmup := pretrain.get("warmup_epochs", epochs // 10)
    ):
        scaled["pretrain"] = {**pretrain, "warmup_epochs": min(warmup, epochs - 1)}
    if isinstance(strategies := raw.get("strategies"), list):
        scaled["strategies"] = [_with_fewer_epochs(one, scale) for one in strategies]
    dataset = _section(raw, "dataset")
    suffix = f"scale{scale:g}"
    fraction = {"fraction": scale} if subset else {}
    scaled["dataset"] = {**dataset, **fraction, "name": f"{_dataset_name(dataset)}_{suffix}"}
    return scaled | {"experiment": f"{raw.get('experiment')}_{suffix}"}


def _dataset_name(dataset: dict[str, Any]) -> str:
    """Return the name that a dataset is given, or has by its kind and imbalance."""
    imbalance = _section(dataset, "imbalance")
    thinned = f"_{imbalance.get('kind')}{imbalance.get('factor')}" if imbalance else ""
    return str(dataset.get("name") or f"{dataset.get('kind')}{thinned}")


def _section(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a section; one that is missing or no mapping is the concern of the checks that follow."""
    section = raw.get(key)
    return dict(section) if isinstance(section, dict) else {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
