from typing import Annotated

from activepool.backbones.settings import BackboneSettings
from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.features.settings import ExtractSettings
from activepool.programs.stage import Earlier, Input, Json, Output, Version, stage


@stage
def extract(
    dataset: Input,
    backbone: Annotated[BackboneSettings, Json(BackboneSettings.parse)],
    extraction: Annotated[ExtractSettings, Json(ExtractSettings.parse)],
    features: Output,
    checkpoint: Input | None = None,
    earlier: Earlier | None = None,
    version: Version = "",
    shard: Shard = Shard(),
    compute: Compute = Compute(),
) -> None:
    """Extract one shard of a dataset's features with a backbone.

    Args:
        dataset: dataset.h5
        backbone: JSON: {"name": ..., "image_size": ..., "channels": 1 or 3, "format": ... or "keys": ...,
            "normalisation": ...}; defaults: the backbone's image_size and normalisation, the images'
            channels, format plain
        extraction: JSON: {"batch_size", "dtype", "precision", "views", "augmentation", "decoding"}, see
            activepool.features.settings
        features: HDF5 file of the shard to write
        checkpoint: .safetensors, .pt or .pth file; without one, the backbone's own weights
        earlier: features.h5 of an earlier run, if any; batches of unchanged images are copied from it
    """
    from activepool.compute.workers import reading_workers
    from activepool.features.extract import extract_shard

    extract_shard(
        dataset,
        backbone,
        checkpoint,
        extraction,
        shard,
        features,
        compute.device,
        workers=reading_workers(compute.workers),
        version=version,
        earlier=earlier,
    )


if __name__ == "__main__":
    extract.run()
