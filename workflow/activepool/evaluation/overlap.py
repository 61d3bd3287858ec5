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
        for (strategy, ours), (other, theirs) in combinations(seed_picks.items(), 2):
            shared = round_overlaps(ours[1:], theirs[1:])
            rows += [
                (strategy, other, seed, number, *values) for number, values in enumerate(shared, start=1)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def round_overlaps(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> np.ndarray:
    """Return (R, 2): the Jaccard index of the picks of each round, and of all picks so far.

    Args:
        ours: the rows picked in each round, without repeats.
        theirs: the same; R is the smaller number of rounds.
    """
    rounds = min(len(ours), len(theirs))
    size = 1 + max((int(rows.max()) for rows in (*ours[:rounds], *theirs[:rounds]) if len(rows)), default=-1)
    our_round, their_round = (_round_of_rows(picks[:rounds], size) for picks in (ours, theirs))
    # A row is in both sets from the later of its two rounds on, and in at least one from the earlier on.
    both = _count(np.maximum(our_round, their_round), rounds).cumsum()
    either = _count(np.minimum(our_round, their_round), rounds).cumsum()
    same = _count(our_round[our_round == their_round], rounds)
    together = _count(our_round, rounds) + _count(their_round, rounds) - same
    with np.errstate(invalid="ignore"):
        return np.stack([same / together, both / either], axis=1)


def _round_of_rows(picks: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Return (size,): the round in which each row was picked; for other rows, the number of rounds."""
    when = np.full(size, len(picks))
    for number, rows in enumerate(picks):
        when[rows] = number
    return when


def _count(rounds: np.ndarray, number: int) -> np.ndarray:
    return np.bincount(rounds, minlength=number + 1)[:number]
