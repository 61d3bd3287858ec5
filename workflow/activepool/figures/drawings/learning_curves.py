"""Learning curves: a metric against the number of labels, mean and interval over seeds."""

from matplotlib.figure import Figure

from activepool.figures.panels import interval_note, named_curves
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of

CATEGORY = "Learning curves"


def draw(results: Results, settings: Settings) -> Figure:
    """Draw ``settings.metric`` for every strategy."""
    styles = styles_of(results.curves.strategies, settings)
    curves = results.curves.by_strategy(settings.metric)
    ceiling = results.ceiling_of(settings.metric)
    note = interval_note("bands", results, settings)
    return named_curves(curves, styles, quantity(settings.metric), settings.confidence, ceiling, note)
