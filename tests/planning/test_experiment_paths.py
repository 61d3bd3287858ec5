from pathlib import Path

import pytest
from test_drawings import experiment

from activepool.figures.registry import FIGURES, TABLES
from planning.paths import Paths

CAPTIONS = Path(__file__).parents[2] / "workflow/report"

PATHS = Paths(experiment())


@pytest.mark.parametrize("name", sorted({*FIGURES, *TABLES}))
def test_every_figure_and_table_has_a_caption(name):
    assert (CAPTIONS / f"{name}.rst").read_text().startswith("**")


def test_every_table_is_there_in_all_forms():
    assert {Path(path).suffix for path in PATHS.tables()} == {".csv", ".tex", ".html"}
    assert len(PATHS.tables()) == 3 * len(TABLES)


def test_selections_are_those_of_all_rounds_with_the_shared_one_once():
    rounds = [
        f"{name}/seed{seed}/round0{r}" for name in ("random", "margin") for seed in (0, 1) for r in (1, 2)
    ]
    shared = [f"initial_balanced/seed{seed}/round00" for seed in (0, 1)]
    assert sorted(PATHS.in_runs("selected.csv")) == sorted(
        f"results/trial/{run}/selected.csv" for run in [*rounds, *shared]
    )
