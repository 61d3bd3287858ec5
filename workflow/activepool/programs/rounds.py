"""The setting ``runs`` of stages that read a file of every round."""

from collections.abc import Mapping
from typing import Annotated, Any

from activepool.io.rounds import Rounds
from activepool.programs.stage import Json

METRICS, SELECTED = "metrics.json", "selected.csv"


def _reading(name: str) -> Json:
    """Return the reading of `Rounds` for a stage that reads the file called ``name`` of each round."""

    def files(content: Mapping[str, Any]) -> list[str]:
        return [str(path) for path in Rounds.parse(content).files(name).values()]

    return Json(Rounds.parse, files)


#: Rounds whose metrics, or whose picks, a stage reads.
MeasuredRounds = Annotated[Rounds, _reading(METRICS)]
SelectedRounds = Annotated[Rounds, _reading(SELECTED)]
