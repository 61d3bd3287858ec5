"""The targets of a labelling project that have names, and those that do not exist."""

import subprocess
import sys

import numpy as np
import pytest
from workflow.labelling_loops import PROJECT, Loop
from workflow_runs import REPOSITORY


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    """A project whose first batch has come back, and was not taken in."""
    loop = Loop(tmp_path_factory.mktemp("project"), {**PROJECT, "audit": 0, "batch": 6})
    loop.photographs("a", range(24))
    loop.run()
    loop.return_list("batch01", loop.truths("batch01"))
    return loop


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("next_btach", "activepool: there is no target 'next_btach'; did you mean 'next_batch'?"),
        ("train_labelled", "activepool: 'train_labelled' makes files of many names; name one of them"),
        ("results/p/statsu.html", "MissingRuleException"),
    ],
)
def test_an_unknown_target_enters_and_changes_nothing(loop, target, meant):
    before = loop.digests("*.*", "results/**/*.*", "returned/*")
    printed = loop.snakemake("predictions", target, check=False)
    assert meant in printed
    assert "new answers" not in printed
    assert loop.digests("*.*", "results/**/*.*", "returned/*") == before


def test_a_workflow_that_uses_a_project_as_a_module_has_targets_of_its_own(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(8))
    (tmp_path / "Snakefile").write_text(
        f"module activepool:\n    snakefile: {str(REPOSITORY / 'Snakefile')!r}\n"
        "    config: {'project': 'p', 'embeddings': 'v.npy', 'batch': 2}\n"
        "use rule * from activepool\n"
        "rule mine:\n    input: 'results/p/status.html'\n"
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "mine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results/p/status.html").exists()
