"""The pool in the plane, with each strategy's picks round by round: a panel per strategy."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure

from activepool.compute.seeds import generator
from activepool.features.projection import FeatureMap
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import BAR_WIDTH, add_colour_bar, name_axes, panels_of, row_count
from activepool.figures.styles import styles_of

#: Largest number of points of the pool, and of picks, in a panel; a random part of more.
MAX_POINTS = 20_000

#: The part of this colour map that stands out from grey on white.
COLOURS, DARKEST, LIGHTEST = "plasma", 0.0, 0.88
POOL_COLOUR = "#CCCCCC"

#: In square points: the largest and smallest area of a data point, and the total area in a panel.
MAX_AREA, MIN_AREA, TOTAL_AREA = 6.0, 0.3, 1500.0

#: Largest number of ticks at the colour bar.
MAX_TICKS = 10

#: Range of a panel's height relative to its width.
MIN_RATIO, MAX_RATIO = 0.5, 1.25


def draw(feature_map: FeatureMap, picks: Mapping[str, Sequence[np.ndarray]], settings: Settings) -> Figure:
    """Draw a panel for each strategy: the pool in grey, and on it the picks in the colour of their round.

    Args:
        feature_map: coordinates of the samples.
        picks: strategy -> rows of the picks of each round, from round 0.
        settings: only its upper references are used.
    """
    rounds = max(len(round_picks) for round_picks in picks.values())
    figure, panels = panels_of([style.text for style in styles_of(list(picks), settings).values()])
    colours = ListedColormap(matplotlib.colormaps[COLOURS](np.linspace(DARKEST, LIGHTEST, rounds)))
    rows = np.arange(len(feature_map.coordinates))
    pool = feature_map.coordinates[_random_part(rows, "pool")]
    for axes, round_picks in zip(panels, picks.values(), strict=True):
        _draw_points(axes, pool, POOL_COLOUR)
        round_numbers = np.repeat(np.arange(len(round_picks)), [len(rows) for rows in round_picks])
        # In random order, so that no round covers all others.
        positions = _random_part(np.arange(len(round_numbers)), "picks")
        places = feature_map.coordinates[np.concatenate(round_picks)[positions]]
        _draw_points(axes, places, colours(round_numbers[positions]))
        axes.set(xticks=[], yticks=[], aspect="equal")
    bar = _add_bar(figure, panels, colours, rounds)
    name_axes(figure, *_axis_names(feature_map))
    _fit_height(figure, panels, feature_map.coordinates)
    bar.set_box_aspect(figure.get_figheight() / BAR_WIDTH)
    return figure


def _fit_height(figure: Figure, panels: list[Axes], coordinates: np.ndarray) -> None:
    """Give panels the aspect ratio of the map, because both axes have the same scale."""
    width, height = np.ptp(coordinates, axis=0)
    ratio = np.clip(height / width, MIN_RATIO, MAX_RATIO) if width > 0 else 1.0
    # Twice: at first, titles use the space that too high panels leave empty.
    for _ in range(2):
        figure.draw_without_rendering()
        panel = panels[0].get_position(original=True)
        excess = panel.height * figure.get_figheight() - ratio * panel.width * figure.get_figwidth()
        figure.set_figheight(figure.get_figheight() - row_count(len(panels)) * excess)


def _random_part(rows: np.ndarray, name: str) -> np.ndarray:
    """Return at most MAX_POINTS of ``rows``, in random order."""
    return generator(0, 0, f"feature_map/{name}").permutation(rows)[:MAX_POINTS]


def _draw_points(axes: Axes, places: np.ndarray, colour: str | np.ndarray) -> None:
    area = min(MAX_AREA, max(MIN_AREA, TOTAL_AREA / max(1, len(places))))
    axes.scatter(places[:, 0], places[:, 1], s=area, c=colour, linewidths=0, rasterized=True)


def _add_bar(figure: Figure, panels: list[Axes], colours: Colormap, rounds: int) -> Axes:
    norm = BoundaryNorm(np.arange(rounds + 1) - 0.5, rounds)
    bar = add_colour_bar(figure, panels, colours, norm, "Round (0: initial pool)")
    bar.tick_params(which="both", length=0)
    bar.set_yticks(range(0, rounds, -(-rounds // MAX_TICKS)))
    bar.yaxis.set_major_formatter("{x:.0f}")
    return bar


def _axis_names(feature_map: FeatureMap) -> list[str]:
    """Return method and number of each axis, with its share of the variance if that is known."""
    names = [f"{feature_map.method.upper()} {number}" for number in (1, 2)]
    shares = feature_map.variance_shares
    if shares is None:
        return names
    return [
        f"{name} ({100 * share:.0f} % of the variance)" for name, share in zip(names, shares, strict=True)
    ]
