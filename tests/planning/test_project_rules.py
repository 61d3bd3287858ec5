"""What the rules of a project read, and what reruns their jobs."""

import numpy as np
from rules_read import Rules
from snakemake.io import is_flagged
from snakemake.iocontainers import Wildcards

from planning.configuration.project import Project
from planning.project.start import plan_run

PROJECT = {"project": "p", "embeddings": "v.npy", "batch": 2}


def test_the_status_runs_when_the_features_do(tmp_path, monkeypatch):
    """Snakemake skips the params of a job behind one that runs, also if the files in between are ancient."""
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.eye(4))
    rules = Rules(PROJECT)
    inputs = rules.by_name["status"].expand_input(Wildcards(fromdict={}))[0]
    assert inputs.features == rules.paths.features
    assert not is_flagged(inputs.features, "ancient")


def test_vectors_in_another_order_rerun_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def params(values):
        np.save("v.npy", values)
        plan_run(Project(**PROJECT)).enter()
        recorded = Rules(PROJECT).by_name["pool_vectors"].params[0]
        return recorded(Wildcards(fromdict={}))

    before = params(np.eye(4))
    assert params(np.eye(4)[::-1]) == params(np.eye(4).astype(np.float16)) == before
    assert params(np.concatenate([np.eye(4), np.full((1, 4), 0.5)])) != before
