"""Greedy choice by the trace of M⁻¹F: samples are added to M one by one, or removed (BAIT, Ash et al. 2021).

Changes of the trace that differ by less than TOLERANCE are equal: no last bit decides. The rounding errors of
M⁻¹ are a part of the first, largest changes; once changes are far smaller, everything is recomputed from M.
"""

import numpy as np

from activepool.compute.blocks import Mapping
from activepool.diversity.fisher import BinaryInformation, BinaryTrace
from activepool.diversity.softmax_fisher import SoftmaxInformation, SoftmaxTrace

#: Changes of the trace that differ by less than this part are equal.
TOLERANCE = 1e-8

#: Everything is recomputed from M when the largest change is this part of what it was at the last renewal.
RENEWAL = 2.0**-10

#: The Fisher information of n samples, and the trace of M⁻¹F, with M to which they can be added or from which
#: they can be removed.
Information = BinaryInformation | SoftmaxInformation
Trace = BinaryTrace | SoftmaxTrace


def covering_picks(
    pool: Information, start: np.ndarray, target: np.ndarray, budget: int, mapping: Mapping
) -> np.ndarray:
    """Choose samples greedily, twice the budget where there are as many, and remove all but the budget again.

    Args:
        pool: the samples; n ≥ budget.
        start: M before the first choice, positive definite; the information of the choices is added.
        target: F.
        budget: how many to choose.
        mapping: of the compute; the workers have no effect on the result.

    Returns: (budget,) positions in the order in which they were chosen. Ties go to the lower position.
    """
    chosen = _added(pool.trace(start, target, mapping), min(2 * budget, len(pool.rows)))
    trace = pool.part(chosen).trace(start, target, mapping)
    _remove(trace, pool.rows[chosen], len(chosen) - budget)
    return chosen[trace.left]


def _added(trace: Trace, count: int) -> np.ndarray:
    """Add ``count`` samples, each of which lowers the trace the most; ties go to the lower position.

    Returns: (count,) their positions, in their order.
    """
    added: list[int] = []
    renewed_at: float | None = None
    while len(added) < count:
        gains = np.where(trace.left, trace.changes(1), -np.inf)
        best = gains.max()
        if renewed_at is None:
            renewed_at = best
        elif best < RENEWAL * renewed_at:
            trace.renew()
            renewed_at = None
            continue
        sample = int((gains >= best - TOLERANCE * abs(best)).argmax())
        trace.apply(sample, 1)
        added.append(sample)
    return np.array(added, dtype=np.int64)


def _remove(trace: Trace, rows: np.ndarray, count: int) -> None:
    """Remove ``count`` samples, each of which raises the trace least; ties go to the highest of ``rows``."""
    highest_first = np.argsort(-rows, kind="stable")
    for _ in range(count):
        losses = np.where(trace.left, trace.changes(-1), np.inf)
        least = losses.min()
        alike = losses <= least + TOLERANCE * abs(least)
        trace.apply(int(highest_first[alike[highest_first].argmax()]), -1)
