from collections.abc import Mapping
from typing import Any

from activepool.compute.blocks import Compute
from activepool.programs.stage import Input, Natural, Output, stage


@stage
def prepare(
    strategy: str,
    features: Input,
    validation: Input,
    seed: Natural,
    prepared: Output,
    options: Mapping[str, Any] = {},
    compute: Compute = Compute(),
) -> None:
    """Compute what all rounds of a strategy share, before the first round.

    Args:
        strategy: name of a strategy, or file.py:function
        features: features.h5
        validation: validation.csv: rows outside the pool
        seed: seed of the run
        prepared: prepared.h5 to write
        options: JSON: the options of the strategy for this stage
    """
    from activepool.data.splits import unlabelled_pool
    from activepool.features.store import FeatureFile
    from activepool.io.hdf5 import write_arrays
    from activepool.io.index_files import read_index
    from activepool.strategies.assembly import prepare_rounds
    from activepool.strategies.registry import find_strategy

    declaration = find_strategy(strategy, options)
    with FeatureFile(features) as file:
        matrix = file.train.features
        pool = unlabelled_pool(matrix.shape[0], read_index(validation))
        write_arrays(prepared, prepare_rounds(declaration, matrix, pool, seed, compute, options))


if __name__ == "__main__":
    prepare.run()
