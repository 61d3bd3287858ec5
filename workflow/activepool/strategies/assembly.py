"""Assembles the query of a round from arrays in memory: what the strategy reads, and nothing else."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from activepool.compute.blocks import Compute
from activepool.compute.seeds import generator
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.declaration import Strategy
from activepool.strategies.query import Query, declared

#: Arrays by name.
Arrays = Mapping[str, np.ndarray]


def assemble_query(
    strategy: Strategy,
    *,
    budget: int,
    unlabelled: np.ndarray,
    labelled: np.ndarray,
    num_classes: int,
    seed: int,
    round_number: int,
    labels: np.ndarray | None = None,
    features: FeatureMatrix | None = None,
    head: LinearHead | None = None,
    predicted: np.ndarray | None = None,
    scores: Arrays | None = None,
    nearest: tuple[np.ndarray, np.ndarray] | None = None,
    remaining_budget: int | None = None,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    prepared: Arrays | None = None,
    per_sample: Arrays | None = None,
    state: Arrays | None = None,
    oracle_labels: np.ndarray | None = None,
    compute: Compute | None = None,
    pool_size: int | None = None,
) -> Query:
    """Return the query of ``strategy`` in one round.

    Callers may pass everything they have: whatever the strategy does not declare is left out. If it reads
    scores of the head and there are none, this function scores the pool.

    Args:
        budget, remaining_budget: how many to pick, now and in all; the whole pool where that is smaller.
        seed, round_number: the round whose random stream the strategy draws from.
        validation: rows and labels of the validation split; none by default.
        predicted, scores, nearest: of ``unlabelled``, as in `Query`.
        oracle_labels: (n,) the true labels of ``unlabelled``, for strategies that read all of them or those
            of their picks.
        compute: device and workers; by default, one thread of the CPU.
        pool_size: the size of the unlabelled pool, if ``unlabelled`` is a shard.

    The other arguments are those of `Query`.

    Raises InputError if something that the strategy reads is missing.
    """
    compute = compute or Compute()
    pool_size = pool_size or len(unlabelled)
    budget = min(budget, pool_size)
    artifacts: dict[str, Any] = {
        "features": features,
        "head": head,
        "remaining_budget": None if remaining_budget is None else min(remaining_budget, pool_size),
        "validation": validation or (np.empty(0, np.int64), np.empty(0, np.int64)),
        "oracle_labels": oracle_labels,
        "labels_of_picks": oracle_labels,
    }
    parts = {name: value for name, value in artifacts.items() if name in strategy.reads}
    if strategy.reads_labels:
        parts["labels"] = labels
    if strategy.prepare:
        parts["prepared"] = prepared
    if strategy.image_model:
        parts["scores"] = scores
    _require(strategy, parts)
    if strategy.scores:
        if scores is None:
            predicted, scores, nearest = score_pool(
                declared(features),
                declared(head),
                unlabelled,
                strategy.scores,
                compute,
                nearest_for_budget=budget if "nearest" in strategy.reads else None,
            )
        scores = {name: scores[name] for name in strategy.scores}
    if strategy.is_scored:
        parts |= {"predicted": predicted, "scores": scores}
    if "nearest" in strategy.reads:
        parts["nearest"] = nearest
        _require(strategy, {"nearest": nearest})
    if strategy.precompute:
        parts["per_sample"] = per_sample or {}
    if strategy.keeps_state:
        parts["state"] = state or {}
    return Query(
        budget=budget,
        unlabelled=unlabelled,
        labelled=labelled,
        num_classes=num_classes,
        round_number=round_number,
        generator=generator(seed, round_number, f"select/{strategy.name}"),
        compute=compute,
        **parts,
    )


def score_pool(
    features: FeatureMatrix,
    head: LinearHead,
    rows: np.ndarray,
    names: tuple[str, ...],
    compute: Compute,
    *,
    nearest_for_budget: int | None = None,
    pool_size: int | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray], tuple[np.ndarray, np.ndarray] | None]:
    """Return predicted classes, scores and lists of the nearest, as in `Query`.

    Args:
        features: (N, d).
        rows: (n,) the unlabelled pool, or a shard of it.
        names: the scores.
        nearest_for_budget: the budget that lists of the nearest must serve; None for no lists.
        pool_size: the size of the unlabelled pool, if ``rows`` is a shard.
    """
    nearest = None
    if nearest_for_budget is not None:
        nearest = NearestPerClass.for_budget(nearest_for_budget, head.num_classes, pool_size or len(rows))
    scores = PoolScorer(features, head, compute).score(rows, names, nearest)
    return scores.pop("predicted"), scores, nearest.lists() if nearest else None


def prepare_rounds(
    strategy: Strategy,
    features: FeatureMatrix,
    pool: np.ndarray,
    seed: int,
    compute: Compute,
    options: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Return what all rounds of ``strategy`` share, computed from the whole ``pool``, labelled rows included.

    Raises ValueError if the strategy does not declare ``prepare``.
    """
    prepare = strategy.prepare
    if prepare is None:
        raise ValueError(f"strategy {strategy.name!r} prepares nothing")
    draws = generator(seed, 0, f"prepare/{strategy.name}")
    return prepare(features, pool, draws, compute, **strategy.options_of("prepare", options))


def _require(strategy: Strategy, artifacts: Mapping[str, object]) -> None:
    """Raise InputError if one of the artifacts is missing."""
    missing = [name for name, value in artifacts.items() if value is None]
    if missing:
        raise InputError(f"strategy {strategy.name!r} reads {missing[0]!r}, which is missing")
