"""Random generators: every draw follows from (seed, round, stage) only."""

import hashlib
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


def generator(seed: int, round_number: int, stage: str) -> np.random.Generator:
    """Return the generator of one stage in one round of one seed.

    The streams of different stages, rounds and seeds are independent: a stage may draw more or fewer numbers
    without changing those of any other.
    """
    return np.random.default_rng(_sequence(seed, round_number, stage))


def integer_seed(seed: int, round_number: int, stage: str) -> int:
    """Return a 63-bit seed of the same stream family, for libraries that take an integer."""
    return _integer(_sequence(seed, round_number, stage))


def seed_of(generator: np.random.Generator) -> int:
    """Return a 63-bit seed that belongs to a generator, without a draw from it."""
    sequence = generator.bit_generator.seed_seq
    assert isinstance(sequence, np.random.SeedSequence)
    return _integer(sequence)


@contextmanager
def fixed_draws(seed: int) -> Iterator[None]:
    """Seed the generators that code of others may draw from, and restore them at the end.

    They are the global ones of Python, of NumPy and, if it is imported, of torch on the CPU.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with ExitStack() as restored:
        restored.callback(random.setstate, python_state)
        restored.callback(np.random.set_state, numpy_state)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        if (torch := sys.modules.get("torch")) is not None:
            restored.enter_context(torch.random.fork_rng(devices=[]))
            torch.default_generator.manual_seed(seed)
        yield


def draw_in_proportion(generator: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """Return positions drawn with replacement in proportion to ``weights`` (n,), not all 0, (count,)."""
    ends = np.cumsum(weights)
    positions: np.ndarray = np.searchsorted(ends, generator.random(count) * ends[-1], side="right")
    return positions.clip(max=len(weights) - 1)


def _integer(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def _sequence(seed: int, round_number: int, stage: str) -> np.random.SeedSequence:
    stage_number = int.from_bytes(hashlib.sha256(stage.encode()).digest()[:8], "little")
    return np.random.SeedSequence([seed, round_number, stage_number])
