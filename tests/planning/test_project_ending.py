"""The last lines of a project's run: the command that goes on."""

import pytest

from planning.project.ending import _going_on, _of_next_batch

FILES = ["--configfile", "beetles.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cores", "4", "next_batch", *FILES],
        ["--cores", "4", "next_batch", *FILES, "--config", "go_on=true"],
        ["--cores", "4", "predictions", *FILES],
        ["--cores", "4", "predictions", "model", *FILES],
        ["--cores", "4", "next_batch", "model", *FILES],
    ],
)
def test_the_command_that_goes_on_asks_for_the_next_batch(arguments):
    assert _of_next_batch(arguments) == ["--cores", "4", "next_batch", *FILES]


def test_other_settings_of_the_command_stay():
    arguments = ["next_batch", "--config", "batch=10", "go_on=true"]
    assert _of_next_batch(arguments) == ["next_batch", "--config", "batch=10"]


def test_the_command_that_goes_on_without_answers_keeps_other_settings():
    assert _going_on(["next_batch", *FILES]) == ["next_batch", *FILES, "--config", "go_on=true"]
    given = ["next_batch", "--config", "batch=10", *FILES]
    assert _going_on(given) == ["next_batch", "--config", "go_on=true", "batch=10", *FILES]
