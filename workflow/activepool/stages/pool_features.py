from activepool.programs.stage import Input, Output, stage


@stage
def pool_features(samples: Input, parts: list[Input], features: Output) -> None:
    """Join the features of all parts of a pool.

    Args:
        samples: samples.csv of the pool
        parts: features.h5 of each part, in their order
        features: features.h5 to write; its rows are those of samples.csv
    """
    from activepool.labelling.pool.features import join_parts
    from activepool.labelling.pool.table import read_samples

    join_parts(parts, read_samples(samples)["source"].tolist(), features)


if __name__ == "__main__":
    pool_features.run()
