from typing import Literal

from activepool.programs.stage import Count, Input, Output, stage


@stage
def photographs(
    samples: Input, images: str, part: Count, exif: Literal["ignore", "apply"], dataset: Output
) -> None:
    """List the photographs of one part of a pool.

    Args:
        samples: samples.csv of the pool
        images: the folder that paths start from
        part: number of the part
        exif: whether to apply the rotation in EXIF
        dataset: dataset.h5 to write, without labels and without test part
    """
    from activepool.data.samples import UNKNOWN, Part, Samples, write_samples
    from activepool.labelling.pool.table import read_samples

    table = read_samples(samples)
    sources = table["source"][table["part"] == part].tolist()
    photograph_part = Part.from_files([UNKNOWN] * len(sources), sources)
    write_samples(dataset, Samples(photograph_part, Part.from_files([], []), [], images, exif == "apply"))


if __name__ == "__main__":
    photographs.run()
