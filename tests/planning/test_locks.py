"""The locks of what not all need go on top of requirements.lock, and name no index."""

from pathlib import Path

import pytest

ENVIRONMENTS = Path(__file__).parents[2] / "envs"


def pins(name):
    """Return the versions of a lock by package, and by platform where they differ."""
    lines = [line for line in (ENVIRONMENTS / name).read_text().splitlines() if line]
    assert lines
    assert all("==" in line and "://" not in line and not line.startswith("-") for line in lines)
    return {tuple(line.partition("==")[::2]) for line in lines}


@pytest.mark.parametrize("name", ["optional.lock", "kubernetes.lock"])
def test_shared_packages_have_the_same_versions(name):
    ours, theirs = pins("requirements.lock"), pins(name)
    shared = {package for package, _ in ours} & {package for package, _ in theirs}
    differing = {package for package, version in theirs - ours if package in shared}
    # boto, of the plugin for S3, does not take its newest version.
    assert differing <= {"python-dateutil"}
