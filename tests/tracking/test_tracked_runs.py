import pandas as pd

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


def test_each_strategy_and_seed_is_a_run_and_the_figures_are_one():
    pictures = ["figures/a.png", "figures/b.png"]
    start, settings = {"round": 0.0, "top1": 0.5}, {"budget": 20}
    assert tracked_runs(CURVES, settings, pictures) == [
        TrackedRun(
            "random/seed0",
            {"budget": 20, "strategy": "random", "seed": 0},
            {20: start, 40: {"round": 1.0, "nll": 2.5, "top1": 0.625}},
        ),
        TrackedRun(
            "base/seed0",
            {"budget": 20, "strategy": "base", "seed": 0},
            {20: start, 40: {"round": 1.0, "nll": 2.25, "top1": 0.75}},
        ),
        TrackedRun(
            "random/seed3",
            {"budget": 20, "strategy": "random", "seed": 3},
            {20: {"round": 0.0, "top1": 0.25}},
        ),
        TrackedRun("figures", settings, {}, ("figures/a.png", "figures/b.png")),
    ]
    assert settings == {"budget": 20}
