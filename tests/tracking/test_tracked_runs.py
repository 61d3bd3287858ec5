import pandas as pd

from activepool.io.rounds import Rounds
from activepool.tracking.runs import tracked_runs
from activepool.tracking.tracker import TrackedRun

CURVES = pd.DataFrame(
    {
        "strategy": ["random", "random", "base", "base", "random"],
        "seed": [0, 0, 0, 0, 3],
        "round": [0, 1, 0, 1, 0],
        "labels": [20, 40, 20, 40, 20],
        "nll": [None, 2.5, None, 2.25, None],
        "top1": [0.5, 0.625, 0.5, 0.75, 0.25],
    }
)


def picks(*folders):
    return {f"{folder[-7:]}/selected.csv": f"results/{folder}/selected.csv" for folder in folders}


def test_each_strategy_and_seed_is_a_run_and_the_figures_are_one():
    pictures = ["figures/a.png", "figures/b.png"]
    start, settings = {"round": 0.0, "top1": 0.5}, {"budget": 20}
    rounds = Rounds("results", "initial_random", ["random", "base"], [0, 3], 2, {"base": "initial_balanced"})
    assert tracked_runs(CURVES, settings, pictures, rounds, "results/class_counts.csv") == [
        TrackedRun(
            "random/seed0",
            {"budget": 20, "strategy": "random", "seed": 0},
            {20: start, 40: {"round": 1.0, "nll": 2.5, "top1": 0.625}},
            files=picks("initial_random/seed0/round00", "random/seed0/round01"),
        ),
        TrackedRun(
            "base/seed0",
            {"budget": 20, "strategy": "base", "seed": 0},
            {20: start, 40: {"round": 1.0, "nll": 2.25, "top1": 0.75}},
            files=picks("initial_balanced/seed0/round00", "base/seed0/round01"),
        ),
        TrackedRun(
            "random/seed3",
            {"budget": 20, "strategy": "random", "seed": 3},
            {20: {"round": 0.0, "top1": 0.25}},
            files=picks("initial_random/seed3/round00"),
        ),
        TrackedRun(
            "figures",
            settings,
            {},
            ("figures/a.png", "figures/b.png"),
            {"class_counts.csv": "results/class_counts.csv"},
        ),
    ]
    assert settings == {"budget": 20}
