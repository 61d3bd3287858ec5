"""Queries for tests: random features and heads, and just what a strategy declares that it reads."""

import numpy as np

from activepool.compute import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool import HeadOnPool
from activepool.seeding import generator
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query, Selection


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

    def query(
        self, strategy: Strategy, budget: int, seed: int = 0, workers: int = 1, options: dict | None = None
    ) -> Query:
        """Return the query of one round for ``strategy``."""
        compute = Compute("cpu", workers)
        matrix = FeatureMatrix.of_array(self.features)
        given: dict = {}
        if "features" in strategy.reads:
            given["features"] = matrix
        if "head" in strategy.reads:
            given["head"] = self.head
        if "oracle_labels" in strategy.reads:
            given["oracle_labels"] = self.labels[self.unlabelled]
        if "budget_left" in strategy.reads:
            given["budget_left"] = 3 * budget
        if strategy.scores:
            given |= self.scored(strategy, budget, compute)
        if strategy.prepare:
            pool = np.arange(len(self.features))
            prepare_generator = generator(seed, 0, f"prepare/{strategy.name}")
            given["prepared"] = strategy.prepare(matrix, pool, prepare_generator, compute, **(options or {}))
        return Query(
            budget=budget,
            unlabelled=self.unlabelled,
            labelled=self.labelled,
            labels=self.labels[self.labelled],
            num_classes=self.classes,
            generator=generator(seed, 1, f"select/{strategy.name}"),
            compute=compute,
            **given,
        )

    def scored(self, strategy: Strategy, budget: int, compute: Compute) -> dict:
        nearest = None
        if "nearest" in strategy.reads:
            nearest = NearestPerClass.for_budget(budget, self.classes, len(self.unlabelled))
        head_on_pool = HeadOnPool(FeatureMatrix.of_array(self.features), self.head, compute)
        scores = head_on_pool.score(self.unlabelled, strategy.scores, nearest)
        return {
            "predicted": scores.pop("predicted"),
            "scores": scores,
            "nearest": nearest.lists() if nearest else None,
        }

    def select(self, strategy: Strategy, budget: int, **settings: object) -> Selection:
        """Return what ``strategy`` picks in one round."""
        options = settings.get("options") or {}
        return strategy.select(self.query(strategy, budget, **settings), **options)
