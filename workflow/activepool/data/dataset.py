"""The samples of a dataset, from its settings."""

from dataclasses import replace

import pandas as pd

from activepool.data.class_checks import class_notices
from activepool.data.image_checks import drop_unreadable
from activepool.data.kinds import KINDS, build
from activepool.data.samples import Samples
from activepool.data.settings import DatasetSettings
from activepool.data.subset import reduced


def prepare(settings: DatasetSettings, workers: int = 1) -> tuple[Samples, pd.DataFrame]:
    """Read a dataset, fetch its images, leave out unreadable ones, and reduce it if the settings say so.

    Returns: the samples, and a table of unreadable images with the columns path and reason. The number of
    ``workers``, threads that check the images, changes no result.
    """
    samples = replace(build(settings.kind, **settings.options), upright=settings.exif == "apply")
    reasons: dict[str, str] = {}
    # Before the check, which leaves out images that are absent if it may skip unreadable ones.
    if (fetch := KINDS[settings.kind].fetch) is not None:
        fetch(**settings.options, unreadable=reasons if settings.on_unreadable == "skip" else None)
    samples, unreadable = drop_unreadable(samples, settings.on_unreadable, workers, reasons)
    if len(unreadable):  # a class may have lost all its train samples
        notices = class_notices(samples.name, samples.class_names, samples.train.labels, samples.test.labels)
        samples = replace(samples, notices=tuple(dict.fromkeys([*samples.notices, *notices])))
    return reduced(samples, settings.imbalance, settings.fraction), unreadable
