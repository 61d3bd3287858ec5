from typing import Annotated

from activepool.data.settings import DatasetSettings
from activepool.programs.messages import print_notices
from activepool.programs.stage import Json, Output, Workers, stage


@stage
def dataset(
    source: Annotated[DatasetSettings, Json(DatasetSettings.parse)],
    dataset: Output,
    unreadable: Output,
    workers: Workers = 1,
) -> None:
    """Read a dataset of images: labels, paths, and the pixels of small images.

    Args:
        source: JSON: {"kind": ..., "options": {...}, "imbalance": {"kind", "factor", "seed"} or null,
            "fraction": 0 to 1 or null, "on_unreadable": "stop" or "skip", "exif": "ignore" or "apply"}
        dataset: dataset.h5 to write
        unreadable: CSV to write: the unreadable images that were left out
    """
    from activepool.data.dataset import prepare
    from activepool.data.samples import write_samples
    from activepool.io.files import write_table

    samples, unreadable_images = prepare(source, workers)
    print_notices(samples.notices)
    write_samples(dataset, samples)
    write_table(unreadable, unreadable_images)


if __name__ == "__main__":
    dataset.run()
