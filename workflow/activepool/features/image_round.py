"""The images of one round, for strategies that learn from images rather than from features."""

from dataclasses import dataclass

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.compute.workers import reading_workers
from activepool.data.label_file import LabelFile
from activepool.data.round_samples import read_pool


@dataclass(frozen=True)
class ImageRound:
    """The images of a round, of the train part of dataset.h5, and the device for work on them.

    Attributes:
        labelled: (m,) rows of the labelled set.
        unlabelled: (n,) rows of the rest of the pool, ascending.
        seed, round_number: names of the random streams; see activepool.compute.seeds.
        workers: processes that read images (0: this one); no effect on the result.
        head_steps: steps that trained the head of the labelled set; None if the strategy does not need them.
    """

    dataset: str
    labelled: IntArray
    unlabelled: IntArray
    seed: int
    round_number: int
    device: str = "cpu"
    workers: int = 0
    head_steps: int | None = None

    @classmethod
    def read(
        cls, dataset: str, validation: str, labelled: str, seed: int, round_number: int, compute: Compute
    ) -> "ImageRound":
        """Return the images of a round, from dataset.h5 and the index files of the rows outside the pool."""
        with LabelFile(dataset) as file:
            rows, unlabelled = read_pool(len(file.train.labels), validation, labelled)
        workers = reading_workers(compute.workers)
        return cls(dataset, rows, unlabelled, seed, round_number, compute.device, workers)
