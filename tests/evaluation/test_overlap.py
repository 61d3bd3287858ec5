import json

import numpy as np
import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.evaluation.overlap import overlap_table, round_overlaps
from activepool.io.rounds import Rounds
from activepool.programs.command_line import CommandLine, input_files, settings
from activepool.stages.selections import selections


def picks_of(generator, rounds, rows=40):
    """Disjoint rounds of odd sizes, some empty."""
    sizes = generator.integers(0, 6, rounds)
    order = generator.permutation(rows)
    return np.split(order, np.cumsum(sizes))[:rounds]


def jaccard(ours, theirs):
    together = ours | theirs
    return len(ours & theirs) / len(together) if together else np.nan


@pytest.mark.parametrize("seed", range(10))
def test_overlaps_are_those_of_sets(seed):
    generator = np.random.default_rng(seed)
    ours, theirs = (picks_of(generator, int(generator.integers(1, 8)), 25 + 10) for _ in range(2))
    overlaps = round_overlaps(ours, theirs)
    rounds = min(len(ours), len(theirs))
    assert overlaps.shape == (rounds, 2)
    for number in range(rounds):
        in_round = jaccard(set(ours[number]), set(theirs[number]))
        so_far = jaccard(*(set(np.concatenate(picks[: number + 1])) for picks in (ours, theirs)))
        np.testing.assert_allclose(overlaps[number], [in_round, so_far])


def test_the_table_has_each_pair_once_and_neither_round_0_nor_its_samples():
    initial = np.array([7, 8])
    picks = {
        3: {
            "a": [initial, np.array([1, 2]), np.array([4])],
            "b": [initial, np.array([2, 3]), np.array([1])],
            "c": [initial, np.array([1, 2])],
        }
    }
    assert overlap_table(picks).to_numpy().tolist() == [
        ["a", "b", 3, 1, 1 / 3, 1 / 3],
        ["a", "b", 3, 2, 0.0, 2 / 4],
        ["a", "c", 3, 1, 1.0, 1.0],
        ["b", "c", 3, 1, 1 / 3, 1 / 3],
    ]


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for seed in (0, 10, 2):
        initial, *queries = picks_of(generator, 3)
        write(tmp_path / f"initial_random/seed{seed}/round00", initial)
        for strategy in ("null", "base"):
            for number, rows in enumerate(queries, 1):
                write(tmp_path / f"{strategy}/seed{seed}/round0{number}", rows)
            queries = picks_of(generator, 2)
    return tmp_path


def write(folder, rows):
    folder.mkdir(parents=True)
    pd.DataFrame({"index": rows, "source": "x"}).to_csv(folder / "selected.csv", index=False)


def run_stage(folder):
    runs = Rounds(str(folder), "initial_random", ["null", "base"], [0, 10, 2], 3)
    selections(runs, str(folder / "overlap.csv"))
    return pd.read_csv(folder / "overlap.csv", keep_default_na=False, na_values=[""])


def test_stage_compares_every_seed_and_round(folder):
    table = run_stage(folder)
    assert table["seed"].tolist() == [0, 0, 2, 2, 10, 10]
    assert table["round"].tolist() == [1, 2] * 3
    assert set(table["strategy"]) == {"null"} and set(table["other"]) == {"base"}
    for _, row in table.iterrows():
        files = [
            folder / f"{name}/seed{row['seed']}/round0{row['round']}/selected.csv"
            for name in ("null", "base")
        ]
        ours, theirs = (set(pd.read_csv(file)["index"]) for file in files)
        np.testing.assert_allclose(row["picked"], jaccard(ours, theirs))


@pytest.mark.parametrize("missing", ["base/seed2/round01", "initial_random/seed10/round00"])
def test_stage_names_the_selection_that_is_missing(folder, missing):
    (folder / missing / "selected.csv").unlink()
    with pytest.raises(InputError, match=rf"{missing}/selected\.csv: there is no such file"):
        run_stage(folder)


def test_stage_records_what_it_reads(folder):
    runs = {"folder": str(folder), "initial": "initial_random", "strategies": ["null", "base"]}
    runs |= {"seeds": [2], "rounds": 2}
    arguments = CommandLine(selections).parse_args(["--runs", json.dumps(runs), "--overlap", "overlap.csv"])
    read = [folder / f"{run}/seed2" for run in ("initial_random", "null", "base")]
    expected = [f"{read[0]}/round00", f"{read[1]}/round01", f"{read[2]}/round01"]
    assert input_files(selections, arguments) == [f"{run}/selected.csv" for run in expected]
    assert settings(selections, arguments) == {"runs": runs}
