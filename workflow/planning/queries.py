"""The queries of an experiment: which jobs each strategy has in a round, and what they read.

Work on each sample of the pool by itself (scoring, measuring) is done in ``pool_shards`` jobs.
"""

from collections.abc import Callable
from typing import Any

from planning.configuration import StrategySettings
from planning.plan import Plan


class Queries:
    """Files and strategies of the queries; ``wildcards`` are Snakemake's."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.experiment = plan.experiment

    def features(self, wildcards: Any) -> str:
        """Return the features that a strategy picks from, or the samples if it reads no features."""
        if self.experiment.strategy(wildcards.strategy).declared.reads_features:
            return self.plan.query_features(wildcards)
        return self.plan.samples

    def measuring_inputs(self, wildcards: Any) -> dict[str, str]:
        """Return what is read beside features, splits and index files, by the name of its option."""
        declared = self.experiment.strategy(wildcards.strategy).declared
        seed_folder = f"{self.plan.root}/{wildcards.strategy}/seed{wildcards.seed}"
        inputs = {}
        if "head" in declared.reads:
            inputs["head"] = self.plan.previous_head(wildcards)
        if declared.is_scored:
            inputs["scores"] = f"{seed_folder}/round{wildcards.round}/scores.h5"
        if declared.prepare:
            inputs["prepared"] = f"{seed_folder}/prepared.h5"
        return inputs

    def inputs(self, wildcards: Any) -> dict[str, str | list[str]]:
        """Return the same for the selection, which also reads what was measured or handed on."""
        strategy = self.experiment.strategy(wildcards.strategy)
        inputs: dict[str, str | list[str]] = {**self.measuring_inputs(wildcards)}
        if self.keeps_state(strategy) and int(wildcards.round) > 1:
            inputs["state"] = f"{self.plan.previous_run(wildcards)}/state.h5"
        elif strategy.declared.precompute and self.experiment.in_shards:
            inputs["measured"] = self.shards("measured")(wildcards)
        return inputs

    def of_shard(self, path: str) -> str:
        """Return ``path``; where the pool is in shards, the pattern of a shard's.

        That of name.h5 is name/{shard}-of-{shards}.h5.
        """
        if not self.experiment.in_shards:
            return path
        name, _, suffix = path.rpartition(".")
        return f"{name}/{{shard}}-of-{{shards}}.{suffix}"

    def shards(self, name: str) -> Callable[[Any], list[str]]:
        """Return the function of a job's ``wildcards`` that names the files ``name`` of all shards."""
        count = self.experiment.pool_shards

        def files(wildcards: Any) -> list[str]:
            run = self.plan.run_folder(wildcards.strategy, wildcards.seed, int(wildcards.round))
            return [f"{run}/{name}/{number}-of-{count}.h5" for number in range(count)]

        return files

    def scored_by_head(self) -> list[str]:
        """Return the folders of the strategies that read scores of the head."""
        return self._folders(lambda one: bool(one.declared.scores))

    def with_image_model(self) -> list[str]:
        """Return the folders of the strategies that are scored by a model of their own on the images."""
        return self._folders(lambda one: bool(one.declared.image_model))

    def stateful(self) -> list[str]:
        """Return the folders of the strategies that hand arrays on from round to round.

        There are none in finetuning: what was found of the features of a round is not true of the next one's.
        """
        return self._folders(self.keeps_state)

    def stateless(self) -> list[str]:
        """Return the folders of the other strategies."""
        return self._folders(lambda one: not self.keeps_state(one))

    def keeps_state(self, strategy: StrategySettings) -> bool:
        """Say whether a strategy hands arrays on from round to round."""
        return strategy.declared.keeps_state and not self.experiment.finetunes

    def files(self) -> list[str]:
        """Return every file of every query that is there to stay, beside the index files."""
        files = []
        for strategy in self.experiment.strategies:
            declared = strategy.declared
            for seed in self.experiment.seed_list:
                if declared.prepare:
                    files.append(f"{self.plan.root}/{strategy.folder}/seed{seed}/prepared.h5")
                for round_number in range(1, self.experiment.rounds):
                    run = self.plan.run_folder(strategy.folder, seed, round_number)
                    files.extend([f"{run}/scores.h5"] if declared.is_scored else [])
                    files.extend([f"{run}/image_model.safetensors"] if declared.image_model else [])
                    files.extend([f"{run}/state.h5"] if self.keeps_state(strategy) else [])
        return files

    def _folders(self, belongs: Callable[[StrategySettings], bool]) -> list[str]:
        return [one.folder for one in self.experiment.strategies if belongs(one)]
