"""Which images the steps of VAAL train on."""

from collections.abc import Iterator
from itertools import chain, islice

import numpy as np

from activepool.adversarial.settings import AdversarialSettings
from activepool.compute.seeds import generator
from activepool.features.image_round import ImageRound


def batch_sizes(images: int, settings: AdversarialSettings) -> list[int]:
    """Return the sizes of the batches of one pass over this number of images.

    In epochs, a last batch of one image joins the batch before, as in finetuning: batch normalisation cannot
    train on a single small image.
    """
    size = settings.batch_size
    starts = range(0, images, size)
    if settings.batches == "full":
        return [size] * len(starts)
    sizes = [min(size, images - start) for start in starts]
    return [*sizes[:-2], size + 1] if len(sizes) > 1 and sizes[-1] == 1 else sizes


def pairs(images: ImageRound, settings: AdversarialSettings) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, endlessly, the labelled and the unlabelled rows of each step, in random order."""
    labelled_draws, unlabelled_draws = (
        generator(images.seed, images.round_number, f"vaal/{name}") for name in ("labelled", "unlabelled")
    )
    if settings.batches == "full":
        labelled = chain.from_iterable(_passes(images.labelled, labelled_draws))
        unlabelled = chain.from_iterable(_passes(images.unlabelled, unlabelled_draws))
        while True:
            yield _take(labelled, settings.batch_size), _take(unlabelled, settings.batch_size)
    steps = len(batch_sizes(len(images.labelled), settings))
    batches = _batches(images.labelled, settings, labelled_draws)
    while True:
        unlabelled_batches = _batches(images.unlabelled, settings, unlabelled_draws)
        for batch in islice(batches, steps):
            yield batch, next(unlabelled_batches)


def _take(rows: Iterator[np.int64], count: int) -> np.ndarray:
    return np.fromiter(islice(rows, count), dtype=np.int64)


def _batches(
    rows: np.ndarray, settings: AdversarialSettings, draws: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the batches of endless passes, the last of each perhaps smaller."""
    ends = np.cumsum(batch_sizes(len(rows), settings))
    for shuffled in _passes(rows, draws):
        yield from np.split(shuffled, ends[:-1])


def _passes(rows: np.ndarray, draws: np.random.Generator) -> Iterator[np.ndarray]:
    while True:
        yield draws.permutation(rows)
