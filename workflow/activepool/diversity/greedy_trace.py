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

#: The Fisher information of n samples, and the trace of M⁻¹F, where samples can be added to M or removed.
Information = BinaryInformation | SoftmaxInformation
Trace = BinaryTrace | SoftmaxTrace


def covering_picks(
    pool: Information, start: np.ndarray, target: np.ndarray, budget: int, mapping: Mapping
) -> np.ndarray:
    """Choose greedily twice the budget of samples, or all if there are fewer, and remove the surplus.

    Args:
        pool: the samples; n ≥ budget.
        start: M before the first choice, positive definite; the information of the choices is added.
        target: F.
        budget: how many to choose.
        mapping: of the compute; the workers have no effect on the result.

    Returns: (budget,) positions in the order in which they were chosen. Ties go to the lower position.
    """
    trace = pool.trace(start, target, mapping)
    chosen = _add(trace, min(2 * budget, len(pool.rows)))
    trace = pool.part(chosen).trace(trace.matrix, target, mapping)
    _remove(trace, pool.rows[chosen], len(chosen) - budget)
    return chosen[trace.remaining]


def _add(trace: Trace, count: int) -> np.ndarray:
    """Add ``count`` samples, each the one that lowers the trace most; ties go to the lower position.

    Returns: (count,) their positions, in order.
    """
    positions: list[int] = []
    gain_at_renewal: float | None = None
    while len(positions) < count:
        gains = np.where(trace.remaining, trace.changes(1), -np.inf)
        best = gains.max()
        if gain_at_renewal is None:
            gain_at_renewal = best
        elif best < RENEWAL * gain_at_renewal:
            trace.renew()
            gain_at_renewal = None
            continue
        sample = int((gains >= best - TOLERANCE * abs(best)).argmax())
        trace.apply(sample, 1)
        positions.append(sample)
    return np.array(positions, dtype=np.int64)


def _remove(trace: Trace, rows: np.ndarray, count: int) -> None:
    """Remove ``count`` samples, each the one that raises the trace least; ties go to the highest row."""
    highest_first = np.argsort(-rows, kind="stable")
    for _ in range(count):
        losses = np.where(trace.remaining, trace.changes(-1), np.inf)
        least = losses.min()
        is_tied = losses <= least + TOLERANCE * abs(least)
        trace.apply(int(highest_first[is_tied[highest_first].argmax()]), -1)
