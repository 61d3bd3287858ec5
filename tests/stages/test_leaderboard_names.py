import numpy as np
import pandas as pd

from activepool.io.files import write_table
from activepool.io.rounds import Rounds
from activepool.stages.leaderboard import leaderboard

#: Names that a strategy may have.
NAMES = ["null", "1e3", "007"]


def test_a_strategy_may_have_a_name_that_reads_like_a_number_or_a_missing_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = Rounds("results/trial", "initial_random", NAMES, [0], 2)
    for row, path in enumerate(
        ["initial_random/seed0/round00", *(f"{name}/seed0/round01" for name in NAMES)]
    ):
        write_table(f"results/trial/{path}/selected.csv", pd.DataFrame({"index": [row]}))
    rows = [(name, 0, number, 5 + number, 0.5) for name in NAMES for number in range(2)]
    columns = ["strategy", "seed", "round", "labels", "top1"]
    curves = pd.DataFrame(rows, columns=columns).assign(balanced_accuracy=0.5)
    write_table("curves.csv", curves)
    definitions = {name: {"initial": "random", "definition": {}} for name in NAMES}
    leaderboard(
        curves="curves.csv",
        runs=runs,
        setup={"dataset": "d"},
        definitions=definitions,
        leaderboard="board.csv",
    )
    board = pd.read_csv("board.csv", dtype={"strategy": str}, keep_default_na=False)
    assert board["strategy"].tolist() == list(np.repeat(NAMES, 2))
