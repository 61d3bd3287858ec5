"""The overlap of two strategies' selections, round by round."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

#: Seed -> strategy -> the rows picked in each round, first those of the initial pool.
Picks = Mapping[int, Mapping[str, Sequence[np.ndarray]]]

COLUMNS = ["strategy", "other", "seed", "round", "picked", "picked_so_far"]


def overlap_table(picks: Picks) -> pd.DataFrame:
    """Return one row per pair of strategies, seed and round from 1: the overlap of their selections.

    ``picked`` is the Jaccard index |A ∩ B| / |A ∪ B| of their picks in that round, ``picked_so_far`` that of
    their picks in this round and those before. The initial pool, which strategies share, does not count.
    Rounds that only one strategy has are left out; two empty picks give NaN.
    """
    rows = []
    for seed, seed_picks in picks.items():
        for (strategy, picks_of_one), (other, picks_of_other) in combinations(seed_picks.items(), 2):
            overlaps = round_overlaps(picks_of_one[1:], picks_of_other[1:])
            rows += [
                (strategy, other, seed, number, *values) for number, values in enumerate(overlaps, start=1)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def round_overlaps(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Return (R, 2): the Jaccard index of the picks of each round, and of all picks so far.

    Args:
        first: the rows picked in each round, without repeats.
        second: the same; R is the smaller number of rounds.
    """
    rounds = min(len(first), len(second))
    size = 1 + max((int(rows.max()) for rows in (*first[:rounds], *second[:rounds]) if len(rows)), default=-1)
    round_in_first, round_in_second = (_round_of_rows(picks[:rounds], size) for picks in (first, second))
    # A row is in both sets from the later of its two rounds on, and in at least one from the earlier on.
    intersection = _count(np.maximum(round_in_first, round_in_second), rounds).cumsum()
    union = _count(np.minimum(round_in_first, round_in_second), rounds).cumsum()
    round_intersection = _count(round_in_first[round_in_first == round_in_second], rounds)
    round_union = _count(round_in_first, rounds) + _count(round_in_second, rounds) - round_intersection
    with np.errstate(invalid="ignore"):
        return np.stack([round_intersection / round_union, intersection / union], axis=1)


def _round_of_rows(picks: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Return (size,): the round in which each row was picked; for other rows, the number of rounds."""
    rounds = np.full(size, len(picks))
    for number, rows in enumerate(picks):
        rounds[rows] = number
    return rounds


def _count(rounds: np.ndarray, number: int) -> np.ndarray:
    return np.bincount(rounds, minlength=number + 1)[:number]
