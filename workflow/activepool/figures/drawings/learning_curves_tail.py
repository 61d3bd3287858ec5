"""Learning curves of the accuracy on the tail: the rarest third of the classes."""

from dataclasses import replace

from matplotlib.figure import Figure

from activepool.figures.drawings import learning_curves
from activepool.figures.notices import notice
from activepool.figures.results import Results
from activepool.figures.settings import Settings

CATEGORY = "Learning curves"

METRIC = "tail_accuracy"

NO_TAIL = "No rare classes to show: all are equally frequent, or not all labels are known."


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the tail accuracy of every strategy, whichever metric the settings name; or say why not."""
    if METRIC not in results.curves.metrics:
        return notice(NO_TAIL)
    return learning_curves.draw(results, replace(settings, metric=METRIC))
