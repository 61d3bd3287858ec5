"""What a strategy is given, and what it gives back."""

from dataclasses import dataclass, field, replace

import numpy as np

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.exact import exact_smallest
from activepool.scores.pool_scorer import PoolScorer


@dataclass(frozen=True)
class Query:
    """All that a strategy may look at when it picks the samples of one round.

    Indices are rows of ``train/features``. What a strategy does not declare that it reads is None, and
    labels outside the labelled set are not here (but for the upper references, in ``oracle_labels``).

    Attributes:
        budget: how many to pick; at most n.
        unlabelled: (n,) the pool without the labelled set, ascending.
        labelled: (m,) the labelled set, in the order in which it was picked.
        labels: (m,) its labels; None for a strategy that declares that it reads none.
        num_classes: C.
        remaining_budget: picks of this and all later rounds together, for strategies that plan ahead.
        generator: the only source of randomness.
        compute: device and workers.
        features: (N, d) the pool's features; rows outside pool and labelled set are not to be read.
        head: trained on the labelled set.
        predicted: (n,) the head's classes of ``unlabelled``.
        scores: each declared score (n,), in the order of ``unlabelled``; approximate in the last bits.
        nearest: (rows, distances), each (C, K): per class the samples nearest to its boundary.
        prepared: arrays that the strategy's ``prepare`` made once before the rounds.
        per_sample: what the strategy's ``precompute`` returned for ``unlabelled``, by name, each (n, ...).
        state: arrays that the strategy handed on in the round before; empty in the first.
        oracle_labels: (n,) the true labels of ``unlabelled``, for upper references alone.
    """

    budget: int
    unlabelled: np.ndarray
    labelled: np.ndarray
    num_classes: int
    generator: np.random.Generator
    labels: np.ndarray | None = None
    compute: Compute = field(default_factory=Compute)
    features: FeatureMatrix | None = None
    head: LinearHead | None = None
    predicted: np.ndarray | None = None
    scores: dict[str, np.ndarray] = field(default_factory=dict)
    nearest: tuple[np.ndarray, np.ndarray] | None = None
    remaining_budget: int | None = None
    prepared: dict[str, np.ndarray] = field(default_factory=dict)
    per_sample: dict[str, np.ndarray] = field(default_factory=dict)
    state: dict[str, np.ndarray] = field(default_factory=dict)
    oracle_labels: np.ndarray | None = None

    def part(self, rows: slice) -> "Query":
        """Return the same query with some of ``unlabelled`` alone, and what belongs to these."""

        def cut(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return replace(
            self,
            unlabelled=self.unlabelled[rows],
            predicted=cut(self.predicted),
            scores={name: values[rows] for name, values in self.scores.items()},
            per_sample={name: values[rows] for name, values in self.per_sample.items()},
            oracle_labels=cut(self.oracle_labels),
        )

    def pool_scorer(self) -> PoolScorer:
        """Return the head joined to the features, for close decisions and further passes."""
        return PoolScorer(self.features, self.head, self.compute)

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
        state: arrays handed on to this strategy's next round.
    """

    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    state: dict[str, np.ndarray] = field(default_factory=dict)
