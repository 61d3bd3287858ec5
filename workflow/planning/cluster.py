"""What jobs ask of a cluster: memory and time by the size of the pool and the retry, and groups of rounds."""

from collections.abc import Callable
from typing import Any

from planning.configuration import Experiment

#: Rounds of a chain that are one job of the cluster: a chain of 30 rounds of a minute is not queued 90 times.
#: One that fails is retried with its group.
ROUNDS_PER_GROUP = 5


class Needs:
    """Resources of the jobs that read the features of the pool, as Snakemake's functions of a job."""

    def __init__(self, experiment: Experiment) -> None:
        #: In finetuning a round takes long, and has features of its own, which are not there at planning.
        self._finetunes = experiment.finetunes
        #: The group of a round's job, for the directive ``group``; None where jobs are long or in shards.
        self.group = None if experiment.finetunes or experiment.in_shards else _rounds_group

    def memory(self, least: int, share: float) -> Callable[..., int]:
        """Return the memory, in 10⁶ bytes: ``least`` and a share of the features, doubled at each retry."""
        return lambda wildcards, input, attempt, async_run: int(
            (least + share * self._size_mb(input, async_run)) * 2 ** (attempt - 1)
        )

    def runtime(self, least: int, minutes_per_gb: float) -> Callable[..., int]:
        """Return the minutes allowed: ``least`` and some for each 10⁹ bytes, doubled at each retry."""
        return lambda wildcards, input, attempt, async_run: int(
            (least + minutes_per_gb / 1000 * self._size_mb(input, async_run)) * 2 ** (attempt - 1)
        )

    def _size_mb(self, inputs: Any, async_run: Callable[[Any], int]) -> float:
        """Return the size of the features; its error, while they are missing, makes Snakemake ask later.

        It is asked of Snakemake, because the features may lie in a storage that is not a disk here.
        """
        return 0.0 if self._finetunes else async_run(inputs.features.size()) / 1e6


def _rounds_group(wildcards: Any) -> str:
    """Return the group of consecutive rounds of a strategy and seed; round 0 is alone."""
    block = -(-int(wildcards.round) // ROUNDS_PER_GROUP)
    return f"{wildcards.strategy}_seed{wildcards.seed}_rounds{block}"
