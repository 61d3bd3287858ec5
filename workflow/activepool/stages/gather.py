from activepool.programs.stage import Input, Output, stage


@stage
def gather(dataset: Input, shards: list[Input], features: Output) -> None:
    """Join the shards of an extraction into features.h5.

    Args:
        dataset: dataset.h5 of the shards
        shards: all shards, in any order
        features: features.h5 to write
    """
    from activepool.features.gather import gather as gather_features

    gather_features(dataset, shards, features)


if __name__ == "__main__":
    gather.run()
