"""Bought labels that a run would leave unused stop it."""

from pathlib import Path

import pytest
from late_label_trials import LABELS, RUN, trial, write

from activepool.errors import InputError
from planning.checks.annotations import require_use_of_labels
from planning.paths import Paths
from planning.stages.late_labels import LateLabels


def selected(strategy, number):
    return f"{RUN.format(strategy, number)}/selected.csv"


def test_the_message_counts_labels_that_would_stay_unused(late):
    require_use_of_labels(late, ["results/trial/curves.csv", f"{RUN.format('random', 1)}/labelled.csv"])
    with pytest.raises(InputError, match=r"1 labels in bought.csv were bought.*\(random/seed0/round01\)"):
        require_use_of_labels(late, [selected("random", 1)])  # balancing picked 12, too
    with pytest.raises(InputError, match="6 labels in"):
        require_use_of_labels(
            late, [selected(name, number) for name in ("random", "balancing") for number in (1, 2)]
        )
    write(LABELS | {20: "?"})  # a sample that cannot be labelled uses none
    with pytest.raises(InputError, match=r"1 labels .*accept it with --config release_labels=1$"):
        require_use_of_labels(late, [selected("random", 2)])


def test_release_labels_accepts_up_to_its_number(late):
    writes = [selected("random", 2)]
    require_use_of_labels(LateLabels(Paths(trial(release_labels=2))), writes)
    with pytest.raises(InputError, match="2 labels"):
        require_use_of_labels(LateLabels(Paths(trial(release_labels=1))), writes)


def test_a_missing_round_loses_nothing(late):
    Path(selected("random", 2)).unlink()
    require_use_of_labels(late, [selected("random", 2)])
