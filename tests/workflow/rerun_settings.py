"""The changes of docs/reruns.md that are changes of the command or of the configuration."""

import shutil
from collections import Counter

import yaml
from rerun_cases import (
    ALL_FIGURES,
    DRAWN,
    EVALUATION,
    EVALUATION_OF_OTHER_SEEDS,
    EVERY_IMAGE_JOB,
    IMAGE_FEATURES,
    IMAGE_PRETRAINING,
    NEW_HEADS,
    QUERIES,
    ROUNDS,
    SPLITS,
    arguments,
    case,
    put,
)
from rerun_trials import Trial

STRATEGIES = ["random", "balanced_random", "entropy", "base", "coreset"]

# The run.
arguments("another number of cores", "--cores", "7")
arguments(
    "threads or resources of a rule, on the command line or in a profile",
    *("--set-threads", "train=2", "select=2", "--set-resources", "train:mem_mb=9000", "score:runtime=7"),
)
put("`device`", "images", "device", "cpu")


# The configuration as a text.
@case("a comment, or another order of keys", "embeddings")
def _(trial: Trial) -> None:
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(trial.configuration.items())
    }
    trial.write("# A comment.\n\n" + yaml.safe_dump(turned, sort_keys=False))


@case("a default spelled out", "images")
def _(trial: Trial) -> None:
    trial.put(256, "features", "batch_size")
    trial.put("random", "initial", "kind")
    trial.put("simclr", "pretrain", "method")
    trial.put(0.9, "head", "momentum")
    trial.put({"confidence": 0.95, "metric": "top1"}, "figures")
    spelled = [{"strategy": "mine.py:every", "step": 1}, {"strategy": "cluster_margin", "leaves": 2000}]
    trial.put([*spelled, {"strategy": "balancing", "name": "balancing"}], "strategies")


put('a number as text, `rounds: "3"`', "embeddings", "rounds", "3")
put("`seeds` as a list of the same seeds", "embeddings", "seeds", [0, 1])

# Strategies, rounds, seeds.
ANOTHER_STRATEGY = Counter(score=4, select=4, train=4) + EVALUATION
put("one more strategy", "embeddings", "strategies", [*STRATEGIES, "margin"], ANOTHER_STRATEGY)
put("one strategy fewer", "embeddings", "strategies", STRATEGIES[:-1], EVALUATION)
put("another order of strategies", "embeddings", "strategies", STRATEGIES[::-1], EVALUATION)
put(
    "a strategy's `name`",
    "embeddings",
    "strategies",
    [{"strategy": "base", "name": "ours"} if entry == "base" else entry for entry in STRATEGIES],
    ANOTHER_STRATEGY,
)
put(
    "an option of a strategy",
    "images",
    "strategies",
    [{"strategy": "mine.py:every", "step": 2}, "cluster_margin", "balancing"],
    Counter(select=1, train=1, curves=1),
)
put(
    "an option of a strategy's preparation, such as `leaves` of `cluster_margin`",
    "images",
    "strategies",
    ["mine.py:every", {"strategy": "cluster_margin", "leaves": 20}, "balancing"],
    Counter(prepare=1, select=1, train=1, curves=1),
)
put(
    "`rounds`: one more",
    "embeddings",
    "rounds",
    4,
    Counter(score=4, select=8, select_with_state=2, train=10) + EVALUATION,
)
put(
    "`rounds`, if a strategy reads the remaining budget (`balancing`)",
    "images",
    "rounds",
    3,
    Counter(score=1, select=3 + 1, train=3 + 1, curves=1),
)
put("`rounds`: one fewer", "embeddings", "rounds", 2, EVALUATION)
put(
    "`seeds`: one more",
    "embeddings",
    "seeds",
    3,
    Counter(validation=1, initial_labelled=1, train=11, score=4, select=8, select_with_state=2)
    + EVALUATION_OF_OTHER_SEEDS,
)
# The penalty matrix, a figure and a table, needs two seeds.
put(
    "`seeds`: one fewer",
    "embeddings",
    "seeds",
    1,
    EVALUATION_OF_OTHER_SEEDS - Counter(figure=1, table=1),
)
# Of the scores, those of entropy in round 1 know nothing of the budget.
put("`budget`", "embeddings", "budget", 9, Counter(train=20, score=6) + QUERIES + EVALUATION)
put("`initial.size`", "embeddings", "initial.size", 13, Counter(initial_labelled=2) + ROUNDS)
# Core-set is measured where no round before it has handed its distances on.
put(
    "`pool_shards`",
    "embeddings",
    "pool_shards",
    2,
    Counter(score=20, gather_scores=10, select=8, select_with_state=4, train=12) + EVALUATION,
)
put("`validation.fraction`", "embeddings", "validation.fraction", 0.2, SPLITS + ROUNDS)

# Training.
put(
    "`head.learning_rate`",
    "images",
    "head.learning_rate",
    1.0,
    Counter(train=4, score=1, select=2, curves=1),
)
put("`head.solver`", "embeddings", "head", {"solver": "sgd"}, NEW_HEADS)

# Figures.
put("`figures.map`", "embeddings", "figures.map", "umap", Counter(projection=1, feature_map=1))
put("`ceiling: true`", "embeddings", "ceiling", True, Counter(full_pool=2, train=2, ceiling=1) + DRAWN)
put("`figures.colours`", "embeddings", "figures.colours", {"base": "red"}, ALL_FIGURES)
put("`figures.metric`", "embeddings", "figures.metric", "balanced_accuracy", DRAWN)
put("`figures.confidence`", "embeddings", "figures.confidence", 0.9, DRAWN)

# Features.
put("`features.dtype`", "images", "features.dtype", "float16", IMAGE_FEATURES)
put("`features.batch_size`", "images", "features.batch_size", 17, IMAGE_FEATURES)
put("`features.precision`", "images", "features.precision", "bfloat16", IMAGE_FEATURES)
put("`features.decoding`", "images", "features.decoding", "scaled", IMAGE_FEATURES)
put("`features.shards`", "images", "features.shards", 2, IMAGE_FEATURES + Counter(extract=1))
put(
    "`pretrain.epochs`, and each other key of `pretrain`",
    "images",
    "pretrain.epochs",
    3,
    IMAGE_PRETRAINING,
)
put("`pretrain.knn_every`", "images", "pretrain.knn_every", 1, IMAGE_PRETRAINING)
put("`backbone.image_size`", "images", "backbone.image_size", 9, IMAGE_PRETRAINING)


@case("`backbone.checkpoint` in place of `pretrain`", "images", IMAGE_FEATURES)
def _(trial: Trial) -> None:
    shutil.copy(trial.path / "results/pretrained/images/flat/backbone.safetensors", trial.path)
    del trial.configuration["pretrain"]
    trial.put("backbone.safetensors", "backbone", "checkpoint")
    trial.arguments = trial.arguments[:1]


# Data: their names and settings; their files are in rerun_files.py.
put("`experiment`", "embeddings", "experiment", "other", SPLITS + ROUNDS)


@case("`dataset.name`", "images", EVERY_IMAGE_JOB)
def _(trial: Trial) -> None:
    trial.put("pictures", "dataset", "name")
    trial.arguments = tuple(target.replace("images", "pictures") for target in trial.arguments)


put(
    "another key of `dataset`, such as `on_unreadable`",
    "images",
    "dataset.on_unreadable",
    "skip",
    EVERY_IMAGE_JOB,
)
