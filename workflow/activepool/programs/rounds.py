"""The setting ``runs`` of stages that read a file of every round."""

from collections.abc import Mapping
from typing import Any

from activepool.io.rounds import Rounds
from activepool.programs.stage import Json


def file_of_each_round(name: str) -> Json:
    """Return the reading of a `Rounds` for a stage that reads the file called ``name`` of each round."""

    def files(content: Mapping[str, Any]) -> list[str]:
        return [str(path) for path in Rounds.parse(content).files(name).values()]

    return Json(Rounds.parse, files)
