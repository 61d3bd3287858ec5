"""The trainings of test_processes.py: run by one process in the test, and by two as a program."""

import sys
from pathlib import Path

import torch
from image_datasets import make_dataset

from activepool.backbones.settings import BackboneSettings
from activepool.parallel.batch_norm import share
from activepool.parallel.distributed import Processes, join_processes
from activepool.pretraining.settings import MocoSettings, PretrainSettings, SimclrSettings
from activepool.pretraining.training import pretrain

BACKBONE = BackboneSettings(name="small", image_size=8)

# SGD without much momentum of its own: AdamW's steps follow the sign of a gradient, and enlarge the last bit.
SHARED = {"epochs": 3, "batch_size": 8, "projection_width": 8, "optimizer": "sgd", "learning_rate": 0.05}
TRAININGS: dict[str, PretrainSettings] = {
    # Batches of 7, 6 and 6 images: shares of the processes differ in size.
    "simclr": SimclrSettings(**SHARED, warmup_epochs=1, augmentation="digits", knn_every=1),
    "lars": SimclrSettings(**SHARED | {"optimizer": "lars"}, warmup_epochs=1, augmentation="natural"),
    "bfloat16": SimclrSettings(**SHARED, warmup_epochs=1, augmentation="digits", precision="bfloat16"),
    "moco": MocoSettings(**SHARED, queue=21, batch_norm_groups=4, augmentation="moco_v2", knn_every=1),
}


#: Those whose weights can be compared: rounding to the 8 bits of bfloat16 leads trainings apart.
IN_FLOAT32 = [name for name, settings in TRAININGS.items() if settings.precision is None]


def write_trainings(folder: Path, processes: Processes) -> None:
    """Do all trainings on the dataset of the folder."""
    for name, settings in TRAININGS.items():
        output, log = folder / f"{name}.safetensors", folder / f"{name}.csv"
        pretrain(folder / "dataset.h5", BACKBONE, settings, output, log, processes)


def gradients(processes: Processes) -> dict[str, torch.Tensor]:
    """Return what a small network gives for a batch of 7, and its gradients, from this process's share."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
    parallel = processes.parallel(share(network, processes))
    batch = torch.randn(7, 3, generator=torch.Generator().manual_seed(1))
    results = processes.gather(parallel(batch[processes.share(7)]), 7)
    (results[0] @ results.T).exp().sum().backward()
    by_name = {name: values.grad for name, values in network.named_parameters()}
    statistics = {name: values.double() for name, values in network.named_buffers()}
    return {"results": results.detach(), **by_name, **statistics}


def main() -> None:
    """Do everything as one of the processes."""
    folder = Path(sys.argv[1])
    with join_processes("cpu") as processes:
        write_trainings(folder, processes)
        content = gradients(processes)
        torch.save(content, folder / f"gradients{processes.rank}.pt")


def prepare(folder: Path) -> None:
    """Make the dataset."""
    make_dataset(folder / "dataset.h5", labels=torch.arange(19).remainder(2).numpy())


if __name__ == "__main__":
    main()
