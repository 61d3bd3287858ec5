import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_readme import ROOT

from activepool.evaluation.leaderboard import leaderboard_table, picks_digests
from activepool.plugins import load_module

SEEDS, ROUNDS = (0, 3), 3


@pytest.fixture
def curves():
    generator = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "strategy": name,
            "seed": seed,
            "round": number,
            "labels": 10 + 5 * number,
            "top1": generator.random(),
            "balanced_accuracy": generator.random(),
        }
        for name in ("random", "base")
        for seed in SEEDS
        for number in range(ROUNDS)
    )


@pytest.fixture
def picks():
    generator = np.random.default_rng(2)
    return {
        seed: {name: [generator.permutation(50)[:5] for _ in range(ROUNDS)] for name in ("random", "base")}
        for seed in SEEDS
    }


def test_a_row_is_a_strategy_and_a_number_of_labels(curves, picks):
    table = leaderboard_table(curves, picks)
    assert table["strategy"].tolist() == ["random"] * ROUNDS + ["base"] * ROUNDS
    assert table["labels"].tolist() == [10, 15, 20] * 2
    assert (table["seeds"] == 2).all()
    row = table.iloc[4]
    values = curves.query("strategy == 'base' and round == 1")["top1"]
    assert row["top1"] == pytest.approx(values.mean())
    assert row["top1_half_width"] == pytest.approx(stats.t.ppf(0.975, 1) * stats.sem(values))


def test_the_digest_is_that_of_all_picks_up_to_the_round(picks):
    rows = [picks[seed]["base"] for seed in SEEDS]
    text = ""
    for number, digest in enumerate(picks_digests(rows)):
        text += ";".join(",".join(str(row) for row in seed_rows[number]) for seed_rows in rows) + "\n"
        assert digest == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_another_order_of_picks_is_another_digest(picks):
    rows = [picks[seed]["base"] for seed in SEEDS]
    before = picks_digests(rows)
    rows[1][1] = rows[1][1][::-1]
    after = picks_digests(rows)
    assert before[0] == after[0] and before[1] != after[1] and before[2] != after[2]


def row(**changed):
    keys = {
        "dataset": "digits",
        "backbone": "small",
        "head": "lbfgs",
        "initial": "random",
        "strategy": "base",
    }
    keys |= {"definition": '{"strategy": "base"}', "labels": 20, "seeds": 3, "top1": 0.5, "version": "1"}
    return pd.DataFrame([keys | changed])


def test_a_further_run_joins_the_board_and_a_repeated_one_replaces_its_rows():
    added = load_module(str(ROOT / "docs" / "leaderboard.py")).added
    board = added(None, [row(), row(strategy="margin")])
    board = added(board, [row(top1=0.6), row(labels=40), row(version="2")])
    assert sorted(zip(board.strategy, board.labels, board.version, board.top1, strict=True)) == [
        ("base", 20, "1", 0.6),
        ("base", 20, "2", 0.5),
        ("base", 40, "1", 0.5),
        ("margin", 20, "1", 0.5),
    ]


def test_new_and_replaced_rows_are_counted(tmp_path):
    add = load_module(str(ROOT / "docs" / "leaderboard.py")).add
    board, results = tmp_path / "board.csv", tmp_path / "leaderboard.csv"
    pd.concat([row(), row(strategy="margin")]).to_csv(results, index=False)
    assert add([str(results)], board) == f"{board}: new rows: 2, replaced: 0"
    pd.concat([row(top1=0.6), row(labels=40)]).to_csv(results, index=False)
    assert add([str(results)], board) == f"{board}: new rows: 1, replaced: 1"
    assert len(pd.read_csv(board)) == 3


def test_names_that_read_like_numbers_or_missing_values_stay(tmp_path):
    add = load_module(str(ROOT / "docs" / "leaderboard.py")).add
    board, results = tmp_path / "board.csv", tmp_path / "leaderboard.csv"
    names = {"strategy": "null", "dataset": "007", "backbone": "1e3", "version": "0.10"}
    row(**names).to_csv(results, index=False)
    add([str(results)], board)
    assert add([str(results)], board) == f"{board}: new rows: 0, replaced: 1"
    table = pd.read_csv(board, dtype=str, keep_default_na=False)
    assert table[list(names)].to_dict("records") == [names]


def test_a_table_of_another_kind_is_refused():
    added = load_module(str(ROOT / "docs" / "leaderboard.py")).added
    with pytest.raises(ValueError, match="the columns are"):
        added(row(), [row().rename(columns={"top1": "accuracy"})])
