"""`activepool.select` and the stages of the workflow pick the same, from one features.h5."""

import json
from importlib import import_module

import h5py
import numpy as np
import pytest
from queries import Problem
from sessions import OPTIONS, STRATEGIES

import activepool
from activepool.heads.linear import read_head
from activepool.io.index_files import read_index, write_index
from activepool.strategies.registry import find_strategy

PROBLEM = Problem(4, size=190, width=9, classes=4, labelled=24, dtype=np.float16)
VALIDATION = PROBLEM.unlabelled[::9]
BUDGET, SEEDS, ROUNDS = 14, (0, 3), (1, 2)


def run_stage(name, **arguments):
    """Run a stage with these arguments, as its program would."""
    words = [word for key, value in arguments.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    getattr(import_module(f"activepool.stages.{name}"), name).run(words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with features.h5, validation.csv and the labelled set of round 0."""
    folder = tmp_path_factory.mktemp("stages")
    with h5py.File(folder / "features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"], file[f"{part}/labels"] = PROBLEM.features, PROBLEM.labels
        file.attrs["class_names"] = ["ant", "bee", "cat", "dog"]
    write_index(folder / "validation.csv", {"index": VALIDATION})
    write_index(folder / "labelled.csv", {"index": PROBLEM.labelled})
    return folder


def stage_rounds(name, seed, folder, results):
    """Yield the labelled set, the head and the picks of each round, by the stages."""
    in_all_rounds, options = find_strategy(name, OPTIONS.get(name)), json.dumps(OPTIONS.get(name, {}))
    pool = {"features": folder / "features.h5", "validation": folder / "validation.csv"}
    labelled, extra = folder / "labelled.csv", {}
    if in_all_rounds.prepare:
        extra["prepared"] = results / "prepared.h5"
        run_stage("prepare", strategy=name, seed=seed, **pool, **extra)
    for number in ROUNDS:
        declared = in_all_rounds.in_round(number)
        head, scores, state = (results / f"{what}{number}.h5" for what in ("head", "scores", "state"))
        query, metrics = {**pool, "labelled": labelled}, results / "metrics.json"
        train = {"recipe": '{"solver": "lbfgs"}', "round": number - 1}
        run_stage("train", seed=seed, head=head, metrics=metrics, **train, **query)
        if declared.scores:
            lists = {"nearest_for_budget": BUDGET} if "nearest" in declared.reads else {}
            run_stage("score", head=head, head_scores=declared.scores[0], scores=scores, **query, **lists)
            extra["scores"] = scores
        if in_all_rounds.keeps_state:
            extra["next_state"] = state
        following, picked = results / f"labelled{number}.csv", results / f"selected{number}.csv"
        run_stage(
            "select",
            strategy=name,
            options=options,
            seed=seed,
            round=number,
            budget=BUDGET,
            remaining_budget=3 * BUDGET,
            head=head,
            selected=picked,
            labelled_with_picks=following,
            **query,
            **extra,
        )
        yield read_index(labelled), read_head(head), read_index(picked)
        labelled = following
        if in_all_rounds.keeps_state:
            extra["state"] = state


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_stages_and_select_pick_the_same(name, seed, folder, tmp_path):
    state = {}
    arguments = {
        "labels": PROBLEM.labels,
        "validation": VALIDATION,
        "remaining_budget": 3 * BUDGET,
        "state": state,
    }
    for number, (labelled, head, picked) in zip(
        ROUNDS, stage_rounds(name, seed, folder, tmp_path), strict=True
    ):
        trained = activepool.train_head(
            PROBLEM.features, PROBLEM.labels, labelled=labelled, validation=VALIDATION
        )
        assert trained.weight.tobytes() == head.weight.tobytes()
        assert trained.bias.tobytes() == head.bias.tobytes()
        with h5py.File(folder / "features.h5") as file:
            selection = activepool.select(
                name,
                file["train/features"],
                budget=BUDGET,
                labelled=labelled,
                seed=seed,
                round=number,
                **arguments,
                **OPTIONS.get(name, {}),
            )
        assert selection.tolist() == picked.tolist()
