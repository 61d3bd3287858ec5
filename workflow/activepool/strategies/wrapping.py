"""Strategies within strategies: what a wrapper reads follows from what it wraps.

A wrapper is a strategy with an option of the type `Wrapped`, such as ``of`` of `power`, or a list of them.
The configuration names a strategy there, with its options: ``{strategy: power, of: {strategy: seals, ...}}``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from activepool.compute.blocks import Compute
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.strategies.assembly import Arrays, score_pool
from activepool.strategies.declaration import Precompute, Prepare, Strategy, options_for
from activepool.strategies.image_model import ImageModel
from activepool.strategies.query import Query, Selection, declared


@dataclass(frozen=True)
class Wrapped:
    """A strategy within another.

    What it prepares, precomputes and keeps is among the arrays of the wrapper, under names that begin with
    the option that names it.

    Attributes:
        option: the option of the wrapper that names it; ``of.2`` for the third of a list ``of``.
        name: as in the configuration.
        strategy: its declaration.
        options: its own.
    """

    option: str
    name: str
    strategy: Strategy
    options: Mapping[str, Any]

    def in_round(self, number: int) -> "Wrapped":
        """Return the same, with the strategy's declaration in one round."""
        return replace(self, strategy=self.strategy.in_round(number))

    def options_of(self, stage: str) -> dict[str, Any]:
        """Return the strategy as an option in a configuration, with its options for a stage."""
        return {"strategy": self.name, **self.strategy.options_of(stage, self.options)}

    def pick(self, query: Query) -> Selection:
        """Pick; first compute the scores that the query lacks if it is for a part of the pool."""
        strategy, within = self.strategy.in_round(query.round_number), self.within(query)
        lacks_nearest = "nearest" in strategy.reads and query.nearest is None
        if lacks_nearest or not set(strategy.scores) <= set(query.scores):
            predicted, scores, nearest = score_pool(
                declared(query.features),
                declared(query.head),
                query.unlabelled,
                strategy.scores,
                query.compute,
                nearest_for_budget=query.budget if "nearest" in strategy.reads else None,
            )
            within = replace(within, predicted=predicted, scores=scores, nearest=nearest)
        selection = strategy.pick(within, **self.options)
        state = self.prefixed(selection.state) if strategy.keeps_state else {}
        return replace(selection, state=state)

    def within(self, query: Query) -> Query:
        """Return a query of the wrapper with this strategy's own arrays."""
        return replace(
            query,
            prepared=self._arrays_of(query.prepared),
            per_sample=self._arrays_of(query.per_sample),
            state=self._arrays_of(query.state),
        )

    def prefixed(self, arrays: Arrays) -> dict[str, np.ndarray]:
        """Return arrays of this strategy by their names among those of the wrapper."""
        return {f"{self.option}.{name}": values for name, values in arrays.items()}

    def _arrays_of(self, arrays: Arrays) -> dict[str, np.ndarray]:
        prefix = f"{self.option}."
        return {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}


def wrapped_options(strategy: Strategy) -> dict[str, bool]:
    """Return the options of a strategy that are strategies themselves, and whether each is a list of them."""
    types = {Wrapped: False, "Wrapped": False, list[Wrapped]: True, "list[Wrapped]": True}
    annotations = {name: option.annotation for name, option in strategy.options.items()}
    return {name: types[annotation] for name, annotation in annotations.items() if annotation in types}


def with_wrapped(wrapper: Strategy, wrapped: Mapping[str, Wrapped], options: Mapping[str, Any]) -> Strategy:
    """Return the declaration of a wrapper: it reads what it declares itself, and what it wraps reads.

    ``wrapped`` has the strategies within it, by option.

    If the wrapper narrows the pool, the picks compute the scores and everything else that is computed for
    each sample, and only for a part of the pool.

    Raises InputError if it cannot wrap one of them.
    """
    if wrapper.accepts:
        for option, inner in wrapped.items():
            wrapper.accepts(option, inner.strategy)
    strategies, narrows = [inner.strategy for inner in wrapped.values()], wrapper.narrows_pool
    reads = [name for each in strategies for name in each.reads if not (narrows and name == "nearest")]
    scores = () if narrows else tuple(dict.fromkeys(name for each in strategies for name in each.scores))
    precomputes = not narrows and any(each.precompute for each in strategies)

    def each_round(number: int) -> Strategy:
        active = wrapper.active
        picking = active(number, **options_for(active, options)) if active else None
        chosen = {name: inner.in_round(number) for name, inner in wrapped.items() if picking in (None, name)}
        return with_wrapped(wrapper, chosen, options)

    return replace(
        wrapper,
        reads=tuple(dict.fromkeys((*wrapper.reads, *reads))),
        scores=scores,
        prepare=_prepare(wrapped) if any(each.prepare for each in strategies) else None,
        precompute=_precompute(wrapped) if precomputes else None,
        reads_labels=wrapper.reads_labels or any(each.reads_labels for each in strategies),
        keeps_state=not narrows and any(each.keeps_state for each in strategies),
        image_model=_image_model(wrapper, wrapped, scores),
        wrapped=wrapped,
        each_round=each_round,
    )


def _prepare(wrapped: Mapping[str, Wrapped]) -> Prepare:
    def prepare(
        features: FeatureMatrix,
        pool: np.ndarray,
        generator: np.random.Generator,
        compute: Compute,
        **_: Any,
    ) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for inner in wrapped.values():
            if function := inner.strategy.prepare:
                options = inner.strategy.options_of("prepare", inner.options)
                arrays |= inner.prefixed(function(features, pool, generator, compute, **options))
        return arrays

    return prepare


def _precompute(wrapped: Mapping[str, Wrapped]) -> Precompute:
    def precompute(query: Query, **_: Any) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for inner in wrapped.values():
            arrays |= inner.prefixed(inner.strategy.precomputed(inner.within(query), inner.options))
        return arrays

    return precompute


def _image_model(
    wrapper: Strategy, wrapped: Mapping[str, Wrapped], scores: tuple[str, ...]
) -> ImageModel | None:
    trained = [inner for inner in wrapped.values() if inner.strategy.image_model]
    if not trained:
        return None
    if len(trained) > 1 or scores:
        raise InputError(
            f"option {trained[0].option!r}: {wrapper.name!r} cannot combine {trained[0].name!r}, which "
            "learns from images, with another strategy that scores the pool"
        )
    strategy, options = trained[0].strategy, trained[0].options
    return ImageModel(
        lambda images, state, **_: dict(strategy.train_on_images(images, state, options)),
        lambda weights, images, **_: strategy.image_scores(weights, images, options),
        lambda **_: strategy.ends_with_head(options),
    )
