"""The images of one round, for strategies that learn from images rather than from features."""

from dataclasses import dataclass

from activepool.compute.arrays import IntArray


@dataclass(frozen=True)
class ImageRound:
    """Which images a round has, and where work on them is done.

    Attributes:
        dataset: dataset.h5, of which the train part is meant; see activepool.features.images.PartImages.
        labelled: (m,) rows of the labelled set.
        unlabelled: (n,) rows of the pool without them, ascending.
        seed, round_number: what random streams are named by; see activepool.compute.seeds.
        device: where networks are run.
        workers: processes that read images (0: this one); no effect on the result.
    """

    dataset: str
    labelled: IntArray
    unlabelled: IntArray
    seed: int
    round_number: int
    device: str = "cpu"
    workers: int = 0
