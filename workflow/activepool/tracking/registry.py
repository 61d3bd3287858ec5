"""The trackers by name. Each needs a package that activepool does not; a look-up imports none of them."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from activepool.tracking.tracker import Tracker

TrackerName = Literal["comet", "tensorboard", "wandb"]

TRACKERS: tuple[str, ...] = get_args(TrackerName)

#: The packages whose names differ from their tracker's.
PACKAGES = {"comet": "comet_ml"}


def missing_package(name: str) -> str | None:
    """Return the package that a tracker needs, if it is not installed; else None."""
    package = PACKAGES.get(name, name)
    return None if find_spec(package) else package


def build_tracker(name: str, project: str, folder: Path) -> "Tracker":
    """Return a tracker; this imports its package, and raises whatever the package raises.

    ``project`` groups the runs, if the tracker has projects; ``folder`` is where it keeps its files.
    """
    # These imports name the modules, so that the digest of the code finds them.
    match name:
        case "comet":
            from activepool.tracking.comet import Comet

            return Comet(project, folder)
        case "tensorboard":
            from activepool.tracking.tensorboard import TensorBoard

            return TensorBoard(folder)
        case "wandb":
            from activepool.tracking.wandb import WeightsAndBiases

            return WeightsAndBiases(project, folder)
    raise ValueError(f"{name!r} is not a tracker; there are {', '.join(TRACKERS)}")
