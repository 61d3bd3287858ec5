"""The images of one round, for strategies that learn from images rather than from features."""

from dataclasses import dataclass

from activepool.compute.arrays import IntArray


@dataclass(frozen=True)
class ImageRound:
    """The images of a round, and the device for work on them.

    Attributes:
        dataset: dataset.h5, for its train part; see activepool.features.images.PartImages.
        labelled: (m,) rows of the labelled set.
        unlabelled: (n,) rows of the rest of the pool, ascending.
        seed, round_number: names of the random streams; see activepool.compute.seeds.
        device: the device of networks.
        workers: processes that read images (0: this one); no effect on the result.
    """

    dataset: str
    labelled: IntArray
    unlabelled: IntArray
    seed: int
    round_number: int
    device: str = "cpu"
    workers: int = 0
