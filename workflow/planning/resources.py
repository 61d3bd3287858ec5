"""What jobs request from a cluster: memory, time, GPUs, groups and retries."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from activepool.compute.devices import has_cuda_driver
from planning.configuration.experiment import Experiment

#: Consecutive rounds that form one job of the cluster, so that 30 rounds of a minute are not queued 90 times.
#: If a job fails, Snakemake deletes the files of its group and retries the group.
ROUNDS_PER_GROUP = 5

#: The kinds of dataset that are fully labelled. Samples of others may get their labels between two rounds.
LABELLED = ("digits", "cifar10", "cifar100", "imagenet", "imagenet_lt")


class JobResources:
    """The values of the directive ``resources``; ``device`` is the configuration's."""

    def __init__(self, device: str, knows_features: bool = True) -> None:
        """Take the ``device`` of the configuration, and whether features exist when jobs are planned."""
        self.device = device
        self._knows_features = knows_features

    def of_images(self, mem_mb: Any, runtime: Any) -> dict[str, Any]:
        """Return the resources of a job that reads images: 10⁶ bytes of memory, and minutes."""
        return {"mem_mb": mem_mb, "runtime": runtime, "gpu": self._gpus, "device": self.device}

    def of_features(
        self, mem_mb: int, runtime: int, *, share: float, minutes_per_gb: float
    ) -> dict[str, Any]:
        """Return the resources of a job that reads the features of the pool; each retry doubles them.

        Beside 10⁶ bytes of memory and minutes, there is memory for a ``share`` of the features' size, and
        minutes for each of their 10⁹ bytes.
        """

        def grown(least: int, per_mb: float) -> Callable[..., int]:
            return lambda wildcards, input, attempt, async_run: int(
                (least + per_mb * self._size_mb(input, async_run)) * 2 ** (attempt - 1)
            )

        return self.of_images(grown(mem_mb, share), grown(runtime, minutes_per_gb / 1000))

    @cached_property
    def _gpus(self) -> int:
        """The number of GPUs per job: 1 with ``device: cuda``, and with ``auto`` if there is a GPU.

        With ``auto``, it depends on the machine on which Snakemake runs.
        """
        return int(self.device.startswith("cuda") or (self.device == "auto" and has_cuda_driver()))

    def _size_mb(self, inputs: Any, async_run: Callable[[Any], int]) -> float:
        """Return the size of the features. While they are missing, the error makes Snakemake try again later.

        Snakemake provides the size, because the features may be in a remote storage.
        """
        return async_run(inputs.features.size()) / 1e6 if self._knows_features else 0.0


class ExperimentResources(JobResources):
    """The values of the directives ``resources``, ``group`` and ``retries`` of one experiment."""

    def __init__(self, experiment: Experiment) -> None:
        # In finetuning, a round takes long, and its features do not exist at planning.
        super().__init__(experiment.device, knows_features=not experiment.changes_features)
        labels_come_later = bool(experiment.dataset.annotations)
        #: ``retries`` of a job that reads labels; None: as many as others. If labels come later, it has none,
        #: because the job fails while labels are missing.
        self.retries = 0 if labels_come_later else None
        is_grouped = not (experiment.finetunes or experiment.in_shards or labels_come_later)
        rounds = ROUNDS_PER_GROUP if experiment.dataset.kind in LABELLED else 1
        #: ``group`` of a round's query and of its training; None if jobs are long or in shards. A group that
        #: may wait for labels ends with the picks, so that Snakemake does not delete these.
        self.query_group = _group(rounds) if is_grouped else None
        self.training_group = _group(rounds, ahead=int(rounds == 1)) if is_grouped else None


def _group(rounds: int, ahead: int = 0) -> Callable[[Any], str]:
    """Return a function that names the group of a job by strategy, seed and block of ``rounds`` rounds.

    A job belongs to the block of the round that is ``ahead`` of its own. Round 0 has a block of its own.
    """

    def name(wildcards: Any) -> str:
        block = -(-(int(wildcards.round) + ahead) // rounds)
        return f"{wildcards.strategy}_seed{wildcards.seed}_rounds{block}"

    return name
