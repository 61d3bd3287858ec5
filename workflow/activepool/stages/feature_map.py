from collections.abc import Sequence
from functools import partial

from activepool.programs.stage import Input, Output, SelectedRounds, stage


@stage
def feature_map(
    map: Input, runs: SelectedRounds, pdf: Output, png: Output, oracles: Sequence[str] = ()
) -> None:
    """Draw where in the pool each strategy picked with one seed, round by round.

    Args:
        map: map_METHOD.h5
        runs: JSON: the rounds to show, by their selected.csv (see activepool.io.rounds)
        pdf: PDF to write
        png: PNG to write
        oracles: strategies that read all labels
    """
    import numpy as np

    from activepool.errors import InputError
    from activepool.features.projection import read_map
    from activepool.figures.export import write_drawing
    from activepool.figures.feature_map import draw
    from activepool.figures.settings import Settings
    from activepool.io.rounds import read_selections

    coordinates = read_map(map)
    picks = read_selections(runs, runs.seeds[0])
    last_row = max(int(np.max(rows, initial=-1)) for round_picks in picks.values() for rows in round_picks)
    if last_row >= len(coordinates.coordinates):
        raise InputError(
            f"{runs.folder}: row {last_row} was picked, but {map} has {len(coordinates.coordinates)} rows"
        )
    write_drawing(partial(draw, coordinates, picks, Settings(oracles=tuple(oracles))), pdf, png)


if __name__ == "__main__":
    feature_map.run()
