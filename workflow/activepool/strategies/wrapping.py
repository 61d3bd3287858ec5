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
        """Pick; first compute the scores that the query lacks, because it is that of a part of the pool."""
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
            prepared=self._own(query.prepared),
            per_sample=self._own(query.per_sample),
            state=self._own(query.state),
        )

    def prefixed(self, arrays: Arrays) -> dict[str, np.ndarray]:
        """Return arrays of this strategy by their names among those of the wrapper."""
        return {f"{self.option}.{name}": values for name, values in arrays.items()}

    def _own(self, arrays: Arrays) -> dict[str, np.ndarray]:
        prefix = f"{self.option}."
        return {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}


def wrapped_options(strategy: Strategy) -> dict[str, bool]:
    """Return the options of a strategy that are strategies themselves, and whether each is a list of them."""
    types = {Wrapped: False, "Wrapped": False, list[Wrapped]: True, "list[Wrapped]": True}
    annotations = {name: option.annotation for name, option in strategy.options.items()}
    return {name: types[annotation] for name, annotation in annotations.items() if annotation in types}


def around(wrapper: Strategy, wrapped: Mapping[str, Wrapped], options: Mapping[str, Any]) -> Strategy:
    """Return the declaration of a wrapper: it reads what it declares itself, and what it wraps reads.

    ``wrapped`` has the strategies within it, by option.

    If the wrapper narrows the pool, scores and all that is computed for each sample are left to the picks,
    which compute them for a part of the pool alone.

    Raises InputError if it cannot wrap one of them.
    """
    strategies = {option: one.strategy for option, one in wrapped.items()}
    if wrapper.accepts:
        for option, strategy in strategies.items():
            wrapper.accepts(option, strategy)
    inner, narrows = list(strategies.values()), wrapper.narrows_pool
    reads = [name for one in inner for name in one.reads if not (narrows and name == "nearest")]
    scores = () if narrows else tuple(dict.fromkeys(name for one in inner for name in one.scores))
    precomputes = not narrows and any(one.precompute for one in inner)

    def each_round(number: int) -> Strategy:
        active = wrapper.active
        picking = active(number, **options_for(active, options)) if active else None
        chosen = {name: one.in_round(number) for name, one in wrapped.items() if picking in (None, name)}
        return around(wrapper, chosen, options)

    return replace(
        wrapper,
        reads=tuple(dict.fromkeys((*wrapper.reads, *reads))),
        scores=scores,
        prepare=_prepare(wrapped) if any(one.prepare for one in inner) else None,
        precompute=_precompute(wrapped) if precomputes else None,
        reads_labels=wrapper.reads_labels or any(one.reads_labels for one in inner),
        keeps_state=not narrows and any(one.keeps_state for one in inner),
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
        for one in wrapped.values():
            if function := one.strategy.prepare:
                options = one.strategy.options_of("prepare", one.options)
                arrays |= one.prefixed(function(features, pool, generator, compute, **options))
        return arrays

    return prepare


def _precompute(wrapped: Mapping[str, Wrapped]) -> Precompute:
    def precompute(query: Query, **_: Any) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for one in wrapped.values():
            arrays |= one.prefixed(one.strategy.precomputed(one.within(query), one.options))
        return arrays

    return precompute


def _image_model(
    wrapper: Strategy, wrapped: Mapping[str, Wrapped], scores: tuple[str, ...]
) -> ImageModel | None:
    learning = [one for one in wrapped.values() if one.strategy.image_model]
    if not learning:
        return None
    if len(learning) > 1 or scores:
        raise InputError(
            f"option {learning[0].option!r}: {wrapper.name!r} cannot combine {learning[0].name!r}, which "
            "learns from images, with another strategy that scores the pool"
        )
    strategy, options = learning[0].strategy, learning[0].options
    return ImageModel(
        lambda images, state, **_: dict(strategy.train_on_images(images, state, options)),
        lambda weights, images, **_: strategy.image_scores(weights, images, options),
        lambda **_: strategy.ends_with_head(options),
    )
