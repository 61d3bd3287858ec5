"""Digests of the settings and of the code that the files of a stage depend on."""

import hashlib
import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from activepool.backbones.registry import user_file
from activepool.programs.stage import Stage
from planning.stages.code import LIBRARY, code_digest
from planning.stages.settings import IN_FILE_NAMES, UNRECORDED, StageSettings

#: Settings that name a module that the stage imports, and the folder of these modules.
DRAWINGS = {"figure": LIBRARY / "figures/drawings", "table": LIBRARY / "figures/tables"}


@cache
def declaration(stage: str) -> Stage:
    """Return the stage of this name."""
    declared: Stage = getattr(importlib.import_module(f"activepool.stages.{stage}"), stage)
    return declared


class StageDigests:
    """The digests of the stages with these settings; ``wildcards`` are Snakemake's."""

    def __init__(self, settings: StageSettings) -> None:
        self._settings = settings
        self._described: dict[tuple[str, Any, str], str] = {}

    def describe(self, stage: str, wildcards: Any, fixed: dict[str, Any]) -> str:
        """Return the digests of a stage.

        Only `StageSettings.kind_of_job` of the ``wildcards`` matters; ``fixed`` comes from the rule.
        """
        key = (stage, self._settings.kind_of_job(wildcards), json.dumps(fixed))
        if key not in self._described:
            settings = self.relevant_settings(stage, wildcards, fixed)
            code = code_digest(*self._files(stage, wildcards, settings))
            self._described[key] = f"settings {digest_of(settings)}, code {code}"
        return self._described[key]

    def relevant_settings(self, stage: str, wildcards: Any, fixed: dict[str, Any]) -> dict[str, Any]:
        """Return the settings that the results of a stage depend on, without those in file names."""
        declared = declaration(stage)
        settings = {
            parameter.name: self._settings.relevant_value(parameter.name, stage, wildcards)
            for parameter in declared.settings
            if parameter.name not in (*fixed, *IN_FILE_NAMES, *UNRECORDED)
        }
        if any(parameter.name == "checkpoint" for parameter in declared.parameters):
            settings["checkpoint"] = self._settings.checkpoint_content()
        return {name: value for name, value in {**settings, **fixed}.items() if value is not None}

    def _files(self, stage: str, wildcards: Any, settings: dict[str, Any]) -> list[Path]:
        """Return the files whose code a stage runs: its own, and modules that its settings name."""
        files = [declaration(stage).file]
        files += [folder / f"{settings[name]}.py" for name, folder in DRAWINGS.items() if name in settings]
        if "strategy" in settings:
            files += self._settings.strategy_files(wildcards)
        if "backbone" in settings and (network_file := user_file(settings["backbone"]["name"])):
            files.append(network_file)
        return files


def digest_of(content: Any) -> str:
    """Return a short digest of JSON content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
