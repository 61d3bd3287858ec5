"""How much the selections of two strategies have in common, round by round."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

#: Seed -> strategy -> the rows picked in each round, that of the initial pool first.
Picks = Mapping[int, Mapping[str, Sequence[np.ndarray]]]

COLUMNS = ["strategy", "other", "seed", "round", "picked", "labelled"]


def overlap_table(picks: Picks) -> pd.DataFrame:
    """Return one row per pair of strategies, seed and round from 1: what their selections have in common.

    ``picked`` is |A ∩ B| / |A ∪ B| (Jaccard) of the rows that the two picked in that round, ``labelled`` the
    same of their labelled sets with these picks; the initial pool, which they share, counts in the latter.
    Rounds that one of the two lacks are left out; a pair of empty picks has nothing to compare (NaN).
    """
    rows = []
    for seed, of_seed in picks.items():
        for (strategy, ours), (other, theirs) in combinations(of_seed.items(), 2):
            shared = round_overlaps(ours, theirs)
            rows += [
                (strategy, other, seed, number, *values) for number, values in enumerate(shared) if number
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def round_overlaps(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> np.ndarray:
    """Return (R, 2): Jaccard of the picks of each round, and of all picks so far.

    Args:
        ours: the rows picked in each round, none of them twice.
        theirs: the same; R is the smaller number of rounds.
    """
    rounds = min(len(ours), len(theirs))
    size = 1 + max((int(rows.max()) for rows in (*ours[:rounds], *theirs[:rounds]) if len(rows)), default=-1)
    our_round, their_round = (_round_of_rows(picks[:rounds], size) for picks in (ours, theirs))
    # A row is in both sets from the later of its two rounds on, and in one of them from the earlier on.
    both = _count(np.maximum(our_round, their_round), rounds).cumsum()
    either = _count(np.minimum(our_round, their_round), rounds).cumsum()
    same = _count(our_round[our_round == their_round], rounds)
    together = _count(our_round, rounds) + _count(their_round, rounds) - same
    with np.errstate(invalid="ignore"):
        return np.stack([same / together, both / either], axis=1)


def _round_of_rows(picks: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Return (size,): the round in which each row was picked, the number of rounds for the others."""
    when = np.full(size, len(picks))
    for number, rows in enumerate(picks):
        when[rows] = number
    return when


def _count(rounds: np.ndarray, number: int) -> np.ndarray:
    return np.bincount(rounds, minlength=number + 1)[:number]
