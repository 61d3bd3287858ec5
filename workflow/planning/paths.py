"""The paths of an experiment's files; ``wildcards`` are Snakemake's."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from activepool.strategies.declaration import Strategy
from planning.configuration.drawings import applicable
from planning.configuration.experiment import Experiment
from planning.configuration.sections import FULL_POOL, StrategySettings


class FeaturePaths:
    """The inputs of the rules for features, in an experiment and in a project.

    Attributes:
        checkpoint: the file of the backbone's weights, or None.
        num_shards: the number of shards of an extraction.
    """

    checkpoint: str | None
    num_shards: int

    @property
    def checkpoint_inputs(self) -> list[str]:
        """The backbone's weights as inputs; for a path that cannot be one, a setting has their digest."""
        return [self.checkpoint] if self.checkpoint and not has_wildcards(self.checkpoint) else []

    def shards(self, folder: str) -> list[str]:
        """Return the shards of the features in a folder."""
        return [f"{folder}/shards/{number}-of-{self.num_shards}.h5" for number in range(self.num_shards)]


class Paths(FeaturePaths):
    """The paths of one experiment: where its files are, and which of them a job reads."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.is_embedded = experiment.dataset.kind == "embeddings"
        names = f"{experiment.dataset_name}/{experiment.backbone_name}"
        self.root = f"results/{experiment.experiment}"
        self.dataset = f"results/datasets/{experiment.dataset_name}/dataset.h5"
        self.features = f"results/features/{names}/features.h5"
        self.map = f"results/features/{names}/map_{experiment.figures.map}.h5"
        self.pretrained = f"results/pretrained/{names}" if experiment.pretrain else None
        configured = experiment.backbone.checkpoint if experiment.backbone else None
        self.checkpoint = f"{self.pretrained}/backbone.safetensors" if self.pretrained else configured
        self.num_shards = experiment.features.shards
        #: The file with samples, labels and classes.
        self.samples = self.features if self.is_embedded else self.dataset
        #: The metrics of training on all labels, in the form of curves.csv; [] if not configured.
        self.ceiling = f"{self.root}/ceiling.csv" if experiment.ceiling else []

    # Rounds.

    def run(self, strategy: str, seed: int | str, round_number: int) -> str:
        """Return the folder of one round; strategies that start from the same labelled set share round 0."""
        folder = strategy if round_number else initial_folder(self.experiment.initial_kind(strategy))
        return f"{self.root}/{folder}/seed{seed}/round{round_number:02d}"

    def in_runs(
        self, name: str, strategies: Sequence[str] = (), seeds: Sequence[int] = (), rounds: Sequence[int] = ()
    ) -> list[str]:
        """Return the files called ``name`` of rounds, each once; by default, of all rounds."""
        experiment = self.experiment
        runs = (
            self.run(strategy, seed, number)
            for strategy in strategies or experiment.strategy_folders
            for seed in seeds or experiment.seed_list
            for number in rounds or range(experiment.rounds)
        )
        return [f"{run}/{name}" for run in dict.fromkeys(runs)]

    def ceiling_metrics(self) -> list[str]:
        """Return the metrics of the trainings on the whole pool."""
        seeds = self.experiment.seed_list
        return [f"{self.root}/{FULL_POOL}/seed{seed}/round00/metrics.json" for seed in seeds]

    def last_rounds(self, *strategies: str, seeds: Sequence[int] = ()) -> list[str]:
        """Return files that exist once all picks of these strategies and seeds (by default, all) have labels.

        There are none if no labels come later.
        """
        if not self.experiment.dataset.annotations:
            return []
        return self.in_runs("metrics.json", strategies, seeds, [self.experiment.rounds - 1])

    def pictured_selections(self, *strategies: str) -> list[str]:
        """Return the selected.csv of these strategies with the first seed, each once, round by round."""
        return self.in_runs("selected.csv", strategies, self.experiment.seed_list[:1])

    # The inputs of a query.

    def previous(self, name: str) -> Callable[[Any], str]:
        """Return the input function for the file called ``name`` of the previous round."""

        def path(wildcards: Any) -> str:
            return f"{self.run(wildcards.strategy, wildcards.seed, int(wildcards.round) - 1)}/{name}"

        return path

    def _own_run(self, wildcards: Any) -> str:
        return self.run(wildcards.strategy, wildcards.seed, int(wildcards.round))

    def query_features(self, wildcards: Any) -> str:
        """Return the features that the head of the previous round was trained on."""
        return self.previous("features.h5")(wildcards) if self.experiment.changes_features else self.features

    def selection_features(self, wildcards: Any) -> str:
        """Return the features that a strategy picks from, or the samples if it reads no features."""
        reads = self.declared(wildcards).reads_features
        return self.query_features(wildcards) if reads else self.samples

    def scoring_features(self, wildcards: Any) -> str:
        """Return the features for scoring a strategy's pool, or the samples if it reads no features."""
        is_scored = self.declared(wildcards).is_scored
        return self.query_features(wildcards) if is_scored else self.selection_features(wildcards)

    def scoring_head(self, wildcards: Any) -> str | list[str]:
        """Return the head for scoring a strategy's pool; [] if it reads none."""
        is_scored = self.declared(wildcards).is_scored
        return self.previous("head.h5")(wildcards) if is_scored else self.selection_head(wildcards)

    def selection_head(self, wildcards: Any) -> str | list[str]:
        """Return the head that a strategy reads; [] if it reads none."""
        return self.previous("head.h5")(wildcards) if "head" in self.declared(wildcards).reads else []

    def prepared(self, wildcards: Any) -> str | list[str]:
        """Return the file that a strategy prepares; [] if it prepares none."""
        has_any = self.declared(wildcards).prepare
        return f"{self.root}/{wildcards.strategy}/seed{wildcards.seed}/prepared.h5" if has_any else []

    def scoring_prepared(self, wildcards: Any) -> str | list[str]:
        """Return the file that a strategy prepares; [] if its scores do not need it."""
        return self.prepared(wildcards) if self.precomputes(wildcards) else []

    def previous_state(self, wildcards: Any) -> str | list[str]:
        """Return the state that a strategy kept in the previous round; [] if there is none."""
        keeps = self.keeps_state(self.experiment.strategy(wildcards.strategy))
        return self.previous("state.h5")(wildcards) if keeps and int(wildcards.round) > 1 else []

    def scores(self, wildcards: Any) -> str | list[str]:
        """Return the scores of a round; [] if the selection needs none."""
        declared, in_shards = self.declared(wildcards), self.experiment.in_shards
        precomputes = in_shards and declared.precompute and not self.previous_state(wildcards)
        return f"{self._own_run(wildcards)}/scores.h5" if declared.is_scored or precomputes else []

    def score_shards(self, wildcards: Any) -> list[str]:
        """Return the shards of the scores of a round."""
        folder, count = f"{self._own_run(wildcards)}/scores", self.experiment.pool_shards
        return [f"{folder}/{number}-of-{count}.h5" for number in range(count)]

    def image_model(self, wildcards: Any) -> str | list[str]:
        """Return the model that a strategy trains on images; [] if it trains none."""
        has_any = self.declared(wildcards).image_model
        return f"{self._own_run(wildcards)}/image_model.safetensors" if has_any else []

    def metrics_of_head(self, wildcards: Any) -> str | list[str]:
        """Return the metrics of the head; [] unless a strategy's model takes as many steps as the head."""
        options = self.experiment.strategy(wildcards.strategy).options
        reads = self.declared(wildcards).ends_with_head(options)
        return self.previous("metrics.json")(wildcards) if reads else []

    def image_dataset(self, wildcards: Any) -> str | list[str]:
        """Return the images for a strategy's own model; [] if it trains none."""
        return self.dataset if self.declared(wildcards).image_model else []

    def precomputes(self, wildcards: Any) -> bool:
        """Return whether a strategy precomputes in separate jobs; it does so if the pool is in shards."""
        declared = self.experiment.strategy(wildcards.strategy).declared
        return self.experiment.in_shards and declared.precompute is not None

    def keeps_state(self, strategy: StrategySettings) -> bool:
        """Return whether a strategy keeps arrays from round to round, as long as the features stay."""
        return strategy.declared.keeps_state and not self.experiment.changes_features

    def declared(self, wildcards: Any) -> Strategy:
        """Return the declaration of a strategy in one round."""
        return self.experiment.strategy(wildcards.strategy).declared.in_round(int(wildcards.round))

    # The results of an experiment.

    def targets(self) -> list[str]:
        """Return the targets of an experiment; all other files are made only for these."""
        trackers = [f"{self.root}/tracking/{tracker}.log" for tracker in self.experiment.trackers]
        return [*self.in_runs("metrics.json"), *self.reported(), *trackers]

    def reported(self) -> list[str]:
        """Return the files that the report shows, in all their forms."""
        return [*self.figures(), *self.tables(), *self.costs()]

    def figures(self) -> list[str]:
        """Return the figures that have something to show, as PDF and PNG, and the contact sheets, as PNG."""
        names = [f"{self.root}/figures/{name}" for name in applicable("drawings", self.experiment)]
        names += [f"{self.root}/figures/feature_map"] if self.has_map else []
        names += [f"{self.pretrained}/pretrain"] if self.pretrained else []
        return [*(f"{name}.{form}" for name in names for form in ("pdf", "png")), *self.contact_sheets()]

    def tables(self) -> list[str]:
        """Return the tables that have something to show, each as CSV, in LaTeX and as a page."""
        names = [f"{self.root}/tables/{name}" for name in applicable("tables", self.experiment)]
        return [f"{name}.{form}" for name in names for form in ("csv", "tex", "html")]

    def costs(self) -> list[str]:
        """Return the tables and figures of the stages' costs."""
        folder = f"results/logs/{self.experiment.experiment}"
        return [f"{folder}/costs.{form}" for form in ("csv", "tex", "html", "pdf", "png")]

    def contact_sheets(self) -> list[str]:
        """Return the contact sheet of each strategy; embeddings have none."""
        strategies = () if self.is_embedded else self.experiment.strategy_folders
        return [f"{self.root}/figures/contact_sheet_{strategy}.png" for strategy in strategies]

    @property
    def has_map(self) -> bool:
        """Whether there is a map of the pool, which needs the features of the first backbone."""
        prepares = any(strategy.declared.prepare for strategy in self.experiment.strategies)
        return prepares or not self.experiment.changes_features  # else nothing needs these features

    def recorded_folders(self) -> list[str]:
        """Return the folders that contain the records of this experiment's jobs."""
        images = [] if self.is_embedded else [str(Path(self.dataset).parent)]
        pretrained = [self.pretrained] if self.pretrained else []
        return [*images, *pretrained, str(Path(self.features).parent), self.root]


def initial_folder(kind: str) -> str:
    """Return the folder of the round 0 that starts from a kind of labelled set."""
    return f"initial_{kind}"


def has_wildcards(path: str) -> bool:
    """Return whether Snakemake would see wildcards in a path; such braces cannot be escaped."""
    return re.search(r"\{\s*\w+\s*[,}]", path) is not None
