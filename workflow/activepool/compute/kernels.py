"""The numeric kernels of a process, which decide the last bits of its numbers.

Libraries choose the code of a product by the processor and by environment variables. A run passes these
variables to its jobs, and the record of each file names the kernels.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from threadpoolctl import threadpool_info

#: Environment variables that choose kernels, as patterns of their names.
KERNEL_VARIABLES = (
    *("OPENBLAS_*", "BLIS_*", "MKL_*", "NVPL_*", "ATEN_*", "ONEDNN_*", "DNNL_*", "NPY_*", "FAISS_*"),
    *("CUBLAS_*", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_*", "TORCH_BLAS_PREFER_*", "NUMBA_CPU_*"),
    *("NUMBA_ENABLE_AVX", "GLIBC_TUNABLES", "OMP_DYNAMIC", "OMP_THREAD_LIMIT", "KMP_DETERMINISTIC_*"),
)

#: What a stage that runs a network sets where it is not set: cuBLAS and torch.compile are deterministic only
#: with it. In records it counts as not set, or these stages would seem to be on other kernels than the rest.
DETERMINISTIC = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "TORCHINDUCTOR_DETERMINISTIC": "1"}


def choosing(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of ``environment`` that choose kernels, sorted by name."""
    return {name: environment[name] for name in sorted(environment) if _chooses(name)}


def keep_choosing(names: Iterable[str]) -> None:
    """Remove the variables that choose kernels, except ``names``, from the environment of this process."""
    for name in choosing(os.environ).keys() - set(names):
        del os.environ[name]


def kernels() -> dict[str, str]:
    """Return the kernels of the libraries that this process has imported, by library.

    ``environment variables`` are those that chose them. It imports nothing, and takes 5 ms.
    """
    chosen = choosing(os.environ).items() - DETERMINISTIC.items()
    variables = " ".join(f"{name}={value}" for name, value in sorted(chosen))
    return {
        **_numpy_kernels(),
        **_blas_kernels(),
        **_torch_kernels(),
        "environment variables": variables or "none",
    }


def mixtures(made: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a line for each library whose kernels differ between files.

    Args:
        made: what `kernels` returned, by file. A library that a stage did not import makes no difference.
    """
    files: dict[str, dict[str, list[str]]] = {}
    for path, kernel_of in sorted(made.items()):
        for library, kernel in kernel_of.items():
            files.setdefault(library, {}).setdefault(kernel, []).append(path)
    return [
        f"files were made on different kernels, {library}: "
        + "; ".join(f"{kernel} ({len(paths):,}, such as {paths[0]})" for kernel, paths in by_kernel.items())
        for library, by_kernel in files.items()
        if len(by_kernel) > 1
    ]


def _chooses(name: str) -> bool:
    is_variable = re.fullmatch(r"\w+", name, flags=re.ASCII) is not None
    # A number of threads, which Snakemake sets for each job, chooses no kernel.
    is_of_kernels = is_variable and not name.endswith("_NUM_THREADS")
    return is_of_kernels and any(fnmatchcase(name, pattern) for pattern in KERNEL_VARIABLES)


def _numpy_kernels() -> dict[str, str]:
    if "numpy" not in sys.modules:
        return {}
    extensions = sys.modules["numpy"].show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {"numpy": f"{platform.machine()} {' '.join(extensions)}".rstrip()}


def _blas_kernels() -> dict[str, str]:
    """Return the kernel of each BLAS, by the package that contains it."""
    kernel_of = {}
    for library in threadpool_info():
        if library["user_api"] == "blas":
            package = re.search(r"([^/]+)\.libs/", library["filepath"])
            name = f"BLAS of {package[1]}" if package else "BLAS"
            parts = (library["internal_api"], library["version"], library.get("architecture"))
            kernel_of[name] = " ".join(filter(None, parts))
    return kernel_of


def _torch_kernels() -> dict[str, str]:
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    kernel_of = {"torch": torch.backends.cpu.get_cpu_capability()}
    if torch.cuda.is_initialized():
        kernel_of["GPU"] = f"{torch.cuda.get_device_name()}, cuDNN {torch.backends.cudnn.version()}"
    return kernel_of
