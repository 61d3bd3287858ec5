"""Learning curves of balanced accuracy, which weighs all classes equally."""

from dataclasses import replace

from matplotlib.figure import Figure

from activepool.figures.drawings import learning_curves
from activepool.figures.results import Results
from activepool.figures.settings import Settings

CATEGORY = "Learning curves"


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the balanced accuracy for every strategy, whichever metric the settings name."""
    return learning_curves.draw(results, replace(settings, metric="balanced_accuracy"))
