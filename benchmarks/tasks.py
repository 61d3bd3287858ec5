"""What `strategies.py` measures: a row of its table for each strategy, and each of its parts."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from measuring import in_process, measure
from rounds import (
    ROUND,
    Case,
    Work,
    library_prepare,
    library_round,
    naive_device,
    naive_prepare,
    naive_round,
)

from activepool.strategies.cluster_margin import LEAVES
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import builtin_strategies, find_strategy

#: What herding covers by default, and TypiClust's largest number of clusters.
TARGETS, MOST_CLUSTERS = 20_000, 500

#: The rows of the table, with their options, for strategies that need options or have several rows.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "partitioned": {
        "partitioned_coreset": {"wraps": "coreset", "partitions": 10},
        "partitioned_badge": {"wraps": "badge", "partitions": 10},
    },
    "refine": {"refine_coreset": {"of": ["margin", "random", "badge"], "then": "coreset"}},
    "power": {"power_margin": {"of": "margin"}},
    "seals": {"seals_margin": {"of": "margin"}},
    "anchoral": {"anchoral_margin": {"of": "margin"}},
    "schedule": {"schedule_coreset": {"first": "coreset", "rounds": ROUND, "then": "margin"}},
}


@dataclass(frozen=True)
class Task:
    """A row of the table.

    Attributes:
        work: the strategy.
        part: ``round`` (score and select) or ``prepare`` (once before the rounds).
        product: rows and columns of its unavoidable product, if it has one.
        has_naive: whether to measure the naive transcription.
    """

    work: Work
    part: str
    product: tuple[int, int] | None
    has_naive: bool

    @property
    def key(self) -> tuple[str, str]:
        """The key of the row among those of its size."""
        return self.work.name, self.part

    @property
    def library(self) -> Callable[..., Any]:
        """The library's function."""
        return library_round if self.part == "round" else library_prepare

    @property
    def naive(self) -> Callable[..., Any]:
        """The naive transcription."""
        return naive_round if self.part == "round" else naive_prepare

    def naive_device(self, case: Case) -> str:
        """Return the naive transcription's device; SciPy's clustering in ``prepare`` runs on the CPU."""
        return naive_device(case, self.work) if self.part == "round" else "cpu"


def tasks_of(case: Case, size: int, classes: int, arguments: argparse.Namespace) -> Iterator[Task]:
    """Yield the tasks of one size; this also runs what strategies prepare."""
    from naive import NAIVE, NAIVE_PREPARE  # imports torch, and the measured processes import this module

    subset = max(arguments.largest_clustered, case.budget)
    with_naive = arguments.naive_limit > 0
    for name, strategy in chosen(arguments.strategies).items():
        variants = VARIANTS.get(name, {name: {}})
        if name == "margin_clustering":
            variants = {name: {"subset": subset}}
        for row, options in variants.items():
            work = Work(row, name, options)
            if strategy.prepare:
                can = with_naive and name in NAIVE_PREPARE and size <= arguments.largest_clustered
                yield Task(work, "prepare", (size, min(LEAVES, size)), can)
                arrays = in_process(measure, case.device, library_prepare, case, work).result
                work = replace(work, prepared=arrays)
            product = unavoidable_product(row, size, classes, case, min(subset, size))
            yield Task(work, "round", product, with_naive and name in NAIVE)


def chosen(names: list[str] | None) -> dict[str, Strategy]:
    """Return the built-in strategies of these names; by default all that do not work on images."""
    strategies = {name: find_strategy(name) for name in names} if names else builtin_strategies()
    return {name: strategy for name, strategy in strategies.items() if strategy.image_model is None}


def unavoidable_product(row: str, size: int, classes: int, case: Case, subset: int) -> tuple[int, int] | None:
    """Return rows and columns of the matrix product that represents a strategy's own arithmetic.

    For core-set and LCMD it gives the distances to all centres; for herding, those to the targets; for
    k-means, those to the centres of one step; for other strategies that read features, the logits (or the
    distances to the class means); for clustering and ProbCover, the distances of all pairs.
    """
    centres = len(case.labelled) + case.budget
    targets = min(TARGETS, size)
    special = {
        "random": None,
        "balanced_random": None,
        "coreset": (size, centres),
        "partitioned_coreset": (size, centres // 10),
        "schedule_coreset": (size, centres),
        "lcmd": (size, centres),
        "maxherding": (size, targets),
        "uherding": (size, targets),
        "probcover": (size, size),
        "kmeans": (size, case.budget),
        "clue": (size, case.budget),
        "typiclust": (size, min(centres, MOST_CLUSTERS)),
        "seals_margin": (size, len(case.labelled)),
        "margin_clustering": (subset, subset),
    }
    return special.get(row, (size, classes))
