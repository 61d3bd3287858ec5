from typing import Annotated, Any

from activepool.programs.stage import Input, Json, Output, stage


@stage
def pool_vectors(
    samples: Input,
    source: Annotated[dict[str, Any], Json(files=lambda source: [source["path"]])],
    features: Output,
    removed: Input | None = None,
) -> None:
    """Check a pool's own vectors and copy them.

    Args:
        samples: samples.csv of the pool
        source: JSON: {"path": ..., "array", "source_array"}, see VectorFile; only path is required
        features: features.h5 to write; its rows are those of samples.csv
        removed: removed.h5: vectors of the pool that are no longer in the file
    """
    from activepool.labelling.pool.features import copy_vectors
    from activepool.labelling.pool.table import read_samples
    from activepool.labelling.pool.vectors import VectorFile

    table = read_samples(samples)
    file = VectorFile(**source)
    copy_vectors(file, table["sample"].tolist(), table["source"].tolist(), features, removed)


if __name__ == "__main__":
    pool_vectors.run()
