"""Learning curves of the accuracy on the tail: the rarest third of the classes."""

from dataclasses import replace

from matplotlib.figure import Figure

from activepool.figures.drawings import learning_curves
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import notice

CATEGORY = "Learning curves"

METRIC = "tail_accuracy"

REQUIREMENT = "No tail: classes are\nequally frequent,\nor not all labels known"


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the tail accuracy of every strategy, whichever metric the settings name; or say why not."""
    if METRIC not in results.curves.metrics:
        return notice(REQUIREMENT)
    return learning_curves.draw(results, replace(settings, metric=METRIC))
