"""The samples of a dataset, from its settings."""

from dataclasses import replace

import pandas as pd

from activepool.data.class_checks import class_notices
from activepool.data.imbalance import kept_rows
from activepool.data.kinds import build, fetch
from activepool.data.readable import drop_unreadable
from activepool.data.samples import Samples
from activepool.data.settings import DatasetSettings
from activepool.data.subset import subset_rows


def prepare(settings: DatasetSettings, workers: int = 1) -> tuple[Samples, pd.DataFrame]:
    """Read a dataset, fetch its images, leave out unreadable ones, and reduce it if the settings say so.

    Args:
        settings: the settings of the dataset.
        workers: threads that check the images; no effect on the result.

    Returns: the samples, and a table of unreadable images with the columns path and reason.
    """
    samples = replace(build(settings.kind, **settings.options), upright=settings.exif == "apply")
    # Before the check, which leaves out images that are absent if it may skip unreadable ones.
    fetch(settings.kind, ignores_absent=settings.on_unreadable == "skip", **settings.options)
    samples, unreadable = drop_unreadable(samples, settings.on_unreadable, workers)
    if len(unreadable):  # a class may have lost all its train samples
        labels = (samples.train.labels, samples.test.labels)
        notices = class_notices(samples.name, samples.class_names, *labels)
        samples = replace(samples, notices=tuple(dict.fromkeys([*samples.notices, *notices])))
    if settings.imbalance is not None:
        choice = settings.imbalance.model_dump()
        rows = kept_rows(samples.train.labels, len(samples.class_names), **choice)
        samples = replace(samples, train=samples.train.take(rows))
    if settings.fraction is not None:
        samples = _subset(samples, settings.fraction)
    return samples, unreadable


def _subset(samples: Samples, fraction: float) -> Samples:
    classes = len(samples.class_names)
    parts = {
        name: part.take(subset_rows(part.labels, classes, fraction, name))
        for name, part in samples.parts.items()
    }
    return replace(samples, train=parts["train"], test=parts["test"])
