"""The input of a strategy, a query, and its output, a selection."""

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from activepool.compute.blocks import Compute
from activepool.errors import InputError, nearest_name
from activepool.features.store import FeatureMatrix
from activepool.features.unit_rows import unit_rows
from activepool.heads.linear import LinearHead
from activepool.scores.exact import exact_smallest
from activepool.scores.pool_scorer import SCORES, PoolScorer
from activepool.scores.probabilities import probabilities

Part = TypeVar("Part")


def declared(part: Part | None) -> Part:
    """Return a part of the query that the strategy declares to read, such as ``declared(query.features)``.

    Raises ValueError if it is None, because the declaration does not name it.
    """
    if part is None:
        raise ValueError("the strategy uses a part of the query that its declaration does not name")
    return part


class UndeclaredScore(InputError):
    """A strategy reads a score that it does not declare; the strategy's name goes before the message."""


class Scores(dict[str, np.ndarray]):
    """Scores by name; raises UndeclaredScore for one that the strategy does not declare."""

    def __missing__(self, name: str) -> np.ndarray:
        hint = (
            f'declare scores=("{name}",)'
            if name in SCORES
            else nearest_name(name, {**self, **dict.fromkeys(SCORES)})
        )
        raise UndeclaredScore(f"reads the score {name!r}, which it does not declare; {hint}")


@dataclass(frozen=True)
class Query:
    """All that a strategy may use when it picks the samples of one round.

    Indices are rows of ``train/features``. Whatever a strategy does not declare is None (see `declared`).
    Labels outside the labelled set are not here, except ``oracle_labels`` and ``labels_of_picks``.

    Attributes:
        budget: how many to pick; at most n.
        unlabelled: (n,) the pool without the labelled set, ascending.
        labelled: (m,) the labelled set, in the order of its picks.
        labels: (m,) its labels; None for a strategy that declares ``reads_labels=False``.
        num_classes: C.
        round_number: of the round that trains on the picks, from 1.
        remaining_budget: picks of this and all later rounds together, for strategies that plan ahead.
        validation: rows (v,) and labels (v,) of the validation split, both empty if there is none.
        generator: the only source of randomness.
        compute: device and workers.
        features: (N, d) the pool's features; do not read rows outside the pool and the labelled set.
        head: trained on the labelled set.
        predicted: (n,) the head's classes of ``unlabelled``.
        scores: each declared score (n,), in the order of ``unlabelled``; approximate in the last bits.
        nearest: (rows, distances), each (C, K): per class the samples nearest to its boundary.
        prepared: arrays that the strategy's ``prepare`` computed once before the rounds.
        per_sample: what the strategy's ``precompute`` returned for ``unlabelled``, by name, each (n, ...).
        state: arrays that the strategy passed on in the previous round; empty in the first.
        oracle_labels: (n,) the true labels of ``unlabelled``, only for upper references.
        labels_of_picks: (n,) the same, for a strategy that looks only at the labels of its picks.
    """

    budget: int
    unlabelled: np.ndarray
    labelled: np.ndarray
    num_classes: int
    generator: np.random.Generator
    round_number: int = 1
    labels: np.ndarray | None = None
    compute: Compute = field(default_factory=Compute)
    features: FeatureMatrix | None = None
    head: LinearHead | None = None
    predicted: np.ndarray | None = None
    scores: dict[str, np.ndarray] = field(default_factory=dict)
    nearest: tuple[np.ndarray, np.ndarray] | None = None
    remaining_budget: int | None = None
    validation: tuple[np.ndarray, np.ndarray] | None = None
    prepared: dict[str, np.ndarray] = field(default_factory=dict)
    per_sample: dict[str, np.ndarray] = field(default_factory=dict)
    state: dict[str, np.ndarray] = field(default_factory=dict)
    oracle_labels: np.ndarray | None = None
    labels_of_picks: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", Scores(self.scores))

    @property
    def pool(self) -> np.ndarray:
        """The rows of the whole pool, labelled ones among them, ascending."""
        return np.sort(np.concatenate([self.unlabelled, self.labelled]))

    def part(self, rows: slice | np.ndarray) -> "Query":
        """Return the same query for some of ``unlabelled``, with their predictions, scores and so on.

        Lists of the nearest are those of the whole pool, so the part has none.
        """

        def cut(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return replace(
            self,
            unlabelled=self.unlabelled[rows],
            predicted=cut(self.predicted),
            scores={name: values[rows] for name, values in self.scores.items()},
            nearest=None,
            per_sample={name: values[rows] for name, values in self.per_sample.items()},
            oracle_labels=cut(self.oracle_labels),
            labels_of_picks=cut(self.labels_of_picks),
        )

    def pool_scorer(self) -> PoolScorer:
        """Return the head joined to the features, for close decisions and further passes."""
        return PoolScorer(declared(self.features), declared(self.head), self.compute)

    def unit_features(self) -> FeatureMatrix:
        """Return the features of all rows with length 1, (N, d), computed while they are read."""
        return unit_rows(declared(self.features))

    def probabilities(self) -> FeatureMatrix:
        """Return the head's probabilities of all rows, (N, C), computed while they are read."""
        return probabilities(declared(self.features), declared(self.head))

    def smallest(self, score: str, sign: int = 1) -> "Selection":
        """Pick the ``budget`` samples of the smallest ``sign`` × ``score``; ties by the lower index."""
        pool_scorer = self.pool_scorer()

        def rescore(positions: np.ndarray) -> np.ndarray:
            return sign * pool_scorer.score64(self.unlabelled[positions], score)

        positions, values = exact_smallest(sign * self.scores[score], rescore, self.budget)
        return Selection(self.unlabelled[positions], columns={score: sign * values})


@dataclass(frozen=True)
class Selection:
    """The picks of one round.

    Attributes:
        index: (budget,) rows of ``train/features``, in pick order.
        columns: further columns of the index file, each (budget,).
        state: arrays passed on to this strategy's next round.
    """

    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    state: dict[str, np.ndarray] = field(default_factory=dict)
