"""The stage `selections`."""

from typing import Annotated

from activepool.io.rounds import Rounds
from activepool.programs.rounds import file_of_each_round
from activepool.programs.stage import Output, stage

SELECTED = "selected.csv"


@stage
def selections(runs: Annotated[Rounds, file_of_each_round(SELECTED)], overlap: Output) -> None:
    """Compare what the strategies picked, in every round and with every seed.

    Args:
        runs: JSON: the rounds whose selected.csv is read (see activepool.io.rounds)
        overlap: overlap.csv to write
    """
    from activepool.evaluation.overlap import overlap_table
    from activepool.io.files import write_table
    from activepool.io.rounds import read_selections

    write_table(overlap, overlap_table({seed: read_selections(runs, seed) for seed in sorted(runs.seeds)}))


if __name__ == "__main__":
    selections.run()
