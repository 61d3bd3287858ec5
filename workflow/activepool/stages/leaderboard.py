from collections.abc import Mapping
from typing import Annotated, Any

from activepool.programs.stage import Input, Json, Output, SelectedRounds, stage


@stage
def leaderboard(
    curves: Input,
    runs: SelectedRounds,
    setup: Annotated[Mapping[str, Any], Json()],
    definitions: Annotated[Mapping[str, Any], Json()],
    leaderboard: Output,
) -> None:
    """Sum up the results of each strategy with each number of labels, for a file that many experiments share.

    Args:
        curves: curves.csv
        runs: JSON: the rounds, by their selected.csv (see activepool.io.rounds)
        setup: JSON: columns that are the same in each row: dataset, backbone and head
        definitions: JSON: for each strategy, the kind of its initial labelled set, and its name and options
        leaderboard: leaderboard.csv to write
    """
    import json

    import activepool
    from activepool.evaluation.leaderboard import leaderboard_table
    from activepool.figures.results import read_curves
    from activepool.io.files import write_table
    from activepool.io.rounds import read_selections

    picks = {seed: read_selections(runs, seed) for seed in runs.seeds}
    table = leaderboard_table(read_curves(curves).table, picks)
    entries = [definitions[name] for name in table["strategy"]]
    for place, (name, value) in enumerate(setup.items()):
        table.insert(place, name, value)
    table.insert(len(setup), "initial", [entry["initial"] for entry in entries])
    table["definition"] = [json.dumps(entry["definition"], sort_keys=True) for entry in entries]
    table["version"] = activepool.__version__
    write_table(leaderboard, table)


if __name__ == "__main__":
    leaderboard.run()
