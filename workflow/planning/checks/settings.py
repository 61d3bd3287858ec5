"""Checks of settings against each other: strategies that cannot pick, and numbers without an effect."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from activepool.data.kinds import EMBEDDINGS
from activepool.heads.settings import LbfgsSettings
from activepool.pretraining.settings import MocoSettings, PretrainSettings
from activepool.strategies.declaration import Strategy, options_for
from activepool.strategies.partitioned import partitioned
from planning.configuration.experiment import Experiment, LbfgsHead

#: Options of strategies that limit the samples that a round considers.
SUBSETS = ("subset", "subset_unlabelled")


def strategy_problems(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each strategy that cannot pick in the experiment."""
    for name in experiment.initial.by_strategy:
        if name not in experiment.strategy_folders:
            yield (
                f"initial.by_strategy: {name!r} is not one of the strategies; there are "
                f"{', '.join(experiment.strategy_folders)}"
            )
    for strategy in experiment.strategies:
        for option in SUBSETS:
            size = strategy.options.get(option)
            if size is not None and size < experiment.budget:
                yield (
                    f"strategies: {strategy.folder}: {option} is {size}; it must be at least "
                    f"{experiment.budget}, the budget"
                )
        if experiment.head.solver == LbfgsSettings.solver and strategy.declared.ends_with_head(
            strategy.options
        ):
            yield (
                f"strategies: {strategy.folder}: ends_with_head needs a head that is trained in steps, with "
                "head.solver sgd or finetune"
            )
        if strategy.declared.image_model and experiment.dataset.kind == EMBEDDINGS:
            yield (
                f"strategies: {strategy.folder} learns from images, but a dataset of kind embeddings has "
                "none; leave it out"
            )


def strategy_notices(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each strategy within another that never picks, and for parts that pick nothing."""
    for entry in experiment.strategies:
        for place, strategy, options in _with_inner(entry.folder, entry.declared, entry.options):
            yield from (f"strategies: {place}: {line}" for line in _idle(strategy, options, experiment))


def _with_inner(
    place: str, strategy: Strategy, options: Mapping[str, Any]
) -> Iterator[tuple[str, Strategy, Mapping[str, Any]]]:
    """Yield a strategy and those within it, each with its place in the configuration and its options."""
    yield place, strategy, options
    for option, inner in strategy.wrapped.items():
        yield from _with_inner(f"{place}.{option}", inner.strategy, inner.options)


def _idle(strategy: Strategy, options: Mapping[str, Any], experiment: Experiment) -> Iterator[str]:
    queries, budget = experiment.rounds - 1, experiment.budget
    if not queries:
        return
    if active := strategy.active:
        settings = options_for(active, options)
        picking = {active(number, **settings) for number in range(1, queries + 1)}
        given = ", ".join(f"{key}: {value}" for key, value in settings.items())
        for option, inner in strategy.wrapped.items():
            if option not in picking:
                yield (
                    f"with {given}, {option} ({inner.name}) picks in none of the {experiment.rounds} rounds "
                    "of the experiment; round 0 is the initial pool"
                )
    if strategy.name == partitioned.name and options["partitions"] > budget:
        yield f"of {options['partitions']} partitions, only {budget} pick anything with a budget of {budget}"


def pretraining_notices(pretrain: PretrainSettings | None, images: int) -> Iterator[str]:
    """Yield a line for each number that is too large for so many images in the train part."""
    if pretrain is None:
        return
    batch_size = pretrain.batch_size
    if batch_size > images:
        groups = pretrain.batch_norm_groups if isinstance(pretrain, MocoSettings) else 1
        batch_size = groups * max(2, _fitting(images) // groups)
        yield (
            f"pretrain.batch_size: {_value(pretrain, 'batch_size')} is more than the {images:,} train "
            f"images, so each epoch is one step; give fewer, such as {batch_size:,}"
        )
    if isinstance(pretrain, MocoSettings) and pretrain.queue >= images:
        yield (
            f"pretrain.queue: {_value(pretrain, 'queue')} is not below the {images:,} train images, so an "
            "image's own older keys are among its negatives; give fewer, such as "
            f"{max(batch_size, _fitting(images)):,}"
        )


def head_notices(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each number that is too large for so many labels or epochs."""
    head, labels = experiment.head, experiment.initial.size + (experiment.rounds - 1) * experiment.budget
    if isinstance(head, LbfgsHead):
        return
    if head.batch_size > labels:
        yield (
            f"head.batch_size: {_value(head, 'batch_size')} is more than the {labels:,} labels of the last "
            f"round, so each epoch is one step; give fewer, such as {_fitting(labels):,}"
        )
    if head.schedule == "step" and 1 < head.epochs <= head.step_size:
        yield (
            f"head.step_size: {_value(head, 'step_size')} is not below the {head.epochs:,} epochs, so the "
            f"learning rate never falls; give fewer, such as {max(1, head.epochs // 3):,}"
        )


def _fitting(number: int) -> int:
    """Return a power of two of which the number has at least four, if it can: a batch, or a queue."""
    return int(max(2, 2 ** (number.bit_length() - 3)))


def _value(section: BaseModel, key: str) -> str:
    """Return a number of a section, and that it is the default unless the user gave it."""
    default = "" if key in section.model_fields_set else ", the default,"
    return f"{getattr(section, key):,}{default}"
