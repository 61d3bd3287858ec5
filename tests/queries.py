"""Queries for tests: random features, labels and heads."""

from inspect import Parameter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from activepool.compute.blocks import Compute
from activepool.data.samples import Part, Samples, write_samples
from activepool.features.image_round import ImageRound
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.strategies.assembly import assemble_query, prepare_rounds
from activepool.strategies.checked_selection import checked_pick
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query, Selection
from activepool.strategies.registry import completed

#: Options that a strategy cannot do without.
REQUIRED_OPTIONS: dict[str, dict] = {
    "anchoral": {"of": {"strategy": "entropy"}, "anchors": 1, "neighbours": 4},
    "partitioned": {"wraps": {"strategy": "badge"}, "partitions": 3},
    "power": {"of": {"strategy": "margin"}},
    "refine": {
        "of": [{"strategy": "margin"}, {"strategy": "random"}, {"strategy": "badge"}],
        "then": {"strategy": "coreset"},
        "steps": 2,
        "batches": 3,
    },
    "schedule": {"first": {"strategy": "coreset"}, "rounds": 1, "then": {"strategy": "base"}},
    "seals": {"of": {"strategy": "base"}, "neighbours": 4},
}


#: Strategies whose picks follow from their inputs alone; all others must change with the seed.
DETERMINISTIC = {
    "bait",
    "base",
    "confidence",
    "coreset",
    "cdal",
    "entropy",
    "lcmd",
    "margin",
    "margin_clustering",
    "mase",
    "maxherding",
    "uherding",
    "schedule",
    "seals",
}


class Problem:
    """A pool with features, true labels and a head; rows 0 … labelled−1 in shuffled order are labelled."""

    def __init__(
        self,
        seed: int = 0,
        size: int = 157,
        width: int = 7,
        classes: int = 5,
        labelled: int = 12,
        dtype: type = np.float32,
    ):
        random = np.random.default_rng(seed)
        self.labels = random.integers(0, classes, size)
        centres = random.normal(size=(classes, width)) * 2
        self.features = (centres[self.labels] + random.normal(size=(size, width))).astype(dtype)
        self.head = LinearHead(
            random.normal(size=(classes, width)).astype(np.float32),
            random.normal(size=classes).astype(np.float32),
        )
        self.classes = classes
        self.labelled = random.permutation(size)[:labelled]

    @property
    def unlabelled(self) -> np.ndarray:
        return np.setdiff1d(np.arange(len(self.features)), self.labelled)

    def probabilities(self) -> np.ndarray:
        """Return the probabilities that the head gives to all samples, computed plainly in float64."""
        logits = self.features.astype(np.float64) @ self.head.weight.T.astype(np.float64) + self.head.bias
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def query(
        self,
        strategy: Strategy,
        budget: int,
        seed: int = 0,
        workers: int = 1,
        options: dict | None = None,
        round_number: int = 1,
        device: str = "cpu",
    ) -> Query:
        """Return the query of one round for ``strategy``."""
        compute = Compute(device, workers)
        options = with_defaults(strategy, options)
        strategy = completed(strategy, options)
        matrix = FeatureMatrix.from_array(self.features)
        parts: dict = {}
        if strategy.prepare:
            pool = np.arange(len(self.features))
            parts["prepared"] = prepare_rounds(strategy, matrix, pool, seed, compute, options)
        if strategy.image_model:
            parts["scores"] = self.scored_by_image_model(strategy, seed, options)
        return assemble_query(
            strategy,
            budget=budget,
            unlabelled=self.unlabelled,
            labelled=self.labelled,
            labels=self.labels[self.labelled],
            num_classes=self.classes,
            seed=seed,
            round_number=round_number,
            features=matrix,
            head=self.head,
            remaining_budget=3 * budget,
            oracle_labels=self.labels[self.unlabelled],
            compute=compute,
            **parts,
        )

    def scored_by_image_model(self, strategy: Strategy, seed: int, options: dict) -> dict[str, np.ndarray]:
        """Return the scores of a strategy that learns from images; its images are features as stripes."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "dataset.h5"
            write_samples(path, Samples(self.images(), self.images(), ["any"]))
            images = ImageRound(str(path), self.labelled, self.unlabelled, seed, 1)
            weights = strategy.train_on_images(images, Path(folder) / "state", options)
            return strategy.image_scores(weights, images, options)

    def images(self) -> Part:
        levels = np.clip(self.features.astype(np.float32) * 20 + 128, 0, 255).astype(np.uint8)
        stripes = np.repeat(levels[:, None, :], self.features.shape[1], axis=1)
        sources = np.array([f"made/{row}" for row in range(len(levels))], dtype=object)
        return Part(np.full(len(levels), -1), sources, stripes[..., None])

    def select(self, strategy: Strategy, budget: int, **settings: object) -> Selection:
        """Return what ``strategy`` picks in one round, checked as in the stage."""
        options = with_defaults(strategy, settings.get("options"))
        query = self.query(strategy, budget, **settings)
        return checked_pick(completed(strategy, options), query, options)


def with_defaults(strategy: Strategy, options: dict | None) -> dict:
    """Return all options of a strategy, those that are not given at their defaults."""
    defaults = {name: option.default for name, option in strategy.options.items()}
    return {name: value for name, value in defaults.items() if value is not Parameter.empty} | (options or {})
