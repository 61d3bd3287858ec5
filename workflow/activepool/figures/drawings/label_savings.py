"""Labels saved relative to random: how many fewer reach random's level, a panel per strategy."""

from matplotlib.figure import Figure

from activepool.figures.notices import needs_notice
from activepool.figures.panels import draw_band, interval_note, label_axis, limit_axis
from activepool.figures.quantities import Quantity
from activepool.figures.results import Results, rows_by
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import name_axes, panels_of
from activepool.figures.styles import REFERENCE_COLOUR, styles_of
from activepool.figures.tables import label_savings

CATEGORY = "Comparisons"
NEEDS = ("random and another strategy", "two rounds")

#: Below −100 %, a strategy needs more than twice as many labels as random.
SAVING = Quantity("Labels saved", "%", 100.0, -100.0, 100.0)


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the table of the same name against random's number of labels; zero is random.

    Each panel shows one strategy with its band, in front of all others in grey. If there is nothing to
    compare, a line of text says so.
    """
    table = label_savings.tabulate(results, settings)
    styles = styles_of(results.curves.strategies, settings)
    strategies = rows_by(table, "strategy")
    if not strategies:
        return needs_notice(NEEDS)
    figure, panels = panels_of([styles[strategy].text for strategy in strategies])
    for axes, (strategy, rows) in zip(panels, strategies.items(), strict=True):
        for other_rows in strategies.values():
            axes.plot(
                other_rows["labels"], SAVING.factor * other_rows["saving"], color="#CCCCCC", linewidth=0.6
            )
        columns = (rows[name].to_numpy(dtype=float) for name in ("labels", "saving", "saving_half_width"))
        labels, saving, half_width = columns
        axes.plot(labels, SAVING.factor * saving, zorder=3, **styles[strategy].line_properties)
        draw_band(axes, labels, SAVING.factor * saving, SAVING.factor * half_width, styles[strategy].colour)
        label_axis(axes)
        axes.locator_params(axis="x", nbins=4)
        axes.axhline(0, color=REFERENCE_COLOUR, linewidth=0.8)
    limit_axis(panels[0], SAVING)
    name_axes(figure, "Labels of random", SAVING.axis_label, interval_note("Bands", results, settings))
    return figure
