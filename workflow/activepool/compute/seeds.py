"""Random generators: every draw follows from (seed, round, stage) only."""

import hashlib

import numpy as np


def generator(seed: int, round_number: int, stage: str) -> np.random.Generator:
    """Return the generator of one stage in one round of one seed.

    The streams of different stages, rounds and seeds are independent: a stage may draw more or fewer numbers
    without changing those of any other.
    """
    return np.random.default_rng(_sequence(seed, round_number, stage))


def integer_seed(seed: int, round_number: int, stage: str) -> int:
    """Return a 63-bit seed of the same stream family, for libraries that take an integer."""
    return int(_sequence(seed, round_number, stage).generate_state(1, np.uint64)[0] >> np.uint64(1))


def draw_in_proportion(generator: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """Return positions drawn with replacement in proportion to ``weights`` (n,), not all 0, (count,)."""
    ends = np.cumsum(weights)
    positions: np.ndarray = np.searchsorted(ends, generator.random(count) * ends[-1], side="right")
    return positions.clip(max=len(weights) - 1)


def _sequence(seed: int, round_number: int, stage: str) -> np.random.SeedSequence:
    stage_number = int.from_bytes(hashlib.sha256(stage.encode()).digest()[:8], "little")
    return np.random.SeedSequence([seed, round_number, stage_number])
