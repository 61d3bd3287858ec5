"""A run on a cluster whose command to submit jobs is not there stops at once."""

from types import SimpleNamespace

import pytest

from activepool.errors import InputError
from planning.runs.submission import require_scheduler


def workflow(executor, submit=None):
    settings = SimpleNamespace(submit_cmd=submit) if submit else None
    return SimpleNamespace(
        local_exec=executor == "local",
        executor_settings=settings,
        executor_plugin=SimpleNamespace(name=executor),
    )


@pytest.fixture
def program(tmp_path):
    """A submit command."""
    path = tmp_path / "submit"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("executor", "submit", "missing"),
    [
        ("slurm", None, "sbatch"),
        ("cluster-generic", "qsub -l mem={resources.mem_mb}", "qsub"),
        ("cluster-generic", "./nowhere/submit {threads}", "./nowhere/submit"),
        ("cluster-generic", "A=1 B='2 3' bsub -n {threads}", "bsub"),
    ],
)
def test_a_missing_command_is_named(monkeypatch, tmp_path, executor, submit, missing):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InputError, match=f"^{missing}, the command that submits the jobs, is not on this machine"
    ):
        require_scheduler(workflow(executor, submit))


def test_a_command_that_is_there_is_accepted(monkeypatch, program):
    monkeypatch.setenv("PATH", str(program.parent))
    program.with_name("sbatch").symlink_to(program)
    require_scheduler(workflow("slurm"))
    require_scheduler(workflow("cluster-generic", "submit {threads}"))
    require_scheduler(workflow("cluster-generic", f"{program} {{threads}}"))


@pytest.mark.parametrize("submit", ["cd elsewhere && qsub", "$SUBMIT -n {threads}", "'unbalanced", "X=1"])
def test_what_the_shell_alone_can_know_is_left_to_it(monkeypatch, tmp_path, submit):
    monkeypatch.setenv("PATH", str(tmp_path))
    require_scheduler(workflow("cluster-generic", submit))


def test_a_run_on_this_machine_and_one_in_pods_need_no_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    require_scheduler(workflow("local"))
    require_scheduler(workflow("kubernetes"))
