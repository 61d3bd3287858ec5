"""The next batch: what a strategy picks from a partly labelled pool."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.strategies.assembly import assemble_query, prepare_rounds
from activepool.strategies.checked_selection import checked_pick
from activepool.strategies.query import Selection
from activepool.strategies.registry import find_strategy


def propose_batch(
    strategy: str,
    options: Mapping[str, Any],
    *,
    features: FeatureMatrix,
    candidates: IntArray,
    labelled: IntArray,
    labels: IntArray,
    head: LinearHead | None,
    budget: int,
    seed: int,
    batch: int,
    compute: Compute,
) -> Selection:
    """Return the picks of ``strategy``, as many as ``budget`` or as there are candidates.

    A strategy that keeps arrays from round to round computes them again: what it kept does not fit a pool
    that has grown.

    Args:
        strategy: its name, or file.py:function.
        options: all of its options.
        features: (N, d).
        candidates: (n,) rows that may be picked, ascending.
        labelled: (m,) labelled rows, ascending.
        labels: (m,) their classes, by the numbers of ``head``.
        head: trained on them; None before there are labels of two classes.
        budget: how many to pick.
        seed, batch: of the random stream; batches are numbered from 1.
        compute: device and workers.
    """
    in_all_batches = find_strategy(strategy, options)
    declared, prepared = in_all_batches.in_round(batch), None
    if declared.prepare:
        pool = np.union1d(candidates, labelled)
        prepared = prepare_rounds(in_all_batches, features, pool, seed, compute, options)
    query = assemble_query(
        declared,
        budget=budget,
        unlabelled=candidates,
        labelled=labelled,
        labels=labels,
        num_classes=head.num_classes if head else 0,
        seed=seed,
        round_number=batch,
        features=features,
        head=head,
        remaining_budget=budget,
        prepared=prepared,
        compute=compute,
    )
    return checked_pick(declared, query, options, strategy)
