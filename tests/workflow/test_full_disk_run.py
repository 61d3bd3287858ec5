"""A run on a full disk: it says so and leaves nothing half-written, and with more room it ends well."""

import os
import resource
import subprocess
from pathlib import Path

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

pytestmark = pytest.mark.long

CONFIGURATION = {**EMBEDDINGS, "strategies": ["random", "base"], "seeds": 1, "rounds": 2}
TARGET = "results/trial/curves.csv"

#: Bytes: the size of the disk, and how many are left free for each run. The features take 200 kB, and any
#: other file a page of 4 kB.
DISK = 4_000_000
FREE = [60_000, 230_000]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = new_folder(tmp_path_factory.mktemp("undisturbed"))
    folder.snakemake(TARGET)
    return folder


@pytest.fixture
def on_a_small_disk(tmp_path):
    """A folder whose results lie on a disk of their own."""
    results = tmp_path / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(results)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    yield new_folder(tmp_path)
    subprocess.run(["umount", str(results)], check=True)


def new_folder(path):
    write_embeddings(path / "given.h5", size=2000, width=16)
    return Folder(path, CONFIGURATION)


def leave(disk: Path, free: int) -> None:
    """Fill a disk until so many bytes are left."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    room = os.statvfs(disk)
    ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - free))


def check_failure(done, folder, undisturbed, why):
    """Check that a run said in a line what could not be written, and that what it has written is whole."""
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    before_summary = printed.rpartition("\n\nactivepool: ")[0]
    messages = {line for line in before_summary.splitlines() if line.startswith("activepool: ")}
    assert messages
    assert all(f" cannot be written: {why}" in line for line in messages), messages
    assert "Traceback" not in printed
    assert folder.results().items() <= undisturbed.results().items()
    assert not list(folder.path.glob("results/**/*.partial*"))


def test_a_run_on_a_full_disk_ends_well_when_room_is_made(on_a_small_disk, undisturbed):
    folder, disk = on_a_small_disk, on_a_small_disk.path / "results"
    finished = []
    for free in FREE:
        leave(disk, free)
        done = subprocess.run(folder.command(TARGET), cwd=folder.path, capture_output=True, text=True)
        check_failure(done, folder, undisturbed, "No space left on device")
        finished.append(len(folder.results()))
    assert finished[0] < finished[-1] < len(undisturbed.results())
    (disk / "ballast").unlink()
    folder.snakemake(TARGET)
    assert folder.results() == undisturbed.results()
    assert "problems: 0" in folder.snakemake("verify")


def test_a_run_whose_files_are_limited_in_size_ends_well_without_the_limit(tmp_path, undisturbed):
    folder = new_folder(tmp_path)
    done = subprocess.run(
        folder.command(TARGET), cwd=folder.path, capture_output=True, text=True, preexec_fn=limit_files
    )
    check_failure(done, folder, undisturbed, "File too large")
    assert not folder.results()
    folder.snakemake(TARGET)
    assert folder.results() == undisturbed.results()


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))
