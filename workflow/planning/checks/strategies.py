"""Checks of the strategies against the rest of an experiment, before any job."""

from collections.abc import Iterator, Mapping
from typing import Any

from activepool.data.kinds import EMBEDDINGS
from activepool.heads.settings import LbfgsSettings
from activepool.strategies.declaration import Strategy, options_for
from activepool.strategies.partitioned import partitioned
from planning.configuration.experiment import Experiment

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
    for strategy in experiment.strategies:
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
