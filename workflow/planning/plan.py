"""The files of an experiment: which there are, and which a job reads."""

from functools import cached_property
from pathlib import Path
from typing import Any

from activepool.compute.devices import has_cuda_driver
from activepool.figures.registry import FIGURES, TABLES
from planning.chain import Chain, has_wildcards
from planning.configuration import FULL_POOL, Experiment

#: What finetuning writes beside a round's head and metrics.
FINETUNING_FILES = ("network.safetensors", "finetune.csv")


class Plan:
    """One experiment laid out as files; ``wildcards`` are Snakemake's."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.chain = Chain(experiment)
        self.root = f"results/{experiment.experiment}"
        self.features = f"results/features/{experiment.dataset_name}/{experiment.backbone_name}/features.h5"
        self.map = f"{Path(self.features).parent}/map_{experiment.figures.map}.h5"
        self.figure_names, self.table_names = list(FIGURES), list(TABLES)
        self.dataset = f"results/datasets/{experiment.dataset_name}/dataset.h5"

    @property
    def samples(self) -> str:
        """The file that samples, labels and classes are read from."""
        return self.features if self.experiment.dataset.kind == "embeddings" else self.dataset

    @cached_property
    def gpus(self) -> int:
        """How many GPUs a job asks for: one where the experiment is to use them, or may and there are some.

        With ``device: auto`` the answer is that of the machine on which Snakemake runs.
        """
        device = self.experiment.device
        return int(device.startswith("cuda") or (device == "auto" and has_cuda_driver()))

    def run_folder(self, strategy: str, seed: int | str, round_number: int) -> str:
        """Return the folder of one round; round 0 is shared by all strategies."""
        folder = self.experiment.initial_folder if round_number == 0 else strategy
        return f"{self.root}/{folder}/seed{seed}/round{round_number:02d}"

    def previous_labelled(self, wildcards: Any) -> str:
        """Return the labelled set of the round before that of ``wildcards``."""
        return f"{self.previous_run(wildcards)}/labelled.csv"

    def query_features(self, wildcards: Any) -> str:
        """Return the features that the head of the round before that of ``wildcards`` is for."""
        if not self.experiment.finetunes:
            return self.features
        return f"{self.previous_run(wildcards)}/features.h5"

    def previous_head(self, wildcards: Any) -> str:
        """Return the head of the round before that of ``wildcards``."""
        return f"{self.previous_run(wildcards)}/head.h5"

    def previous_run(self, wildcards: Any) -> str:
        """Return the folder of the round before that of ``wildcards``."""
        return self.run_folder(wildcards.strategy, wildcards.seed, int(wildcards.round) - 1)

    def runs(self) -> list[str]:
        """Return the folders of all rounds of all strategies and seeds, each once."""
        experiment = self.experiment
        folders = [
            self.run_folder(strategy.folder, seed, round_number)
            for strategy in experiment.strategies
            for seed in experiment.seed_list
            for round_number in range(experiment.rounds)
        ]
        return list(dict.fromkeys(folders))

    def metrics(self) -> list[str]:
        """Return all metrics.json."""
        return [f"{run}/metrics.json" for run in self.runs()]

    def recorded_folders(self) -> list[str]:
        """Return the folders in which this experiment's jobs leave their records."""
        images = [str(Path(self.dataset).parent)] if self.experiment.dataset.kind != "embeddings" else []
        pretrained = [self._pretrained] if self.experiment.pretrain else []
        return [*images, *pretrained, str(Path(self.features).parent), self.root]

    def ceiling_metrics(self) -> list[str]:
        """Return the metrics.json of the trainings on the whole pool."""
        return [f"{run}/metrics.json" for run in self._full_pool_runs()]

    @property
    def ceiling(self) -> str | None:
        """What all labels of the pool bring, in the form of curves.csv; None if that is not asked for."""
        return f"{self.root}/ceiling.csv" if self.experiment.ceiling else None

    def _full_pool_runs(self) -> list[str]:
        return [f"{self.root}/{FULL_POOL}/seed{seed}/round00" for seed in self.experiment.seed_list]

    def _ceiling_files(self) -> list[str]:
        if not self.experiment.ceiling:
            return []
        names = ["labelled.csv", *self._trained_files()]
        of_runs = [f"{run}/{name}" for run in self._full_pool_runs() for name in names]
        return [*of_runs, f"{self.root}/ceiling.csv", f"{self.root}/ceiling_class_counts.csv"]

    def _trained_files(self) -> list[str]:
        return ["head.h5", "metrics.json", *(FINETUNING_FILES if self.experiment.finetunes else ())]

    def selections(self) -> list[str]:
        """Return all selected.csv."""
        return [f"{run}/selected.csv" for run in self.runs()]

    def all_files(self) -> list[str]:
        """Return every file of every job but those of the queries (see planning.queries)."""
        experiment = self.experiment
        splits = [f"{self.root}/splits/seed{seed}/validation.csv" for seed in experiment.seed_list]
        names = ["selected.csv", "labelled.csv", *self._trained_files()]
        rounds = [f"{run}/{name}" for run in self.runs() for name in names]
        return [
            *self._feature_files(),
            *splits,
            *rounds,
            *self._ceiling_files(),
            *([self.map] if self.has_map else []),
            f"{self.root}/curves.csv",
            f"{self.root}/class_counts.csv",
            f"{self.root}/overlap.csv",
            *self.costs(),
            *self.figures(),
            *self.tables(),
            *(f"{self.root}/tracking/{tracker}.log" for tracker in experiment.trackers),
        ]

    def figures(self) -> list[str]:
        """Return the figures, each as PDF and PNG, and the contact sheets, as PNG."""
        drawn = [f"{self.root}/figures/{name}" for name in self.figure_names]
        drawn += [f"{self.root}/figures/feature_map"] if self.has_map else []
        drawn += [f"{self._pretrained}/pretrain"] if self.experiment.pretrain else []
        return [*(f"{name}.{form}" for name in drawn for form in ("pdf", "png")), *self.contact_sheets()]

    def costs(self) -> list[str]:
        """Return what says what the stages cost, as table and figure."""
        return [
            f"results/logs/{self.experiment.experiment}/costs.{form}" for form in ("csv", "tex", "pdf", "png")
        ]

    def pictures(self) -> list[str]:
        """Return the figures that are PNGs."""
        return [path for path in self.figures() if path.endswith(".png")]

    @property
    def has_map(self) -> bool:
        """Whether the pool is laid out in the plane: where the features of the first backbone are made."""
        return self.features in self._feature_files()

    def contact_sheets(self) -> list[str]:
        """Return the contact sheet of each strategy; embeddings have none."""
        if self.experiment.dataset.kind == "embeddings":
            return []
        return [f"{self.root}/figures/contact_sheet_{strategy}.png" for strategy in self.strategies()]

    def pictured_selections(self, *strategies: str) -> list[str]:
        """Return the selected.csv of these strategies with the first seed, each once, round by round."""
        seed, rounds = self.experiment.seed_list[0], range(self.experiment.rounds)
        runs = [self.run_folder(strategy, seed, number) for strategy in strategies for number in rounds]
        return [f"{run}/selected.csv" for run in dict.fromkeys(runs)]

    def last_rounds(self) -> list[str]:
        """Return files that are there when all picks of all strategies have labels, if these come later."""
        experiment = self.experiment
        if not experiment.dataset.annotations:
            return []
        last = [
            self.run_folder(strategy, seed, experiment.rounds - 1)
            for strategy in self.strategies()
            for seed in experiment.seed_list
        ]
        return [f"{run}/metrics.json" for run in dict.fromkeys(last)]

    def awaited_labels(self, wildcards: Any) -> list[str]:
        """Return a file that is there when all picks of a strategy have labels, if these come later."""
        experiment = self.experiment
        last = self.run_folder(wildcards.strategy, experiment.seed_list[0], experiment.rounds - 1)
        return [f"{last}/metrics.json"] if experiment.dataset.annotations else []

    def tables(self) -> list[str]:
        """Return the tables, each as CSV and in LaTeX."""
        return [f"{self.root}/tables/{name}.{form}" for name in self.table_names for form in ("csv", "tex")]

    def strategies(self) -> list[str]:
        """Return the folders of all strategies."""
        return [one.folder for one in self.experiment.strategies]

    def shards(self) -> list[str]:
        """Return the parts in which features are extracted."""
        return self.shards_in(str(Path(self.features).parent))

    def shards_in(self, folder: str) -> list[str]:
        """Return the parts in which the features of a folder are extracted."""
        shards = self.experiment.features.shards
        return [f"{folder}/shards/{shard}-of-{shards}.h5" for shard in range(shards)]

    def _feature_files(self) -> list[str]:
        if self.experiment.dataset.kind == "embeddings":
            return [self.features]
        # In finetuning, each round has features of its own; those of the first backbone may be prepared from.
        prepares = any(one.declared.prepare for one in self.experiment.strategies)
        features = [self.features] if prepares or not self.experiment.finetunes else []
        weights = self.checkpoint_inputs
        weights += [f"{self._pretrained}/pretrain.csv"] if self.experiment.pretrain else []
        return [self.dataset, *features, *weights]

    @property
    def checkpoint(self) -> str | None:
        """Return the backbone's weights: pretrained here, the user's, or None."""
        experiment = self.experiment
        if experiment.pretrain:
            return f"{self._pretrained}/backbone.safetensors"
        return experiment.backbone.checkpoint if experiment.backbone else None

    @property
    def checkpoint_inputs(self) -> list[str]:
        """The backbone's weights as the inputs of a rule.

        Without a path in which Snakemake would see wildcards: such weights count by their content (see
        `Chain`).
        """
        return [self.checkpoint] if self.checkpoint and not has_wildcards(self.checkpoint) else []

    @property
    def _pretrained(self) -> str:
        return f"results/pretrained/{self.experiment.dataset_name}/{self.experiment.backbone_name}"
