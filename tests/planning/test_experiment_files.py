"""What the head of an experiment's file says of its hours, and of its differences from the paper."""

import pytest

from planning.paper import experiments
from planning.paper.experiments import NAMES, ON_REQUEST, differences, experiment_file, hours

EXPERIMENT = """# An experiment. Differs from nothing.
# Hours: 3 on a laptop
# (a command).
# Differs from the paper:
# - One thing; there,
#   another.
# - All that other.yaml lists, except for `rest`.
# Source: elsewhere.
experiment: one
# - no difference
"""
OTHER_EXPERIMENT = (
    "# Other.\n# Differs from the paper:\n# - A third thing.\n# - No `rest`.\nexperiment: other\n"
)


@pytest.fixture
def two_files(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "EXPERIMENTS", tmp_path)
    (tmp_path / "one.yaml").write_text(EXPERIMENT)
    (tmp_path / "other.yaml").write_text(OTHER_EXPERIMENT)


@pytest.mark.usefixtures("two_files")
def test_hours_and_differences_are_those_of_the_head():
    assert hours("one") == "3 on a laptop (a command)."
    assert hours("other") == ""
    assert differences("one") == ["One thing; there, another.", "A third thing."]


@pytest.mark.parametrize("name", NAMES + ON_REQUEST)
def test_every_experiment_of_the_paper_says_both(name):
    assert hours(name)
    assert len(differences(name)) > 2
    head = experiment_file(name).read_text().partition("experiment:")[0]
    assert all(len(line) <= 120 for line in head.splitlines())
