from typing import Literal

from activepool.programs.stage import Input, Output, Workers, stage


@stage
def projection(features: Input, method: Literal["pca", "umap"], map: Output, workers: Workers = 1) -> None:
    """Project the features of the train part to the plane, for the map of the pool.

    Args:
        features: features.h5
        method: how to find the plane
        map: map_METHOD.h5 to write
    """
    from activepool.features.projection import project, write_map
    from activepool.features.store import FeatureFile

    with FeatureFile(features) as file:
        train = file.train
        feature_map = project(train.features, train.labels, method, workers)
    write_map(map, feature_map)


if __name__ == "__main__":
    projection.run()
