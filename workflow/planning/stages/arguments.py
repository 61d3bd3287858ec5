"""The shell command and the params of a rule; the params decide about reruns.

Both follow from the declaration of the stage. A rule reads

    params:
        *arguments("train"),
    shell:
        program("train")
"""

import json
import shlex
from collections.abc import Callable, Iterable
from typing import Any, cast

from snakemake.io import apply_wildcards

from activepool.programs.stage import Parameter, Role, Stage
from planning.stages.digests import StageDigests, declaration
from planning.stages.graph import StageGraph, StageParams
from planning.stages.settings import PLACES, StageSettings

#: The part of a provenance that is the digest of the labels that a job reads outside its inputs.
LABELS = "labels"


def program(stage: str) -> str:
    """Return the shell command of a rule that runs a stage."""
    declared = declaration(stage)
    # A stage that runs in several processes starts them itself.
    start = "" if declared.in_processes else "activepool.programs.start "
    words = [f"python -m {start}activepool.stages.{stage} {{params}}"]
    if declared.of_role(Role.DEVICE, Role.COMPUTE):
        words.append("--device {resources.device}")
    if declared.of_role(Role.WORKERS, Role.COMPUTE):
        words.append("--workers {threads}")
    if declared.in_processes:
        words.append("--processes {resources.processes}")
    return " ".join([*words, "--log {log:q}"])


class StageArguments:
    """The params of all rules; calling it returns those of a rule that runs a stage.

    Args:
        workflow: Snakemake's.
        labels_digest: (stage, job's wildcards) -> digest of the labels that a job reads outside its inputs;
            empty if it reads none.
        strategies: the folders of the strategies, which are values of the wildcard ``strategy``.
    """

    def __init__(
        self,
        workflow: Any,
        settings: StageSettings,
        labels_digest: Callable[[str, Any], str],
        strategies: Iterable[str] = (),
    ) -> None:
        self.labels_digest = labels_digest
        self.settings = settings
        self.graph = StageGraph(workflow, StageDigests(settings).describe, strategies)

    def __call__(self, stage: str, **fixed: Any) -> tuple[StageParams, Callable[..., str]]:
        """Return the params of a rule: first those that Snakemake records, then the others.

        ``fixed`` are settings that the rule itself decides, and the paths of files of an earlier run.
        """
        declared = declaration(stage)
        earlier_files = {
            parameter.flag: fixed.pop(parameter.name)
            for parameter in declared.of_role(Role.EARLIER)
            if parameter.name in fixed
        }
        reads_checkpoint = any(parameter.name == "checkpoint" for parameter in declared.parameters)

        def setting_words(wildcards: Any, of_places: bool) -> list[str]:
            words: list[str] = []
            for parameter in declared.settings:
                name = parameter.name
                if (name in PLACES) == of_places:
                    value = fixed[name] if name in fixed else self.settings.value(name, stage, wildcards)
                    words += _words(parameter, value)
            return words

        def recorded(wildcards: Any) -> str:
            words = setting_words(wildcards, of_places=False)
            return shlex.join([*words, "--provenance", json.dumps(self.provenance(params, wildcards))])

        # Snakemake records no param that is a function of input or output: results do not depend on paths.
        def unrecorded(wildcards: Any, input: Any, output: Any) -> str:
            words = [*_file_words(declared, input, output), *setting_words(wildcards, of_places=True)]
            for flag, path in earlier_files.items():
                words += option_words(flag, [apply_wildcards(path, wildcards)])
            # The path of these weights cannot be an input of a rule.
            checkpoint = self.settings.checkpoint
            if checkpoint and reads_checkpoint and not input.get("checkpoint"):
                words += option_words("--checkpoint", [checkpoint])
            if declared.of_role(Role.SHARD) and wildcards.get("shard") is not None:
                words += ["--shard", wildcards.shard, "--shards", wildcards.shards]
            return shlex.join(words)

        params = cast(StageParams, recorded)
        params.stage, params.fixed = stage, fixed
        return params, unrecorded

    def provenance(self, recorded: StageParams, wildcards: Any) -> dict[str, str]:
        """Return what the files of a job depend on; ``recorded`` is the first of the params of its rule."""
        provenance = self.graph.provenance(self.graph.rule_of[recorded], wildcards)
        labels = self.labels_digest(recorded.stage, wildcards)
        return {LABELS: labels, **provenance} if labels else provenance


def _words(parameter: Parameter, value: Any) -> list[str]:
    """Return a setting as words of a command line; [] for None."""
    if value is None:
        return []
    if parameter.is_list:
        return option_words(parameter.flag, value)
    return option_words(parameter.flag, [value if isinstance(value, str) else json.dumps(value)])


def option_words(flag: str, values: Iterable[Any]) -> list[str]:
    """Return an option and its values as words of a command line.

    A class or a path may begin with a dash. It then follows an equals sign, and so does each value beside it,
    because words after such a value would not belong to the option.
    """
    words = [str(value) for value in values]
    if any(word.startswith("-") for word in words):
        return [f"{flag}={word}" for word in words]
    return [flag, *words]


def _file_words(declared: Stage, inputs: Any, outputs: Any) -> list[str]:
    """Return the files of a job as words of a command line.

    Snakemake passes the paths of local copies if the files are in a remote storage.
    """
    words: list[str] = []
    for files, roles in ((inputs, (Role.INPUT,)), (outputs, (Role.OUTPUT, Role.FOLDER))):
        for parameter in declared.of_role(*roles):
            paths = files.get(parameter.name)
            if paths:
                words += option_words(parameter.flag, [paths] if isinstance(paths, str) else paths)
    return words
