"""Whether a configuration is that of a project, and where a mistake was given."""

import pytest

from activepool.errors import InputError
from planning.configuration.loading import is_project, load_project
from planning.configuration.messages import attributed


@pytest.mark.parametrize(
    "keys", [["project"], ["projekt", "images"], ["Project"], ["PROJECT"], ["images", "batch"]]
)
def test_a_project(keys):
    assert is_project(dict.fromkeys(keys))


@pytest.mark.parametrize(
    "keys", [[], ["experiment"], ["experimnt", "images"], ["Experiment"], ["dataset", "rounds", "batch"], [1]]
)
def test_an_experiment(keys):
    assert not is_project(dict.fromkeys(keys))


@pytest.mark.parametrize("key", ["projekt", "Project", "PROJECT"])
def test_other_mistakes_of_a_project_are_reported_beside_its_misspelt_key(key):
    with pytest.raises(InputError) as caught:
        load_project({key: "animals", "embeddings": "v.npy", "batch": -3}, "mine.yaml")
    assert str(caught.value).splitlines() == [
        "mine.yaml: project: is missing",
        "mine.yaml: batch: input should be greater than or equal to 1 (given: -3)",
        f"mine.yaml: {key}: unknown key; did you mean 'project'?",
    ]


def test_a_mistake_of_the_command_line_is_not_that_of_the_file():
    message = (
        "activepool: no\nmine.yaml: audit: too many\nmine.yaml: audit_width: no\nmine.yaml: head.a: wrong"
    )
    assert attributed(message, "mine.yaml", {"audit": 9, "head": {"a": 1}}).splitlines() == [
        "activepool: no",
        "--config: audit: too many",
        "mine.yaml: audit_width: no",
        "--config: head.a: wrong",
    ]


def test_file_and_command_line_that_do_not_fit_together_are_both_named():
    message = "mine.yaml: dataset.path: unknown key\nmine.yaml: dataset: is wrong\nmine.yaml: seeds.0: no"
    assert attributed(message, "mine.yaml", {"dataset": {"kind": "digits"}, "seeds": [-1]}).splitlines() == [
        "mine.yaml with --config: dataset.path: unknown key",
        "--config: dataset: is wrong",
        "--config: seeds.0: no",
    ]
