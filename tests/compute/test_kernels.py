"""Which variables choose kernels, and what is said of the kernels in use."""

import os
import subprocess
import sys

import pytest

from activepool.backbones.execution import reproducible
from activepool.compute.kernels import keep_kernel_variables, kernel_variables, kernels, mixtures

IN_A_NEW_PROCESS = "import numpy; from activepool.compute.kernels import kernels; print(kernels())"


def test_variables_that_choose_kernels_and_no_others():
    chosen = dict.fromkeys(
        ("OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR"), "1"
    )
    other_names = (
        "PATH",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MY_MKL_CBWR",
        "MKL_%",
        "HOME",
    )
    assert kernel_variables({**dict.fromkeys(other_names, "1"), **chosen}) == chosen


def test_only_the_named_variables_are_kept(monkeypatch):
    for name in kernel_variables(os.environ):
        monkeypatch.delenv(name)
    for name in ("MKL_CBWR", "GLIBC_TUNABLES", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    keep_kernel_variables(["MKL_CBWR", "NPY_DISABLE_CPU_FEATURES"])
    assert kernel_variables(os.environ) == {"MKL_CBWR": "1"}
    assert os.environ["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize("kernel", ["Haswell", "Nehalem"])
def test_the_blas_kernel_is_reported_without_importing_anything(kernel):
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel}
    printed = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS], env=environment, capture_output=True, text=True, check=True
    ).stdout
    kernels_by_library = eval(printed)
    assert "torch" not in kernels_by_library
    assert f"OPENBLAS_CORETYPE={kernel}" in kernels_by_library["environment variables"]
    if "openblas" in kernels_by_library.get("BLAS of numpy", ""):  # it is Accelerate on a Mac
        assert kernels_by_library["BLAS of numpy"].endswith(f" {kernel}")


def test_torchs_kernels_are_reported_once_it_is_imported():
    import torch

    assert kernels()["torch"] == torch.backends.cpu.get_cpu_capability()


def test_mixed_kernels_are_listed_by_library_and_unused_ones_are_ignored():
    kernels_by_file = {
        "a": {"BLAS": "x", "environment variables": "none"},
        "b": {"BLAS": "y", "torch": "AVX2", "environment variables": "none"},
        "c": {"BLAS": "y", "torch": "AVX2", "environment variables": "none"},
        "d": {},
    }
    assert mixtures(kernels_by_file) == [
        "files were made on different kernels, BLAS: x (1, such as a); y (2, such as b)"
    ]
    assert mixtures({path: kernels_by_file[path] for path in "bcd"}) == []


def test_a_stage_that_trains_a_network_is_on_the_same_kernels_as_the_others(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    before = kernels()["environment variables"]
    with reproducible(1):
        assert kernels()["environment variables"] == before
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with reproducible(1):
        assert "CUBLAS_WORKSPACE_CONFIG=:16:8" in kernels()["environment variables"]
