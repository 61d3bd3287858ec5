"""`make setup TORCH=cpu` leaves out what only CUDA needs, and the environment remembers it."""

import os
import re
import shutil
import subprocess
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workflow_runs import REPOSITORY


@pytest.fixture
def clone(tmp_path):
    """A folder with what make reads."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    shutil.copytree(REPOSITORY / "envs", tmp_path / "envs")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def planned(clone, *arguments):
    """Return the commands that make would run, whatever a make around these tests was given."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "TORCH")}
    command = ["make", "--dry-run", *arguments]
    done = subprocess.run(
        command, cwd=clone, env=environment, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout


def names(text):
    return set(re.findall(r"(?m)^([a-z0-9_-]+)==", text))


def planned_packages(clone, lock, plan):
    """Return the packages of the lock that the plan takes."""
    (filtering,) = [line for line in plan.splitlines() if line.startswith("grep") and f"envs/{lock}" in line]
    subprocess.run(filtering, shell=True, cwd=clone, check=True)
    return names((clone / ".venv" / lock).read_text(encoding="utf-8"))


def test_all_packages_are_taken_by_default(clone):
    plan = planned(clone, "setup")
    assert planned_packages(clone, "requirements.lock", plan) == names(
        (clone / "envs/requirements.lock").read_text(encoding="utf-8")
    )
    assert "--torch-backend" not in plan


@pytest.mark.parametrize(("target", "lock"), [("setup", "requirements.lock"), ("optional", "optional.lock")])
def test_only_torch_needs_what_is_left_out(clone, target, lock):
    plan = planned(clone, target, "TORCH=cpu")
    installed = planned_packages(clone, lock, plan)
    left_out = names((clone / "envs" / lock).read_text(encoding="utf-8")) - installed
    assert {"nvidia-cublas", "triton", "cuda-toolkit"} <= left_out
    assert "torch" in installed and f"--torch-backend cpu -r .venv/{lock}" in plan
    needing = {
        package.name
        for package in metadata.distributions()
        if canonicalize_name(package.name) in installed
        for requirement in map(Requirement, package.requires or [])
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        and canonicalize_name(requirement.name) in left_out
    }
    assert needing == {"torch"}


def test_an_environment_stays_what_it_is(clone):
    (clone / ".venv" / "ready").write_text("cpu\n")
    assert "--torch-backend cpu" in planned(clone, "setup", "--assume-new=envs/requirements.lock")
    (clone / ".venv" / "ready").write_text("\n")
    assert "--torch-backend" not in planned(clone, "setup", "--assume-new=envs/requirements.lock")


def test_other_values_are_refused(clone):
    with pytest.raises(subprocess.CalledProcessError) as raised:
        planned(clone, "setup", "TORCH=gpu")
    assert 'TORCH is "gpu"; it must be cpu or nothing' in raised.value.stderr
