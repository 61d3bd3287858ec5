"""The rules of the workflow, read by Snakemake in this process: what they say of stages and files."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from snakemake.api import SnakemakeApi
from snakemake.iocontainers import Wildcards
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings
from workflow_runs import REPOSITORY

import activepool.stages
from activepool.programs.stage import Stage
from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.stages.digests import StageDigests
from planning.stages.graph import Part
from planning.stages.settings import ExperimentSettings


class Rules:
    """The rules with a configuration, as ``trial.yaml`` in the present folder.

    Attributes:
        arguments: what makes the params of the rules (see `planning.stages`).
        graph: the stages and what they depend on.
        paths: the files of the experiment.
        strategies: the folders of its strategies; a project has none.
        dag: Snakemake's own graph of the jobs of ``target``; None without one.
    """

    def __init__(self, configuration: dict[str, Any], target: str | None = None) -> None:
        Path("trial.yaml").write_text(yaml.safe_dump(configuration))
        with patch.dict(os.environ), SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as snakemake:
            read = snakemake.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=[Path("trial.yaml")]),
                snakefile=REPOSITORY / "Snakefile",
            )
            workflow = read._workflow
            if target is not None:
                read.dag(DAGSettings(targets={target})).execute_workflow(executor="dryrun")
        self.dag = workflow.dag if target is not None else None
        self.arguments = workflow.globals["arguments"]
        self.graph = self.arguments.graph
        self.paths = workflow.globals["PATHS"]
        is_experiment = hasattr(self.paths, "experiment")
        self.strategies = self.paths.experiment.strategy_folders if is_experiment else []
        self.by_name = {rule.name: rule for rule in workflow.rules}

    def stage(self, rule: str) -> str | None:
        """Return the name of the stage that a rule runs; None if it runs none."""
        stages = [item.stage for item in self.by_name[rule].params if hasattr(item, "stage")]
        return stages[0] if stages else None

    def provenance(self, rule: str, **wildcards: Any) -> dict[str, str]:
        """Return the provenance of a job; names that all its jobs share, and the seed, need not be given."""
        return self.graph.provenance(self.by_name[rule], self._wildcards(rule, wildcards))

    def ancestry(self, rule: str, **wildcards: Any) -> dict[Part, str]:
        """Return the digests of all parts of a job's ancestry."""
        return self.graph.ancestry(self.by_name[rule], self._wildcards(rule, wildcards))

    def inputs(self, rule: str, **wildcards: Any) -> Any:
        """Return the inputs of a job as Snakemake has them."""
        return self.by_name[rule].expand_input(self._wildcards(rule, wildcards))[0]

    def files(self) -> list[str]:
        """Return the files of all jobs of the target, as the graph has them."""
        if self.strategies:
            return self.graph.files(self.paths.targets())
        return self.graph.files(str(file) for job in self.dag.targetjobs for file in job.input)

    def _wildcards(self, rule: str, values: dict[str, Any]) -> Wildcards:
        experiment = self.paths.experiment
        folders = {
            "experiment": experiment.experiment,
            "dataset": experiment.dataset_name,
            "backbone": experiment.backbone_name,
        }
        named = {**folders, "seed": experiment.seed_list[0], **values}
        names = self.by_name[rule].wildcard_names
        return Wildcards(fromdict={name: str(value) for name, value in named.items() if name in names})


def digests_of(experiment: Experiment) -> StageDigests:
    """Return the digests of the stages of an experiment, without its rules."""
    return StageDigests(ExperimentSettings(experiment, Paths(experiment)))


def stages() -> list[str]:
    """Return the names of all stages of the library."""
    names = sorted(file.stem for file in Path(activepool.stages.__file__).parent.glob("*.py"))
    modules = ((name, import_module(f"activepool.stages.{name}")) for name in names if name != "__init__")
    return [name for name, module in modules if isinstance(getattr(module, name, None), Stage)]
