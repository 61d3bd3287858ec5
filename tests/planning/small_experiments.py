"""A small valid configuration of an experiment, and the lines about one with mistakes."""

import copy

import pytest
import yaml

from activepool.errors import InputError
from planning.checks.experiment import check
from planning.configuration.loading import load

VALID = """
experiment: trial
dataset: {kind: digits, imbalance: {kind: exp, factor: 0.1}}
backbone: {architecture: small}
pretrain: {method: simclr, epochs: 20}
validation: {fraction: 0.1}
initial: {kind: random, size: 20}
budget: 20
rounds: 4
strategies: [random, {strategy: base, name: ours}]
head: {solver: lbfgs}
"""


def changed(*path_and_value):
    """Return the valid configuration with one value put at a path of keys."""
    *path, last, value = path_and_value
    raw = copy.deepcopy(yaml.safe_load(VALID))
    section = raw
    for key in path:
        section = section[key]
    section[last] = value
    return raw


def problems(raw):
    """Return the lines of the error about a configuration, which must have mistakes."""
    with pytest.raises(InputError) as caught:
        check(load(raw, "trial.yaml"), "trial.yaml")
    return str(caught.value).splitlines()
