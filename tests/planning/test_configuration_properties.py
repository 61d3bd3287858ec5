"""A valid configuration survives a round trip; a message about an invalid one names its key."""

import copy

import jsonschema
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from activepool.backbones.checkpoint_formats import FORMATS
from activepool.errors import InputError
from planning.configuration.loading import load
from planning.configuration.schema import configuration_schema
from planning.configuration.sections import RESERVED_NAMES

VALIDATOR = jsonschema.Draft202012Validator(configuration_schema())

quickly = settings(derandomize=True, deadline=None, max_examples=60)

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True).filter(
    lambda name: name.casefold() not in RESERVED_NAMES and not name.casefold().startswith("initial_")
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
COUNTS = st.integers(1, 10**6)
FEW = st.integers(1, 100_000)
JOBS = st.integers(1, 10_000)
SEEDS = st.integers(0, 10**12)
FRACTIONS = st.floats(0, 1, exclude_min=True, exclude_max=True)
POSITIVE = st.floats(0, 1e6, exclude_min=True)
NOT_NEGATIVE = st.floats(0, 1e6)
TRUTH = st.booleans()


def one_of(*values):
    return st.sampled_from(values)


def section(required=None, **optional):
    """Return a section with all of the required keys and some of the others."""
    return st.fixed_dictionaries(required or {}, optional=optional)


IMBALANCE = section({"kind": one_of("exp", "step"), "factor": st.floats(0, 1, exclude_min=True)}, seed=SEEDS)


def dataset(kind, required=None, **optional):
    shared = {"name": NAMES, "imbalance": IMBALANCE, "annotations": TEXTS, "fraction": FRACTIONS}
    return section({"kind": one_of(*kind.split()), **(required or {})}, **shared, **optional)


ROOT, UNREADABLE = {"root": TEXTS}, {"on_unreadable": one_of("stop", "skip")}
DATASETS = st.one_of(
    dataset("digits"),
    dataset("cifar10 cifar100", ROOT, download=TRUTH),
    dataset("imagenet", ROOT, **UNREADABLE),
    dataset("imagenet_lt", {**ROOT, "train_list": TEXTS, "test_list": TEXTS}, **UNREADABLE),
    dataset("folder", ROOT, test_fraction=FRACTIONS, **UNREADABLE),
    dataset("manifest", {"path": TEXTS}, root=TEXTS, test_fraction=FRACTIONS, **UNREADABLE),
    dataset("embeddings", {"path": TEXTS}, labels=TEXTS, test_features=TEXTS, test_fraction=FRACTIONS),
)
BACKBONES = section(
    architecture=one_of("small", "resnet50", "identity", "torchvision:vit_b_16", "timm:x.y", "a/b.py:mine"),
    name=NAMES,
    image_size=COUNTS,
    checkpoint=TEXTS,
    format=one_of(*FORMATS),
    normalisation=one_of("imagenet", "cifar10"),
    keys=section(inside=st.lists(TEXTS, max_size=2), prefix=TEXTS, renamed=st.dictionaries(TEXTS, TEXTS)),
)
EPOCHS = st.integers(20, 1000)
OPTIMIZATION = {
    "warmup_epochs": st.integers(0, 19),
    "optimizer": one_of("adamw", "lars", "sgd"),
    "learning_rate": POSITIVE,
    "weight_decay": NOT_NEGATIVE,
    "temperature": POSITIVE,
    "seed": SEEDS,
    "threads": COUNTS,
}
PRETRAINING = st.one_of(
    section({"epochs": EPOCHS}, method=one_of("simclr"), **OPTIMIZATION),
    section(
        {"method": one_of("moco_v2"), "epochs": EPOCHS, "batch_size": one_of(16, 64, 256)},
        batch_norm_groups=one_of(1, 2, 4, 8),
        queue=st.integers(256, 2**17),
        key_momentum=st.floats(0, 1, exclude_max=True),
        **OPTIMIZATION,
    ),
)
SGD = {
    "class_weights": TRUTH,
    "learning_rate": POSITIVE,
    "momentum": st.floats(0, 1, exclude_max=True),
    "weight_decay": NOT_NEGATIVE,
    "schedule": one_of("step", "cosine"),
    "epochs": COUNTS,
    "batch_size": COUNTS,
}
HEADS = st.one_of(
    section({"solver": one_of("sgd")}, **SGD),
    section({"solver": one_of("finetune")}, freeze_batch_norm=TRUTH, augmentation=one_of("crop"), **SGD),
    section(
        solver=one_of("lbfgs"),
        weight_decays=POSITIVE | st.lists(POSITIVE, min_size=1, max_size=4),
        max_iterations=COUNTS,
        tolerance=POSITIVE,
    ),
)
OWN_OPTIONS = st.one_of(
    section({"strategy": one_of("random", "margin", "base", "coreset", "badge", "balancing")}),
    section({"strategy": one_of("cluster_margin")}, margin_factor=COUNTS, clusters=COUNTS, leaves=COUNTS),
    section({"strategy": one_of("margin_clustering")}, clusters=COUNTS, subset=st.none() | COUNTS),
    section(
        {"strategy": one_of("partitioned"), "wraps": one_of("coreset", "badge")},
        partitions=COUNTS,
        subset_labelled=SEEDS,
    ),
    section({"strategy": one_of("power"), "of": one_of("margin", "mase")}, beta=POSITIVE),
    section(
        {
            "strategy": one_of("schedule"),
            "first": section({"strategy": one_of("cluster_margin")}, leaves=COUNTS),
            "rounds": COUNTS,
            "then": one_of("random", "badge"),
        }
    ),
    section(
        {"strategy": one_of("vaal")}, image_size=one_of(16, 64), beta=NOT_NEGATIVE, learning_rate=POSITIVE
    ),
)
NAMED = st.tuples(OWN_OPTIONS, NAMES).map(lambda pair: {**pair[0], "name": pair[1]})
STRATEGIES = st.lists(
    one_of("random", "entropy", "mase") | OWN_OPTIONS | NAMED,
    min_size=1,
    max_size=4,
    unique_by=lambda entry: (
        entry if isinstance(entry, str) else entry.get("name", entry["strategy"])
    ).casefold(),
)
CONFIGURATIONS = section(
    {
        "experiment": NAMES,
        "dataset": DATASETS,
        "initial": section({"size": COUNTS}, kind=one_of("random", "balanced", "typiclust")),
        "budget": COUNTS,
        "rounds": FEW,
        "strategies": STRATEGIES,
    },
    backbone=BACKBONES,
    pretrain=PRETRAINING,
    features=section(dtype=one_of("float16", "float32"), views=SEEDS, batch_size=COUNTS, shards=JOBS),
    validation=section(fraction=FRACTIONS, round_to=one_of("samples", "classes")),
    seeds=FEW | st.lists(SEEDS, min_size=1, max_size=3, unique=True),
    head=HEADS,
    figures=section(
        confidence=FRACTIONS, metric=one_of("top1", "top5"), colours=st.dictionaries(NAMES, TEXTS)
    ),
    device=one_of("auto", "cpu", "cuda", "cuda:3"),
)

#: Sections whose keys are the user's own.
FREE = ("colours", "renamed")


def sections_of(raw, path=()):
    """Return the paths of all sections that have keys of their own, the whole configuration first."""
    if isinstance(raw, list):
        return [
            section for number, entry in enumerate(raw) for section in sections_of(entry, (*path, number))
        ]
    if not isinstance(raw, dict) or (path and path[-1] in FREE):
        return []
    return [path, *(section for name, entry in raw.items() for section in sections_of(entry, (*path, name)))]


def values_of(raw):
    """Return the paths of all keys."""
    return [(*path, name) for path in sections_of(raw) for name in at(raw, path)]


def at(raw, path):
    for step in path:
        raw = raw[step]
    return raw


def put(raw, path, value):
    spoilt = copy.deepcopy(raw)
    at(spoilt, path[:-1])[path[-1]] = value
    return spoilt


def problem_with(raw, key):
    """Return what is said of a configuration: lines, each of the file, and one of them of the key."""
    with pytest.raises(InputError) as caught:
        load(raw, "trial.yaml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("trial.yaml: ") for line in lines), lines
    assert any(str(key) in line for line in lines), (key, lines)
    return lines


def all_of(experiment):
    """Return everything that an experiment says, the options of its strategies in their types."""
    options = [(entry.strategy, entry.name, entry.options) for entry in experiment.strategies]
    return experiment.model_dump(exclude={"strategies"}), options


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


@settings(quickly, max_examples=30)
@given(CONFIGURATIONS, st.data())
def test_the_schema_for_editors_accepts_it_and_refuses_an_unknown_key(raw, data):
    path = data.draw(st.sampled_from([path for path in sections_of(raw) if "keys" not in path]))
    assert VALIDATOR.is_valid(raw)
    assert not VALIDATOR.is_valid(put(raw, (*path, "unknown_key"), 1))


@quickly
@given(CONFIGURATIONS)
def test_a_valid_configuration_survives_a_round_trip(raw):
    experiment = load(raw, "trial.yaml")
    for dumped in (
        experiment.model_dump(mode="json"),
        experiment.model_dump(mode="json", exclude_unset=True),
    ):
        assert all_of(load(yaml.safe_load(yaml.safe_dump(dumped)), "again.yaml")) == all_of(experiment)


@quickly
@given(CONFIGURATIONS)
def test_numbers_may_stand_as_text(raw):
    as_text = copy.deepcopy(raw)
    for path in values_of(raw):
        if is_number(at(raw, path)):
            at(as_text, path[:-1])[path[-1]] = repr(at(raw, path))
    assert all_of(load(as_text, "trial.yaml")) == all_of(load(raw, "trial.yaml"))


@quickly
@given(CONFIGURATIONS, st.data())
def test_a_wrong_type_is_an_error(raw, data):
    path = data.draw(st.sampled_from(values_of(raw)))
    wrong = [3.5, True, [[{}]]] if isinstance(at(raw, path), dict) else [{"no": {}}, [[{}]], [[3]]]
    problem_with(put(raw, path, data.draw(st.sampled_from(wrong))), path[-1])


@quickly
@given(CONFIGURATIONS, st.data())
def test_a_number_out_of_bounds_is_an_error(raw, data):
    paths = [path for path in values_of(raw) if is_number(at(raw, path))]
    path = data.draw(st.sampled_from(paths))
    wrong = [-1, True, False, float("inf"), float("nan"), "many", "1e999", ""]
    problem_with(put(raw, path, data.draw(st.sampled_from(wrong))), path[-1])


@quickly
@given(CONFIGURATIONS, st.data())
def test_a_misspelt_key_is_an_error(raw, data):
    path = data.draw(st.sampled_from(values_of(raw)))
    *_, key = path
    place = data.draw(st.integers(0, len(key)))
    misspelt = key[:place] + data.draw(one_of("x", "_", "é", " ")) + key[place:]
    inside = at(raw, path[:-1])
    assume(misspelt not in inside)
    renamed = {misspelt if name == key else name: value for name, value in inside.items()}
    spoilt = put(raw, path[:-1], renamed) if path[:-1] else renamed
    lines = problem_with(spoilt, "")
    assert any(misspelt in line or f"{key}: is missing" in line for line in lines), lines


@quickly
@given(CONFIGURATIONS, st.data())
def test_an_additional_key_is_an_error(raw, data):
    path = data.draw(st.sampled_from(sections_of(raw)))
    surplus = data.draw(one_of("surplus", 7, None, True, 1.5))
    problem_with(put(raw, (*path, surplus), data.draw(one_of(1, "a", None, [], {}))), surplus)


@quickly
@given(
    st.recursive(
        st.none() | TRUTH | st.floats() | TEXTS, lambda part: st.lists(part) | st.dictionaries(TEXTS, part)
    )
)
def test_arbitrary_yaml_causes_no_crash(raw):
    problem_with({"experiment": raw} if not isinstance(raw, dict) else raw, "")
