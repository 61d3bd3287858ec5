from activepool.programs.stage import Output, SelectedRounds, stage


@stage
def selections(runs: SelectedRounds, overlap: Output) -> None:
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
