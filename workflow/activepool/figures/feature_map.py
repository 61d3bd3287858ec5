"""The pool in the plane, and where each strategy picked in it, round by round: a panel a strategy."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure

from activepool.compute.seeds import generator
from activepool.features.projection import FeatureMap
from activepool.figures.colour_bars import WIDTH, add_colour_bar
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import name_axes, panels_of
from activepool.figures.styles import styles_of

#: Points of the pool, and of picks, in a panel at most: a random part where there are more.
MOST_POINTS = 20_000

#: The range of this map that stands out from grey on white.
COLOURS, DARKEST, LIGHTEST = "plasma", 0.0, 0.88
POOL_COLOUR = "#CCCCCC"

#: Areas of points in square points: at most, at least, and all of a panel together.
LARGEST_POINT, SMALLEST_POINT, ALL_POINTS = 6.0, 0.3, 1500.0

#: Numbers of rounds at the colour bar.
MOST_TICKS = 10

#: A panel's height relative to its width, at least and at most.
FLATTEST, TALLEST = 0.5, 1.25

STAGE = "feature_map"


def draw(feature_map: FeatureMap, picks: Mapping[str, Sequence[np.ndarray]], settings: Settings) -> Figure:
    """Draw a panel for each strategy: the pool in grey, and on it the picks in the colour of their round.

    Args:
        feature_map: where the samples lie.
        picks: strategy -> rows of the picks of each round, from round 0.
        settings: of which the upper references are used.
    """
    rounds = max(len(of_strategy) for of_strategy in picks.values())
    styles = styles_of(list(picks), settings)
    figure, panels = panels_of(["\n".join(styles[strategy].lines) for strategy in picks])
    colours = _colours(rounds)
    rows = np.arange(len(feature_map.coordinates))
    pool = feature_map.coordinates[_some(rows, "pool")]
    for axes, of_strategy in zip(panels, picks.values(), strict=True):
        _draw_points(axes, pool, POOL_COLOUR)
        of_round = np.repeat(np.arange(len(of_strategy)), [len(rows) for rows in of_strategy])
        # In random order, so that no round lies on all others.
        shown = _some(np.arange(len(of_round)), "picks")
        picked = feature_map.coordinates[np.concatenate(of_strategy)[shown]]
        _draw_points(axes, picked, colours(of_round[shown]), len(shown))
        axes.set(xticks=[], yticks=[], aspect="equal")
    bar = _add_bar(figure, panels, colours, rounds)
    name_axes(figure, *_axis_names(feature_map))
    _fit_height(figure, panels, feature_map.coordinates)
    bar.set_box_aspect(figure.get_figheight() / WIDTH)
    return figure


def _fit_height(figure: Figure, panels: list[Axes], coordinates: np.ndarray) -> None:
    """Make panels as high as the map is relative to their width, since both axes have one scale."""
    width, height = np.ptp(coordinates, axis=0)
    ratio = np.clip(height / width, FLATTEST, TALLEST) if width > 0 else 1.0
    # Twice: at first, titles lie in the room that panels which are too high leave empty.
    for _ in range(2):
        figure.draw_without_rendering()
        panel = panels[0].get_position(original=True)
        excess = panel.height * figure.get_figheight() - ratio * panel.width * figure.get_figwidth()
        figure.set_figheight(figure.get_figheight() - panels[0].get_gridspec().nrows * excess)


def _colours(rounds: int) -> Colormap:
    steps = np.linspace(DARKEST, LIGHTEST, rounds) if rounds > 1 else [DARKEST]
    return ListedColormap(matplotlib.colormaps[COLOURS](steps))


def _some(rows: np.ndarray, what: str) -> np.ndarray:
    """Return at most MOST_POINTS of ``rows``, in random order."""
    return generator(0, 0, f"{STAGE}/{what}").permutation(rows)[:MOST_POINTS]


def _draw_points(axes: Axes, places: np.ndarray, colour: str | np.ndarray, count: int | None = None) -> None:
    area = ALL_POINTS / max(1, len(places) if count is None else count)
    area = min(LARGEST_POINT, max(SMALLEST_POINT, area))
    axes.scatter(*places.T, s=area, c=colour, linewidths=0, rasterized=True)


def _add_bar(figure: Figure, panels: list[Axes], colours: Colormap, rounds: int) -> Axes:
    norm = BoundaryNorm(np.arange(rounds + 1) - 0.5, rounds)
    bar = add_colour_bar(figure, panels, colours, norm, "Round (0: initial pool)")
    bar.tick_params(which="both", length=0)
    bar.set_yticks(range(0, rounds, -(-rounds // MOST_TICKS)))
    bar.yaxis.set_major_formatter("{x:.0f}")
    return bar


def _axis_names(feature_map: FeatureMap) -> list[str]:
    """Return method and number of each axis, with the share of the variance along it where there is one."""
    names = [f"{feature_map.method.upper()} {number}" for number in (1, 2)]
    shares = feature_map.variance_shares
    if shares is None:
        return names
    return [
        f"{name} ({100 * share:.0f} % of the variance)" for name, share in zip(names, shares, strict=True)
    ]
