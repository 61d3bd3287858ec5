"""A strategy's declaration of what it reads; the workflow makes only that."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activepool.strategies.declaration_checks import (
    DeclarationError,
    check_function,
    checked_names,
    results_of,
    tuple_of_names,
)
from activepool.strategies.image_model import ImageModel
from activepool.strategies.query import Query, Selection

if TYPE_CHECKING:
    from activepool.strategies.wrapping import Wrapped

#: Picks the samples of one round; options are keyword-only parameters with a type and a default.
Select = Callable[..., Selection]

#: Computes arrays once, before the rounds: (features, pool rows, generator, compute, **options).
Prepare = Callable[..., dict[str, np.ndarray]]

#: Computes arrays for ``query.unlabelled``, by name, each (n, ...). It works sample by sample, so that
#: a large pool can be processed in shards.
Precompute = Callable[..., dict[str, np.ndarray]]

#: (round, **options) -> the option that names the strategy that picks in the round, for a wrapper of several.
Active = Callable[..., str]

#: (option, strategy) -> None; raises InputError if a wrapper cannot wrap the strategy that the option names.
Accepts = Callable[[str, "Strategy"], None]

#: (**options) -> the artifacts that a strategy reads with these options; ``state`` if it keeps one.
Reads = Callable[..., tuple[str, ...]]


@dataclass(frozen=True)
class Strategy:
    """A query strategy and its declaration.

    Attributes:
        name: as in the configuration.
        select: the function that picks.
        reads: the artifacts that it reads, from ARTIFACTS.
        reads_with: returns what it reads with certain options; None if no option matters.
        scores: the columns of scores.h5 that it reads; any of them implies head and features.
        prepare: computes what all rounds share; or None.
        precompute: computes something for each sample before the picks; or None.
        reads_labels: whether its picks may depend on the labels of the labelled set.
        keeps_state: whether it passes arrays from round to round.
        image_model: the model that it trains on the images in each round and scores the pool with; or None.
        source: its publication.
        narrows_pool: for a wrapper, whether the strategies within it pick from a part of the pool.
        active: for a wrapper of several, which of them picks in a round; or None.
        accepts: for a wrapper, a check of the strategies within it; or None.
        wrapped: for a wrapper, the strategies within it, by the options that name them.
        each_round: for a wrapper, its declaration in a round, by number; or None.
    """

    name: str
    select: Select
    reads: tuple[str, ...]
    scores: tuple[str, ...]
    prepare: Prepare | None
    precompute: Precompute | None
    reads_labels: bool
    keeps_state: bool
    image_model: ImageModel | None
    source: str
    reads_with: Reads | None = None
    narrows_pool: bool = False
    active: Active | None = None
    accepts: Accepts | None = None
    wrapped: Mapping[str, "Wrapped"] = field(default_factory=dict, compare=False)
    each_round: "Callable[[int], Strategy] | None" = field(default=None, compare=False)

    @property
    def is_scored(self) -> bool:
        """Whether it reads scores.h5."""
        return bool(self.scores or self.image_model)

    @property
    def reads_features(self) -> bool:
        """Whether the selection reads features, or a head, which needs features of its width."""
        return bool({"features", "head"} & set(self.reads))

    @property
    def is_oracle(self) -> bool:
        """Whether it reads the labels of the whole pool, as upper references do."""
        return "oracle_labels" in self.reads

    @property
    def reads_pool_labels(self) -> bool:
        """Whether it reads labels outside the labelled set: of the whole pool, or of its picks."""
        return self.is_oracle or "labels_of_picks" in self.reads

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.select) or "").partition("\n")[0]

    @property
    def files(self) -> list[Path]:
        """The files that define it, and the strategies that it wraps."""
        inner_files = [file for inner in self.wrapped.values() for file in inner.strategy.files]
        return [Path(inspect.getfile(self.select)), *inner_files]

    def functions_of(self, stage: str) -> list[Callable[..., object]]:
        """Return its functions that a stage calls."""
        model = self.image_model
        functions: dict[str, list[Callable[..., object] | None]] = {
            "prepare": [self.prepare],
            "train_on_images": [model.train] if model else [],
            "score": [model.score if model else None, self.precompute],
            "select": [self.select],
        }
        return [function for function in functions.get(stage, []) if function]

    def options_of(self, stage: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of ``options`` that the functions of a stage take; for a wrapper, per strategy."""
        functions, inner_options = self.functions_of(stage), {}
        if stage != "select" and functions and self.wrapped:
            inner_options = by_option(
                {option: inner.options_of(stage) for option, inner in self.wrapped.items()}
            )
            functions = [self.active] if self.active else []
        return {
            name: value for function in functions for name, value in options_for(function, options).items()
        } | inner_options

    def with_options(self, options: Mapping[str, Any]) -> "Strategy":
        """Return the declaration of what it reads with these options, and its defaults for all others."""
        reads_with = self.reads_with
        if reads_with is None:
            return self
        all_options = {name: option.default for name, option in self.options.items()} | dict(options)
        reads = reads_with(**options_for(reads_with, all_options))
        artifacts = tuple(name for name in tuple_of_names(self.name, "reads", reads) if name != "state")
        return replace(self, reads=checked_names(self.name, "reads", artifacts), keeps_state="state" in reads)

    def in_round(self, number: int) -> "Strategy":
        """Return the declaration in one round, which differs for a wrapper of several strategies."""
        return self.each_round(number) if self.each_round else self

    def pick(self, query: Query, **options: Any) -> Selection:
        """Select; first precompute what no shard has precomputed.

        A user's function may return just the rows.
        """
        if self.precompute and not query.per_sample:
            query = replace(query, per_sample=self.precomputed(query, options))
        picks = self.select(query, **{**options, **by_option(self.wrapped)})
        return Selection(picks) if isinstance(picks, np.ndarray | list) else picks

    def precomputed(self, query: Query, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return what the strategy precomputes for ``query.unlabelled``; {} if it precomputes nothing."""
        precompute = self.precompute
        return precompute(query, **options_for(precompute, options)) if precompute else {}

    def train_on_images(self, images: Any, state: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the weights of the strategy's own model, trained on the images of a round."""
        return self._model.train(images, state, **options_for(self._model.train, options))

    def image_scores(self, weights: Any, images: Any, options: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return the scores that the strategy's own model gives to ``images.unlabelled``, each (n,)."""
        return self._model.score(weights, images, **options_for(self._model.score, options))

    def ends_with_head(self, options: Mapping[str, Any]) -> bool:
        """Return whether its own model, if it has one, is trained for as many steps as the head."""
        model = self.image_model
        return model is not None and model.ends_with_head(**options_for(model.ends_with_head, options))

    @property
    def _model(self) -> ImageModel:
        if self.image_model is None:
            raise ValueError(f"strategy {self.name!r} has no model of its own")
        return self.image_model

    @cached_property
    def options(self) -> dict[str, inspect.Parameter]:
        """The options: the keyword-only parameters of the function, by name."""
        parameters = inspect.signature(self.select).parameters
        return {
            name: parameter
            for name, parameter in parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }


def strategy(
    *,
    source: str,
    reads: tuple[str, ...] | Reads = (),
    scores: tuple[str, ...] = (),
    prepare: Prepare | None = None,
    precompute: Precompute | None = None,
    reads_labels: bool = True,
    keeps_state: bool = False,
    image_model: ImageModel | None = None,
    narrows_pool: bool = False,
    active: Active | None = None,
    accepts: Accepts | None = None,
) -> Callable[[Select], Strategy]:
    """Declare the decorated function as the strategy of its name.

    With ``reads_labels=False`` it gets no labels, and a corrected label reruns none of its picks. Where
    ``reads`` depends on the options, it is a function of them; such a strategy reads no scores. The last
    three are for wrappers, which say here what they read themselves; see `Strategy`.

    Raises: DeclarationError for an unknown artifact or score, for scores from two sources, for lists of the
        nearest samples without scores, and for a function that cannot be called as a strategy.
    """

    def declare(select: Select) -> Strategy:
        name = select.__name__
        reads_with, fixed_reads = (reads, ()) if callable(reads) else (None, reads)
        _, artifacts, columns = results_of(
            lambda: check_function(select),
            lambda: checked_names(name, "reads", fixed_reads),
            lambda: checked_names(name, "scores", scores),
        )
        if reads_with and columns:
            raise DeclarationError(f"{name}: a strategy whose reads depend on its options cannot read scores")
        if "nearest" in artifacts and not columns:
            raise DeclarationError(
                f'{name}: "nearest" is found while the pool is scored: add scores=("boundary",)'
            )
        if columns and image_model:
            raise DeclarationError(
                f"{name}: a strategy is scored by the head or by a model of its own, not by both"
            )
        if columns:
            artifacts = tuple(dict.fromkeys((*artifacts, "features", "head")))
        return Strategy(
            name=name,
            select=select,
            reads=artifacts,
            scores=columns,
            prepare=prepare,
            precompute=precompute,
            reads_labels=reads_labels,
            keeps_state=keeps_state,
            image_model=image_model,
            source=source,
            reads_with=reads_with,
            narrows_pool=narrows_pool,
            active=active,
            accepts=accepts,
        ).with_options({})

    return declare


def by_option(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what belongs to each wrapped strategy by the wrapper's options: those of a list as a list."""
    result: dict[str, Any] = {}
    for place, value in values.items():
        option, _, number = place.partition(".")
        if number:
            result.setdefault(option, []).append(value)
        else:
            result[option] = value
    return result


def options_for(function: Callable[..., object], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of ``options`` that ``function`` names, or all if it takes any."""
    parameters = inspect.signature(function).parameters
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    return {name: value for name, value in options.items() if takes_any or name in parameters}
