"""What jobs ask of a cluster: memory and time by the size of the pool and the retry, groups, retries."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from activepool.compute.devices import has_cuda_driver
from planning.configuration.experiment import Experiment

#: Rounds of a chain that are one job of the cluster: a chain of 30 rounds of a minute is not queued 90 times.
#: One that fails is retried with its group, whose files Snakemake deletes before.
ROUNDS_PER_GROUP = 5

#: The kinds of dataset whose samples all have labels. Others' samples may get theirs between two rounds.
LABELLED = ("digits", "cifar10", "cifar100", "imagenet", "imagenet_lt")


class JobResources:
    """What the jobs of one experiment ask for, as the directives of rules have it."""

    def __init__(self, experiment: Experiment) -> None:
        #: In finetuning a round takes long, and has features of its own, which are not there at planning.
        self._finetunes = experiment.finetunes
        self._device = experiment.device
        labels_come_later = bool(experiment.dataset.annotations)
        #: How often a job that reads labels is tried again, for the directive ``retries``; None: as often as
        #: others. It is not where labels come later: the job fails because it waits for them.
        self.retries = 0 if labels_come_later else None
        is_grouped = not (experiment.finetunes or experiment.in_shards or labels_come_later)
        rounds = ROUNDS_PER_GROUP if experiment.dataset.kind in LABELLED else 1
        #: The groups of a round's query and of its training, for the directive ``group``; None where jobs are
        #: long or in shards. A group that may wait for labels ends with picks, so that these are not deleted.
        self.query_group = _group(rounds) if is_grouped else None
        self.training_group = _group(rounds, ahead=int(rounds == 1)) if is_grouped else None

    def of_images(self, mem_mb: Any, runtime: Any) -> dict[str, Any]:
        """Return the resources of a job that reads images.

        Args:
            mem_mb: its memory, in 10⁶ bytes.
            runtime: the minutes allowed.
        """
        return {"mem_mb": mem_mb, "runtime": runtime, "gpu": self._gpus, "device": self._device}

    def of_features(
        self, mem_mb: int, runtime: int, *, share: float, minutes_per_gb: float
    ) -> dict[str, Any]:
        """Return the resources of a job that reads the features of the pool; both are doubled at each retry.

        Args:
            mem_mb: its memory, in 10⁶ bytes, beside what depends on the features.
            runtime: the minutes allowed, beside what depends on the features.
            share: how much more memory, as a share of the features.
            minutes_per_gb: how many more minutes for each 10⁹ bytes of features.
        """

        def grown(least: int, per_mb: float) -> Callable[..., int]:
            return lambda wildcards, input, attempt, async_run: int(
                (least + per_mb * self._size_mb(input, async_run)) * 2 ** (attempt - 1)
            )

        return self.of_images(grown(mem_mb, share), grown(runtime, minutes_per_gb / 1000))

    @cached_property
    def _gpus(self) -> int:
        """How many GPUs a job asks for: one where the experiment is to use them, or may and there are some.

        With ``device: auto`` the answer is that of the machine on which Snakemake runs.
        """
        is_auto = self._device == "auto"
        return int(self._device.startswith("cuda") or (is_auto and has_cuda_driver()))

    def _size_mb(self, inputs: Any, async_run: Callable[[Any], int]) -> float:
        """Return the size of the features; its error, while they are missing, makes Snakemake ask later.

        It is asked of Snakemake, because the features may lie in a storage that is not a disk here.
        """
        return 0.0 if self._finetunes else async_run(inputs.features.size()) / 1e6


def _group(rounds: int, ahead: int = 0) -> Callable[[Any], str]:
    """Return the function that names the group of a round, by strategy, seed and block of ``rounds``.

    A job belongs to the block of the round that is ``ahead`` of its own. Round 0 is alone.
    """

    def name(wildcards: Any) -> str:
        block = -(-(int(wildcards.round) + ahead) // rounds)
        return f"{wildcards.strategy}_seed{wildcards.seed}_rounds{block}"

    return name
