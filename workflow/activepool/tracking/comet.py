"""Comet ML: archives for ``comet upload``, or uploads if the environment has COMET_API_KEY."""

import os
from functools import partial
from pathlib import Path
from typing import Any

#: Comet's options to collect code, command line, output and machine by itself; all are switched off.
COLLECTORS = (
    *("log_code", "log_graph", "log_env_details", "log_git_metadata", "log_git_patch", "parse_args"),
    *("auto_param_logging", "auto_metric_logging", "auto_output_logging"),
)


class Comet:
    """The tracker of the paper's code."""

    def __init__(self, project: str, folder: Path) -> None:
        os.environ.setdefault("COMET_ERROR_TRACKING_ENABLE", "false")
        import comet_ml

        settings: dict[str, Any] = {"project_name": project, **dict.fromkeys(COLLECTORS, False)}
        if os.environ.get("COMET_API_KEY"):
            self._new_experiment = partial(comet_ml.Experiment, **settings)
        else:
            offline = partial(comet_ml.OfflineExperiment, offline_directory=str(folder))
            self._new_experiment = partial(offline, **settings)

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run; raises ConnectionError if Comet does not accept it."""
        self._run = self._new_experiment()
        if not self._run.alive:  # it would silently drop everything
            raise ConnectionError("Comet cannot be reached, or does not accept COMET_API_KEY")
        self._run.set_name(name)
        self._run.log_parameters(settings)

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Log the numbers of one step."""
        self._run.log_metrics(values, step=step)

    def picture(self, name: str, path: str) -> None:
        """Log a PNG."""
        self._run.log_image(path, name=name)

    def file(self, name: str, path: str) -> None:
        """Log a file."""
        self._run.log_asset(path, file_name=name)

    def end(self) -> None:
        """End the run."""
        self._run.end()
