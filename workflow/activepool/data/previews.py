"""Sizes of datasets, known before any job: enough to see that a budget or a class is too small."""

from dataclasses import dataclass, replace

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.data.class_checks import class_notices
from activepool.data.samples import UNKNOWN, Samples, require_samples
from activepool.data.settings import Imbalance
from activepool.data.subset import long_tail_counts, subset_counts

#: Files or lines that a preview reads at most: about a second's work.
MAX_PREVIEWED = 100_000


@dataclass(frozen=True)
class Preview:
    """The size of a dataset, unlabelled train samples included, and notices for a person.

    ``train_class_counts`` (C,) int64 are those of labelled train samples. The C ``class_names`` of CIFAR are
    their numbers, because a preview does not read the files of names.
    """

    train_class_counts: IntArray
    num_train: int
    num_test: int
    class_names: list[str]
    notices: tuple[str, ...] = ()

    @classmethod
    def from_labels(cls, where: object, train: IntArray, test: IntArray, class_names: list[str]) -> "Preview":
        """Count labels (-1: not known); ``where`` is the name of the dataset in messages."""
        notices = class_notices(where, class_names, train, test)
        counts = np.bincount(train[train != UNKNOWN], minlength=len(class_names))
        return cls(counts, len(train), len(test), class_names, notices)

    @classmethod
    def from_samples(cls, samples: Samples) -> "Preview":
        """Count samples; raises InputError without a train sample, or a labelled test sample."""
        require_samples(samples.train.labels, samples.test.labels)
        size = cls.from_labels(samples.name, samples.train.labels, samples.test.labels, samples.class_names)
        return replace(size, notices=(*samples.notices, *size.notices))

    def reduced(self, imbalance: Imbalance | None, fraction: float | None) -> "Preview":
        """Return the preview of the rows that `remaining_rows` leaves; the test part is about that size."""
        counts, num_test = self.train_class_counts, self.num_test
        unlabelled = self.num_train - int(counts.sum())
        if imbalance is not None:
            counts = long_tail_counts(counts, imbalance, self.class_names)
        if fraction is not None:
            counts = subset_counts(counts, fraction)
            unlabelled = int(subset_counts(np.array([unlabelled]), fraction)[0])
            num_test = max(1, round(num_test * fraction))
        num_train = int(counts.sum()) + unlabelled
        return replace(self, train_class_counts=counts, num_train=num_train, num_test=num_test)
