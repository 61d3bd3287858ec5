"""What jobs ask of a cluster: memory and time by the size of the pool and the retry, groups, retries."""

from collections.abc import Callable
from typing import Any

from planning.configuration import Experiment

#: Rounds of a chain that are one job of the cluster: a chain of 30 rounds of a minute is not queued 90 times.
#: One that fails is retried with its group, whose files Snakemake deletes before.
ROUNDS_PER_GROUP = 5

#: The kinds of dataset whose samples all have labels. Others' samples may get theirs between two rounds.
LABELLED = ("digits", "cifar10", "cifar100", "imagenet", "imagenet_lt")


class Needs:
    """Resources of the jobs that read the features of the pool, as Snakemake's functions of a job."""

    def __init__(self, experiment: Experiment) -> None:
        #: In finetuning a round takes long, and has features of its own, which are not there at planning.
        self._finetunes = experiment.finetunes
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


def _group(rounds: int, ahead: int = 0) -> Callable[[Any], str]:
    """Return the function that names the group of a round, by strategy, seed and block of ``rounds``.

    A job belongs to the block of the round that is ``ahead`` of its own. Round 0 is alone.
    """

    def name(wildcards: Any) -> str:
        block = -(-(int(wildcards.round) + ahead) // rounds)
        return f"{wildcards.strategy}_seed{wildcards.seed}_rounds{block}"

    return name
