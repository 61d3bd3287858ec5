from typing import Annotated

from activepool.backbones.settings import BackboneSettings
from activepool.pretraining.settings import PretrainSettings, pretrain_settings
from activepool.programs.stage import Device, Input, Json, Output, Version, Workers, stage


@stage(in_processes=True)
def pretrain(
    dataset: Input,
    backbone: Annotated[BackboneSettings, Json(BackboneSettings.parse)],
    pretraining: Annotated[PretrainSettings, Json(pretrain_settings)],
    weights: Output,
    curve: Output,
    version: Version = "",
    device: Device = "auto",
    workers: Workers = 1,
) -> None:
    """Pretrain a backbone on a dataset's own images, without their labels (SimCLR or MoCo v2).

    A file beside the weights keeps a copy of them for the next run on the same images, whatever their labels.

    Several processes, started by --processes or by torchrun, train together, each on a GPU of its own.

    Args:
        dataset: dataset.h5; the train images are used
        backbone: JSON: {"name": ..., "image_size": ..., "channels": 1 or 3, "normalisation": ...}; by
            default, the channels of the images
        pretraining: JSON: {"method": "simclr" or "moco_v2", "epochs": ..., more keys of
            activepool.pretraining.settings}; only epochs is required
        weights: safetensors file of the weights to write
        curve: CSV of loss, learning rate and k-NN accuracy per epoch to write
    """
    from activepool.compute.workers import reading_workers
    from activepool.parallel.distributed import join_processes
    from activepool.pretraining.training import pretrain as pretrain_backbone

    with join_processes(device) as processes:
        pretrain_backbone(
            dataset,
            backbone,
            pretraining,
            weights,
            curve,
            processes,
            workers=reading_workers(workers, processes.count),
            version=version,
        )


if __name__ == "__main__":
    pretrain.run()
